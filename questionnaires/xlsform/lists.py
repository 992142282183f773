"""The sheet `choices`: lists of answers, with the file's own codes beside ours."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.text import slugify
from django.utils.translation import gettext as _

from ..definition import ChoiceSpec
from ..models import Question
from ..wording import cited_in
from .export import LISTS, own_list
from .expressions import cleaned
from .losses import Kind
from .rows import Row, Table

Type = Question.Type


def code_of(name: str, taken: set[str], *, letter: bool) -> str:
    """A code of ours for a name of theirs, none of those taken. A minus is said: -99 and 99 are two answers. `letter`: it begins with one."""
    minus = "moins_" if name[:1] in "-−–" and name[1:2].isdigit() else ""
    plain = minus + "_".join(slugify(name.replace(".", "_").replace("'", " ").replace("’", " ")).replace("-", "_").split("_"))
    plain = "_".join(part for part in plain[:60].split("_") if part)[:40].strip("_")
    if not plain or (letter and not plain[0].isalpha()):
        plain = f"{'q' if letter else 'c'}_{plain}"[:40].strip("_")
    code, number = plain, 1
    while code in taken:
        number += 1
        code = f"{plain[:35].rstrip('_')}_{number}"
    taken.add(code)
    return code


def is_code(name: str, *, letter: bool) -> bool:
    """May we call it as the file does?"""
    first = "abcdefghijklmnopqrstuvwxyz" if letter else "abcdefghijklmnopqrstuvwxyz0123456789"
    return 0 < len(name) <= 40 and name[0] in first and all(sign in "abcdefghijklmnopqrstuvwxyz0123456789_" for sign in name)


def codes_for(names: Iterable[tuple[str, str]], *, letter: bool, others: Iterable[str] = ()) -> list[str]:
    """Codes for (their name, the code that we gave it when we exported it): ours first, then what they call it if that is a code, else
    one made from it. No code is the name of another, nor one of `others`."""
    rows = list(names)
    every = {*(name for name, _ours in rows), *others}
    found: list[str | None] = [None] * len(rows)
    taken: set[str] = set()
    for place, (name, ours) in enumerate(rows):
        if is_code(ours, letter=letter) and ours not in taken and (ours == name or ours not in every):
            found[place] = ours
            taken.add(ours)
    for place, (name, _ours) in enumerate(rows):
        if found[place] is None and is_code(name, letter=letter) and name not in taken:
            found[place] = name
            taken.add(name)
    taken |= every
    return [code if code is not None else code_of(name, taken, letter=letter) for code, (name, _ours) in zip(found, rows, strict=True)]


@dataclass
class AnswerList:
    """`answers`: (their name, choice). `rows`: where it stands."""

    name: str
    rows: list[Row] = field(default_factory=list)
    answers: list[tuple[str, ChoiceSpec]] = field(default_factory=list)
    used: bool = False
    cites: bool = False  # an answer, in one of its texts

    @property
    def specs(self) -> tuple[ChoiceSpec, ...]:
        return tuple(spec for _theirs, spec in self.answers)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(theirs, spec.code) for theirs, spec in self.answers]

    def is_ours(self, type_: str) -> bool:
        """Is it, word for word, one of the lists that Sira has itself?"""
        if len({theirs for theirs, _spec in self.answers}) < len(self.answers) or any(set(spec.origin) - {"name"} for spec in self.specs):
            return False
        own = own_list(type_)
        return [theirs for theirs, _spec in self.answers] == list(own) and all(spec.value is None and spec.text == own[theirs] for theirs, spec in self.answers)

    def own_type(self) -> str:
        """The type of a question of Sira that has this list; empty for none."""
        return next((type_ for type_, name in LISTS.items() if self.name == name and self.is_ours(type_)), "")


def lists_of(table: Table) -> dict[str, AnswerList]:
    """The lists by name, not yet read: of one that no question uses nothing is said but that."""
    found: dict[str, AnswerList] = {}
    for row in table.rows:
        name = row.take("list_name")
        if not name or not row.see("name"):
            row.lose(_("Cette ligne n’est pas une réponse : il lui manque le nom de sa liste ou son code."), Kind.LEFT)
        else:
            found.setdefault(cleaned(name), AnswerList(cleaned(name))).rows.append(row)
    return found


def read(answers: AnswerList) -> AnswerList:
    """With its answers."""
    if answers.used:
        return answers
    answers.used = True
    codes = codes_for([(cleaned(row.take("name")), row.take("sira_code")) for row in answers.rows], letter=False)
    seen: set[str] = set()
    for row, code in zip(answers.rows, codes, strict=True):
        theirs = cleaned(row.take("name"))
        origin = {"name": theirs} if theirs != code else {}
        if theirs in seen:
            origin.clear()
            row.lose(
                _("Deux réponses de la liste ont le code « %(name)s » : celle-ci prend le code « %(code)s ».") % {"name": theirs[:60], "code": code}, Kind.CODE, "name"
            )
        seen.add(theirs)
        if (ours := row.take("sira_code")) and ours != code:
            row.lose(_("Le code « %(code)s » ne peut pas être repris.") % {"code": ours[:60]}, Kind.CODE, "sira_code")
        text = row.texts("label", theirs, lines=False, origin=origin)
        if any(cited_in(words) for words in text.values()):
            answers.cites = True
            for column in row.columns("label"):
                row.lose(_("La réponse « %(name)s » cite une autre réponse : « … » est montré à sa place.") % {"name": theirs[:60]}, Kind.TEXT, column)
        value = decimal(row.take("sira_value"), whole=6)
        if value is None and row.take("sira_value"):
            row.lose(_("La valeur « %(value)s » n’est pas un nombre que Sira garde.") % {"value": row.take("sira_value")[:60]}, Kind.CODE, "sira_value")
        row.keep_rest(origin)
        answers.answers.append((theirs, ChoiceSpec(code, text, value, origin)))
    return answers


def decimal(text: str, *, whole: int) -> Decimal | None:
    """A number as the database keeps it; None for one that it would round or refuse."""
    if not text or len(text) > 40:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if is_kept(value, whole=whole) else None


def is_kept(value: Decimal, *, whole: int) -> bool:
    return value.is_finite() and abs(value) < 10**whole and value == round(value, 4)
