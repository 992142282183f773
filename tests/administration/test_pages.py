"""The pages of accounts and of the trail."""

import csv
import datetime
import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from accounts.models import Organisation, User
from administration import access_table, services
from administration.models import AccountAct
from audit.acting import set_actor
from audit.models import Change, ReadLog
from centres.models import Posting
from centres.roles import Role
from centres.services import post
from jobs.models import Job
from jobs.services import ask_for, run

from .factories import PASSWORD, make_account

pytestmark = pytest.mark.django_db


def test_accounts_are_found_and_filtered(as_user):
    make_account("awa.traore")
    client = as_user("admin")
    found = client.get("/administration/users/?q=awa.tr").context["page"]
    assert [user.username for user in found] == ["awa.traore"]
    assert all(user.username.startswith("admin") for user in client.get("/administration/users/?role=administrator").context["page"])
    assert not list(client.get("/administration/users/?state=closed").context["page"])
    assert client.get("/administration/users/?page=zzz&organisation=x").status_code == 200
    assert as_user("manager.gao").get("/administration/users/").status_code == 403


def test_a_new_account_shows_its_password_once(as_user):
    client = as_user("admin")
    page = client.post(
        "/administration/users/new/",
        {"username": "awa.traore", "first_name": "Awa", "last_name": "Traoré", "organisation": Organisation.objects.get(code="DGME").pk, "language": "fr"},
    )
    user = User.objects.get(username="awa.traore")
    assert user.check_password(page.context["secret"])
    assert page.context["secret"] in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert page.context["secret"] not in client.get(f"/administration/users/{user.pk}/").content.decode()


def test_acts_on_an_account_have_their_pages(as_user):
    client, user = as_user("admin"), make_account()
    base = f"/administration/users/{user.pk}/"
    assert "Il reste dans l’historique" in client.get(f"{base}deactivate/").content.decode()
    assert client.post(f"{base}deactivate/", {"reason": "départ de la structure"}).status_code == 302
    assert client.post(f"{base}reactivate/").status_code == 200
    assert client.post(f"{base}password/").status_code == 200
    assert "pas de second facteur" in client.post(f"{base}second-factor/", {"reason": "téléphone perdu"}).content.decode()
    services.create_token(actor=user)
    assert client.post(f"{base}token/revoke/").status_code == 302
    assert list(user.acts_on.values_list("kind", flat=True)) == ["token_revoked", "token", "password", "reactivated", "deactivated"]
    text = client.get(base).content.decode()
    assert "départ de la structure" in text
    assert client.get("/administration/users/999999999999999999999/").status_code == 404


def test_a_token_is_made_by_oneself_after_the_password(as_user, persona):
    """Nobody holds a token of somebody else: an administrator with one would read the register as that person."""
    url = "/administration/my-token/"
    asked = as_user("agent.gao").post(url)
    assert asked.status_code == 302 and asked["Location"].startswith("/accounts/reauthenticate/")
    assert not Token.objects.exists()
    user = make_account()
    client = Client()
    client.force_login(user)
    assert client.get(url).status_code == 302
    client.post(f"/accounts/reauthenticate/?next={url}", {"password": "pas celui-ci"})
    assert client.post(url).status_code == 302 and not Token.objects.exists()
    client.post(f"/accounts/reauthenticate/?next={url}", {"password": PASSWORD})
    page = client.post(url)
    key = page.context["secret"]
    assert key in page.content.decode() and "no-store" in page["Cache-Control"]
    assert Token.objects.get(user=user).key == key
    assert key not in client.get(url).content.decode()
    assert as_user("admin").post(f"/administration/users/{user.pk}/token/").status_code == 404
    assert client.post(url, {"revoke": "1"}).status_code == 302
    assert not Token.objects.exists()


def test_oneself_is_told_why_not(as_user, persona):
    page = as_user("admin").post(f"/administration/users/{persona('admin').pk}/deactivate/", {"reason": "je pars"})
    assert "propre compte" in page.content.decode()
    assert persona("admin").is_active


def test_a_stale_edit_shows_both_values(as_user):
    user, client = make_account(), as_user("admin")
    url = f"/administration/users/{user.pk}/edit/"
    sent = {"first_name": "Awa", "last_name": "Diallo", "organisation": user.organisation_id, "language": "fr", "seen": services.fingerprint(user)}
    assert client.post(url, sent).status_code == 302
    page = client.post(url, sent | {"last_name": "Keïta"})
    assert "<td>Keïta</td><td>Diallo</td>" in page.content.decode()
    again = {name: page.context["form"].data[name] for name in sent}
    assert client.post(url, again).status_code == 302
    assert User.objects.get(pk=user.pk).last_name == "Keïta"


