from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reception", "0153_back_from_hospital"),
    ]

    operations = [
        migrations.AlterField(
            model_name="expectedgroup",
            name="arrival_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("transit", "en transit"),
                    ("returned", "retour par ses propres moyens"),
                    ("voluntary_return", "retour volontaire assisté"),
                    ("forced_return", "retour forcé"),
                    ("referred", "orientation par un partenaire"),
                    ("walked_in", "venue d’elle-même"),
                ],
                max_length=20,
                verbose_name="comment ces personnes viennent",
            ),
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
                    ("walked_in", "venue d’elle-même"),
                    ("transferred", "transfert d’un autre centre"),
                    ("hospital", "retour d’hôpital"),
                ],
                max_length=20,
                verbose_name="comment la personne est venue",
            ),
        ),
    ]
