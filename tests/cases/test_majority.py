"""Who is 18 is no child any more, wherever it was written down; and words are right for a girl and for a man."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from cases.models import Migrant
from cases.models.births import years_before
from reception import alerts
from reception.models import Alert
from reception.services import close_alert, raise_alert
from reintegration.models import ReintegrationCase
from reintegration.services import close_case
from returns.services import move
from returns.workflow import State
from tests.factories import make_migrant, make_minor
from tests.reception.factories import backdate, make_stay
from tests.reintegration.factories import day, make_reintegration, make_visit
from tests.returns.factories import bring_to, fields_for, make_return


def grown(person):
    """18 today."""
    today = timezone.localdate()
    Migrant.objects.filter(pk=person.pk).update(born_on=years_before(today, 18), birth_precision="day")


class TestWords:
    @pytest.mark.parametrize(
        ("sex", "right", "wrong"),
        [("female", "mineure non accompagnée", "mineur non accompagné"), ("male", "mineur non accompagné", "mineure"), ("other", "enfant non accompagné", "mineur non")],
    )
    def test_of_a_child_alone(self, as_user, centre, sex, right, wrong):
        gao = centre("GAO")
        child = make_minor(gao, sex=sex)
        make_stay(gao, migrant=child)
        browser = as_user("agent.gao")
        for address in (
            reverse("cases:migrant", args=[child.pk]),
            reverse("cases:migrants"),
            reverse("reception:centre", args=["GAO"]),
            reverse("reception:roll_call", args=["GAO"]),
        ):
            text = browser.get(address).content.decode()
            assert right in text and f">{wrong}<" not in text, address

    def test_labels_that_stand_beside_a_name(self):
        words = [*ReintegrationCase.State.labels, *Migrant.ArrivalKind.labels, ReintegrationCase._meta.get_field("returned_from_continent").verbose_name]
        assert not {"décédé", "retiré", "reparti", "perdu de vue", "venue d’elle-même", "revenue de"} & set(map(str, words))


class TestEighteen:
    def test_no_flag_no_count_no_adult(self, as_user, centre):
        gao = centre("GAO")
        child = make_minor(gao, accompanied_by=make_migrant(gao, surname="Ombre", given_names="Fanta"))
        page = as_user("agent.gao").get(reverse("cases:migrant", args=[child.pk])).content.decode()
        assert "enfant avec un adulte responsable" in page and "adulte responsable)" in page
        grown(child)
        page = as_user("agent.gao").get(reverse("cases:migrant", args=[child.pk])).content.decode()
        assert "adulte responsable" not in page
        assert "Ombre" not in as_user("agent.gao").get(reverse("cases:print", args=[child.pk])).content.decode()

    def test_the_alert_of_a_child_becomes_that_of_an_adult(self, as_user, persona, centre):
        gao = centre("GAO")
        stay = make_stay(gao, migrant=make_minor(gao))
        backdate(stay, 3)
        alert, _raised = raise_alert(actor=persona("agent.gao"), centre=gao, kind=Alert.Kind.MINOR_MISSING, subject=str(stay.migrant_id), migrant=stay.migrant)
        manager = as_user("manager.gao")
        assert "Mineurs manquants" in manager.get("/").content.decode() and alerts.open_at(persona("manager.gao"), gao)[0].words.startswith("Enfant manquant")
        assert close_alert(actor=persona("manager.gao"), alert=alert, done="Cherché en ville hier", seen=False).closed_at is None
        grown(stay.migrant)
        assert (
            "Mineurs manquants" not in manager.get("/").content.decode()
            and "Mineurs manquants" not in manager.get(reverse("reception:absences", args=["GAO"])).content.decode()
        )
        assert alerts.open_at(persona("manager.gao"), gao)[0].words == f"Absence constatée à l’appel\u00a0: {stay.migrant}"
        assert close_alert(actor=persona("manager.gao"), alert=alert, done="Cherché en ville encore", seen=False).closed_at is not None

    def test_a_return_that_began_before(self, as_user, persona, centre):
        gao, officer = centre("GAO"), persona("returns.gao")
        child = make_minor(gao)
        case = bring_to(make_return(gao, child), State.DOCUMENTS)
        browser, page = as_user("returns.gao"), reverse("returns:case", args=[case.pk])
        assert "Mineur" in browser.get(page).content.decode()
        with pytest.raises(ValidationError, match="intérêt supérieur"):
            move(actor=officer, case=case, to="ready", version=case.version, **fields_for(State.READY))
        grown(child)
        text = browser.get(page).content.decode() + browser.get(reverse("returns:list")).content.decode()
        assert "Mineur" not in text and ">enfant<" not in text and "intérêt supérieur" not in text
        case = move(actor=officer, case=case, to="ready", version=case.version, **fields_for(State.READY))
        assert not case.minor and bring_to(case, State.DEPARTED).state == "departed"


def test_the_file_says_that_the_follow_up_may_end_only_where_it_may(as_user, persona, centre):
    case = make_reintegration(centre("KAY"), opened_on=day(-358))  # the last visit may be made a few days early
    for month in (1, 3, 6, 9, 12):
        make_visit(case, month)
    browser, page = as_user("reintegration.kayes"), reverse("cases:migrant", args=[case.migrant_id])
    text = browser.get(page).content.decode()
    assert "toutes les visites sont faites" in text and "Le suivi peut être terminé" not in text and "qu’après douze mois de suivi" in text
    case.refresh_from_db()
    with pytest.raises(ValidationError, match="douze mois"):
        close_case(actor=persona("reintegration.kayes"), case=case, state="completed", closed_on=timezone.localdate(), version=case.version)
    ReintegrationCase.objects.filter(pk=case.pk).update(opened_on=day(-372))
    assert "Le suivi peut être terminé" in browser.get(page).content.decode()
    assert close_case(actor=persona("reintegration.kayes"), case=case, state="completed", closed_on=timezone.localdate(), version=case.version).closed_on
