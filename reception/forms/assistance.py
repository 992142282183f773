"""The forms of what is given."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from centres.models import Service

from ..services import MOST_AT_ONCE
from .parts import BROKEN


class ServiceField(forms.ModelChoiceField):
    def __init__(self, **arguments: Any):
        wrong = {"required": gettext_lazy("Choisissez ce qui a été donné."), "invalid_choice": gettext_lazy("Ce service n’est plus proposé.")}
        super().__init__(queryset=Service.objects.filter(active=True), to_field_name="code", error_messages=wrong, **arguments)


class AssistanceForm(forms.Form):
    """What was given. A big button sends the service alone: once, today."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    service = ServiceField(label=gettext_lazy("Service"), empty_label=gettext_lazy("Choisissez"))
    given_on = forms.DateField(
        label=gettext_lazy("Jour"),
        required=False,
        widget=forms.DateInput({"type": "date", "class": "w-8"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Écrivez la date, par exemple 2026-11-23.")},
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("Quantité"),
        required=False,
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=1,
        widget=forms.NumberInput({"class": "w-4"}),
        error_messages={"invalid": gettext_lazy("Écrivez la quantité en chiffres.")},
    )

    def line(self) -> dict[str, Any]:
        """The arguments of the service. Each button of one page has a key of its own, so that two quick clicks are two lines."""
        given = self.cleaned_data
        return {
            "id": uuid.uuid5(given["key"], given["service"].code),
            "service": given["service"],
            "given_on": given["given_on"],
            "quantity": given["quantity"] or 1,
        }


class PeopleField(forms.Field):
    """The ticked people. Whether they are at the centre is for the service to judge."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(key) for key in value or ()]
        except ValueError as error:
            raise ValidationError(BROKEN["invalid"]) from error


class MealForm(forms.Form):
    """Who of the people present was given a daily service."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    people = PeopleField(error_messages={"required": gettext_lazy("Cochez au moins une personne.")})
