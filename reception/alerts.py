"""The alerts of a centre as they are read: in words, with the person's name for whoever may open the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from cases.models import Migrant
from centres.access import centres_for
from centres.models import Centre, Service
from centres.roles import Right
from config.charts import format_number

from .models import Alert
from .services import NATIONAL, Measured, may_close

Kind = Alert.Kind
TONES = {Kind.MINOR_MISSING: "danger", Kind.OCCUPANCY: "danger", Kind.TENSION: "danger", Kind.TARGET_PASSED: "info", Kind.ARRIVALS_BELOW: "info"}

# The page of the centre that shows what an alert is about, and what is asked of it.
ABOUT = {
    Kind.ARRIVALS_ABOVE: ("expected", ""),
    Kind.ARRIVALS_BELOW: ("expected", ""),
    Kind.OCCUPANCY: ("places-occupancy", ""),
    Kind.LONG_STAY: ("centre", "?show=long#presentes"),
    Kind.TENSION: ("incidents", ""),
    Kind.MINOR_MISSING: ("absences", ""),
    Kind.ABSENCE: ("absences", ""),
    Kind.STOCK: ("stock", ""),
}


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return format_number(int(value) if value == int(value) else float(value))


def _whole(value: Any) -> str:
    """A share of the beds or of a plan: nobody acts on a tenth of a percent."""
    return "–" if value is None else format_number(round(value))


def words(alert: Alert, *, person: str = "", subject: str = "") -> str:
    """What an alert says, with its figures: « Occupation 94 % (seuil 90 %) ». `person`: who it is about, if the reader may know; `subject`:
    the name of what it is about."""
    value, threshold, days = _number(alert.value), _number(alert.threshold), alert.days or 0
    figures = {"value": value, "threshold": threshold, "days": days}
    if alert.kind == Kind.OCCUPANCY:
        return _("Occupation %(value)s %% (seuil %(threshold)s %%)") % (figures | {"value": _whole(alert.value)})
    if alert.kind in (Kind.ARRIVALS_ABOVE, Kind.ARRIVALS_BELOW):
        return _arrivals(alert)
    if alert.kind == Kind.LONG_STAY:
        number = int(alert.value or 0)
        return ngettext("%(value)s séjour au-delà de la limite", "%(value)s séjours au-delà de la limite", number) % figures + _threshold(alert)
    if alert.kind == Kind.TARGET_PASSED:
        if alert.subject == NATIONAL:
            return _("%(value)s personnes assistées dans tous les centres (cible de l’action %(threshold)s)") % figures
        return _("%(value)s personnes assistées depuis le début (part du centre dans la cible : %(threshold)s)") % figures
    if alert.kind == Kind.TENSION:
        return _tension(alert, subject, figures)
    if alert.kind == Kind.MINOR_MISSING:
        said = _("Enfant manquant à l’appel") if alert.is_of_child else _("Absence constatée à l’appel")
        return _("%(what)s : %(person)s") % {"what": said, "person": person} if person else said
    if alert.kind == Kind.ABSENCE:
        return _absence(alert, person, figures)
    if alert.kind == Kind.STOCK:
        named = subject or alert.subject
        said = _("Stock bas : %(what)s, reste %(value)s") % {**figures, "what": named} if named else _("Stock bas, reste %(value)s") % figures
        return said + _threshold(alert)
    return str(capfirst(alert.get_kind_display()))


def measured_words(kind: str, one: Measured) -> str:
    """What a rule measures now, short: a number and its unit."""
    value = _number(one.value)
    counts = {"value": value, "part": _number(one.part), "whole": _number(None if one.whole is None else round(one.whole, 1))}
    if kind == Kind.OCCUPANCY:
        return _("%(value)s %% (personnes présentes : %(part)s, lits : %(whole)s)") % (counts | {"value": _whole(one.value)})
    if one.since is not None and one.last is not None:
        days = {"first": formats.date_format(one.since), "last": formats.date_format(one.last)}
        detail = _("(arrivées : %(part)s, prévues : %(whole)s, du %(first)s au %(last)s compris)") % (counts | days)
        return f"{_against_plan(one.value)} {detail}"
    if kind == Kind.TENSION:
        about = _aid(one.subject) or _("entre résidents")
        return f"{about} : {value}"
    if kind == Kind.TARGET_PASSED:
        counts["threshold"] = _number(one.threshold)
        if one.subject == NATIONAL:
            return _("dans tous les centres, chacune comptée une fois : %(value)s (cible de l’action, somme des seuils des centres : %(threshold)s)") % counts
        return _("personnes assistées dans ce centre depuis le début : %(value)s (seuil de ce centre : %(threshold)s)") % counts
    return value


def _threshold(alert: Alert) -> str:
    """Nothing of a threshold of 0: the first one is one too many."""
    return " " + _("(seuil %(threshold)s)") % {"threshold": _number(alert.threshold)} if alert.threshold else ""


def _against_plan(value: Any) -> str:
    """145.6 (percent of the plan) → « 46 % de plus que prévu »: people compare with what was planned, not with a hundred."""
    difference = round(value) - 100
    if not difference:
        return _("autant que prévu")
    return (_("%(n)s %% de plus que prévu") if difference > 0 else _("%(n)s %% de moins que prévu")) % {"n": format_number(abs(difference))}


def _arrivals(alert: Alert) -> str:
    if alert.value is None or alert.threshold is None:
        return str(capfirst(alert.get_kind_display()))
    figures = {"difference": _against_plan(alert.value), "days": alert.days or 0, "limit": _number(abs(alert.threshold - 100))}
    return _("Arrivées : %(difference)s en %(days)s jours (seuil %(limit)s %%)") % figures


def _tension(alert: Alert, subject: str, figures: dict[str, Any]) -> str:
    number = int(alert.value or 0)
    many = ngettext("%(value)s incident de tension en %(days)s jours", "%(value)s incidents de tension en %(days)s jours", number) % figures
    about = _("au sujet de : %(aid)s") % {"aid": subject or alert.subject} if alert.subject else _("entre résidents")
    return f"{many} {about}" + _threshold(alert)


def _absence(alert: Alert, person: str, figures: dict[str, Any]) -> str:
    who = person or _("Une personne")
    if alert.value is None:
        return _("%(person)s : plus vue depuis plusieurs jours") % {"person": who}
    days = int(alert.value)
    return ngettext("%(person)s : plus vue depuis %(days)s jour", "%(person)s : plus vue depuis %(days)s jours", days) % {"person": who, "days": days} + _threshold(alert)


@dataclass(frozen=True)
class ShownAlert:
    """`person`: the one it is about, for whoever has them in scope. `may_close`: by this reader."""

    alert: Alert
    words: str
    tone: str
    person: Migrant | None
    may_close: bool

    @property
    def url(self) -> str:
        """The page of what it is about: the person (for whoever has them in scope), the incidents, the board, the groups; empty for a figure of the action."""
        if self.person is not None:
            return reverse("cases:migrant", args=[self.person.pk])
        page, asked = ABOUT.get(Kind(self.alert.kind), ("", ""))
        return reverse(f"reception:{page}", args=[self.alert.centre.code]) + asked if page else ""

    @property
    def gone(self) -> str:
        """Says that the cause is gone, of an open alert; empty while it lasts."""
        if self.alert.gone_at is None or self.alert.closed_at is not None:
            return ""
        return _("la cause a disparu le %(day)s") % {"day": formats.date_format(timezone.localtime(self.alert.gone_at))}


def with_person(user: User, alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """With the person, whether the user's centres follow them now (`known`), and the name of the service it is about."""
    cared = {"custodies__centre__in": centres_for(user, Right.VIEW_CASE), "custodies__until__isnull": True}
    known = Exists(Migrant.objects.visible_to(user).filter(pk=OuterRef("migrant_id"), **cared))
    service = Service.objects.filter(code=OuterRef("subject")).order_by().values("name")[:1]
    return alerts.select_related("migrant", "centre", "closed_by").annotate(known=ExpressionWrapper(known, output_field=BooleanField()), service=Subquery(service))


