import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0004_child_leaves_on_a_determination"),
        ("reception", "0201_seen_one_by_one"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="returncase",
            trigger=pgtrigger.compiler.Trigger(
                name="missing_person",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.state IN ('ready', 'departed')\n                        AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state AND OLD.state <> 'died')\n                        AND coalesce(NEW.departed_on, 'infinity') >= reception_missing_since(NEW.migrant_id)\n                    THEN\n                        RAISE EXCEPTION 'the person is missing' USING ERRCODE = 'check_violation', CONSTRAINT = 'return_missing';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="624a6558524e766b4b40e21336ff484c9dff2f3e",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_missing_person_e2c89",
                    table="returns_returncase",
                    when="BEFORE",
                ),
            ),
        ),
    ]
