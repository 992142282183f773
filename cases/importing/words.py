"""The words that lists are written in, read into our codes; what is not known for sure is asked for."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from centres.models import Area
from config.countries import country_choices

from ..case_numbers import clean as clean_number
from .cells import Broken, Cell, Serial
from .titles import in_all_languages, plain


@dataclass
class Reading:
    """What the readers need to know beside the cell; and what they say of it when they take it for something that is not written there."""

    month_first: bool
    areas: dict[str, Area]
    twofold: frozenset[str] = frozenset()  # names that a region and a cercle share
    sex_codes: dict[str, str] = field(default_factory=dict)  # what 1 and 2 mean, by a legend or by who brings the list in
    said: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        self.said.append(str(words))


# People write so what they do not know.
UNKNOWN = frozenset({
    "?", "??", "???", "-", "--", "---", "/", "//", "nsp", "n.s.p.", "n.s.p", "n/a", "n.a.", "nd", "n/d", "néant", "neant", "non connu", "non connue", "pas connu", "inconnu", "inconnue",
    "ne sait pas", "ne sais pas", "non communiqué", "non communique", "non renseigné", "non renseigne", "unknown", "don't know", "dk", "null", "none", "nan", "#n/a", "ras",
})  # fmt: skip


def is_unknown(cell: Cell, about: Reading) -> bool:
    """Does the cell say that it is not known? Then it is empty for us, and that is told."""
    if not isinstance(cell, str) or " ".join(cell.casefold().split()) not in UNKNOWN:
        return False
    about.say(_("« %(words)s » est lu comme inconnu, donc vide") % {"words": cell[:20]})
    return True


def text_of(cell: Cell, about: Reading) -> str:
    """What the cell shows. Raises ValidationError where that is not known."""
    if isinstance(cell, Broken):
        raise ValidationError(cell.why)
    if isinstance(cell, Serial) and cell.shown is None:
        raise ValidationError(_("ce nombre ne se lit pas comme sa cellule le montre : écrivez-le comme du texte"))
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def words_of(cell: Cell, about: Reading) -> str:
    """A name or another text: no date, and nothing for what is not known."""
    if isinstance(cell, datetime.date):
        raise ValidationError(_("c’est une date : écrivez du texte"))
    return "" if is_unknown(cell, about) else text_of(cell, about)


def _whole(text: str) -> str:
    """A number without the « .0 » that programs add to it."""
    number, point, rest = text.strip().partition(".")
    return number if point and number.isdigit() and rest and not rest.strip("0") else text


def reference(cell: Cell, about: Reading) -> str:
    text = words_of(cell, about)
    if _whole(text) != text:
        about.say(_("le « .0 » qu’un programme a mis derrière un nombre est enlevé"))
    return _whole(text)


def case_number(cell: Cell, about: Reading) -> str:
    """In its usual form; whether there is such a file is for the register to say."""
    text = words_of(cell, about).strip()
    return clean_number(text) or text.upper()


def phone(cell: Cell, about: Reading) -> str:
    """As it is shown; the rest is for the rule of all telephones."""
    text = words_of(cell, about).strip()
    if _whole(text) != text:
        about.say(_("le « .0 » qu’un programme a mis derrière un nombre est enlevé"))
        text = _whole(text)
    before, point, after = text.partition(".")
    if point and before.isdigit() and after.isdigit() and len(before) > 4:
        raise ValidationError(_("ce nombre a une virgule : ce n’est pas un téléphone"))
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) == 8 and "+" not in text and not text.startswith("00"):
        about.say(_("un numéro de huit chiffres est pris pour un numéro du Mali (+223)"))
    return text


@lru_cache(maxsize=16)
def _known(vocabulary: int) -> dict[str, str]:
    choices, more = _VOCABULARIES[vocabulary]
    known: dict[str, str] = {}
    for code, label in choices:
        known |= dict.fromkeys([plain(code.replace("_", " ")), *in_all_languages(label)], code)
    known |= {word: code.replace(" ", "_") for code, words in more.items() for word in (code, *words)}
    known.pop("", None)
    return known


_VOCABULARIES: list[tuple[list[tuple[str, Any]], dict[str, tuple[str, ...]]]] = []


def _vocabulary(choices: Any, more: dict[str, tuple[str, ...]] | None = None) -> Callable[[], dict[str, str]]:
    """Code by word: the codes themselves, what they are called in each of our languages, and other words (`more`, by code)."""
    _VOCABULARIES.append((list(choices), more or {}))
    place = len(_VOCABULARIES) - 1
    return lambda: _known(place)


def word(choices: Any, more: dict[str, tuple[str, ...]], refusal: Any) -> Callable[[Cell, Reading], str]:
    known = _vocabulary(choices, more)

    def read(cell: Cell, about: Reading) -> str:
        text = "" if isinstance(cell, Broken) else text_of(cell, about).strip()
        found = known().get(plain(text.replace("_", " ")))
        if found or is_unknown(cell, about):
            return found or ""
        if text_of(cell, about).strip():
            raise ValidationError(refusal)
        return ""

    return read


def sex(choices: Any, refusal: Any) -> Callable[[Cell, Reading], str]:
    """1 and 2 mean nothing of themselves: the title or whoever brings the list in says it."""
    read_word = word(choices, SEX, refusal)

    def read(cell: Cell, about: Reading) -> str:
        text = "" if isinstance(cell, Broken) else text_of(cell, about).strip().removesuffix(".0")
        if text in ("0", "1", "2"):
            if text not in about.sex_codes:
                raise ValidationError(
                    _("1 et 2 ne disent pas de quel sexe : écrivez femme ou homme, ou dites au-dessus des colonnes (--sex-codes) ce que veulent dire ces chiffres")
                )
            about.say(_("un chiffre est lu comme le sexe qu’il veut dire"))
            return about.sex_codes[text]
        return read_word(cell, about)

    return read


SEX = {
    "female": (
        "f",
        "femme",
        "feminin",
        "feminine",
        "woman",
        "fille",
        "girl",
        "w",
        "fem",
        "2 femme",
        "mme",
        "mlle",
        "madame",
        "mademoiselle",
        "mrs",
        "miss",
        "ms",
        "mujer",
    ),
    "male": ("m", "h", "homme", "masculin", "masculine", "man", "garcon", "boy", "masc", "1 homme", "mr", "monsieur", "mister", "hombre"),
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
    if text in _countries():
        return _countries()[text]
    if written and not is_unknown(cell, about):
        raise ValidationError(_("ce pays n’est pas reconnu : écrivez son nom ou son code de deux lettres, par exemple GN"))
    return ""


def area(cell: Cell, about: Reading) -> Area | None:
    text = words_of(cell, about).strip()
    if not text:
        return None
    found = about.areas.get(text.upper()) or about.areas.get(plain(text))
    if found is not None and text.upper() not in about.areas and plain(text) in about.twofold:
        about.say(_("le nom est celui d’un cercle et d’une région : il est lu comme le cercle (un P-code le dirait)"))
    if found is None:
        raise ValidationError(_("ce cercle ou cette région n’est pas reconnu : écrivez son P-code ou son nom"))
    return found


YES = ("oui", "o", "yes", "y", "1", "true", "vrai", "x", "ok", "accord", "d accord", "si", "verdadero")
NO = ("non", "n", "no", "0", "false", "faux", "refus", "refuse", "falso", "")


def yes_or_no(cell: Cell, about: Reading) -> bool:
    written = text_of(cell, about).strip()
    word = plain(written)
    if word not in YES and (word not in NO or (written and not word)):
        raise ValidationError(_("répondez par oui ou non"))
    return word in YES


def several(choices: Any, refusal: Any) -> Callable[[Cell, Reading], list[str]]:
    """Words separated by commas, semicolons or (KoboToolbox) spaces between codes."""
    known_words = _vocabulary(choices)

    def read(cell: Cell, about: Reading) -> list[str]:
        text = words_of(cell, about)
        known = known_words()
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
