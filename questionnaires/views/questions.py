"""The questions of a draft."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import Stale
from centres.access import access
from centres.roles import Right

from .. import services
from ..definition import Definition
from ..forms import QuestionForm, choice_formset
from ..models import Question, Version
from .versions import number_of, tell


def _published(request: HttpRequest, version: Version) -> HttpResponse:
    messages.error(request, _("Cette version est publiée : elle ne change plus. Commencez une nouvelle version."))
    return redirect("questionnaires:version", pk=version.pk)


@access(Right.EDIT_QUESTIONNAIRES, load=Version, methods="GET POST", select=("questionnaire",))
def add(request: HttpRequest, version: Version) -> HttpResponse:
    """A question more."""
    return _edit(request, version, None) if version.is_draft else _published(request, version)


@access(Right.EDIT_QUESTIONNAIRES, load=Question, methods="GET POST", select=("questionnaire_version__questionnaire",), prefetch=("choices",))
def edit(request: HttpRequest, question: Question) -> HttpResponse:
    """Changes a question. If somebody else did so meanwhile, what they wrote is shown beside what was typed."""
    version = question.questionnaire_version
    return _edit(request, version, question) if version.is_draft else _published(request, version)


def _edit(request: HttpRequest, version: Version, question: Question | None) -> HttpResponse:
    earlier = [row for row in Definition(version).questions if question is None or row.order < question.order]
    named: dict[str, Any] = {"kind": version.questionnaire.kind, "earlier": earlier, "adding": question is None}
    theirs: list[tuple[str, str]] = []
    if request.method == "GET":
        form = QuestionForm(initial=QuestionForm.initial_of(question) if question else {"type": "one"}, **named)
        return _page(request, version, question, form, choice_formset(None, question), theirs)
    form, choices = QuestionForm(request.POST, **named), choice_formset(request.POST, question)
    if "more" in request.POST:  # without script: the same page with more empty lines
        data = request.POST.copy()
        total = data.get("choices-TOTAL_FORMS", "")
        data["choices-TOTAL_FORMS"] = str(min(int(total) + 5, 200)) if total.isascii() and total.isdigit() and len(total) < 5 else "5"
        unchecked = QuestionForm(initial=_typed(request.POST), **named)
        return _page(request, version, question, unchecked, choice_formset(data, question), theirs)
    if form.is_valid() and choices.is_valid():
        try:
            after = form.cleaned_data.get("after") or ""
            saved = services.write_question(
                actor=request.user,
                draft=version,
                spec=form.spec(choices.specs()),
                question=question,
                version=form.cleaned_data["version"],
                after=after[1:] if after.startswith("=") else None,
            )
        except Stale as stale:
            theirs = _theirs(stale.current, form)
            data = request.POST.copy()
            data["version"] = str(stale.current.version)
            form = QuestionForm(data, **named)
            form.add_error(
                None, _("Quelqu’un a modifié cette question entre-temps. Rien n’est encore enregistré : comparez, corrigez si besoin, puis enregistrez de nouveau.")
            )
        except ValidationError as error:
            _put(form, error)
        else:
            messages.success(request, _("La question « %(code)s » est enregistrée.") % {"code": saved.code})
            return redirect("questionnaires:version", pk=version.pk)
    return _page(request, version, question, form, choices, theirs, 409 if theirs else 200)


def _typed(post: Any) -> dict[str, Any]:
    return {name: post.get(name, "") for name in QuestionForm.base_fields if name != "required"} | {"required": "required" in post}


def _put(form: QuestionForm, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    shown = {"text": "text_fr", "hint": "hint_fr"}
    for name, errors in error.error_dict.items():
        name = shown.get(name, name)
        form.add_error(name if name in form.fields else None, errors)


def _theirs(current: Question, form: QuestionForm) -> list[tuple[str, str]]:
    """(label, words) of what is saved now where it differs from what was typed."""
    now = QuestionForm.initial_of(current)
    shown = []
    for name, field in form.fields.items():
        if name in now and name not in ("version", "after") and str(form.cleaned_data.get(name) or "") != str(now[name] or ""):
            words = dict(field.choices).get(now[name], now[name]) if name in ("type", "basic_item", "source") else now[name]
            shown.append((str(field.label), _("oui") if words is True else _("non") if words is False else str(words or "—")))
    choices = "; ".join(f"{choice.code} : {choice}" for choice in current.choices.all())
    return [*shown, *([(_("Réponses possibles"), choices)] if choices else [])]


def _page(request: HttpRequest, version: Version, question: Question | None, form: Any, choices: Any, theirs: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    context = {"version": version, "questionnaire": version.questionnaire, "question": question, "form": form, "choices": choices, "theirs": theirs}
    return render(request, "questionnaires/question.html", context, status=status)


@access(Right.EDIT_QUESTIONNAIRES, load=Question, methods="POST", select=("questionnaire_version",))
def move(request: HttpRequest, question: Question) -> HttpResponse:
    """One place up or down."""
    try:
        services.move_question(actor=request.user, question=question, up=request.POST.get("to") != "down", revision=number_of(request, "revision"))
    except (ValidationError, Stale) as error:
        tell(request, error)
    return redirect("questionnaires:version", pk=question.questionnaire_version_id)


@access(Right.EDIT_QUESTIONNAIRES, load=Question, methods="POST", select=("questionnaire_version",))
def remove(request: HttpRequest, question: Question) -> HttpResponse:
    """Takes it out of the draft."""
    try:
        services.remove_question(actor=request.user, question=question, version=number_of(request, "version"))
    except (ValidationError, Stale) as error:
        tell(request, error)
    else:
        messages.success(request, _("La question « %(code)s » est retirée du brouillon.") % {"code": question.code})
    return redirect("questionnaires:version", pk=question.questionnaire_version_id)
