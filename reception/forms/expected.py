"""A group that is announced."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.forms import LineField
from cases.models import Migrant
from centres.models import Centre
from config.numbers import NumberInput, WholeField

from ..models import ExpectedGroup
from ..models.expected import MOST_EXPECTED
from .parts import BROKEN, MomentField


def _number(label: Any, **arguments: Any) -> WholeField:
    words = gettext_lazy("Écrivez un nombre en chiffres.")
    wrong = {"invalid": words, "required": words}
    return WholeField(label=label, min_value=0, max_value=MOST_EXPECTED, error_messages=wrong, widget=NumberInput(), **arguments)


def _words(name: str, **arguments: Any) -> LineField:
    field = ExpectedGroup._meta.get_field(name)
    text = str(field.verbose_name)  # type: ignore[union-attr]
    return LineField(label=text[:1].upper() + text[1:], required=False, max_length=field.max_length, **arguments)  # type: ignore[union-attr]


class AnnounceForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Centre qui reçoit"),
        queryset=Centre.objects.all(),
        to_field_name="code",
        empty_label=gettext_lazy("Choisissez un centre"),
        error_messages={"required": gettext_lazy("Choisissez le centre."), "invalid_choice": gettext_lazy("Choisissez le centre.")},
    )
    announced_from = forms.ModelChoiceField(
        label=gettext_lazy("Annoncé par"), queryset=Centre.objects.none(), to_field_name="code", required=False, empty_label=gettext_lazy("Un bureau")
    )
    expected_at = MomentField(label=gettext_lazy("Attendu le"), required=True)
    men = _number(gettext_lazy("Hommes"), initial=0, required=False)
    women = _number(gettext_lazy("Femmes"), initial=0, required=False)
    children = _number(gettext_lazy("Enfants (moins de 18 ans)"), initial=0, required=False)
    minors_alone = _number(gettext_lazy("Dont enfants seuls"), initial=0, required=False)
    arrival_kind = forms.ChoiceField(
        label=gettext_lazy("Comment ces personnes viennent-elles ?"), choices=[("", gettext_lazy("Non connu")), *Migrant.ArrivalKind.choices], required=False
    )
    nationalities = _words("nationalities", help_text=gettext_lazy("Par exemple « surtout Guinée, quelques Sénégalais »."))
    coming_from = _words("coming_from", help_text=gettext_lazy("Ville ou pays, par exemple « Agadez »."))
    transport = _words("transport", help_text=gettext_lazy("Par exemple « deux bus de 50 places »."))
    needs = _words("needs", help_text=gettext_lazy("Blessés, femmes enceintes, régimes : sans nom."))
    contact = _words("contact", help_text=gettext_lazy("Qui appeler en route, et son numéro."))

    def __init__(self, *arguments: Any, own: list[Centre], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["announced_from"].queryset = Centre.objects.filter(pk__in=[centre.pk for centre in own])  # type: ignore[attr-defined]
        if not own:
            del self.fields["announced_from"]


class ArrivedForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    number_came = _number(gettext_lazy("Combien de personnes sont venues ?"))
    words = forms.CharField(label=gettext_lazy("Précision"), required=False, max_length=300)


class CorrectForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    number_came = _number(gettext_lazy("Combien de personnes sont venues en fait ?"))
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi le nombre change-t-il ?"), max_length=300, error_messages={"required": gettext_lazy("Dites pourquoi le nombre est corrigé.")}
    )


class CancelForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    words = forms.CharField(
        label=gettext_lazy("Pourquoi le groupe ne vient-il pas ?"), max_length=300, error_messages={"required": gettext_lazy("Écrivez pourquoi le groupe ne vient pas.")}
    )
