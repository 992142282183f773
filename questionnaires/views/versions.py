"""Questionnaires and their versions: the list, a draft, its preview, its publication."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import Stale
from centres.access import access
from centres.roles import Right

from .. import services
from ..definition import Definition, check, items_covered, spec_of
from ..forms import AnswerForm, QuestionnaireForm
from ..models import BasicItem, Questionnaire, Version


def number_of(request: HttpRequest, name: str) -> int:
    """A whole number that a form of ours sent; -1 for anything else."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def tell(request: HttpRequest, error: ValidationError | Stale) -> None:
    if isinstance(error, Stale):
        messages.error(request, _("Quelqu’un a modifié ce questionnaire entre-temps. Rien n’a été fait : relisez-le, puis réessayez."))
    else:
        for words in error.messages:
            messages.error(request, words)


@access(Right.EDIT_QUESTIONNAIRES)
def questionnaires(request: HttpRequest) -> HttpResponse:
    """Every questionnaire with its versions."""
    versions = Prefetch("versions", Version.objects.select_related("published_by"))
    return render(request, "questionnaires/questionnaires.html", {"questionnaires": Questionnaire.objects.visible_to(request.user).prefetch_related(versions)})


@access(Right.EDIT_QUESTIONNAIRES, methods="GET POST")
def new(request: HttpRequest) -> HttpResponse:
    form = QuestionnaireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = services.create_questionnaire(actor=request.user, **form.values())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Le questionnaire est commencé. Ajoutez ses questions."))
            return redirect("questionnaires:version", pk=version.pk)
    return render(request, "questionnaires/new.html", {"form": form})


@access(Right.EDIT_QUESTIONNAIRES, load=Questionnaire, methods="POST")
def new_draft(request: HttpRequest, questionnaire: Questionnaire) -> HttpResponse:
    """A new version, beginning as the last one."""
    try:
        version = services.new_draft(actor=request.user, questionnaire=questionnaire)
    except ValidationError as error:
        tell(request, error)
        return redirect("questionnaires:questionnaires")
    return redirect("questionnaires:version", pk=version.pk)


@access(Right.EDIT_QUESTIONNAIRES, load=Questionnaire, methods="POST")
def archive(request: HttpRequest, questionnaire: Questionnaire) -> HttpResponse:
    """No longer asked, or asked again."""
    try:
        services.archive(actor=request.user, questionnaire=questionnaire, version=number_of(request, "version"), archived=request.POST.get("archived") == "1")
    except (ValidationError, Stale) as error:
        tell(request, error)
    return redirect("questionnaires:questionnaires")


@access(Right.EDIT_QUESTIONNAIRES, load=Version, select=("questionnaire", "published_by"))
def version(request: HttpRequest, version: Version) -> HttpResponse:
    """Everything it asks, and for a draft what still stands in the way of publishing it."""
    return render(request, "questionnaires/version.html", _shown(version))


def _shown(version: Version) -> dict[str, Any]:
    definition = Definition(version)
    specs = [spec_of(question) for question in definition.questions]
    problems = check(version.questionnaire.kind, specs) if version.is_draft else []
    by_code: dict[str, list[str]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem.words)
    rows = []
    for place, question in enumerate(definition.questions):
        words = definition.condition_words(question) if question.code not in by_code else question.relevant
        rows.append(
            {
                "question": question,
                "condition": words,
                "problems": by_code.get(question.code, []),
                "first": place == 0,
                "last": place == len(definition.questions) - 1,
                "choices": [str(choice) for choice in question.choices.all()],
            }
        )
    covered = items_covered(specs)
    return {
        "version": version,
        "questionnaire": version.questionnaire,
        "rows": rows,
        "problems": problems,
        "items": [(item.value, item.label, bool(covered[item.value])) for item in BasicItem] if any(covered.values()) or version.questionnaire.kind == "profile" else [],
        "items_covered": sum(map(bool, covered.values())),
    }


@access(Right.EDIT_QUESTIONNAIRES, load=Version, methods="POST", select=("questionnaire",))
def publish(request: HttpRequest, version: Version) -> HttpResponse:
    try:
        services.publish(actor=request.user, draft=version, revision=number_of(request, "revision"))
    except (ValidationError, Stale) as error:
        tell(request, error)
    else:
        messages.success(request, _("La version %(n)s est publiée. Dès maintenant, c’est elle que les centres remplissent.") % {"n": version.number})
    return redirect("questionnaires:version", pk=version.pk)


@access(Right.EDIT_QUESTIONNAIRES, load=Version, methods="POST")
def discard(request: HttpRequest, version: Version) -> HttpResponse:
    """Removes a draft."""
    try:
        services.discard_draft(actor=request.user, draft=version, revision=number_of(request, "revision"))
    except (ValidationError, Stale) as error:
        tell(request, error)
        return redirect("questionnaires:version", pk=version.pk)
    messages.success(request, _("Le brouillon est supprimé."))
    return redirect("questionnaires:questionnaires")


@access(Right.EDIT_QUESTIONNAIRES, load=Version, select=("questionnaire",))
def preview(request: HttpRequest, version: Version) -> HttpResponse:
    """As it will be asked, part by part. Nothing is kept."""
    definition = Definition(version)
    if any(problem.code for problem in check(version.questionnaire.kind, [spec_of(question) for question in definition.questions])):
        messages.error(request, _("Corrigez d’abord les questions signalées : l’aperçu montre le questionnaire comme il sera posé."))
        return redirect("questionnaires:version", pk=version.pk)
    wanted = request.GET.get("part", "1")
    part = next((part for part in definition.parts if str(part.number) == wanted), definition.parts[0] if definition.parts else None)
    form = AnswerForm(definition=definition, questions=part.questions, answers={}, version=0) if part else None
    context = {
        "version": version,
        "questionnaire": version.questionnaire,
        "part": part,
        "tabs": [{"title": one.title, "url": f"?part={one.number}", "current": one is part} for one in definition.parts],
        "form": form,
        "rows": form.drawn() if form else [],
        "part_condition": definition.condition_words(part.section) if part and part.section else "",
    }
    return render(request, "questionnaires/preview.html", context)
