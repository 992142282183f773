from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """What goes through millions of lines, while others go on writing: so outside a transaction."""

    atomic = False

    dependencies = [("reception", "0030_assistance_slots")]

    operations = [
        ValidateConstraint(model_name="assistance", name="assistance_cost"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    model_name="assistance",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("once_in_stay__isnull", False)),
                        fields=("once_in_stay", "service"),
                        name="assistance_once_a_stay",
                        violation_error_message="Ce service a déjà été donné à cette personne pendant ce séjour.",
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL("DROP INDEX IF EXISTS assistance_once_a_stay", migrations.RunSQL.noop),  # what an earlier try left half done
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY assistance_once_a_stay ON reception_assistance (once_in_stay_id, service_id) WHERE once_in_stay_id IS NOT NULL",
                    "DROP INDEX IF EXISTS assistance_once_a_stay",
                ),
            ],
        ),
    ]
