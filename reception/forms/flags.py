"""The forms of flags. They read what was typed; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from centres.models import Service

from ..models import FlagKind
from .parts import BROKEN, DayField

# Of a day to come, which is chosen, not remembered.
CHOOSE = {"invalid": gettext_lazy("Écrivez une date qui existe."), "required": gettext_lazy("Choisissez un jour.")}


class KindField(forms.ModelChoiceField):
    def __init__(self, **arguments: Any):
        wrong = {"required": gettext_lazy("Choisissez une consigne."), "invalid_choice": gettext_lazy("Cette consigne n’est plus proposée.")}
        super().__init__(queryset=FlagKind.objects.none(), to_field_name="code", error_messages=wrong, **arguments)


class FlagForm(forms.Form):
    """A flag is set on somebody."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    kind = KindField(label=gettext_lazy("Consigne"), empty_label=gettext_lazy("Choisissez"))
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi, ou ce qu’il faut savoir"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Lu par tout le personnel du centre : rien de médical en détail, rien sur la protection."),
        error_messages={"required": gettext_lazy("Dites pourquoi.")},
    )
    until = DayField(label=gettext_lazy("Dernier jour"), required=False, errors=CHOOSE, help_text=gettext_lazy("Vide : jusqu’à ce qu’elle soit levée."))

    def __init__(self, *arguments: Any, kinds: list[FlagKind], **named: Any):
        super().__init__(*arguments, **named)
        field: Any = self.fields["kind"]
        field.queryset = FlagKind.objects.filter(pk__in=[kind.pk for kind in kinds])
        field.widget.choices = [("", field.empty_label), *((kind.code, str(kind)) for kind in kinds)]


class LiftForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi la consigne est-elle levée ?"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": gettext_lazy("Dites pourquoi la consigne est levée.")},
    )


class KindForm(forms.Form):
    """A kind of flag and what it does."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=60, error_messages={"required": gettext_lazy("Écrivez un nom.")})
    instruction = forms.CharField(
        label=gettext_lazy("Consigne au personnel"), max_length=300, required=False, help_text=gettext_lazy("Ce qu’il faut faire, en une phrase.")
    )
    tone = forms.ChoiceField(label=gettext_lazy("Couleur"), choices=FlagKind.Tone.choices, initial=FlagKind.Tone.WARN)
    advises = forms.BooleanField(label=gettext_lazy("Avertir à l’entrée et au guichet"), required=False, initial=True)
    denies = forms.BooleanField(label=gettext_lazy("Ne pas admettre, ne rien donner"), required=False)
    blocks_transfer = forms.BooleanField(label=gettext_lazy("Bloquer le transfert"), required=False)
    out_of_statistics = forms.BooleanField(label=gettext_lazy("Ne pas compter dans les statistiques"), required=False)
    suspends = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Services suspendus"), queryset=Service.objects.filter(active=True), to_field_name="code", required=False, widget=forms.CheckboxSelectMultiple
    )
    active = forms.BooleanField(label=gettext_lazy("Proposée pour de nouvelles personnes"), required=False, initial=True)
