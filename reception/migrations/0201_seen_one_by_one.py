from django.db import migrations, models

# Which rows say when and where a person was seen. {of}: a condition on the row's person. A line of a list says nothing (no `seen_at`).
EVENTS = """
    SELECT m.registered_at AS at, 'registered' AS how, m.registered_centre_id AS centre_id, m.id AS file FROM cases_migrant m WHERE {of[m.id]}
    UNION ALL SELECT s.arrived_at, 'arrival', s.centre_id, s.migrant_id FROM reception_stay s WHERE {of[s.migrant_id]}
    UNION ALL SELECT s.departed_at, 'departure', s.centre_id, s.migrant_id FROM reception_stay s WHERE s.departed_at IS NOT NULL AND {of[s.migrant_id]}
    UNION ALL SELECT max(a.seen_at), 'assistance', a.centre_id, a.migrant_id
        FROM reception_assistance a WHERE a.seen_at IS NOT NULL AND {of[a.migrant_id]} GROUP BY a.centre_id, a.migrant_id
    UNION ALL SELECT l.seen_at, 'roll_call', c.centre_id, l.migrant_id FROM reception_rollcallline l JOIN reception_rollcall c ON c.id = l.call_id
        WHERE l.state = 'present' AND l.seen_at IS NOT NULL AND {of[l.migrant_id]}
    UNION ALL SELECT g.at, 'sighting', g.centre_id, g.migrant_id FROM reception_sighting g WHERE g.found AND {of[g.migrant_id]}
"""


class _Of(dict):
    def __init__(self, words: str):
        self.words = words

    def __missing__(self, column: str) -> str:
        return self.words.format(column=column)


# The rows of these people are locked in one order before anything is read: whoever writes an event about one of them meanwhile is waited
# for, and what they wrote is seen. A file that was joined to another one speaks for that one too.
AGAIN = f"""
CREATE OR REPLACE FUNCTION reception_last_seen_again(people uuid[], adding boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    people := ARRAY(SELECT p FROM unnest(people) p WHERE p IS NOT NULL
                    UNION SELECT m.merged_into_id FROM cases_migrant m WHERE m.id = ANY(people) AND m.merged_into_id IS NOT NULL ORDER BY 1);
    PERFORM 1 FROM reception_lastseen WHERE migrant_id = ANY(people) ORDER BY migrant_id FOR UPDATE;
    INSERT INTO reception_lastseen AS known (migrant_id, at, how, centre_id)
    SELECT DISTINCT ON (f.person) f.person, e.at, e.how, e.centre_id
    FROM (SELECT p AS person, p AS file FROM unnest(people) p
          UNION ALL SELECT m.merged_into_id, m.id FROM cases_migrant m WHERE m.merged_into_id = ANY(people)) f
    CROSS JOIN LATERAL ({EVENTS.format(of=_Of("{column} = f.file"))}) e
    WHERE adding OR EXISTS (SELECT FROM reception_lastseen k WHERE k.migrant_id = f.person)
    ORDER BY f.person, e.at DESC, e.how, e.centre_id
    ON CONFLICT (migrant_id) DO UPDATE SET at = EXCLUDED.at, how = EXCLUDED.how, centre_id = EXCLUDED.centre_id
        WHERE (known.at, known.how, known.centre_id) IS DISTINCT FROM (EXCLUDED.at, EXCLUDED.how, EXCLUDED.centre_id);
END $$;
"""  # noqa: S608 – names of columns of ours

# Everybody at once: after rows were written while no trigger fired (the demonstration).
FILL = f"""
CREATE OR REPLACE FUNCTION reception_last_seen_fill() RETURNS void LANGUAGE sql AS $$
    INSERT INTO reception_lastseen (migrant_id, at, how, centre_id)
    SELECT DISTINCT ON (f.person) f.person, e.at, e.how, e.centre_id
    FROM (SELECT id AS person, id AS file FROM cases_migrant UNION ALL SELECT merged_into_id, id FROM cases_migrant WHERE merged_into_id IS NOT NULL) f
    JOIN ({EVENTS.format(of=_Of("true"))}) e USING (file)
    ORDER BY f.person, e.at DESC, e.how, e.centre_id
    ON CONFLICT (migrant_id) DO UPDATE SET at = EXCLUDED.at, how = EXCLUDED.how, centre_id = EXCLUDED.centre_id;
$$;
"""  # noqa: S608 – names of columns of ours

# The evening of the roll-call that missed somebody who stays at that centre and was not seen since; else null. The same as
# reception.absence.missing_since, for the tables of floors above that refuse a missing person.
MISSING = """
CREATE OR REPLACE FUNCTION reception_missing_since(person uuid) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT min(c.date) FROM reception_rollcallline l
    JOIN reception_rollcall c ON c.id = l.call_id
    JOIN reception_stay s ON s.migrant_id = l.migrant_id AND s.centre_id = c.centre_id AND s.departed_at IS NULL
    JOIN reception_lastseen k ON k.migrant_id = l.migrant_id
    WHERE l.migrant_id = person AND l.state = 'missing' AND l.noted_at > k.at
$$;
"""

# What was noted until now. A meal or a session saved as a list wrote all its lines at one moment: those are sights of nobody. Of what is
# older than the longest time after which a centre misses somebody nothing depends.
KNOWN = """
ALTER TABLE reception_assistance DISABLE TRIGGER USER;
ALTER TABLE reception_rollcallline DISABLE TRIGGER USER;
UPDATE reception_assistance a
    SET seen_at = CASE WHEN (a.recorded_at AT TIME ZONE 'Africa/Bamako')::date > a.given_on THEN a.given_on::timestamp AT TIME ZONE 'Africa/Bamako' ELSE a.recorded_at END
    WHERE a.given_on > CURRENT_DATE - 32 AND NOT EXISTS (
        SELECT FROM reception_assistance o
        WHERE o.centre_id = a.centre_id AND o.given_on = a.given_on AND o.service_id = a.service_id AND o.recorded_at = a.recorded_at AND o.id <> a.id
    );
UPDATE reception_rollcallline SET seen_at = noted_at WHERE state = 'present' AND noted_at > now() - interval '32 days';
ALTER TABLE reception_assistance ENABLE TRIGGER USER;
ALTER TABLE reception_rollcallline ENABLE TRIGGER USER;
SELECT reception_last_seen_again(ARRAY(SELECT migrant_id FROM reception_stay WHERE departed_at IS NULL), true);
"""


class Migration(migrations.Migration):
    dependencies = [("reception", "0190_sessions_without_length")]

    operations = [
        migrations.AddField("assistance", "seen_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField("rollcallline", "seen_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.RunSQL(AGAIN + FILL + MISSING, migrations.RunSQL.noop),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="rollcallline",
            constraint=models.CheckConstraint(
                condition=models.Q(("seen_at__isnull", True), ("state", "present"), _connector="OR"),
                name="roll_call_line_seen",
                violation_error_message="À l’appel, seule une personne présente a été vue.",
            ),
        ),
    ]
