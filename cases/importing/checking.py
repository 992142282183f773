"""Checking a whole list before anything is written: every error with its line and column, everybody who may be known already."""

import datetime
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from centres.models import Area, Centre

from ..cleaning import clean_line
from ..duplicates import LIKELY, Identity, compare, find_likely, identity_of
from ..models import Consent, Migrant
from ..services.identity import IDENTITY_FIELDS, Registration, check_agreement, clean_identity, prepare_registration, refuse_without_consent
from .births import Ages, Birth, born_of
from .cells import Broken, Cell, Table, Told, letter
from .columns import BY_NAME, missing
from .numbered import numbered, of_the_register
from .titles import legend, plain, unit_in
from .words import Reading

# The keys of imported people: the same row of the same centre is the same person, however often its list comes.
NAMESPACE = uuid.UUID("5f0c3e6e-9a51-4f0e-8d0a-6c6d1a7f3b10")
SURE = 0.97
SLASHED = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ]\d{4}")
TOLD_EVERY = 100  # rows
Say = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: the line of the file, the letter and name of the column (empty: the whole row), what stands there."""

    line: int
    column: str
    title: str
    value: str
    words: str


@dataclass(frozen=True)
class Alike:
    """A row that looks like somebody: of the register (`key`), or of another line of the file."""

    line: int
    certainty: float
    key: uuid.UUID | None
    other_line: int | None


@dataclass
class Checked:
    """What a list would do. `ready`: line → what would be written; those already registered are `known` instead. `told`: what was taken for
    something that is not written there, cell by cell; `notes`: what of the list is not taken."""

    problems: list[Problem] = field(default_factory=list)
    told: list[Problem] = field(default_factory=list)
    notes: list[Told] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)
    ready: dict[int, Registration] = field(default_factory=dict)
    known: dict[int, uuid.UUID] = field(default_factory=dict)
    rows: int = 0

    def alike_lines(self, least: float) -> set[int]:
        return {one.line for one in self.alike if one.certainty >= least}

    def alone(self) -> int:
        """Children for whom no adult answers."""
        return sum(one.migrant.is_unaccompanied_minor for one in self.ready.values())


def key_of(centre: Centre, reference: str, content: Iterable[Any]) -> uuid.UUID:
    """Of the reference where the list has one, else of all that the row says: a list that comes again makes the same keys."""
    name = f"reference\x1f{reference}" if reference else "\x1f".join(["content", *(str(part) for part in content)])
    return uuid.uuid5(uuid.uuid5(NAMESPACE, centre.code), name)


def check(
    table: Table,
    *,
    actor: User,
    centre: Centre,
    matching: dict[int, str],
    month_first: bool = False,
    listed_on: datetime.date | None = None,
    sex_codes: dict[str, str] | None = None,
    at: datetime.datetime | None = None,
    say: Say = lambda done, total, step: None,
    duplicates: bool = True,
) -> Checked:
    """Looks at every row by the rules of registration. `listed_on`: the day on which the ages of the list were true; `sex_codes`: what 1 and 2
    mean where no title says it. Writes nothing. Raises PermissionDenied; ValidationError if columns are missing."""
    if lacking := missing(set(matching.values())):
        raise ValidationError(_("Des colonnes manquent : %(columns)s.") % {"columns": ", ".join(lacking)}, code="columns")
    checked = Checked(rows=len(table.rows), notes=_left_out(table, matching))
    place_of = {name: place for place, name in matching.items()}
    titles = {name: table.columns[place] for name, place in place_of.items()}
    about = Reading(month_first, *_areas(), sex_codes=legend(titles.get("sex", "")) or sex_codes or {})
    ages = Ages(listed_on, unit_in(titles.get("age", "")))
    at = at or timezone.now()
    places = sorted(matching.items())
    mixed = _mixed_orders(table, places, month_first)
    people = numbered(table, place_of.get("case_number"), actor)
    first_with: dict[uuid.UUID, int] = {}
    for done, (line, cells) in enumerate(table.rows):
        if done % TOLD_EVERY == 0:
            say(done, 2 * len(table.rows) if duplicates else len(table.rows), _("Vérification des lignes"))
        wrong: list[Problem] = []
        values = _values(line, cells, places, about, mixed, wrong, checked.told, table)
        registration, migrant = None, None
        try:
            broken = {matching[place] for place in matching if letter(place) in {one.column for one in wrong}}
            _check_parts(values, broken, ages)
            if not wrong and values.get("case_number"):
                migrant = of_the_register(values, people)
            elif not wrong:
                registration = _registration(values, actor=actor, centre=centre, at=at, ages=ages, about=about)
        except ValidationError as error:
            wrong += _problems(line, cells, matching, table, error)
        checked.told += [Problem(line, *_where(("age", "birth"), place_of, table, cells), words) for words in about.said]
        about.said.clear()
        if wrong:
            checked.problems += sorted(wrong, key=lambda one: (len(one.column), one.column))
            continue
        key = registration.migrant.pk if registration else migrant.pk  # type: ignore[union-attr]
        if (earlier := first_with.setdefault(key, line)) != line:
            checked.problems.append(_twice(line, earlier, values, matching, table))
        elif registration:
            checked.ready[line] = registration
        else:
            checked.known[line] = key
    _set_known_aside(checked, matching, table)
    if duplicates:
        _find_alike(checked, say)
    return checked


def _left_out(table: Table, matching: dict[int, str]) -> list[Told]:
    """The columns with something in them that nobody chose a field for."""
    places = [place for place in range(len(table.columns)) if place not in matching and any(cells[place] != "" for _line, cells in table.rows)]
    return [Told(_("Une colonne est laissée de côté (« %(title)s ») :") % {"title": table.columns[place][:80]}, columns=(letter(place),)) for place in places]


def _where(names: tuple[str, ...], place_of: dict[str, int], table: Table, cells: list[Cell]) -> tuple[str, str, str]:
    """(letter, title, value) of the first of these fields that the list has."""
    place = next((place_of[name] for name in names if name in place_of), None)
    return ("", "", "") if place is None else (letter(place), table.columns[place], _shown(cells[place]))


def _areas() -> tuple[dict[str, Area], frozenset[str]]:
    """Of the present list of codes, by P-code and by name (a cercle before the region of the same name), and the names that two have."""
    current = list(Area.objects.current().order_by("level"))
    names = Counter(plain(one.name) for one in current)
    known = {plain(one.name): one for one in current} | {one.pcode.upper(): one for one in current}
    return known, frozenset(name for name, n in names.items() if n > 1)


def _mixed_orders(table: Table, places: list[tuple[int, str]], month_first: bool) -> set[int]:
    """Columns in which some date can only be read in the other order: there every date that could be read either way is unsure."""
    found = set()
    for place, name in places:
        if name not in ("birth", "arrived_on"):
            continue
        for _line, cells in table.rows:
            cell = cells[place]
            if isinstance(cell, str) and (parts := SLASHED.fullmatch(cell)):
                day, month = (parts[2], parts[1]) if month_first else (parts[1], parts[2])
                if int(month) > 12 >= int(day):
                    found.add(place)
                    break
    return found


def _values(
    line: int, cells: list[Cell], places: list[tuple[int, str]], about: Reading, mixed: set[int], problems: list[Problem], told: list[Problem], table: Table
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for place, name in places:
        cell = cells[place]
        try:
            if place in mixed and isinstance(cell, str) and (parts := SLASHED.fullmatch(cell)) and int(parts[1]) <= 12 >= int(parts[2]) and parts[1] != parts[2]:
                raise ValidationError(_("cette date est ambiguë, car la colonne mélange jour/mois et mois/jour : écrivez année-mois-jour, par exemple 1995-06-15"))
            value = BY_NAME[name].read(cell, about)
            values[name] = clean_line(value) if isinstance(value, str) else value
        except ValidationError as error:
            problems.append(Problem(line, letter(place), table.columns[place], _shown(cell), " ".join(error.messages)))
        told += [Problem(line, letter(place), table.columns[place], _shown(cell), words) for words in about.said]
        about.said.clear()
    return values


def _shown(cell: Cell) -> str:
    return cell.text if isinstance(cell, Broken) else str(cell)[:80]


def _lacking(values: dict[str, Any], broken: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    """What a row needs and does not say, by our columns; not where something stands that could not be read."""
    errors: dict[str, Any] = {}
    if not values.get("surname") and not values.get("given_names") and not broken & {"surname", "given_names"}:
        errors["surname"] = _("Écrivez au moins un nom ou un prénom.")
    if not values.get("sex") and "sex" not in broken:
        errors["sex"] = _("Le sexe manque.")
    if not values.get("nationality") and "nationality" not in broken:
        errors["nationality"] = _("La nationalité manque.")
    if not values.get("birth") and not values.get("age") and not broken & {"birth", "age"}:
        errors["birth"] = _("Donnez au moins l’année de naissance, ou un âge estimé.")
    if values.get("consent") and not values.get("consent_method") and "consent_method" not in broken:
        errors["consent_method"] = _("Écrivez comment l’accord a été donné.")
    return errors


def _check_parts(values: dict[str, Any], broken: set[str], ages: Ages) -> None:
    """All that is wrong with a row as far as it can be read, so that it is told at once. Raises ValidationError."""
    errors = _lacking(values, broken)
    if values.get("case_number"):
        return
    if "consent" not in broken and not values.get("consent"):
        try:
            refuse_without_consent(())
        except ValidationError as error:
            errors |= error.error_dict
    if values.get("consent") and values.get("consent_method") and not broken & {"consent_method", "consent_witness"}:
        agreement = Consent(purpose=Consent.Purpose.REGISTRATION, method=values["consent_method"], witness=values.get("consent_witness", ""), text_version="-")
        try:
            check_agreement(agreement)
        except ValidationError as error:
            errors |= error.error_dict
    identity = {name: value for name, value in values.items() if name in IDENTITY_FIELDS}
    try:
        if not broken & {"birth", "birth_precision", "age", "age_unit", "arrived_on"} and (born := _birth(values, ages, Reading(False, {}))):
            identity["born_on"], identity["birth_precision"] = born
    except ValidationError as error:
        errors |= error.error_dict
    try:
        clean_identity(identity)
    except ValidationError as error:
        errors |= error.error_dict
    if errors:
        raise ValidationError(errors)


def _birth(values: dict[str, Any], ages: Ages, about: Reading) -> Birth | None:
    """A known birth tells more than an estimate of the age beside it. Raises ValidationError."""
    born, aged = born_of(values), values.get("age")
    if born and aged:
        about.say(_("l’âge n’est pas repris, car la naissance est connue"))
    return born or (ages.birth(aged, values.get("age_unit", ""), values.get("arrived_on"), about) if aged else None)


def _registration(values: dict[str, Any], *, actor: User, centre: Centre, at: datetime.datetime, ages: Ages, about: Reading) -> Registration:
    """By the rules of every registration; what a list leaves out is left out."""
    values = dict(values)
    born = _birth(values, ages, about)
    for name in ("birth", "birth_precision", "age", "age_unit", "case_number"):
        values.pop(name, None)
    reference, agreed = values.pop("reference", ""), values.pop("consent", False)
    method, language = values.pop("consent_method", ""), values.pop("consent_language", "fra") or "fra"
    witness = values.pop("consent_witness", "")
    purposes = tuple(values.pop("consent_purposes", ()))
    if agreed and (lacking := _lacking({**values, "birth": born, "consent": agreed, "consent_method": method})):
        raise ValidationError(lacking)
    values["born_on"], values["birth_precision"] = born or (timezone.localdate(), Migrant.Precision.YEAR)  # of those who do not agree nothing is kept
    content = [f"{name}={value.pcode if isinstance(value, Area) else value}" for name, value in sorted(values.items()) if value]
    if agreed:
        purposes = (Consent.Purpose.REGISTRATION, *purposes)
    identity = {"surname": "", "given_names": "", **values}
    return prepare_registration(
        actor=actor,
        centre=centre,
        id=key_of(centre, reference, content),
        at=at,
        consent_method=method,
        consent_purposes=purposes,
        consent_language=language,
        consent_witness=witness,
        **identity,
    )


# Where a rule's error is shown: the field of the rule → our column.
SHOWN_AT = {"born_on": ("birth", "age"), "birth_precision": ("birth", "age"), "consent_purposes": ("consent",), "birth": ("birth", "age")}


def _problems(line: int, cells: list[Cell], matching: dict[int, str], table: Table, error: ValidationError) -> list[Problem]:
    place_of = {name: place for place, name in matching.items()}
    found = []
    for name, messages in (error.message_dict if hasattr(error, "error_dict") else {"": error.messages}).items():
        place = next((place_of[column] for column in SHOWN_AT.get(name, (name,)) if column in place_of), None)
        words = " ".join(messages)
        if place is None:
            title = BY_NAME[name].title if name in BY_NAME else ""
            found.append(Problem(line, "", str(title), "", words))
        else:
            found.append(Problem(line, letter(place), table.columns[place], _shown(cells[place]), words))
    return found


def _twice(line: int, earlier: int, values: dict[str, Any], matching: dict[int, str], table: Table) -> Problem:
    if values.get("case_number"):
        place = next(place for place, name in matching.items() if name == "case_number")
        return Problem(line, letter(place), table.columns[place], values["case_number"], _("le même numéro de dossier qu’à la ligne %(line)s") % {"line": earlier})
    if values.get("reference"):
        place = next(place for place, name in matching.items() if name == "reference")
        words = _("la même référence qu’à la ligne %(line)s : chaque personne a la sienne")
        return Problem(line, letter(place), table.columns[place], values["reference"][:80], words % {"line": earlier})
    words = _(
        "la même chose qu’à la ligne %(line)s. Si c’est une autre personne, ajoutez une colonne « Référence » qui les distingue ; sinon effacez une des deux lignes"
    )
    return Problem(line, "", "", "", words % {"line": earlier})


def existing_people(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of these keys that are in the register, with what they were registered from."""
    return dict(Migrant.objects.filter(pk__in=list(keys)).values_list("pk", "registered_digest"))


