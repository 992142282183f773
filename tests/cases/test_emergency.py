"""A file out of scope, opened for three hours: by one officer, to read, by its address alone, seen by others at once."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import ReadLog
from audit.services import verify
from cases.models import EmergencyAccess, EmergencyNotice, Migrant, Note
from cases.services import open_in_emergency, write_note
from tests.factories import make_migrant

from .factories import make_assessment, make_attachment, move, posted_protection_officer, protection_officer

REASON = "Menace de mort reçue par téléphone"


@pytest.fixture
def officer(centre):
    return posted_protection_officer(centre("KAY"))


@pytest.fixture
def visitor(officer):
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def person(centre):
    return make_migrant(centre("GAO"), surname="Zorgbata")


def _open(visitor, person, reason=REASON):
    return visitor.post(reverse("cases:emergency"), {"case_number": person.case_number, "reason": reason})


def _end(person):
    """The three hours pass."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE cases_emergencyaccess SET opened_at = opened_at - interval '181 minutes', until = until - interval '181 minutes'")
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_it_opens_the_file_to_read_and_nothing_else(visitor, person, centre, persona):
    attachment = make_attachment(centre("GAO"), person)
    write_note(actor=protection_officer(), migrant=person, kind="protection", text="Note de protection secrète")
    make_assessment(person, actor=protection_officer(), protected_flags=["trafficking"], protected_factors=[], protected_note="")
    pages = [
        f"/migrants/{person.pk}/",
        f"/migrants/{person.pk}/protection/",
        f"/migrants/{person.pk}/referrals/",
        f"/migrants/{person.pk}/print/",
        f"/migrants/attachments/{attachment.pk}/",
    ]
    for address in pages:
        assert visitor.get(address).status_code == 404, address
    assert visitor.get(f"/api/v1/migrants/{person.pk}/").status_code == 404
    assert _open(visitor, person).status_code == 302
    for address in pages:
        assert visitor.get(address).status_code == 200, address
    assert visitor.get(f"/api/v1/migrants/{person.pk}/").json()["flags"] == ["trafficking", "ill"]
    page = visitor.get(f"/migrants/{person.pk}/").content.decode()
    assert "Note de protection secrète" in page and "accès d’urgence jusqu’à" in page
    # To read: whatever would write is refused, and no button offers it.
    for name in ("note", "attach", "screen", "best_interest", "tracing"):
        assert visitor.post(reverse(f"cases:{name}", args=[person.pk]), {}).status_code in (403, 404), name
        assert reverse(f"cases:{name}", args=[person.pk]) not in page
    assert visitor.get(f"/migrants/{person.pk}/reads/").status_code == 403


def test_it_stands_in_no_list(visitor, person, centre, officer):
    make_assessment(person, flags=["ill"], severity="critical")
    _open(visitor, person)
    visitor.get(f"/migrants/{person.pk}/")
    for address in (
        "/",
        "/migrants/",
        f"/migrants/?q={person.case_number}",
        "/migrants/?q=Zorgbata",
        "/migrants/?flag=ill",
        "/referrals/?state=all",
        "/returns/",
        "/api/v1/migrants/",
        "/api/v1/migrants/?q=Zorgbata",
    ):
        assert str(person.pk) not in visitor.get(address).content.decode(), address
    fresh = type(officer).objects.get(pk=officer.pk)
    assert not Migrant.objects.visible_to(fresh).filter(pk=person.pk).exists()
    assert not Note.objects.visible_to(fresh).filter(migrant=person).exists()


def test_another_file_of_that_centre_stays_shut(visitor, person, centre):
    other = make_migrant(centre("GAO"))
    note_of_other = make_attachment(centre("GAO"), other)
    _open(visitor, person)
    assert visitor.get(f"/migrants/{other.pk}/").status_code == 404
    assert visitor.get(f"/migrants/attachments/{note_of_other.pk}/").status_code == 404
    second = Client()
    second.force_login(posted_protection_officer(centre("KAY"), "protection.second"))
    assert second.get(f"/migrants/{person.pk}/").status_code == 404, "it is bound to who gave the reason"


def test_after_three_hours_it_is_shut_again(visitor, person):
    _open(visitor, person)
    assert visitor.get(f"/migrants/{person.pk}/").status_code == 200
    _end(person)
    assert visitor.get(f"/migrants/{person.pk}/").status_code == 404
    assert visitor.get(f"/api/v1/migrants/{person.pk}/").status_code == 404
    same = _open(visitor, person)
    assert same.status_code == 200 and same.context["form"].errors["reason"], "the old reason opens nothing"
    assert visitor.get(f"/migrants/{person.pk}/").status_code == 404
    assert _open(visitor, person, "Nouvelle menace, la personne a appelé").status_code == 302
    assert visitor.get(f"/migrants/{person.pk}/").status_code == 200