def test_role_form_gives_and_refuses(as_user, centre):
    user, client = make_account(), as_user("admin")
    url = f"/administration/users/{user.pk}/postings/new/"
    sent = {"role": "centre_agent", "centre": centre("GAO").pk, "since": "2026-01-01"}
    assert "choisissez lequel" in client.post(url, sent | {"centre": ""}).content.decode()
    assert client.post(url, sent).status_code == 302
    posting = Posting.objects.get(user=user)
    assert client.post(f"/administration/postings/{posting.pk}/end/", {}).status_code == 302
    assert not Posting.objects.active().filter(user=user).exists()


def test_the_owner_is_told_what_was_done_to_the_account(as_user, persona):
    services.create_token(actor=persona("agent.gao"))
    assert "Jeton d’API créé" in as_user("agent.gao").get("/").content.decode()
    assert "Jeton d’API créé" not in as_user("agent.kayes").get("/").content.decode()
    assert AccountAct.objects.filter(kind="token").count() == 1


def rows_of(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_auditor_reads_who_saw_what_and_administrator_does_not(as_user, persona):
    ReadLog.objects.create(user=persona("agent.gao"), action="opened", model="cases.migrant", rows=["cle-1"], centre_code="GAO", path="=1+1", address="10.0.0.1")
    ReadLog.objects.create(user=persona("agent.kayes"), action="exported", model="cases.migrant", rows=["cle-2", "cle-3"], path="/x")
    client = as_user("auditor")
    assert {row.user.username for row in client.get("/administration/reads/").context["page"].rows} >= {"agent.gao", "agent.kayes"}
    for query, expected in (("user=agent.gao", ["cle-1"]), ("action=exported&user=agent.kayes", ["cle-2", "cle-3"]), ("row=cle-3", ["cle-2", "cle-3"])):
        rows = client.get(f"/administration/reads/?{query}").context["page"].rows
        assert [row.rows for row in rows] == [expected]
    assert client.get("/administration/reads/?end=2020-01-01").context["page"].rows == []
    assert client.get("/administration/reads/?start=x&after=zzz&end=9999-12-31").status_code == 200
    lines = rows_of(client.get("/administration/reads/export/?user=agent.gao"))
    assert len(lines) == 2
    assert lines[1][1:] == ["agent.gao", "ouvert", "personne", "", "cle-1", "GAO", "'=1+1", "10.0.0.1", ""]
    assert ReadLog.objects.filter(user=persona("auditor"), action="exported", model="audit.readlog").exists()
    for other in ("admin", "manager.gao", "steering.eu"):
        assert as_user(other).get("/administration/reads/").status_code == 403
        assert as_user(other).get("/administration/reads/export/").status_code == 403


def test_changes_name_fields_and_never_values(as_user, persona):
    user = make_account("awa.traore")
    services.edit_user(actor=persona("admin"), user=user, seen=services.fingerprint(user), email="secret@exemple.ml")
    client = as_user("auditor")
    page = client.get(f"/administration/changes/?table=accounts_user&row={user.pk}&operation=UPDATE&user=admin")
    assert page.context["page"].rows[0].fields == ["adresse électronique"]
    everything = client.get(f"/administration/changes/?table=accounts_user&row={user.pk}").content.decode()
    assert "secret@exemple.ml" not in everything
    assert "awa.traore" not in everything.split("<tbody>")[1]
    lines = rows_of(client.get(f"/administration/changes/export/?table=accounts_user&row={user.pk}"))
    assert "secret@exemple.ml" not in str(lines)
    assert lines[1][2] == "utilisateur" and lines[1][6] == "adresse électronique"
    assert as_user("admin").get("/administration/changes/").status_code == 403


@pytest.mark.parametrize("journal", ["reads", "changes"])
def test_a_long_journal_is_made_by_a_worker(as_user, persona, monkeypatch, journal):
    client = as_user("auditor")
    ReadLog.objects.bulk_create(ReadLog(user=persona("agent.gao"), action="opened", model="cases.migrant", rows=[f"cle-{n}"], path="/") for n in range(3))
    set_actor(persona("agent.gao"))
    for name in ("a", "b", "c"):
        User.objects.filter(username="agent.gao").update(first_name=name)
    url = client.get(f"/administration/{journal}/?user=agent.gao").context["export_url"]
    assert "agent.gao" not in url
    short = rows_of(client.get(url))
    monkeypatch.setattr("administration.trail_files.MOST_NOW", 2)
    first = client.get(url)
    job = Job.objects.get(kind="trail_export")
    assert first.url == client.get(url).url == f"/jobs/{job.pk}/"  # a double click is one job
    run(job.pk)
    content = b"".join(client.get(f"/jobs/{job.pk}/file/").streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == short
    assert len(short) >= 4
    assert ReadLog.objects.filter(user=persona("auditor"), action="exported", path=f"/jobs/{job.pk}/").count() == 1
    monkeypatch.setattr("administration.trail_files.MOST_LINES", 2)
    cut = ask_for(actor=persona("auditor"), kind="trail_export", title="x", parameters=job.parameters)
    run(cut.pk)
    lines = Job.objects.get(pk=cut.pk).file.read().decode("utf-8-sig").splitlines()
    assert (len(lines), lines[-1]) == (4, "Liste coupée après 2 lignes : choisissez une période plus courte.")
    with pytest.raises(PermissionDenied):
        ask_for(actor=persona("admin"), kind="trail_export", title="x", parameters=job.parameters)


def test_log_pages_hold_every_row_once(as_user, persona):
    ReadLog.objects.bulk_create(ReadLog(user=persona("agent.gao"), action="opened", model="cases.migrant", rows=[str(n)], path="/") for n in range(120))
    client, seen, url = as_user("auditor"), [], "/administration/reads/?user=agent.gao"
    while url:
        page = client.get(url).context["page"]
        seen += [row.rows[0] for row in page.rows]
        url = f"/administration/reads/{page.next_url}" if page.next_url else ""
    assert seen == [str(n) for n in reversed(range(120))]


def test_chain_is_checked_from_the_page(as_user):
    client = as_user("auditor")
    assert client.post("/administration/chain/").status_code == 302
    job = Job.objects.get(kind="verify_audit")
    assert (job.state, job.result["faults"]) == ("done", [])
    assert "intacte" in client.get("/administration/chain/").content.decode()
    assert as_user("admin").post("/administration/chain/").status_code == 403


def test_access_document_is_up_to_date():
    assert access_table.DOCUMENT.read_text(encoding="utf-8") == access_table.document(), "run: python manage.py access_table"


@pytest.mark.parametrize("name", ["users", "new_user", "waiting", "reads", "changes", "chain"])
def test_number_of_queries_does_not_grow(as_user, persona, django_assert_max_num_queries, name):
    for _ in range(5):
        make_account()
    client = as_user("auditor" if name in ("reads", "changes", "chain") else "admin")
    assert Change.objects.exists()
    with django_assert_max_num_queries(12):
        assert client.get(reverse(f"administration:{name}")).status_code == 200


def test_account_page_queries(as_user, persona, django_assert_max_num_queries):
    client = as_user("admin")
    with django_assert_max_num_queries(12):
        client.get(f"/administration/users/{persona('agent.gao').pk}/")
    manager = as_user("manager.gao")
    with django_assert_max_num_queries(12):
        manager.get("/administration/centres/GAO/staff/")


def offered(browser, url: str, name: str) -> set[str]:
    return {str(value) for value, _label in browser.get(url).context["form"].fields[name].widget.choices if value}


def test_a_role_that_would_be_refused_is_not_offered(as_user, centre, persona):
    """Every role that is offered is taken by the service somewhere; every other one is refused everywhere."""
    admin = as_user("admin")
    for organisation in ("DGME", "OIM", "AECID", "DUE"):
        for held in (None, Role.CENTRE_AGENT, Role.AUDITOR):
            account = make_account(organisation=organisation)
            if held is not None:
                try:
                    post(actor=None, user=account, role=held, centre=centre("GAO") if held == Role.CENTRE_AGENT else None)
                except ValidationError:
                    continue
            shown = offered(admin, f"/administration/users/{account.pk}/postings/new/", "role")
            taken = set()
            for role in Role:
                for place in (None, centre("GAO"), centre("KAY")):
                    try:
                        with transaction.atomic():
                            services.give_posting(
                                actor=persona("admin"), user=account, role=role, centre=place, since=timezone.localdate() + datetime.timedelta(days=1), until=None
                            )
                            taken.add(role.value)
                            raise Undone
                    except (ValidationError, Undone):
                        pass
            assert shown == taken, (organisation, held)


def test_an_organisation_that_would_be_refused_is_not_offered(as_user, centre):
    account = make_account(organisation="OIM")
    url = f"/administration/users/{account.pk}/edit/"
    every = offered(as_user("admin"), url, "organisation")
    assert len(every) == Organisation.objects.count()
    post(actor=None, user=account, role=Role.PROTECTION_OFFICER, centre=None)
    assert offered(as_user("admin"), url, "organisation") == {str(one.pk) for one in Organisation.objects.filter(kind="iom")}


class Undone(Exception):
    """Takes a trial back."""
