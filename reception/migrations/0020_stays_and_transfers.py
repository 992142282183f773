import datetime
import uuid

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# What a stay was meant to last so far: the limit of its centre, counted from the arrival.
PLANNED = f"""
    UPDATE reception_stay s SET planned_until = (s.arrived_at AT TIME ZONE '{settings.TIME_ZONE}')::date + c.max_stay_days
        FROM centres_centre c WHERE c.id = s.centre_id
"""  # noqa: S608 – a constant of the settings


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_custody_words"),
        ("centres", "0005_rooms_over_time"),
        ("reception", "0010_beds_slept_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExpectedGroup",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("announced_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="annoncé le")),
                ("expected_at", models.DateTimeField(verbose_name="attendu le")),
                ("men", models.PositiveSmallIntegerField(default=0, verbose_name="hommes")),
                ("women", models.PositiveSmallIntegerField(default=0, verbose_name="femmes")),
                ("children", models.PositiveSmallIntegerField(default=0, verbose_name="enfants")),
                ("minors_alone", models.PositiveSmallIntegerField(default=0, verbose_name="dont enfants seuls")),
                ("nationalities", models.CharField(blank=True, max_length=200, verbose_name="nationalités")),
                ("coming_from", models.CharField(blank=True, max_length=120, verbose_name="d’où")),
                ("transport", models.CharField(blank=True, max_length=120, verbose_name="transport")),
                ("needs", models.CharField(blank=True, max_length=300, verbose_name="besoins particuliers")),
                ("contact", models.CharField(blank=True, max_length=120, verbose_name="contact")),
                (
                    "state",
                    models.CharField(
                        choices=[("announced", "annoncé"), ("arrived", "arrivé"), ("cancelled", "annulé")], default="announced", max_length=9, verbose_name="état"
                    ),
                ),
                ("number_came", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="nombre de personnes venues")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="noté le")),
                ("closing_words", models.CharField(blank=True, max_length=300, verbose_name="précision")),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "groupe attendu",
                "ordering": ["expected_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("together", models.UUIDField(default=uuid.uuid4, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "demandé"),
                            ("accepted", "accepté"),
                            ("travelling", "en route"),
                            ("arrived", "arrivée"),
                            ("refused", "refusé"),
                            ("cancelled", "annulé"),
                            ("not_arrived", "pas arrivée"),
                        ],
                        default="asked",
                        max_length=11,
                        verbose_name="état",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="pourquoi")),
                ("needs", models.CharField(blank=True, max_length=300, verbose_name="besoins particuliers")),
                ("planned_on", models.DateField(verbose_name="arrivée prévue le")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="demandé le")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="réponse du")),
                ("answer", models.CharField(blank=True, max_length=300, verbose_name="réponse")),
                ("left_at", models.DateTimeField(blank=True, null=True, verbose_name="parti le")),
                ("transport", models.CharField(blank=True, max_length=120, verbose_name="transport")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="clos le")),
                ("end_reason", models.CharField(blank=True, max_length=300, verbose_name="pourquoi il s’arrête")),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "transfert",
                "ordering": ["-asked_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="bedassignment",
            name="by_rule",
            field=models.BooleanField(default=True, verbose_name="selon la règle"),
        ),
        migrations.AddField(
            model_name="bedassignment",
            name="reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="pourquoi ce lit"),
        ),
        migrations.AddField(
            model_name="stay",
            name="extended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="stay",
            name="extended_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="durée changée par"
            ),
        ),
        migrations.AddField(
            model_name="stay",
            name="extended_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="pourquoi la durée a été changée"),
        ),
        migrations.AddField(
            model_name="stay",
            name="kept_bed",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="kept_for", to="centres.bed", verbose_name="lit gardé"
            ),
        ),
        migrations.AddField(
            model_name="stay",
            name="kept_until",
            field=models.DateField(blank=True, null=True, verbose_name="lit gardé jusqu’au"),
        ),
        migrations.AddField(
            model_name="stay",
            name="planned_until",
            field=models.DateField(blank=True, default=datetime.date(2000, 1, 1), verbose_name="prévu jusqu’au"),
            preserve_default=False,
        ),
        migrations.RunSQL(PLANNED, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="planned",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."planned_until" IS NULL)',
                    func="\n                    SELECT (NEW.arrived_at AT TIME ZONE 'Africa/Bamako')::date + c.max_stay_days INTO NEW.planned_until\n                        FROM centres_centre c WHERE c.id = NEW.centre_id;\n                    RETURN NEW;\n                ",
                    hash="08d8fbc95851c803a66c7b4f15907360552c62cc",
                    operation="INSERT",
                    pgid="pgtrigger_planned_0f17c",
                    table="reception_stay",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="bedassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("by_rule", True), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="bed_by_hand_reason",
                violation_error_message="Dites pourquoi la personne dort dans ce lit.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("extended_at__isnull", True), ("extended_reason", "")),
                    models.Q(("extended_at__isnull", False), models.Q(("extended_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="stay_extended_whole",
                violation_error_message="Dites pourquoi la durée du séjour change.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kept_bed__isnull", True), ("kept_until__isnull", True)),
                    models.Q(("departure_reason", "hospital"), ("kept_bed__isnull", False), ("kept_until__isnull", False)),
                    _connector="OR",
                ),
                name="stay_kept_bed",
                violation_error_message="Un lit n’est gardé que pour une personne à l’hôpital, jusqu’à un jour donné.",
            ),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="announced_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="annoncé par"),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="announced_from",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre qui annonce"
            ),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="expected_groups", to="centres.centre", verbose_name="centre qui reçoit"),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="closed_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="noté par"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="answered_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="réponse de"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="asked_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="demandé par"),
        ),
        migrations.AddField(
            model_name="transfer",
            name="ended_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="clos par"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="from_centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="transfers_out", to="centres.centre", verbose_name="centre de départ"),
        ),
        migrations.AddField(
            model_name="transfer",
            name="migrant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="cases.migrant", verbose_name="personne"),
        ),
        migrations.AddField(
            model_name="transfer",
            name="stay",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="reception.stay", verbose_name="séjour"),
        ),
        migrations.AddField(
            model_name="transfer",
            name="to_centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="transfers_in", to="centres.centre", verbose_name="centre d’arrivée"),
        ),
        migrations.AddIndex(
            model_name="expectedgroup",
            index=models.Index(fields=["centre", "expected_at"], name="expected_of_centre"),
        ),
        migrations.AddConstraint(
            model_name="expectedgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(("men__gt", 0), ("women__gt", 0), ("children__gt", 0), _connector="OR"),
                name="expected_somebody",
                violation_error_message="Écrivez combien de personnes arrivent.",
            ),
        ),
        migrations.AddConstraint(
            model_name="expectedgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(("children__lte", 999), ("men__lte", 999), ("women__lte", 999), ("minors_alone__lte", models.F("children"))),
                name="expected_numbers",
                violation_error_message="Les enfants seuls sont comptés parmi les enfants, et chaque nombre est au plus 999.",
            ),
        ),
        migrations.AddConstraint(
            model_name="expectedgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("number_came__isnull", True), ("state", "announced")),
                    models.Q(("closed_at__isnull", False), ("number_came__isnull", False), ("state", "arrived")),
                    models.Q(("closed_at__isnull", False), ("number_came__isnull", True), ("state", "cancelled"), models.Q(("closing_words", ""), _negated=True)),
                    _connector="OR",
                ),
                name="expected_closed_whole",
                violation_error_message="Une arrivée a un nombre de personnes ; une annulation dit pourquoi.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="expectedgroup",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="184271a3b9b8c867bdec170f9ea425ff19cb8e50",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_ea340",
                    table="reception_expectedgroup",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["together"], name="transfer_together"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["from_centre", "-asked_at"], name="transfer_from"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["to_centre", "-asked_at"], name="transfer_to"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "accepted", "travelling"])),
                fields=("migrant",),
                name="transfer_open_once",
                violation_error_message="Un transfert de cette personne est déjà en cours.",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_centre", models.F("to_centre")), _negated=True),
                name="transfer_goes_somewhere",
                violation_error_message="Choisissez un autre centre que celui de départ.",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["accepted", "travelling", "arrived", "refused", "not_arrived"]), _negated=True),
                    ("answered_at__isnull", False),
                    _connector="OR",
                ),
                name="transfer_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("left_at__isnull", False), ("state__in", ["travelling", "arrived", "not_arrived"])),
                    models.Q(("left_at__isnull", True), models.Q(("state__in", ["travelling", "arrived", "not_arrived"]), _negated=True)),
                    _connector="OR",
                ),
                name="transfer_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state__in", ["asked", "accepted", "travelling"])),
                    models.Q(models.Q(("state__in", ["asked", "accepted", "travelling"]), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="transfer_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["refused", "cancelled", "not_arrived"]), _negated=True), models.Q(("end_reason", ""), _negated=True), _connector="OR"
                ),
                name="transfer_end_reason",
                violation_error_message="Écrivez pourquoi.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="0b7d4afcad932316a2d992a8ec767d3cba8ccb52",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_d7a49",
                    table="reception_transfer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="workflow",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{asked:accepted,asked:refused,asked:cancelled,accepted:travelling,accepted:cancelled,travelling:arrived,travelling:not_arrived}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="0a4d8430df70b827679df44754df0cb3f6f55491",
                    operation="UPDATE",
                    pgid="pgtrigger_workflow_2cea3",
                    table="reception_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="living_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (SELECT 1 FROM cases_migrant WHERE id = NEW.migrant_id AND died_on IS NOT NULL) THEN\n                RAISE EXCEPTION 'person % has died', NEW.migrant_id USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="66d4becbc4cb4bd9b5d4e82660fde2f459459dbb",
                    operation="INSERT",
                    pgid="pgtrigger_living_only_7d07f",
                    table="reception_transfer",
                    when="BEFORE",
                ),
            ),
        ),
    ]
