"""The flags of a person on their file: chips beside the name, what the story says of them, their page; read with the other papers of the file."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Cast, JSONObject, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases import sections
from cases.models import Migrant
from cases.pages.file import PAPER_SOURCES, papers
from cases.sections import Section, Tab, TimelineRow
from centres.roles import Right

from .models import PersonFlag


@dataclass(frozen=True)
class OnFile:
    """A flag as it stands among the papers of a file."""

    name: str
    tone: str
    reason: str
    since: datetime
    until: date | None
    lifted_at: datetime | None
    lifted_reason: str
    who: str

    @property
    def acts(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until >= timezone.localdate())


def _source(user, migrant, columns):
    acting = Q(lifted_at__isnull=True) & (Q(until__isnull=True) | Q(until__gte=timezone.localdate()))
    # One that acts stands among the newest papers, however old it is: a long file must not hide it.
    at = Case(When(acting, then=Now()), default=F("since"))
    about = JSONObject(tone="kind__tone", reason="reason", since="since", until="until", why="lifted_reason")
    yield columns(PersonFlag.objects.on_file_of(migrant).visible_to(user), "set_by", Value("flag"), at, "kind__name", Cast(about, TextField()), "lifted_at")


PAPER_SOURCES.append(_source)


def on_file(user, migrant: Migrant) -> list[OnFile]:
    """The flags of the person that the user may see, those that act first; to a team that no longer follows them, as they were then."""
    found = []
    ended = migrant.care_ended(user)
    for paper in papers(user, migrant):
        if paper.sort == "flag":
            about = json.loads(paper.text)
            since, until = parse_datetime(about["since"]), parse_date(about["until"] or "")
            lifted, why = (None, "") if lifted_later(paper.ended, ended) else (paper.ended, about["why"])
            found.append(OnFile(_(paper.title), about["tone"], about["reason"], since or paper.at, until, lifted, why, paper.who))
    return found


def lifted_later(lifted_at: datetime | None, ended: datetime | None) -> bool:
    """Was it lifted by those who follow the person after this team, whose care ended then? Why is theirs."""
    return lifted_at is not None and ended is not None and lifted_at > ended


def as_then(user: Any, migrant: Migrant, carried: list[PersonFlag]) -> list[PersonFlag]:
    """These flags of the person as the user's centres knew them when they let the person go. Not to be saved."""
    ended = migrant.care_ended(user)
    for flag in carried:
        if lifted_later(flag.lifted_at, ended):
            flag.lifted_at, flag.lifted_by, flag.lifted_reason = None, None, ""
    return carried


def _chips(user: Any, migrant: Migrant) -> list[dict[str, str]]:
    if migrant.care_ended(user) is not None:
        return []  # it tells the staff of now what to do
    return [{"label": flag.name, "tone": flag.tone} for flag in on_file(user, migrant) if flag.acts]


def _timeline(user: Any, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    url = reverse("reception:flags", args=[migrant.pk])
    for flag in on_file(user, migrant):
        detail = f"{flag.reason} ({_('jusqu’au %(day)s') % {'day': date_format(flag.until)}})" if flag.until else flag.reason
        rows.append(TimelineRow(flag.since, _("Consigne posée : %(flag)s") % {"flag": flag.name}, detail, url, flag.who, {"label": _("consigne"), "tone": flag.tone}))
        if flag.lifted_at:
            title = _("Consigne levée : %(flag)s") % {"flag": flag.name}
            rows.append(TimelineRow(flag.lifted_at, title, flag.lifted_reason, url, chip={"label": _("consigne"), "tone": "neutral"}))
    return rows


def _tabs(user: Any, migrant: Migrant) -> list[Tab]:
    return [Tab("flags", _("Consignes"), reverse("reception:flags", args=[migrant.pk]), 60)]


sections.register(Section("flags", Right.VIEW_CASE, timeline=_timeline, older=_timeline, flags=_chips, tabs=_tabs))
