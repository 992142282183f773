"""The three centres as they open."""

from django.core.management import call_command
from django.utils import timezone

from accounts.models import Organisation
from centres.models import Bed, Centre, Room, Service
from centres.setup import ensure_centres


def test_three_centres_with_room_for_all_kinds_of_people(db):
    assert {c.code: c.name for c in Centre.objects.all()} == {"KAY": "Kayes", "BKO": "Bamako", "GAO": "Gao"}
    beds = {code: Bed.objects.filter(room__centre__code=code).count() for code in ("KAY", "BKO", "GAO")}
    assert beds == {"KAY": 52, "BKO": 62, "GAO": 82}
    for centre in Centre.objects.all():
        assert set(centre.rooms.values_list("kind", flat=True)) == set(Room.Kind.values)
        assert 10 < centre.latitude < 25 and -13 < centre.longitude < 5
        assert centre.functional_since is not None


def test_services_and_organisations(db):
    once = set(Service.objects.filter(once_per_day=True).values_list("code", flat=True))
    assert once == {"petit-dejeuner", "dejeuner", "diner", "hebergement"}
    assert set(Service.objects.values_list("category", flat=True)) == set(Service.Category.values)
    assert {"MME", "DGME", "OIM", "AECID", "DUE"} <= set(Organisation.objects.values_list("code", flat=True))
    assert set(Organisation.objects.values_list("kind", flat=True)) == set(Organisation.Kind.values)


def test_a_second_run_changes_nothing(db, capsys):
    gao = Centre.objects.get(code="GAO")
    Centre.objects.filter(pk=gao.pk).update(max_stay_days=21)
    Room.objects.filter(centre=gao, name="Mineurs 1").update(name="Mineurs (cour)")
    Bed.objects.filter(room__centre=gao, label="01").update(until=timezone.localdate())
    before = (Centre.objects.count(), Room.objects.count(), Bed.objects.count(), Service.objects.count(), Organisation.objects.count())
    assert ensure_centres() == 0
    call_command("load_centres")
    assert "Rien à créer" in capsys.readouterr().out
    assert before == (Centre.objects.count(), Room.objects.count(), Bed.objects.count(), Service.objects.count(), Organisation.objects.count())
    gao.refresh_from_db()
    assert gao.max_stay_days == 21
    assert not Bed.objects.filter(room__centre=gao, label="01", until__isnull=True).exists()


def test_a_missing_service_comes_back(db):
    Service.objects.filter(code="transport").delete()
    assert ensure_centres() == 1 + 3  # and how each centre gives it
    assert Service.objects.filter(code="transport").exists()
