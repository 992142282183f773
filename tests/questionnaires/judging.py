"""Judges what the import made of a file, cell by cell, without its help: each cell is given back by an export (kept), told with its place, or
the file is refused. And whoever is asked a question in the file is asked it here."""

import io
import random
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook

from questionnaires import conditions
from questionnaires.conditions import And, Not, Or, Selected
from questionnaires.definition import ChoiceSpec, Definition, QuestionSpec, check
from questionnaires.models import Choice, Question, Questionnaire, Version
from questionnaires.wording import renamed
from questionnaires.xlsform import Loss, Refused, Understood, as_xlsx, read_sheets, understand

QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "})
FALSE = ("no", "false", "false()", "0")
TRUE = ("yes", "true", "true()", "1")
# Other titles for the same columns.
SAME = {"relevance": "relevant", "list name": "list_name", "value": "name", "constraint message": "constraint_message", "required message": "required_message"}
LANGUAGES = {
    "french (fr)": "fr",
    "français (fr)": "fr",
    "french": "fr",
    "english (en)": "en",
    "english": "en",
    "español (es)": "es",
    "spanish (es)": "es",
    "spanish": "es",
}
WORDED = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "media::image")


def flat(text: Any) -> str:
    return " ".join(str(text).translate(QUOTES).split())


@dataclass
class Verdict:
    """`silent`: what was dropped or changed without a word."""

    refused: str = ""
    found: Understood | None = None
    silent: list[str] = field(default_factory=list)
    kept: int = 0
    told: int = 0


def definition_of(questions: list[QuestionSpec], origin: dict[str, str]) -> Definition:
    """As it would stand in the database, without one."""
    version = Version(questionnaire=Questionnaire(code="essai", title={"fr": "Essai"}), number=1, origin=origin)
    made = Definition.__new__(Definition)
    made.version, made.questions = version, [stored(spec) for spec in questions]
    made.by_code = {question.code: question for question in made.questions}
    return made


def stored(spec: QuestionSpec) -> Question:
    values = {name: getattr(spec, name) for name in QuestionSpec.__dataclass_fields__ if name != "choices"}
    question = Question(pk=1, **values)
    question._prefetched_objects_cache = {"choices": [Choice(code=c.code, text=c.text, value=c.value, origin=c.origin) for c in spec.choices]}
    return question


Cells = dict[str, list[tuple[int, dict[str, str]]]]


def cells_of(content: bytes) -> Cells:
    """{sheet: [(row, {title: text})]}: everything that stands in the file, read by other means than the import."""
    found: Cells = {}
    for sheet in load_workbook(io.BytesIO(content)):
        rows = list(sheet.iter_rows(values_only=True))
        titles = [" ".join(str(title).split()) if title is not None else f"#{place}" for place, title in enumerate(rows[0])] if rows else []
        found[sheet.title] = [
            (number, {title: _shown(value) for title, value in zip(titles, row, strict=True) if value is not None and str(value).strip()})
            for number, row in enumerate(rows[1:], start=2)
        ]
    return found


def _shown(value: Any) -> str:
    return str(value).upper() if isinstance(value, bool) else str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def key(title: str, default: str) -> str:
    """A column under one name, whoever calls it so: base::language."""
    base, _colons, language = title.strip().rpartition("::") if title.startswith("media::") and title.count("::") > 1 else title.strip().partition("::")
    if title.startswith("media::") and title.count("::") == 1:
        base, language = title, ""
    base = SAME.get(base.lower(), base)
    if base.lower() in WORDED:
        return f"{base.lower()}::{LANGUAGES.get(language.lower(), language) or default}"
    return base if base not in ("TYPE", "Name") else base.lower()


def judge(content: bytes, rng: random.Random | None = None) -> Verdict:
    try:
        found = understand(read_sheets(content))
    except Refused as refused:
        return Verdict(refused=str(refused))
    verdict = Verdict(found=found)
    file = cells_of(content)
    exported = as_xlsx(definition_of(found.questions, found.origin))
    _every_cell(verdict, file, cells_of(exported))
    _every_list(verdict, file)
    _everybody_asked(verdict, file, rng or random.Random(1))
    _round_trip(verdict, exported)
    return verdict


# --- each cell -----------------------------------------------------------------------------------------------------


