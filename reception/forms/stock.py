"""The forms of the stock of kits."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from centres.models import Centre, Service
from config.numbers import NumberInput, WholeField

from ..models import StockMovement
from ..services.stock import BY_AGENT, BY_MANAGER, MOST_MOVED
from .parts import BROKEN

KITS = {"required": gettext_lazy("Choisissez un kit."), "invalid_choice": gettext_lazy("Ce service n’est plus proposé.")}
NUMBER = {"required": gettext_lazy("Écrivez la quantité en chiffres."), "invalid": gettext_lazy("Écrivez la quantité en chiffres.")}
WORDS = {
    StockMovement.Kind.RECEIVED: gettext_lazy("reçu (livraison, don)"),
    StockMovement.Kind.LOST: gettext_lazy("perdu, volé ou abîmé"),
    StockMovement.Kind.COUNTED: gettext_lazy("recompté : la quantité est ce qu’il y a sur l’étagère"),
    StockMovement.Kind.SENT: gettext_lazy("envoyé à un autre centre"),
}


def _kits() -> Any:
    return Service.objects.filter(category=Service.Category.KIT, active=True)


class MovementForm(forms.Form):
    """What came, what went, what was counted."""

    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    service = forms.ModelChoiceField(label=gettext_lazy("Kit"), queryset=_kits(), to_field_name="code", empty_label=gettext_lazy("Choisissez"), error_messages=KITS)
    kind = forms.ChoiceField(
        label=gettext_lazy("Ce qui s’est passé"), widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choisissez ce qui s’est passé.")}
    )
    quantity = WholeField(label=gettext_lazy("Quantité"), min_value=0, max_value=MOST_MOVED, widget=NumberInput(), error_messages=NUMBER)
    words = forms.CharField(label=gettext_lazy("De qui, ou pourquoi"), required=False, max_length=150)
    to = forms.ModelChoiceField(
        label=gettext_lazy("Vers le centre"), required=False, queryset=Centre.objects.none(), to_field_name="code", empty_label=gettext_lazy("Choisissez un centre")
    )

    def __init__(self, *arguments: Any, centre: Centre, manages: bool, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["kind"].choices = [(kind.value, WORDS[kind]) for kind in (*BY_AGENT, *(BY_MANAGER if manages else ()))]  # type: ignore[attr-defined]
        if manages:
            self.fields["to"].queryset = Centre.objects.exclude(pk=centre.pk)  # type: ignore[attr-defined]
        else:
            del self.fields["to"]


class ThresholdForm(forms.Form):
    service = forms.ModelChoiceField(queryset=_kits(), to_field_name="code", error_messages=KITS)
    threshold = WholeField(label=gettext_lazy("Seuil d’alerte"), min_value=0, max_value=10_000, widget=NumberInput(), error_messages=NUMBER)
    version = WholeField(required=False, error_messages=BROKEN)
