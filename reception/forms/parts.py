"""Fields that several forms of the reception share."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Bed, Centre
from config.countries import country_choices

from ..models import Stay

BROKEN = {"required": gettext_lazy("Rechargez la page : ce formulaire est abîmé."), "invalid": gettext_lazy("Rechargez la page : ce formulaire est abîmé.")}


def bed_choices(beds: Iterable[Bed], none: str) -> list[Any]:
    """The free beds by room, after the choice of none."""
    rooms = groupby(beds, key=lambda bed: bed.room)
    return [("", none), *((f"{room.name} ({room.get_kind_display()})", [(bed.pk, f"{room.name} – {bed.label}") for bed in here]) for room, here in rooms)]


class BedField(forms.ChoiceField):
    """A bed of this centre. Free ones are offered; whether the one that comes back still is, the service says."""

    def __init__(self, **arguments: Any):
        super().__init__(required=False, **arguments)

    def offer(self, centre: Centre, beds: list[Bed], none: str, every: dict[int, Bed] | None = None) -> None:
        """`every`: all beds of the centre, where several such fields of one form would each ask for theirs."""
        self._centre, self._every = centre, every
        self.choices = bed_choices(beds, none)

    def clean(self, value: Any) -> Bed | None:
        if value in self.empty_values:
            return None
        key = int(value) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 16 else 0
        bed = self._every.get(key) if self._every is not None else Bed.objects.filter(room__centre=self._centre, pk=key).first()
        if bed is None:
            raise ValidationError(_("Ce lit n’est pas dans ce centre. Choisissez-en un autre."))
        return bed


class BedReasonField(forms.CharField):
    """Why another bed than the one proposed."""

    def __init__(self, **arguments: Any):
        label = gettext_lazy("Pourquoi ce lit ?")
        super().__init__(**({"label": label, "required": False, "max_length": 200} | arguments))


class OriginField(forms.ChoiceField):
    def __init__(self, **arguments: Any):
        wrong = {"required": gettext_lazy("Choisissez comment la personne est venue.")}
        super().__init__(choices=Stay.Origin.choices, widget=forms.RadioSelect, error_messages=wrong, **arguments)


class CameFromField(forms.ChoiceField):
    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Pays de provenance"),
            required=False,
            choices=lambda: [("", _("Non connu")), *country_choices()],
            help_text=gettext_lazy("Le dernier pays avant l’arrivée au centre."),
        )


class MomentField(forms.DateTimeField):
    """A day and an hour; empty means now, unless it is `required`."""

    def __init__(self, *, required: bool = False, **arguments: Any):
        words = gettext_lazy("Écrivez la date et l’heure, par exemple 31/12/2026 14:30.")
        wrong = {"invalid": words, "required": words}
        super().__init__(
            required=required, widget=forms.DateTimeInput({"type": "datetime-local", "class": "w-16"}, format="%Y-%m-%dT%H:%M"), error_messages=wrong, **arguments
        )


class DayField(forms.DateField):
    """A day, in the browser's own way of choosing one. `errors`: other words for what is wrong."""

    def __init__(self, *, errors: dict[str, Any] | None = None, **arguments: Any):
        wrong = {"invalid": gettext_lazy("Écrivez la date, par exemple 31/12/2026."), "required": gettext_lazy("Écrivez la date.")}
        super().__init__(widget=forms.DateInput({"type": "date", "class": "w-8"}, format="%Y-%m-%d"), error_messages=wrong | (errors or {}), **arguments)
