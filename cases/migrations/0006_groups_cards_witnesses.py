import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_consent_purposes"),
        ("centres", "0002_areas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(editable=False, max_length=16, unique=True, verbose_name="numéro de la carte")),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="remise le")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="annulée le")),
                (
                    "revoke_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lost", "carte perdue"),
                            ("stolen", "carte volée"),
                            ("damaged", "carte abîmée"),
                            ("withdrawn", "accord retiré"),
                            ("other", "autre raison"),
                        ],
                        max_length=9,
                        verbose_name="motif",
                    ),
                ),
            ],
            options={
                "verbose_name": "carte",
                "ordering": ["-issued_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="RegistrationGroup",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("bus", "un bus ou un groupe"), ("family", "une famille")], max_length=6, verbose_name="type de groupe")),
                ("title", models.CharField(blank=True, max_length=80, verbose_name="nom du groupe")),
                ("common", models.JSONField(default=dict, verbose_name="valeurs communes")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="ouvert le")),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "groupe à l’enregistrement",
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="consent",
            name="signature",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="cases.attachment", verbose_name="image de la signature"
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="withdrawal_noted_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="retrait noté par"
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="witness",
            field=models.CharField(blank=True, max_length=120, verbose_name="témoin"),
        ),
        migrations.AddField(
            model_name="identitydocument",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(condition=models.Q(("purpose", "registration"), ("withdrawn_at__isnull", False)), fields=["migrant"], name="consent_withdrawn"),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("method", "spoken"), _negated=True), models.Q(("witness", ""), _negated=True), ("text_version", "2026-1"), _connector="OR"),
                name="consent_witness",
                violation_error_message="Un accord donné de vive voix demande un témoin : écrivez son nom.",
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="issued_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="remise par"),
        ),
        migrations.AddField(
            model_name="card",
            name="migrant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="cards", to="cases.migrant", verbose_name="personne"),
        ),
        migrations.AddField(
            model_name="card",
            name="revoked_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="annulée par"
            ),
        ),
        migrations.AddField(
            model_name="registrationgroup",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="registrationgroup",
            name="household",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="cases.household", verbose_name="ménage"),
        ),
        migrations.AddField(
            model_name="registrationgroup",
            name="made_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="ouvert par"),
        ),
        migrations.AddField(
            model_name="migrant",
            name="registration_group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="people",
                to="cases.registrationgroup",
                verbose_name="groupe à l’enregistrement",
            ),
        ),
        migrations.AddIndex(
            model_name="migrant",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse("other_phone"), "text_pattern_ops"),
                condition=models.Q(("other_phone", ""), _negated=True),
                name="migrant_other_phone_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.UniqueConstraint(condition=models.Q(("revoked_at__isnull", True)), fields=("migrant",), name="card_valid_once"),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoke_reason", ""), ("revoked_at__isnull", True)),
                    models.Q(("revoked_at__isnull", False), models.Q(("revoke_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="card_revoked_why",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="card",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY['token']::text[]); RETURN NULL;",
                    hash="278c7cfae09901b0a45a922701be2adace2cca86",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_3d13b",
                    table="cases_card",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="registrationgroup",
            index=models.Index(fields=["centre", "-made_at"], name="group_of_centre"),
        ),
        migrations.AddConstraint(
            model_name="registrationgroup",
            constraint=models.CheckConstraint(condition=models.Q(("kind", "bus"), ("household__isnull", False), _connector="OR"), name="group_family_household"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationgroup",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="94ab9327c089171c4cba6bf424894f4f8878dea6",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_272a6",
                    table="cases_registrationgroup",
                    when="AFTER",
                ),
            ),
        ),
    ]
