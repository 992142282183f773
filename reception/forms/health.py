"""The form of the medical and psychosocial detail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.models import Structure
from centres.models import Centre, Service

from ..services.health import FIELDS
from .parts import BROKEN, DayField


def _long(label: Any, most: int, rows: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea({"rows": rows}), **more)


class DetailForm(forms.Form):
    """What is known of one consultation or talk."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput, error_messages=BROKEN)
    reason = _long(gettext_lazy("Motif"), 1000, 2, error_messages={"required": gettext_lazy("Écrivez le motif.")})
    findings = _long(gettext_lazy("Ce qui est constaté, ou ce qui a été dit"), 5000, 4, required=False)
    diagnosis = _long(gettext_lazy("Diagnostic"), 1000, 2, required=False)
    treatment = _long(gettext_lazy("Traitement, ou ce qui est convenu"), 3000, 3, required=False)
    structure = forms.ModelChoiceField(
        label=gettext_lazy("Adressée à"), required=False, queryset=Structure.objects.none(), empty_label=gettext_lazy("Aucune structure de l’annuaire")
    )
    elsewhere = forms.CharField(label=gettext_lazy("Adressée à une autre structure"), required=False, max_length=150)
    return_on = DayField(label=gettext_lazy("À revoir le"), required=False)

    def __init__(self, *arguments: Any, centre: Centre, **named: Any):
        super().__init__(*arguments, **named)
        # Those of the region first; a patient may be sent on to the capital.
        self.fields["structure"].queryset = (
            Structure.objects.active()
            .filter(services__overlap=["health", "maternity", "mental_health", "disability"])
            .order_by(  # type: ignore[attr-defined]
                "name", "pk"
            )
        )
        self.centre = centre

    def detail(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}


class CareForm(DetailForm):
    """A consultation, care or talk that is written down with its detail."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    service = forms.ModelChoiceField(
        label=gettext_lazy("Ce qui a été fait"),
        queryset=Service.objects.none(),
        to_field_name="code",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": gettext_lazy("Choisissez ce qui a été fait."), "invalid_choice": gettext_lazy("Ce service n’est plus proposé.")},
    )
    given_on = DayField(label=gettext_lazy("Jour"), required=False)
    field_order = ("key", "service", "given_on", *FIELDS)

    def __init__(self, *arguments: Any, services: list[Service], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["service"].queryset = Service.objects.filter(pk__in=[one.pk for one in services])  # type: ignore[attr-defined]
