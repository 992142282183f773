"""The forms of the reception. They read what was typed; the services decide."""

import uuid
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Bed, Centre, Service
from config.countries import country_choices

from .models import Stay
from .services import MOST_AT_ONCE

BROKEN = {"required": gettext_lazy("Rechargez la page : ce formulaire est abîmé."), "invalid": gettext_lazy("Rechargez la page : ce formulaire est abîmé.")}


def bed_choices(beds: Iterable[Bed], none: str) -> list[Any]:
    """The free beds by room, after the choice of none."""
    rooms = groupby(beds, key=lambda bed: bed.room)
    return [("", none), *((f"{room.name} ({room.get_kind_display()})", [(bed.pk, f"{room.name} – {bed.label}") for bed in here]) for room, here in rooms)]


class BedField(forms.ChoiceField):
    """A bed of this centre. Free ones are offered; whether the one that comes back still is, the service says."""

    def __init__(self, **arguments: Any):
        super().__init__(required=False, **arguments)

    def offer(self, centre: Centre, beds: list[Bed], none: str) -> None:
        self._centre = centre
        self.choices = bed_choices(beds, none)

    def clean(self, value: Any) -> Bed | None:
        if value in self.empty_values:
            return None
        key = int(value) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 16 else 0
        bed = Bed.objects.filter(room__centre=self._centre, pk=key).first()
        if bed is None:
            raise ValidationError(_("Ce lit n’est pas dans ce centre. Choisissez-en un autre."))
        return bed


class MomentField(forms.DateTimeField):
    """A day and an hour; empty means now."""

    def __init__(self, **arguments: Any):
        wrong = {"invalid": gettext_lazy("Écrivez la date et l’heure, par exemple 2026-11-23 14:30.")}
        super().__init__(
            required=False, widget=forms.DateTimeInput({"type": "datetime-local", "class": "w-16"}, format="%Y-%m-%dT%H:%M"), error_messages=wrong, **arguments
        )


class CheckInForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    origin = forms.ChoiceField(
        label=gettext_lazy("Comment la personne est‑elle venue ?"),
        choices=Stay.Origin.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez comment la personne est venue.")},
    )
    came_from = forms.ChoiceField(
        label=gettext_lazy("Pays de provenance"),
        required=False,
        choices=lambda: [("", _("Non connu")), *country_choices()],
        help_text=gettext_lazy("Le dernier pays avant l’arrivée au centre."),
    )
    bed = BedField(label=gettext_lazy("Lit"))
    arrived_at = MomentField(label=gettext_lazy("Arrivée, si ce n’est pas maintenant"))

    def __init__(self, *arguments: Any, centre: Centre, beds: list[Bed], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["bed"].offer(centre, beds, _("Sans lit pour l’instant"))  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    bed = BedField(label=gettext_lazy("Lit"))

    def __init__(self, *arguments: Any, centre: Centre, beds: list[Bed], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["bed"].offer(centre, beds, _("Sans lit"))  # type: ignore[attr-defined]


class CheckOutForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    reason = forms.ChoiceField(
        label=gettext_lazy("Pourquoi la personne part-elle ?"),
        choices=Stay.DepartureReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez le motif du départ.")},
    )
    transfer_to = forms.ModelChoiceField(
        label=gettext_lazy("Transférée vers"), required=False, queryset=Centre.objects.none(), to_field_name="code", empty_label=gettext_lazy("Choisissez un centre")
    )
    departed_at = MomentField(label=gettext_lazy("Départ, si ce n’est pas maintenant"))

    def __init__(self, *arguments: Any, centre: Centre, may_transfer: bool, **named: Any):
        super().__init__(*arguments, **named)
        if may_transfer:
            self.fields["transfer_to"].queryset = Centre.objects.exclude(pk=centre.pk)  # type: ignore[attr-defined]
        else:
            del self.fields["transfer_to"]
            self.fields["reason"].choices = [choice for choice in Stay.DepartureReason.choices if choice[0] != Stay.DepartureReason.TRANSFERRED]  # type: ignore[attr-defined]


class UndoForm(forms.Form):
    """A departure noted by mistake."""

    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi ce départ est-il annulé ?"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("En quelques mots, par exemple : noté pour une autre personne."),
    )


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


class BoardFilter(forms.Form):
    """The filters of the people present; they stay in the address."""

    who = forms.CharField(label=gettext_lazy("Nom ou numéro"), required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off", "type": "search"}))
    show = forms.ChoiceField(
        label=gettext_lazy("Montrer"),
        required=False,
        choices=[
            ("", gettext_lazy("Toutes")),
            ("alone", gettext_lazy("Mineurs non accompagnés")),
            ("bed", gettext_lazy("Sans lit")),
            ("long", gettext_lazy("Séjour plus long que prévu")),
        ],
    )

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked for; nothing that can't be read."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}
