import uuid

import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_groups_cards_witnesses"),
        ("centres", "0003_new_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicateCheck",
            fields=[
                ("migrant", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="cases.migrant")),
                ("since", models.DateTimeField()),
            ],
            options={
                "verbose_name": "doublons à chercher",
            },
        ),
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("certainty", models.FloatField(verbose_name="certitude")),
                ("reasons", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None, verbose_name="raisons")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "à examiner"), ("apart", "deux personnes"), ("merged", "réunis")], default="open", max_length=6, verbose_name="état"
                    ),
                ),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="trouvé le")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="décidé le")),
                ("why", models.CharField(blank=True, max_length=300, verbose_name="pourquoi")),
                ("decided_on_first", models.CharField(blank=True, editable=False, max_length=64)),
                ("decided_on_second", models.CharField(blank=True, editable=False, max_length=64)),
            ],
            options={
                "verbose_name": "doublon possible",
                "ordering": ["-certainty", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="réunis le")),
                ("fields", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("moved", models.JSONField(default=list)),
                ("stayed", models.JSONField(default=list)),
                ("cared_by", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="défait le")),
            ],
            options={
                "verbose_name": "réunion de deux dossiers",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Takeover",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="le")),
                ("certainty", models.FloatField(verbose_name="certitude")),
                ("reason", models.CharField(max_length=300, verbose_name="motif")),
                (
                    "consent_method",
                    models.CharField(
                        choices=[("signed", "signature"), ("thumb", "empreinte du pouce"), ("spoken", "parole devant témoin")],
                        max_length=8,
                        verbose_name="accord donné par",
                    ),
                ),
                ("consent_language", models.CharField(max_length=3, verbose_name="expliqué en")),
                ("consent_witness", models.CharField(blank=True, max_length=120, verbose_name="témoin")),
                ("consent_text", models.CharField(max_length=20, verbose_name="version du texte")),
                ("effects", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
            ],
            options={
                "verbose_name": "prise en charge au guichet",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="TakeoverNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "avis de prise en charge",
            },
        ),
        migrations.AddField(
            model_name="migrant",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_files",
                to="cases.migrant",
                verbose_name="réuni au dossier",
            ),
        ),
        migrations.AlterField(
            model_name="custody",
            name="reason",
            field=models.CharField(
                choices=[
                    ("registered", "enregistrement"),
                    ("arrived", "arrivée"),
                    ("transferred", "transfert"),
                    ("reintegration", "réintégration dans la région"),
                    ("taken_over", "prise en charge au guichet"),
                    ("given_back", "dossiers de nouveau séparés"),
                ],
                max_length=15,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="identitydocument",
            trigger=pgtrigger.compiler.Trigger(
                name="look_for_duplicates",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"number_key\" > '')",
                    func="INSERT INTO cases_duplicatecheck (migrant_id, since) VALUES (NEW.migrant_id, clock_timestamp()) ON CONFLICT (migrant_id) DO UPDATE SET since = EXCLUDED.since; RETURN NULL;",
                    hash="0e7e4c4dc6627d81ef6c70d30aefae8bf006b004",
                    operation='INSERT OR UPDATE OF "number_key"',
                    pgid="pgtrigger_look_for_duplicates_bf5b3",
                    table="cases_identitydocument",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="migrant",
            trigger=pgtrigger.compiler.Trigger(
                name="look_for_duplicates",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO cases_duplicatecheck (migrant_id, since) VALUES (NEW.id, clock_timestamp()) ON CONFLICT (migrant_id) DO UPDATE SET since = EXCLUDED.since; RETURN NULL;",
                    hash="c95a8c489c0a83cf25fea31f7defb71a88016101",
                    operation='INSERT OR UPDATE OF "surname", "given_names", "other_names", "sex", "born_on", "birth_precision", "nationality", "second_nationality", "father_given_names", "mother_given_names", "phone", "other_phone", "origin_country", "origin_area_id", "origin_place"',
                    pgid="pgtrigger_look_for_duplicates_7e551",
                    table="cases_migrant",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="migrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("merged_into__isnull", True), models.Q(("merged_into", models.F("id")), _negated=True), _connector="OR"),
                name="migrant_not_own_survivor",
            ),
        ),
        migrations.AddIndex(
            model_name="duplicatecheck",
            index=models.Index(fields=["since"], name="duplicate_check_order"),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="decided_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="décidé par"
            ),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="first",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.migrant", verbose_name="premier dossier"),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="second",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.migrant", verbose_name="deuxième dossier"),
        ),
        migrations.AddField(
            model_name="merge",
            name="by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="par"),
        ),
        migrations.AddField(
            model_name="merge",
            name="merged",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.migrant", verbose_name="dossier réuni"),
        ),
        migrations.AddField(
            model_name="merge",
            name="survivor",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.migrant", verbose_name="dossier gardé"),
        ),
        migrations.AddField(
            model_name="merge",
            name="undone_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="défait par"
            ),
        ),
        migrations.AddField(
            model_name="takeover",
            name="by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="par"),
        ),
        migrations.AddField(
            model_name="takeover",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="takeover",
            name="migrant",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="takeovers", to="cases.migrant", verbose_name="personne"),
        ),
        migrations.AddField(
            model_name="takeovernotice",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.centre"),
        ),
        migrations.AddField(
            model_name="takeovernotice",
            name="seen_by",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="takeovernotice",
            name="takeover",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="cases.takeover"),
        ),
        migrations.AddIndex(
            model_name="duplicatepair",
            index=models.Index(condition=models.Q(("state", "open")), fields=["-certainty", "-id"], name="pair_review"),
        ),
        migrations.AddIndex(
            model_name="duplicatepair",
            index=models.Index(fields=["second"], name="pair_of_second"),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="pair_once"),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(condition=models.Q(("first__lt", models.F("second"))), name="pair_in_order"),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(condition=models.Q(("certainty__gte", 0), ("certainty__lte", 1)), name="pair_certainty"),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(condition=models.Q(("state", "open"), ("decided_at__isnull", False), _connector="OR"), name="pair_decided_when"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="duplicatepair",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY['decided_on_first', 'decided_on_second']::text[]); RETURN NULL;",
                    hash="b880e230aebb38d0048535a34d7df82b1a983f13",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_6bf23",
                    table="cases_duplicatepair",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="merge",
            index=models.Index(fields=["survivor", "-at"], name="merge_of_survivor"),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at__isnull", True)), fields=("merged",), name="merge_once", violation_error_message="Ce dossier est déjà réuni à un autre."
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(condition=models.Q(("survivor", models.F("merged")), _negated=True), name="merge_of_two"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="merge",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY['fields']::text[]); RETURN NULL;",
                    hash="dfe3660d2afb266206219644fd0eceb3900227c5",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_b2e91",
                    table="cases_merge",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="takeover",
            index=models.Index(fields=["by", "-at"], name="takeover_by"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="takeover",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="7784f67aba40632e843b0f03c7bd8280941039f5",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_b4843",
                    table="cases_takeover",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="takeovernotice",
            index=models.Index(condition=models.Q(("seen_at__isnull", True)), fields=["centre"], name="notice_open"),
        ),
        migrations.AddConstraint(
            model_name="takeovernotice",
            constraint=models.UniqueConstraint(fields=("takeover", "centre"), name="notice_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="takeovernotice",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="b3d4b4ca1c9bbeb87ba30e958748aa5e8c5feacf",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_a795a",
                    table="cases_takeovernotice",
                    when="AFTER",
                ),
            ),
        ),
    ]
