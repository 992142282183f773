"""Rows compared with their history, so that a change made while no trigger fired is found; and the number of the transaction is
part of what the chain covers, from the next link on: links that are there keep their hashes."""

from django.db import migrations

# The old content with the transaction behind it.
CONTENT = r"""
CREATE FUNCTION audit_content_whole(c audit_change) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT audit_content(c) || convert_to(chr(31) || c.transaction, 'UTF8')
$$;
CREATE FUNCTION audit_content_whole(r audit_readlog) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT audit_content(r) || convert_to(chr(31) || r.transaction, 'UTF8')
$$;
ALTER TABLE audit_head ADD COLUMN whole_from bigint;
UPDATE audit_head SET whole_from = last_number + 1;
ALTER TABLE audit_head ALTER COLUMN whole_from SET NOT NULL;
"""

CHAIN = r"""
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stream text := TG_ARGV[0];
    memory text := 'sira.chained_' || stream;
    said text[] := string_to_array(current_setting(memory, true), ':');
    chained bigint := CASE WHEN said[1] = NEW.transaction::text THEN said[2]::bigint ELSE 0 END;
    head audit_head;
    entry record;
BEGIN
    IF NEW.id <= chained THEN
        RETURN NULL;  -- closed together with the first row of this transaction
    END IF;
    SELECT * INTO head FROM audit_head FOR UPDATE;
    FOR entry IN EXECUTE format('SELECT e.id, audit_content_whole(e) AS content FROM %I e WHERE e.id >= $1 AND e.id > $2 AND e.transaction = $3 ORDER BY e.id', TG_TABLE_NAME)
                 USING NEW.id, chained, NEW.transaction
    LOOP
        head.last_number := head.last_number + 1;
        head.last_hash := sha256(head.last_hash || entry.content);
        INSERT INTO audit_link (number, stream, entry_id, hash) VALUES (head.last_number, stream, entry.id, head.last_hash);
        chained := entry.id;
    END LOOP;
    UPDATE audit_head SET last_number = head.last_number, last_hash = head.last_hash;
    PERFORM set_config(memory, NEW.transaction || ':' || chained, true);
    RETURN NULL;
END $$;
"""

FAULTS = r"""
CREATE OR REPLACE FUNCTION audit_faults(most integer) RETURNS TABLE (fault text) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    link record;
    head audit_head;
    expected bytea := sha256(convert_to('Sira', 'UTF8'));
    awaited bigint := 1;
    found integer := 0;
BEGIN
    SELECT * INTO head FROM audit_head;
    FOR link IN
        SELECT l.number, l.stream, l.entry_id, l.hash,
               CASE WHEN l.number >= head.whole_from THEN audit_content_whole(c) ELSE audit_content(c) END AS change_content,
               CASE WHEN l.number >= head.whole_from THEN audit_content_whole(r) ELSE audit_content(r) END AS read_content,
               c.id IS NULL AND r.id IS NULL AS missing,
               c.digest IS NOT NULL AND (c.before IS NOT NULL OR c.after IS NOT NULL) AND c.digest <>
                   sha256(convert_to(coalesce(c.before::text, '') || chr(31) || coalesce(c.after::text, ''), 'UTF8')) AS altered
        FROM audit_link l
        LEFT JOIN audit_change c ON l.stream = 'change' AND c.id = l.entry_id
        LEFT JOIN audit_readlog r ON l.stream = 'read' AND r.id = l.entry_id
        ORDER BY l.number
    LOOP
        EXIT WHEN found >= most;
        IF link.number <> awaited THEN
            fault := format('Maillon %s à %s : manquant.', awaited, link.number - 1); found := found + 1; RETURN NEXT;
            awaited := link.number;
        END IF;
        IF link.missing THEN
            fault := format('Maillon %s : la ligne %s de « %s » a été supprimée.', link.number, link.entry_id, link.stream); found := found + 1; RETURN NEXT;
        ELSIF link.altered OR link.hash <> sha256(expected || CASE link.stream WHEN 'change' THEN link.change_content ELSE link.read_content END) THEN
            fault := format('Maillon %s : la ligne %s de « %s » a été modifiée.', link.number, link.entry_id, link.stream); found := found + 1; RETURN NEXT;
        END IF;
        expected := link.hash;
        awaited := awaited + 1;
    END LOOP;
    IF found < most AND (head.last_number <> awaited - 1 OR head.last_hash <> expected) THEN
        fault := format('La fin de la chaîne manque : %s maillons attendus, %s trouvés.', head.last_number, awaited - 1); found := found + 1; RETURN NEXT;
    END IF;
    FOR link IN
        SELECT 'change' AS stream, c.id FROM audit_change c LEFT JOIN audit_link l ON l.stream = 'change' AND l.entry_id = c.id WHERE l.number IS NULL
        UNION ALL
        SELECT 'read', r.id FROM audit_readlog r LEFT JOIN audit_link l ON l.stream = 'read' AND l.entry_id = r.id WHERE l.number IS NULL
    LOOP
        EXIT WHEN found >= most;
        fault := format('La ligne %s de « %s » a été ajoutée hors de la chaîne.', link.id, link.stream); found := found + 1; RETURN NEXT;
    END LOOP;
END $$;
"""

