"""The forms of the criteria of aid: their text, and who was told."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy

from centres.models import Service
from config.languages import LANGUAGES

from ..models import CriteriaTold
from ..services.criteria import LONGEST_TEXT
from .assistance import PeopleField
from .parts import BROKEN


class CriteriaForm(forms.Form):
    """The words for each kind of aid, in the languages of the notice of rights; all but the French may be missing."""

    seen = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        for category, label in Service.Category.choices:
            for language, name in settings.LANGUAGES:
                self.fields[f"{category}_{language}"] = forms.CharField(
                    label=name,
                    required=language == "fr",
                    max_length=LONGEST_TEXT,
                    widget=forms.Textarea({"rows": 3, "lang": language}),
                    error_messages={"required": gettext_lazy("Écrivez en français les critères de : %(kind)s.") % {"kind": label}},
                )

    def groups(self) -> list[tuple[Any, list[Any]]]:
        """(kind of aid, its fields) as the page shows them."""
        return [(label, [self[f"{category}_{language}"] for language, _name in settings.LANGUAGES]) for category, label in Service.Category.choices]

    def texts(self) -> dict[str, dict[str, str]]:
        return {category: {language: self.cleaned_data[f"{category}_{language}"] for language, _name in settings.LANGUAGES} for category in Service.Category.values}


def initial_texts(texts: dict[str, dict[str, str]]) -> dict[str, str]:
    return {f"{category}_{language}": words for category, given in texts.items() for language, words in given.items()}


class ToldForm(forms.Form):
    """Who was told, in which language and how."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    people = PeopleField(error_messages={"required": gettext_lazy("Cochez au moins une personne.")})
    language = forms.ChoiceField(
        label=gettext_lazy("Dans quelle langue ?"),
        choices=[("", gettext_lazy("Choisissez")), *LANGUAGES],
        error_messages={"required": gettext_lazy("Choisissez la langue.")},
    )
    how = forms.ChoiceField(
        label=gettext_lazy("Comment ?"), choices=CriteriaTold.How.choices, widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choisissez comment.")}
    )
    witness = forms.CharField(label=gettext_lazy("Témoin"), required=False, max_length=120)
