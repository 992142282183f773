"""The operations that `make bench` sets beside the peer's: each still answers, and with far fewer statements than the peer's pages."""

import pytest
from django.urls import reverse

from bench import peer
from bench.__main__ import registration
from cases.models import Card
from centres.models import Centre
from tests.factories import agent_of

from .factories import crowd, make_stay

pytestmark = pytest.mark.django_db


def test_each_operation_of_the_bench_answers(as_user, centre):
    import random

    gao = centre("GAO")
    crowd(gao, 20)
    stay = make_stay(gao)
    Card.objects.create(migrant=stay.migrant, token="0123456789ABCDEF", issued_by=agent_of(gao))
    operations = list(peer.operations(["Foule3", "Essai"], lambda: registration(random.Random(1))))
    assert len(operations) == 9 and len({one.what for one in operations}) == 9
    for one in operations:
        browser = as_user(one.username)
        for path in one.paths:
            assert browser.get(path).status_code == 200, path
        if one.data:
            assert browser.post(one.paths[0], one.data()).status_code == 302
        assert 0 < peer.statements(one) < 30, one.what  # the peer's pages: 63 to 163
    assert any(str(stay.migrant_id) in path or "0123456789ABCDEF" in path for one in operations if one.peer_ms == 360 for path in one.paths)
    assert reverse("reception:report", args=[Centre.objects.get(code=peer.CENTRE).code]) in operations[-2].paths[0]


def test_ten_times_is_met_or_not():
    fast, slow = peer.Beside("a", 95.2, 9, 8.0, 952), peer.Beside("b", 95.3, 9, 8.0, 952)
    assert (fast.met, slow.met) == (True, False)
    assert slow.as_json()["ten_times"] is False and fast.as_json()["ratio"] == 10
