"""What the columns of a list may be, how their names are recognised, and how their values are read into our fields."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from centres.models import Area
from config.countries import country_choices
from config.spreadsheet import Column as SheetColumn
from config.spreadsheet import Sheet, workbook

from .. import consents
from ..languages import LANGUAGES
from ..models import Consent, Migrant
from ..services import latest_birth
from .reading import Broken, Cell, Serial

OLDEST = 120


@dataclass(frozen=True)
class Reading:
    """What the readers need to know beside the cell."""

    month_first: bool
    areas: dict[str, Area]


@dataclass(frozen=True)
class Column:
    """One of our fields as a column. `names`: titles by which it is known, plain (no accents, no signs), French, English, KoboToolbox."""

    name: str
    title: Any
    hint: Any
    tag: str
    names: tuple[str, ...]
    read: Callable[[Cell, Reading], Any]
    needed: bool = False
    example: str = ""


def plain(text: str) -> str:
    """Without accents, signs and case: « Prénom(s) » and « prenoms_ » are both « prenom s » or « prenoms »."""
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z0-9]+", flat))


def text_of(cell: Cell, about: Reading) -> str:
    if isinstance(cell, Broken):
        raise ValidationError(cell.why)
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def _word(choices: dict[str, tuple[str, ...]], refusal: Any) -> Callable[[Cell, Reading], str]:
    known = {word: code for code, words in choices.items() for word in (code, *words)}

    def read(cell: Cell, about: Reading) -> str:
        text = text_of(cell, about).strip()
        word = plain(text.replace("_", " "))
        if text and word not in known:
            raise ValidationError(refusal)
        return known.get(word, "")

    return read


SEX = {
    "female": ("f", "femme", "feminin", "feminine", "woman", "fille", "girl", "w", "fem", "2 femme"),
    "male": ("m", "h", "homme", "masculin", "masculine", "man", "garcon", "boy", "masc", "1 homme"),
    "other": ("autre", "x", "non dit", "autre ou non dit", "inconnu", "unknown"),
}
METHODS = {
    "signed": ("signature", "signe", "ecrit", "written", "par ecrit"),
    "thumb": ("empreinte", "empreinte du pouce", "pouce", "thumb print", "thumbprint", "fingerprint"),
    "spoken": ("parole devant temoin", "oral", "orale", "verbal", "verbale", "parole", "parle", "orally"),
}
MARITAL = {
    "single": ("celibataire",),
    "married": ("marie", "mariee", "marie e", "maried"),
    "union": ("en union libre", "union libre", "concubinage"),
    "separated": ("separe", "separee", "divorce", "divorcee", "separe e ou divorce e", "divorced", "separe e", "divorce e"),
    "widowed": ("veuf", "veuve", "veuf ou veuve", "widow", "widower"),
}
ARRIVAL = {
    "transit": ("en transit",),
    "returned": ("de retour par ses propres moyens", "retour spontane", "spontaneous return", "retour par ses propres moyens"),
    "voluntary return": ("de retour volontairement avec une aide", "retour volontaire", "retour volontaire assiste", "avr", "avrr"),
    "forced return": ("de retour par la force", "retour force", "expulse", "expulsee", "expulsion", "refoule", "refoulement", "deported"),
    "referred": ("orientee par un partenaire", "oriente", "orientee", "reference", "referee"),
    "walked in": ("presentation spontanee", "venue d elle meme", "venu de lui meme", "walk in", "spontane", "spontanee"),
}
YES = ("oui", "o", "yes", "y", "1", "true", "vrai", "x", "ok", "accord", "d accord")
NO = ("non", "n", "no", "0", "false", "faux", "refus", "refuse", "")
# Words for people of a country, beside the country's own names.
DEMONYMS = {
    "ML": "malien malienne maliens malian", "GN": "guineen guineenne guinea conakry", "SN": "senegalais senegalaise senegalese",
    "CI": "ivoirien ivoirienne ivorian", "GM": "gambien gambienne gambian", "BF": "burkinabe burkina", "NE": "nigerien nigerienne",
    "NG": "nigerian nigeriane", "CM": "camerounais camerounaise cameroonian", "SL": "sierraleonais sierraleonaise", "LR": "liberien liberienne liberian",
    "BJ": "beninois beninoise", "TG": "togolais togolaise togolese", "GH": "ghaneen ghaneenne ghanaian", "MR": "mauritanien mauritanienne mauritanian",
    "TD": "tchadien tchadienne chadian", "DZ": "algerien algerienne algerian", "MA": "marocain marocaine moroccan", "GW": "bissau guineen bissau",
}  # fmt: skip


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Country by code (two letters), by its name in our three languages, and by what its people are called."""
    codes = [code for code, _name in country_choices()]
    known = {code.casefold(): code for code in codes}
    for language in ("fr", "en", "es"):
        known |= {plain(name): code for code, name in Locale(language).territories.items() if code in codes}
    return known | {word: code for code, words in DEMONYMS.items() for word in words.split()} | {"cote d ivoire": "CI", "guinee conakry": "GN"}


