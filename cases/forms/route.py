"""A place on the road."""

import datetime
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.countries import country_choices
from config.numbers import AmountField, NumberInput

from .. import places
from ..cleaning import clean_text
from ..models import RouteStep
from .fields import LineField

_MONTH = re.compile(r"(?:(?P<y1>\d{4})-(?P<m1>\d{1,2})|(?P<m2>\d{1,2})[/. -](?P<y2>\d{4}))", re.ASCII)


class MonthInput(forms.TextInput):
    """A month; a browser that knows no such field takes text."""

    input_type = "month"


class MonthField(forms.Field):
    """A month as its first day: "2024-06" or "06/2024"."""

    widget = MonthInput

    def to_python(self, value: Any) -> datetime.date | None:
        text = str(value or "").strip()
        if not text:
            return None
        found = _MONTH.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)
            return datetime.date(int(found["y1"] or found["y2"]), int(found["m1"] or found["m2"]), 1)
        except ValueError as error:
            raise ValidationError(_("Écrivez le mois et l’année, par exemple 06/2024."), code="month") from error

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, datetime.date) else value


class RouteStepForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    place = LineField(
        label=gettext_lazy("Lieu"),
        max_length=100,
        widget=forms.TextInput({"list": "places", "autocomplete": "off"}),
        help_text=gettext_lazy("Ville, village ou endroit. Une ville proposée est placée sur la carte."),
        error_messages={"required": gettext_lazy("Écrivez le lieu.")},
    )
    country = forms.ChoiceField(label=gettext_lazy("Pays"), required=False)
    since = MonthField(label=gettext_lazy("De (mois)"), required=False, help_text=gettext_lazy("Mois et année, à peu près."))
    until = MonthField(label=gettext_lazy("À (mois)"), required=False)
    means = forms.ChoiceField(label=gettext_lazy("Comment y est-elle venue ?"), required=False, choices=[("", "—"), *RouteStep.Means.choices])
    cost = AmountField(
        label=gettext_lazy("Ce que le trajet a coûté"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=NumberInput({"class": "w-8"}),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Monnaie"), required=False, choices=[("", "—"), *RouteStep.Currency.choices])
    events = forms.MultipleChoiceField(label=gettext_lazy("Ce qui s’y est passé"), required=False, choices=RouteStep.Event.choices, widget=forms.CheckboxSelectMultiple)
    protection_events = forms.MultipleChoiceField(
        label=gettext_lazy("Pour la protection seulement"), required=False, choices=RouteStep.ProtectionEvent.choices, widget=forms.CheckboxSelectMultiple
    )
    notes = forms.CharField(
        label=gettext_lazy("Remarques"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Toute l’équipe les lit : n’y écrivez rien qui soit pour la protection."),
    )

    def __init__(self, *arguments: Any, protection: bool, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["country"].choices = [("", "—"), *country_choices()]
        if not protection:
            self.fields["protection_events"].label = _("À signaler à la protection")
            self.fields["protection_events"].help_text = _(
                "Ce que vous cochez ici n’est plus montré ensuite qu’aux chargés de protection. Ne posez pas la question : notez ce que la personne dit d’elle-même."
            )

    def clean_notes(self) -> str:
        return clean_text(self.cleaned_data["notes"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "place" in data:
            name, country = places.split(data["place"])
            if country and data.get("country") in ("", country):
                data["place"], data["country"] = name, country
            if not data.get("country") and "country" not in self.errors:
                self.add_error("country", _("Choisissez le pays."))
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("La fin est avant le début."))
        if "cost" in data and "currency" in data:
            if data["cost"] is not None and not data["currency"]:
                self.add_error("currency", _("Choisissez la monnaie de ce montant."))
            if data["cost"] is None and data["currency"]:
                data["currency"] = ""
        return data

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("id", "version")}

    @staticmethod
    def initial_of(step: RouteStep, *, protection: bool) -> dict[str, Any]:
        names = ("id", "version", "place", "country", "since", "until", "means", "cost", "currency", "events", "notes")
        return {name: getattr(step, name) for name in names} | {"protection_events": step.protection_events if protection else []}
