"""Questionnaires and their versions: what is published never changes, whoever tries and by whatever way."""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from audit.acting import Stale
from questionnaires import services
from questionnaires.definition import Definition, check, spec_of
from questionnaires.models import BasicItem, Choice, Question, Questionnaire, Version
from questionnaires.setup import ensure_questionnaires

from .factories import a_question, editor, make_draft, make_published, spec


def _shipped() -> Version:
    return Version.objects.in_force(Questionnaire.Kind.PROFILE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda v: Version.objects.filter(pk=v.pk).update(number=9),
        lambda v: Version.objects.filter(pk=v.pk).update(state="draft", published_at=None),
        lambda v: Version.objects.filter(pk=v.pk).update(state="replaced", number=9),
        lambda v: Version.objects.filter(pk=v.pk).delete(),
        lambda v: v.questions.filter(code="un").update(text={"fr": "Autre"}),
        lambda v: v.questions.filter(code="un").update(questionnaire_version=make_draft().pk),
        lambda v: v.questions.all().delete(),
        lambda v: Question.objects.create(questionnaire_version=v, order=9, code="neuf", type="text", text={"fr": "Neuf ?"}),
        lambda v: Choice.objects.filter(question__questionnaire_version=v).update(text={"fr": "Autre"}),
        lambda v: Choice.objects.filter(question__questionnaire_version=v).delete(),
        lambda v: Choice.objects.create(question=a_question(v, "deux"), order=9, code="neuf", text={"fr": "Neuf"}),
        lambda v: a_question(make_draft(spec("autre")), "autre") and Question.objects.filter(code="autre").update(questionnaire_version=v, order=99),
    ],
)
def test_a_published_version_never_changes(change):
    version = make_published()
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        change(version)


@pytest.mark.django_db
def test_a_draft_changes():
    draft = make_draft()
    draft.questions.filter(code="un").update(text={"fr": "Autre"})
    Choice.objects.filter(question__questionnaire_version=draft).delete()
    services.discard_draft(actor=editor(), draft=draft, revision=1)
    assert not Version.objects.filter(pk=draft.pk).exists()


@pytest.mark.django_db
def test_the_next_version_begins_as_the_last_and_replaces_it():
    first = make_published(spec("un", relevant="", required=True), spec("deux", "several", choices="a b c", hint={"fr": "Aide", "en": "Help"}))
    draft = services.new_draft(actor=editor(), questionnaire=first.questionnaire)
    assert (draft.number, draft.state) == (2, "draft")
    assert [spec_of(q) for q in Definition(draft).questions] == [spec_of(q) for q in Definition(first).questions]
    with pytest.raises(ValidationError):
        services.new_draft(actor=editor(), questionnaire=first.questionnaire)
    services.publish(actor=editor(), draft=draft, revision=1)
    first.refresh_from_db()
    assert first.state == "replaced"
    assert Version.objects.get(questionnaire=first.questionnaire, state="published") == draft


@pytest.mark.django_db
def test_the_shipped_profile_covers_each_basic_item_once():
    version = _shipped()
    found = [question.basic_item for question in version.questions.exclude(basic_item=None)]
    assert sorted(found) == BasicItem.values == list(range(1, 13))
    assert check("profile", [spec_of(question) for question in Definition(version).questions]) == []
    assert all(set(question.text) == {"fr", "en", "es"} for question in version.questions.all())
    assert ensure_questionnaires() == 0, "what is there stays"


