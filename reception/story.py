"""The small events of a stay, in the story of the file: leave, absence at the roll-call, bed, each step of a transfer.

They come with the papers of the file (one query for all); a centre whose care has ended sees those that were there by then."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases import sections
from cases.models import FileQuerySet, Migrant
from cases.pages.file import PAPER_SOURCES, Paper, papers
from cases.sections import Section, TimelineRow
from centres.roles import Right

from .models import BedAssignment, Leave, RollCallLine, Transfer, UndoneAdmission
from .pages import STAYS, stays_of
from .workflow import WITH_WORDS, State

BETWEEN = "|"
SAME_MOMENT = datetime.timedelta(seconds=1)


def _on_file(model: Any, user: Any, migrant: Migrant, at: str) -> QuerySet[Any]:
    """Rows of this model about people whose file the user reads, as far as they were on it by then."""
    rows = FileQuerySet(model).on_file_of(migrant)
    rows.on_file_from = at
    return rows.visible_to(user)


def _any(migrant: Migrant, what: str) -> bool:
    """Is there any? Said only of somebody whose stays are read already: other pages of a file don't ask for them because of this."""
    return STAYS not in migrant.__dict__ or any(getattr(stay, what) for stay in stays_of(migrant))


def _leaves(user: Any, migrant: Migrant, columns: Any) -> Iterator[Any]:
    if not _any(migrant, "any_leave"):
        return
    nights = Concat(Cast("first_night", TextField()), Value(BETWEEN), Cast("last_night", TextField()), output_field=TextField())
    yield columns(
        Leave.objects.on_file_of(migrant).visible_to(user),
        "allowed_by",
        Value("leave"),
        "allowed_at",
        nights,
        "reason",
        "cancelled_at",
        person="stay__migrant",
        passing=True,
    )


def _absences(user: Any, migrant: Migrant, columns: Any) -> Iterator[Any]:
    if not _any(migrant, "any_absence"):
        return
    absent = RollCallLine.objects.on_file_of(migrant).visible_to(user).exclude(state=RollCallLine.State.PRESENT)
    yield columns(absent, "noted_by", Value("roll_call"), "noted_at", "state", "note", passing=True)


def _beds(user: Any, migrant: Migrant, columns: Any) -> Iterator[Any]:
    if not _any(migrant, "pk"):
        return
    rows = FileQuerySet(BedAssignment).on_file_of(migrant)
    rows.on_file_from, rows.person = "since", "stay__migrant"
    words = Concat("bed__room__name", Value(" – "), "bed__label", output_field=TextField())
    yield columns(rows.visible_to(user), "", Value("bed"), "since", words, "reason", "until", person="stay__migrant", passing=True)


def _transfers(user: Any, migrant: Migrant, columns: Any) -> Iterator[Any]:
    """One part for each step."""
    if not _any(migrant, "any_transfer"):
        return
    yield columns(_on_file(Transfer, user, migrant, "asked_at"), "asked_by", Value("transfer_asked"), "asked_at", "to_centre__name", "reason", passing=True)
    accepted = _on_file(Transfer, user, migrant, "answered_at").filter(answered_at__isnull=False).exclude(state=State.REFUSED)
    yield columns(accepted, "answered_by", Value("transfer_accepted"), "answered_at", "to_centre__name", "answer", passing=True)
    left = _on_file(Transfer, user, migrant, "left_at").filter(left_at__isnull=False)
    yield columns(left, "", Value("transfer_left"), "left_at", "to_centre__name", "transport", passing=True)
    stopped = _on_file(Transfer, user, migrant, "ended_at").filter(state__in=WITH_WORDS)
    title = Concat("state", Value(BETWEEN), F("to_centre__name"), output_field=TextField())
    yield columns(stopped, "ended_by", Value("transfer_stopped"), "ended_at", title, "end_reason", passing=True)


def _undone(user: Any, migrant: Migrant, columns: Any) -> Iterator[Any]:
    """Of stays that are there no longer, so that none of them says whether there is any."""
    rows = UndoneAdmission.objects.on_file_of(migrant).visible_to(user)
    yield columns(rows, "undone_by", Value("admission_undone"), "undone_at", "centre__name", "reason", "arrived_at")


