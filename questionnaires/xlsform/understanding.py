"""What Sira makes of an XLSForm: the questions it can ask, and a list of everything it can't hold, with the row of each."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from config.writing import clean_text

from .. import conditions
from ..definition import ChoiceSpec, QuestionSpec
from ..models import MOST_CHOICES, MOST_QUESTIONS, BasicItem, Question
from .export import LISTS
from .reading import Refused, Sheets

Type = Question.Type

_PLAIN = {
    "text": Type.TEXT,
    "string": Type.TEXT,
    "integer": Type.INTEGER,
    "int": Type.INTEGER,
    "decimal": Type.DECIMAL,
    "date": Type.DATE,
    "note": Type.NOTE,
}
_SELECT = re.compile(r"(select_one|select one|select1|select_multiple|select multiple|select all that apply)(?: from)?\s+(\S+)(\s+or[ _]other)?$", re.IGNORECASE)
_BEGIN_GROUP, _END_GROUP = ("begin_group", "begin group"), ("end_group", "end group")
_BEGIN_REPEAT, _END_REPEAT = ("begin_repeat", "begin repeat"), ("end_repeat", "end repeat")
# Noted by the telephone itself.
_TECHNICAL = frozenset(
    [
        "start",
        "end",
        "today",
        "deviceid",
        "subscriberid",
        "simserial",
        "phonenumber",
        "username",
        "email",
        "audit",
        "start-geopoint",
        "background-audio",
        "device_id",
        "subscriber_id",
        "sim_serial",
    ]
)
_LANGUAGES = {"french": "fr", "français": "fr", "francais": "fr", "english": "en", "anglais": "en", "spanish": "es", "español": "es", "espanol": "es", "espagnol": "es"}
# Columns that say how a question looks or is told apart, without a change of what is asked.
_HARMLESS = frozenset(
    [
        "type",
        "name",
        "label",
        "hint",
        "required",
        "relevant",
        "constraint",
        "appearance",
        "sira_type",
        "sira_item",
        "sira_source",
        "constraint_message",
        "required_message",
        "guidance_hint",
    ]
)
_ALIASES = {"list name": "list_name", "relevance": "relevant", "required message": "required_message", "constraint message": "constraint_message"}


@dataclass(frozen=True)
class Loss:
    """Something that Sira does not hold. `row`: as the program shows it, 0 for the whole sheet."""

    sheet: str
    row: int
    words: str


@dataclass
class Understood:
    """Questions fit for a draft, what is lost, and what pyxform remarked (in English)."""

    title: str = ""
    questions: list[QuestionSpec] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def understand(sheets: Sheets) -> Understood:
    """Raises Refused when pyxform, which ODK and KoboToolbox use too, does not accept the form, or nothing of it can be asked."""
    remarks = _judged_by_pyxform(sheets)
    found = _Reading(sheets).run()
    found.remarks = [" ".join(remark.split())[:300] for remark in remarks[:20]]
    if not any(question.type not in Question.WITHOUT_ANSWER for question in found.questions):
        raise Refused(_("Sira ne peut poser aucune des questions de ce fichier."))
    return found


def _judged_by_pyxform(sheets: Sheets) -> list[str]:
    """Its warnings. Rows stay where they are, so that it names the right ones."""
    form: dict[str, Any] = {"sheet_names": list(sheets)}
    for name, rows in sheets.items():
        by_number = dict(rows)
        form[name] = [by_number.get(number, {}) for number in range(2, max(by_number, default=1) + 1)]
        form[f"{name}_header"] = [dict.fromkeys(dict.fromkeys(column for _number, row in rows for column in row))]
    warnings: list[str] = []
    try:
        convert(xlsform=copy.deepcopy(form), warnings=warnings, form_name="data")
    except PyXFormError as error:
        raise Refused(
            _("Ce questionnaire n’est pas un XLSForm valable. Le contrôle de pyxform dit : « %(words)s »") % {"words": " ".join(str(error).split())[:600]}
        ) from error
    except (RecursionError, KeyError, AttributeError, TypeError, ValueError) as error:  # it stumbles over what no form has
        raise Refused(_("Ce questionnaire n’est pas un XLSForm valable : pyxform n’arrive pas à le lire.")) from error
    return warnings


def _split(column: str) -> tuple[str, str]:
    """A column's name and its language: "label::Français (fr)" → ("label", "fr")."""
    base, _colons, language = column.partition("::")
    if not language and ":" in column and column.split(":")[0].strip().lower() in ("label", "hint"):
        base, _colons, language = column.partition(":")
    base = base.strip().lower()
    return _ALIASES.get(base, base), _language(language)


