import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("centres", "0080_health_services"),
        ("reception", "0151_admissions_undone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="expectedgroup",
            name="corrected_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="corrigé le"),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="corrected_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="corrigé par"
            ),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="correction",
            field=models.CharField(blank=True, max_length=300, verbose_name="pourquoi le nombre a été corrigé"),
        ),
        migrations.AddField(
            model_name="expectedgroup",
            name="number_before",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="nombre noté avant"),
        ),
        migrations.AddConstraint(
            model_name="expectedgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrected_at__isnull", True), ("correction", ""), ("number_before__isnull", True)),
                    models.Q(("corrected_at__isnull", False), ("number_before__isnull", False), ("state", "arrived"), models.Q(("correction", ""), _negated=True)),
                    _connector="OR",
                ),
                name="expected_corrected_whole",
                violation_error_message="Dites pourquoi le nombre est corrigé.",
            ),
        ),
    ]
