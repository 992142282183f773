import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

import centres.models


def beds_over_time(apps, schema_editor):
    """Beds were there since their centre opened; one that could not be used is a bed less from today on."""
    today = timezone.localdate()
    bed = apps.get_model("centres", "Bed")
    for centre in apps.get_model("centres", "Centre").objects.filter(functional_since__isnull=False, functional_since__lte=today):
        bed.objects.filter(room__centre=centre).update(since=centre.functional_since)
    bed.objects.filter(in_use=False).update(until=today)


def grants_are_written_anew(apps, schema_editor):
    """Roles have more rights than when the grants were written: they are written anew at the next page of whoever holds one."""
    apps.get_model("centres", "Posting").objects.filter(granted=True).update(granted=False)


class Migration(migrations.Migration):
    dependencies = [
        ("centres", "0004_compatible_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BedBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(choices=[("repair", "réparation"), ("quarantine", "quarantaine"), ("other", "autre raison")], max_length=10, verbose_name="motif"),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="précision")),
                ("since", models.DateField(default=django.utils.timezone.localdate, verbose_name="bloqué depuis")),
                ("until", models.DateField(blank=True, null=True, verbose_name="de nouveau utilisable le")),
            ],
            options={
                "verbose_name": "blocage de lit",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="centre",
            options={
                "default_permissions": (),
                "ordering": ["name"],
                "permissions": [
                    ("view_case", "VIEW_CASE"),
                    ("register", "REGISTER"),
                    ("receive", "RECEIVE"),
                    ("view_centre", "VIEW_CENTRE"),
                    ("manage_centre", "MANAGE_CENTRE"),
                    ("post_staff", "POST_STAFF"),
                    ("export_names", "EXPORT_NAMES"),
                    ("import_lists", "IMPORT_LISTS"),
                    ("forget_identity", "FORGET_IDENTITY"),
                    ("merge_files", "MERGE_FILES"),
                    ("view_protection", "VIEW_PROTECTION"),
                    ("view_health", "VIEW_HEALTH"),
                    ("manage_return", "MANAGE_RETURN"),
                    ("manage_reintegration", "MANAGE_REINTEGRATION"),
                    ("count_flows", "COUNT_FLOWS"),
                    ("record_outreach", "RECORD_OUTREACH"),
                    ("view_indicators", "VIEW_INDICATORS"),
                    ("make_report", "MAKE_REPORT"),
                    ("enter_value_iom", "ENTER_VALUE_IOM"),
                    ("enter_value_aecid", "ENTER_VALUE_AECID"),
                    ("view_proof_iom", "VIEW_PROOF_IOM"),
                    ("view_proof_aecid", "VIEW_PROOF_AECID"),
                    ("edit_questionnaires", "EDIT_QUESTIONNAIRES"),
                    ("view_audit", "VIEW_AUDIT"),
                    ("manage_users", "MANAGE_USERS"),
                ],
                "verbose_name": "centre",
            },
        ),
        migrations.RemoveConstraint(
            model_name="posting",
            name="posting_centre_role",
        ),
        migrations.RemoveConstraint(
            model_name="posting",
            name="posting_compatible",
        ),
        migrations.AddField(
            model_name="bed",
            name="since",
            field=models.DateField(default=django.utils.timezone.localdate, verbose_name="en place depuis"),
        ),
        migrations.AddField(
            model_name="bed",
            name="until",
            field=models.DateField(blank=True, null=True, verbose_name="retiré le"),
        ),
        migrations.RunPython(beds_over_time, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="bed",
            name="in_use",
        ),
        migrations.AlterField(
            model_name="posting",
            name="role",
            field=models.CharField(
                choices=[
                    ("centre_agent", "agent de centre"),
                    ("centre_manager", "responsable de centre"),
                    ("health_worker", "agent de santé"),
                    ("protection_officer", "chargé de protection"),
                    ("return_officer", "chargé des retours"),
                    ("reintegration_officer", "chargé de réintégration"),
                    ("flow_monitor", "enquêteur des flux"),
                    ("outreach_officer", "chargé de sensibilisation"),
                    ("me_iom", "suivi-évaluation OIM"),
                    ("me_aecid", "suivi-évaluation AECID"),
                    ("steering", "comité de pilotage"),
                    ("auditor", "auditeur"),
                    ("administrator", "administrateur"),
                ],
                max_length=25,
                verbose_name="rôle",
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="kind",
            field=models.CharField(
                choices=[("men", "hommes"), ("women", "femmes"), ("families", "familles"), ("minors", "mineurs"), ("isolation", "isolement (santé)")],
                max_length=10,
                verbose_name="pour",
            ),
        ),
        migrations.AddConstraint(
            model_name="bed",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                name="bed_there_dates",
                violation_error_message="Le retrait ne peut pas précéder la mise en place.",
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role__in", ["centre_agent", "centre_manager", "health_worker"]), _negated=True), ("centre__isnull", False), _connector="OR"
                ),
                name="posting_centre_role",
                violation_error_message="Ce rôle s’exerce dans un centre : choisissez lequel.",
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (centres.models.KeyRange("user"), "&&"),
                    (
                        models.Case(
                            models.When(
                                role__in=["administrator", "auditor", "me_aecid", "steering"],
                                then=models.Func(
                                    models.Value(1), models.Value(2), function="INT4RANGE", output_field=django.contrib.postgres.fields.ranges.IntegerRangeField()
                                ),
                            ),
                            models.When(
                                role__in=["me_iom"],
                                then=models.Func(
                                    models.Value(-6), models.Value(-5), function="INT4RANGE", output_field=django.contrib.postgres.fields.ranges.IntegerRangeField()
                                ),
                            ),
                            models.When(
                                centre__isnull=True,
                                role__in=["centre_agent", "centre_manager", "health_worker", "protection_officer", "reintegration_officer", "return_officer"],
                                then=models.Func(
                                    models.Value(-5), models.Value(1), function="INT4RANGE", output_field=django.contrib.postgres.fields.ranges.IntegerRangeField()
                                ),
                            ),
                            models.When(
                                role__in=["centre_agent", "centre_manager", "health_worker", "protection_officer", "reintegration_officer", "return_officer"],
                                then=models.Func(
                                    models.Value(0), models.Value(1), function="INT4RANGE", output_field=django.contrib.postgres.fields.ranges.IntegerRangeField()
                                ),
                            ),
                            default=models.Func(
                                models.Value(10), models.Value(11), function="INT4RANGE", output_field=django.contrib.postgres.fields.ranges.IntegerRangeField()
                            ),
                            output_field=django.contrib.postgres.fields.ranges.IntegerRangeField(),
                        ),
                        "-|-",
                    ),
                    (centres.models._Days("since", "until", django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)), "&&"),
                ],
                name="posting_compatible",
                violation_error_message="Ce rôle est incompatible avec un autre rôle de cette personne : qui voit les dossiers ne contrôle pas.",
            ),
        ),
        migrations.AddField(
            model_name="bedblock",
            name="bed",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="blocks", to="centres.bed", verbose_name="lit"),
        ),
        migrations.AddField(
            model_name="bedblock",
            name="blocked_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="bloqué par"),
        ),
        migrations.AddConstraint(
            model_name="bedblock",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__isnull", True), ("until__gt", models.F("since")), _connector="OR"),
                name="bed_block_dates",
                violation_error_message="La fin du blocage vient après son début.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bedblock",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (centres.models.KeyRange("bed"), "&&"),
                    (centres.models.DayRange("since", "until", django.contrib.postgres.fields.ranges.RangeBoundary()), "&&"),
                ],
                name="bed_block_once",
                violation_error_message="Ce lit est déjà bloqué pendant ces jours.",
            ),
        ),
        migrations.RunPython(grants_are_written_anew, migrations.RunPython.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="bedblock",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="6d2ff01475f88aec3051de91a85f3ee20af5e7ac",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_a307e",
                    table="centres_bedblock",
                    when="AFTER",
                ),
            ),
        ),
    ]
