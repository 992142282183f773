"""How likely two descriptions are of one person: what each field weighs, and why in words.

After Fellegi and Sunter (1969): each field that agrees adds bits of evidence (how much likelier the agreement is for one person than for
two), each that differs takes some away; the sum decides. The bits are set by hand from what registers of the region look like and
measured by `python -m bench.duplicates` (docs/duplicates.md). They order pairs for a person to look at; nothing is decided by them."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from math import log2
from typing import Any

from django.utils.translation import gettext as _

import names
from config.countries import country_name
from names import Part

from ..models.births import Precision, earliest_birth

# Bits at which two people are as likely one as two, among those that the search proposes.
EVEN = 11.0
# Evidence of one pair is never quite independent (a family shares much): two bits count as one.
BITS_PER_DOUBLING = 2.0
# From here on a pair is shown at all, called probable, called nearly certain.
LIKELY, PROBABLE, CERTAIN = 0.5, 0.85, 0.97
# Without the very day, a phone or a document nothing is near certain: many people bear a common name.
MOST_WITHOUT_PROOF = 0.95
# While the birth is not known yet, a name is worth a hint and no more.
WITHOUT_BIRTH, MOST_WITHOUT_BIRTH = 4.0, 0.7

# --- bits --------------------------------------------------------------------------------------------------------
# A word of a name that agrees weighs as much as it is rare (names.frequency), times how alike the two spellings are.
SAME_WORD, SAME_NAME, CLOSE_WORD, DISTANT_WORD = 1.0, 0.93, 0.7, 0.35
CLOSE = 0.88
INITIAL_FITS = 0.8
OTHER_GIVEN, OTHER_SURNAME, OTHER_WORD, WORD_MISSING = -9.0, -5.0, -3.5, -0.4
# Another given name, or a birth years away, is another person of the family, whatever else they share (parents, phone, place, twins the
# birth, a son the name of his father): such a pair stays below `LIKELY` unless they show the same document.
FAMILY = EVEN - 3.0
GENERATION = -7.0  # bits of a birth from which on it cannot be a slip

SAME_DAY, SAME_DAY_BY_HABIT, DAY_MONTH_SWAPPED, ONE_PART_OFF, YEAR_ALONE_OFF = 12.0, 6.0, 8.0, 5.0, 2.0
SAME_MONTH, SAME_YEAR, SAME_AGE = 7.5, 4.3, 2.5
# Births that cannot be one: bits by how many years lie between.
APART = ((1.02, -0.5), (2.05, -2.5), (3.1, -4.5), (6.1, -7.0), (200.0, -11.0))

SAME_SEX = {"female": 0.8, "male": 0.2}
OTHER_SEX = -6.0
OTHER_NATIONALITY, SECOND_NATIONALITY = -3.5, 0.7
SAME_PARENT_MOST, NEAR_PARENT, OTHER_PARENT = 4.0, 1.5, -3.0
SAME_PHONE, OTHER_PHONE = 8.0, -0.3
SAME_DOCUMENT, OTHER_NINA = 32.0, -6.0
SAME_PLACE, SAME_AREA, OTHER_AREA, OTHER_ORIGIN = 3.0, 1.5, -1.0, -2.0
# Roughly who is in the centres (action document 2.1): agreeing on a rare nationality says more. Others: one in fifty.
NATIONALITY_SHARES = {"ML": 0.34, "GN": 0.16, "SN": 0.08, "CI": 0.07, "GM": 0.06, "BF": 0.05, "CM": 0.05, "NE": 0.04, "NG": 0.04, "SL": 0.03}
OTHER_SHARE = 0.02
# Days that clerks write when the day is not known.
DAYS_BY_HABIT = frozenset({(1, 1), (31, 12), (1, 7)})


@dataclass(frozen=True, slots=True)
class Identity:
    """What two people are compared by; every field may be empty. Phones as digits; documents as (kind, country, equality key)."""

    surname: str = ""
    given_names: str = ""
    other_names: str = ""
    sex: str = ""
    born_on: datetime.date | None = None
    birth_precision: str = Precision.DAY
    nationality: str = ""
    second_nationality: str = ""
    father_given_names: str = ""
    mother_given_names: str = ""
    phone: str = ""
    other_phone: str = ""
    origin_country: str = ""
    origin_area_id: int | None = None
    origin_place: str = ""
    documents: frozenset[tuple[str, str, str]] = frozenset()

    @property
    def phones(self) -> frozenset[str]:
        return frozenset(filter(None, (self.phone, self.other_phone)))


FIELDS = tuple(name for name in Identity.__slots__ if name != "documents")


def identity_of(person: Any, documents: Iterable[tuple[str, str, str]] = ()) -> Identity:
    """Of a person on file (a `Migrant`)."""
    return Identity(**{name: getattr(person, name) for name in FIELDS}, documents=frozenset(documents))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pair weighs what it weighs: `code` tells the sort (kept with the pair), `words` what agreed, names included."""

    code: str
    bits: float
    a: str = ""
    b: str = ""

    @property
    def speaks_for(self) -> bool:
        return self.bits > 0

    @property
    def words(self) -> str:
        """With the two values, for whoever may see both files."""
        both = self.a if self.a == self.b else f"{self.a} / {self.b}"
        return f"{words_of(self.code)} ({both})" if self.a and self.b else words_of(self.code)


