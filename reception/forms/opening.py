"""The forms of the opening checklist, of the equipment and of the settings of a centre. They read what was typed; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from centres.models import ChecklistMark, Equipment
from config.numbers import NumberInput, WholeField

from ..services.opening import LONGEST_STAY
from .parts import BROKEN, DayField


class MarkForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("État"),
        choices=ChecklistMark.State.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez l’état de cet élément.")},
    )
    done_on = DayField(label=gettext_lazy("Depuis le"))
    note = forms.CharField(
        label=gettext_lazy("Précision"),
        required=False,
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Sans objet : dites pourquoi."),
    )

    def __init__(self, *arguments: Any, obligatory: bool, **named: Any):
        super().__init__(*arguments, **named)
        if obligatory:
            state: Any = self.fields["state"]
            state.choices = [choice for choice in ChecklistMark.State.choices if choice[0] == ChecklistMark.State.DONE]
            state.help_text = gettext_lazy("Cet élément est obligatoire : il ne peut pas être sans objet.")


class WithdrawMarkForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi"),
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Dites pourquoi cet élément est retiré.")},
    )


class DeclareForm(forms.Form):
    on = DayField(label=gettext_lazy("Depuis le"))


class EquipmentForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, required=False, error_messages=BROKEN)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, error_messages=BROKEN)
    name = forms.CharField(
        label=gettext_lazy("Équipement"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Écrivez le nom de l’équipement.")},
    )
    quantity = WholeField(
        label=gettext_lazy("Quantité"),
        min_value=0,
        max_value=100_000,
        widget=NumberInput(),
        error_messages={"required": gettext_lazy("Écrivez la quantité en chiffres."), "invalid": gettext_lazy("Écrivez la quantité en chiffres.")},
    )
    state = forms.ChoiceField(
        label=gettext_lazy("État"), choices=Equipment.State.choices, widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choisissez l’état.")}
    )
    note = forms.CharField(label=gettext_lazy("Précision"), required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off"}))


class SettingsForm(forms.Form):
    was = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    was_age = forms.IntegerField(widget=forms.HiddenInput, required=False)
    max_stay_days = WholeField(
        label=gettext_lazy("Durée prévue d’un séjour, en jours"),
        min_value=1,
        max_value=LONGEST_STAY,
        widget=NumberInput(),
        help_text=gettext_lazy("Le tableau avertit quand une personne reste plus longtemps."),
        error_messages={"required": gettext_lazy("Écrivez un nombre de jours."), "invalid": gettext_lazy("Écrivez un nombre de jours.")},
    )
    shared_bed_age = WholeField(
        label=gettext_lazy("Âge, en années, à partir duquel un enfant a son propre lit"),
        required=False,
        widget=NumberInput({"class": "w-4"}),
        help_text=gettext_lazy("Plus jeune, il partage le lit de l’adulte qui répond de lui et ne prend pas de place. 0 : chaque enfant a son lit."),
        error_messages={"invalid": gettext_lazy("Écrivez un âge en années.")},
    )
