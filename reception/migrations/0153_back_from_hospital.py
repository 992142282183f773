import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0070_card_words"),
        ("centres", "0080_health_services"),
        ("reception", "0152_number_corrected"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="stay",
            name="first_arrived_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="première arrivée"),
        ),
        migrations.AlterField(
            model_name="stay",
            name="origin",
            field=models.CharField(
                choices=[
                    ("transit", "en transit"),
                    ("returned", "retour par ses propres moyens"),
                    ("voluntary_return", "retour volontaire assisté"),
                    ("forced_return", "retour forcé"),
                    ("referred", "orientation par un partenaire"),
                    ("transferred", "transfert d’un autre centre"),
                    ("hospital", "retour d’hôpital"),
                ],
                max_length=20,
                verbose_name="comment la personne est venue",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stay",
            trigger=pgtrigger.compiler.Trigger(
                name="from_hospital",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"origin\" = 'hospital')",
                    declare="DECLARE before reception_stay%ROWTYPE;",
                    func="\n                    SELECT * INTO before FROM reception_stay s\n                        WHERE s.migrant_id = NEW.migrant_id AND s.id <> NEW.id AND s.arrived_at < NEW.arrived_at ORDER BY s.arrived_at DESC LIMIT 1;\n                    IF before.id IS NULL OR before.centre_id <> NEW.centre_id OR before.departure_reason <> 'hospital' THEN\n                        RAISE EXCEPTION 'nobody comes back from hospital who did not go there' USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_from_hospital';\n                    END IF;\n                    NEW.first_arrived_at := coalesce(before.first_arrived_at, before.arrived_at);\n                    NEW.planned_until := coalesce(NEW.planned_until, before.planned_until);\n                    RETURN NEW;\n                ",
                    hash="06063c5dcf2ea76845e6b0dff5b1978762a209af",
                    operation='INSERT OR UPDATE OF "origin"',
                    pgid="pgtrigger_from_hospital_2b8a1",
                    table="reception_stay",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first_arrived_at__isnull", True), models.Q(("origin", "hospital"), _negated=True)),
                    models.Q(("first_arrived_at__isnull", False), ("origin", "hospital")),
                    _connector="OR",
                ),
                name="stay_first_arrival",
                violation_error_message="Seul un retour d’hôpital continue un séjour.",
            ),
        ),
    ]
