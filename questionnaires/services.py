"""Writes of questionnaires and of answers. Pages, API, imports and commands all come here."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from centres.access import may
from centres.roles import Right

from .answers import Completeness, asked, clean_answer, completeness, with_file
from .conditions import Value
from .definition import Definition, QuestionSpec, check, choice_rows, spec_of, wrong_condition
from .models import LONGEST_TEXT, MOST_CHOICES, MOST_QUESTIONS, Question, Questionnaire, Response, Version

SomeResponse = TypeVar("SomeResponse", bound=Response)


def _may_edit(actor: User | None) -> None:
    """`actor` None: what Sira itself ships. Raises PermissionDenied."""
    if actor is not None and not may(actor, Right.EDIT_QUESTIONNAIRES):
        raise PermissionDenied


def code_from(text: str, taken: Iterable[str] = ()) -> str:
    """A code made from words, none of those taken: « Niveau d’études » → niveau_d_etudes."""
    plain = re.sub(r"[^a-z0-9]+", "_", slugify(text.replace("’", " ").replace("'", " "))).strip("_")[:36].strip("_") or "question"
    code = plain if plain[0].isalpha() else f"q_{plain}"
    taken, number, found = set(taken), 1, code
    while found in taken:
        number += 1
        found = f"{code[:36]}_{number}"
    return found


# --- questionnaires and versions -----------------------------------------------------------------------------------


@service
def create_questionnaire(*, actor: User | None, code: str, kind: str, title: dict[str, str], questions: Iterable[QuestionSpec] = ()) -> Version:
    """A new questionnaire with its first draft, which is returned. Raises PermissionDenied, ValidationError."""
    _may_edit(actor)
    questionnaire = Questionnaire(code=code, kind=kind, title=title)
    questionnaire.full_clean()
    questionnaire.save(force_insert=True)
    return _draft(actor, questionnaire, questions)


def _draft(actor: User | None, questionnaire: Questionnaire, questions: Iterable[QuestionSpec], origin: dict[str, str] | None = None) -> Version:
    questionnaire = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if questionnaire.archived_at:
        raise ValidationError(_("Ce questionnaire est archivé : reprenez-le d’abord."))
    # A draft in which nothing stands yet is nobody's work: it takes the questions. Locked, as whoever writes a question locks it.
    questions = list(questions)
    version = questionnaire.versions.select_for_update().filter(state=Version.State.DRAFT).first()
    if version is not None and (not questions or version.questions.exists()):
        raise _has_a_draft()
    if version is None:
        last = questionnaire.versions.aggregate(last=Max("number"))["last"] or 0
        version = Version.objects.create(questionnaire=questionnaire, number=last + 1, created_by=actor, origin=origin or {})
    else:
        version.origin = origin or {}
        version.revision += 1
        version.save(update_fields=["origin", "revision"])
    for order, spec in enumerate(questions, start=1):
        _store(Question(questionnaire_version=version, order=order), spec)
    return version


def _has_a_draft() -> ValidationError:
    return ValidationError(_("Ce questionnaire a déjà un brouillon : continuez-le, ou supprimez-le d’abord."))


@service
def new_draft(*, actor: User | None, questionnaire: Questionnaire) -> Version:
    """A draft with everything of the last version. Raises PermissionDenied, ValidationError (there is a draft already)."""
    _may_edit(actor)
    last = questionnaire.versions.exclude(state=Version.State.DRAFT).order_by("-number").first()
    if last is None:
        return _draft(actor, questionnaire, [])
    # The number that a file gave itself is of that version alone: other programs take two files of one number for the same.
    origin = {column: text for column, text in last.origin.items() if column != "version"}
    return _draft(actor, questionnaire, [spec_of(question) for question in Definition(last).questions], origin)


@service
def import_draft(*, actor: User | None, questionnaire: Questionnaire, questions: Iterable[QuestionSpec], origin: dict[str, str] | None = None) -> Version:
    """A draft with these questions, also where one stands in which nothing is asked yet. `origin`: what the file says of itself.
    Raises PermissionDenied, ValidationError (there is a draft already)."""
    _may_edit(actor)
    questions = list(questions)
    if len(questions) > MOST_QUESTIONS:
        raise ValidationError(_("Ce questionnaire a plus de %(n)s lignes. Faites-en deux.") % {"n": MOST_QUESTIONS})
    return _draft(actor, questionnaire, questions, origin)


def _locked(draft: Version, revision: int | None = None) -> Version:
    """The draft, kept still until the end. `revision`: the one the editor saw. Raises Stale, ValidationError."""
    draft = Version.objects.select_for_update(of=("self",)).select_related("questionnaire").get(pk=draft.pk)
    if not draft.is_draft:
        raise ValidationError(_("Cette version est publiée : elle ne change plus. Commencez une nouvelle version."), code="published")
    if revision is not None and draft.revision != revision:
        raise Stale(draft)
    return draft


def _changed(draft: Version) -> None:
    Version.objects.filter(pk=draft.pk).update(revision=F("revision") + 1)


@service
def publish(*, actor: User | None, draft: Version, revision: int) -> Version:
    """From now on this version is asked; the one before stays for the answers that were given to it.

    Raises PermissionDenied, Stale if the draft is no longer the one the editor saw, ValidationError with everything that is wrong."""
    _may_edit(actor)
    draft = _locked(draft, revision)
    problems = check(draft.questionnaire.kind, [spec_of(question) for question in Definition(draft).questions])
    if problems:
        raise ValidationError([f"{problem.code} : {problem.words}" if problem.code else problem.words for problem in problems], code="unfit")
    Version.objects.filter(questionnaire=draft.questionnaire_id, state=Version.State.PUBLISHED).update(state=Version.State.REPLACED)
    draft.state, draft.published_at, draft.published_by = Version.State.PUBLISHED, timezone.now(), actor
    draft.save(update_fields=["state", "published_at", "published_by"])
    return draft


@service
def discard_draft(*, actor: User | None, draft: Version, revision: int) -> None:
    """Removes a draft with its questions. Raises PermissionDenied, Stale, ValidationError."""
    _may_edit(actor)
    _locked(draft, revision).delete()


@service
def archive(*, actor: User | None, questionnaire: Questionnaire, version: int, archived: bool = True) -> Questionnaire:
    """No longer asked (or again); what was answered stays. Raises PermissionDenied, Stale, ValidationError."""
    _may_edit(actor)
    questionnaire = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if questionnaire.version != version:
        raise Stale(questionnaire)
    if bool(questionnaire.archived_at) != archived:
        questionnaire.archived_at = timezone.now() if archived else None
        questionnaire.version += 1
        questionnaire.full_clean()
        questionnaire.save()
    return questionnaire


# --- questions of a draft ------------------------------------------------------------------------------------------


def _store(question: Question, spec: QuestionSpec) -> Question:
    """Writes a question and its choices. Raises ValidationError by field."""
    for name in ("code", "type", "text", "hint", "relevant", "required", "minimum", "maximum", "basic_item", "source", "origin"):
        setattr(question, name, getattr(spec, name))
    for name, texts in (("text", [spec.text]), ("hint", [spec.hint]), ("choices", [choice.text for choice in spec.choices])):
        if any(len(words) > LONGEST_TEXT for text in texts for words in text.values()):
            raise ValidationError({name: _("Écrivez %(n)s signes au plus.") % {"n": LONGEST_TEXT}})
    question.full_clean(exclude=["questionnaire_version", "order"])
    if len(spec.choices) > MOST_CHOICES:
        raise ValidationError({"choices": _("Cette question a plus de %(n)s réponses possibles.") % {"n": MOST_CHOICES}})
    question.save()
    question.choices.all().delete()
    rows = choice_rows(question, spec.choices if question.type in Question.WITH_CHOICES else ())
    for row in rows:
        try:
            row.full_clean(exclude=["question"], validate_unique=False, validate_constraints=False)
            row.validate_constraints(exclude=["question"])
        except ValidationError as error:
            raise ValidationError({"choices": [f"{row.code} : {words}" for words in error.messages]})
    question.choices.bulk_create(rows)
    return question


@service
def write_question(
    *, actor: User | None, draft: Version, spec: QuestionSpec, question: Question | None = None, version: int | None = None, after: str | None = None
) -> Question:
    """Adds a question to a draft, after the one with the code `after` ("": as the first; None: at the end), or changes `question`
    (`version`: the one the editor saw).

    An empty code is made from the words. Raises PermissionDenied, Stale with the question as it is now, ValidationError by field."""
    _may_edit(actor)
    draft = _locked(draft)
    existing = Definition(draft).questions
    if question is not None:
        found = next((row for row in existing if row.pk == question.pk), None)
        if found is None:
            raise ValidationError(_("Cette question a été supprimée entre-temps."), code="gone")
        if found.version != version:
            raise Stale(found)
        question = found
    others = [row for row in existing if question is None or row.pk != question.pk]
    if not spec.code:
        spec = _with(spec, code=code_from(spec.text.get("fr", ""), (row.code for row in others)))
    if any(row.code == spec.code for row in others):
        raise ValidationError({"code": _("Une autre question de ce questionnaire a déjà ce code.")})
    if any(row.origin.get("name") == spec.code for row in others):
        raise ValidationError({"code": _("Une autre question porte ce nom dans le fichier dont elle vient.")})
    if question is not None:
        spec = _as_in_the_file(spec, spec_of(next(row for row in existing if row.pk == question.pk)))
    order = question.order if question is not None else _place(existing, after)
    before = {row.code: spec_of(row) for row in existing if row.order < order}
    if wrong := wrong_condition(spec.relevant, before):
        raise ValidationError({"relevant": wrong})
    if len({choice.code for choice in spec.choices}) < len(spec.choices):
        raise ValidationError({"choices": _("Deux réponses ont le même code.")})
    if question is None:
        if len(existing) >= MOST_QUESTIONS:
            raise ValidationError(_("Ce questionnaire a plus de %(n)s lignes. Faites-en deux.") % {"n": MOST_QUESTIONS})
        draft.questions.filter(order__gte=order).update(order=F("order") + 1)
        question = Question(questionnaire_version=draft, order=order)
    else:
        question.version += 1
    _store(question, spec)
    _changed(draft)
    return question


def _place(existing: list[Question], after: str | None) -> int:
    """The order of a new question. After one that somebody removed meanwhile: at the end."""
    if after == "":
        return existing[0].order if existing else 1
    found = next((row.order for row in existing if row.code == after), None)
    return (found if found is not None else existing[-1].order if existing else 0) + 1


def _as_in_the_file(spec: QuestionSpec, before: QuestionSpec) -> QuestionSpec:
    """With what the file said besides, which no form of ours shows. What was written anew is no longer as the file has it."""
    gone = {name for name, changed in (("name", spec.code != before.code), ("type", spec.type != before.type), ("required", spec.required)) if changed}
    if (spec.minimum, spec.maximum) != (before.minimum, before.maximum):
        gone |= {name for name in before.origin if name.startswith("constraint")}  # said of other limits
    origin = {name: text for name, text in before.origin.items() if name not in gone}
    known = {choice.code: choice.origin for choice in before.choices}
    names = {of["name"]: code for code, of in known.items() if "name" in of}
    if any(names.get(choice.code, choice.code) != choice.code for choice in spec.choices):
        raise ValidationError({"choices": _("Une autre réponse porte ce code dans le fichier dont elle vient.")})
    return _with(spec, origin=origin, choices=tuple(dataclasses.replace(choice, origin=known.get(choice.code, {})) for choice in spec.choices))


def _with(spec: QuestionSpec, **changed: Any) -> QuestionSpec:
    return dataclasses.replace(spec, **changed)


@service
def move_question(*, actor: User | None, question: Question, up: bool, revision: int) -> None:
    """One place up or down. `revision` of the draft that the editor saw: a second click moves nothing. Raises PermissionDenied, Stale."""
    _may_edit(actor)
    draft = _locked(question.questionnaire_version, revision)
    rows = list(draft.questions.order_by("order"))
    place = next((number for number, row in enumerate(rows) if row.pk == question.pk), None)
    other = None if place is None else place + (-1 if up else 1)
    if place is None or other is None or not 0 <= other < len(rows):
        return
    one, two = rows[place], rows[other]
    # For a moment both have one place: the order is unique at the end of the transaction.
    Question.objects.filter(pk=one.pk).update(order=two.order)
    Question.objects.filter(pk=two.pk).update(order=one.order)
    _changed(draft)


@service
def remove_question(*, actor: User | None, question: Question, version: int) -> None:
    """Takes a question out of a draft. Raises PermissionDenied, Stale, ValidationError."""
    _may_edit(actor)
    draft = _locked(question.questionnaire_version)
    found = Question.objects.filter(pk=question.pk).first()
    if found is None:
        return  # clicked twice
    if found.version != version:
        raise Stale(found)
    found.delete()
    _changed(draft)


# --- answers -------------------------------------------------------------------------------------------------------


class Differing(Stale):
    """Somebody else answered the same questions meanwhile. `codes`: which; `current` is the response as it is now."""

    def __init__(self, current: Response, codes: list[str]):
        super().__init__(current)
        self.codes = codes


@service
def save_response(
    *, actor: User | None, response: SomeResponse, definition: Definition, answers: Mapping[str, Any], version: int, subject: Any = None
) -> tuple[SomeResponse, Completeness]:
    """Keeps these answers beside those that are there: a long form may be sent in parts. An answer None is taken back.

    `response`: a row of the floor above, new or already kept; the caller has decided that `actor` may. `version`: the one the
    answers were given on; whoever answered other questions meanwhile is in nobody's way, the same question answered otherwise
    raises Differing. `subject`: whose answers these are, for what their file says. An answer to a question that is not asked (any
    more) is not kept. Raises ValidationError by question code: then nothing is kept. A missing answer is no error: it is told by
    the Completeness, which is returned with the row."""
    model = type(response)
    if not response._state.adding:
        response = model._default_manager.select_for_update(of=("self",)).get(pk=response.pk)
    cleaned, errors = {}, {}
    for code, raw in answers.items():
        question = definition.by_code.get(code)
        if question is None or not question.is_asked_of_the_person:
            errors[code] = ValidationError(_("Ce questionnaire ne pose pas la question « %(code)s ».") % {"code": str(code)[:60]}, code="unknown")
            continue
        try:
            cleaned[code] = clean_answer(question, raw)
        except ValidationError as error:
            errors[code] = error
    if errors:
        raise ValidationError(errors)
    differing = [code for code, value in cleaned.items() if response.changed.get(code, 0) > version and response.answers.get(code) != value]
    if differing:
        raise Differing(response, differing)
    wanted: dict[str, Value] = {code: value for code, value in (response.answers | cleaned).items() if value is not None}
    _shown, counted = asked(definition, with_file(definition, wanted, subject))
    kept = {code: value for code, value in wanted.items() if code in counted}
    found = completeness(definition, kept, subject)
    items = sorted(question.basic_item for question in definition.with_answer if question.basic_item and not question.source and question.code in kept)
    changed = {code for code in response.answers.keys() | kept.keys() if response.answers.get(code) != kept.get(code)}
    if changed or response._state.adding or response.complete != found.whole or response.basic_items != items:
        response.version += 0 if response._state.adding else 1
        response.changed = response.changed | dict.fromkeys(changed, response.version)
        response.answers, response.basic_items, response.complete = kept, items, found.whole
        response.saved_at, response.saved_by = timezone.now(), actor
        response.save()
    return response, found