def country(cell: Cell, about: Reading) -> str:
    written = text_of(cell, about).strip()
    text = plain(written.replace("_", " "))
    if written and text not in _countries():
        raise ValidationError(_("ce pays n’est pas reconnu : écrivez son nom ou son code de deux lettres, par exemple GN"))
    return _countries().get(text, "")


DATE = re.compile(r"(\d{1,4})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{1,4})(?:[T ]\d{1,2}:\d{2}.*)?")
MONTH = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{4})")
ISO_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
YEAR = re.compile(r"(?:(?:ne|nee|ne e|vers|en)\s+)*(\d{4})")


def date_of(text: str, *, month_first: bool) -> datetime.date:
    """A whole date as people write it. Raises ValidationError, also for what can be read two ways."""
    found = DATE.fullmatch(text.strip())
    if not found:
        raise ValidationError(_("cette date ne se lit pas : écrivez jour/mois/année, par exemple 15/06/1995"))
    first, second, third = found.groups()
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    elif len(third) == 4:
        day, month, year = (int(second), int(first), int(third)) if month_first else (int(first), int(second), int(third))
    else:
        raise ValidationError(_("cette date est ambiguë : écrivez l’année avec quatre chiffres"))
    if month > 12 >= day and len(first) != 4:
        order = _("mois/jour/année") if not month_first else _("jour/mois/année")
        raise ValidationError(_("cette date est écrite %(order)s, pas comme les autres : écrivez année-mois-jour, par exemple 1995-06-15") % {"order": order})
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise ValidationError(_("cette date n’existe pas : vérifiez le jour et le mois")) from error


def _any_date(cell: Cell, about: Reading) -> datetime.date | None:
    if isinstance(cell, datetime.date):
        return cell
    if isinstance(cell, Serial):
        if cell.day is None or cell.number < 3654:  # before 1910
            raise ValidationError(_("ce nombre n’est pas une date"))
        return cell.day
    text = text_of(cell, about)
    return date_of(text, month_first=about.month_first) if text else None


def birth(cell: Cell, about: Reading) -> tuple[datetime.date, str] | None:
    """(latest day, precision): a whole date, a month (06/1995), a year (1995), an estimated one (« vers 1995 »), or a serial number of a spreadsheet."""
    if isinstance(cell, datetime.date):
        return cell, Migrant.Precision.DAY
    if isinstance(cell, Serial) and not (cell.number == int(cell.number) and 1900 <= cell.number <= 2100):
        day = _any_date(cell, about)
        return (day, Migrant.Precision.DAY) if day else None
    text = text_of(cell, about).strip()
    if not text:
        return None
    try:
        if found := YEAR.fullmatch(plain(text)):
            return latest_birth(int(found[1]), None, None, estimated="vers" in plain(text).split())
        if found := MONTH.fullmatch(text):
            return latest_birth(int(found[2]), int(found[1]), None)
        if found := ISO_MONTH.fullmatch(text):
            return latest_birth(int(found[1]), int(found[2]), None)
    except (ValueError, OverflowError) as error:
        raise ValidationError(_("cette date n’existe pas : vérifiez le jour et le mois")) from error
    day = date_of(text, month_first=about.month_first)
    return day, Migrant.Precision.DAY


