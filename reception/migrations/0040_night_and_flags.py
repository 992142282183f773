import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import reception.models

# Which rows say when and where a person was seen. {of}: a condition on the row's person.
EVENTS = """
    SELECT m.registered_at AS at, 'registered' AS how, m.registered_centre_id AS centre_id, m.id AS file FROM cases_migrant m WHERE {of[m.id]}
    UNION ALL SELECT s.arrived_at, 'arrival', s.centre_id, s.migrant_id FROM reception_stay s WHERE {of[s.migrant_id]}
    UNION ALL SELECT s.departed_at, 'departure', s.centre_id, s.migrant_id FROM reception_stay s WHERE s.departed_at IS NOT NULL AND {of[s.migrant_id]}
    -- what is written down later was given by the end of its day
    UNION ALL SELECT max(LEAST(a.recorded_at, (a.given_on + 1)::timestamp AT TIME ZONE 'Africa/Bamako' - interval '1 microsecond')), 'assistance', a.centre_id, a.migrant_id
        FROM reception_assistance a WHERE {of[a.migrant_id]} GROUP BY a.centre_id, a.migrant_id
    UNION ALL SELECT l.noted_at, 'roll_call', c.centre_id, l.migrant_id FROM reception_rollcallline l JOIN reception_rollcall c ON c.id = l.call_id
        WHERE l.state = 'present' AND {of[l.migrant_id]}
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
CREATE FUNCTION reception_last_seen_again(people uuid[], adding boolean) RETURNS void LANGUAGE plpgsql AS $$
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

# Everybody at once: for the first time, and after rows were written while no trigger fired (the demonstration).
FILL = f"""
CREATE FUNCTION reception_last_seen_fill() RETURNS void LANGUAGE sql AS $$
    INSERT INTO reception_lastseen (migrant_id, at, how, centre_id)
    SELECT DISTINCT ON (f.person) f.person, e.at, e.how, e.centre_id
    FROM (SELECT id AS person, id AS file FROM cases_migrant UNION ALL SELECT merged_into_id, id FROM cases_migrant WHERE merged_into_id IS NOT NULL) f
    JOIN ({EVENTS.format(of=_Of("true"))}) e USING (file)
    ORDER BY f.person, e.at DESC, e.how, e.centre_id
    ON CONFLICT (migrant_id) DO UPDATE SET at = EXCLUDED.at, how = EXCLUDED.how, centre_id = EXCLUDED.centre_id;
$$;
"""  # noqa: S608 – names of columns of ours

# The people themselves are a table of the floor below, whose models know nothing of this one.
PEOPLE = """
CREATE FUNCTION reception_person_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM reception_last_seen_again(ARRAY(SELECT id FROM new_rows), true);
    ELSE
        PERFORM reception_last_seen_again(ARRAY[NEW.id, OLD.merged_into_id, NEW.merged_into_id], true);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reception_registered AFTER INSERT ON cases_migrant REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION reception_person_seen();
CREATE TRIGGER reception_joined AFTER UPDATE OF merged_into_id ON cases_migrant FOR EACH ROW
    WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id) EXECUTE FUNCTION reception_person_seen();