def _language(name: str) -> str:
    name = name.strip().lower()
    if code := re.search(r"\(([a-z]{2})\b[^)]*\)\s*$", name):
        return code[1]
    return _LANGUAGES.get(name, name[:2] if len(name) == 2 else name)


def _code(text: str, taken: set[str], first: str) -> str:
    """A code of ours for a name of theirs."""
    plain = re.sub(r"[^a-z0-9]+", "_", slugify(text.replace(".", "_"))).strip("_")[:40].strip("_")
    if not plain or (first and not plain[0].isalpha()):
        plain = f"{first or 'c'}_{plain}"[:40].strip("_")
    code, number = plain, 1
    while code in taken:
        number += 1
        code = f"{plain[:36]}_{number}"
    taken.add(code)
    return code


class _Reading:
    def __init__(self, sheets: Sheets):
        self.sheets = sheets
        self.found = Understood()
        settings = sheets.get("settings") or [(2, {})]
        self.settings = {_split(column)[0]: text for column, text in settings[0][1].items()}
        self.default = _language(self.settings.get("default_language", "")) or "fr"
        self.codes: dict[str, str] = {}  # their name → our code
        self.taken: set[str] = set()
        self.lists: dict[str, list[tuple[str, ChoiceSpec]]] = {}  # list → (their name, choice)
        self.list_of: dict[str, str] = {}  # their question → list
        self.conditions: list[conditions.Node] = []  # of the groups around
        self.depth = 0

    def lose(self, row: int, words: str, sheet: str = "survey") -> None:
        self.found.losses.append(Loss(sheet, row, words))

    def run(self) -> Understood:
        self.found.title = self.settings.get("form_title", "")[:150]
        self._read_lists()
        self._columns()
        in_group, skip_until = False, 0
        rows = self.sheets["survey"]
        for place, (number, row) in enumerate(rows):
            if number <= skip_until:
                continue
            values = {_split(column): text for column, text in row.items()}
            kind = values.get(("type", ""), "").strip()
            low = kind.lower()
            if low in _BEGIN_REPEAT:
                skip_until = self._skip_repeat(place)
            elif low in _BEGIN_GROUP:
                self._begin(number, values)
                in_group = True
            elif low in _END_GROUP:
                self.depth -= 1
                self.conditions = self.conditions[: max(self.depth - 1, 0)]
                in_group = self.depth > 0
            elif kind and not kind.startswith("#"):
                question = self._question(number, values, kind)
                if question is not None:
                    if not in_group and any(spec.type == Type.SECTION for spec in self.found.questions) and not self._after_a_group():
                        self._section(number, {"fr": _("Suite")}, "suite")
                    self.found.questions.append(question)
        if len(self.found.questions) > MOST_QUESTIONS:
            raise Refused(_("Ce questionnaire a plus de %(n)s questions. Partagez-le en plusieurs.") % {"n": MOST_QUESTIONS})
        return self.found

    # --- the sheets besides the survey

    def _read_lists(self) -> None:
        taken: dict[str, set[str]] = {}
        for number, row in self.sheets.get("choices", []):
            values = {_split(column): text for column, text in row.items()}
            name = values.get(("list_name", ""), "")
            theirs = values.get(("name", ""), values.get(("value", ""), ""))
            if not name or not theirs or name in LISTS.values():
                continue
            if len(self.lists.setdefault(name, [])) >= MOST_CHOICES:
                self.lose(
                    number, _("La liste « %(list)s » a plus de %(n)s réponses : celles d’après ne sont pas reprises.") % {"list": name[:60], "n": MOST_CHOICES}, "choices"
                )
                break
            if any(base in ("image", "audio", "video", "media") or base.startswith("media") for base, _lang in values):
                self.lose(number, _("L’image ou le son de la réponse « %(name)s » n’est pas repris.") % {"name": theirs[:60]}, "choices")
            text = self._texts("label", values, theirs, number, "choices")
            code = _code(theirs, taken.setdefault(name, set()), "")
            self.lists[name].append((theirs, ChoiceSpec(code, text, self._decimal(values.get(("sira_value", ""), "")))))

    def _columns(self) -> None:
        used = {_split(column)[0] for _number, row in self.sheets["survey"] for column in row}
        for base in sorted(used - _HARMLESS):
            told = {
                "calculation": _("Les calculs (colonne « calculation ») ne sont pas repris."),
                "choice_filter": _("Les listes qui dépendent d’une autre réponse (colonne « choice_filter ») sont proposées en entier."),
                "default": _("Les réponses remplies d’avance (colonne « default ») ne sont pas reprises."),
                "read_only": _("La colonne « read_only » n’est pas reprise."),
                "readonly": _("La colonne « readonly » n’est pas reprise."),
                "repeat_count": _("La colonne « repeat_count » n’est pas reprise."),
            }.get(base)
            if base in ("image", "audio", "video", "media", "big-image") or base.startswith("media"):
                told = _("Les images, sons et vidéos ne sont pas repris.")
            self.lose(0, told or _("La colonne « %(column)s » n’est pas reprise.") % {"column": base[:60]})

    # --- the survey

    def _skip_repeat(self, place: int) -> int:
        """The last row of the repeat that begins here."""
        rows, depth = self.sheets["survey"], 0
        first = rows[place][0]
        for number, row in rows[place:]:
            low = {_split(column)[0]: text for column, text in row.items()}.get("type", "").strip().lower()
            depth += (low in _BEGIN_REPEAT) - (low in _END_REPEAT)
            if depth == 0:
                self.lose(
                    first,
                    _("Un groupe qui se répète (lignes %(first)s à %(last)s) n’est pas repris : Sira pose chaque question une fois.") % {"first": first, "last": number},
                )
                return number
        return rows[-1][0]

    def _begin(self, number: int, values: dict[tuple[str, str], str]) -> None:
        self.depth += 1
        node = self._condition(number, values)
        name = values.get(("name", ""), "partie")
        if self.depth == 1:
            text = self._texts("label", values, name, number)
            self._section(number, text, name, str(node) if node else "", self._hint(values))
        else:
            self.lose(number, _("Un groupe dans un groupe : ses questions sont mises à la suite, dans la même partie."))
            if node:
                self.conditions = [*self.conditions, node]
            else:
                self.conditions = [*self.conditions, conditions.Truth(True)]

    def _section(self, number: int, text: dict[str, str], name: str, relevant: str = "", hint: dict[str, str] | None = None) -> None:
        self.found.questions.append(QuestionSpec(_code(name, self.taken, "q"), Type.SECTION, text, hint or {}, relevant))

    def _after_a_group(self) -> bool:
        """Stands the part « Suite » already for questions outside of groups?"""
        last = next((spec for spec in reversed(self.found.questions) if spec.type == Type.SECTION), None)
        return last is not None and last.code.startswith("suite")

    def _question(self, number: int, values: dict[tuple[str, str], str], kind: str) -> QuestionSpec | None:
        name = values.get(("name", ""), "")
        low = kind.lower()
        if low in _TECHNICAL:
            self.lose(number, _("La donnée technique « %(type)s » n’est pas reprise.") % {"type": low})
            return None
        select = _SELECT.match(kind)
        if select is None and low not in _PLAIN:
            told = {
                "calculate": _("Le calcul « %(name)s » n’est pas repris."),
                "geopoint": _("La position « %(name)s » n’est pas reprise."),
                "hidden": _("La donnée cachée « %(name)s » n’est pas reprise."),
            }
            words = told.get(low, _("La question « %(name)s » n’est pas reprise : Sira n’a pas le type « %(type)s »."))
            self.lose(number, words % {"name": name[:60], "type": kind[:60]})
            return None
        choices: tuple[ChoiceSpec, ...] = ()
        if select is None:
            type_ = _PLAIN[low]
            if type_ == Type.TEXT and "multiline" in values.get(("appearance", ""), ""):
                type_ = Type.LONG_TEXT
        else:
            type_, choices = self._select(number, name, select)
        ours = values.get(("sira_type", ""), "")
        if ours in Type.values and ours != Type.SECTION and (ours in Question.WITH_CHOICES) <= bool(choices or values.get(("sira_source", ""))):
            type_ = Type(ours)
        code = self.codes[name] = _code(name, self.taken, "q")
        text = self._texts("label", values, name, number)
        own = self._condition(number, values)
        nodes = [node for node in [*self.conditions, own] if node is not None and node != conditions.Truth(True)]
        least, most = self._limits(number, values, type_)
        has_answer = type_ not in Question.WITHOUT_ANSWER
        return QuestionSpec(
            code,
            type_,
            text,
            self._hint(values),
            str(nodes[0] if len(nodes) == 1 else conditions.And(tuple(nodes))) if nodes else "",
            has_answer and values.get(("required", ""), "").strip().lower() in ("yes", "true", "true()", "1", "oui"),
            least,
            most,
            self._item(values) if has_answer else None,
            values.get(("sira_source", ""), "")[:40] if has_answer else "",
            choices if type_ in Question.WITH_CHOICES else (),
        )

    def _select(self, number: int, name: str, select: re.Match[str]) -> tuple[Type, tuple[ChoiceSpec, ...]]:
        several = select[1].lower() not in ("select_one", "select one", "select1")
        self.list_of[name] = select[2]
        for type_, list_name in LISTS.items():
            if select[2] == list_name and not several:
                return type_, ()
        if select[3]:
            self.lose(number, _("La réponse libre « autre » de « %(name)s » n’est pas reprise : ajoutez une question de texte.") % {"name": name[:60]})
        choices = tuple(choice for _theirs, choice in self.lists.get(select[2], []))
        if {choice.code for choice in choices} == {"yes", "no"} and not several:
            return Type.YES_NO, ()
        return (Type.SEVERAL if several else Type.ONE), choices

    # --- pieces

    def _texts(self, base: str, values: dict[tuple[str, str], str], otherwise: str, number: int, sheet: str = "survey") -> dict[str, str]:
        found = dict(self._spoken(base, values))
        if not found:
            self.lose(number, _("« %(name)s » n’a pas de texte : son nom en tient lieu.") % {"name": otherwise[:60]}, sheet)
            return {"fr": otherwise[:500]}
        if "fr" not in found:
            found["fr"] = next(iter(found.values()))
            self.lose(number, _("« %(name)s » n’a pas de texte en français : celui d’une autre langue est repris, traduisez-le.") % {"name": otherwise[:60]}, sheet)
        return {code: found[code] for code in ("fr", "en", "es") if code in found}

    def _spoken(self, base: str, values: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
        for (column, language), text in values.items():
            if column == base:
                try:
                    yield language or self.default, clean_text(text)[:500]
                except ValidationError as error:
                    raise Refused(error.messages[0]) from error

    def _hint(self, values: dict[tuple[str, str], str]) -> dict[str, str]:
        found = dict(self._spoken("hint", values))
        return {code: found[code] for code in ("fr", "en", "es") if code in found}

    def _condition(self, number: int, values: dict[tuple[str, str], str]) -> conditions.Node | None:
        """In our codes; None where there is none, or one that Sira can't hold."""
        text = values.get(("relevant", ""), "")
        if not text:
            return None
        try:
            node = conditions.parse(text)
        except conditions.ConditionError as error:
            self.lose(number, _("La condition « %(condition)s » n’est pas reprise, la question sera toujours posée : %(why)s") % {"condition": text[:100], "why": error})
            return None
        unknown = sorted(code for code in conditions.references(node) if code not in self.codes)
        if unknown:
            words = _("La condition « %(condition)s » n’est pas reprise, la question sera toujours posée : elle parle de « %(name)s », qui n’est pas repris avant elle.")
            self.lose(number, words % {"condition": text[:100], "name": unknown[0][:60]})
            return None

        def choice(name: str, value: str) -> str:
            return next((spec.code for theirs, spec in self.lists.get(self.list_of.get(name, ""), []) if theirs == value), value)

        rewritten = conditions.rewrite(node, self.codes.__getitem__, choice)
        if len(str(rewritten)) > conditions.LONGEST:
            self.lose(number, _("La condition est trop longue : elle n’est pas reprise, la question sera toujours posée."))
            return None
        return rewritten

    def _limits(self, number: int, values: dict[tuple[str, str], str], type_: str) -> tuple[Decimal | None, Decimal | None]:
        text = values.get(("constraint", ""), "")
        if not text:
            return None, None
        try:
            found = conditions.limits(conditions.parse(text))
        except conditions.ConditionError:
            found = None
        if found is None or type_ not in Question.NUMBERS or any(value is not None and abs(value) >= 10**10 for value in found):
            self.lose(number, _("Le contrôle « %(constraint)s » n’est pas repris : Sira connaît le minimum et le maximum d’un nombre.") % {"constraint": text[:100]})
            return None, None
        return found

    def _item(self, values: dict[tuple[str, str], str]) -> int | None:
        text = values.get(("sira_item", ""), "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 3 and int(text) in BasicItem.values else None

    @staticmethod
    def _decimal(text: str) -> Decimal | None:
        try:
            value = Decimal(text) if text else None
        except InvalidOperation:
            return None
        return value if value is not None and value.is_finite() and abs(value) < 10**6 else None
