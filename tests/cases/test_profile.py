"""What a person tells of themselves: saved in parts, by several people, to the version that was asked; how complete it is."""

import re
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import ReadLog
from cases.models import Custody, Profile
from cases.services import add_step, correct_identity, save_profile, withdraw_consent
from questionnaires import services as questionnaires
from questionnaires.models import Question, Questionnaire, Version
from questionnaires.services import Differing
from tests.factories import agent_of, make_migrant
from tests.questionnaires.factories import editor, spec

from .factories import make_step, move

pytestmark = pytest.mark.django_db

ANSWERS = {
    "personnes_a_charge": 3,
    "instruction": "primaire",
    "metier": "commerce",
    "motifs": ["travail", "climat"],
    "intention": "rentrer",
    "besoins": ["soins"],
}


def save(person, actor=None, version=None, **answers):
    if version is None:
        latest = Profile.objects.filter(migrant=person).latest_first().first()
        version = latest.version if latest else 0
    return save_profile(actor=actor or agent_of(person.registered_centre), migrant=person, answers=answers, version=version)


def new_version(*changes) -> Version:
    """The next version of the profile, with these questions added at its end."""
    shipped = Questionnaire.objects.get(code="profil")
    draft = questionnaires.new_draft(actor=editor(), questionnaire=shipped)
    for change in changes:
        questionnaires.write_question(actor=editor(), draft=draft, spec=change)
    draft.refresh_from_db()
    return questionnaires.publish(actor=editor(), draft=draft, revision=draft.revision)


def test_a_profile_is_filled_in_parts(centre):
    person = make_migrant(centre("GAO"))
    profile, found = save(person, personnes_a_charge="3")
    assert (found.items_known, found.whole) == (4, False), "sex, birth, nationality are in the file"
    assert not found.items[4] and not found.items[10]
    profile, found = save(person, **{name: value for name, value in ANSWERS.items() if name != "personnes_a_charge"})
    assert profile.answers == ANSWERS
    assert profile.basic_items == [5, 6, 8, 9, 11, 12]
    assert (found.items_known, profile.complete) == (9, False)
    make_step(centre("GAO"), person)
    person.refresh_from_db()
    person = correct_identity(actor=agent_of(centre("GAO")), migrant=person, version=person.version, origin_country="GN", languages=["ful"])
    profile, found = save(person, famille_prevenue="yes")
    assert (found.items_known, found.whole, profile.complete) == (12, True, True)
    assert Profile.objects.count() == 1


def test_an_answer_is_taken_back_and_what_is_no_longer_asked_goes(centre):
    person = make_migrant(centre("GAO"))
    profile, _found = save(person, metier="autre", metier_autre="Puisatier", intention="continuer", destination="ES")
    assert profile.answers["metier_autre"] == "Puisatier"
    profile, _found = save(person, metier="commerce", destination=None)
    assert profile.answers == {"metier": "commerce", "intention": "continuer"}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"personnes_a_charge": "beaucoup"}, "personnes_a_charge"),
        ({"personnes_a_charge": 61}, "personnes_a_charge"),
        ({"instruction": "doctorat"}, "instruction"),
        ({"nulle_part": "x"}, "nulle_part"),
        ({"sexe": "female"}, "sexe"),
        ({"famille": "x"}, "famille"),
        ({"personnes_a_charge": 2, "motifs": ["travail", "zzz"]}, "motifs"),
    ],
)
def test_a_wrong_answer_keeps_nothing(centre, answers, code):
    person = make_migrant(centre("GAO"))
    with pytest.raises(ValidationError) as refused:
        save(person, **answers)
    assert code in refused.value.error_dict
    assert not Profile.objects.exists()


def test_who_may(centre, persona):
    person = make_migrant(centre("GAO"))
    save(person, actor=persona("protection"), personnes_a_charge=1)
    for username in ("agent.kayes", "me.iom", "auditor", "admin", "flows"):
        with pytest.raises(PermissionDenied):
            save(person, actor=persona(username), personnes_a_charge=2)
    withdraw_consent(actor=persona("agent.gao"), consent=person.consents.get(purpose="registration"))
    with pytest.raises(ValidationError, match="accord"):
        save(person, personnes_a_charge=2)