def words_of(code: str) -> str:
    """A reason in words without any value."""
    known = {
        "given_same": _("mêmes prénoms"),
        "given_near": _("prénoms presque pareils"),
        "surname_same": _("même nom de famille"),
        "surname_near": _("nom de famille presque pareil"),
        "name_swapped": _("nom et prénoms dans l’autre ordre"),
        "other_name": _("nom aussi utilisé par l’autre"),
        "initial": _("initiale qui convient"),
        "given_differs": _("autres prénoms : peut-être de la même famille"),
        "surname_differs": _("autre nom de famille"),
        "word_differs": _("un des prénoms est différent"),
        "birth_day": _("même jour de naissance"),
        "birth_swapped": _("jour et mois de naissance inversés"),
        "birth_near": _("naissance presque pareille : un chiffre diffère"),
        "birth_month": _("même mois de naissance"),
        "birth_year": _("même année de naissance"),
        "birth_age": _("âge qui convient"),
        "birth_unlike": _("jours de naissance différents"),
        "birth_apart": _("naissances éloignées"),
        "sex_same": _("même sexe"),
        "sex_differs": _("sexe différent"),
        "nationality_same": _("même nationalité"),
        "nationality_second": _("une des deux nationalités est la même"),
        "nationality_differs": _("nationalité différente"),
        "father_same": _("même père"),
        "father_differs": _("père différent"),
        "mother_same": _("même mère"),
        "mother_differs": _("mère différente"),
        "phone_same": _("même téléphone"),
        "phone_differs": _("téléphones différents"),
        "document_same": _("même numéro de document"),
        "document_differs": _("numéros NINA différents"),
        "place_same": _("même lieu d’origine"),
        "area_same": _("même cercle ou région d’origine"),
        "area_differs": _("autre cercle ou région d’origine"),
        "origin_differs": _("autre pays d’origine"),
    }
    return str(known.get(code, code))


@dataclass(frozen=True, slots=True)
class Comparison:
    """`certainty`: 0 to 1, made from `bits`. `reasons`: the strongest first."""

    bits: float
    certainty: float
    reasons: tuple[Reason, ...]

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.reasons]


def certainty_of(bits: float) -> float:
    """0.5 at `EVEN`."""
    return 1 / (1 + 2 ** max(-60.0, min(60.0, (EVEN - bits) / BITS_PER_DOUBLING)))


def compare(a: Identity, b: Identity) -> Comparison:
    """Weighs two descriptions against each other: symmetric, deterministic, no database."""
    name, family = _names(a, b)
    birth = _birth(a, b)
    rest = [*_sex(a, b), *_nationality(a, b), *_parents(a, b), *_phones(a, b), *_documents(a, b), *_origin(a, b)]
    reasons = [*name, *birth, *rest]
    bits = sum(reason.bits for reason in reasons)
    codes = {reason.code for reason in reasons}
    proof = codes & {"birth_day", "phone_same", "document_same"}
    family |= any(reason.code == "birth_apart" and reason.bits <= GENERATION for reason in birth)
    if family and "document_same" not in codes:
        bits = min(bits, FAMILY)
    if a.born_on is None or b.born_on is None:
        certainty = certainty_of(bits + (0 if proof else WITHOUT_BIRTH))
        certainty = certainty if proof else min(certainty, MOST_WITHOUT_BIRTH)
    else:
        certainty = certainty_of(bits)
    if not proof:
        certainty = min(certainty, MOST_WITHOUT_PROOF)
    shown = sorted((reason for reason in reasons if abs(reason.bits) >= 0.5), key=lambda reason: (-abs(reason.bits), reason.code))
    return Comparison(round(bits, 2), round(certainty, 3), tuple(shown))


