"""Values entered by hand: with evidence, by those who answer for the objective, and validated by somebody else."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from audit.acting import SameKeyOtherContent
from reporting import figures
from reporting.models import Indicator, ManualValue
from reporting.services import enter_value, refuse_value, validate_value

from . import factories as make

pytestmark = pytest.mark.django_db


def value_of(code):
    [one] = figures.build(make.whole(), code=code)
    return one["value"], one["state"]


def test_a_value_counts_once_a_second_person_validated_it():
    value = make.make_value("me.iom", "R1.4", 12)
    assert value_of("R1.4") == (None, "missing")
    validate_value(actor=make.make_colleague("me.iom"), value=value)
    assert value_of("R1.4")[0] == 12


def test_the_latest_validated_value_up_to_the_day_counts():
    second = make.make_colleague("me.iom")
    for day, value in ((10, 3), (200, 9), (100, 6)):
        validate_value(actor=second, value=make.make_value("me.iom", "R1.4", value, on=make.after(day)))
    make.make_value("me.iom", "R1.4", 14, on=make.after(210))  # not validated
    assert value_of("R1.4")[0] == 9
    [earlier] = figures.build(figures.Period(make.after(0), make.after(150)), code="R1.4")
    assert (earlier["value"], earlier["as_of"]) == (6, make.after(100).isoformat())


def test_nobody_validates_their_own_value(persona):
    value = make.make_value("me.iom", "R1.4", 12)
    with pytest.raises(ValidationError, match="elle-même"):
        validate_value(actor=persona("me.iom"), value=value)
    with pytest.raises(IntegrityError, match="manual_value_second_person"), transaction.atomic():
        ManualValue.objects.filter(pk=value.pk).update(validated_by=persona("me.iom"), validated_at=timezone.now())
    assert value_of("R1.4")[0] is None


@pytest.mark.parametrize(("username", "own", "other"), [("me.iom", "R1.4", "R5.1"), ("me.aecid", "R5.1", "R1.4")])
def test_each_organisation_its_own_objectives(persona, username, own, other):
    assert make.make_value(username, own).pending
    with pytest.raises(PermissionDenied):
        make.make_value(username, other)
    theirs = make.make_value("me.aecid" if username == "me.iom" else "me.iom", other)
    for decide in (lambda: validate_value(actor=persona(username), value=theirs), lambda: refuse_value(actor=persona(username), value=theirs, reason="non")):
        with pytest.raises(PermissionDenied):
            decide()


@pytest.mark.parametrize("username", ["steering.eu", "agent.gao", "auditor", "admin"])
def test_nobody_else_enters_values(username):
    with pytest.raises(PermissionDenied):
        make.make_value(username, "R1.4")


def test_a_computed_indicator_is_not_entered(persona):
    with pytest.raises(ValidationError, match="ne se saisit pas"):
        make.make_value("me.iom", "E3", 15999)
    computed = Indicator.objects.current().get(code="E3")
    with pytest.raises(IntegrityError, match="is computed"), transaction.atomic():
        ManualValue.objects.create(indicator=computed, on=make.after(1), value=1, evidence="x", entered_by=persona("me.iom"))


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("R1.4", {"value": None}),
        ("R1.4", {"evidence": "  "}),
        ("R1.4", {"value": -1}),
        ("R1.4", {"on": datetime.date(2999, 1, 1)}),
        ("IMP-1", {"value": 3}),
        ("IMP-1", {"value": None, "narrative": " "}),
    ],
)
def test_what_is_missing_is_said(code, content):
    with pytest.raises(ValidationError):
        make.make_value("me.iom", code, **{"value": 1, **content})
    assert not ManualValue.objects.exists()


def test_an_appreciation_in_words():
    validate_value(actor=make.make_colleague("me.iom"), value=make.make_value("me.iom", "IMP-1", None, narrative="La loi est adoptée."))
    [one] = figures.build(make.whole(), code="IMP-1")
    assert (one["narrative"], one["value"], one["state"]) == ("La loi est adoptée.", None, "told")


def test_a_refused_value_has_a_reason_and_never_counts():
    second = make.make_colleague("me.iom")
    value = make.make_value("me.iom", "R1.4", 12)
    with pytest.raises(ValidationError):
        refuse_value(actor=second, value=value, reason=" ")
    refuse_value(actor=second, value=value, reason="Le procès-verbal manque.")
    with pytest.raises(ValidationError, match="déjà été décidée"):
        validate_value(actor=second, value=value)
    assert value_of("R1.4")[0] is None


@pytest.mark.parametrize("statement", ["UPDATE reporting_manualvalue SET value = 15", "DELETE FROM reporting_manualvalue"])
def test_a_decided_value_stays(statement):
    validate_value(actor=make.make_colleague("me.iom"), value=make.make_value("me.iom", "R1.4", 12))
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_same_key_is_one_value(persona):
    content = {
        "actor": persona("me.iom"),
        "id": uuid.uuid4(),
        "indicator": Indicator.objects.current().get(code="R1.4"),
        "on": make.after(3),
        "value": 2,
        "evidence": "Liste",
    }
    first, new = enter_value(**content)
    assert (enter_value(**content), new) == ((first, False), True)
    with pytest.raises(SameKeyOtherContent):
        enter_value(**{**content, "value": 3})
    assert ManualValue.objects.count() == 1


def test_a_new_version_of_the_logframe_keeps_the_values(tmp_path):
    from reporting.services import DATA, load_logframe

    validate_value(actor=make.make_colleague("me.iom"), value=make.make_value("me.iom", "R1.4", 12))
    changed = tmp_path / "logframe.yaml"
    changed.write_text(DATA.read_text() + "\n# revised\n")
    assert load_logframe(actor=None, path=changed)[1]
    assert value_of("R1.4")[0] == 12


# --- pages -------------------------------------------------------------------------------------------------------


def test_entering_and_validating_on_the_pages(as_user):
    make.make_colleague("me.iom")
    form = {"id": str(uuid.uuid4()), "on": make.after(4).isoformat(), "value": "7", "narrative": "", "evidence": "Contrats signés, classeur 3"}
    first, second = as_user("me.iom"), as_user("me.iom.2")
    for _click in range(2):
        assert first.post("/reporting/indicators/R1.4/enter/", form).url == "/reporting/indicators/R1.4/"
    value = ManualValue.objects.get()
    own = first.get("/reporting/indicators/R1.4/").content.decode()
    assert "Une autre personne doit valider cette valeur" in own
    assert "/validate/" not in own
    first.post(f"/reporting/values/{value.pk}/validate/")
    assert ManualValue.objects.get().pending
    assert f"/reporting/values/{value.pk}/validate/" in second.get("/reporting/indicators/R1.4/").content.decode()
    second.post(f"/reporting/values/{value.pk}/validate/")
    assert value_of("R1.4")[0] == 7
    assert "R1.4" in as_user("steering.eu").get("/reporting/indicators/R1.4/").content.decode()


def test_errors_are_shown_and_what_was_typed_stays(as_user):
    page = (
        as_user("me.iom")
        .post("/reporting/indicators/R1.4/enter/", {"id": str(uuid.uuid4()), "on": "2999-01-01", "value": "7", "evidence": "Mes contrats"})
        .content.decode()
    )
    assert "ne peut pas être dans l’avenir" in page
    assert "Mes contrats" in page
    assert as_user("me.aecid").get("/reporting/indicators/R1.4/enter/").status_code == 403


def test_refusing_on_the_page(as_user):
    make.make_colleague("me.iom")
    value = make.make_value("me.iom", "R1.4", 12)
    client = as_user("me.iom.2")
    assert "Il manque cette réponse" in client.post(f"/reporting/values/{value.pk}/refuse/", {"reason": ""}).content.decode()
    client.post(f"/reporting/values/{value.pk}/refuse/", {"reason": "Mauvaise année"})
    assert "Mauvaise année" in client.get("/reporting/indicators/R1.4/").content.decode()
    assert "Mauvaise année" not in as_user("steering.eu").get("/reporting/indicators/R1.4/").content.decode()


WRITTEN = [
    "dossier GAO-2026-00313-6", "gao 2026 00313 6", "GAO–2026–00313", "G A O 2026 / 00042 K, voir", "appelée au +223 70 12 34 56", "tél. 70123456", "00223 70.12.34.56", "76 12 34 56",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
@pytest.mark.parametrize("field", ["evidence", "narrative"])
def test_what_identifies_somebody_is_refused(persona, text, field):
    from cases.case_numbers import compose

    text = text.replace("00042 K", compose("GAO", 2026, 42).removeprefix("GAO-2026-").replace("-", " "))
    given = {"evidence": "Rapport trimestriel", "narrative": "", field: text}
    with pytest.raises(ValidationError) as refused:
        enter_value(actor=persona("me.iom"), id=uuid.uuid4(), indicator=Indicator.objects.current().get(code="R1.4"), on=make.after(5), value=3, **given)
    assert set(refused.value.error_dict) == {field}


def test_what_identifies_nobody_is_taken(persona):
    evidence = "PV n° 2026/0045 du 24/11/2026, période 2024-2026 ; 16 000 000 FCFA versés ; en mai 2026, 1 200 personnes ; annexe 12."
    assert make.make_value("me.iom", "R1.4", 12, evidence=evidence).pending


def test_evidence_is_for_those_who_see_the_proof(as_user, api_as):
    value = make.make_value("me.iom", "R1.4", 12, evidence="Registre rouge, étagère 4")
    validate_value(actor=make.make_colleague("me.iom"), value=value)
    assert "étagère 4" in as_user("me.iom").get("/reporting/indicators/R1.4/").content.decode()
    for username in ("steering.eu", "me.aecid"):
        page = as_user(username).get("/reporting/indicators/R1.4/").content.decode()
        assert "étagère 4" not in page and "conservée par l’équipe" in page and "Validée le" in page
        assert "étagère" not in api_as(username).get("/api/v1/indicators/").content.decode()
    assert "Aucun nom" in as_user("me.iom").get("/reporting/indicators/R1.4/enter/").content.decode().replace("N’écrivez aucun nom", "Aucun nom")


def test_the_home_page_says_what_to_enter_and_what_to_validate(as_user):
    page = as_user("me.iom").get("/").content.decode()
    assert "jamais saisi" in page and "/reporting/indicators/R1.4/enter/" not in page.split("À saisir")[0]
    make.make_value("me.iom", "R1.4", 12)
    assert "Valeurs à valider" not in as_user("me.iom").get("/").content.decode()
    assert "Valeurs à valider" in as_user("me.iom2").get("/").content.decode()