@pytest.mark.django_db
def test_a_profile_without_one_of_the_twelve_is_not_published():
    draft = services.new_draft(actor=editor(), questionnaire=_shipped().questionnaire)
    services.remove_question(actor=editor(), question=a_question(draft, "metier"), version=1)
    draft.refresh_from_db()
    with pytest.raises(ValidationError) as refused:
        services.publish(actor=editor(), draft=draft, revision=draft.revision)
    assert "métier avant le départ" in " ".join(refused.value.messages)
    assert "metier_autre" in " ".join(refused.value.messages), "a condition that lost its question"
    assert _shipped().number == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "questions", "words"),
    [
        ("survey", [spec("p", "section"), spec("n", "note")], "aucune question"),
        ("survey", [spec("un", relevant="${deux} = 'x'"), spec("deux")], "n’est pas une question posée avant"),
        ("survey", [spec("un", relevant="${un} = 'x'")], "n’est pas une question posée avant"),
        ("survey", [spec("p", "section"), spec("un", relevant="${p} = 'x'")], "n’est pas une question posée avant"),
        ("survey", [spec("un", "one"), spec("deux", relevant="${un} = 'z'")], "n’a pas"),
        ("survey", [spec("un", "yes_no"), spec("deux", relevant="selected(${un}, 'oui')")], "n’a pas"),
        ("survey", [spec("un", relevant="${un} ==")], "condition"),
        ("survey", [spec("un", "one", choices="a")], "au moins deux réponses"),
        ("survey", [spec("un", source="sex")], "n’existe pas pour ce questionnaire"),
        ("profile", [spec("un", source="nothing")], "n’existe pas pour ce questionnaire"),
        ("survey", [spec("un", basic_item=5), spec("deux", basic_item=5)], "plus d’une fois"),
        ("survey", [spec("zero"), spec("un", basic_item=5, relevant="${zero} = 'x'")], "à tout le monde"),
        ("survey", [spec("zero"), spec("p", "section", relevant="${zero} = 'x'"), spec("un", basic_item=5)], "à tout le monde"),
        ("survey", [spec("un"), spec("un")], "Deux questions ont le code"),
        ("profile", [spec("un", basic_item=5)], "Il manque 11 informations de base"),
    ],
)
def test_what_stands_in_the_way_of_publishing(kind, questions, words):
    assert any(words in problem.words for problem in check(kind, questions)), check(kind, questions)


@pytest.mark.django_db
def test_only_those_who_write_questionnaires(persona):
    draft = make_draft()
    question = a_question(draft)
    for username in ("agent.gao", "manager.gao", "protection", "steering.eu", "admin"):
        actor = persona(username)
        for attempt in (
            lambda actor=actor: services.create_questionnaire(actor=actor, code="x", kind="survey", title={"fr": "X"}),
            lambda actor=actor: services.new_draft(actor=actor, questionnaire=draft.questionnaire),
            lambda actor=actor: services.publish(actor=actor, draft=draft, revision=1),
            lambda actor=actor: services.discard_draft(actor=actor, draft=draft, revision=1),
            lambda actor=actor: services.archive(actor=actor, questionnaire=draft.questionnaire, version=1),
            lambda actor=actor: services.write_question(actor=actor, draft=draft, spec=spec("trois")),
            lambda actor=actor: services.move_question(actor=actor, question=question, up=True, revision=1),
            lambda actor=actor: services.remove_question(actor=actor, question=question, version=1),
            lambda actor=actor: services.import_draft(actor=actor, questionnaire=draft.questionnaire, questions=[]),
        ):
            with pytest.raises(PermissionDenied):
                attempt()
    services.publish(actor=persona("me.aecid"), draft=draft, revision=1)


@pytest.mark.django_db
def test_two_editors_of_one_question(persona):
    draft = make_draft()
    question = a_question(draft)
    services.write_question(actor=persona("me.iom"), draft=draft, question=question, version=1, spec=spec("un", text={"fr": "La première"}))
    with pytest.raises(Stale) as stale:
        services.write_question(actor=persona("me.aecid"), draft=draft, question=question, version=1, spec=spec("un", text={"fr": "La deuxième"}))
    assert str(stale.value.current) == "La première"
    with pytest.raises(Stale):
        services.remove_question(actor=persona("me.aecid"), question=question, version=1)
    with pytest.raises(Stale):
        services.publish(actor=persona("me.aecid"), draft=draft, revision=1)


