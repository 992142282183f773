"""What was frozen never changes, whatever happens to the register; and the fingerprint shows it."""

import pytest
from django.db import InternalError, connection, transaction

from reporting.models import Snapshot, digest
from reporting.services import freeze
from tests.factories import make_migrant

from . import factories as make

pytestmark = pytest.mark.django_db


def figure(snapshot, code):
    return next(one for one in snapshot.figures["indicators"] if one["code"] == code)


def test_frozen_figures_stay_when_the_register_goes_on(centre, persona):
    for _number in range(6):
        make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(3))
    first = freeze(actor=persona("steering.eu"), period=make.whole())
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(4))
    second = freeze(actor=persona("steering.eu"), period=make.whole())
    first.refresh_from_db()
    assert (figure(first, "E3")["value"], figure(second, "E3")["value"]) == (6, 7)
    assert first.sha256 != second.sha256
    assert first.is_intact()
    assert second.is_intact()


def test_the_same_facts_have_the_same_fingerprint(persona):
    period = make.whole()
    assert freeze(actor=None, period=period).sha256 == freeze(actor=persona("steering.eu"), period=period).sha256


@pytest.mark.parametrize("statement", ["UPDATE reporting_snapshot SET sha256 = 'x'", "UPDATE reporting_snapshot SET figures = '{}'", "DELETE FROM reporting_snapshot"])
def test_the_database_refuses_to_change_a_snapshot(statement):
    snapshot = freeze(actor=None, period=make.whole())
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Snapshot.objects.get(pk=snapshot.pk).is_intact()


def test_a_changed_figure_no_longer_has_the_fingerprint():
    snapshot = freeze(actor=None, period=make.whole())
    figure(snapshot, "E3")["value"] = 16000
    assert not snapshot.is_intact()
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_a_snapshot_holds_all_indicators_and_no_person(centre, persona):
    person = make_migrant(centre("GAO"), surname="Introuvable", given_names="Zoumana")
    make.make_assistance(person, centre("GAO"), make.after(3))
    snapshot = freeze(actor=persona("steering.eu"), period=make.whole())
    assert len(snapshot.figures["indicators"]) == 36
    for word in ("Introuvable", "Zoumana", person.case_number, str(person.pk)):
        assert word not in str(snapshot.figures)


def test_a_snapshot_holds_no_small_cell(centre):
    for number in range(8):
        make.make_assistance(make_migrant(centre("GAO"), sex="female" if number < 2 else "male"), centre("GAO"), make.after(3))
    cells = figure(freeze(actor=None, period=make.whole()), "E3")["disaggregation"]["sex"]
    assert {cell["code"]: cell["value"] for cell in cells} == {"female": None, "male": None}
