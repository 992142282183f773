"""A day of a centre on one sheet, for whoever takes over: each part is made by one function."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from cases import as_then
from cases.models import Migrant
from centres.models import Centre, Service
from config.charts import format_number
from config.days import midnight

from . import alerts as alert_words
from .models import Alert, Assistance, HandoverNote, Incident, RollCallLine, Stay


@dataclass(frozen=True)
class Day:
    """A day of a centre by local midnight, as one user sees it. `until`: its end, or now."""

    user: User
    centre: Centre
    date: datetime.date

    @property
    def start(self) -> datetime.datetime:
        return midnight(self.date)

    @property
    def end(self) -> datetime.datetime:
        return midnight(self.date + datetime.timedelta(days=1))

    @property
    def before(self) -> datetime.date:
        return self.date - datetime.timedelta(days=1)

    @property
    def after(self) -> datetime.date | None:
        """None for today: the next day has not come."""
        return None if self.is_today else self.date + datetime.timedelta(days=1)

    @property
    def is_today(self) -> bool:
        return self.date == timezone.localdate()


@dataclass
class Line:
    """One line of a part. `screen_only`: never on paper, which lies on a desk."""

    text: str
    detail: str = ""
    url: str = ""
    chip: tuple[str, str] | None = None
    person: Migrant | None = None
    screen_only: bool = False


@dataclass
class Part:
    """`unseen`: how many more there are that this user has not in scope. `wide`: its lines are long; on the screen it takes the whole width."""

    title: str
    lines: list[Line] = field(default_factory=list)
    count: int | None = None
    unseen: int = 0
    empty: str = ""
    order: int = 50
    wide: bool = False

    def on_paper(self, most: int) -> "Part":
        """As it is printed: without what is for the screen only, and with no more lines than that; the last one says how many more."""
        lines = [line for line in self.lines if not line.screen_only]
        left = max(len(lines) - most, 0)
        return Part(self.title, lines[:most], self.count, self.unseen + left, self.empty, self.order)

    @property
    def more(self) -> str:
        """« et 12 autres »; empty when all is said."""
        return ngettext("et %(n)s autre", "et %(n)s autres", self.unseen) % {"n": format_number(self.unseen)} if self.unseen else ""


@dataclass(frozen=True)
class Figures:
    """How many slept there, came, left and are there: at_start + arrived − left = at_end, always."""

    at_start: int
    arrived: int
    left: int
    at_end: int


def figures(here: Day) -> Figures:
    """Counts of all people of the centre, in scope or not. Who leaves at midnight leaves on the new day."""
    arrived_before, still_there = Q(arrived_at__lt=here.start), Q(departed_at__isnull=True)
    counts = Stay.objects.filter(Q(departed_at__isnull=True) | Q(departed_at__gte=here.start), centre=here.centre, arrived_at__lt=here.end).aggregate(
        at_start=Count("pk", filter=arrived_before),
        arrived=Count("pk", filter=Q(arrived_at__gte=here.start)),
        left=Count("pk", filter=Q(departed_at__lt=here.end)),
        at_end=Count("pk", filter=still_there | Q(departed_at__gte=here.end)),
    )
    return Figures(**counts)


def _time(when: datetime.datetime) -> str:
    return timezone.localtime(when).strftime("%H:%M")


def _file(person: Migrant) -> str:
    return reverse("cases:migrant", args=[person.pk])


def moves(day: Day, counted: Figures) -> list[Part]:
    """Who came and who left, in the order of the day."""
    stays = (
        Stay.objects.visible_to(day.user)
        .at(day.centre)
        .filter(Q(arrived_at__gte=day.start, arrived_at__lt=day.end) | Q(departed_at__gte=day.start, departed_at__lt=day.end))
    )
    rows = list(stays.select_related("migrant").prefetch_related("migrant__custodies").order_by("arrived_at", "pk"))
    as_then.seen_by(day.user, [one.migrant for one in rows])
    came = [
        Line(str(one.migrant), f"{_time(one.arrived_at)}, {one.get_origin_display()}", _file(one.migrant), person=one.migrant)
        for one in rows
        if day.start <= one.arrived_at < day.end
    ]
    gone = sorted((one for one in rows if one.departed_at and day.start <= one.departed_at < day.end), key=lambda one: one.departed_at)
    left = [Line(str(one.migrant), f"{_time(one.departed_at)}, {one.get_departure_reason_display()}", _file(one.migrant), person=one.migrant) for one in gone]  # type: ignore[arg-type]
    return [
        Part(_("Arrivées"), came, counted.arrived, counted.arrived - len(came), _("Aucune arrivée."), 10),
        Part(_("Départs"), left, counted.left, counted.left - len(left), _("Aucun départ."), 11),
    ]


def assistance(day: Day) -> list[Part]:
    """What was given: meals by service, then all else, in people and in pieces."""
    given = Assistance.objects.filter(centre=day.centre, given_on=day.date).order_by()
    rows = given.values("service__code", "service__name", "service__category").annotate(people=Count("migrant", distinct=True), pieces=Sum("quantity"))
    order = {"petit-dejeuner": 0, "dejeuner": 1, "diner": 2}
    meals: list[Line] = []
    others: list[Line] = []
    for row in sorted(rows, key=lambda row: (order.get(row["service__code"], 9), row["service__name"])):
        people = ngettext("%(n)s personne", "%(n)s personnes", row["people"]) % {"n": format_number(row["people"])}
        pieces = "" if row["pieces"] == row["people"] else _("%(n)s en tout") % {"n": format_number(row["pieces"])}
        (meals if row["service__category"] == Service.Category.MEAL else others).append(Line(_(row["service__name"]), ", ".join(filter(None, [people, pieces]))))
    return [Part(_("Repas"), meals, empty=_("Aucun repas noté."), order=20), Part(_("Assistance"), others, empty=_("Aucune autre assistance notée."), order=21)]


TONES = {Incident.Severity.MINOR: "neutral", Incident.Severity.SERIOUS: "warn", Incident.Severity.GRAVE: "danger"}


def incidents(day: Day) -> Part | None:
    """Those of the day, and earlier ones still followed up on it. What is reserved stays on the screen of those who may see it."""
    of_day = Q(happened_at__gte=day.start, happened_at__lt=day.end)
    followed = Q(happened_at__lt=day.start) & (Q(closed_at__isnull=True) | Q(closed_at__gte=day.start))
    rows = Incident.objects.visible_to(day.user).filter(of_day | followed, centre=day.centre).order_by("-happened_at", "pk")
    lines = []
    for one in rows:
        when = _time(one.happened_at) if one.happened_at >= day.start else timezone.localtime(one.happened_at).strftime("%d/%m")
        due = _("à revoir le %(day)s") % {"day": one.due_on.strftime("%d/%m")} if one.due_on else ""
        state = due if one.is_open else _("clos")
        said = [when, one.what[:160] + ("…" if len(one.what) > 160 else ""), f"{state} ({one.due_who})" if due and one.due_who else state]
        title = str(capfirst(one.get_kind_display())) + (f" ({one.get_aid_display()})" if one.aid else "")
        url = reverse("reception:incident", args=[one.pk])
        lines.append(Line(title, " · ".join(filter(None, said)), url, (one.get_severity_display(), TONES[Incident.Severity(one.severity)]), screen_only=one.is_reserved))
    return Part(_("Incidents"), lines, empty=_("Aucun incident."), order=30, wide=True)


def alerts(day: Day) -> Part | None:
    """Alerts that were open at the end of the day."""
    rows = Alert.objects.visible_to(day.user).filter(Q(closed_at__isnull=True) | Q(closed_at__gte=day.end), centre=day.centre, raised_at__lt=day.end)
    lines = [
        Line(row.words, row.gone, _file(row.person) if row.person else "", person=row.person)
        for row in alert_words.shown(day.user, alert_words.with_person(day.user, rows))
    ]
    return Part(_("Alertes ouvertes"), lines, empty=_("Aucune alerte ouverte."), order=40, wide=True)


def roll_call(day: Day) -> Part | None:
    """The evening's round in figures; nothing before it has begun."""
    lines = RollCallLine.objects.filter(call__centre=day.centre, call__date=day.date).order_by()
    counts = {state: (number, finished) for state, finished, number in lines.values_list("state", "call__finished_at").annotate(n=Count("pk"))}
    if not counts:
        return None
    words = [
        Line(
            str(capfirst(RollCallLine.State(state).label)),
            format_number(counts[state][0]),
            chip=(_("à chercher"), "danger") if state == RollCallLine.State.MISSING else None,
        )
        for state in RollCallLine.State.values
        if state in counts
    ]
    if any(finished is None for _number, finished in counts.values()):
        words.append(Line(_("L’appel du soir n’est pas terminé.")))
    return Part(_("Appel du soir"), words, order=25)


