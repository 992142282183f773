"""The forms of a stay. They read what was typed; the services decide."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Migrant
from centres.models import Bed, Centre
from config.forms import Rule, RulesForm

from ..models import Stay
from ..services.stays import check_arrival, check_bed, check_origin
from .parts import BROKEN, BedField, BedReasonField, CameFromField, DayField, MomentField, OriginField


class CheckInForm(RulesForm):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    origin = OriginField(label=gettext_lazy("Comment la personne est‑elle venue ?"))
    came_from = CameFromField()
    bed = BedField(label=gettext_lazy("Lit"))
    bed_reason = BedReasonField()
    arrived_at = MomentField(label=gettext_lazy("Arrivée, si ce n’est pas maintenant"))

    def __init__(self, *arguments: Any, person: Migrant, centre: Centre, beds: list[Bed], shared: bool = False, **named: Any):
        """`shared`: an infant, who sleeps in the bed of their adult."""
        super().__init__(*arguments, **named)
        self.person, self.centre = person, centre
        if shared:
            del self.fields["bed"], self.fields["bed_reason"]
            return
        self.fields["bed"].offer(centre, beds, _("Sans lit pour l’instant"))  # type: ignore[attr-defined]

    def rules(self) -> Iterator[Rule]:
        yield lambda given: check_arrival(self.centre, given["arrived_at"])

    def rules_besides(self) -> Iterator[Rule]:
        yield lambda given: check_origin(self.person, self.centre, given["origin"])
        yield lambda given: _only_asked(check_bed(self.person, self.centre, given["bed"], given["bed_reason"])) if given.get("bed") else None


def _only_asked(_by_rule: bool) -> None:
    """Whether the bed is refused is what counts here."""


class MoveForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    bed = BedField(label=gettext_lazy("Lit"))
    bed_reason = BedReasonField()

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
    keep_bed_until = DayField(label=gettext_lazy("Garder le lit jusqu’au"), required=False)
    departed_at = MomentField(label=gettext_lazy("Départ, si ce n’est pas maintenant"))

    def __init__(self, *arguments: Any, accepted: bool, bed: Any, **named: Any):
        """`accepted`: has another centre agreed to take the person in? `bed`: the one they have, if any."""
        super().__init__(*arguments, **named)
        if not accepted:
            self.fields["reason"].choices = [choice for choice in Stay.DepartureReason.choices if choice[0] != Stay.DepartureReason.TRANSFERRED]  # type: ignore[attr-defined]
        if bed is None:
            del self.fields["keep_bed_until"]


class ExtendForm(forms.Form):
    """Another planned end of a stay."""

    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    until = DayField(label=gettext_lazy("Séjour prévu jusqu’au"))
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi la durée change-t-elle ?"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Dites pourquoi la durée du séjour change.")},
    )


class UndoArrivalForm(forms.Form):
    """An admission noted by mistake."""

    stay = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi cette admission est-elle annulée ?"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("En quelques mots, par exemple : noté pour une autre personne."),
        error_messages={"required": gettext_lazy("Dites pourquoi cette admission est annulée.")},
    )


class UndoForm(forms.Form):
    """A departure noted by mistake."""

    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi ce départ est-il annulé ?"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("En quelques mots, par exemple : noté pour une autre personne."),
    )