def age(cell: Cell, about: Reading) -> tuple[datetime.date, str] | None:
    text = text_of(cell, about).casefold().removesuffix("ans").removesuffix("an").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= OLDEST and len(text) < 4):
        raise ValidationError(_("cet âge ne se lit pas : écrivez des années entières, en chiffres"))
    return latest_birth(timezone.localdate().year - int(text), None, None, estimated=True)


def area(cell: Cell, about: Reading) -> Area | None:
    text = text_of(cell, about).strip()
    if not text:
        return None
    found = about.areas.get(text.upper()) or about.areas.get(plain(text))
    if found is None:
        raise ValidationError(_("ce cercle ou cette région n’est pas reconnu : écrivez son P-code ou son nom"))
    return found


def yes_or_no(cell: Cell, about: Reading) -> bool:
    written = text_of(cell, about).strip()
    word = plain(written)
    if word not in YES and (word not in NO or (written and not word)):
        raise ValidationError(_("répondez par oui ou non"))
    return word in YES


def _several(choices: list[tuple[str, Any]], refusal: Any, more: dict[str, str] | None = None) -> Callable[[Cell, Reading], list[str]]:
    """Words separated by commas, semicolons or (KoboToolbox) spaces between codes."""

    def read(cell: Cell, about: Reading) -> list[str]:
        known = {plain(str(label)): code for code, label in choices} | {plain(code): code for code, _label in choices} | (more or {})
        text = text_of(cell, about)
        parts = re.split(r"[,;/|]", text)
        if len(parts) == 1 and plain(text) not in known:
            parts = text.split()
        found = []
        for part in parts:
            if word := plain(part):
                if word not in known:
                    raise ValidationError(refusal, params=None)
                found.append(known[word])
        return found

    return read


PURPOSES = [(value, label) for value, label in Consent.Purpose.choices if value != Consent.Purpose.REGISTRATION]

