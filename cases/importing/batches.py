"""An import from the file's arrival to its end. Each step of work may be killed and done again; people are written in one transaction."""

import datetime
import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service, set_actor
from centres.access import allows, may
from centres.models import Centre
from centres.roles import Right
from config.uploads import delete_after_commit
from jobs.services import ask_for

from ..models import ImportBatch
from ..services.identity import take_case_numbers, write_registrations
from .cells import Cell, Table, Told, Unreadable
from .checking import NAMESPACE, SURE, Checked, Problem, Say, check, existing_people
from .columns import BY_NAME
from .reading import read
from .reports import of_check, of_writing
from .titles import NEVER_GUESSED, guess

MOST_SHOWN = 200  # errors and likenesses on the page; the report has all
SAMPLED = 3  # values of each column shown while columns are matched
MOST_TOLD = 60  # kinds of things told on the page
MOST_SHEETS = 50
EARLIEST_LIST = datetime.date(2000, 1, 1)
SEX_CODES = {"mf": {"1": "male", "2": "female"}, "fm": {"1": "female", "2": "male"}}
State = ImportBatch.State


# --- asked by people ---------------------------------------------------------------------------------------------


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


@service
def receive(*, actor: User, id: uuid.UUID, centre: Centre, file: File, name: str, queued: bool = True) -> ImportBatch:
    """Keeps a list privately and has it read. The same `id` again with the same file is one import. Raises PermissionDenied, SameKeyOtherContent."""
    if not may(actor, Right.IMPORT_LISTS, centre):
        raise PermissionDenied
    lock_key(id)
    sha256 = _digest(file)
    if existing := ImportBatch.objects.filter(pk=id).first():
        if (existing.created_by_id, existing.centre_id, existing.sha256) != (actor.pk, centre.pk, sha256):
            raise SameKeyOtherContent
        return existing
    shown = "".join(char for char in name if char.isprintable())[-120:] or _("liste")
    batch = ImportBatch(id=id, centre=centre, created_by=actor, file_name=shown, sha256=sha256)
    batch.file.save("liste", file, save=False)  # in parts: a large file never stands in the memory as a whole
    batch.save(force_insert=True)
    return _ask(actor, batch, "read", State.READING) if queued else batch


def _ask(actor: User, batch: ImportBatch, step: str, state: State) -> ImportBatch:
    title = {"read": _("Lecture de « %(file)s »"), "check": _("Vérification de « %(file)s »"), "write": _("Import de « %(file)s »")}[step]
    batch.job = ask_for(actor=actor, kind="import", title=title % {"file": batch.file_name}, parameters={"batch": str(batch.pk), "step": step})
    batch.state = state
    batch.save(update_fields=["job", "state"])
    return batch


def _locked(actor: User, batch: ImportBatch) -> ImportBatch:
    if not allows(actor, Right.IMPORT_LISTS, batch, writing=True):
        raise PermissionDenied
    return ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)


@service
def choose_sheet(*, actor: User, batch: ImportBatch, sheet: str, queued: bool = True) -> ImportBatch:
    """Has another sheet of the workbook read. Raises PermissionDenied, ValidationError."""
    batch = _locked(actor, batch)
    if batch.sheet == sheet or (batch.state not in (State.READ, State.CHECKED) and not batch.stopped):
        return batch
    if sheet not in batch.sheets:
        raise ValidationError(_("Cette feuille n’est pas dans le classeur."))
    batch.sheet = sheet
    batch.save(update_fields=["sheet"])
    return _ask(actor, batch, "read", State.READING) if queued else _become(batch, State.READING)


