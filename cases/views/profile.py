"""What a person tells of themselves: their answers, part by part, and how complete profiles are."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.models import ReadLog
from centres.access import access, allows, centres_for, may
from centres.models import Centre
from centres.roles import Right
from questionnaires import answers as answering
from questionnaires.conditions import Value
from questionnaires.definition import Definition, Part
from questionnaires.forms import PREFIX, AnswerForm
from questionnaires.models import BasicItem, Questionnaire, Version
from questionnaires.services import Differing
from questionnaires.wording import said

from .. import services
from ..forms.completeness import PeriodForm
from ..models import CARE, Migrant, Profile, RouteStep
from ..profiles import Subject, completeness_by_centre, road
from .file import head_of

# Fewer people than this are not told in percent to whoever does not know them.
FEW = 5


def head(request: HttpRequest, migrant: Migrant) -> dict[str, Any]:
    """The head of the file above the profile and its parts."""
    return {**head_of(request.user, migrant, "profile"), "may_correct": allows(request.user, Right.REGISTER, migrant, writing=True)}


def seen_profiles(request: HttpRequest, migrant: Migrant) -> list[Profile]:
    """Those that the user may see, the one that counts first."""
    found = Profile.objects.visible_to(request.user).filter(migrant=migrant).latest_first()
    return list(found.select_related("questionnaire_version__questionnaire", "saved_by")[:20])


def _steps(request: HttpRequest, migrant: Migrant) -> list[RouteStep]:
    return list(RouteStep.objects.visible_to(request.user).filter(migrant=migrant).order_by("order", "id"))


def _in_force() -> Version | None:
    return Version.objects.in_force(Questionnaire.Kind.PROFILE)


def _wanted(request: HttpRequest, profiles: list[Profile]) -> Profile | None:
    """The profile that the address names, else the one that counts. Raises Http404."""
    if "profile" not in request.GET:
        return profiles[0] if profiles else None
    try:
        key = uuid.UUID(request.GET["profile"])
    except ValueError as error:
        raise Http404 from error
    found = next((profile for profile in profiles if profile.pk == key), None)
    if found is None:
        raise Http404
    return found


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, select=("origin_area", "registered_centre"), prefetch=(CARE,))
def profile(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The answers, with the version they were given to; how complete they are; the road."""
    profiles, in_force, steps = seen_profiles(request, migrant), _in_force(), _steps(request, migrant)
    shown = _wanted(request, profiles)
    version = shown.questionnaire_version if shown else in_force
    context = head(request, migrant) | {
        "profile": shown,
        "version": version,
        "current": bool(version and in_force and version.pk == in_force.pk and (not shown or shown is profiles[0])),
        "in_force": in_force,
        "others": [other for other in profiles if shown is None or other.pk != shown.pk],
        "steps": _step_rows(request, migrant, steps),
        "map": road(steps),
    }
    if version is not None:
        context |= _answers(Definition(version), shown.answers if shown else {}, Subject(migrant, len(steps)))
    return render(request, "cases/profile.html", context)


def _answers(definition: Definition, answers: dict[str, Value], subject: Subject) -> dict[str, Any]:
    known = answering.with_file(definition, answers, subject)
    asked, counted = answering.asked(definition, known)
    codes = {question.code for question in asked}
    found = answering.completeness(definition, answers, subject)
    parts = []
    for part in definition.parts:
        rows = [
            {
                "question": question,
                "text": answering.said_with(definition, said(question.text), counted),
                "words": _words(question, counted, subject),
                "missing": question.required and question.code not in counted,
            }
            for question in part.questions
            if question.code in codes and question.has_answer
        ]
        if rows:
            parts.append({"part": part, "rows": rows, "to_fill": any(row["question"].is_asked_of_the_person for row in rows)})
    items = [(item.value, item.label, found.items[item.value]) for item in BasicItem if item.value in found.items]
    return {
        "parts": parts,
        "completeness": found,
        "items": items,
        "items_missing": [label for _number, label, known_ in items if not known_],
        "items_total": len(items),
    }


def _words(question: Any, counted: dict[str, Value], subject: Subject) -> str:
    from questionnaires.sources import SOURCES

    if question.source:
        source = SOURCES.get(question.source)
        return source.words(subject) if source else ""
    return answering.in_words(question, counted.get(question.code))