COLUMNS: tuple[Column, ...] = (
    Column(
        "reference", gettext_lazy("Référence"),
        gettext_lazy("Un numéro propre à chaque personne dans votre liste. Il empêche qu’une personne soit enregistrée deux fois."),
        "#x_person+id+external", ("reference", "ref", "uuid", "id", "identifiant", "n", "no", "numero", "code", "instanceid", "meta instanceid", "code personne"), text_of, example="GAO-0001",
    ),
    Column("surname", gettext_lazy("Nom de famille"), gettext_lazy("Le nom ou les prénoms, au moins l’un des deux."), "#x_person+name+family",
           ("nom", "nom de famille", "noms", "surname", "last name", "lastname", "family name", "nom famille"), text_of, example="Traoré"),
    Column("given_names", gettext_lazy("Prénoms"), "", "#x_person+name+given",
           ("prenom", "prenoms", "prenom s", "given names", "given name", "first name", "firstname", "first names"), text_of, example="Moussa"),
    Column("other_names", gettext_lazy("Autres noms utilisés"), "", "#x_person+name+alias", ("autres noms", "autres noms utilises", "alias", "surnom", "other names", "nickname"), text_of),
    Column("sex", gettext_lazy("Sexe"), gettext_lazy("femme, homme, ou autre"), "#x_person+sex", ("sexe", "genre", "sex", "gender"),
           _word(SEX, gettext_lazy("ce sexe n’est pas reconnu : écrivez femme, homme ou autre")), needed=True, example="homme"),
    Column("birth", gettext_lazy("Date de naissance"), gettext_lazy("15/06/1995 ; 06/1995 ou 1995 si l’on n’en sait pas plus. Ou bien l’âge estimé."), "#date+birth",
           ("date de naissance", "date naissance", "naissance", "ne le", "nee le", "ne e le", "birth", "birth date", "date of birth", "dob", "birthdate", "annee de naissance",
            "year of birth", "birth year", "date naiss"), birth, example="15/06/1995"),
    Column("age", gettext_lazy("Âge estimé"), gettext_lazy("En années, seulement si l’année de naissance n’est pas connue."), "#x_person+age", ("age", "age estime", "estimated age", "age ans"), age),
    Column("nationality", gettext_lazy("Nationalité"), gettext_lazy("Le pays ou son code de deux lettres"), "#country+origin+code+v_iso2",
           ("nationalite", "nationality", "pays de nationalite", "country of nationality", "citizenship"), country, needed=True, example="ML"),
    Column("second_nationality", gettext_lazy("Deuxième nationalité"), "", "#country+second", ("deuxieme nationalite", "seconde nationalite", "second nationality"), country),
    Column("phone", gettext_lazy("Téléphone"), gettext_lazy("Avec l’indicatif du pays ; huit chiffres seuls sont un numéro du Mali."), "#contact+phone",
           ("telephone", "tel", "phone", "phone number", "numero de telephone", "contact", "mobile", "portable"), text_of, example="+223 76 12 34 56"),
    Column("other_phone", gettext_lazy("Autre téléphone"), "", "#contact+phone+other", ("autre telephone", "telephone 2", "tel 2", "other phone", "second phone"), text_of),
    Column("father_given_names", gettext_lazy("Prénoms du père"), "", "#x_person+father", ("prenoms du pere", "prenom du pere", "pere", "father", "fathers name", "father name", "nom du pere"), text_of),
    Column("mother_given_names", gettext_lazy("Prénoms de la mère"), "", "#x_person+mother", ("prenoms de la mere", "prenom de la mere", "mere", "mother", "mothers name", "mother name", "nom de la mere"), text_of),
    Column("origin_country", gettext_lazy("Pays d’origine"), "", "#country+origin", ("pays d origine", "pays origine", "country of origin", "origin country"), country),
    Column("origin_area", gettext_lazy("Cercle ou région d’origine"), gettext_lazy("P-code ou nom, au Mali seulement"), "#adm2+origin",
           ("cercle ou region d origine", "cercle d origine", "cercle", "region d origine", "pcode", "p code", "admin2", "region of origin"), area),
    Column("origin_place", gettext_lazy("Commune, ville ou village d’origine"), "", "#loc+origin",
           ("commune ville ou village d origine", "village", "ville d origine", "commune", "lieu d origine", "village d origine", "place of origin"), text_of),
    Column("languages", gettext_lazy("Langues parlées"), gettext_lazy("séparées par des virgules"), "#x_person+languages", ("langues", "langues parlees", "langue", "languages", "language"),
           _several(LANGUAGES, gettext_lazy("une langue n’est pas reconnue : voyez la feuille « Valeurs » du modèle")), example="bambara, français"),
    Column("marital_status", gettext_lazy("Situation de famille"), "", "#x_person+marital", ("situation de famille", "situation familiale", "situation matrimoniale", "etat civil", "marital status"),
           _word(MARITAL, gettext_lazy("cette situation n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))),
    Column("arrival_kind", gettext_lazy("Comment la personne est venue"), "", "#x_arrival+type", ("comment la personne est venue", "type d arrivee", "mode d arrivee", "arrival kind", "type of arrival"),
           _word(ARRIVAL, gettext_lazy("cette arrivée n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))),
    Column("arrived_on", gettext_lazy("Arrivée au centre le"), "", "#date+arrival", ("arrivee au centre le", "date d arrivee", "date arrivee", "arrivee", "arrival date", "date of arrival", "arrived on"), _any_date),
    Column("consent", gettext_lazy("D’accord pour l’enregistrement"), gettext_lazy("oui ou non. Sans « oui » la personne n’est pas enregistrée."), "#x_consent+registration",
           ("d accord pour l enregistrement", "accord", "consentement", "consent", "accord enregistrement", "consentement enregistrement", "consent registration", "consentement eclaire"),
           yes_or_no, needed=True, example="oui"),
    Column("consent_method", gettext_lazy("Accord donné par"), gettext_lazy("signature, empreinte du pouce, ou parole devant témoin"), "#x_consent+method",
           ("accord donne par", "mode de consentement", "type de consentement", "consent method", "forme du consentement"),
           _word(METHODS, gettext_lazy("cette façon de donner l’accord n’est pas reconnue : signature, empreinte du pouce ou parole devant témoin")), needed=True, example="signature"),
    Column("consent_witness", gettext_lazy("Témoin de l’accord"), gettext_lazy("son nom, quand l’accord est donné de vive voix"), "#x_consent+witness",
           ("temoin de l accord", "temoin", "nom du temoin", "witness", "witness name"), text_of),
    Column("consent_purposes", gettext_lazy("D’accord aussi pour"), gettext_lazy("autres buts, séparés par des virgules"), "#x_consent+purposes",
           ("d accord aussi pour", "autres accords", "consent purposes", "buts"), _several(PURPOSES, gettext_lazy("un but n’est pas reconnu : voyez la feuille « Valeurs » du modèle"))),
    Column("consent_language", gettext_lazy("Accord expliqué en"), gettext_lazy("français si vide"), "#x_consent+language", ("accord explique en", "langue du consentement", "consent language"),
           lambda cell, about: next(iter(_several(consents.LANGUAGES, gettext_lazy("cette langue n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))(cell, about)), "fra")),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}


def missing(chosen: set[str]) -> list[str]:
    """Titles of what a list can't do without, and that no column was chosen for."""
    lacking = [str(column.title) for column in COLUMNS if column.needed and column.name not in chosen]
    if not chosen & {"surname", "given_names"}:
        lacking.insert(0, _("Nom de famille ou prénoms"))
    if not chosen & {"birth", "age"}:
        lacking.append(_("Date de naissance ou âge estimé"))
    return lacking


def guess(columns: list[str]) -> dict[int, str]:
    """Place of a column → our field, by its name: French, English, or as KoboToolbox writes it (« groupe/nom », « _uuid »)."""
    found: dict[int, str] = {}
    for exact in (True, False):
        for place, title in enumerate(columns):
            words = plain(re.split(r"[/.:]", title.strip("*: "))[-1].replace("_", " ")) or plain(title)
            whole = plain(title.replace("_", " "))
            for column in COLUMNS:
                names = {plain(str(column.title)), plain(column.name.replace("_", " ")), *column.names}
                if place in found or column.name in found.values():
                    continue
                if whole in names or words in names or (not exact and any(len(name) > 4 and whole.startswith(name + " ") for name in names)):
                    found[place] = column.name
    return found


# --- the template ------------------------------------------------------------------------------------------------


def template() -> bytes:
    """A workbook to fill in: titles and HXL tags; what goes into each column; the words that are understood."""
    list_sheet = Sheet(_("Personnes"), [SheetColumn(str(column.title) + (" *" if column.needed else ""), column.tag, 24) for column in COLUMNS], [])
    filled = [
        [get_column_letter(place), str(column.title), _("oui") if column.needed else "", str(column.hint), column.example] for place, column in enumerate(COLUMNS, 1)
    ]
    help_columns = [(_("Colonne"), 10), (_("Titre"), 36), (_("Obligatoire"), 14), (_("Ce qu’il faut y écrire"), 80), (_("Exemple"), 26)]
    words: list[list[Any]] = []
    for name, choices in (
        ("sex", Migrant.Sex.choices), ("marital_status", Migrant.MaritalStatus.choices), ("arrival_kind", Migrant.ArrivalKind.choices), ("languages", LANGUAGES),
        ("consent_method", Consent.Method.choices), ("consent_purposes", PURPOSES), ("consent_language", consents.LANGUAGES), ("nationality", country_choices()),
    ):  # fmt: skip
        words += [[str(BY_NAME[name].title), str(label), code] for code, label in choices]
    return workbook(
        [
            list_sheet,
            Sheet(_("Aide"), [SheetColumn(title, "", width) for title, width in help_columns], filled),
            Sheet(_("Valeurs"), [SheetColumn(title, "", width) for title, width in ((_("Colonne"), 34), (_("Mot"), 50), (_("Code"), 20))], words),
        ]
    )