def test_two_people_fill_two_parts_and_one_part(centre, persona):
    person = make_migrant(centre("GAO"))
    save(person, version=0, personnes_a_charge=1)
    save(person, actor=persona("manager.gao"), version=0, instruction="primaire")  # another part, begun at the same time
    save(person, actor=persona("manager.gao"), version=0, personnes_a_charge=1)  # the same answer
    with pytest.raises(Differing) as differing:
        save(person, actor=persona("manager.gao"), version=0, personnes_a_charge=2, metier="commerce")
    assert differing.value.codes == ["personnes_a_charge"]
    profile = Profile.objects.get()
    assert profile.answers == {"personnes_a_charge": 1, "instruction": "primaire"}
    save(person, actor=persona("manager.gao"), version=profile.version, personnes_a_charge=2)


def test_answers_keep_their_version(centre):
    person = make_migrant(centre("GAO"))
    first, _found = save(person, **ANSWERS)
    second_version = new_version(spec("nouvelle", "yes_no", required=True))
    with pytest.raises(IntegrityError, match="keep the version"), transaction.atomic():
        Profile.objects.filter(pk=first.pk).update(questionnaire_version=second_version)
    second, found = save(person, version=0, nouvelle="yes")
    assert second.pk != first.pk and second.questionnaire_version == second_version
    assert second.answers == ANSWERS | {"nouvelle": "yes"}
    assert found.missing == ()
    first.refresh_from_db()
    assert first.answers == ANSWERS and first.questionnaire_version.number == 1


def test_an_answer_that_is_asked_otherwise_is_asked_anew(centre):
    person = make_migrant(centre("GAO"))
    save(person, **ANSWERS)
    draft = questionnaires.new_draft(actor=editor(), questionnaire=Questionnaire.objects.get(code="profil"))
    for code in ("metier_autre", "metier"):
        questionnaires.remove_question(actor=editor(), question=draft.questions.get(code=code), version=1)
    questionnaires.write_question(actor=editor(), draft=draft, spec=spec("metier", "integer", basic_item=8))
    draft.refresh_from_db()
    questionnaires.publish(actor=editor(), draft=draft, revision=draft.revision)
    profile, found = save(person, version=0, enfants_a_charge=1)
    assert "metier" not in profile.answers and not found.items[8]


def test_no_answers_to_a_draft(centre):
    draft = questionnaires.new_draft(actor=editor(), questionnaire=Questionnaire.objects.get(code="profil"))
    with pytest.raises(IntegrityError, match="published version"), transaction.atomic():
        Profile.objects.create(migrant=make_migrant(centre("GAO")), questionnaire_version=draft)


def test_a_former_centre_keeps_the_profile_as_it_was(centre, persona, as_user):
    person = make_migrant(centre("GAO"))
    save(person, personnes_a_charge=1)
    before = Profile.objects.get()
    move(person, centre("KAY"))
    save(person, actor=persona("agent.kayes"), personnes_a_charge=9, intention="rester")
    assert Profile.objects.count() == 2
    before.refresh_from_db()
    assert before.answers == {"personnes_a_charge": 1}
    seen = Profile.objects.visible_to(persona("agent.gao")).filter(migrant=person)
    assert list(seen) == [before]
    assert Profile.objects.visible_to(persona("agent.kayes")).filter(migrant=person).count() == 2
    page = as_user("agent.gao").get(reverse("cases:profile", args=[person.pk])).content.decode()
    assert "rester au Mali" not in page and "Remplir cette partie" not in page
    page = as_user("agent.kayes").get(reverse("cases:profile", args=[person.pk])).content.decode()
    assert "rester au Mali" in page
    assert as_user("agent.gao").get(reverse("cases:profile_part", args=[person.pk, 2])).status_code == 403
    # A second save by the same centre goes on with the same row.
    save(person, actor=persona("agent.kayes"), instruction="college")
    assert Profile.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_begun_by_ten_at_once_it_is_one_profile(centre):
    person, agent = make_migrant(centre("GAO")), agent_of(centre("GAO"))
    codes = list(Question.objects.filter(questionnaire_version__state="published", type="several").values_list("code", flat=True))
    failed = []

    def fill(number):
        try:
            code = codes[number % len(codes)]
            value = Question.objects.get(questionnaire_version__state="published", code=code).choices.first().code
            save_profile(actor=agent, migrant=person, answers={code: [value]}, version=0)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=fill, args=[number]) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert set(Profile.objects.get().answers) == set(codes)


# --- pages ---------------------------------------------------------------------------------------------------------


