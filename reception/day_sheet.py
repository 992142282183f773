"""A day of a centre on one sheet, for whoever takes over: each part is made by one function."""

import datetime
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from cases.models import Migrant
from centres.models import BedBlock, Centre, Service
from config.charts import format_number

from . import alerts as alert_words
from . import journeys
from .day_material import Day, Figures, Material, material
from .file_flags import lifted_later
from .models import Alert, HandoverNote, Incident, RollCallLine, Stay
from .workflow import State

MOST_URGENT = 12  # missing children on paper


@dataclass
class Line:
    """One line of a part. `screen_only`: never on paper, which lies on a desk."""

    text: str
    detail: str = ""
    url: str = ""
    chip: tuple[str, str] | None = None
    person: Migrant | None = None
    screen_only: bool = False
    people: set[Any] = field(default_factory=set)  # several whom it names

    @property
    def keys(self) -> set[Any]:
        return self.people | ({self.person.pk} if self.person is not None else set())


@dataclass
class Part:
    """`unseen`: how many more there are, not in this user's scope or too many to be shown. `wide`: its lines are long; on the screen it takes the
    whole width. `urgent`: above all else, and set apart. `notes`: in the words of the staff, to be read whole."""

    title: str
    lines: list[Line] = field(default_factory=list)
    count: int | None = None
    unseen: int = 0
    empty: str = ""
    order: int = 50
    wide: bool = False
    urgent: bool = False
    notes: bool = False
    columns: bool = False  # on paper, the columns begin with it

    def on_paper(self, most: int) -> "Part":
        """As it is printed: without what is for the screen only, and with no more lines than that; the last one says how many more."""
        lines = [line for line in self.lines if not line.screen_only]
        left = max(len(lines) - most, 0)
        return replace(self, lines=lines[:most], unseen=self.unseen + left)

    @property
    def more(self) -> str:
        """« et 12 autres »; empty when all is said."""
        return ngettext("et %(n)s autre", "et %(n)s autres", self.unseen) % {"n": format_number(self.unseen)} if self.unseen else ""


def _time(when: str) -> str:
    return timezone.localtime(parse_datetime(when)).strftime("%H:%M")


def _short(day: str | None) -> str:
    found = parse_date(day or "")
    return found.strftime("%d/%m") if found else ""


def _file(person: Migrant) -> str:
    return reverse("cases:migrant", args=[person.pk])


# --- what is to be done: the next shift reads it first ---------------------------------------------------------------


def groups(day: Day, told: Material) -> list[Part]:
    lines = []
    for row in told.rows["groups"]:
        when = timezone.localtime(parse_datetime(row["expected_at"]))
        parts = [
            (row["women"], _("femmes : %(n)s")),
            (row["men"], _("hommes : %(n)s")),
            (row["children"], _("enfants : %(n)s")),
            (row["minors_alone"], _("dont seuls : %(n)s")),
        ]
        number = row["women"] + row["men"] + row["children"]
        text = ngettext("%(n)s personne", "%(n)s personnes", number) % {"n": format_number(number)}
        said = [
            (_("demain à %(time)s") if when.date() > day.date else _("aujourd’hui à %(time)s") if when.date() == day.date else formats.date_format(when))
            % {"time": f"{when:%H:%M}"},
            row["coming_from"],
            ", ".join(words % {"n": n} for n, words in parts if n),
            row["needs"],
        ]
        late = (_("attendu, pas arrivé"), "danger") if when < timezone.now() else None
        lines.append(Line(text, " · ".join(filter(None, said)), reverse("reception:expected_group", args=[row["pk"]]), late))
    return [Part(_("Groupes attendus jusqu’à demain soir"), lines, order=10)] if lines else []


