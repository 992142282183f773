import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import centres.models

UNITS = {
    "petit-dejeuner": "repas",
    "dejeuner": "repas",
    "diner": "repas",
    "hebergement": "nuit",
    "consultation": "consultation",
    "psychosocial": "entretien",
    "kit-hygiene": "kit",
    "kit-vestimentaire": "kit",
    "transport": "trajet",
    "information": "entretien",
}
# Service → provider, place, opens, closes: how centres that are there already give what they give.
OFFERS = {
    "petit-dejeuner": ("CRM", "Réfectoire", datetime.time(6, 30), datetime.time(9, 30)),
    "dejeuner": ("CRM", "Réfectoire", datetime.time(12, 0), datetime.time(14, 30)),
    "diner": ("CRM", "Réfectoire", datetime.time(18, 30), datetime.time(21, 0)),
    "hebergement": ("DNDS", "", None, None),
    "consultation": ("CSREF", "Infirmerie", datetime.time(8, 0), datetime.time(16, 0)),
    "psychosocial": ("DNDS", "Salle d’écoute", datetime.time(8, 0), datetime.time(17, 0)),
    "kit-hygiene": ("CRM", "Magasin", None, None),
    "kit-vestimentaire": ("CRM", "Magasin", None, None),
    "transport": ("DGPC", "", None, None),
    "information": ("DGME", "Accueil", datetime.time(8, 0), datetime.time(17, 0)),
}
RESIDENTS_ONLY = ("hebergement", "kit-vestimentaire")


def offers_of_what_is_there(apps, schema_editor):
    """What is given until now gets its unit and each centre's way of giving it; of clothes there is one kit a stay from now on."""
    service = apps.get_model("centres", "Service")
    offer = apps.get_model("centres", "ServiceOffer")
    organisations = dict(apps.get_model("accounts", "Organisation").objects.values_list("code", "pk"))
    for code, unit in UNITS.items():
        service.objects.filter(code=code).update(unit=unit)
    service.objects.filter(code="kit-vestimentaire").update(once_per_stay=True)
    services = list(service.objects.all())
    for centre in apps.get_model("centres", "Centre").objects.all():
        for one in services:
            provider, place, opens, closes = OFFERS.get(one.code, ("", "", None, None))
            offer.objects.create(
                centre=centre,
                service=one,
                provider_id=organisations.get(provider),
                place=place,
                opens=opens,
                closes=closes,
                residents_only=one.code in RESIDENTS_ONLY,
            )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_cache"),
        ("centres", "0010_opening"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceOffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.CharField(blank=True, max_length=80, verbose_name="lieu")),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            choices=[(1, "lundi"), (2, "mardi"), (3, "mercredi"), (4, "jeudi"), (5, "vendredi"), (6, "samedi"), (7, "dimanche")]
                        ),
                        default=centres.models.every_day,
                        size=None,
                        verbose_name="jours",
                    ),
                ),
                ("opens", models.TimeField(blank=True, null=True, verbose_name="de")),
                ("closes", models.TimeField(blank=True, null=True, verbose_name="à")),
                ("min_interval_days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="jours au moins entre deux fois")),
                ("most_per_day", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="nombre au plus par jour")),
                (
                    "excludes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(max_length=30), blank=True, default=list, size=None, verbose_name="pas le même jour que"
                    ),
                ),
                ("residents_only", models.BooleanField(default=False, verbose_name="seulement pour les personnes hébergées ici")),
                (
                    "right_needed",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("receive", "admettre et faire sortir, noter l’assistance"),
                            ("manage_centre", "gérer les chambres, les lits et les transferts"),
                            ("view_health", "voir et écrire le détail médical"),
                            ("view_protection", "voir et écrire les notes de protection"),
                        ],
                        max_length=20,
                        verbose_name="qui peut le noter",
                    ),
                ),
                ("suspended_since", models.DateField(blank=True, null=True, verbose_name="suspendu depuis le")),
                ("suspended_until", models.DateField(blank=True, null=True, verbose_name="suspendu jusqu’au (inclus)")),
                ("suspended_reason", models.CharField(blank=True, max_length=200, verbose_name="pourquoi il est suspendu")),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "service d’un centre",
                "ordering": ["centre", "service"],
            },
        ),
        migrations.AddField(
            model_name="service",
            name="once_per_stay",
            field=models.BooleanField(default=False, verbose_name="une fois par séjour au plus"),
        ),
        migrations.AddField(
            model_name="service",
            name="unit",
            field=models.CharField(blank=True, max_length=20, verbose_name="unité"),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(("once_per_day", False), ("once_per_stay", False), _connector="OR"),
                name="service_one_slot",
                violation_error_message="Un service se donne une fois par jour ou une fois par séjour, pas les deux.",
            ),
        ),
        migrations.AddField(
            model_name="serviceoffer",
            name="centre",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="centres.centre", verbose_name="centre"),
        ),
        migrations.AddField(
            model_name="serviceoffer",
            name="provider",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation", verbose_name="fourni par"
            ),
        ),
        migrations.AddField(
            model_name="serviceoffer",
            name="service",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="offers", to="centres.service", verbose_name="service"),
        ),
        migrations.AddConstraint(
            model_name="serviceoffer",
            constraint=models.UniqueConstraint(fields=("centre", "service"), name="offer_once"),
        ),
        migrations.AddConstraint(
            model_name="serviceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__contained_by", [1, 2, 3, 4, 5, 6, 7]), models.Q(("days", []), _negated=True)),
                name="offer_days",
                violation_error_message="Choisissez au moins un jour.",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes__isnull", True), ("opens__isnull", True)), models.Q(("closes__isnull", False), ("opens__isnull", False)), _connector="OR"
                ),
                name="offer_hours",
                violation_error_message="Donnez les deux heures, ou aucune.",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_interval_days__isnull", True), ("min_interval_days__gte", 1), _connector="OR"),
                name="offer_interval",
                violation_error_message="Un intervalle est d’au moins 1 jour ; laissez vide s’il n’y en a pas.",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("most_per_day__isnull", True), ("most_per_day__gte", 1), _connector="OR"),
                name="offer_most",
                violation_error_message="Le nombre par jour est au moins 1 ; laissez vide s’il n’y en a pas.",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("suspended_reason", ""), ("suspended_since__isnull", True), ("suspended_until__isnull", True)),
                    models.Q(
                        ("suspended_since__isnull", False),
                        models.Q(("suspended_reason", ""), _negated=True),
                        models.Q(("suspended_until__isnull", True), ("suspended_until__gte", models.F("suspended_since")), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="offer_suspension_whole",
                violation_error_message="Une suspension a un motif, et ne finit pas avant d’avoir commencé.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="serviceoffer",
            trigger=pgtrigger.compiler.Trigger(
                name="audited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[]::text[]); RETURN NULL;",
                    hash="b316f7e95592854ab492f68e6efe7fa10909e156",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_audited_a3907",
                    table="centres_serviceoffer",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunPython(offers_of_what_is_there, migrations.RunPython.noop),
    ]