@service
def choose_columns(
    *,
    actor: User,
    batch: ImportBatch,
    matching: dict[int, str],
    date_order: str,
    listed_on: datetime.date | None = None,
    sex_codes: str = "",
    queued: bool = True,
) -> ImportBatch:
    """Says which column is which, and has the list checked. `listed_on`: the day on which its ages were true; `sex_codes`: what 1 and 2 mean
    in it. Sent twice it is done once. Raises PermissionDenied, ValidationError."""
    batch = _locked(actor, batch)
    if batch.state not in (State.READ, State.CHECKED) and not batch.stopped:
        return batch
    chosen = {place: name for place, name in matching.items() if name}
    if unknown := [name for name in chosen.values() if name not in BY_NAME] + [place for place in chosen if not 0 <= place < len(batch.columns)]:
        raise ValidationError(_("Colonne inconnue : %(name)s.") % {"name": unknown[0]})
    if len(set(chosen.values())) < len(chosen):
        twice = next(name for name in chosen.values() if list(chosen.values()).count(name) > 1)
        raise ValidationError(_("« %(name)s » est choisi pour deux colonnes. Laissez-en une de côté.") % {"name": BY_NAME[twice].title})
    if listed_on and not EARLIEST_LIST <= listed_on <= timezone.localdate():
        raise ValidationError({"listed_on": _("Le jour de la liste ne peut pas être dans l’avenir ni avant 2000.")})
    batch.matching, batch.date_order = {str(place): name for place, name in sorted(chosen.items())}, date_order
    batch.listed_on, batch.sex_codes = listed_on, sex_codes
    batch.save(update_fields=["matching", "date_order", "listed_on", "sex_codes"])
    return _ask(actor, batch, "check", State.CHECKING) if queued else _become(batch, State.CHECKING)


@service
def confirm(*, actor: User, batch: ImportBatch, alike: str, queued: bool = True) -> ImportBatch:
    """Has a checked list without errors written. Sent twice it is done once. Raises PermissionDenied, ValidationError."""
    batch = _locked(actor, batch)
    if batch.state in (State.WRITING, State.DONE) and not batch.stopped:
        return batch
    if batch.state not in (State.CHECKED, State.WRITING):
        raise ValidationError(_("Cette liste n’est pas encore vérifiée."))
    if batch.errors:
        raise ValidationError(_("Cette liste a des erreurs : rien n’est enregistré avant qu’elles soient corrigées."))
    if batch.alike and alike not in ImportBatch.Alike.values:
        raise ValidationError(_("Choisissez ce qui est fait des lignes ressemblantes."))
    batch.alike_choice = alike if batch.alike else ""
    batch.save(update_fields=["alike_choice"])
    return _ask(actor, batch, "write", State.WRITING) if queued else _become(batch, State.WRITING)


@service
def discard(*, actor: User | None, batch: ImportBatch) -> ImportBatch:
    """Gives a list up: file, sample and findings are removed; that there was one stays. `actor` None: the clock. Raises PermissionDenied."""
    batch = _locked(actor, batch) if actor else ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.ended:
        return batch
    return _end(batch, State.DISCARDED)


def _become(batch: ImportBatch, state: State) -> ImportBatch:
    batch.state = state
    batch.save(update_fields=["state"])
    return batch


def _end(batch: ImportBatch, state: State, *, report: bytes | None = None) -> ImportBatch:
    """Inside a transaction: the end, with nothing of the list left. The files go once the end is certain."""
    gone = [name for name in (batch.file.name, batch.report.name) if name]
    storage = batch.file.storage
    batch.file = batch.report = ""
    batch.state, batch.ended_at, batch.sample, batch.findings, batch.alike_lines = state, timezone.now(), [], [], {}
    if report is not None:
        batch.report.save("report", ContentFile(report), save=False)
    batch.save()
    delete_after_commit(storage, gone)
    return batch


# --- done by the worker ------------------------------------------------------------------------------------------


def _quiet(done: int, total: int, step: str) -> None:
    return None


def _table_of(batch: ImportBatch) -> Table:
    return read(Path(batch.file.path), batch.sheet)


@transaction.atomic
def _refuse(batch: ImportBatch, words: str, actor: User | None) -> ImportBatch:
    set_actor(actor)
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if not batch.ended:
        batch.refusal = words[:500]
        _end(batch, State.REFUSED)
    return batch


