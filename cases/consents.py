"""The words people agree to. A changed text gets a new version here; old agreements keep theirs, and it can still be shown."""

from django.utils.translation import gettext_lazy as _

CURRENT_VERSION = "2026-1"

# Sources: action document 4.6 (rights-based approach); IOM data protection principles 1, 2, 4, 5, 7 and 9.
TEXTS: dict[str, list] = {
    "2026-1": [
        _("Nous voulons noter votre nom, votre âge, votre pays et comment vous joindre, pour vous aider au centre."),
        _("Seules les personnes qui s’occupent de vous peuvent lire votre dossier. Nous notons qui l’a lu."),
        _("Nous ne donnons votre nom à aucun autre service sans votre accord."),
        _("Vous pouvez dire non à chaque point. L’hébergement, les repas et les soins urgents ne dépendent pas de votre réponse."),
        _("Vous pouvez demander à voir votre dossier, à le corriger, et retirer votre accord quand vous voulez."),
    ],
}

# ISO 639-3: the languages in which staff of the centres explain it.
LANGUAGES = [
    ("fra", _("français")),
    ("bam", _("bambara")),
    ("ful", _("peul")),
    ("snk", _("soninké")),
    ("ses", _("songhaï")),
    ("taq", _("tamasheq")),
    ("wol", _("wolof")),
    ("hau", _("haoussa")),
    ("man", _("mandingue")),
    ("eng", _("anglais")),
    ("ara", _("arabe")),
    ("por", _("portugais")),
    ("oth", _("une autre langue")),
]
