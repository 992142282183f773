import datetime

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_cache"),
        ("cases", "0070_card_words"),
        ("centres", "0080_health_services"),
        ("reception", "0170_departure_undone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Assisted",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("centre", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre")),
                (
                    "migrant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="assisted_at", to="cases.migrant", verbose_name="personne"
                    ),
                ),
            ],
            options={
                "verbose_name": "aide reçue dans un centre",
                "constraints": [models.UniqueConstraint(fields=("migrant", "centre"), name="assisted_once")],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="leave",
            name="as_allowed",
        ),
        migrations.RemoveConstraint(
            model_name="alertrule",
            name="alert_rule_threshold",
        ),
        migrations.RemoveConstraint(
            model_name="alertrule",
            name="alert_rule_days",
        ),
        # What breaks the new bounds was a slip: a threshold that says nothing goes back to what centres begin with, a day to what may stand.
        migrations.RunSQL(
            """
            DELETE FROM reception_alertrule WHERE kind NOT IN ('arrivals_above', 'arrivals_below', 'occupancy', 'long_stay', 'target_passed', 'tension');
            UPDATE reception_alertrule SET threshold = CASE kind WHEN 'arrivals_above' THEN 130 WHEN 'arrivals_below' THEN 50 WHEN 'occupancy' THEN 90 ELSE 3 END
                WHERE kind = 'arrivals_above' AND (threshold <= 100 OR threshold > 1000) OR kind = 'arrivals_below' AND (threshold <= 0 OR threshold >= 100)
                OR kind = 'occupancy' AND (threshold <= 0 OR threshold > 200) OR kind = 'tension' AND (threshold < 1 OR threshold > 1000);
            UPDATE reception_alertrule SET threshold = 1000000 WHERE threshold > 1000000;
            UPDATE reception_alertrule SET days = CASE WHEN kind = 'tension' THEN coalesce(days, 14) WHEN kind LIKE 'arrivals%' THEN greatest(coalesce(days, 30), 7) END;
            UPDATE reception_transfer SET planned_on = least(greatest(planned_on, asked_at::date), asked_at::date + 366)
                WHERE planned_on < asked_at - interval '2 days' OR planned_on > asked_at + interval '366 days';
            UPDATE reception_leave SET cancelled_at = coalesce(cancelled_at, now()), first_night = allowed_at::date, last_night = greatest(last_night, allowed_at::date)
                WHERE first_night < allowed_at - interval '30 hours';
            """,
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="alert",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="47d242841acffd17f8a7cc350150afa6a957156c",
                    operation="DELETE",
                    pgid="pgtrigger_stays_20df4",
                    table="reception_alert",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="alert",
            trigger=pgtrigger.compiler.Trigger(
                name="as_raised",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."centre_id" IS DISTINCT FROM (NEW."centre_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="57f06c96ceedb0d9f5d7e0a7b358a4d64186d8da",
                    operation="UPDATE",
                    pgid="pgtrigger_as_raised_c15d6",
                    table="reception_alert",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="tally_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO reception_assisted (migrant_id, centre_id) SELECT DISTINCT migrant_id, centre_id FROM new_rows ORDER BY 1, 2 ON CONFLICT DO NOTHING;\n     RETURN NULL;",
                    hash="c58bc2cfe6b6cf1b7ea17a81cac4bb9c20b13874",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_tally_added_86512",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="reception_assistance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="tally_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        DELETE FROM reception_assisted a USING old_rows o\n        WHERE (a.migrant_id, a.centre_id) = (o.migrant_id, o.centre_id)\n        AND NOT EXISTS (SELECT FROM reception_assistance l WHERE l.migrant_id = a.migrant_id AND l.centre_id = a.centre_id);\n    \n        INSERT INTO reception_assisted (migrant_id, centre_id) SELECT DISTINCT migrant_id, centre_id FROM new_rows ORDER BY 1, 2 ON CONFLICT DO NOTHING;\n     RETURN NULL;",
                    hash="fafb6e9f32ad53401244b0274e5eae8e2e9d585b",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_tally_changed_ef87f",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="reception_assistance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="tally_removed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        DELETE FROM reception_assisted a USING old_rows o\n        WHERE (a.migrant_id, a.centre_id) = (o.migrant_id, o.centre_id)\n        AND NOT EXISTS (SELECT FROM reception_assistance l WHERE l.migrant_id = a.migrant_id AND l.centre_id = a.centre_id);\n     RETURN NULL;",
                    hash="4d33c7af0682a787e7f2081bbdc482077833ac9a",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_tally_removed_783cd",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="reception_assistance",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assistance",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="5531f984cd3e46f403e3648bcb149911c6d92905",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_e58d6",
                    table="reception_assistance",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bedassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="40ea319a8c969e6896229167dd7ec7ff2c767f8e",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_0aa04",
                    table="reception_bedassignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="ec1231afdc385b66e2c1edbcecbf1ec47e5ed3f6",
                    operation="DELETE",
                    pgid="pgtrigger_stays_9410a",
                    table="reception_incident",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incidentfollowup",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="b8ce01736a6b1e1d31bf359bba72f7c4958958ac",
                    operation="DELETE",
                    pgid="pgtrigger_stays_6c3ff",
                    table="reception_incidentfollowup",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incidentperson",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="4346650e50da8a7678539f961803448e7535547f",
                    operation="DELETE",
                    pgid="pgtrigger_stays_d0eca",
                    table="reception_incidentperson",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="leave",
            trigger=pgtrigger.compiler.Trigger(
                name="as_allowed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."stay_id" IS DISTINCT FROM (NEW."stay_id") OR OLD."first_night" IS DISTINCT FROM (NEW."first_night") OR OLD."last_night" IS DISTINCT FROM (NEW."last_night") OR OLD."allowed_at" IS DISTINCT FROM (NEW."allowed_at") OR OLD."allowed_by_id" IS DISTINCT FROM (NEW."allowed_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4fb68a63d489b12bb211e19fd62137b7fb2214bf",
                    operation="UPDATE",
                    pgid="pgtrigger_as_allowed_96596",
                    table="reception_leave",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="leave",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="536de6640c0a8f57da353876e6e08ba744615bed",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_b7a34",
                    table="reception_leave",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personflag",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="fbbe9150acce38eddb3d285c024d8d0e3897deff",
                    operation="DELETE",
                    pgid="pgtrigger_stays_d66bd",
                    table="reception_personflag",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcall",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="367f00254e5b55808eaab27c9e77a25006e685f7",
                    operation="DELETE",
                    pgid="pgtrigger_stays_c6047",
                    table="reception_rollcall",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rollcallline",
            trigger=pgtrigger.compiler.Trigger(
                name="evening_is_over",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (SELECT FROM reception_rollcall c WHERE c.id = OLD.call_id AND c.date < ((now() AT TIME ZONE 'Africa/Bamako') - interval '6 hours')::date) THEN\n                        RAISE EXCEPTION 'this roll-call is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'roll_call_over';\n                    END IF;\n                    IF TG_OP = 'DELETE' THEN\n                        RETURN OLD;\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="26b98c6582d648c4b5d2f03776dfa9fb0d03e4dc",
                    operation='UPDATE OF "state", "noted_at" OR DELETE',
                    pgid="pgtrigger_evening_is_over_bbf22",
                    table="reception_rollcallline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="session",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="af6a334a719c8e1f5bd7d48d78e99c9b89adadb3",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_16f80",
                    table="reception_session",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sessionpresence",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="a4da771681797d63591e5ea3be390405d168c2cc",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_00373",
                    table="reception_sessionpresence",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sighting",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="9650210ee99fb73068fc25b8c0d5bae9ba3e6a59",
                    operation="DELETE",
                    pgid="pgtrigger_stays_24592",
                    table="reception_sighting",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="bf28f831080794260351ec23e783baeb125d17c4",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_974d6",
                    table="reception_stay",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockitem",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="19d47004d4ddc5084a01c7d779156ec0b78c7b42",
                    operation="DELETE",
                    pgid="pgtrigger_stays_70757",
                    table="reception_stockitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="by_somebody",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF coalesce(current_setting('sira.actor', true), '') = '' THEN\n                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';\n            END IF;\n            RETURN OLD;\n        ",
                    hash="64d27c30cf8ae497e6a5058ddd38976c5f44be09",
                    operation="DELETE",
                    pgid="pgtrigger_by_somebody_0d902",
                    table="reception_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("arrivals_above", "arrivals_below", "occupancy", "long_stay")), ("migrant__isnull", True), ("subject", "")),
                    models.Q(("kind", "target_passed"), ("migrant__isnull", True), ("subject__in", ("", "national"))),
                    models.Q(
                        ("kind", "tension"),
                        ("migrant__isnull", True),
                        ("subject__in", ("", "meal", "lodging", "health", "psychosocial", "kit", "transport", "information")),
                    ),
                    models.Q(("kind", "stock"), ("migrant__isnull", True), models.Q(("subject", ""), _negated=True)),
                    models.Q(
                        ("kind__in", ("minor_missing", "absence")),
                        ("migrant__isnull", False),
                        ("subject", django.db.models.functions.comparison.Cast(models.F("migrant_id"), models.CharField())),
                    ),
                    _connector="OR",
                ),
                name="alert_about",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "arrivals_above"), _negated=True), models.Q(("threshold__gt", 100), ("threshold__lte", 1000)), _connector="OR"),
                name="alert_rule_above",
                violation_error_message="Au-dessus du prévu\xa0: un seuil de plus de 100 pour cent, et de 1\xa0000 au plus.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "arrivals_below"), _negated=True), models.Q(("threshold__gt", 0), ("threshold__lt", 100)), _connector="OR"),
                name="alert_rule_below",
                violation_error_message="Au-dessous du prévu\xa0: un seuil de moins de 100 pour cent, et de plus de 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "occupancy"), _negated=True), models.Q(("threshold__gt", 0), ("threshold__lte", 200)), _connector="OR"),
                name="alert_rule_occupancy",
                violation_error_message="Occupation\xa0: un seuil de plus de 0, et de 200 pour cent des lits au plus.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "tension"), _negated=True), models.Q(("threshold__gte", 1), ("threshold__lte", 1000)), _connector="OR"),
                name="alert_rule_tension",
                violation_error_message="Tension\xa0: un seuil de 1 à 1\xa0000 incidents.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gte", 0), ("threshold__lte", 1000000)),
                name="alert_rule_threshold",
                violation_error_message="Un seuil va de 0 à 1\xa0000\xa0000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("days__isnull", True), ("kind__in", ("occupancy", "long_stay", "target_passed"))),
                    models.Q(("days__gte", 7), ("days__isnull", False), ("days__lte", 366), ("kind__in", ("arrivals_above", "arrivals_below"))),
                    models.Q(("days__gte", 1), ("days__isnull", False), ("days__lte", 366), ("kind", "tension")),
                    _connector="OR",
                ),
                name="alert_rule_days",
                violation_error_code="days",
                violation_error_message="De 1 à 366 jours\xa0; les arrivées se comparent au prévu sur 7 jours au moins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrivalplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("since__isnull", True), models.Q(("since__gte", datetime.date(2000, 1, 1)), ("since__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="arrival_plan_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="assistance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("given_on__isnull", True), models.Q(("given_on__gte", datetime.date(2000, 1, 1)), ("given_on__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="assistance_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bedassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("since__isnull", True),
                        models.Q(
                            ("since__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("since__lte", datetime.datetime(2099, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("until__isnull", True),
                        models.Q(
                            ("until__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("until__lte", datetime.datetime(2099, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                ),
                name="bed_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="expectedgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expected_at__isnull", True),
                    models.Q(
                        ("expected_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ("expected_at__lte", datetime.datetime(2099, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                    ),
                    _connector="OR",
                ),
                name="expected_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="handovernote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until__isnull", True), models.Q(("until__gte", datetime.date(2000, 1, 1)), ("until__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="handover_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="healthrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("return_on__isnull", True), models.Q(("return_on__gte", datetime.date(2000, 1, 1)), ("return_on__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="health_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("happened_at__isnull", True),
                    models.Q(
                        ("happened_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ("happened_at__lte", datetime.datetime(2099, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                    ),
                    _connector="OR",
                ),
                name="incident_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("due_on__isnull", True), models.Q(("due_on__gte", datetime.date(2000, 1, 1)), ("due_on__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="incident_due_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "first_night__gte",
                        django.db.models.expressions.CombinedExpression(models.F("allowed_at"), "-", models.Value(datetime.timedelta(days=1, seconds=21600))),
                    )
                ),
                name="leave_not_past",
                violation_error_message="Cette nuit est passée. Choisissez cette nuit ou une nuit à venir.",
            ),
        ),
        migrations.AddConstraint(
            model_name="personflag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until__isnull", True), models.Q(("until__gte", datetime.date(2000, 1, 1)), ("until__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="flag_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rollcall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("date__isnull", True), models.Q(("date__gte", datetime.date(2000, 1, 1)), ("date__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="roll_call_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("held_on__isnull", True), models.Q(("held_on__gte", datetime.date(2000, 1, 1)), ("held_on__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="session_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("arrived_at__isnull", True),
                        models.Q(
                            ("arrived_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("arrived_at__lte", datetime.datetime(2099, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("departed_at__isnull", True),
                        models.Q(
                            ("departed_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("departed_at__lte", datetime.datetime(2099, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                ),
                name="stay_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("planned_until__isnull", True),
                        models.Q(("planned_until__gte", datetime.date(2000, 1, 1)), ("planned_until__lte", datetime.date(2099, 12, 31))),
                        _connector="OR",
                    ),
                    models.Q(
                        ("kept_until__isnull", True),
                        models.Q(("kept_until__gte", datetime.date(2000, 1, 1)), ("kept_until__lte", datetime.date(2099, 12, 31))),
                        _connector="OR",
                    ),
                ),
                name="stay_plan_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("since__isnull", True), models.Q(("since__gte", datetime.date(2000, 1, 1)), ("since__lte", datetime.date(2099, 12, 31))), _connector="OR"
                ),
                name="stock_since_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("on__isnull", True), models.Q(("on__gte", datetime.date(2000, 1, 1)), ("on__lte", datetime.date(2099, 12, 31))), _connector="OR"),
                name="stock_year",
                violation_error_message="Vérifiez l’année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("planned_on__gte", django.db.models.expressions.CombinedExpression(models.F("asked_at"), "-", models.Value(datetime.timedelta(days=2)))),
                    ("planned_on__lte", django.db.models.expressions.CombinedExpression(models.F("asked_at"), "+", models.Value(datetime.timedelta(days=366)))),
                ),
                name="transfer_planned",
                violation_error_message="L’arrivée prévue suit la demande, dans l’année. Vérifiez l’année.",
            ),
        ),
        # Everybody at once: for the first time, and after lines were written while no trigger fired (the demonstration).
        migrations.RunSQL(
            """
            CREATE FUNCTION reception_assisted_fill() RETURNS void LANGUAGE sql AS $$
                INSERT INTO reception_assisted (migrant_id, centre_id) SELECT DISTINCT migrant_id, centre_id FROM reception_assistance ON CONFLICT DO NOTHING;
            $$;
            SELECT reception_assisted_fill();
            """,
            "DROP FUNCTION IF EXISTS reception_assisted_fill();",
        ),
    ]