def transfers(day: Day) -> list[Part]:
    """What is asked, on the road and expected; today's alone, as the other things ahead."""
    lines = []
    for one in journeys.of_board(day.user, day.centre) if day.is_today else ():
        first, other = one.first, one.first.from_centre if one.incoming else one.first.to_centre
        way = _("de %(centre)s") if one.incoming else _("vers %(centre)s")
        step = {
            (State.ASKED, True): _("à répondre"),
            (State.ASKED, False): _("attend la réponse"),
            (State.ACCEPTED, True): _("attendu"),
            (State.ACCEPTED, False): _("à faire partir"),
            (State.TRAVELLING, True): _("en route vers ici"),
            (State.TRAVELLING, False): _("en route"),
        }[State(first.state), one.incoming]
        late = _("attendu, pas arrivé") if one.is_late else ""
        number = ngettext("%(n)s personne", "%(n)s personnes", len(one.rows)) % {"n": len(one.rows)}
        text = f"{one.who} ({way % {'centre': other}})" if one.named else f"{number} ({way % {'centre': other}})"
        detail = _("arrivée prévue le %(day)s") % {"day": f"{first.planned_on:%d/%m}"}
        people = set(journeys.people_named([one]))
        lines.append(Line(text, detail, reverse("reception:transfer", args=[first.pk]), (late or step, one.tone), people=people))
    return [Part(_("Transferts"), lines, order=11)] if lines else []


def leaves(day: Day, told: Material) -> list[Part]:
    lines = []
    for row in told.rows["leaves"]:
        if person := told.people.get(row["person"]):
            lines.append(Line(str(person), _("dernière nuit : %(day)s") % {"day": _short(row["last"])}, _file(person), person=person))
    return [Part(_("En permission cette nuit"), lines, len(lines), order=12)] if lines else []


def kept(day: Day, told: Material) -> list[Part]:
    """Beds that wait for somebody in hospital: whose, which and how long."""
    lines = []
    for row in told.rows["kept"]:
        person, bed = told.people.get(row["person"] or ""), f"{row['room']} – {row['bed']}"
        until = _("jusqu’au %(day)s") % {"day": _short(row["until"])}
        lines.append(Line(str(person), f"{bed}, {until}", _file(person), person=person) if person else Line(bed, until))
    return [Part(_("À l’hôpital, lit gardé"), lines, len(lines), order=12)] if lines else []


def flags(day: Day, told: Material) -> list[Part]:
    """What staff must do, or no longer, with somebody since this day."""
    lines = []
    for row in told.rows["flags"]:
        person = told.people[row["person"]]
        since, lifted = parse_datetime(row["since"]), parse_datetime(row["lifted"] or "")
        url, chip = reverse("reception:flags", args=[person.pk]), (_(row["name"]), row["tone"])
        if since and day.start <= since < day.end:
            until = _("jusqu’au %(day)s") % {"day": _short(row["until"])} if row["until"] else ""
            lines.append(Line(str(person), " · ".join(filter(None, [_(row["instruction"]), until])), url, chip, person))
        if lifted and day.start <= lifted < day.end and not lifted_later(lifted, person.care_ended(day.user)):
            lines.append(Line(str(person), _("consigne levée"), url, (chip[0], "neutral"), person))
    return [Part(_("Consignes sur des personnes"), lines, order=13)] if lines else []


def blocks(day: Day, told: Material) -> list[Part]:
    reasons = dict(BedBlock.Reason.choices)
    lines = []
    for row in told.rows["blocks"]:
        until = _("utilisable le %(day)s") % {"day": _short(row["until"])} if row["until"] else ""
        lines.append(Line(f"{row['room']} – {row['bed']}", " · ".join(filter(None, [str(reasons[row["reason"]]), row["note"], until]))))
    return [Part(_("Lits bloqués"), lines, len(lines), order=14)] if lines else []


TONES = {Incident.Severity.MINOR: "neutral", Incident.Severity.SERIOUS: "warn", Incident.Severity.GRAVE: "danger"}


