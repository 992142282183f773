"""Stock messages of the packages in our own French, from one catalogue: what is wrong, and what to do."""

from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django import forms
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext
from rest_framework import serializers

from .test_catalogues import PLACEHOLDER
from .test_catalogues import forms as texts

CATALOGUE = Path(settings.BASE_DIR) / "config" / "words" / "fr" / "LC_MESSAGES" / "django.po"
STOCK = ("Assurez-vous", "obligatoire", "pseudo", "Saisissez", "valide")


def messages():
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="fr") if message.id]


def test_every_message_is_one_that_a_package_has_and_ours_is_shown():
    """A message that a package words anew would fall back to the package's French without a word: here it is noticed."""
    with translation.override("fr", deactivate=True):
        for message in messages():
            single, *plural = texts(message.id)
            shown = (ngettext(single, plural[0], 1), ngettext(single, plural[0], 5)) if plural else (gettext(single),)
            assert shown == texts(message.string)
            assert "'" not in "".join(shown)
    import allauth
    import django
    import rest_framework

    folders = [Path(package.__file__).parent for package in (django, allauth, rest_framework)]
    known = set()
    for folder in folders:
        for path in folder.rglob("locale/fr/LC_MESSAGES/django.mo"):
            with path.open("rb") as file:
                known |= {texts(message.id)[0] for message in read_mo(file) if message.id}
    assert [message.id for message in messages() if texts(message.id)[0] not in known] == []


def test_placeholders_are_those_of_the_message():
    """Fewer may be shown; one that the package does not fill would be a fault."""
    for message in messages():
        for text in texts(message.string):
            assert {name[:-1] for name in PLACEHOLDER.findall(text)} <= {name[:-1] for name in PLACEHOLDER.findall(texts(message.id)[-1].replace(")r", ")s"))}, text


def test_forms_and_the_api_say_what_to_do():
    class Sample(forms.Form):
        name = forms.CharField(max_length=3)
        number = forms.IntegerField(max_value=5)
        day = forms.DateField()
        kind = forms.ChoiceField(choices=[("a", "A")])
        missing = forms.CharField()

    class Body(serializers.Serializer):
        name = serializers.CharField(max_length=3)
        missing = serializers.CharField()

    with translation.override("fr", deactivate=True):
        sample = Sample({"name": "abcdef", "number": 7, "day": "31/02/2026", "kind": "b"})
        assert not sample.is_valid()
        body = Body(data={"name": "abcdef"})
        assert not body.is_valid()
        said = [word for words in [*sample.errors.values(), *body.errors.values()] for word in words]
    assert len(said) == 7
    assert not [words for words in said if any(stock in words for stock in STOCK)]
    with translation.override("es", deactivate=True):
        assert gettext("This field is required.") == "Este campo es requerido."  # other languages are the packages' own


@pytest.mark.django_db
def test_signing_in_names_the_field_as_the_page_does():
    page = Client().post("/accounts/login/", {"login": "personne", "password": "rien du tout"}).content.decode()
    assert "Identifiant ou mot de passe incorrect" in page and "pseudo" not in page
    assert "Il manque cette réponse" in Client().post("/accounts/login/", {}).content.decode()


@pytest.mark.parametrize(("number", "french", "english"), [(0, "depuis 0 jour", "for 0 days"), (1, "depuis 1 jour", "for 1 day"), (2, "depuis 2 jours", "for 2 days")])
def test_zero_is_singular_in_french(number, french, english):
    """No catalogue holds the source language: without the rule of config.french gettext counts as English does."""
    for language, words in (("fr", french), ("en", english)):
        with translation.override(language):
            assert ngettext("depuis %(n)s jour", "depuis %(n)s jours", number) % {"n": number} == words
