"""Counts of a large register are kept for some minutes for the first page; a small register is counted anew each time."""

import datetime

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from reporting import figures, recent
from tests.factories import make_migrant

from . import factories as make


def value(counted: list, code: str = "E3") -> int:
    return next(one["value"] for one in counted if one["code"] == code)


def shown(period):
    return figures.build_recent(period, exact=lambda objective: True, logframe=figures.Logframe.objects.current())


@pytest.fixture(autouse=True)
def empty_cache(db):
    cache.clear()


def test_a_small_register_is_never_out_of_date(centre):
    for expected in (1, 2):
        make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(10))
        found, at = shown(make.whole())
        assert (value(found), at) == (expected, None)


def test_a_slow_count_is_kept_for_five_minutes_and_says_when_it_was(centre, monkeypatch, as_user):
    monkeypatch.setattr(recent, "SLOW", -1.0)  # every count is slow
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(10))
    period, began = make.whole(), timezone.now()
    with time_machine.travel(began, tick=False):
        assert value(shown(period)[0]) == 1
        make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(11))
        found, at = shown(period)
        assert value(found) == 1 and at == began
        # What is frozen, exported or read by a program is counted now.
        assert value(figures.build(period, exact=lambda objective: True)) == 2
    with time_machine.travel(began + recent.FRESH + datetime.timedelta(seconds=1), tick=False):
        found, at = shown(period)
        assert value(found) == 2 and at is None


def test_while_one_counts_anew_the_others_see_the_count_before(centre, monkeypatch):
    monkeypatch.setattr(recent, "SLOW", -1.0)
    period, began = make.whole(), timezone.now()
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(10))
    with time_machine.travel(began, tick=False):
        shown(period)
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(11))
    inside = []

    def counting(wanted, *, detailed):
        inside.append(shown(period))  # a second visitor comes while the first counts
        return figures.quarterly_tallies(wanted, detailed=detailed)

    with time_machine.travel(began + recent.FRESH * 2, tick=False):
        monkeypatch.setattr(recent, "quarterly_tallies", counting)
        found, at = shown(period)
        assert value(found) == 2 and at is None
        [(others, then)] = inside
        assert value(others) == 1 and then == began


def test_the_page_says_when_its_figures_were_counted(centre, monkeypatch, as_user):
    committee = as_user("steering.eu")
    assert "Chiffres comptés le" not in committee.get(reverse("reporting:committee")).content.decode()
    monkeypatch.setattr(recent, "SLOW", -1.0)
    committee.get(reverse("reporting:committee"))
    assert "Chiffres comptés le" in committee.get(reverse("reporting:committee")).content.decode()