def read_step(batch: ImportBatch, *, actor: User | None, say: Say = _quiet) -> ImportBatch:
    """Finds the columns. A file that can't be read is refused with words, and not kept; a sheet of it that can't be read is told."""
    if batch.state != State.READING:
        return batch
    say(0, 1, _("Lecture du fichier"))
    try:
        table = _table_of(batch)
    except Unreadable as error:
        if not batch.columns:
            return _refuse(batch, str(error), actor)
        words = _("La feuille « %(sheet)s » ne peut pas servir : %(why)s") % {"sheet": batch.sheet[:40], "why": error}
        batch.sheet = ""
        table = _table_of(batch)
        table.notes.insert(0, Told(words))
    with transaction.atomic():
        set_actor(actor)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.state != State.READING:
            return batch
        batch.columns, batch.rows = table.columns, len(table.rows)
        batch.sheet, batch.sheets = table.sheet[:100], [name for name in table.sheets[:MOST_SHEETS] if len(name) <= 100]
        batch.notes = [str(note)[:300] for note in table.notes]
        batch.sample = [[_example(cells[place]) for _line, cells in table.rows[:SAMPLED]] for place in range(len(table.columns))]
        batch.matching = _remembered(batch) or {str(place): name for place, name in guess(table.columns).items()}
        batch.has_codes = any(_is_coded(table, place, batch.matching.get(str(place), "")) for place in range(len(table.columns)))
        return _saved(batch, State.READ)


def _is_coded(table: Table, place: int, field: str) -> bool:
    """Is there nothing but 1 and 2 in this column, or one of them in that of the sex?"""
    values = {str(cells[place]).removesuffix(".0") for _line, cells in table.rows} - {""}
    return bool(values & {"1", "2"}) and (field == "sex" or values <= {"0", "1", "2", "9"})


def _saved(batch: ImportBatch, state: State) -> ImportBatch:
    batch.state = state
    batch.save()
    return batch


def _example(cell: Cell) -> str:
    return str(getattr(cell, "text", cell))[:40]


def _remembered(batch: ImportBatch) -> dict[str, str]:
    """How the centre matched the same columns the last time; who agreed is said anew each time."""
    last = ImportBatch.objects.filter(centre=batch.centre_id, columns=batch.columns, state__in=[State.CHECKED, State.WRITING, State.DONE]).first()
    return {place: name for place, name in last.matching.items() if name not in NEVER_GUESSED} if last else {}


def _checked(batch: ImportBatch, actor: User, say: Say, *, duplicates: bool) -> Checked:
    return check(
        _table_of(batch),
        actor=actor,
        centre=batch.centre,
        matching={int(place): name for place, name in batch.matching.items()},
        month_first=batch.date_order == ImportBatch.DateOrder.MONTH_FIRST,
        listed_on=batch.listed_on,
        sex_codes=SEX_CODES.get(batch.sex_codes),
        say=say,
        duplicates=duplicates,
    )


def check_step(batch: ImportBatch, *, actor: User, say: Say = _quiet) -> ImportBatch:
    """The dry run: every error and every likely duplicate, nothing written but what was found."""
    if batch.state != State.CHECKING:
        return batch
    try:
        checked = _checked(batch, actor, say, duplicates=True)
    except ValidationError as error:
        checked = Checked(problems=[Problem(1, "", "", "", " ".join(error.messages))], rows=batch.rows)
    return _keep_findings(batch, checked, actor)