def notes(day: Day) -> list[HandoverNote]:
    """What had to be known on that day: left until its end, and not done before it. With `readers` (names) and `mine` (has this user read it,
    or written it?), those still to be read first."""
    rows = HandoverNote.objects.visible_to(day.user).filter(
        Q(done_at__isnull=True) | Q(done_at__gte=day.start), Q(until__isnull=True) | Q(until__gte=day.date), centre=day.centre, written_at__lt=day.end
    )
    name = Concat("reads__user__first_name", Value(" "), "reads__user__last_name")
    rows = rows.select_related("written_by", "done_by").annotate(
        readers=ArrayAgg(name, filter=Q(reads__isnull=False), default=Value([])), read_by_me=Count("reads", filter=Q(reads__user=day.user))
    )
    found = list(rows.order_by("written_at", "id"))
    for note in found:
        note.mine = note.read_by_me > 0 or note.written_by_id == day.user.pk or note.done_at is not None  # type: ignore[attr-defined]
    return sorted(found, key=lambda note: (note.done_at is not None, note.mine))  # type: ignore[attr-defined]


# A part that has nothing to say is None.
DAY_SHEET_PARTS: tuple[Callable[[Day], Part | None], ...] = (roll_call, incidents, alerts)


@dataclass(frozen=True)
class Sheet:
    day: Day
    figures: Figures
    parts: list[Part]
    notes: list[HandoverNote]

    @property
    def people(self) -> set[Any]:
        """Keys of the people it names."""
        return {line.person.pk for part in self.parts for line in part.lines if line.person is not None}

    @property
    def narrow(self) -> list[Part]:
        return [part for part in self.parts if not part.wide]

    @property
    def wide(self) -> list[Part]:
        return [part for part in self.parts if part.wide]

    def on_paper(self, most: int) -> list[Part]:
        return [part.on_paper(most) for part in [self._notes(), *self.parts]]

    def _notes(self) -> Part:
        """What the next shift must know, as a part for paper: what is not done yet, whole."""
        lines = []
        for note in self.notes:
            if note.done_at is None:
                until = _("jusqu’au %(day)s") % {"day": note.until.strftime("%d/%m")} if note.until else ""
                lines.append(Line(note.text, " · ".join(filter(None, [note.for_whom, until, str(note.written_by or "")]))))
        return Part(_("Ce que l’équipe suivante doit savoir"), lines, empty=_("Aucune consigne en cours."), order=0)


def sheet_of(user: User, centre: Centre, date: datetime.date) -> Sheet:
    day = Day(user, centre, date)
    counted = figures(day)
    parts = [*moves(day, counted), *assistance(day), *(part for make in DAY_SHEET_PARTS if (part := make(day)) is not None)]
    return Sheet(day, counted, sorted(parts, key=lambda part: part.order), notes(day))