def _aid(code: str) -> str:
    return str(dict(Service.Category.choices).get(code, ""))


def shown(user: User, alerts: Iterable[Alert]) -> list[ShownAlert]:
    """Alerts from `with_person`, for a page."""
    rows = []
    for alert in alerts:
        person = alert.migrant if alert.known else None  # type: ignore[attr-defined]
        service = alert.service or ""  # type: ignore[attr-defined]
        about = _(service) if alert.kind == Kind.STOCK and service else _aid(alert.subject)
        said = words(alert, person=str(person or ""), subject=about)
        rows.append(ShownAlert(alert, said, TONES.get(Kind(alert.kind), "warn"), person, may_close(user, alert)))
    return rows


def open_at(user: User, centre: Centre) -> list[ShownAlert]:
    """The open alerts of the centre, gravest first, for `reception/_alerts.html`: one query."""
    rows = shown(user, with_person(user, Alert.objects.visible_to(user).open().filter(centre=centre)))
    return gravest_first(rows)


def gravest_first(rows: Iterable[ShownAlert]) -> list[ShownAlert]:
    """Those whose cause is gone last."""
    return sorted(rows, key=lambda row: (bool(row.gone), ("danger", "warn", "info").index(row.tone)))


def people_of(rows: Iterable[ShownAlert]) -> set[Any]:
    """Keys of the people these name, for the read log."""
    return {row.person.pk for row in rows if row.person is not None}
