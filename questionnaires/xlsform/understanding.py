"""What Sira makes of an XLSForm: the questions it can ask, and a list of everything it does not take as it stands, with its place."""

import copy
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from ..definition import QuestionSpec
from ..models import Question
from .columns import LANGUAGES, columns_of, language_code, likely_language
from .export import OWN_SETTINGS, sealed
from .losses import Kind, Loss
from .reading import Formula, Refused, Sheets, named
from .rows import Row, Table
from .survey import Survey

MOST_CITED = 5000  # answers, in texts and conditions: pyxform looks each of them up
READ = ("survey", "choices", "settings")


@dataclass
class Understood:
    """Questions fit for a draft, what the file says of itself, what is lost, and what pyxform remarked (in English)."""

    title: str = ""
    questions: list[QuestionSpec] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Is everything of the file kept, if perhaps without effect?"""
        return all(loss.kind is Kind.KEPT for loss in self.losses)


def understand(sheets: Sheets) -> Understood:
    """Raises Refused when pyxform, which ODK and KoboToolbox use too, does not accept the form, or nothing of it can be asked, or it
    would mean something else here."""
    found, formulas = _read(sheets)
    if formulas:
        words = _("Des cellules contiennent une formule : %(cells)s. Remplacez chacune par sa valeur, puis réessayez.")
        raise Refused(words % {"cells": named(formulas)})
    found.remarks = [" ".join(remark.split())[:300] for remark in _judged_by_pyxform(sheets)[:20]]
    if not any(question.type not in Question.WITHOUT_ANSWER for question in found.questions):
        why = " ".join(loss.words for loss in found.losses if loss.kind is Kind.QUESTION and loss.sheet == "survey")
        raise Refused(" ".join([_("Sira ne peut poser aucune des questions de ce fichier."), why[:600]]).strip())
    return found


def _read(sheets: Sheets) -> tuple[Understood, list[str]]:
    """And the places of calculated cells that would have been taken."""
    found, formulas = Understood(losses=list(sheets.losses)), list[str]()
    for name, rows in sheets.items():
        if name not in READ and rows:
            words = _("La feuille « %(sheet)s » n’est pas reprise : seul pyxform la lit, pour juger le fichier.")
            found.losses.append(Loss(name, 0, words % {"sheet": name}, Kind.LEFT))
    settings = Table("settings", sheets.get("settings", []), "", "", found.losses, formulas)
    default_name = _language(settings)
    default = language_code(default_name) if default_name not in ("", "default") else _unsaid_language(sheets, found.losses)
    tables = {name: Table(name, sheets.get(name, []), default, default_name, found.losses, formulas) for name in ("survey", "choices")}
    found.questions = Survey(tables["survey"], tables["choices"]).read()
    settings.known = tables["survey"].known
    _settings(settings, found)
    return found, formulas


def _language(table: Table) -> str:
    """The language of the file, as it calls it."""
    return table.rows[0].take("default_language") if table.rows else ""


def _settings(table: Table, found: Understood) -> None:
    """All that the file says of itself is kept."""
    if not table.rows:
        return
    row = table.rows[0]
    for other in table.rows[1:]:
        other.lose(_("Seule la première ligne de cette feuille vaut quelque chose : celle-ci n’est pas lue."), Kind.LEFT)
    found.title = row.see("form_title")[:150]
    _own_settings(row)
    default = row.take("default_language")
    if default and language_code(default) != "fr":
        found.origin["default_language"] = LANGUAGES.get(language_code(default), default)
        row.lose(
            _("La langue par défaut du fichier est « %(name)s » ; dans Sira, c’est le français.") % {"name": default[:60]}, Kind.KEPT, row.column("default_language")
        )
    row.keep_rest(found.origin)


def _own_settings(row: Row) -> None:
    """What Sira said of itself when it wrote the file is no news."""
    seals = row.take(OWN_SETTINGS).split()
    for column, text in row.cells.items():
        if sealed(column.base, text) in seals and not isinstance(text, Formula):
            row.taken.add(column)


def _unsaid_language(sheets: Sheets, losses: list[Loss]) -> str:
    """Of a file that does not say its language: what its words are, if that is clear."""
    texts: list[str] = []
    where = ""
    for name in ("survey", "choices"):
        rows = sheets.get(name, [])
        columns = columns_of(name, dict.fromkeys(header for _number, cells in rows for header in cells))
        bare = [header for header, column in columns.items() if column.base in ("label", "hint") and not column.language]
        where = where or (f"{name}:{bare[0]}" if bare else "")
        texts += [cells[header] for _number, cells in rows for header in bare if header in cells]
    likely = likely_language(texts)
    if where and likely != "fr":
        names = {"": _("du français"), "en": _("de l’anglais"), "es": _("de l’espagnol")}
        words = _("Le fichier ne dit pas sa langue : ses textes sont lus comme %(language)s. Sinon, écrivez-la dans « default_language », feuille « settings ».")
        sheet, _colon, column = where.partition(":")
        losses.append(Loss(sheet, 0, words % {"language": names[likely]}, Kind.TEXT, column))
    return likely or "fr"


def _judged_by_pyxform(sheets: Sheets) -> list[str]:
    """Its warnings. Rows stay where they are, so that it names the right ones."""
    form: dict[str, Any] = {"sheet_names": list(sheets)}
    for name, rows in sheets.items():
        by_number = dict(rows)
        form[name] = [by_number.get(number, {}) for number in range(2, max(by_number, default=1) + 1)]
        form[f"{name}_header"] = [dict.fromkeys(dict.fromkeys(column for _number, row in rows for column in row))]
    if sum(text.count("${") for rows in sheets.values() for _number, cells in rows for text in cells.values()) > MOST_CITED:
        raise Refused(_("Ce fichier cite des réponses (${…}) plus de %(n)s fois. Partagez ce questionnaire en plusieurs.") % {"n": MOST_CITED})
    warnings: list[str] = []
    try:
        convert(xlsform=copy.deepcopy(form), warnings=warnings, form_name="data")
    except PyXFormError as error:
        raise Refused(
            _("Ce questionnaire n’est pas un XLSForm valable. Le contrôle de pyxform dit : « %(words)s »") % {"words": " ".join(str(error).split())[:600]}
        ) from error
    except (RecursionError, KeyError, AttributeError, TypeError, ValueError, IndexError) as error:  # it stumbles over what no form has
        raise Refused(_("Ce questionnaire n’est pas un XLSForm valable : pyxform n’arrive pas à le lire.")) from error
    return warnings
