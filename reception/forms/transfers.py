"""Asking for a transfer, and its steps."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from cases.forms import LineField
from centres.models import Centre

from ..models import Stay, Transfer
from .parts import BROKEN, DayField, MomentField


class AskTransferForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    people = forms.MultipleChoiceField(
        label=gettext_lazy("Qui part ?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Cochez au moins une personne."), "invalid_choice": gettext_lazy("Rechargez la page : la liste a changé.")},
    )
    to_centre = forms.ModelChoiceField(
        label=gettext_lazy("Vers quel centre ?"),
        queryset=Centre.objects.none(),
        to_field_name="code",
        empty_label=gettext_lazy("Choisissez un centre"),
        error_messages={"required": gettext_lazy("Choisissez le centre."), "invalid_choice": gettext_lazy("Choisissez le centre.")},
    )
    planned_on = DayField(label=gettext_lazy("Arrivée souhaitée le"))
    reason = LineField(
        label=gettext_lazy("Pourquoi ?"),
        max_length=300,
        help_text=gettext_lazy("L’autre centre lit ce texte avant d’accepter : n’écrivez pas de nom."),
        error_messages={"required": gettext_lazy("Écrivez pourquoi ce transfert est demandé.")},
    )
    needs = LineField(
        label=gettext_lazy("Besoins particuliers"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Ce qu’il faut prévoir à l’arrivée, par exemple « chambre au rez-de-chaussée » : sans nom ni détail médical."),
    )

    def __init__(self, *arguments: Any, centre: Centre, stays: Sequence[Stay], **named: Any):
        super().__init__(*arguments, **named)
        self.stays = {str(stay.pk): stay for stay in stays}
        self.fields["people"].choices = [(key, f"{stay.migrant} ({stay.migrant.age_words})") for key, stay in self.stays.items()]  # type: ignore[attr-defined]
        self.fields["to_centre"].queryset = Centre.objects.exclude(pk=centre.pk)  # type: ignore[attr-defined]

    def chosen(self) -> list[Stay]:
        return [self.stays[key] for key in self.cleaned_data["people"]]


class VersionsField(forms.Field):
    """Ticked rows, each as « key:version »."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> dict[uuid.UUID, int]:
        try:
            pairs = [row.split(":") for row in value or ()]
            return {uuid.UUID(key): int(version) for key, version in pairs if len(version) < 9}
        except ValueError as error:
            raise ValidationError(BROKEN["invalid"]) from error


class StepForm(forms.Form):
    """One step of those ticked."""

    rows = VersionsField(error_messages={"required": gettext_lazy("Cochez au moins une personne.")})
    to = forms.CharField(max_length=11, error_messages=BROKEN)
    words = LineField(label=gettext_lazy("Réponse, ou pourquoi"), required=False, max_length=Transfer._meta.get_field("answer").max_length)
    planned_on = DayField(label=gettext_lazy("Arrivée prévue le"), required=False)
    transport = LineField(label=gettext_lazy("Transport"), required=False, max_length=120)
    left_at = MomentField(label=gettext_lazy("Départ, si ce n’est pas maintenant"))
