"""Groups announced by another centre or an office."""

import datetime
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from cases.models import Migrant
from cases.services import open_group
from config.countries import only_country_in
from reception.models import ExpectedGroup, Stay
from reception.services import announce_group, check_in, close_group, correct_number
from tests.factories import make_migrant

from .factories import make_expected


def announce(actor, to, **values):
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    return announce_group(actor=actor, centre=to, **{"id": uuid.uuid4(), "expected_at": tomorrow, "men": 10, **values})


def test_an_arrival_is_told_in_the_words_of_the_registration():
    said = dict(Migrant.ArrivalKind.choices)
    assert {key: words for key, words in Stay.Origin.choices if key in said} == said


class TestAnnouncing:
    def test_any_centre_by_who_receives_or_conducts_returns(self, persona, centre):
        for username in ("agent.kayes", "returns.gao"):
            group, made = announce(persona(username), centre("BKO"))
            assert made and group.number == 10
        for username in ("protection", "health.gao", "steering.eu", "flows", "admin"):
            with pytest.raises(PermissionDenied):
                announce(persona(username), centre("BKO"))
        with pytest.raises(PermissionDenied):  # in the name of a centre that is not theirs
            announce(persona("agent.kayes"), centre("BKO"), announced_from=centre("GAO"))

    def test_sent_twice(self, persona, centre):
        values = {"id": uuid.uuid4(), "expected_at": timezone.now() + datetime.timedelta(hours=5), "coming_from": "Agadez"}
        first, made = announce(persona("agent.kayes"), centre("GAO"), **values)
        assert made and announce(persona("agent.kayes"), centre("GAO"), **values) == (first, False)
        with pytest.raises(SameKeyOtherContent):
            announce(persona("agent.kayes"), centre("GAO"), **values, women=2)

    def test_numbers_and_day(self, persona, centre):
        agent = persona("agent.kayes")
        for wrong in (
            {"men": 0},
            {"children": 1, "minors_alone": 2},
            {"men": 1000},
            {"men": -1},
            {"expected_at": timezone.now() - datetime.timedelta(days=2)},
            {"expected_at": None},
        ):
            with pytest.raises(ValidationError):
                announce(agent, centre("GAO"), **wrong)
        assert not ExpectedGroup.objects.exists()