"""

# Which services a flag suspends is part of its history too.
SUSPENDED = "CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON reception_flagkind_suspends FOR EACH ROW EXECUTE FUNCTION audit_row();"

UNDO = """
DROP TRIGGER IF EXISTS reception_joined ON cases_migrant;
DROP TRIGGER IF EXISTS reception_registered ON cases_migrant;
DROP FUNCTION IF EXISTS reception_person_seen();
DROP FUNCTION IF EXISTS reception_last_seen_fill();
DROP FUNCTION IF EXISTS reception_last_seen_again(uuid[], boolean);
DROP TRIGGER IF EXISTS audited ON reception_flagkind_suspends;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_custody_words"),
        ("centres", "0005_rooms_over_time"),
        ("reception", "0031_assistance_slots_in_place"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0003_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="AbsenceRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[
                            django.core.validators.MinValueValidator(1, "Écrivez un nombre de 1 à 30."),
                            django.core.validators.MaxValueValidator(30, "Écrivez un nombre de 1 à 30."),
                        ],
                        verbose_name="jours sans être vue",
                    ),
                ),
            ],
            options={
                "verbose_name": "délai d’absence",
            },
        ),
        migrations.CreateModel(
            name="LastSeen",
            fields=[
                (
                    "migrant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="last_seen",
                        serialize=False,
                        to="cases.migrant",
                        verbose_name="personne",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="vue le")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("registered", "enregistrement"),
                            ("arrival", "arrivée"),
                            ("departure", "départ"),
                            ("assistance", "assistance"),
                            ("roll_call", "appel du soir"),
                            ("sighting", "vue par le personnel"),
                        ],
                        max_length=10,
                        verbose_name="par",
                    ),
                ),
            ],
            options={
                "verbose_name": "dernière fois que la personne a été vue",
            },
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("first_night", models.DateField(verbose_name="première nuit")),
                ("last_night", models.DateField(verbose_name="dernière nuit")),
                ("reason", models.CharField(max_length=300, verbose_name="pourquoi, et où")),
                ("allowed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="permise le")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="annulée le")),
            ],
            options={
                "verbose_name": "permission d’absence",
                "ordering": ["-first_night", "-allowed_at"],
            },
        ),
        migrations.CreateModel(
            name="RollCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(verbose_name="soir du")),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="commencé le")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="terminé le")),
            ],
            options={
                "verbose_name": "appel du soir",
                "ordering": ["-date"],
            },
        ),
        migrations.CreateModel(
            name="RollCallLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("present", "présente"), ("leave", "absente avec permission"), ("missing", "manquante")], max_length=7, verbose_name="état"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("noted_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="noté le")),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "ligne d’appel",
                "ordering": ["call", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Sighting",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("found", models.BooleanField(verbose_name="vue")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="noté le")),
            ],
            options={
                "verbose_name": "nouvelle d’une personne absente",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="flagkind",
            name="changed_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="modifiée le"),
        ),
        migrations.AddField(
            model_name="flagkind",
            name="changed_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="modifiée par"
            ),
        ),
        migrations.AddField(
            model_name="flagkind",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="personflag",
            name="key",
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="8d186b70e6a8dd4ec106e0072033e81785acfbd5",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_seen_added_7953d",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="reception_assistance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows UNION SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="ac9c4b274ab18d4c65c480bc9ba74ce682ccdebb",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_seen_changed_eaf9f",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="reception_assistance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_removed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows), false); RETURN NULL;",
                    hash="8455169e743d8b75b1bb8ca34998c080eccac4ed",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_seen_removed_6f550",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="reception_assistance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="128c986500c612afef8c9616d383b270f78dd72b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_seen_added_2445e",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="reception_stay",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows UNION SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="b5ea002b52db13b6c777b057c5f20a38dd6703c3",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_seen_changed_555b9",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="reception_stay",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_removed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows), false); RETURN NULL;",
                    hash="a30aaf14493e35552a8d7021802fb9069db29383",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_seen_removed_23d6f",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="reception_stay",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="flagkind",
            constraint=models.UniqueConstraint(fields=("name",), name="flag_kind_name", violation_error_message="Une consigne porte déjà ce nom."),
        ),
        migrations.AddField(
            model_name="absencerule",
            name="centre",
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="absence_rule", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="lastseen",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="leave",
            name="allowed_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="permise par"),
        ),
        migrations.AddField(
            model_name="leave",
            name="cancelled_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="annulée par"
            ),
        ),
        migrations.AddField(
            model_name="leave",
            name="stay",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="leaves", to="reception.stay", verbose_name="séjour"),
        ),
        migrations.AddField(
            model_name="rollcall",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="roll_calls", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="rollcall",
            name="taken_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="fait par"),
        ),
        migrations.AddField(
            model_name="rollcallline",
            name="call",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="reception.rollcall", verbose_name="appel"),
        ),
        migrations.AddField(
            model_name="rollcallline",
            name="migrant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="roll_call_lines", to="cases.migrant", verbose_name="personne"),
        ),
        migrations.AddField(
            model_name="rollcallline",
            name="noted_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="noté par"),
        ),
        migrations.AddField(
            model_name="sighting",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="sighting",
            name="migrant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="sightings", to="cases.migrant", verbose_name="personne"),
        ),
        migrations.AddField(
            model_name="sighting",
            name="noted_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="noté par"),
        ),
        migrations.AddConstraint(
            model_name="absencerule",
            constraint=models.CheckConstraint(condition=models.Q(("days__range", (1, 30))), name="absence_days", violation_error_message="Écrivez un nombre de 1 à 30."),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="absencerule",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="8b015d782bcb8344ab35764f8a9940002f9f376d",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_62154",
                    table="reception_absencerule",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_night__gte", models.F("first_night"))),
                name="leave_nights",
                violation_error_message="La dernière nuit ne peut pas précéder la première.",
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("cancelled_at__isnull", True)),
                expressions=[
                    (reception.models.UuidKeyRange("stay"), "&&"),
                    (reception.models.DayRange("first_night", "last_night", django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)), "&&"),
                ],
                name="leave_no_overlap",
                violation_error_message="Une permission couvre déjà une de ces nuits.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="leave",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="86edc2bc4a514f6eccbac16266a01909e5559466",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_82b38",
                    table="reception_leave",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="rollcall",
            constraint=models.UniqueConstraint(fields=("centre", "date"), name="roll_call_once", violation_error_message="L’appel de ce soir est déjà commencé."),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcall",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="b4bf6b7f50a7aae02fc77a21aae3cf06903827da",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_25cc4",
                    table="reception_rollcall",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="rollcallline",
            constraint=models.UniqueConstraint(
                fields=("call", "migrant"), name="roll_call_line_once", violation_error_message="Cette personne a déjà été appelée ce soir."
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcallline",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="5fe406193bdfa5d0a2e2aba6bc6cb14a811991d0",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_cb726",
                    table="reception_rollcallline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcallline",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="abfcd43650cd37eb1a8c45110f56bc33b6eef5e1",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_seen_added_b1208",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="reception_rollcallline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcallline",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows UNION SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="2570b0547ff690bbe192d5b5b31dde64e8796b6b",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_seen_changed_20c68",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="reception_rollcallline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcallline",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_removed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows), false); RETURN NULL;",
                    hash="5f329d2c5df58556ef267c751602519edd72417f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_seen_removed_981cb",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="reception_rollcallline",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="sighting",
            constraint=models.CheckConstraint(
                condition=models.Q(("found", True), models.Q(("note", ""), _negated=True), _connector="OR"),
                name="sighting_absent_note",
                violation_error_message="Écrivez ce qui a été fait pour retrouver la personne.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sighting",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="1b849c04ee88fb07fcc0b2b895eebc27f7c5288c",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_47f65",
                    table="reception_sighting",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sighting",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="676bff1593db7976d3dccbc8792fe194a2c16692",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_seen_added_bf984",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="reception_sighting",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sighting",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows UNION SELECT migrant_id FROM new_rows), true); RETURN NULL;",
                    hash="381080b4de008d901eced09384b49a160aee4847",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_seen_changed_9b5a4",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="reception_sighting",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sighting",
            trigger=pgtrigger.compiler.Trigger(
                name="seen_removed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM reception_last_seen_again(ARRAY(SELECT migrant_id FROM old_rows), false); RETURN NULL;",
                    hash="35266a408d7e057520a90a5a04cd9fb392e720c1",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_seen_removed_a6846",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="reception_sighting",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL([AGAIN, FILL, PEOPLE, SUSPENDED], UNDO),
    ]
