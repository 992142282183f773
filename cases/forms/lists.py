"""Forms around lists: filters kept, columns chosen, case numbers pasted, many people at once."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from .. import case_numbers
from ..exporting import LISTINGS, Listing
from .fields import LineField

MOST_NUMBERS = 1000


class SaveFilterForm(forms.Form):
    listing = forms.ChoiceField(choices=lambda: [(name, name) for name in LISTINGS], widget=forms.HiddenInput)
    query = forms.CharField(widget=forms.HiddenInput, max_length=1000)
    name = LineField(label=gettext_lazy("Nom du filtre"), max_length=60, error_messages={"required": gettext_lazy("Donnez un nom au filtre.")})


class RenameForm(forms.Form):
    name = LineField(label=gettext_lazy("Nom du filtre"), max_length=60, error_messages={"required": gettext_lazy("Donnez un nom au filtre.")})


class ColumnChoiceForm(forms.Form):
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Colonnes"), widget=forms.CheckboxSelectMultiple, error_messages={"required": gettext_lazy("Choisissez au moins une colonne.")}
    )

    def __init__(self, *arguments: Any, listing: Listing, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["columns"].choices = [(column.name, column.title) for column in listing.columns]


class NumbersForm(forms.Form):
    numbers = forms.CharField(
        label=gettext_lazy("Numéros de dossier"),
        max_length=30_000,
        widget=forms.Textarea({"rows": 10, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Un par ligne, ou séparés par des virgules ou des espaces. Mille au plus."),
        error_messages={"required": gettext_lazy("Collez au moins un numéro de dossier.")},
    )

    def read(self) -> tuple[list[str], list[str]]:
        """(numbers that can be ones, words that can't), each once, in the order typed. The check character tells a wrong one at once."""
        good: dict[str, None] = {}
        bad: dict[str, None] = {}
        for piece in re.split(r"[\n\r,;\t]+", self.cleaned_data["numbers"]):
            for word in [piece] if case_numbers.clean(piece) else piece.split():
                number = case_numbers.clean(word)
                (good if number else bad).setdefault(number or word[:30])
        return list(good), list(bad)


class BulkNoteForm(forms.Form):
    """What is done to the people chosen. `seen`: a seal of what the preview showed."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=gettext_lazy("Texte de la note"),
        max_length=5000,
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy("La même note dans chaque dossier. Des faits, en mots simples et respectueux : chaque personne a le droit de lire son dossier."),
        error_messages={"required": gettext_lazy("Écrivez la note.")},
    )
