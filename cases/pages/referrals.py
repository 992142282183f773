"""What referrals add: menu, tab of the file, story, what came back without an answer."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.access import allows, centres_for, may
from centres.models import Posting
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

from .. import sections
from ..models import Custody, Migrant, Referral
from ..referrals import ANSWER_DAYS, OPEN, SERVICES, TONES, State
from ..sections import Action, DueItem, Section, Tab, TimelineRow
from .file import PAPER_SOURCES, Paper, papers

SHOWN = 8
BETWEEN = "|"


@dataclass(frozen=True)
class Sent:
    """A referral as it stands among the papers of a file."""

    paper: Paper
    state: State
    service: str
    deadline: datetime.date

    @property
    def title(self) -> str:
        return f"{SERVICES[self.service].words} – {self.paper.title}"

    @property
    def url(self) -> str:
        return reverse("referrals:referral", args=[self.paper.key])

    @property
    def days(self) -> int:
        return (timezone.now() - self.paper.at).days


def _source(user, migrant, columns):
    text = Concat("state", Value(BETWEEN), "service", Value(BETWEEN), Cast("deadline", TextField()), output_field=TextField())
    yield columns(
        Referral.objects.on_file_of(migrant).visible_to(user), "sent_by", Value("referral"), "sent_at", "structure__name", text, Coalesce("ended_at", "answered_at")
    )


PAPER_SOURCES.append(_source)


def sent(user, migrant: Migrant) -> list[Sent]:
    """The referrals that the user may see, the latest first; read together with the other papers of the file."""
    found = []
    for paper in papers(user, migrant):
        if paper.sort == "referral":
            state, service, deadline = paper.text.split(BETWEEN)
            found.append(Sent(paper, State(state), service, parse_date(deadline) or datetime.date.max))
    return found


def _timeline(user, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    for one in sent(user, migrant):
        rows.append(TimelineRow(one.paper.at, _("Orientation"), one.title, one.url, one.paper.who))
        if one.state != State.SENT and one.paper.ended:
            chip = {"label": str(one.state.label), "tone": TONES[one.state]}
            rows.append(TimelineRow(one.paper.ended, _("Orientation : réponse ou suite"), one.title, one.url, chip=chip))
    return rows


def _due(user, migrant: Migrant) -> list[DueItem]:
    items = []
    for one in sent(user, migrant):
        if one.state not in OPEN:
            continue
        if one.state == State.SENT and one.days >= ANSWER_DAYS:
            title = _("Orientation sans réponse depuis %(n)s jours") % {"n": one.days}
            items.append(DueItem(title, one.title, one.url, "danger", one.deadline))
        else:
            items.append(DueItem(_("Orientation %(state)s") % {"state": one.state.label}, one.title, one.url, TONES[one.state], one.deadline))
    return items


def _tabs(user, migrant: Migrant) -> list[Tab]:
    return [Tab("referrals", _("Orientations"), reverse("cases:referrals", args=[migrant.pk]), 40)]


def _actions(user, migrant: Migrant) -> list[Action]:
    return [Action(_("Orienter"), reverse("referrals:new", args=[migrant.pk]), 20)] if allows(user, Right.VIEW_CASE, migrant, writing=True) else []


def _keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [Referral.objects.visible_to(user).filter(migrant=migrant)]


sections.register(Section("referrals", Right.VIEW_CASE, timeline=_timeline, older=_timeline, due=_due, tabs=_tabs, actions=_actions, keys=_keys))


def _card(request) -> dict[str, Any] | None:
    """Sent by this user more than a week ago and unanswered, about people their centre follows; for those who run a centre, also what came
    along with a transfer, and what somebody sent who no longer works."""
    user = request.user
    mine = Q(Exists(Custody.objects.filter(migrant=OuterRef("migrant"), centre__in=centres_for(user, Right.VIEW_CASE), until__isnull=True)), sent_by=user)
    if may(user, Right.MANAGE_CENTRE):
        works_here = Posting.objects.active().filter(Q(centre=OuterRef("centre")) | Q(centre__isnull=True), user=OuterRef("sent_by"))
        mine |= Q(~Exists(works_here) | Q(sent_by__is_active=False), centre__in=centres_for(user, Right.MANAGE_CENTRE))
    waiting = Referral.objects.visible_to(user).unanswered().filter(mine).select_related("migrant", "structure").order_by("sent_at", "pk")
    rows = list(waiting[: SHOWN + 1])
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "url": reverse("referrals:list") + "?state=late&mine=on"} if rows else None


add_to_menu(
    Entry(gettext_lazy("Orientations"), "referrals:list", (Right.VIEW_CASE,), 30, "referrals"),
    Entry(gettext_lazy("Annuaire"), "referrals:directory", (Right.MANAGE_USERS,), 95, "referrals"),
)
add_to_home(HomeCard("cases/home_referrals.html", (Right.VIEW_CASE,), 18, _card))