PAPER_SOURCES.extend((_leaves, _absences, _beds, _transfers, _undone))


def _night(text: str) -> str:
    day = parse_date(text)
    return date_format(day) if day else ""


def _leave_rows(paper: Paper) -> list[TimelineRow]:
    first, last = (_night(part) for part in paper.title.split(BETWEEN))
    one = first == last
    words = _("Permission d’absence : la nuit du %(first)s") if one else _("Permission d’absence : de la nuit du %(first)s à celle du %(last)s")
    rows = [TimelineRow(paper.at, words % {"first": first, "last": last}, paper.text, who=paper.who, chip={"label": _("absence"), "tone": "info"})]
    if paper.ended:
        rows.append(TimelineRow(paper.ended, _("Permission d’absence annulée"), chip={"label": _("absence"), "tone": "neutral"}))
    return rows


def _absence_row(paper: Paper) -> TimelineRow:
    missing = paper.title == RollCallLine.State.MISSING
    title = _("Manque à l’appel du soir") if missing else _("Appel du soir : absence avec permission")
    return TimelineRow(paper.at, title, paper.text, who=paper.who, chip={"label": _("absence"), "tone": "danger" if missing else "info"})


def _bed_rows(beds: list[Paper]) -> list[TimelineRow]:
    """From the first to the last: a bed left for another one is one line; that a stay ends says its departure."""
    rows = []
    for number, paper in enumerate(beds):
        before = beds[number - 1] if number else None
        moved = before is not None and before.ended is not None and abs(paper.at - before.ended) < SAME_MOMENT
        title = _("Autre lit : %(bed)s") if moved else _("Lit : %(bed)s")
        rows.append(TimelineRow(paper.at, title % {"bed": paper.title}, paper.text, chip={"label": _("lit"), "tone": "neutral"}))
    return rows


def _transfer_row(paper: Paper) -> TimelineRow:
    state, _between, centre = paper.title.rpartition(BETWEEN)
    if paper.sort == "transfer_asked":
        title, tone = _("Transfert demandé vers le centre de %(centre)s"), "neutral"
    elif paper.sort == "transfer_accepted":
        title, tone = _("Transfert accepté par le centre de %(centre)s"), "info"
    elif paper.sort == "transfer_left":
        title, tone = _("En route vers le centre de %(centre)s"), "info"
    elif state == State.REFUSED:
        title, tone = _("Transfert refusé par le centre de %(centre)s"), "warn"
    elif state == State.CANCELLED:
        title, tone = _("Transfert vers le centre de %(centre)s annulé"), "neutral"
    else:
        title, tone = _("Arrivée attendue au centre de %(centre)s, sans suite"), "danger"
    return TimelineRow(paper.at, title % {"centre": centre}, paper.text, who=paper.who, chip={"label": _("transfert"), "tone": tone})


def _undone_row(paper: Paper) -> TimelineRow:
    title = _("Admission annulée : centre de %(centre)s, arrivée notée le %(day)s") % {"centre": paper.title, "day": date_format(timezone.localtime(paper.ended))}
    return TimelineRow(paper.at, title, paper.text, who=paper.who, chip={"label": _("séjour"), "tone": "neutral"})


def _timeline(user: Any, migrant: Migrant) -> list[TimelineRow]:
    rows: list[TimelineRow] = []
    found = papers(user, migrant)
    for paper in found:
        if paper.sort == "leave":
            rows += _leave_rows(paper)
        elif paper.sort == "roll_call":
            rows.append(_absence_row(paper))
        elif paper.sort == "admission_undone":
            rows.append(_undone_row(paper))
        elif paper.sort.startswith("transfer_"):
            rows.append(_transfer_row(paper))
    return rows + _bed_rows([paper for paper in reversed(found) if paper.sort == "bed"])


sections.register(Section("story", Right.VIEW_CASE, timeline=_timeline, older=_timeline))
