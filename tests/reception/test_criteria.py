"""What is published stays; who was told of what, in which language, is known."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InternalError, transaction
from django.urls import reverse

from accounts.models import User
from audit.acting import Stale
from centres.models import Centre, Service
from centres.setup import ensure_centres
from reception.models import AidCriteria, CriteriaTold
from reception.services import current_criteria, publish_criteria, tell_criteria
from tests.factories import make_migrant, make_minor

from .factories import make_stay
from .test_bed import _together


def texts(words: str = "Pour toute personne.") -> dict[str, dict[str, str]]:
    return {category: {"fr": words} for category in Service.Category.values}


class TestPublish:
    def test_each_centre_begins_with_a_text(self, db):
        assert set(AidCriteria.objects.values_list("centre__code", "version")) == {("KAY", 1), ("BKO", 1), ("GAO", 1)}
        assert all({"fr", "en", "es"} == set(words) for words in AidCriteria.objects.first().texts.values())
        assert ensure_centres() == 0

    def test_a_new_version_and_the_old_one_as_it_was(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        before = current_criteria(gao)
        second = publish_criteria(actor=manager, centre=gao, texts=texts(), seen=1)
        assert (second.version, current_criteria(gao), current_criteria(centre("KAY")).version) == (2, second, 1)
        assert publish_criteria(actor=manager, centre=gao, texts=texts(), seen=1) == second  # a double click
        with pytest.raises(Stale):
            publish_criteria(actor=manager, centre=gao, texts=texts("Autre."), seen=1)
        for change in (lambda: AidCriteria.objects.filter(pk=before.pk).update(texts={}), lambda: AidCriteria.objects.filter(pk=before.pk).delete()):
            with pytest.raises(InternalError), transaction.atomic():
                change()

    def test_refusals(self, persona, centre):
        gao = centre("GAO")
        for username in ("agent.gao", "manager.kayes", "protection"):
            with pytest.raises(PermissionDenied):
                publish_criteria(actor=persona(username), centre=gao, texts=texts(), seen=1)
        with pytest.raises(ValidationError) as refused:
            publish_criteria(actor=persona("manager.gao"), centre=gao, texts={**texts(), "meal": {"en": "Food"}, "kit": {"fr": "x" * 1501}}, seen=1)
        assert set(refused.value.error_dict) == {"meal_fr", "kit_fr"}


class TestTell:
    def test_once_to_those_who_are_here(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        here, elsewhere, registered = make_stay(gao).migrant, make_stay(centre("KAY")).migrant, make_migrant(gao)
        people = [here.pk, elsewhere.pk, registered.pk]

        def tell(**more):
            return tell_criteria(actor=agent, **{"criteria": current_criteria(gao), "people": people, "language": "bam", "how": "aloud", "key": key, **more})

        assert (tell(), tell(), tell(key=uuid.uuid4())) == (1, 0, 0)
        told = CriteriaTold.objects.get()
        assert (told.migrant, told.language, told.how, told.told_by) == (here, "bam", "aloud", agent)
        with pytest.raises(ValidationError):
            tell(how="witness")
        with pytest.raises(PermissionDenied):
            tell_criteria(actor=persona("agent.kayes"), criteria=current_criteria(gao), people=people, language="bam", how="read", key=key)
        old = current_criteria(gao)
        publish_criteria(actor=persona("manager.gao"), centre=gao, texts=texts(), seen=1)
        with pytest.raises(Stale):
            tell(criteria=old)
        assert tell(how="witness", witness="Awa Diarra") == 1 and CriteriaTold.objects.filter(witness="Awa Diarra").exists()


class TestPages:
    def test_list_file_and_sheet(self, as_user, centre, django_assert_max_num_queries):
        gao, browser = centre("GAO"), as_user("agent.gao")
        adult, other = make_stay(gao).migrant, make_stay(gao).migrant
        child = make_stay(gao, migrant=make_minor(gao, accompanied_by=adult)).migrant
        url, file = reverse("reception:criteria", args=["GAO"]), reverse("cases:migrant", args=[adult.pk])
        assert f"{url}?who={adult.pk}" in browser.get(file).content.decode()
        with django_assert_max_num_queries(12):
            page = browser.get(f"{url}?who={adult.pk}")
        text = page.content.decode()
        assert f'value="{adult.pk}" id="p-{adult.pk}" checked' in text and str(other.pk) in text and str(child.pk) not in text
        data = {"key": page.context["form"].initial["key"], "version": 1, "people": [adult.pk], "language": "bam", "how": "witness"}
        assert "Écrivez le nom du témoin" in browser.post(url, data).content.decode()
        for _click in (1, 2):
            assert browser.post(url, {**data, "witness": "Awa Diarra"}).status_code == 302
        assert str(adult.pk) not in browser.get(url).content.decode()
        text = browser.get(file).content.decode()
        assert "Critères de l’aide expliqués" in text and "GAO, version 1, en bambara" in text and f"{url}?who=" not in text
        manager, edit = as_user("manager.gao"), reverse("reception:criteria_edit", args=["GAO"])
        form = {"seen": 1, **{f"{category}_fr": "Pour tous & toutes <b>" for category in Service.Category.values}}
        assert "Écrivez en français" in manager.post(edit, {**form, "meal_fr": ""}).content.decode()
        assert manager.post(edit, form).status_code == 302
        assert manager.post(edit, {**form, "meal_fr": "Autre"}).status_code == 409
        page = browser.post(url, {**data, "people": [other.pk], "how": "read"})
        assert "nouvelle version" in page.content.decode() and CriteriaTold.objects.count() == 1
        assert "connaît une version plus ancienne" in page.content.decode()
        sheet = reverse("reception:criteria_sheet", args=["GAO"])
        assert "Pour tous &amp; toutes &lt;b&gt;" in browser.get(sheet).content.decode()
        assert "Three meals a day" in browser.get(sheet + "?version=1&lang=en").content.decode()
        assert browser.get(sheet + "?version=99").status_code == 404
        assert as_user("agent.kayes").get(sheet).status_code == 404 and as_user("agent.gao").get(edit).status_code == 403
        nurse = as_user("health.gao").get(url)
        assert nurse.status_code == 200 and other.full_name not in nurse.content.decode()


@pytest.mark.django_db(transaction=True)
def test_ten_versions_at_once_are_one():
    gao, manager = Centre.objects.get(code="GAO"), User.objects.get(username="manager.gao")

    def publish(number):
        try:
            return publish_criteria(actor=manager, centre=gao, texts=texts(f"Texte {number}."), seen=1).version
        except Stale:
            return "stale"

    outcomes = _together(10, publish)
    assert sorted(map(str, outcomes)) == ["2", *["stale"] * 9] and current_criteria(gao).version == 2
