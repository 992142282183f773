"""What a row of the history says about somebody may be blanked when that person's identity is erased: the row, its digest and the chain
stay. Each blanking is written down in `audit_forgotten`, which is itself in the history; a row blank without that is a fault."""

from django.db import migrations, models

import audit.models

BLANKED = r"""
DROP TRIGGER append_only ON audit_change;
CREATE TRIGGER append_only BEFORE DELETE ON audit_change FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION audit_only_blanked() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.at, NEW.actor_id, NEW.database_user, NEW."table", NEW."row", NEW.operation, NEW.digest, NEW.transaction) IS DISTINCT FROM
       (OLD.id, OLD.at, OLD.actor_id, OLD.database_user, OLD."table", OLD."row", OLD.operation, OLD.digest, OLD.transaction)
       OR NEW.before IS NOT NULL OR NEW.after IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM audit_forgotten f WHERE f."table" = OLD."table" AND f."row" = OLD."row" AND f.transaction = pg_current_xact_id()::text::bigint)
    THEN
        RAISE EXCEPTION 'Le journal ne se modifie pas et ne s''efface pas (%).', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_blanked BEFORE UPDATE ON audit_change FOR EACH ROW EXECUTE FUNCTION audit_only_blanked();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_forgotten FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_forgotten FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON audit_forgotten FOR EACH ROW EXECUTE FUNCTION audit_row();

-- Blanks the history of these rows (table and key, pairwise), and of what was deleted from under the person before. Returns how many lines.
CREATE FUNCTION audit_forget(person text, tables text[], keys text[], reason text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    blanked bigint;
BEGIN
    INSERT INTO audit_forgotten (at, actor_id, "table", "row", why, transaction)
    SELECT DISTINCT clock_timestamp(), nullif(current_setting('sira.actor', true), '')::bigint, one."table", one."row", reason, pg_current_xact_id()::text::bigint
    FROM (
        SELECT t AS "table", k AS "row" FROM unnest(tables, keys) AS pairs (t, k)
        UNION
        SELECT c."table", c."row" FROM audit_change c WHERE c.operation = 'DELETE' AND c.before ->> 'migrant_id' = person
    ) AS one;
    UPDATE audit_change c SET before = NULL, after = NULL
    FROM audit_forgotten f
    WHERE f.transaction = pg_current_xact_id()::text::bigint AND c."table" = f."table" AND c."row" = f."row" AND (c.before IS NOT NULL OR c.after IS NOT NULL);
    GET DIAGNOSTICS blanked = ROW_COUNT;
    RETURN blanked;
END $$;
CREATE INDEX change_deleted_of ON audit_change ((before ->> 'migrant_id')) WHERE operation = 'DELETE';
"""

UNDO_BLANKED = """
DROP INDEX IF EXISTS change_deleted_of;
DROP FUNCTION IF EXISTS audit_forget(text, text[], text[], text);
DROP TRIGGER IF EXISTS only_blanked ON audit_change;
DROP FUNCTION IF EXISTS audit_only_blanked();
DROP TRIGGER IF EXISTS append_only ON audit_change;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_change FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""

# As in 0005, and: content that is missing without a word about who blanked it.
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
               c.digest IS NOT NULL AND CASE WHEN c.before IS NULL AND c.after IS NULL
                   THEN NOT EXISTS (SELECT 1 FROM audit_forgotten f WHERE f."table" = c."table" AND f."row" = c."row")
                   ELSE c.digest <> sha256(convert_to(coalesce(c.before::text, '') || chr(31) || coalesce(c.after::text, ''), 'UTF8')) END AS altered
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


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_rows")]
    operations = [
        migrations.CreateModel(
            name="Forgotten",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=audit.models.ClockTimestamp(), verbose_name="quand")),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="par")),
                ("table", models.CharField(max_length=63, verbose_name="table")),
                ("row", models.CharField(max_length=64, verbose_name="ligne")),
                ("why", models.CharField(max_length=64, verbose_name="pourquoi")),
                ("transaction", models.BigIntegerField()),
            ],
            options={
                "db_table": "audit_forgotten",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["table", "row"], name="forgotten_row"), models.Index(fields=["transaction"], name="forgotten_together")],
            },
        ),
        migrations.RunSQL([BLANKED, FAULTS], [UNDO_BLANKED]),
    ]