# --- names -------------------------------------------------------------------------------------------------------


def _names(a: Identity, b: Identity) -> tuple[list[Reason], bool]:
    """The reasons, and whether these are rather two people of one family (the given names contradict each other)."""
    found = names.compare_words(names.words_of(a.surname, a.given_names, a.other_names), names.words_of(b.surname, b.given_names, b.other_names))
    where = a.nationality if a.nationality == b.nationality else ""
    reasons: list[Reason] = []
    swapped = False
    agreed: set[Part] = set()
    for pair in found.pairs:
        parts = {pair.a.part, pair.b.part}
        if pair.initial:
            reasons.append(Reason("initial", INITIAL_FITS, pair.a.text.title(), pair.b.text.title()))
            agreed |= parts
            continue
        rarity = -log2(max(names.frequency(pair.a.text, where), names.frequency(pair.b.text, where)))
        share = SAME_WORD if pair.similarity == 1 else SAME_NAME if pair.similarity > 0.92 else CLOSE_WORD if pair.similarity >= CLOSE else DISTANT_WORD
        agreed |= parts
        if Part.OTHER in parts:
            code = "other_name"
        else:
            swapped |= len(parts) == 2
            part = "surname" if Part.SURNAME in parts else "given"
            code = f"{part}_same" if pair.similarity == 1 else f"{part}_near"
        reasons.append(Reason(code, rarity * share, pair.a.text.title(), pair.b.text.title()))
    if swapped:
        reasons.append(Reason("name_swapped", 0.0))
    # Other names used are of help where they fit, and prove nothing where they don't.
    left_a = [word for word in found.only_a if word.part is not Part.OTHER]
    left_b = [word for word in found.only_b if word.part is not Part.OTHER]
    family = False
    contradictions = min(len(left_a), len(left_b))
    if contradictions:
        given_a, given_b = [w for w in left_a if w.part is Part.GIVEN], [w for w in left_b if w.part is Part.GIVEN]
        said = ", ".join(w.text.title() for w in left_a), ", ".join(w.text.title() for w in left_b)
        if Part.GIVEN not in agreed and (given_a or given_b):
            family = True
            reasons.append(Reason("given_differs", OTHER_GIVEN, *said))
            contradictions -= 1
        if contradictions and Part.SURNAME not in agreed:
            reasons.append(Reason("surname_differs", OTHER_SURNAME, *said))
            contradictions -= 1
        if contradictions:
            reasons.append(Reason("word_differs", OTHER_WORD * contradictions, *said))
    alone = abs(len(left_a) - len(left_b))
    if alone:
        reasons.append(Reason("word_missing", WORD_MISSING * alone))
    return reasons, family


# --- birth -------------------------------------------------------------------------------------------------------


def _birth(a: Identity, b: Identity) -> list[Reason]:
    if a.born_on is None or b.born_on is None:
        return []
    one, two = a.born_on, b.born_on
    if a.birth_precision == b.birth_precision == Precision.DAY:
        return [_two_days(one, two)]
    # the latest start against the earliest end
    apart = max((earliest_birth(one, a.birth_precision) - two).days, (earliest_birth(two, b.birth_precision) - one).days)
    if apart > 0:
        return [Reason("birth_apart", _apart(apart), str(one.year), str(two.year))]
    precisions = {a.birth_precision, b.birth_precision}
    if Precision.AGE in precisions:
        return [Reason("birth_age", SAME_AGE, str(one.year), str(two.year))]
    if Precision.YEAR in precisions:
        return [Reason("birth_year", SAME_YEAR, str(one.year), str(two.year))]
    return [Reason("birth_month", SAME_MONTH)]


