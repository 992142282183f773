"""Of what was changed after a centre's care had ended, before the database kept copies: read back from the history once."""

from django.db import migrations

# Table, when the row came onto the file, whose file it is, what says both.
TABLES = (
    ("cases_migrant", "'-infinity'", "r.id", ""),
    ("cases_identitydocument", "r.added_at", "r.migrant_id", ""),
    ("cases_consent", "r.given_at", "r.migrant_id", ""),
    ("cases_card", "r.issued_at", "r.migrant_id", ""),
    ("cases_referral", "r.sent_at", "r.migrant_id", ""),
    ("cases_vulnerabilityassessment", "r.assessed_at", "r.migrant_id", ""),
    ("cases_protectedfindings", "r.written_at", "a.migrant_id", "JOIN cases_vulnerabilityassessment a ON a.id = r.assessment_id"),
    ("cases_bestinterest", "r.recorded_at", "r.migrant_id", ""),
    ("cases_familytracing", "r.recorded_at", "r.migrant_id", ""),
)
COPY = """
    INSERT INTO cases_lastknown (custody_id, centre_id, until, migrant_id, "table", "row", content)
    SELECT c.id, c.centre_id, c.until, c.migrant_id, '{table}', r.id::text, to_jsonb(r) || was.content {more}
    FROM {table} r {of} JOIN cases_custody c ON c.migrant_id = {person} AND c.until >= {since}
    CROSS JOIN LATERAL (
        SELECT audit_merge(h.before ORDER BY h.id DESC) AS content FROM audit_change h
        WHERE h."table" = '{table}' AND h."row" = r.id::text AND h.operation = 'UPDATE' AND h.at > c.until AND h.before IS NOT NULL
    ) was
    WHERE was.content IS NOT NULL AND was.content - ARRAY['version', 'merged_into_id', 'forgotten_at', 'kept_for'] <> '{{}}'
    ON CONFLICT DO NOTHING
"""
# A step is on the road since its last change: what it was before stands in the history alone.
STEPS = """
    INSERT INTO cases_lastknown (custody_id, centre_id, until, migrant_id, "table", "row", content)
    SELECT c.id, c.centre_id, c.until, c.migrant_id, 'cases_routestep', r.id::text, to_jsonb(r) || was.content
    FROM cases_routestep r JOIN cases_custody c ON c.migrant_id = r.migrant_id AND c.until IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT audit_merge(h.before ORDER BY h.id DESC) AS content FROM audit_change h
        WHERE h."table" = 'cases_routestep' AND h."row" = r.id::text AND h.operation = 'UPDATE' AND h.at > c.until AND h.before IS NOT NULL
    ) was
    WHERE (was.content ->> 'changed_at')::timestamptz <= c.until
    ON CONFLICT DO NOTHING
"""
# The history has no numbers of documents: of one that was changed, none is told.
MORE = {"cases_identitydocument": """ || '{"number_sealed": "", "number_key": ""}'::jsonb"""}


def read_back(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("""
            UPDATE cases_protectedfindings p SET written_at = coalesce(
                (SELECT min(h.at) FROM audit_change h WHERE h."table" = 'cases_protectedfindings' AND h."row" = p.id::text AND h.operation = 'INSERT'), a.assessed_at)
            FROM cases_vulnerabilityassessment a WHERE a.id = p.assessment_id
        """)
        for table, since, person, of in TABLES:
            cursor.execute(COPY.format(table=table, since=since, person=person, of=of, more=MORE.get(table, "")))
        cursor.execute(STEPS)
        cursor.execute("""
            UPDATE cases_migrant m SET kept_for = k.centres FROM (
                SELECT migrant_id, array_agg(DISTINCT centre_id) AS centres FROM cases_lastknown WHERE "table" = 'cases_migrant' GROUP BY migrant_id
            ) k WHERE m.id = k.migrant_id
        """)
        # The history has no keys of names: whoever was renamed since is found by number and place, by neither name.
        cursor.execute("""
            UPDATE cases_lastknown k SET content = k.content || '{"name_keys": [], "search_text": ""}'::jsonb FROM cases_migrant m
            WHERE k."table" = 'cases_migrant' AND m.id = k.migrant_id
              AND (k.content ->> 'given_names', k.content ->> 'surname', k.content ->> 'other_names') IS DISTINCT FROM (m.given_names, m.surname, m.other_names)
        """)


class Migration(migrations.Migration):
    dependencies = [("cases", "0241_last_known"), ("audit", "0006_forgetting")]
    operations = [migrations.RunPython(read_back, migrations.RunPython.noop)]