def _step_rows(request: HttpRequest, migrant: Migrant, steps: list[RouteStep]) -> list[dict[str, Any]]:
    """What happened that is for protection is only handed to those who may see it; the step is there for all."""
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant)
    return [
        {
            "step": step,
            "number": number,
            "protected": step.protection_words if protection else [],
            "first": number == 1,
            "last": number == len(steps),
        }
        for number, step in enumerate(steps, start=1)
    ]


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED, select=("origin_area",), prefetch=(CARE,))
def part(request: HttpRequest, migrant: Migrant, number: int) -> HttpResponse:
    """One part of the questionnaire, asked and saved by itself."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    in_force = _in_force()
    if in_force is None:
        messages.error(request, _("Aucun questionnaire de profil n’est publié. Demandez au suivi-évaluation d’en publier un."))
        return redirect("cases:profile", pk=migrant.pk)
    definition = Definition(in_force)
    # A part in which the file answers everything asks nothing.
    to_fill = [part for part in definition.parts if any(question.is_asked_of_the_person for question in part.questions)]
    if number == 0 and to_fill:  # wherever the questionnaire begins
        return redirect("cases:profile_part", pk=migrant.pk, number=to_fill[0].number)
    current = next((part for part in to_fill if part.number == number), None)
    if current is None:
        raise Http404
    latest = next(iter(seen_profiles(request, migrant)), None)
    same = latest is not None and latest.questionnaire_version_id == in_force.pk
    answers = latest.answers if same else services.carried_over(latest, definition) if latest else {}
    subject = Subject(migrant, migrant.route_steps.filter(removed_at__isnull=True).count())
    version = latest.version if same else 0
    questions = _asked_here(definition, current, answers, subject)
    arguments: dict[str, Any] = {"definition": definition, "questions": questions, "answers": answers, "version": version}
    form = AnswerForm(request.POST if request.method == "POST" else None, **arguments)
    theirs: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            _profile, found = services.save_profile(actor=request.user, migrant=migrant, answers=form.answers(), version=form.cleaned_data["version"])
        except Differing as stale:
            theirs = [
                (str(definition.by_code[code]), answering.in_words(definition.by_code[code], stale.current.answers.get(code)) or _("sans réponse"))
                for code in stale.codes
            ]
            data = request.POST.copy()
            data["version"] = str(stale.current.version)
            form = AnswerForm(data, **arguments)
            for code in stale.codes:
                form.add_error(
                    f"{PREFIX}{code}", _("Quelqu’un a répondu autrement entre-temps. Gardez votre réponse ou reprenez la sienne, puis enregistrez de nouveau.")
                )
        except ValidationError as error:
            form.put_errors(error)
        else:
            return _saved(request, migrant, to_fill, current, found)
    context = {
        "migrant": migrant,
        "part": current,
        "form": form,
        "rows": form.drawn(),
        "theirs": theirs,
        "steps": [{"title": one.title, "url": "" if one is current else f"../{one.number}/", "state": "current" if one is current else "todo"} for one in to_fill],
        "last": current is to_fill[-1],
        "condition": definition.condition_words(current.section) if current.section else "",
    }
    return render(request, "cases/profile_part.html", context, status=409 if theirs else 200)


def _asked_here(definition: Definition, part: Part, answers: dict[str, Value], subject: Subject) -> list[Any]:
    """What the page shows: what is asked as things stand, and what may be once this page is answered."""
    asked, _counted = answering.asked(definition, answering.with_file(definition, answers, subject))
    now = {question.code for question in asked}
    here = {question.code for question in part.questions}
    return [question for question in part.questions if not question.source and (question.code in now or _hangs_on(definition, question, here))]


def _hangs_on(definition: Definition, question: Any, codes: set[str]) -> bool:
    from questionnaires import conditions

    return any(conditions.references(node) & codes for node in definition.condition(question))


def _saved(request: HttpRequest, migrant: Migrant, parts: list[Part], current: Part, found: answering.Completeness) -> HttpResponse:
    missing = [str(question) for question in found.missing if question in current.questions or question.code in {one.code for one in current.questions}]
    if missing:
        messages.warning(request, _("C’est enregistré. Dans cette partie, il manque encore : %(questions)s") % {"questions": " · ".join(missing)})
    else:
        messages.success(request, _("C’est enregistré."))
    place = parts.index(current)
    if "next" in request.POST and place + 1 < len(parts):
        return redirect("cases:profile_part", pk=migrant.pk, number=parts[place + 1].number)
    return redirect("cases:profile", pk=migrant.pk)


@access((Right.MANAGE_CENTRE, Right.EDIT_QUESTIONNAIRES))
def completeness(request: HttpRequest) -> HttpResponse:
    """Per centre, how many have each of the twelve basic informations: numbers, no names."""
    national = may(request.user, Right.EDIT_QUESTIONNAIRES)
    form = PeriodForm(request.GET)
    centres = list(Centre.objects.all() if national else Centre.objects.filter(pk__in=centres_for(request.user, Right.MANAGE_CENTRE)))
    in_force, rows = _in_force(), []
    if form.is_valid() and in_force is not None:
        found = completeness_by_centre([centre.pk for centre in centres], form.cleaned_data["since"], form.cleaned_data["until"], Definition(in_force))
        rows = [_centre_row(centre, found.get(centre.pk), hide_few=not may(request.user, Right.MANAGE_CENTRE, centre)) for centre in centres]
    context = {
        "form": form,
        "rows": rows,
        "in_force": in_force,
        "items": [(item.value, item.label, [(row["centre"].name, row["items"][item.value]) for row in rows]) for item in BasicItem],
        "since": form.cleaned_data.get("since") if form.is_valid() else None,
        "until": form.cleaned_data.get("until") if form.is_valid() else None,
        "few": FEW,
    }
    return render(request, "cases/completeness.html", context)


def _centre_row(centre: Centre, found: Any, *, hide_few: bool) -> dict[str, Any]:
    people = found.people if found else 0
    hidden = hide_few and 0 < people < FEW

    def share(number: int) -> float | None:
        return None if hidden or not people else number / people

    return {
        "centre": centre,
        "people": None if hidden else people,
        "hidden": hidden,
        "whole": share(found.whole) if found else None,
        "items": {item.value: share(found.items.get(item.value, 0)) if found else None for item in BasicItem},
    }
