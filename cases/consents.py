"""The words people agree to. A changed text gets a new version here; old agreements keep theirs, and it can still be shown."""

from django.utils.translation import gettext_lazy as _

from .languages import LANGUAGES as SPOKEN

CURRENT_VERSION = "2026-2"

# Sources: action document 4.6 (rights-based approach); IOM data protection principles 1, 2, 4, 5, 7 and 9.
_FIRST = [
    _("Nous voulons noter votre nom, votre âge, votre pays et comment vous joindre, pour vous aider au centre."),
    _("Seules les personnes qui s’occupent de vous peuvent lire votre dossier. Nous notons qui l’a lu."),
    _("Nous ne donnons votre nom à aucun autre service sans votre accord."),
    _("Vous pouvez dire non à chaque point. L’hébergement, les repas et les soins urgents ne dépendent pas de votre réponse."),
    _("Vous pouvez demander à voir votre dossier, à le corriger, et retirer votre accord quand vous voulez."),
]
TEXTS: dict[str, list] = {"2026-1": _FIRST, "2026-2": _FIRST}

# What each agreement is for, said before the question. The first version named no purpose apart.
PURPOSE_TEXTS: dict[str, dict[str, object]] = {
    "2026-1": {},
    "2026-2": {
        "registration": _("Ouvrir un dossier à votre nom, pour vous héberger et vous aider au centre."),
        "photo": _("Prendre votre photo, pour vous reconnaître quand vous revenez. Elle reste dans votre dossier."),
        "biometrics": _("Prendre une empreinte ou une autre mesure de votre corps, pour vous reconnaître."),
        "referral": _("Parler de vous à un partenaire qui peut vous aider : un hôpital, une école, une association."),
        "consulate": _("Donner votre nom au consulat de votre pays, pour obtenir un document de voyage. Ne dites pas oui si vous craignez votre pays."),
        "follow_up": _("Vous appeler ou vous rendre visite plus tard, pour savoir comment vous allez."),
        "statistics": _("Vous compter, sans votre nom, pour montrer combien de personnes ont été aidées."),
    },
}

# What changes at once when an agreement is taken back; shown before it is confirmed.
WITHDRAWAL: dict[str, list] = {
    "registration": [
        _("Plus rien ne s’ajoute à ce dossier, sauf ce qui protège la vie et la santé : hébergement, soins, protection d’un enfant."),
        _("La photo est effacée et la carte est annulée."),
        _("Le dossier est mis sur la liste de ceux dont il faut décider s’ils sont gardés."),
        _("La personne reste accueillie : un lit, les repas et les soins urgents ne dépendent pas de cet accord."),
    ],
    "photo": [_("La photo est effacée aussitôt. Aucune autre ne peut être ajoutée.")],
    "biometrics": [_("Aucune empreinte ne peut être prise.")],
    "referral": [_("Aucune nouvelle orientation vers un partenaire n’est possible. Ce qui a déjà été partagé ne peut pas être repris : dites-le à la personne.")],
    "consulate": [_("Aucun document de voyage ne peut plus être demandé à son consulat. Un retour en préparation peut s’arrêter pour cette raison.")],
    "follow_up": [_("La personne n’est plus recontactée : aucune visite de suivi ne se note sans un nouvel accord.")],
    "statistics": [_("Le retrait est noté. Les chiffres déjà publiés, sans nom, ne changent pas.")],
}

# ISO 639-3: the languages in which staff of the centres explain it.
LANGUAGES = SPOKEN
