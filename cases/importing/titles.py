"""The titles that columns of a list have: ours in every language, those of other tools, and what is a title at all.

A title is known as a whole or not at all: « Prénom du conjoint » is not a given name. Whether somebody agreed is never told from a title."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

# Of our fields, as the template and our own exports name them.
TITLES: dict[str, Any] = {
    "case_number": _("Numéro de dossier"),
    "reference": _("Référence"),
    "surname": _("Nom de famille"),
    "given_names": _("Prénoms"),
    "other_names": _("Autres noms utilisés"),
    "sex": _("Sexe"),
    "birth": _("Date de naissance"),
    "birth_precision": _("Précision de la naissance"),
    "age": _("Âge estimé"),
    "age_unit": _("Unité de l’âge"),
    "nationality": _("Nationalité"),
    "second_nationality": _("Deuxième nationalité"),
    "phone": _("Téléphone"),
    "other_phone": _("Autre téléphone"),
    "father_given_names": _("Prénoms du père"),
    "mother_given_names": _("Prénoms de la mère"),
    "origin_country": _("Pays d’origine"),
    "origin_area": _("Cercle ou région d’origine"),
    "origin_place": _("Commune, ville ou village d’origine"),
    "languages": _("Langues parlées"),
    "marital_status": _("Situation de famille"),
    "arrival_kind": _("Comment la personne est venue"),
    "arrived_on": _("Arrivée au centre le"),
    "consent": _("D’accord pour l’enregistrement"),
    "consent_method": _("Accord donné par"),
    "consent_witness": _("Témoin de l’accord"),
    "consent_purposes": _("D’accord aussi pour"),
    "consent_language": _("Accord expliqué en"),
}
# Other titles of our own exports, now and before.
EXPORTED: dict[str, tuple[Any, ...]] = {
    "surname": (_("Nom"),),
    "birth": (_("Naissance"), _("Naissance (au plus tard)")),
    "age": (_("Âge"),),
    "origin_area": (_("P-code d’origine"),),
    "origin_place": (_("Lieu d’origine"),),
}
# French, English, KoboToolbox; plain (no accents, no signs).
NAMES: dict[str, tuple[str, ...]] = {
    "case_number": ("numero de dossier", "numero dossier", "n de dossier", "case number"),
    "reference": ("reference", "ref", "uuid", "id", "identifiant", "n", "no", "numero", "code", "instanceid", "meta instanceid", "code personne"),
    "surname": ("nom", "nom de famille", "noms", "surname", "last name", "lastname", "family name", "nom famille"),
    "given_names": ("prenom", "prenoms", "prenom s", "given names", "given name", "first name", "firstname", "first names"),
    "other_names": ("autres noms", "autres noms utilises", "alias", "surnom", "other names", "nickname"),
    "sex": ("sexe", "genre", "sex", "gender"),
    "birth": (
        "date de naissance", "date naissance", "naissance", "ne le", "nee le", "ne e le", "birth", "birth date", "date of birth", "dob", "birthdate", "annee de naissance",
        "year of birth", "birth year", "date naiss",
    ),
    "birth_precision": ("precision de la naissance", "birth precision"),
    "age": ("age", "age estime", "estimated age", "age ans"),
    "age_unit": ("age unit", "unite age", "unite d age", "unite de l age"),
    "nationality": ("nationalite", "nationality", "pays de nationalite", "country of nationality", "citizenship"),
    "second_nationality": ("deuxieme nationalite", "seconde nationalite", "second nationality"),
    "phone": ("telephone", "tel", "phone", "phone number", "numero de telephone", "mobile", "portable"),
    "other_phone": ("autre telephone", "telephone 2", "tel 2", "other phone", "second phone"),
    "father_given_names": ("prenoms du pere", "prenom du pere", "father given names"),
    "mother_given_names": ("prenoms de la mere", "prenom de la mere", "mother given names"),
    "origin_country": ("pays d origine", "pays origine", "country of origin", "origin country"),
    "origin_area": ("cercle ou region d origine", "cercle d origine", "cercle", "region d origine", "pcode", "p code", "admin2", "region of origin"),
    "origin_place": ("commune ville ou village d origine", "ville d origine", "commune d origine", "lieu d origine", "village d origine", "place of origin"),
    "languages": ("langues", "langues parlees", "languages", "languages spoken"),
    "marital_status": ("situation de famille", "situation familiale", "situation matrimoniale", "marital status"),
    "arrival_kind": ("comment la personne est venue", "type d arrivee", "mode d arrivee", "arrival kind", "type of arrival"),
    "arrived_on": ("arrivee au centre le", "date d arrivee", "date arrivee", "arrival date", "date of arrival", "arrived on"),
    "consent": (
        "d accord pour l enregistrement", "accord", "consentement", "consent", "accord enregistrement", "consentement enregistrement", "consent registration",
        "consentement eclaire",
    ),
    "consent_method": ("accord donne par", "mode de consentement", "type de consentement", "consent method", "forme du consentement"),
    "consent_witness": ("temoin de l accord", "temoin", "nom du temoin", "witness", "witness name"),
    "consent_purposes": ("d accord aussi pour", "autres accords", "consent purposes"),
    "consent_language": ("accord explique en", "langue du consentement", "consent language"),
}  # fmt: skip
# Whoever brings a list in says which column this is.
NEVER_GUESSED = frozenset({"consent", "consent_purposes"})
# How a cell is to be filled in, beside or below a title.
INSTRUCTIONS = frozenset({
    "h f", "f h", "m f", "f m", "homme femme", "femme homme", "jj mm aaaa", "jj mm aa", "dd mm yyyy", "mm dd yyyy", "aaaa mm jj", "yyyy mm dd", "oui non", "yes no", "o n", "y n",
    "obligatoire", "facultatif", "required", "optional",
})  # fmt: skip
MOST_TITLE = 200  # signs that are looked at
_PATH = re.compile(r"[a-z0-9_]+", re.ASCII)


def plain(text: str) -> str:
    """Without accents, signs and case: « Prénom(s) » and « prenoms_ » are « prenom s » and « prenoms »."""
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z0-9]+", flat))


def in_all_languages(words: Any) -> set[str]:
    """A lazy text, plain, in each language of Sira: a list may have been exported in another."""
    found = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.add(plain(str(words)))
    return found


@lru_cache(maxsize=1)
def _fields() -> dict[str, str]:
    """Field by title. A title of two fields is that of the first."""
    found: dict[str, str] = {}
    for field, title in TITLES.items():
        names: Iterable[str] = [plain(field.replace("_", " ")), *NAMES[field]]
        for one in (title, *EXPORTED.get(field, ())):
            names = [*names, *in_all_languages(one)]
        for name in names:
            found.setdefault(name, field)
    found.pop("", None)
    return found


def is_instruction(text: str) -> bool:
    """« (jj/mm/aaaa) », « oui/non »: how to fill in, not what was filled in."""
    text = text.strip()
    return (text.startswith("(") and text.endswith(")")) or plain(text[:MOST_TITLE]) in INSTRUCTIONS


def _without_instruction(title: str) -> str:
    """« Sexe (1=H, 2=F) * » is « Sexe »; « Nom (du père) » stays what it is."""
    title = title.strip("* \t\u00a0")
    before, bracket, inside = title.rpartition("(")
    if bracket and inside.endswith(")") and (plain(inside) in INSTRUCTIONS or legend(inside)):
        return before
    return title


def field_of(title: str) -> str:
    """Our field of this title; empty for one that is not known as a whole."""
    title = _without_instruction(title[:MOST_TITLE])
    known = _fields()
    if found := known.get(plain(title.replace("_", " "))):
        return found
    # A form of KoboToolbox: « groupe/nom ». A group that is itself the name of a field is no group: « nom/prenom ».
    *groups, last = title.split("/")
    if groups and all(_PATH.fullmatch(part) for part in (*groups, last)) and not any(plain(group.replace("_", " ")) in known for group in groups):
        return known.get(plain(last.replace("_", " ")), "")
    return ""


def knows_title(text: str) -> bool:
    return len(text) <= MOST_TITLE and bool(field_of(text))


def guess(columns: list[str]) -> dict[int, str]:
    """Place of a column → our field, by its whole title; never who agreed to what."""
    found: dict[int, str] = {}
    for place, title in enumerate(columns):
        field = field_of(title)
        if field and field not in NEVER_GUESSED and field not in found.values():
            found[place] = field
    if "birth_precision" in found.values():  # of ours: the age beside it is words made of the birth
        found = {place: field for place, field in found.items() if field != "age"}
    return found


# --- what a title says of its column -----------------------------------------------------------------------------

LEGEND = {
    "h": "male", "m": "male", "homme": "male", "hommes": "male", "masculin": "male", "male": "male", "garcon": "male",
    "f": "female", "femme": "female", "femmes": "female", "feminin": "female", "female": "female", "fille": "female",
}  # fmt: skip


def legend(title: str) -> dict[str, str]:
    """What 1 and 2 mean where the title says it (« Sexe (1=H, 2=F) », « H=1 F=2 »); empty where it does not."""
    parts = [part for part in plain(title[:MOST_TITLE]).split() if part in LEGEND or part in ("0", "1", "2")]
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if parts and parts[0] in LEGEND:
        pairs = [(code, word) for word, code in pairs]
    found = {code: LEGEND[word] for code, word in pairs if code.isdigit() and word in LEGEND}
    return found if len(parts) == 4 and len(found) == 2 and len(set(found.values())) == 2 else {}


def unit_in(title: str) -> str:
    """The unit that the title of an age gives: « Âge (mois) »."""
    words = set(plain(title[:MOST_TITLE]).split())
    return "month" if words & {"mois", "month", "months"} else "week" if words & {"semaine", "semaines", "weeks"} else "day" if words & {"jours", "days"} else ""
