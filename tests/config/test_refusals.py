"""Whatever the database refuses is told in words: each rule has a message of its own, each service and each page gives it."""

import re

import pgtrigger
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import RequestFactory
from django.utils import translation

from audit.acting import service
from cases.models import Custody, Migrant
from config import refusals
from tests.cases.factories import make_migrant

MODELS = apps.get_models(include_auto_created=True)
NAMED = re.compile(r"CONSTRAINT = '(\w+)'")


def test_every_constraint_of_every_model_has_a_message_of_its_own():
    without = [
        constraint.name
        for model in MODELS
        for constraint in model._meta.constraints
        if str(constraint.violation_error_message) == str(constraint.default_violation_error_message) and constraint.name not in refusals.OF_PACKAGES
    ]
    assert without == []


def test_every_name_that_a_trigger_raises_has_words():
    raised = {name for _model, trigger in pgtrigger.registered() for name in NAMED.findall(str(getattr(trigger, "func", "") or ""))}
    assert "roll_call_over" in raised
    assert raised - set(refusals.TRIGGERS) == set()


def test_the_words_are_in_all_three_languages():
    for words in (*refusals.TRIGGERS.values(), *refusals.OF_PACKAGES.values(), *(words for _pattern, words in refusals.SAID)):
        said = set()
        for language in ("fr", "en", "es"):
            with translation.override(language):
                said.add(str(words))
        assert len(said) == 3, said


def refused(write):
    """What a service that does this raises."""

    @service
    def act(*, actor):
        write()

    with pytest.raises(ValidationError) as error, transaction.atomic():
        act(actor=None)
    return error.value


def test_a_service_tells_every_kind_of_refusal(centre):
    gao = centre("GAO")
    person, other = make_migrant(gao), make_migrant(gao)
    people = Migrant.objects.filter(pk=person.pk)
    said = refused(lambda: people.update(accompanied_by=person))
    assert said.messages == ["Personne n’est l’adulte responsable de soi-même."] and said.code == "migrant_not_own_adult"
    assert refused(lambda: Custody.objects.create(migrant=person, centre=gao, since=person.registered_at)).code == "custody_open_once"
    assert "numéro de dossier" in refused(lambda: people.update(case_number=other.case_number)).messages[0].lower()
    assert refused(lambda: people.update(surname=None)).messages == ["Il manque une valeur pour « nom »."]
    assert refused(lambda: people.update(surname="x" * 5000)).messages == ["Une valeur est trop longue ou trop grande."]
    assert refused(lambda: connection.cursor().execute("SELECT 'Canari'::uuid")).messages == ["Une valeur n’est pas lisible."]
    with pytest.raises(ProgrammingError), transaction.atomic():  # a fault of ours stays one
        service(lambda *, actor: connection.cursor().execute("SELECT nothing_like_it()"))(actor=None)


def test_a_rule_that_only_triggers_know_is_told_too(db):
    said = refused(
        lambda: connection.cursor().execute(
            "DO $$ BEGIN RAISE EXCEPTION 'this roll-call is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'roll_call_over'; END $$"
        )
    )
    assert said.messages == ["Cet appel est terminé : il ne change plus."]
    said = refused(lambda: connection.cursor().execute("DO $$ BEGIN RAISE EXCEPTION 'person 5 has died' USING ERRCODE = 'check_violation'; END $$"))
    assert "décédée" in said.messages[0]


def test_a_rule_without_words_is_refused_in_a_sentence_and_noted_without_values(db, caplog):
    said = refused(
        lambda: connection.cursor().execute(
            "DO $$ BEGIN RAISE EXCEPTION 'Canari Diarra' USING ERRCODE = 'check_violation', CONSTRAINT = 'new_rule', DETAIL = 'Canari Diarra'; END $$"
        )
    )
    assert "contredit une de ses règles" in said.messages[0]
    assert "new_rule" in caplog.text and "Canari" not in caplog.text


def test_a_correction_that_the_database_refuses_is_400_with_its_words(api_as, centre):
    """A Malian region and another country of origin: was 500, with the row in the log."""
    from centres.models import Area

    person = make_migrant(centre("GAO"), origin_country="ML", origin_area=Area.objects.filter(level=2).first())
    answer = api_as("agent.gao").patch_json(f"/api/v1/migrants/{person.pk}/", {"version": person.version, "origin_country": "SN"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "Un cercle ou une région se choisit seulement pour le Mali." in str(answer.json()["errors"])
    answer = api_as("agent.gao").patch_json(f"/api/v1/migrants/{person.pk}/", {"version": person.version, "origin_country": "SN", "origin_area": None})
    assert answer.status_code == 200 and answer.json()["origin_country"] == "SN"


def test_a_page_that_the_database_stopped_says_why(centre):
    person = make_migrant(centre("GAO"))
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Migrant.objects.filter(pk=person.pk).update(accompanied_by=person)
    page = refusals.RefusedByTheDatabase(lambda request: None).process_exception(RequestFactory().get("/"), error.value)
    assert page.status_code == 409 and "Personne n’est l’adulte responsable de soi-même." in page.content.decode()
    assert refusals.RefusedByTheDatabase(lambda request: None).process_exception(RequestFactory().get("/"), ValueError("x")) is None