@transaction.atomic
def _keep_findings(batch: ImportBatch, checked: Checked, actor: User) -> ImportBatch:
    set_actor(actor)
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.state not in (State.CHECKING, State.WRITING):
        return batch
    old, storage = batch.report.name, batch.report.storage
    sure: dict[str, float] = {}
    for one in checked.alike:
        sure[str(one.line)] = max(one.certainty, sure.get(str(one.line), 0))
    batch.rows, batch.errors, batch.known, batch.alike, batch.alike_lines = checked.rows, len(checked.problems), len(checked.known), len(sure), sure
    batch.findings = [
        *({"kind": "error", "line": p.line, "column": p.column, "title": p.title, "value": p.value, "words": p.words} for p in checked.problems[:MOST_SHOWN]),
        *(
            {"kind": "alike", "line": a.line, "certainty": a.certainty, "key": str(a.key) if a.key else "", "other_line": a.other_line}
            for a in sorted(checked.alike, key=lambda a: -a.certainty)[:MOST_SHOWN]
        ),
        *({"kind": "told", "words": words} for words in told_words(checked)[:MOST_TOLD]),
        {"kind": "alone", "number": checked.alone()},
    ]
    batch.report.save("report", ContentFile(of_check(checked, batch.notes)), save=False)
    batch = _saved(batch, State.CHECKED)
    if old:
        delete_after_commit(storage, [old])
    return batch


def told_words(checked: Checked) -> list[str]:
    """What was left aside, and what was read otherwise than it is written: kind by kind, each with its lines."""
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for one in checked.told:
        kinds.setdefault((one.column, one.title, one.words), []).append(one.line)
    told = [
        str(Told((_("Colonne %(column)s « %(title)s » : %(words)s,") % {"column": column, "title": title[:60], "words": words}), tuple(lines)))
        for (column, title, words), lines in kinds.items()
    ]
    return [*map(str, checked.notes), *told]


def write_step(batch: ImportBatch, *, actor: User, say: Say = _quiet, hold: Callable[[], None] = lambda: None) -> ImportBatch:
    """Registers everybody of the list who is not left aside, in one transaction: all or nobody, and once, however often it is tried.

    Checked again first: the register may have changed. Then errors are kept as findings, and nothing is written. `hold` is called
    inside the transaction, before its first and after its last write: it raises if this worker no longer has the work."""
    if batch.state != State.WRITING:
        return batch
    checked = _checked(batch, actor, say, duplicates=False)
    if checked.problems:
        return _keep_findings(batch, checked, actor)
    aside = _left_aside(batch)
    wanted = {line: one for line, one in checked.ready.items() if line not in aside}
    say(checked.rows, checked.rows, _("Enregistrement : tout ou rien"))
    # In a transaction of its own: the desk of the centre need not wait for the whole list. Numbers that are not used are never given again.
    with transaction.atomic():
        numbers = take_case_numbers(batch.centre, timezone.localdate().year, len(wanted)) if wanted else []
    with transaction.atomic():
        set_actor(actor)
        hold()
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.state != State.WRITING:
            return batch
        lock_key(uuid.uuid5(NAMESPACE, batch.centre.code))  # two lists of one centre: one after the other
        meanwhile = existing_people(one.migrant.pk for one in wanted.values())
        for line, one in list(wanted.items()):
            if one.migrant.pk in meanwhile:
                if meanwhile[one.migrant.pk] != one.migrant.registered_digest:
                    raise ValidationError(_("La ligne %(line)s vient d’être enregistrée autrement : vérifiez la liste de nouveau.") % {"line": line})
                checked.known[line] = one.migrant.pk
                del wanted[line]
        write_registrations(list(wanted.values()), numbers[: len(wanted)])
        batch.made, batch.known, batch.skipped = len(wanted), len(checked.known), len(aside & checked.ready.keys())
        batch.people = [one.migrant.pk for one in wanted.values()]
        _end(batch, State.DONE, report=of_writing(wanted, checked, aside))
        hold()
    return batch


def _left_aside(batch: ImportBatch) -> set[int]:
    least = {ImportBatch.Alike.SKIP_SURE: SURE, ImportBatch.Alike.SKIP_ALL: 0.0}.get(ImportBatch.Alike(batch.alike_choice)) if batch.alike_choice else None
    return {int(line) for line, sure in batch.alike_lines.items() if sure >= least} if least is not None else set()


@service
def drop_report(*, actor: None = None, batch: ImportBatch) -> None:
    """By the clock: after a while nobody asks any more what became of a line."""
    storage, name = batch.report.storage, batch.report.name
    ImportBatch.objects.filter(pk=batch.pk).update(report="")
    delete_after_commit(storage, [name])
