"""What protection adds: the tab of the file, flags beside the name, what waits for a decision, the card of the first page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from centres.access import allows, centres_for, may, opened_by
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right

from .. import sections
from ..listing import waiting_for_protection
from ..models import BestInterest, FamilyTracing, Migrant, VulnerabilityAssessment
from ..sections import DueItem, Section, Tab, TimelineRow
from ..vulnerabilities import ALL_FLAGS, PROTECTED_FLAGS, REFER, flag_words
from .file import PAPER_SOURCES, Paper, papers

SHOWN = 6
MOST = 200  # counting on costs more than it tells
BETWEEN = "|"
SEVERITY_TONES = {"low": "neutral", "medium": "info", "high": "warn", "critical": "danger"}
DECISION_TONES = {"": "warn", "confirmed": "danger", "follow_up": "info", "not_confirmed": "neutral"}


# --- the file ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """An assessment as it stands among the papers of a file."""

    paper: Paper
    flags: list[str]
    decision: str
    review_on: Any

    @property
    def severity(self) -> str:
        return str(dict(VulnerabilityAssessment.Severity.choices).get(self.paper.title, self.paper.title))


def _assessments(user, migrant, columns):
    text = Concat(
        Cast("flags", TextField()),
        Value(BETWEEN),
        "decision",
        Value(BETWEEN),
        Coalesce(Cast("review_on", TextField()), Value("", output_field=TextField())),
        output_field=TextField(),
    )
    yield columns(VulnerabilityAssessment.objects.on_file_of(migrant).visible_to(user), "assessed_by", Value("assessment"), "assessed_at", "severity", text, "decided_at")


def _best_interests(user, migrant, columns):
    if not may(user, Right.VIEW_PROTECTION):
        return
    text = Concat("kind", Value(BETWEEN), Coalesce(Cast("review_on", TextField()), Value("", output_field=TextField())), output_field=TextField())
    yield columns(BestInterest.objects.on_file_of(migrant).visible_to(user), "recorded_by", Value("best_interest"), "recorded_at", "decision", text, "decided_on")


def _tracings(user, migrant, columns):
    if not may(user, Right.VIEW_PROTECTION):
        return
    yield columns(
        FamilyTracing.objects.on_file_of(migrant).visible_to(user), "asked_by", Value("tracing"), "recorded_at", "office", Cast("result", CharField()), "result_on"
    )


PAPER_SOURCES.extend((_assessments, _best_interests, _tracings))


def judged(user, migrant: Migrant) -> list[Judged]:
    """The assessments that the user may see, the latest first; read together with the other papers of the file."""
    found = []
    for paper in papers(user, migrant):
        if paper.sort == "assessment":
            flags, decision, review = paper.text.split(BETWEEN)
            found.append(Judged(paper, [code for code in flags.strip("{}").split(",") if code], decision, parse_date(review) if review else None))
    return found


def flags_now(user, migrant: Migrant) -> list[str]:
    """The flags that the user may know of; for a team that no longer follows the person, as they were then."""
    if migrant.care_ended(user) is None:
        return migrant.flags_for(user)
    last = next(iter(judged(user, migrant)), None)
    return last.flags if last is not None and last.decision != VulnerabilityAssessment.Decision.NOT_CONFIRMED else []


def flag_chips(codes: list[str]) -> list[dict[str, str]]:
    return [
        {"label": str(words), "tone": "danger" if code in PROTECTED_FLAGS else "warn" if code == REFER else "info"} for code, words in ALL_FLAGS.items() if code in codes
    ]


def _flags(user, migrant: Migrant) -> list[dict[str, str]]:
    chips = flag_chips(flags_now(user, migrant))
    if access := opened_by(user):
        until = timezone.localtime(access.until).strftime("%H:%M")
        chips.insert(0, {"label": _("accès d’urgence jusqu’à %(hour)s") % {"hour": until}, "tone": "danger"})
    return chips


def _timeline(user, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    url = reverse("cases:protection", args=[migrant.pk])
    decisions = dict(VulnerabilityAssessment.Decision.choices)
    for one in judged(user, migrant):
        words = ", ".join(flag_words(one.flags))
        title = _("Évaluation de vulnérabilité : gravité %(severity)s") % {"severity": one.severity}
        rows.append(TimelineRow(one.paper.at, title, words, url, one.paper.who))
        if one.decision and one.paper.ended:
            chip = {"label": str(decisions[one.decision]), "tone": DECISION_TONES[one.decision]}
            rows.append(TimelineRow(one.paper.ended, _("Décision de protection"), "", url, chip=chip))
    for paper in papers(user, migrant):
        protected = {"label": _("protection"), "tone": "warn"}
        if paper.sort == "best_interest":
            kind, _review = paper.text.split(BETWEEN)
            title = str(dict(BestInterest.Kind.choices)[kind])
            title = title[:1].upper() + title[1:]
            rows.append(TimelineRow(timezone.localdate(paper.ended or paper.at), title, str(dict(BestInterest.Decision.choices)[paper.title]), url, paper.who, protected))
        elif paper.sort == "tracing":
            detail = f"{paper.title} – {dict(FamilyTracing.Result.choices).get(paper.text, '')}"
            rows.append(TimelineRow(paper.at, _("Recherche de la famille"), detail, url, paper.who, protected))
    return rows


def _due(user, migrant: Migrant) -> list[DueItem]:
    last = next(iter(judged(user, migrant)), None)
    if not allows(user, Right.VIEW_PROTECTION, migrant, writing=True):
        return _alone(migrant)
    items, today = [], timezone.localdate()
    url = reverse("cases:protection", args=[migrant.pk])
    if last is None and migrant.is_unaccompanied_minor:
        items.append(DueItem(_("Évaluation de protection à faire"), _("Enfant sans adulte responsable, pas encore évalué."), url, "danger"))
    if last is not None and not last.decision:
        tone = "danger" if last.paper.title in VulnerabilityAssessment.SEVERE else "warn"
        detail = _("Gravité %(severity)s, évaluée par %(who)s.") % {"severity": last.severity, "who": last.paper.who or "–"}
        items.append(DueItem(_("Décision de protection attendue"), detail, url, tone))
    elif last is not None and last.review_on:
        items.append(DueItem(_("Vulnérabilité à revoir"), "", url, "warn" if last.review_on <= today else "info", last.review_on))
    latest = max((paper for paper in papers(user, migrant) if paper.sort == "best_interest"), key=lambda paper: (paper.ended, paper.at), default=None)
    if latest is not None and (review := parse_date(latest.text.split(BETWEEN)[1] or "")):
        items.append(DueItem(_("Décision d’intérêt supérieur à revoir"), "", url, "warn" if review <= today else "info", review))
    return items


def _alone(migrant: Migrant) -> list[DueItem]:
    """For those who read no protection notes: whose matter the child is; not what protection knows."""
    if not migrant.is_unaccompanied_minor:
        return []
    detail = _("La protection voit l’enfant sur sa première page et l’évalue. Signalez-lui ce qui vous inquiète ; sans elle, l’enfant ne part avec personne.")
    return [DueItem(_("Enfant sans adulte responsable"), detail, "", "warn")]


def _tabs(user, migrant: Migrant) -> list[Tab]:
    return [Tab("protection", _("Protection"), reverse("cases:protection", args=[migrant.pk]), 30)]


def _keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [VulnerabilityAssessment.objects.filter(migrant=migrant), FamilyTracing.objects.visible_to(user).filter(migrant=migrant)]


sections.register(Section("protection", Right.VIEW_CASE, timeline=_timeline, older=_timeline, due=_due, flags=_flags, tabs=_tabs, keys=_keys))


# --- the first page ------------------------------------------------------------------------------------------------


GROUPS = ("undecided", "review", "severe")


def _card(request) -> dict[str, Any]:
    """What waits for a protection officer: to be decided, reviews due, high severity; the worst first, as of this very moment."""
    centres = centres_for(request.user, Right.VIEW_PROTECTION)
    undecided_ones, due_ones, severe_ones = (waiting_for_protection(request.user, what).select_related("migrant") for what in GROUPS)
    parts = (
        undecided_ones.order_by("assessed_at")[:MOST],
        due_ones.order_by("review_on", "pk")[: SHOWN + 1],
        severe_ones.order_by("-assessed_at")[: SHOWN + 1],
    )
    marked = [part.annotate(group=Value(number, output_field=IntegerField())) for number, part in enumerate(parts)]
    found = list(marked[0].union(*marked[1:], all=True))  # one question for the three
    undecided, due, severe = ([row for row in found if row.group == number] for number in range(3))
    undecided.sort(key=lambda one: (one.severity not in VulnerabilityAssessment.SEVERE, one.severity != "critical", one.assessed_at))
    due.sort(key=lambda one: one.review_on)
    severe.sort(key=lambda one: one.assessed_at, reverse=True)
    children = list(
        BestInterest.objects.visible_to(request.user)
        .review_due()
        .filter(migrant__in=Migrant.objects.in_care_of_any(centres))
        .select_related("migrant")
        .order_by("review_on")[: SHOWN + 1]
    )
    groups = [
        {"title": _("À décider"), "rows": undecided[:SHOWN], "total": len(undecided), "empty": _("Aucune évaluation n’attend de décision.")},
        {"title": _("À revoir"), "rows": due[:SHOWN], "total": len(due), "empty": ""},
        {"title": _("Gravité élevée ou critique"), "rows": severe[:SHOWN], "total": len(severe), "empty": ""},
    ]
    for what, group in zip(GROUPS, groups, strict=True):
        group["url"] = f"{reverse('cases:migrants')}?protection={what}"
        for row in group["rows"]:
            row.tone = SEVERITY_TONES[row.severity]
    return {"groups": groups, "children": children[:SHOWN], "shown": SHOWN, "most": MOST}


add_to_home(HomeCard("cases/home_protection.html", (Right.VIEW_PROTECTION,), 15, _card))
