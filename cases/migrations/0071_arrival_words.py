from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0070_card_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="migrant",
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
                verbose_name="comment la personne est venue",
            ),
        ),
    ]
