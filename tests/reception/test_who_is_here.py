"""What lists say of themselves: who is at a centre now, and filters that mean nothing."""

import datetime

import pytest
from django.utils import timezone

from tests.factories import make_migrant

from .factories import make_stay

pytestmark = pytest.mark.django_db


def test_children_at_a_centre_come_first_and_the_words_say_what_is_counted(centre, as_user):
    young = {"born_on": timezone.localdate() - datetime.timedelta(days=3000), "birth_precision": "day"}
    here = make_stay(centre("GAO"), migrant=make_migrant(centre("GAO"), given_names="Présente", **young)).migrant
    away = make_migrant(centre("GAO"), given_names="Partie", **young)
    # The last day of the year eighteen years ago: said to be about 18, perhaps still 17.
    perhaps = make_migrant(centre("GAO"), given_names="Peut-être", born_on=datetime.date(timezone.localdate().year - 18, 12, 31), birth_precision="age")
    page = as_user("protection").get("/").content.decode()
    assert page.index(here.full_name) < page.index(away.full_name)
    assert "<strong>1</strong> enfant sans adulte responsable séjourne dans vos centres" in page
    if perhaps.is_minor():
        assert "peut avoir moins de 18 ans" in page
        assert "peut avoir moins de 18 ans" in as_user("agent.gao").get(f"/migrants/{perhaps.pk}/").content.decode()


def test_a_malian_in_mali_is_offered_no_return(centre, as_user):
    for nationality, offered in (("ML", False), ("GN", True)):
        person = make_migrant(centre("GAO"), nationality=nationality)
        assert ("Ouvrir un retour" in as_user("returns.gao").get(f"/migrants/{person.pk}/").content.decode()) is offered


@pytest.mark.parametrize("url", ["/returns/?state=moon", "/reintegration/?state=moon", "/reintegration/visits/?due=moon"])
def test_a_filter_that_means_nothing_says_so(url, as_user):
    username = "returns.gao" if "returns" in url else "reintegration.kayes"
    assert "error-summary" in as_user(username).get(url).content.decode()