def _two_days(one: datetime.date, two: datetime.date) -> Reason:
    if one == two:
        return Reason("birth_day", SAME_DAY_BY_HABIT if (one.day, one.month) in DAYS_BY_HABIT else SAME_DAY, f"{one:%d.%m.%Y}", f"{two:%d.%m.%Y}")
    said = f"{one:%d.%m.%Y}", f"{two:%d.%m.%Y}"
    if one.year == two.year and (one.day, one.month) == (two.month, two.day):
        return Reason("birth_swapped", DAY_MONTH_SWAPPED, *said)
    same = (one.year == two.year) + (one.month == two.month) + (one.day == two.day)
    if same == 2 and one.year == two.year:
        return Reason("birth_near", ONE_PART_OFF, *said)
    if same == 2 and _one_digit_off(one.year, two.year):
        return Reason("birth_near", YEAR_ALONE_OFF, *said)
    apart = abs((one - two).days)
    return Reason("birth_unlike" if apart < 366 else "birth_apart", _apart(apart), *said)


def _one_digit_off(a: int, b: int) -> bool:
    one, two = str(a), str(b)
    differing = [i for i in range(4) if one[i] != two[i]]
    return len(differing) == 1 or (len(differing) == 2 and sorted(one) == sorted(two))


def _apart(days: int) -> float:
    return next(bits for years, bits in APART if days <= years * 365.25)


# --- the rest ----------------------------------------------------------------------------------------------------


def _sex(a: Identity, b: Identity) -> list[Reason]:
    if not a.sex or not b.sex or "other" in (a.sex, b.sex):
        return []
    return [Reason("sex_same", SAME_SEX.get(a.sex, 0.0)) if a.sex == b.sex else Reason("sex_differs", OTHER_SEX)]


def _nationality(a: Identity, b: Identity) -> list[Reason]:
    if not a.nationality or not b.nationality:
        return []
    said = country_name(a.nationality), country_name(b.nationality)
    if a.nationality == b.nationality:
        return [Reason("nationality_same", -log2(NATIONALITY_SHARES.get(a.nationality, OTHER_SHARE)), *said)]
    if {a.nationality, a.second_nationality} & {b.nationality, b.second_nationality} - {""}:
        return [Reason("nationality_second", SECOND_NATIONALITY)]
    return [Reason("nationality_differs", OTHER_NATIONALITY, *said)]


def _parents(a: Identity, b: Identity) -> list[Reason]:
    reasons = []
    for code, one, two in (("father", a.father_given_names, b.father_given_names), ("mother", a.mother_given_names, b.mother_given_names)):
        if not one or not two:
            continue
        found = names.compare_words(names.words_of("", one), names.words_of("", two))
        if found.pairs:
            rarity = max(-log2(max(names.frequency(pair.a.text), names.frequency(pair.b.text))) for pair in found.pairs)
            bits = min(SAME_PARENT_MOST, rarity * 0.8) if max(pair.similarity for pair in found.pairs) >= CLOSE else NEAR_PARENT
            if found.only_a and found.only_b:
                bits = 0.0
            reasons.append(Reason(f"{code}_same", bits, one, two))
        elif found.only_a and found.only_b:
            reasons.append(Reason(f"{code}_differs", OTHER_PARENT, one, two))
    return reasons


def _phones(a: Identity, b: Identity) -> list[Reason]:
    one, two = a.phones, b.phones
    if not one or not two:
        return []
    return [Reason("phone_same", SAME_PHONE)] if one & two else [Reason("phone_differs", OTHER_PHONE)]


def _documents(a: Identity, b: Identity) -> list[Reason]:
    if {key for _kind, _country, key in a.documents} & {key for _kind, _country, key in b.documents}:
        return [Reason("document_same", SAME_DOCUMENT)]
    ninas = [{key for kind, _country, key in person.documents if kind == "nina"} for person in (a, b)]
    return [Reason("document_differs", OTHER_NINA)] if all(ninas) else []


def _origin(a: Identity, b: Identity) -> list[Reason]:
    if a.origin_country and b.origin_country and a.origin_country != b.origin_country:
        return [Reason("origin_differs", OTHER_ORIGIN, country_name(a.origin_country), country_name(b.origin_country))]
    reasons = []
    if a.origin_area_id and b.origin_area_id:
        same = a.origin_area_id == b.origin_area_id
        reasons.append(Reason("area_same", SAME_AREA) if same else Reason("area_differs", OTHER_AREA))
    if a.origin_place and b.origin_place and names.name_similarity(a.origin_place, b.origin_place) >= 0.85:
        reasons.append(Reason("place_same", SAME_PLACE, a.origin_place, b.origin_place))
    return reasons


def ordered(a: uuid.UUID, b: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """The two keys of a pair in the one order in which it is kept."""
    return (a, b) if a < b else (b, a)
