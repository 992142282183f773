"""What health and the criteria of aid add to the file and to the first page. The file asks its one question for all papers; the medical
words themselves stand nowhere but on the health page."""

import datetime
from typing import Any

from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases import sections
from cases.models import Migrant
from cases.pages.file import PAPER_SOURCES, papers
from cases.sections import DueItem, Section, Tab, TimelineRow
from centres.access import allows, may
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right
from config.languages import LANGUAGES

from .models import CriteriaTold, HealthRecord, Stay
from .models.health import AWAITED_DAYS
from .pages import open_stay

BETWEEN = "|"
SHOWN = 8


# --- papers of the file ----------------------------------------------------------------------------------------------


def _health(user, migrant, columns):
    """Only the day to come again, and only for those who read the rest too."""
    if not may(user, Right.VIEW_HEALTH):
        return
    records = HealthRecord.objects.on_file_of(migrant).visible_to(user)
    back = Coalesce(Cast("return_on", TextField()), Value("", output_field=TextField()))
    yield columns(records.alias(migrant=F("assistance__migrant")), "written_by", Value("health"), "written_at", Value(""), back, passing=True)


def _told(user, migrant, columns):
    words = Concat("criteria__centre__code", Value(BETWEEN), Cast("criteria__version", CharField()), Value(BETWEEN), "how", output_field=TextField())
    yield columns(CriteriaTold.objects.on_file_of(migrant).visible_to(user), "told_by", Value("criteria"), "told_at", "language", words)


PAPER_SOURCES.extend((_health, _told))


# --- health ----------------------------------------------------------------------------------------------------------


def _health_tabs(user, migrant: Migrant) -> list[Tab]:
    return [Tab("health", _("Santé"), reverse("reception:health", args=[migrant.pk]), 40)]


def _health_due(user, migrant: Migrant) -> list[DueItem]:
    """The latest record decides whether the person is to come again."""
    last = next((paper for paper in papers(user, migrant) if paper.sort == "health"), None)
    day = parse_date(last.text) if last is not None and last.text else None
    if (
        day is None
        or day < timezone.localdate() - datetime.timedelta(days=AWAITED_DAYS)
        or migrant.died_on is not None
        or not allows(user, Right.VIEW_HEALTH, migrant, writing=True)
    ):
        return []
    return [DueItem(_("À revoir pour un soin"), "", reverse("reception:health", args=[migrant.pk]), "warn" if day <= timezone.localdate() else "info", day)]


def _health_keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [HealthRecord.objects.visible_to(user).filter(assistance__migrant=migrant)]


sections.register(Section("health", Right.VIEW_HEALTH, tabs=_health_tabs, due=_health_due, keys=_health_keys))


def _waiting(user) -> QuerySet[HealthRecord]:
    """Who is to come again: whoever left is nobody's to call back, but for those in hospital."""
    last = Stay.objects.filter(migrant=OuterRef("assistance__migrant")).order_by("-arrived_at")
    due = HealthRecord.objects.visible_to(user).in_care_for(user).due()
    due = due.annotate(left_at=Subquery(last.values("departed_at")[:1]), left_for=Subquery(last.values("departure_reason")[:1]))
    return due.filter(Q(left_at__isnull=True) | Q(left_for=Stay.DepartureReason.HOSPITAL))


def _health_card(request) -> dict[str, Any]:
    """Who should have come again by today, the longest ago first."""
    due: list[Any] = list(_waiting(request.user).select_related("assistance__migrant", "assistance__service").order_by("return_on", "pk")[: SHOWN + 1])
    for record in due:
        if record.left_at is not None:
            words = {"day": date_format(timezone.localtime(record.left_at)), "why": dict(Stay.DepartureReason.choices).get(record.left_for, "")}
            record.left = _("départ du centre le %(day)s (%(why)s)") % words
    return {"rows": due[:SHOWN], "more": len(due) > SHOWN, "today": timezone.localdate()}


add_to_home(HomeCard("reception/home_health.html", (Right.VIEW_HEALTH,), 14, _health_card, rows=_waiting))


# --- criteria of aid -------------------------------------------------------------------------------------------------


def _told_timeline(user, migrant: Migrant) -> list[TimelineRow]:
    rows, hows, languages = [], dict(CriteriaTold.How.choices), dict(LANGUAGES)
    for paper in papers(user, migrant):
        if paper.sort == "criteria":
            code, version, how = paper.text.split(BETWEEN)
            detail = _("%(centre)s, version %(version)s, en %(language)s : %(how)s")
            words = {"centre": code, "version": version, "language": languages.get(paper.title, paper.title), "how": hows.get(how, how)}
            rows.append(TimelineRow(paper.at, _("Critères de l’aide expliqués"), detail % words, who=paper.who))
    return rows


def _told_due(user, migrant: Migrant) -> list[DueItem]:
    """At the centre, and not told yet by which criteria it helps. For a child with an adult the adult is told."""
    stay = open_stay(migrant)
    if stay is None or (migrant.accompanied_by_id and migrant.is_minor()) or not may(user, Right.RECEIVE, stay.centre):
        return []
    code = stay.centre.code
    if any(paper.sort == "criteria" and paper.text.startswith(code + BETWEEN) for paper in papers(user, migrant)):
        return []
    url = f"{reverse('reception:criteria', args=[code])}?who={migrant.pk}"
    return [DueItem(_("Critères de l’aide à expliquer"), _("Lisez-les ou dites-les à la personne, dans une langue qu’elle comprend."), url, "info")]


sections.register(Section("criteria", Right.VIEW_CASE, timeline=_told_timeline, older=_told_timeline, due=_told_due))