def _set_known_aside(checked: Checked, matching: dict[int, str], table: Table) -> None:
    """Rows that an earlier import registered; the same reference with other content is an error, never a second person."""
    existing = existing_people(one.migrant.pk for one in checked.ready.values())
    place = next((place for place, name in matching.items() if name == "reference"), 0)
    for line, one in list(checked.ready.items()):
        digest = existing.get(one.migrant.pk)
        if digest is None:
            continue
        del checked.ready[line]
        if digest == one.migrant.registered_digest:
            checked.known[line] = one.migrant.pk
        else:
            words = _(
                "cette référence a déjà servi à enregistrer quelqu’un avec d’autres données : corrigez le dossier dans Sira, ou changez la référence si c’est une autre personne"
            )
            checked.problems.append(Problem(line, letter(place), table.columns[place], "", words))
    checked.problems.sort(key=lambda problem: problem.line)


# --- who may be known --------------------------------------------------------------------------------------------


def _find_alike(checked: Checked, say: Say) -> None:
    """Every row against the register (as the registration form does) and against the rows above it."""
    total = 2 * checked.rows
    by_key: dict[str, list[int]] = defaultdict(list)
    by_phone: dict[str, list[int]] = defaultdict(list)
    for done, (line, one) in enumerate(checked.ready.items()):
        if done % 25 == 0:
            say(min(checked.rows + done, total), total, _("Recherche de personnes déjà connues"))
        person = one.migrant
        asked = identity_of(person)
        for known, found in find_likely(asked, most=1):
            checked.alike.append(Alike(line, found.certainty, known.pk, None))
        inside = _alike_inside(checked, asked, person, by_key, by_phone)
        if inside:
            checked.alike.append(Alike(line, inside[0], None, inside[1]))
        for name_key in person.name_keys:
            by_key[name_key].append(line)
        if person.phone:
            by_phone[person.phone].append(line)


MOST_INSIDE = 300  # earlier rows that one row is compared with


def _alike_inside(checked: Checked, asked: Identity, person: Migrant, by_key: dict[str, list[int]], by_phone: dict[str, list[int]]) -> tuple[float, int] | None:
    """The most alike of the rows above: those that share at least two keys of the name (or its only one), or the phone."""
    shared: dict[int, int] = defaultdict(int)
    for name_key in person.name_keys:
        for line in by_key.get(name_key, ()):
            shared[line] += 1
    least = min(2, len(person.name_keys))
    lines = [line for line, n in shared.items() if n >= least and _about_as_old(checked.ready[line].migrant, person)]
    lines = sorted(lines, key=lambda line: -shared[line])[:MOST_INSIDE] + (by_phone.get(person.phone, []) if person.phone else [])
    scored = [(compare(asked, identity_of(checked.ready[line].migrant)).certainty, line) for line in lines]
    best = max(scored, default=None)
    return best if best and best[0] >= LIKELY else None


def _about_as_old(one: Migrant, other: Migrant) -> bool:
    return abs(one.born_on.year - other.born_on.year) <= 3