def test_while_it_runs_it_is_one_and_nothing_makes_it_longer(visitor, person, officer):
    _open(visitor, person)
    _open(visitor, person, "Un autre motif bien différent")
    access = EmergencyAccess.objects.get()
    assert access.until - access.opened_at == datetime.timedelta(hours=3)
    for changed in ({"until": timezone.now() + datetime.timedelta(hours=9)}, {"opened_at": timezone.now()}, {"user": protection_officer()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            EmergencyAccess.objects.filter(pk=access.pk).update(**changed)
    with pytest.raises(IntegrityError), transaction.atomic():
        now = timezone.now()
        EmergencyAccess.objects.create(user=officer, migrant=person, reason="x", opened_at=now, until=now + datetime.timedelta(hours=4))


def test_those_who_run_the_centre_and_auditors_see_it_at_once(visitor, person, as_user, officer):
    assert "Dossiers ouverts en urgence" not in as_user("manager.gao").get("/").content.decode()
    _open(visitor, person)
    for username, sees in (("manager.gao", True), ("manager.kayes", False), ("agent.gao", False), ("auditor", False)):
        assert (REASON in as_user(username).get("/").content.decode()) is sees, username
    visitor.get(f"/migrants/{person.pk}/")
    visitor.get(f"/migrants/{person.pk}/protection/")
    audited = as_user("auditor").get("/administration/emergencies/").content.decode()
    assert REASON in audited and "protection.posted" in audited and "Zorgbata" not in audited
    notice = EmergencyNotice.objects.get()
    assert as_user("manager.kayes").post(reverse("cases:acknowledge_emergency", args=[notice.pk])).status_code == 404
    assert as_user("manager.gao").post(reverse("cases:acknowledge_emergency", args=[notice.pk])).status_code == 302
    assert REASON not in as_user("manager.gao").get("/").content.decode()
    for username in ("protection", "agent.gao", "admin"):
        assert as_user(username).get("/administration/emergencies/").status_code == 403


def test_all_that_is_read_is_marked(visitor, person, as_user, officer):
    own = make_migrant(officer.postings.get().centre)
    _open(visitor, person)
    access = EmergencyAccess.objects.get()
    visitor.get(f"/migrants/{person.pk}/")
    visitor.get(f"/migrants/{person.pk}/print/")
    visitor.get(f"/migrants/{own.pk}/")
    opening, first, printed, elsewhere = ReadLog.objects.filter(user=officer).order_by("id")
    assert (opening.action, opening.rows) == ("emergency", [str(person.pk), str(access.pk)])
    assert (first.action, first.emergency, printed.action, printed.emergency) == ("opened", access.pk, "printed", access.pk)
    assert elsewhere.emergency is None
    seen = as_user("agent.gao").get(f"/migrants/{person.pk}/reads/").content.decode()
    assert "accès d’urgence" in seen
    assert str(person.pk)[:8] in as_user("auditor").get(f"/administration/reads/?emergency={access.pk}").content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_chain_covers_the_mark(visitor, person):
    _open(visitor, person)
    visitor.get(f"/migrants/{person.pk}/")
    assert verify().whole
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_readlog DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_readlog SET emergency = NULL WHERE emergency IS NOT NULL")
        cursor.execute("ALTER TABLE audit_readlog ENABLE TRIGGER USER")
    assert not verify().whole


def test_the_file_is_found_by_its_exact_number_only(visitor, person, as_user):
    for typed in ("Zorgbata", person.case_number[:-1], "", "GAO-2026-00001"):
        answer = visitor.post(reverse("cases:emergency"), {"case_number": typed, "reason": REASON})
        assert answer.status_code == 200 and answer.context["form"].errors["case_number"], typed
    for reason in ("", "urgent"):
        answer = _open(visitor, person, reason)
        assert answer.context["form"].errors["reason"]
    assert not EmergencyAccess.objects.exists()
    mine = as_user("protection").post(reverse("cases:emergency"), {"case_number": person.case_number, "reason": REASON})
    assert "déjà ouvert à votre équipe" in mine.content.decode(), "a national officer has it in scope"
    for username in ("agent.kayes", "manager.kayes", "returns.bamako", "auditor", "admin"):
        assert as_user(username).get(reverse("cases:emergency")).status_code == 403


def test_numbers_cannot_be_tried_one_after_the_other(visitor, person):
    codes = [visitor.post(reverse("cases:emergency"), {"case_number": "GAO-2026-00001", "reason": REASON}).status_code for _try in range(11)]
    assert codes[:10] == [200] * 10 and codes[10] == 429


def test_only_protection_opens_and_the_right_ends_with_the_posting(persona, person, officer, visitor):
    for username in ("agent.kayes", "manager.kayes"):
        with pytest.raises(PermissionDenied):
            open_in_emergency(actor=persona(username), case_number=person.case_number, reason=REASON)
    _open(visitor, person)
    from centres.services import end_posting

    end_posting(actor=persona("admin"), posting=officer.postings.get())
    assert visitor.get(f"/migrants/{person.pk}/").status_code in (403, 404)


def test_a_person_whom_nobody_has_now_tells_who_had_them_last(person, officer):
    person.custodies.update(until=timezone.now())
    access = open_in_emergency(actor=officer, case_number=person.case_number, reason=REASON)
    assert [notice.centre.code for notice in access.notices.all()] == ["GAO"]
    with pytest.raises(ValidationError):
        open_in_emergency(actor=officer, case_number="GAO-2026-99999-A", reason=REASON)


def test_two_centres_that_care_are_both_told(person, officer, centre):
    from cases.models import Custody
    from cases.services import open_custody

    open_custody(actor=None, migrant=person, centre=centre("BKO"), reason=Custody.Reason.REINTEGRATION, exclusive=False)
    access = open_in_emergency(actor=officer, case_number=person.case_number, reason=REASON)
    assert {notice.centre.code for notice in access.notices.all()} == {"GAO", "BKO"}
    move(person, centre("KAY"))
    assert Migrant.objects.visible_to(officer).filter(pk=person.pk).exists(), "now in scope of their own"