def incidents(day: Day, told: Material) -> list[Part]:
    """What is reserved stays on the screen of those who may see it."""
    kinds, aids, severities = dict(Incident.Kind.choices), dict(Service.Category.choices), dict(Incident.Severity.choices)
    rows, lines = told.rows["incidents"], []
    for row in (row for row in rows if row["rank"] < 2):
        happened = timezone.localtime(parse_datetime(row["happened_at"]))
        when = f"{happened:%H:%M}" if happened >= day.start else f"{happened:%d/%m}"
        due = _("à revoir le %(day)s") % {"day": _short(row["due_on"])} if row["due_on"] else ""
        state = _("clos") if row["closed_at"] else due
        said = [when, row["what"][:160] + ("…" if len(row["what"]) > 160 else ""), f"{state} ({row['due_who']})" if due and row["due_who"] else state]
        named = _("Autre incident") if row["kind"] == Incident.Kind.OTHER else str(capfirst(kinds[row["kind"]]))
        title = named + (f" ({aids[row['aid']]})" if row["aid"] else "")
        chip = (_("gravité : %(severity)s") % {"severity": severities[row["severity"]]}, TONES[Incident.Severity(row["severity"])])
        url = reverse("reception:incident", args=[row["pk"]])
        lines.append(Line(title, " · ".join(filter(None, said)), url, chip, screen_only=row["kind"] in Incident.RESERVED))
    older = rows[0]["older"] if rows else 0
    more = rows[0]["every"] - older - len(lines) if rows else 0
    if older:
        words = ngettext("%(n)s incident plus ancien encore ouvert", "%(n)s incidents plus anciens encore ouverts", older) % {"n": older}
        lines.append(Line(words, url=reverse("reception:incidents", args=[day.centre.code]) + "?state=open"))
    return [Part(_("Incidents"), lines, unseen=more, empty=_("Aucun incident."), order=20, wide=True)]


def alerts(day: Day) -> list[Part]:
    """Alerts that were open at the end of the day; a missing child stands above all else."""
    rows = Alert.objects.visible_to(day.user).filter(Q(closed_at__isnull=True, migrant__merged_into__isnull=True) | Q(closed_at__gte=day.end), centre=day.centre)
    found = alert_words.shown(day.user, alert_words.with_person(day.user, rows.filter(raised_at__lt=day.end)))
    missing, others = [], []
    for row in alert_words.gravest_first(found):
        line = Line(row.words, row.gone, row.url, person=row.person)
        if row.alert.is_of_child:
            line.detail = " · ".join(
                filter(None, [_("depuis le %(when)s") % {"when": formats.date_format(timezone.localtime(row.alert.raised_at), "d/m H:i")}, row.gone])
            )
            missing.append(line)
        else:
            others.append(line)
    urgent = [Part(_("À chercher maintenant"), missing, order=0, urgent=True)] if missing else []
    return [*urgent, Part(_("Alertes ouvertes"), others, empty="" if missing else _("Aucune alerte ouverte."), order=21, wide=True)]


# --- what was ----------------------------------------------------------------------------------------------------


def moves(day: Day, told: Material) -> list[Part]:
    """Who came and who left, in the order of the day; apart from them, who went to hospital and came back."""
    came: dict[bool, list[Line]] = {True: [], False: []}  # by: from hospital?
    gone: dict[bool, list[tuple[datetime.datetime, Line]]] = {True: [], False: []}  # by: to hospital?
    origins, reasons = dict(Stay.Origin.choices), dict(Stay.DepartureReason.choices)
    for row in told.rows["moves"]:
        person = told.people[row["person"]]
        arrived, departed = parse_datetime(row["arrived"]), parse_datetime(row["departed"] or "")
        if arrived and day.start <= arrived < day.end:
            line = Line(str(person), f"{_time(row['arrived'])}, {origins[row['origin']]}", _file(person), person=person)
            came[row["origin"] == Stay.Origin.HOSPITAL].append(line)
        if departed and day.start <= departed < day.end:
            line = Line(str(person), f"{_time(row['departed'])}, {reasons[row['reason']]}", _file(person), person=person)
            gone[row["reason"] == Stay.DepartureReason.HOSPITAL].append((departed, line))
    left = {to: [line for _when, line in sorted(lines, key=lambda one: one[0])] for to, lines in gone.items()}
    counts = told.figures
    parts = [
        Part(_("Arrivées"), came[False], counts.arrived, counts.arrived - len(came[False]), _("Aucune arrivée."), 30),
        Part(_("Départs"), left[False], counts.left, counts.left - len(left[False]), _("Aucun départ."), 31),
    ]
    if counts.back:
        parts.append(Part(_("Retours d’hôpital"), came[True], counts.back, counts.back - len(came[True]), order=31))
    if counts.to_hospital:
        parts.append(Part(_("Départs à l’hôpital"), left[True], counts.to_hospital, counts.to_hospital - len(left[True]), order=31))
    return parts