def test_the_tab(as_user, centre):
    person = make_migrant(centre("GAO"))
    browser = as_user("agent.gao")
    file = browser.get(reverse("cases:migrant", args=[person.pk])).content.decode()
    url = reverse("cases:profile", args=[person.pk])
    assert url in file
    page = browser.get(url).content.decode()
    assert "3 sur 12" in page and "motifs du départ" in page and "Aucune réponse pour l’instant" in page
    save(person, **ANSWERS)
    make_step(centre("GAO"), person)
    page = browser.get(url).content.decode()
    assert "10 sur 12" in page and "lieu d’origine, langues" in page
    assert "chercher du travail, sécheresse ou inondation" in page and "Données à la version 1" in page
    assert ReadLog.objects.filter(action="opened", rows__contains=[str(person.pk)], path=url).exists()
    assert as_user("me.iom").get(url).status_code == 404


def test_a_part_is_saved_and_the_next_one_follows(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    start = browser.get(reverse("cases:profile_part", args=[person.pk, 0]))
    assert start.status_code == 302
    page = browser.get(start.url).content.decode()
    assert "Combien de personnes" in page and "Sexe" not in page
    response = browser.post(start.url, {"version": "0", "q_personnes_a_charge": "2", "q_enfants_a_charge": "1", "next": "1"}, follow=True)
    assert "C’est enregistré." in response.content.decode() and "Jusqu’où est-elle allée" in response.content.decode()
    url = response.redirect_chain[-1][0]
    response = browser.post(url, {"version": "1", "q_competences": ["couture", "vente"]}, follow=True)
    page = response.content.decode()
    assert "il manque encore" in page and "Jusqu’où est-elle allée" in page, "saved, and said what is missing"
    assert Profile.objects.get().answers == {"personnes_a_charge": 2, "enfants_a_charge": 1, "competences": ["couture", "vente"]}
    response = browser.post(start.url, {"version": "2", "q_personnes_a_charge": "douze"})
    assert response.status_code == 200 and "douze" in response.content.decode()
    assert "Écrivez un nombre en chiffres." in response.content.decode()
    assert browser.get(reverse("cases:profile_part", args=[person.pk, 1])).status_code == 404, "the file answers it all"
    assert browser.get(reverse("cases:profile_part", args=[person.pk, 99])).status_code == 404


def test_who_saved_otherwise_meanwhile_is_shown(as_user, persona, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url = reverse("cases:profile_part", args=[person.pk, 5])
    mine = {"version": "0", "q_intention": "rester"}
    save(person, actor=persona("manager.gao"), intention="rentrer", retour_pret="maintenant")
    response = browser.post(url, mine)
    page = response.content.decode()
    assert response.status_code == 409 and "rentrer chez elle" in page
    assert re.search(r'value="rester"[^>]*checked', page), "what was typed is there"
    assert Profile.objects.get().answers["intention"] == "rentrer"
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert browser.post(url, mine | {"version": version}).status_code == 302
    assert Profile.objects.get().answers == {"intention": "rester"}


def test_older_answers_stay_readable(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    first, _found = save(person, **ANSWERS)
    new_version(spec("nouvelle", "yes_no", text={"fr": "Une nouvelle question ?"}))
    url = reverse("cases:profile", args=[person.pk])
    page = browser.get(url).content.decode()
    assert "Réponses à une version plus ancienne" in page and "Une nouvelle question" not in page
    save(person, version=0, nouvelle="yes")
    page = browser.get(url).content.decode()
    assert "Une nouvelle question" in page and f"?profile={first.pk}" in page
    page = browser.get(url, {"profile": str(first.pk)}).content.decode()
    assert "Vous lisez les réponses données à la version 1" in page
    other, _found = save(make_migrant(centre("GAO")), personnes_a_charge=1)
    for wrong in (other.pk, "nonsense"):
        assert browser.get(url, {"profile": str(wrong)}).status_code == 404


@pytest.mark.parametrize(("name", "most"), [("profile", 12), ("profile_part", 12)])
def test_pages_ask_the_database_little(as_user, centre, name, most):
    person, browser = make_migrant(centre("GAO")), as_user("protection")
    save(person, **ANSWERS)
    for _step in range(6):
        make_step(centre("GAO"), person, protection_events=["detained"])
    url = reverse(f"cases:{name}", args=[person.pk, 2] if name == "profile_part" else [person.pk])
    browser.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(url).status_code == 200
    counted = [query["sql"] for query in asked if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    assert len(counted) <= most, "\n".join(sql[:150] for sql in counted)


# --- how complete, by centre ---------------------------------------------------------------------------------------


def test_completeness_by_centre_counts_without_names(as_user, centre):
    gao = centre("GAO")
    people = [make_migrant(gao, surname=f"Nomsecret{number}") for number in range(6)]
    for person in people[:3]:
        save(person, **ANSWERS)
    whole = people[0]
    make_step(gao, whole)
    correct_identity(actor=agent_of(gao), migrant=whole, version=1, origin_place="Labé", languages=["ful"])
    make_migrant(centre("KAY"))
    url = reverse("cases:completeness")
    response = as_user("me.iom").get(url)
    row = {r["centre"].code: r for r in response.context["rows"]}
    assert (row["GAO"]["people"], row["GAO"]["whole"]) == (6, 1 / 6)
    assert row["GAO"]["items"][1] == 1 and row["GAO"]["items"][9] == 0.5 and row["GAO"]["items"][4] == row["GAO"]["items"][10] == 1 / 6
    assert row["KAY"]["hidden"] and row["KAY"]["people"] is None, "one person can't be told in percent to whoever does not know them"
    assert "Nomsecret" not in response.content.decode() and not re.search(r"[A-Z]{3}-\d{4}-\d{5}", response.content.decode())
    response = as_user("manager.gao").get(url)
    assert [r["centre"].code for r in response.context["rows"]] == ["GAO"]
    assert as_user("agent.gao").get(url).status_code == 403
    response = as_user("me.aecid").get(url, {"since": "2020-01-01", "until": "2020-02-01"})
    assert {r["people"] for r in response.context["rows"]} == {0}
    for wrong in ({"since": "2020-01-01"}, {"since": "nonsense"}, {"since": "2024-05-01", "until": "2024-01-01"}):
        assert as_user("me.iom").get(url, wrong).context["rows"] == []


def test_a_newer_profile_counts_once(as_user, centre, persona):
    gao = centre("GAO")
    person = make_migrant(gao)
    save(person, **ANSWERS)
    Custody.objects.filter(migrant=person).update(until=None)
    move(person, centre("KAY"))
    save(person, actor=persona("agent.kayes"), motifs=None)
    rows = as_user("manager.gao").get(reverse("cases:completeness")).context["rows"]
    assert rows[0]["people"] == 1 and rows[0]["items"][9] == 0 and rows[0]["items"][6] == 1


# --- API -----------------------------------------------------------------------------------------------------------


def test_the_api_reads_and_saves_in_parts(api_as, centre):
    person = make_migrant(centre("GAO"))
    add_step(actor=agent_of(centre("GAO")), migrant=person, id=person.pk, place="Agadez", country="NE", protection_events=["detained"])
    url, client = f"/api/v1/migrants/{person.pk}/profile/", api_as("agent.gao")
    found = client.get(url).json()
    assert (found["questionnaire"], found["questionnaire_version"], found["version"], found["answers"]) == ("profil", 1, 0, {})
    assert found["basic_items"]["1"] is True and found["basic_items"]["9"] is False and "motifs" in found["missing"]
    assert found["route"][0]["place"] == "Agadez" and found["route"][0]["protection_events"] is None
    assert api_as("protection").get(url).json()["route"][0]["protection_events"] == ["detained"]
    found = client.send("PUT", url, {"version": 0, "answers": {"motifs": ["travail"], "personnes_a_charge": 2}}).json()
    assert found["answers"] == {"motifs": ["travail"], "personnes_a_charge": 2} and found["version"] == 1
    found = client.send("PUT", url, {"version": 1, "answers": {"personnes_a_charge": None}}).json()
    assert found["answers"] == {"motifs": ["travail"]}
    stale = client.send("PUT", url, {"version": 0, "answers": {"motifs": ["climat"]}})
    assert stale.status_code == 409 and stale.json()["differing"] == ["motifs"] and stale.json()["current"]["answers"] == {"motifs": ["travail"]}
    wrong = client.send("PUT", url, {"version": 2, "answers": {"motifs": ["zzz"]}})
    assert wrong.status_code == 400 and "motifs" in wrong.json()["errors"]["answers"]
    assert client.send("PUT", url, {"answers": {}}).status_code == 400
    assert api_as("agent.kayes").get(url).status_code == 404
    assert api_as("returns.gao").send("PUT", url, {"version": 2, "answers": {}}).status_code == 200
