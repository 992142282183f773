"""The protection tab of a file: screening, decision, best interest of a child, search for the family; and opening a file in an emergency."""

import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, allows
from centres.roles import Right
from config.throttle import Throttle

from .. import services
from ..forms import BestInterestForm, DecisionForm, EmergencyForm, ScreeningForm, TracingForm, new_id, put_errors, sent
from ..models import CARE, BestInterest, EmergencyNotice, FamilyTracing, Migrant, ProtectedFindings, VulnerabilityAssessment
from ..pages.file import papers
from ..pages.protection import DECISION_TONES, SEVERITY_TONES, flag_chips
from ..vulnerabilities import FACTORS, LEVELS
from .file import head_of
from .keeping import fresh


def _by_level(codes: list[str]) -> list[dict[str, Any]]:
    """The factors found, level by level, for reading."""
    found = []
    for level, words in LEVELS.items():
        factors = [FACTORS[code] for code in codes if code in FACTORS and FACTORS[code].level == level]
        if factors:
            risks = [factor.words for factor in factors if factor.risk]
            found.append({"title": words, "risks": risks, "strengths": [factor.words for factor in factors if not factor.risk]})
    return found


def _shown(assessment: VulnerabilityAssessment, findings: ProtectedFindings | None) -> VulnerabilityAssessment:
    """With what the page says about it."""
    made: Any = assessment
    made.levels, made.chips, made.findings = _by_level(assessment.factors), flag_chips(assessment.flags), findings
    made.tone, made.decision_tone = SEVERITY_TONES[assessment.severity], DECISION_TONES[assessment.decision]
    if findings is not None:
        made.hidden_levels, made.hidden_chips = _by_level(findings.factors), flag_chips(findings.flags)
    return assessment


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, prefetch=(CARE,))
def protection(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """How vulnerable the person is and who decided what; for protection officers also their own part."""
    user = request.user
    reads_all = allows(user, Right.VIEW_PROTECTION, migrant)
    writes_all = allows(user, Right.VIEW_PROTECTION, migrant, writing=True)
    assessments = list(VulnerabilityAssessment.objects.visible_to(user).filter(migrant=migrant).select_related("assessed_by", "decided_by")[:50])
    findings = {}
    if reads_all:
        findings = {found.assessment_id: found for found in ProtectedFindings.objects.visible_to(user).filter(assessment__migrant=migrant)}
    for assessment in assessments:
        _shown(assessment, findings.get(assessment.pk))
    ended = migrant.care_ended(user)
    best_interests = list(BestInterest.objects.visible_to(user).filter(migrant=migrant).select_related("recorded_by")) if reads_all else []
    context = {
        **head_of(user, migrant, "protection"),
        "current": assessments[0] if assessments else None,
        "earlier": assessments[1:],
        "reads_all": reads_all,
        "writes_all": writes_all,
        "may_screen": services.may_screen(user, migrant),
        "may_decide": writes_all and bool(assessments) and ended is None,
        "minor": migrant.is_minor(),
        "notes": [paper for paper in papers(user, migrant) if paper.sort == "protection"] if reads_all else [],
        "best_interests": best_interests,
        "for_return": next((record for record in _governing(best_interests)), None),
        "tracings": list(FamilyTracing.objects.visible_to(user).filter(migrant=migrant).select_related("asked_by")) if reads_all else [],
        "today": timezone.localdate(),
    }
    return render(request, "cases/protection.html", context)


def _governing(records: list[BestInterest]) -> list[BestInterest]:
    """The determination that lets the child travel today, if there is one (as `determination_for_return`, of rows already read)."""
    today = timezone.localdate()
    taken = [record for record in records if record.kind == BestInterest.Kind.DETERMINATION and record.decided_on <= today]
    return [record for record in taken[:1] if record.allows_return(today)]


def _screening_initial(current: VulnerabilityAssessment | None, findings: ProtectedFindings | None) -> dict[str, Any]:
    """A new assessment begins with what the one before says."""
    initial: dict[str, Any] = {"id": new_id(), "seen": current.pk if current else None}
    if current is not None:
        initial |= {"flags": current.flags, "severity": current.severity, "note": current.note}
    codes = [*(current.factors if current else []), *(findings.factors if findings else [])]
    for level in LEVELS:
        here = [FACTORS[code] for code in codes if code in FACTORS and FACTORS[code].level == level]
        initial[f"risks_{level}"] = [factor.code for factor in here if factor.risk and not factor.protected]
        initial[f"strengths_{level}"] = [factor.code for factor in here if not factor.risk]
        initial[f"protected_{level}"] = [factor.code for factor in here if factor.protected]
    if findings is not None:
        initial |= {"protected_flags": findings.flags, "protected_note": findings.note}
    return initial


@access((Right.REGISTER, Right.VIEW_PROTECTION), load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED, prefetch=(CARE,))
def screen(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """A new assessment. If somebody else made one meanwhile, it is shown beside what was typed, and nothing is lost."""
    user = request.user
    if not services.may_screen(user, migrant):
        raise PermissionDenied
    hidden = allows(user, Right.VIEW_PROTECTION, migrant, writing=True)
    newer = None
    if request.method == "POST":
        form = ScreeningForm(request.POST, protection=hidden)
        if form.is_valid():
            try:
                services.assess_vulnerability(actor=user, migrant=migrant, **form.assessment())
            except SameKeyOtherContent:
                form = fresh(ScreeningForm, request, protection=hidden)
            except Stale as stale:
                newer = _newer(user, stale.current)
                data = request.POST.copy()
                data["seen"] = str(stale.current.pk) if stale.current else ""
                form = ScreeningForm(data, protection=hidden)
            except ValidationError as error:
                put_errors(form, error)
            else:
                words = _("L’évaluation est enregistrée.") if hidden else _("L’évaluation est enregistrée. La protection la voit maintenant sur sa page d’accueil.")
                messages.success(request, words)
                return redirect("cases:protection", pk=migrant.pk)
    else:
        current = VulnerabilityAssessment.objects.visible_to(user).filter(migrant=migrant).first()
        findings = ProtectedFindings.objects.visible_to(user).filter(assessment=current).first() if hidden and current else None
        form = ScreeningForm(initial=_screening_initial(current, findings), protection=hidden)
    return render(request, "cases/screen.html", {"migrant": migrant, "form": form, "newer": newer, "hidden": hidden}, status=409 if newer else 200)


def _newer(user, assessment: VulnerabilityAssessment | None) -> VulnerabilityAssessment | None:
    """Another one's assessment, with only what this user may read of it."""
    if assessment is None:
        return None
    return _shown(assessment, ProtectedFindings.objects.visible_to(user).filter(assessment=assessment).first())


@access(Right.VIEW_PROTECTION, load=VulnerabilityAssessment, methods="GET POST", log=ReadLog.Action.OPENED, select=("migrant", "assessed_by", "decided_by"))
def decide(request: HttpRequest, assessment: VulnerabilityAssessment) -> HttpResponse:
    """A protection officer decides about the current assessment."""
    migrant = assessment.migrant
    if not allows(request.user, Right.VIEW_PROTECTION, assessment, writing=True):
        raise PermissionDenied
    findings = ProtectedFindings.objects.visible_to(request.user).filter(assessment=assessment).first()
    initial = {"version": assessment.version, "decision": assessment.decision, "review_on": assessment.review_on, "reasons": findings.reasons if findings else ""}
    form = DecisionForm(*sent(request), initial=initial)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            services.decide_vulnerability(actor=request.user, assessment=assessment, **form.cleaned_data)
        except Stale as error:
            if error.current is None or error.current.pk != assessment.pk:
                messages.warning(request, _("Une évaluation plus récente existe : c’est elle qui se décide. Rien n’a été enregistré."))
                return redirect("cases:protection", pk=migrant.pk)
            stale, assessment = True, error.current
            findings = ProtectedFindings.objects.visible_to(request.user).filter(assessment=assessment).first()
            data = request.POST.copy()
            data["version"] = str(assessment.version)
            form = DecisionForm(data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La décision est enregistrée."))
            return redirect("cases:protection", pk=migrant.pk)
    context = {"migrant": migrant, "assessment": _shown(assessment, findings), "form": form, "stale": stale}
    return render(request, "cases/decide.html", context, status=409 if stale else 200)


@access(Right.VIEW_PROTECTION, load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED)
def best_interest(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """What was found best for a child."""
    if not allows(request.user, Right.VIEW_PROTECTION, migrant, writing=True):
        raise PermissionDenied
    form = BestInterestForm(*sent(request), initial={"id": new_id(), "decided_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            services.record_best_interest(actor=request.user, migrant=migrant, **form.record())
        except SameKeyOtherContent:
            form = fresh(BestInterestForm, request)
        except ValidationError as error:
            put_errors(form, error, {"panel": "name_1"})
        else:
            messages.success(request, _("La décision d’intérêt supérieur est enregistrée."))
            return redirect("cases:protection", pk=migrant.pk)
    return render(request, "cases/best_interest.html", {"migrant": migrant, "form": form, "minor": migrant.is_minor()})


@access(Right.VIEW_PROTECTION, load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED)
def tracing(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The family is to be looked for."""
    if not allows(request.user, Right.VIEW_PROTECTION, migrant, writing=True):
        raise PermissionDenied
    form = TracingForm(*sent(request), initial={"id": new_id(), "asked_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_for_tracing(actor=request.user, migrant=migrant, id=form.cleaned_data["id"], **form.tracing())
        except SameKeyOtherContent:
            form = fresh(TracingForm, request)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La recherche de la famille est enregistrée."))
            return redirect("cases:protection", pk=migrant.pk)
    return render(request, "cases/tracing.html", {"migrant": migrant, "form": form, "title": _("Rechercher la famille")})


@access(Right.VIEW_PROTECTION, load=FamilyTracing, methods="GET POST", log=ReadLog.Action.OPENED, select=("migrant",))
def tracing_result(request: HttpRequest, tracing: FamilyTracing) -> HttpResponse:
    """What came of the search."""
    migrant = tracing.migrant
    if not allows(request.user, Right.VIEW_PROTECTION, tracing, writing=True):
        raise PermissionDenied
    fields = services.best_interest.TRACING_FIELDS
    form = TracingForm(*sent(request), initial={"id": tracing.pk, "version": tracing.version, **{name: getattr(tracing, name) for name in fields}})
    both: list[tuple[Any, Any, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            services.update_tracing(actor=request.user, tracing=tracing, version=form.cleaned_data["version"] or 0, **form.tracing())
        except Stale as stale:
            typed = form.tracing()
            both = [(form.fields[name].label, typed[name], getattr(stale.current, name)) for name in fields if typed[name] != getattr(stale.current, name)]
            data = request.POST.copy()
            data["version"] = str(stale.current.version)
            form = TracingForm(data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La recherche de la famille est mise à jour."))
            return redirect("cases:protection", pk=migrant.pk)
    context = {"migrant": migrant, "form": form, "title": _("Suite de la recherche"), "both": both}
    return render(request, "cases/tracing.html", context, status=409 if both else 200)


# Numbers are not to be tried one after the other.
MISSES = Throttle("emergency", most=10, seconds=3600)


# --- in an emergency -----------------------------------------------------------------------------------------------


@access(Right.VIEW_PROTECTION, methods="GET POST")
def emergency(request: HttpRequest) -> HttpResponse:
    """Opens a file out of scope by its exact number, with a written reason, for three hours."""
    form = EmergencyForm(*sent(request))
    if request.method == "POST" and form.is_valid():
        if MISSES.is_full(request.user.pk):
            return render(request, "429.html", status=429)
        try:
            opened = services.open_in_emergency(actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            MISSES.miss(request.user.pk)
            log_read(request, ReadLog.Action.REFUSED, "cases.emergencyaccess", [])
            put_errors(form, error)
        else:
            log_read(request, ReadLog.Action.EMERGENCY, "cases.migrant", [opened.migrant_id, opened.pk])
            messages.warning(
                request,
                _("Le dossier est ouvert en lecture jusqu’à %(hour)s. Tout ce que vous y lisez est marqué.") % {"hour": f"{timezone.localtime(opened.until):%H:%M}"},
            )
            return redirect("cases:migrant", pk=opened.migrant_id)
    mine = services.running_accesses(request.user)
    return render(request, "cases/emergency.html", {"form": form, "running": list(mine.values()), "hours": datetime.timedelta(hours=3)})


@access(Right.MANAGE_CENTRE, load=EmergencyNotice, methods="POST")
def acknowledge(request: HttpRequest, notice: EmergencyNotice) -> HttpResponse:
    """Whoever runs the centre has read that a file was opened."""
    services.acknowledge_emergency(actor=request.user, notice=notice)
    messages.success(request, _("C’est noté : vous avez lu cet avis."))
    return redirect("home")
