from django.db import migrations
from django.utils.translation import gettext_noop as _

# code, name, tone, instruction, what it does beside advising. Nothing that tells of a protection matter: everybody at the counter reads it.
KINDS = (
    ("ne-pas-transferer", _("Ne pas transférer – avis médical"), "danger", _("Demandez d’abord l’avis du service de santé."), {"blocks_transfer": True}),
    ("accueil-par-une-femme", _("Accueil par une femme"), "info", _("Une collègue reçoit et accompagne cette personne."), {}),
    ("regime-alimentaire", _("Régime alimentaire"), "info", _("Lisez le régime dans le motif avant de servir."), {}),
    ("allergie", _("Allergie"), "warn", _("Lisez à quoi dans le motif avant de servir ou de soigner."), {}),
    ("conflit", _("Conflit avec un autre résident"), "warn", _("Signalez au responsable avant de changer de chambre."), {}),
    ("exclu-distribution", _("Exclu de la distribution"), "danger", _("Décision du responsable : envoyez la personne vers lui."), {"denies": True}),
    ("dossier-essai", _("Dossier d’essai – hors statistiques"), "neutral", _("Ce dossier ne compte pas."), {"out_of_statistics": True, "advises": False}),
)


def add_kinds(apps, schema_editor):
    """The first flags; what the office changes or adds later stays as it is."""
    kinds = apps.get_model("reception", "FlagKind")
    for code, name, tone, instruction, does in KINDS:
        kinds.objects.get_or_create(code=code, defaults={"name": name, "tone": tone, "instruction": instruction, **does})


class Migration(migrations.Migration):
    dependencies = [("reception", "0040_night_and_flags")]

    operations = [
        migrations.RunPython(add_kinds, migrations.RunPython.noop),
        migrations.RunSQL("SELECT reception_last_seen_fill();", migrations.RunSQL.noop),
    ]