@pytest.mark.django_db
def test_a_second_click_moves_nothing():
    draft = make_draft(spec("un"), spec("deux"), spec("trois"))
    services.move_question(actor=editor(), question=a_question(draft, "trois"), up=True, revision=1)
    with pytest.raises(Stale):
        services.move_question(actor=editor(), question=a_question(draft, "trois"), up=True, revision=1)
    assert [q.code for q in Definition(draft).questions] == ["un", "trois", "deux"]
    services.move_question(actor=editor(), question=a_question(draft, "un"), up=True, revision=2)  # the first stays the first
    assert [q.code for q in Definition(draft).questions] == ["un", "trois", "deux"]


@pytest.mark.django_db
def test_a_question_is_added_where_it_belongs():
    draft = make_draft(spec("un"), spec("deux"))
    added = services.write_question(actor=editor(), draft=draft, spec=spec("", text={"fr": "Niveau d’études ?"}), after="un")
    assert added.code == "niveau_d_etudes"
    again = services.write_question(actor=editor(), draft=draft, spec=spec("", text={"fr": "Niveau d’études ?"}))
    services.write_question(actor=editor(), draft=draft, spec=spec("zero"), after="")
    assert [q.code for q in Definition(draft).questions] == ["zero", "un", "niveau_d_etudes", "deux", again.code]
    assert again.code == "niveau_d_etudes_2"
    with pytest.raises(ValidationError) as refused:
        services.write_question(actor=editor(), draft=draft, spec=spec("trop_tot", relevant="${deux} = 'x'"), after="un")
    assert "relevant" in refused.value.error_dict
    with pytest.raises(ValidationError) as refused:
        services.write_question(actor=editor(), draft=draft, spec=spec("deux"))
    assert "code" in refused.value.error_dict
    with pytest.raises(ValidationError) as refused:
        services.write_question(actor=editor(), draft=draft, spec=spec("Élan"))
    assert "en minuscules" in str(refused.value)
    with pytest.raises(ValidationError):
        services.write_question(actor=editor(), draft=make_published(), spec=spec("dix"))


@pytest.mark.django_db
def test_one_profile_questionnaire_at_a_time():
    shipped = _shipped().questionnaire
    with pytest.raises(ValidationError):
        services.create_questionnaire(actor=editor(), code="autre", kind="profile", title={"fr": "Autre"})
    services.archive(actor=editor(), questionnaire=shipped, version=1)
    assert _shipped() is None
    services.create_questionnaire(actor=editor(), code="autre", kind="profile", title={"fr": "Autre"})
    shipped.refresh_from_db()
    with pytest.raises(ValidationError):
        services.archive(actor=editor(), questionnaire=shipped, version=shipped.version, archived=False)
    with pytest.raises(Stale):
        services.archive(actor=editor(), questionnaire=shipped, version=1)


@pytest.mark.django_db(transaction=True)
def test_nothing_slips_into_a_version_while_it_is_published():
    """A question written at the same moment is either in what was checked and published, or refused."""
    draft = make_draft(spec("un"))
    outcome = {}
    ready = threading.Barrier(2, timeout=20)

    def publish():
        try:
            with transaction.atomic():
                services.publish(actor=editor(), draft=draft, revision=1)
                ready.wait()  # published, not yet committed
                threading.Event().wait(0.7)
            outcome["publish"] = "done"
        finally:
            connection.close()

    def slip_in():
        try:
            ready.wait()
            with transaction.atomic():
                Question.objects.create(questionnaire_version_id=draft.pk, order=2, code="intrus", type="text", text={"fr": "?"})
            outcome["question"] = "written"
        except IntegrityError:
            outcome["question"] = "refused"
        finally:
            connection.close()

    threads = [threading.Thread(target=publish), threading.Thread(target=slip_in)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcome == {"publish": "done", "question": "refused"}
    assert list(draft.questions.values_list("code", flat=True)) == ["un"]
