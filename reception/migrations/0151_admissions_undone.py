import uuid

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0070_card_words"),
        ("centres", "0080_health_services"),
        ("reception", "0150_what_is_written_stays"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UndoneAdmission",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("arrived_at", models.DateTimeField(verbose_name="arrivée")),
                ("undone_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="annulée le")),
                ("reason", models.CharField(max_length=300, verbose_name="pourquoi l’admission a été annulée")),
            ],
            options={
                "verbose_name": "admission annulée",
                "ordering": ["-undone_at", "-pk"],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="transfer",
            name="workflow",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="undone_for_good",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (SELECT FROM reception_undoneadmission u WHERE u.id = NEW.id) THEN\n                        RAISE EXCEPTION 'this admission was undone' USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_undone_for_good';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="7328b2ff5f8bf05fd707ff7b332990ef0e44a81a",
                    operation="INSERT",
                    pgid="pgtrigger_undone_for_good_1bf79",
                    table="reception_stay",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="workflow",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{asked:accepted,asked:refused,asked:cancelled,accepted:travelling,accepted:cancelled,travelling:arrived,travelling:not_arrived,arrived:travelling,not_arrived:travelling}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="c8b7e48b4c49d323ecdebfa5d859ccc42a5c5617",
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
                name="on_the_way_again",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL)",
                    func="\n                    IF NOT EXISTS (SELECT FROM reception_undoneadmission u WHERE u.migrant_id = NEW.migrant_id AND u.undone_at >= OLD.ended_at) THEN\n                        RAISE EXCEPTION 'a transfer that has ended goes on only after an admission was undone'\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_on_the_way_again';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="edb3c643fe6da5433b0938f42722830a37cfb3f4",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_on_the_way_again_ef407",
                    table="reception_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="undoneadmission",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="undoneadmission",
            name="checked_in_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="admis par"),
        ),
        migrations.AddField(
            model_name="undoneadmission",
            name="migrant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="undone_admissions", to="cases.migrant", verbose_name="personne"),
        ),
        migrations.AddField(
            model_name="undoneadmission",
            name="undone_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="annulée par"),
        ),
        migrations.AddConstraint(
            model_name="undoneadmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="undone_admission_reason", violation_error_message="Dites pourquoi cette admission est annulée."
            ),
        ),
        migrations.AddConstraint(
            model_name="undoneadmission",
            constraint=models.CheckConstraint(condition=models.Q(("undone_at__gte", models.F("arrived_at"))), name="undone_admission_after"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="undoneadmission",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="6fd73031538dcc1c8ce6b2fb12a096dd720cfcc0",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_ff38d",
                    table="reception_undoneadmission",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="undoneadmission",
            trigger=pgtrigger.compiler.Trigger(
                name="as_undone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."centre_id" IS DISTINCT FROM (NEW."centre_id") OR OLD."arrived_at" IS DISTINCT FROM (NEW."arrived_at") OR OLD."checked_in_by_id" IS DISTINCT FROM (NEW."checked_in_by_id") OR OLD."undone_at" IS DISTINCT FROM (NEW."undone_at") OR OLD."undone_by_id" IS DISTINCT FROM (NEW."undone_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4e70a02a340cec1e61f7b7950f845db58c1de403",
                    operation="UPDATE",
                    pgid="pgtrigger_as_undone_8efd6",
                    table="reception_undoneadmission",
                    when="BEFORE",
                ),
            ),
        ),
    ]