def _told(losses: list[Loss], sheet: str, row: int, title: str) -> bool:
    return any(
        loss.sheet.strip().lower() == sheet.strip().lower()
        and (loss.row == 0 or loss.row <= row <= max(loss.row, loss.last))
        and loss.column in ("", title)
        and loss.words
        and (loss.row or loss.sheet not in ("survey", "choices", "settings"))  # what is said of a whole column covers no cell
        for loss in losses
    )


def _default(file: Cells) -> str:
    for _row, cells in file.get("settings", []):
        name = cells.get("default_language", "")
        if name:
            return LANGUAGES.get(name.lower(), name)
    return ""


def _every_cell(verdict: Verdict, file: Cells, back: Cells) -> None:
    losses = verdict.found.losses
    default = _default(file)
    bare = {default} if default else {"fr", "en", "es"}
    by_name = {sheet: {_name(sheet, cells): cells for _row, cells in rows} for sheet, rows in back.items()}
    for sheet, rows in file.items():
        for number, cells in rows:
            given = by_name.get(sheet, {}).get(_name(sheet, cells), {})
            for title, text in cells.items():
                if _told(losses, sheet, number, title):
                    verdict.told += 1
                elif _given_back(sheet, title, text, cells, given, bare):
                    verdict.kept += 1
                else:
                    verdict.silent.append(f"{sheet}!{number} {title}: {text[:80]!r} → {given.get(title, '')[:80]!r}")


def _name(sheet: str, cells: dict[str, str]) -> tuple[str, ...]:
    named = {key(title, ""): text for title, text in cells.items()}
    return ("",) if sheet == "settings" else tuple(flat(named.get(column, "")) for column in (("list_name", "name") if sheet == "choices" else ("name",)))


def _given_back(sheet: str, title: str, text: str, cells: dict[str, str], given: dict[str, str], bare: set[str]) -> bool:
    if title == "type" and flat(text).startswith("end"):
        return True
    if not given:
        return False
    found: dict[str, str] = {key(other, ""): words for other, words in given.items()}
    for language in sorted(bare):
        wanted = key(title, language)
        if wanted in found and _same(wanted, text, found[wanted]):
            return True
    if key(title, "") == "required" and flat(text).lower() in FALSE:
        return "required" not in found
    return title == "default_language" and LANGUAGES.get(text.lower(), text) == LANGUAGES.get(found.get("default_language", "").lower(), "")


def _same(column: str, text: str, back: str) -> bool:
    one, other = flat(text), flat(back)
    if one == other:
        return True
    if column == "required":
        return one.lower() in TRUE and other.lower() in TRUE
    if column == "type":
        return one.replace("begin group", "begin_group") == other.replace("begin group", "begin_group") or {one, other} <= {"text", "string"}
    if column == "relevant":  # what it means is judged by asking
        return bool(other)
    if column == "constraint":
        try:
            return str(conditions.parse(one)) == str(conditions.parse(other))
        except conditions.ConditionError:
            return False
    return False


# --- each answer ---------------------------------------------------------------------------------------------------


def _lists(file: Cells) -> dict[str, list[tuple[str, dict[str, str]]]]:
    found: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for _row, cells in file.get("choices", []):
        named = {key(title, "fr"): text for title, text in cells.items()}
        if "list_name" in named and "name" in named:
            found.setdefault(flat(named["list_name"]), []).append((flat(named["name"]), named))
    return found


def theirs(choice: ChoiceSpec) -> str:
    return flat(choice.origin.get("name", choice.code))


def _every_list(verdict: Verdict, file: Cells) -> None:
    """All answers of a list, in their order, with their words."""
    lists = _lists(file)
    for spec in verdict.found.questions:
        kind = flat(_row_of(file, spec).get("type", "")).split()
        if spec.choices and len(kind) > 1 and len({name for name, _cells in lists.get(kind[1], [])}) == len(lists.get(kind[1], [])):
            if [theirs(choice) for choice in spec.choices] != [name for name, _cells in lists[kind[1]]]:
                verdict.silent.append(f"answers of {spec.code}")
        elif spec.type == "yes_no" and len(kind) > 1 and kind[1] != "sira_yes_no" and [c.get("label::fr") for _n, c in lists[kind[1]]] != ["oui", "non"]:
            verdict.silent.append(f"words of {spec.code}")


def _row_of(file: Cells, spec: QuestionSpec) -> dict[str, str]:
    return next((cells for _row, cells in file["survey"] if flat(cells.get("name", "")) == flat(spec.origin.get("name", spec.code))), {})


# --- each question is asked of the same people -----------------------------------------------------------------------


