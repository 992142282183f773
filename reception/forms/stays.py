"""The forms of a stay. They read what was typed; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Bed, Centre
from config.countries import country_choices

from ..models import Stay
from .parts import BROKEN, BedField, MomentField


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
