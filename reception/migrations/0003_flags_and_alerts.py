import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_custody_words"),
        ("centres", "0005_rooms_over_time"),
        ("reception", "0002_after_a_death"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FlagKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                (
                    "tone",
                    models.CharField(
                        choices=[("neutral", "gris"), ("info", "bleu"), ("ok", "vert"), ("warn", "orange"), ("danger", "rouge")],
                        default="warn",
                        max_length=7,
                        verbose_name="couleur",
                    ),
                ),
                ("instruction", models.CharField(blank=True, max_length=300, verbose_name="consigne au personnel")),
                ("advises", models.BooleanField(default=True, verbose_name="avertir à l’entrée et au guichet")),
                ("denies", models.BooleanField(default=False, verbose_name="ne pas admettre, ne rien donner")),
                ("blocks_transfer", models.BooleanField(default=False, verbose_name="bloquer le transfert")),
                ("out_of_statistics", models.BooleanField(default=False, verbose_name="ne pas compter dans les statistiques")),
                ("active", models.BooleanField(default=True, verbose_name="proposé")),
                ("suspends", models.ManyToManyField(blank=True, related_name="+", to="centres.service", verbose_name="services suspendus")),
            ],
            options={
                "verbose_name": "type de consigne",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="PersonFlag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="pourquoi")),
                ("since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="depuis")),
                ("until", models.DateField(blank=True, null=True, verbose_name="jusqu’au (inclus)")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="levée le")),
                ("lifted_reason", models.CharField(blank=True, max_length=300, verbose_name="pourquoi elle est levée")),
                ("kind", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="people", to="reception.flagkind", verbose_name="consigne")),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="levée par"
                    ),
                ),
                ("migrant", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="acting_flags", to="cases.migrant", verbose_name="personne")),
                (
                    "set_by",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="posée par"),
                ),
            ],
            options={
                "verbose_name": "consigne sur une personne",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("arrivals_above", "arrivées au-dessus du prévu (K4, H)"),
                            ("arrivals_below", "arrivées au-dessous du prévu (K4, H)"),
                            ("occupancy", "occupation trop forte"),
                            ("long_stay", "séjours au-delà de la limite"),
                            ("target_passed", "nombre de bénéficiaires au-delà de la cible (K2)"),
                            ("tension", "incidents de tension (K3)"),
                            ("minor_missing", "mineur manquant à l’appel"),
                            ("absence", "personne plus vue depuis plusieurs jours"),
                            ("stock", "stock bas"),
                        ],
                        max_length=15,
                        verbose_name="alerte",
                    ),
                ),
                ("subject", models.CharField(blank=True, editable=False, max_length=40)),
                ("value", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="valeur")),
                ("threshold", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="seuil")),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="levée le")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="close le")),
                ("done", models.CharField(blank=True, max_length=500, verbose_name="ce qui a été fait")),
                ("centre", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="centres.centre", verbose_name="centre")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="close par"
                    ),
                ),
                (
                    "migrant",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="cases.migrant", verbose_name="personne"
                    ),
                ),
            ],
            options={
                "verbose_name": "alerte",
                "ordering": ["-raised_at", "-pk"],
                "indexes": [models.Index(fields=["centre", "-raised_at"], name="alert_of_centre")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("closed_at__isnull", True)), fields=("centre", "kind", "subject"), name="alert_open_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("done", "")),
                            models.Q(("closed_at__isnull", False), models.Q(("done", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="alert_closed_whole",
                        violation_error_message="Écrivez ce qui a été fait.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="alert",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="d0b5b4e5d609dd5b97b27517631e72b7c05e9e59",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_b30b9",
                    table="reception_alert",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="flagkind",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="eb9f50aadc560fa6ef25aab18a95069f0531b4a1",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_24fa7",
                    table="reception_flagkind",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="personflag",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("migrant", "kind"),
                name="flag_once",
                violation_error_message="Cette personne porte déjà cette consigne.",
            ),
        ),
        migrations.AddConstraint(
            model_name="personflag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at__isnull", True), ("lifted_reason", "")),
                    models.Q(("lifted_at__isnull", False), models.Q(("lifted_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="flag_lifted_whole",
                violation_error_message="Dites pourquoi la consigne est levée.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personflag",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="eda6a53cc418936e3844e03dd66e2d5862a86477",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_ba7ac",
                    table="reception_personflag",
                    when="AFTER",
                ),
            ),
        ),
    ]