class TestComing:
    def test_arrived_once_with_the_number_that_came(self, persona, centre):
        group = make_expected(centre("GAO"), announced_from=None)
        for username in ("agent.kayes", "returns.gao"):
            with pytest.raises(PermissionDenied):
                close_group(actor=persona(username), group=group, version=1, number_came=17)
        agent = persona("agent.gao")
        closed = close_group(actor=agent, group=group, version=1, number_came=17)
        assert (closed.state, closed.number_came) == ("arrived", 17)
        assert close_group(actor=agent, group=group, version=1, number_came=17).version == 2
        with pytest.raises(Stale):
            close_group(actor=agent, group=group, version=1, number_came=18)
        with pytest.raises(ValidationError, match="déjà noté"):
            close_group(actor=agent, group=group, version=2, words="Ne vient pas")
        with pytest.raises(IntegrityError), transaction.atomic():
            ExpectedGroup.objects.filter(pk=group.pk).update(number_came=None)

    def test_a_wrong_number_is_corrected_and_the_one_before_kept(self, as_user, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        group = make_expected(gao, announced_from=None)  # of 19
        correction = {"actor": agent, "group": group, "version": 1, "number_came": 17, "reason": "Compté deux fois"}
        with pytest.raises(ValidationError, match="n’est pas notée"):
            correct_number(**correction)
        close_group(actor=agent, group=group, version=1, number_came=71)
        with pytest.raises(PermissionDenied):
            correct_number(**correction | {"actor": persona("agent.kayes"), "version": 2})
        for wrong in ({"reason": " "}, {"number_came": 71}):
            with pytest.raises(ValidationError):
                correct_number(**correction | {"version": 2} | wrong)
        with pytest.raises(Stale):
            correct_number(**correction)
        done = correct_number(**correction | {"version": 2})
        assert (done.number_came, done.number_before, done.corrected_by, done.version) == (17, 71, agent, 3)
        assert correct_number(**correction | {"version": 2}).version == 3  # a second click
        with pytest.raises(IntegrityError), transaction.atomic():
            ExpectedGroup.objects.filter(pk=group.pk).update(correction="")
        url, page = reverse("reception:correct_expected", args=[group.pk]), as_user("agent.gao")
        assert "Dites pourquoi" in page.post(url, {"version": 3, "number_came": 16, "reason": ""}).content.decode()
        text = page.post(url, {"version": 3, "number_came": 16, "reason": "Un enfant compté en trop"}, follow=True).content.decode()
        assert "16 personnes sont venues" in text and "19 annoncées" in text and "17 avant" in text and "Un enfant compté en trop" in text
        assert "Non renseigné" not in text
        common = {"consent_purposes": ("registration",), "consent_method": "signed", "consent_language": "fra"}
        open_group(actor=agent, id=group.pk, centre=gao, kind="bus", common=common)
        make_migrant(gao), make_migrant(gao), Migrant.objects.update(registration_group=group.pk)
        with pytest.raises(ValidationError, match="déjà enregistrées"):
            correct_number(**correction | {"version": 4, "number_came": 0})

    def test_cancelled_with_words_by_either_side(self, persona, centre):
        kayes, gao = persona("agent.kayes"), centre("GAO")
        for username, mine in (("agent.gao", False), ("manager.kayes", True), ("agent.kayes", True)):
            group, _made = announce(kayes, gao, announced_from=centre("KAY"))
            with pytest.raises(PermissionDenied):
                close_group(actor=persona("agent.bamako"), group=group, version=1, words="Panne")
            with pytest.raises(ValidationError):
                close_group(actor=persona(username), group=group, version=1, words=" ")
            assert close_group(actor=persona(username), group=group, version=1, words="Panne").state == "cancelled", mine


@pytest.mark.parametrize(
    ("said", "code"),
    [("surtout Guinée", "GN"), ("Guinée équatoriale, quelques-uns d’ailleurs", "GQ"), ("Guinée, Sénégal", ""), ("Nigériens", ""), ("", ""), ("niger", "NE")],
)
def test_the_country_that_a_text_names(said, code):
    assert only_country_in(said) == code


class TestPages:
    def test_the_first_page_says_which_come_here(self, as_user, persona, centre):
        make_expected(centre("GAO"), coming_from="Agadez")
        elsewhere = make_expected(centre("KAY"), coming_from="Nioro")
        type(elsewhere).objects.filter(pk=elsewhere.pk).update(announced_by=persona("agent.gao"))
        text = as_user("agent.gao").get(reverse("home")).content.decode()
        places = [text.index(words) for words in ("Groupes attendus</h2>", "Agadez", "Annoncés par vous à d’autres centres</h2>", "Nioro")]
        assert places == sorted(places)

    def test_from_the_announcement_to_the_registration(self, as_user, persona, centre):
        when = timezone.localtime() + datetime.timedelta(days=1)
        data = {
            "id": uuid.uuid4(),
            "centre": "GAO",
            "announced_from": "KAY",
            "expected_at": when.strftime("%Y-%m-%dT%H:%M"),
            "men": 12,
            "women": "",
            "children": 3,
            "coming_from": "Assamaka (Niger)",
            "nationalities": "surtout Guinée équatoriale, quelques Maliens",
            "arrival_kind": "forced_return",
        }
        kayes, gao = as_user("agent.kayes"), as_user("agent.gao")
        assert "Écrivez combien" in kayes.post(reverse("reception:announce"), {**data, "men": "", "children": ""}).content.decode()
        for _click in (1, 2):
            url = kayes.post(reverse("reception:announce"), data).url
        assert ExpectedGroup.objects.count() == 1
        for page in ("/", reverse("reception:centre", args=["GAO"]), reverse("reception:expected", args=["GAO"])):
            text = gao.get(page).content.decode()
            assert "15 personnes" in text or "Assamaka" in text, page
        assert kayes.get(url).status_code == 200 and "Le groupe est là" not in kayes.get(url).content.decode()
        assert as_user("agent.bamako").get(url).status_code == 404
        assert kayes.post(url, {"version": 1, "number_came": 14}).status_code == 403
        ExpectedGroup.objects.update(expected_at=timezone.now() - datetime.timedelta(hours=1))
        assert "attendu, pas arrivé" in gao.get(reverse("reception:centre", args=["GAO"])).content.decode()
        assert gao.post(url, {"version": 1, "number_came": 14}).status_code == 302
        late = gao.post(url, {"version": 1, "number_came": 3}, follow=True).content.decode()  # the form of somebody who was not told
        assert "l’arrivée de 14 personnes a été notée" in late and ExpectedGroup.objects.get().number_came == 14
        text = gao.get(url).content.decode()
        assert "14 personnes sont venues" in text and "0 enregistrée sur 14" in text
        link = re.search(r'href="([^"]*group[^"]*)">Enregistrer ces personnes', text)[1].replace("&amp;", "&")
        board = reverse("reception:centre", args=["GAO"])
        assert "14 arrivées, 0 enregistrée" in gao.get(board).content.decode()
        # What the announcement says is typed by nobody again.
        form = gao.get(link).context["form"]
        said = {name: form[name].value() for name in ("title", "nationality", "arrival_kind", "arrived_on")}
        today = timezone.localdate().isoformat()
        assert said == {"title": "Assamaka (Niger) – 14 personnes", "nationality": "GQ", "arrival_kind": "forced_return", "arrived_on": today}
        common = {"consent_purposes": ("registration",), "consent_method": "signed", "consent_language": "fra"}
        begun, _made = open_group(actor=persona("agent.gao"), id=uuid.UUID(str(form["id"].value())), centre=centre("GAO"), kind="bus", common=common)
        people = [make_migrant(centre("GAO"), arrival_kind="forced_return").pk for _person in range(2)]
        Migrant.objects.filter(pk__in=people).update(registration_group=begun)
        assert gao.get(link).url == reverse("cases:group", args=[begun.pk])
        assert "14 arrivées, 2 enregistrées" in gao.get(board).content.decode() and "Continuer l’enregistrement" in gao.get(url).content.decode()
        for wrong in ("x", str(uuid.uuid4())):
            assert gao.get(reverse("cases:group_start"), {"id": wrong, "nationality": "<b>"}).status_code == 200
        # Nor is it asked when they are admitted, alone or together; unless it was said long ago.
        alone, together = reverse("reception:check_in", args=["GAO", people[0]]), f"{reverse('reception:arrivals', args=['GAO'])}?group={begun.pk}"

        def asked():
            return [[gao.get(page).context["form"].initial.get(name, "") for name in ("origin", "came_from")] for page in (alone, together)]

        assert asked() == [["forced_return", "NE"]] * 2
        # The page of the group leads on to the admission of those who were not admitted yet.
        page = gao.get(reverse("cases:group", args=[begun.pk])).content.decode()
        assert "2 enregistrées sur 14." in page and "2 personnes ne sont pas encore admises." in page and f'href="{together}">Les admettre' in page
        check_in(actor=persona("agent.gao"), id=uuid.uuid4(), migrant=Migrant.objects.get(pk=people[1]), centre=centre("GAO"), origin="walked_in")
        assert "1 personne n’est pas encore admise." in gao.get(reverse("cases:group", args=[begun.pk])).content.decode()
        assert [person.pk for person in gao.get(together).context["form"].people] == people[:1]
        Migrant.objects.filter(pk=people[0]).update(registered_at=timezone.now() - datetime.timedelta(days=40))
        assert asked() == [["", ""]] * 2
        ExpectedGroup.objects.update(number_came=2)
        assert "2 arrivées, 2 enregistrées" not in gao.get(board).content.decode()
        ExpectedGroup.objects.update(number_came=14, closed_at=timezone.now() - datetime.timedelta(days=2))
        assert "14 arrivées" not in gao.get(board).content.decode()
        assert kayes.post(reverse("reception:cancel_expected", args=[ExpectedGroup.objects.get().pk]), {"version": 1, "words": "Panne"}).status_code == 200