# What a row must be by its history: its insert with every later change laid over it, in their order.
ROWS = r"""
CREATE AGGREGATE audit_merge(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{}');

CREATE FUNCTION audit_row_faults(most integer) RETURNS TABLE (fault text) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    audited record;
    wrong record;
    found integer := 0;
BEGIN
    FOR audited IN
        SELECT c.oid::regclass::text AS name, c.relname AS table_name
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND p.prosrc LIKE '%audit_write%' AND c.relnamespace = 'public'::regnamespace
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped)  -- the history knows a row by its id
        ORDER BY 2
    LOOP
        EXIT WHEN found >= most;
        -- Only columns that the history knows and the table still has are compared. Text that differs is read again as the column's
        -- type: the same moment written in another time zone is the same.
        FOR wrong IN EXECUTE format($query$
            WITH history AS MATERIALIZED (
                SELECT c."row" AS key, audit_merge(c.after ORDER BY c.id) AS content,
                       (array_agg(c.operation ORDER BY c.id DESC))[1] = 'DELETE' AS deleted
                FROM audit_change c WHERE c."table" = $1 GROUP BY c."row"
            ), present AS (
                SELECT to_jsonb(t) AS content FROM %1$s t
            ), compared AS (
                SELECT coalesce(h.key, p.content ->> 'id') AS key, h.key IS NULL AS unknown, p.content IS NULL AS absent, h.deleted,
                       CASE WHEN NOT p.content @> h.content THEN
                           (SELECT string_agg(one.key, ', ' ORDER BY one.key) FROM jsonb_each(h.content) one
                            WHERE p.content ? one.key AND one.value <> p.content -> one.key
                              AND to_jsonb(jsonb_populate_record(NULL::%1$s, jsonb_build_object(one.key, one.value))) -> one.key <> p.content -> one.key)
                       END AS columns
                FROM history h FULL JOIN present p ON p.content ->> 'id' = h.key
            )
            SELECT key, CASE WHEN unknown THEN 'a été ajoutée sans trace'
                             WHEN deleted THEN 'est là, mais son historique dit qu''elle a été supprimée'
                             WHEN absent THEN 'a été supprimée sans trace'
                             ELSE format('a été modifiée sans trace (%%s)', columns) END AS words
            FROM compared WHERE unknown OR absent <> deleted OR (NOT absent AND columns IS NOT NULL)
            LIMIT $2
        $query$, audited.name) USING audited.table_name, most - found
        LOOP
            fault := format('« %s » : la ligne %s %s.', audited.table_name, wrong.key, wrong.words); found := found + 1; RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;
"""

UNDO = """
DROP FUNCTION IF EXISTS audit_row_faults(integer);
DROP AGGREGATE IF EXISTS audit_merge(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_reads_from_outside")]
    operations = [migrations.RunSQL([CONTENT, CHAIN, FAULTS, ROWS], UNDO)]