def _everybody_asked(verdict: Verdict, file: Cells, rng: random.Random) -> None:
    losses = verdict.found.losses
    names = [flat(cells["name"]) for _row, cells in file["survey"] if cells.get("name")]
    if len(set(names)) < len(names):
        return  # two of one name: told, and not to be told apart from here
    specs = {flat(spec.origin.get("name", spec.code)): spec for spec in verdict.found.questions}
    lists = _lists(file)
    chains = _conditions_of(file)
    sections = _sections(verdict.found.questions)
    for _round in range(12):
        in_file, here = _answers(file, specs, lists, rng)
        for name, chain in chains.items():
            spec = specs.get(name)
            if spec is None or spec.type == "section" or any(_told(losses, "survey", number, title) for number, title, _text in chain):
                continue
            # Names with letters that a condition does not know: as their codes.
            chain = [(number, title, renamed(flat(text), {n: s.code for n, s in specs.items()})) for number, title, text in chain]
            expected = all(holds(conditions.parse(text), in_file) for _number, _title, text in chain)
            section = sections[spec.code]
            own = [text for text in (section.relevant if section else "", spec.relevant) if text]
            if all(conditions.evaluate(conditions.parse(text), here) for text in own) != expected:
                verdict.silent.append(f"{spec.code} is asked of others: {[text for _n, _t, text in chain]} → {own} for {in_file}")
                return


def holds(node: Any, answers: dict[str, Any]) -> bool:
    """As ODK judges: a name of several words is several answers."""
    if isinstance(node, And | Or):
        return (all if isinstance(node, And) else any)(holds(part, answers) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, answers)
    if isinstance(node, Selected):
        value = answers.get(node.code) or ""
        return f" {node.choice} " in f" {' '.join(value) if isinstance(value, list) else value} "
    return conditions.evaluate(node, answers)


def _conditions_of(file: Cells) -> dict[str, list[tuple[int, str, str]]]:
    """{question: conditions of its groups and its own}, each as (row, title, text)."""
    found, around = {}, []
    for number, cells in file["survey"]:
        kind = flat(cells.get("type", ""))
        own = [(number, title, text) for title, text in cells.items() if key(title, "") == "relevant"]
        if kind.startswith("begin"):
            around.append(own)
        elif kind.startswith("end"):
            around.pop()
        elif cells.get("name"):
            found[flat(cells["name"])] = [one for level in around for one in level] + own
    return found


def _sections(questions: list[QuestionSpec]) -> dict[str, QuestionSpec | None]:
    found, section = {}, None
    for spec in questions:
        section = spec if spec.type == "section" else section
        found[spec.code] = section
    return found


def _answers(file: Cells, specs: dict[str, QuestionSpec], lists: Any, rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same answers, once in the words of the file and once in ours."""
    in_file: dict[str, Any] = {}
    here: dict[str, Any] = {}
    for spec in specs.values():
        if spec.type in ("section", "note") or rng.random() < 0.2:
            continue
        if spec.choices:
            ours = {theirs(choice): choice.code for choice in spec.choices}
            chosen = rng.sample(sorted(ours), 1 if spec.type == "one" else rng.randint(1, min(3, len(ours))))
            in_file[spec.code] = chosen[0] if spec.type == "one" else chosen
            here[spec.code] = ours[chosen[0]] if spec.type == "one" else [ours[one] for one in chosen]
        elif spec.type == "yes_no":
            in_file[spec.code] = here[spec.code] = rng.choice(["yes", "no"])
        else:
            in_file[spec.code] = here[spec.code] = (
                rng.choice([rng.randint(-100, 100), 0, 1, 5, 18]) if spec.type in ("integer", "decimal") else rng.choice(["x", "oui", "5"])
            )
    return in_file, here


# --- there and back ------------------------------------------------------------------------------------------------


def _round_trip(verdict: Verdict, exported: bytes) -> None:
    found = verdict.found
    try:
        again = understand(read_sheets(exported))
    except Refused as refused:
        # What is published is read again; a draft may speak of questions that were not taken, and is not published so.
        if not check("survey", found.questions):
            verdict.silent.append(f"its export is refused: {refused}")
        return
    if again.questions != found.questions:
        verdict.silent += [f"comes back as another: {a} ≠ {b}" for a, b in zip(found.questions, again.questions, strict=False) if a != b][:1] or [
            "other questions come back"
        ]
    if again.origin != found.origin:
        verdict.silent.append(f"settings come back as others: {found.origin} ≠ {again.origin}")
