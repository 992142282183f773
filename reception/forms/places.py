"""The forms of rooms and beds. They read what was typed; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from centres.models import Bed, BedBlock, Room
from config.numbers import NumberInput, WholeField

from ..services.places import MOST_BEDS
from .parts import BROKEN, DayField


class RoomForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, error_messages=BROKEN)
    name = forms.CharField(
        label=gettext_lazy("Nom"),
        max_length=50,
        widget=forms.TextInput({"class": "w-16", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Écrivez le nom de la chambre.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Pour"), choices=Room.Kind.choices, widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choisissez pour qui est la chambre.")}
    )


class BedsForm(forms.Form):
    first = WholeField(
        label=gettext_lazy("Premier numéro"),
        min_value=1,
        max_value=9999,
        widget=NumberInput(),
        error_messages={"required": gettext_lazy("Écrivez un numéro.")},
    )
    number = WholeField(
        label=gettext_lazy("Nombre de lits"),
        min_value=1,
        max_value=MOST_BEDS,
        widget=NumberInput(),
        error_messages={"required": gettext_lazy("Écrivez combien de lits.")},
    )
    since = DayField(label=gettext_lazy("En place depuis"))


class WithdrawBedForm(forms.Form):
    on = DayField(label=gettext_lazy("Premier jour sans ce lit"))


class BlockForm(forms.Form):
    beds = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Lits"),
        queryset=Bed.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choisissez au moins un lit."), "invalid_choice": gettext_lazy("Ce lit n’est pas dans cette chambre.")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Motif"), choices=BedBlock.Reason.choices, widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choisissez le motif.")}
    )
    note = forms.CharField(label=gettext_lazy("Précision"), required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off"}))
    since = DayField(label=gettext_lazy("Premier jour bloqué"))
    until = DayField(label=gettext_lazy("De nouveau utilisable le"), required=False, help_text=gettext_lazy("Vide : la fin n’est pas encore connue."))

    def __init__(self, *arguments: Any, room: Room, **named: Any):
        super().__init__(*arguments, **named)
        beds: Any = self.fields["beds"]
        beds.queryset = Bed.objects.there().filter(room=room).select_related("room")
        beds.label_from_instance = lambda bed: bed.label


class ChangeBlockForm(forms.Form):
    until = DayField(
        label=gettext_lazy("De nouveau utilisable le"), required=False, help_text=gettext_lazy("Aujourd’hui : tout de suite. Vide : la fin n’est pas connue.")
    )
