import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reception", "0160_arrival_words"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="transfer",
            name="workflow",
        ),
        migrations.AlterField(
            model_name="transfer",
            name="left_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="départ le"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="workflow",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{asked:accepted,asked:refused,asked:cancelled,accepted:travelling,accepted:cancelled,travelling:arrived,travelling:not_arrived,travelling:cancelled,arrived:travelling,not_arrived:travelling}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="784f4d1d747a78bb31f170b1eaa0b2783b8aee00",
                    operation="UPDATE",
                    pgid="pgtrigger_workflow_2cea3",
                    table="reception_transfer",
                    when="BEFORE",
                ),
            ),
        ),
    ]
