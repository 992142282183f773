import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_cache"),
        ("cases", "0015_custody_words"),
        ("centres", "0030_offers"),
        ("reception", "0020_stays_and_transfers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="assistance",
            name="cost",
            field=models.IntegerField(blank=True, null=True, verbose_name="coût (FCFA)"),
        ),
        migrations.AddField(
            model_name="assistance",
            name="once_in_stay",
            field=models.ForeignKey(
                blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="reception.stay"
            ),
        ),
        migrations.AddField(
            model_name="assistance",
            name="provider",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
                verbose_name="fourni par",
            ),
        ),
        migrations.AddField(
            model_name="assistance",
            name="unit",
            field=models.CharField(blank=True, max_length=20, verbose_name="unité"),
        ),
        AddConstraintNotValid(
            model_name="assistance",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost__isnull", True), ("cost__gte", 0), _connector="OR"),
                name="assistance_cost",
                violation_error_message="Le coût est un montant en FCFA, sans signe.",
            ),
        ),
    ]