def roll_call(day: Day, told: Material) -> list[Part]:
    """The evening's round in figures; nothing before it has begun."""
    counts = {row["state"]: row["number"] for row in told.rows["called"]}
    words = [
        Line(
            str(capfirst(RollCallLine.State(state).label)),
            format_number(counts[state]),
            chip=(_("à chercher"), "danger") if state == RollCallLine.State.MISSING else None,
        )
        for state in RollCallLine.State.values
        if state in counts
    ]
    if any(row["finished"] is None for row in told.rows["called"]):
        words.append(Line(_("L’appel du soir n’est pas terminé.")))
    return [Part(_("Appel du soir"), words, order=32)] if words else []


MEALS = {"petit-dejeuner": 0, "dejeuner": 1, "diner": 2}


def assistance(day: Day, told: Material) -> list[Part]:
    """What was given: meals by service, then all else, in people and in pieces."""
    meals: list[Line] = []
    others: list[Line] = []
    for row in sorted(told.rows["given"], key=lambda row: (MEALS.get(row["code"], 9), row["name"])):
        people = ngettext("%(n)s personne", "%(n)s personnes", row["people"]) % {"n": format_number(row["people"])}
        pieces = "" if row["pieces"] == row["people"] else _("%(n)s en tout") % {"n": format_number(row["pieces"])}
        (meals if row["category"] == Service.Category.MEAL else others).append(Line(_(row["name"]), ", ".join(filter(None, [people, pieces]))))
    return [Part(_("Repas"), meals, empty=_("Aucun repas noté."), order=40), Part(_("Assistance"), others, empty=_("Aucune autre assistance notée."), order=41)]


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


WITH_TOLD = (groups, leaves, kept, flags, blocks, incidents, moves, roll_call, assistance)
WAS = 30  # from this order on: what was; before it: what is to be done


@dataclass(frozen=True)
class Sheet:
    day: Day
    figures: Figures
    parts: list[Part]
    notes: list[HandoverNote]

    @property
    def people(self) -> set[Any]:
        """Keys of the people it names."""
        return {key for part in self.parts for line in part.lines for key in line.keys}

    @property
    def urgent(self) -> list[Part]:
        return [part for part in self.parts if part.urgent]

    @property
    def todo(self) -> list[Part]:
        return [part for part in self.parts if part.order < WAS and not part.wide and not part.urgent]

    @property
    def wide(self) -> list[Part]:
        return [part for part in self.parts if part.wide]

    @property
    def was(self) -> list[Part]:
        return [part for part in self.parts if part.order >= WAS]

    def on_paper(self, most: int) -> list[Part]:
        """What is urgent first and whole, then what the next shift must know."""
        others = [replace(part, columns=number == 0) for number, part in enumerate(part for part in self.parts if not part.urgent)]
        return [part.on_paper(max(most, MOST_URGENT) if part.urgent else most) for part in [*self.urgent, self._notes(), *others]]

    def _notes(self) -> Part:
        """What the next shift must know, as a part for paper: what is not done yet, whole."""
        lines = []
        for note in self.notes:
            if note.done_at is None:
                until = _("jusqu’au %(day)s") % {"day": note.until.strftime("%d/%m")} if note.until else ""
                lines.append(Line(note.text, " · ".join(filter(None, [note.for_whom, until, str(note.written_by or "")]))))
        return Part(_("Ce que l’équipe suivante doit savoir"), lines, empty=_("Aucune consigne en cours."), order=1, notes=True)


def sheet_of(user: User, centre: Centre, date: datetime.date) -> Sheet:
    day = Day(user, centre, date)
    told = material(day)
    parts = [*(part for make in WITH_TOLD for part in make(day, told)), *transfers(day), *alerts(day)]
    return Sheet(day, told.figures, sorted(parts, key=lambda part: part.order), notes(day))
