"""A person asks for their own data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ..models import DataRequest
from .fields import LineField


class OwnDataForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    asked = forms.ChoiceField(label=gettext_lazy("Comment la personne l’a-t-elle demandé ?"), choices=DataRequest.Asked.choices, widget=forms.RadioSelect)
    checked = forms.ChoiceField(label=gettext_lazy("Comment avez-vous vérifié que c’est elle ?"), choices=DataRequest.Checked.choices, widget=forms.RadioSelect)
    remark = LineField(label=gettext_lazy("Remarque"), max_length=300, required=False, help_text=gettext_lazy("Par exemple qui la représente, et sur quel papier."))
    with_protection = forms.BooleanField(label=gettext_lazy("Remettre aussi les notes de protection"), required=False)

    def __init__(self, *arguments: Any, protection: bool, **named: Any):
        super().__init__(*arguments, **named)
        if not protection:
            del self.fields["with_protection"]
