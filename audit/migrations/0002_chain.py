"""The functions and triggers behind the trail. Plain SQL, no extension: any PostgreSQL 15+ will do."""

from django.db import migrations

WRITE = r"""
CREATE FUNCTION audit_write(table_name text, operation text, old_row jsonb, new_row jsonb, left_out text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old_part jsonb := old_row - left_out;
    new_part jsonb := new_row - left_out;
    row_key text := coalesce(new_row, old_row) ->> 'id';
    old_diff jsonb;
    new_diff jsonb;
BEGIN
    IF operation = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, value) INTO new_diff FROM jsonb_each(new_part) WHERE value IS DISTINCT FROM old_part -> key;
        SELECT jsonb_object_agg(key, value) INTO old_diff FROM jsonb_each(old_part) WHERE value IS DISTINCT FROM new_part -> key;
        IF new_diff IS NULL AND old_diff IS NULL THEN
            RETURN;  -- nothing but left-out columns changed
        END IF;
    ELSE
        old_diff := old_part;
        new_diff := new_part;
    END IF;
    INSERT INTO audit_change (at, actor_id, database_user, "table", "row", operation, before, after, digest, transaction)
    VALUES (clock_timestamp(), nullif(current_setting('sira.actor', true), '')::bigint, session_user, table_name,
            coalesce(row_key, ''), operation, old_diff, new_diff,
            sha256(convert_to(coalesce(old_diff::text, '') || chr(31) || coalesce(new_diff::text, ''), 'UTF8')), pg_current_xact_id()::text::bigint);
END $$;
"""

# What a link's hash covers. Time as UTC text, so that a session's time zone does not matter.
CONTENT = r"""
CREATE FUNCTION audit_content(c audit_change) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    SELECT convert_to(concat_ws(chr(31), 'change', c.id, c.at, coalesce(c.actor_id, 0), c.database_user, c."table", c."row", c.operation,
                                encode(c.digest, 'hex')), 'UTF8')
$$;
CREATE FUNCTION audit_content(r audit_readlog) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    SELECT convert_to(concat_ws(chr(31), 'read', r.id, r.at, r.user_id, r.action, r.model, array_to_string(r.rows, ','),
                                r.centre_code, r.path, coalesce(host(r.address), '')), 'UTF8')
$$;
"""

# The chain is closed at commit (deferred trigger): the lock on the head row is then held for the last instant of the
# transaction only, and no other lock is asked for after it, so writers queue but cannot deadlock. The first row that
# fires closes all rows of the transaction in one go, so that an import of many rows touches the head once.
CHAIN = r"""
CREATE TABLE audit_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), last_number bigint NOT NULL, last_hash bytea NOT NULL);
INSERT INTO audit_head VALUES (true, 0, sha256(convert_to('Sira', 'UTF8')));

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
    FOR entry IN EXECUTE format('SELECT e.id, audit_content(e) AS content FROM %I e WHERE e.id >= $1 AND e.id > $2 AND e.transaction = $3 ORDER BY e.id', TG_TABLE_NAME)
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

CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_change DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain('change');
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_readlog DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain('read');
"""

APPEND_ONLY = r"""
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Le journal ne se modifie pas et ne s''efface pas (%).', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""
    for table in ("audit_change", "audit_readlog", "audit_link")
)

FAULTS = r"""
CREATE FUNCTION audit_faults(most integer) RETURNS TABLE (fault text) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    link record;
    head audit_head;
    expected bytea := sha256(convert_to('Sira', 'UTF8'));
    awaited bigint := 1;
    found integer := 0;
BEGIN
    FOR link IN
        SELECT l.number, l.stream, l.entry_id, l.hash, audit_content(c) AS change_content, audit_content(r) AS read_content,
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
    SELECT * INTO head FROM audit_head;
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

UNDO = """
DROP FUNCTION IF EXISTS audit_faults(integer);
DROP TABLE IF EXISTS audit_head;
DROP FUNCTION IF EXISTS audit_append_only() CASCADE;
DROP FUNCTION IF EXISTS audit_chain() CASCADE;
DROP FUNCTION IF EXISTS audit_content(audit_change);
DROP FUNCTION IF EXISTS audit_content(audit_readlog);
DROP FUNCTION IF EXISTS audit_write(text, text, jsonb, jsonb, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL([WRITE, CONTENT, CHAIN, APPEND_ONLY, FAULTS], UNDO)]
