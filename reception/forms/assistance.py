"""The forms of what is given."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from centres.models import Service
from config.numbers import NumberInput, WholeField

from ..services import LATE_DAYS, MOST_AT_ONCE, MOST_COST
from .parts import BROKEN, DayField


class ServiceField(forms.ChoiceField):
    """One of the services of the centre, each with the offer it comes with (`Service.objects.at`)."""

    def __init__(self, **arguments: Any):
        self.services: dict[str, Service] = {}
        super().__init__(error_messages={"required": gettext_lazy("Choisissez ce qui a été donné.")}, **arguments)

    def offer(self, services: Iterable[Service]) -> None:
        self.services = {service.code: service for service in services}
        self.choices = [("", gettext_lazy("Choisissez")), *((code, str(service)) for code, service in self.services.items())]

    def valid_value(self, value: Any) -> bool:
        return True  # said below, in better words

    def clean(self, value: Any) -> Service:
        code = super().clean(value)
        if code not in self.services:
            raise ValidationError(gettext("Ce service n’est plus proposé."), code="closed")
        return self.services[code]


class AssistanceForm(forms.Form):
    """What was given. A big button sends the service alone: once, today."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    service = ServiceField(label=gettext_lazy("Service"))
    given_on = DayField(label=gettext_lazy("Jour"), required=False)
    quantity = WholeField(
        label=gettext_lazy("Quantité"),
        required=False,
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=1,
        widget=NumberInput(),
        error_messages={"invalid": gettext_lazy("Écrivez la quantité en chiffres.")},
    )

    provider = forms.ChoiceField(label=gettext_lazy("Fourni par"), required=False)
    cost = WholeField(
        label=gettext_lazy("Coût (FCFA)"),
        required=False,
        min_value=0,
        max_value=MOST_COST,
        francs=True,
        widget=NumberInput({"class": "w-8"}),
        help_text=gettext_lazy("S’il est connu : le prix du trajet, de la consultation…"),
        error_messages={"invalid": gettext_lazy("Écrivez le montant en chiffres.")},
    )

    def __init__(self, *arguments: Any, services: Iterable[Service], **named: Any):
        super().__init__(*arguments, **named)
        services = list(services)
        self.fields["service"].offer(services)  # type: ignore[attr-defined]
        # Those who provide something here: another one is first written down with the services of the centre.
        self.providers = {str(one.offer.provider.pk): one.offer.provider for one in services if one.offer.provider is not None}
        known = sorted(((key, str(provider)) for key, provider in self.providers.items()), key=lambda choice: choice[1])
        self.fields["provider"].choices = [("", gettext_lazy("Comme d’habitude")), *known]  # type: ignore[attr-defined]

    def line(self) -> dict[str, Any]:
        """The arguments of the service. Each button of one page has a key of its own, so that two quick clicks are two lines."""
        given = self.cleaned_data
        return {
            "id": uuid.uuid5(given["key"], given["service"].code),
            "service": given["service"],
            "given_on": given["given_on"],
            "quantity": given["quantity"] or 1,
            "provider": self.providers.get(given["provider"]),
            "cost": given["cost"],
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


class WhichMealForm(forms.Form):
    """Which list is asked for, in the address: the service and the day. What can't be read is as if it were not asked."""

    service = forms.SlugField(required=False)
    day = forms.DateField(required=False)
    tick = forms.ChoiceField(required=False, choices=[("none", "none"), ("all", "all")])

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        today = timezone.localdate()
        found = {"service": "", "day": None, "tick": ""} | self.cleaned_data
        if found["day"] is None or not today - datetime.timedelta(days=LATE_DAYS) <= found["day"] <= today:
            found["day"] = today
        return found


class UndoMealForm(forms.Form):
    """The list to take back, as it was saved."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    service = forms.SlugField(widget=forms.HiddenInput, error_messages=BROKEN)
    day = forms.DateField(widget=forms.HiddenInput, error_messages=BROKEN)
