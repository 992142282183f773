"""The declaration to print, read aloud and sign."""

import pytest
from django.urls import reverse

from audit.models import ReadLog

from ..factories import make_minor
from .factories import make_return

pytestmark = pytest.mark.django_db


def test_it_is_printed_by_the_officer_and_logged(as_user, centre):
    case = make_return(centre("GAO"))
    url = reverse("returns:declaration", kwargs={"pk": case.pk})
    body = as_user("returns.gao").get(url).content.decode()
    for words in (str(case.migrant), case.migrant.case_number, "Labé (Guinée)", "de mon plein gré", "empreinte du pouce", "interprète", "jusqu’au départ"):
        assert words in body
    assert ReadLog.objects.filter(action="printed", model="returns.returncase", rows=[str(case.pk)]).count() == 1
    assert as_user("agent.gao").get(url).status_code == 403
    assert as_user("returns.bamako").get(url).status_code == 404


def test_for_a_child_an_adult_signs_too(as_user, centre):
    case = make_return(centre("GAO"), make_minor(centre("GAO")))
    body = as_user("returns.gao").get(reverse("returns:declaration", kwargs={"pk": case.pk})).content.decode()
    assert "adulte qui répond de l’enfant" in body
