"""Those who come together: what is common, and the next person."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre

from ..models import Migrant, RegistrationGroup
from .fields import LineField
from .identity import offer_centres
from .parts import ArrivalPart, ConsentPart, CorePart, FurtherPart, OriginPart, nationalities

ALONE = "alone"


class GroupForm(ConsentPart, ArrivalPart, OriginPart):
    """What is typed once for all."""

    id = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": gettext_lazy("Rechargez la page : ce formulaire est abîmé.")})
    kind = forms.ChoiceField(
        label=gettext_lazy("Qui arrive ?"),
        choices=RegistrationGroup.Kind.choices,
        widget=forms.RadioSelect,
        initial=RegistrationGroup.Kind.BUS,
        error_messages={"required": gettext_lazy("Choisissez : un bus ou une famille.")},
    )
    title = LineField(
        label=gettext_lazy("Nom du groupe"),
        max_length=80,
        required=False,
        help_text=gettext_lazy(
            "Pour le retrouver, par exemple « Bus d’Agadez, matin ». Vide, celui d’une famille est pris de la première personne : « Famille Kouamé »."
        ),
    )
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Centre"), queryset=Centre.objects.none(), to_field_name="code", error_messages={"required": gettext_lazy("Choisissez le centre.")}
    )
    nationality = forms.ChoiceField(
        label=gettext_lazy("Nationalité de la plupart"), choices=nationalities, required=False, help_text=gettext_lazy("Elle se change pour chaque personne.")
    )

    def __init__(self, *arguments: Any, centres: list[Centre], group: RegistrationGroup | None = None, **named: Any):
        super().__init__(*arguments, **named)
        if group is None:
            offer_centres(self, centres)
            self._only_centre = centres[0] if len(centres) == 1 else None
        else:
            for name in ("id", "kind", "centre"):
                del self.fields[name]

    def clean_centre(self) -> Centre:
        return self.cleaned_data["centre"] or self._only_centre

    def common(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("nationality", *self.ORIGIN, *self.ARRIVAL) if self.cleaned_data[name]} | self.agreement()


class GroupPersonForm(ConsentPart, FurtherPart, CorePart):
    """The next person: what is common is filled in already."""

    id = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": gettext_lazy("Rechargez la page : ce formulaire est abîmé.")})
    adult = forms.ChoiceField(label=gettext_lazy("Adulte qui répond de l’enfant"), required=False)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    FURTHER = ("other_names", "father_given_names", "mother_given_names", "household_role")

    def __init__(self, *arguments: Any, group: RegistrationGroup, adults: list[Migrant], **named: Any):
        self.group = group
        self.adults = {str(adult.pk): adult for adult in adults}
        common = {name: group.common.get(name) for name in ("nationality", "consent_purposes", "consent_method", "consent_language", "consent_witness")}
        named["initial"] = {name: value for name, value in common.items() if value} | named.get("initial", {})
        super().__init__(*arguments, **named)
        for name in ("second_nationality", "marital_status", "other_phone"):
            del self.fields[name]  # said on the file, when there is time
        # Nothing is chosen beforehand: a click forgotten would either call a child alone who isn't, or leave one who is unseen.
        choices = [(key, f"{adult} ({adult.case_number})") for key, adult in self.adults.items()]
        field = self.fields["adult"]
        field.choices = [("", _("Choisissez, si la personne est mineure")), *choices, (ALONE, _("aucun adulte : enfant non accompagné"))]  # type: ignore[attr-defined]
        field.help_text = _("Ne sert que pour un mineur ; pour un adulte, laissez tel quel.")
        if not self.is_bound:  # the hand stays on the keys: the next name may be typed at once
            self.fields["surname"].widget.attrs["autofocus"] = True
            if self.initial.get("surname"):
                self.fields["surname"].widget.attrs["data-proposed"] = True
        if group.kind != RegistrationGroup.Kind.FAMILY:
            self.fields.pop("household_role")
            self.FURTHER = tuple(name for name in self.FURTHER if name != "household_role")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        born = cleaned.get("born_on")
        cleaned["accompanied_by"] = None
        if born is None or not Migrant(born_on=born).is_minor(timezone.localdate()):
            return cleaned
        chosen = cleaned.get("adult", "")
        if not chosen and "adult" not in self.errors:
            self.add_error("adult", _("Cette personne est mineure : choisissez l’adulte qui répond d’elle, ou « aucun adulte »."))
        cleaned["accompanied_by"] = self.adults.get(chosen)
        return cleaned

    def person(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in (*self.CORE, *self.FURTHER, "accompanied_by")}
        return given | self.agreement()
