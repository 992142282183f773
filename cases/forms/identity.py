"""Who the person is: at registration, at correction, and while somebody types."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre
from config.forms import Rule
from config.numbers import WholeField

from .. import case_numbers
from ..cleaning import clean_line, clean_name, clean_phone
from ..models import Migrant
from ..services.identity_rules import check_answering
from .fields import OLDEST, BirthField, LineField, birth_of
from .parts import ArrivalPart, ConsentPart, CorePart, FurtherPart, OriginPart, PaperPart, nationalities


class IdentityForm(ArrivalPart, OriginPart, FurtherPart, CorePart):
    """Who the person is; the same fields at registration and at correction."""

    accompanied_by = LineField(
        label=gettext_lazy("Adulte responsable"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Pour un enfant accompagné : le numéro de dossier de l’adulte. Un enfant sans adulte responsable est signalé comme non accompagné."),
        widget=forms.TextInput({"class": "w-16", "autocomplete": "off"}),
    )

    def __init__(self, *arguments: Any, user, **named: Any):
        self.user = user
        super().__init__(*arguments, **named)

    def clean_accompanied_by(self) -> Migrant | None:
        typed = self.cleaned_data["accompanied_by"]
        if not typed:
            return None
        number = case_numbers.clean(typed)
        if number is None:
            raise ValidationError(_("Ce numéro de dossier est mal écrit. Vérifiez-le sur la carte ou dans la liste des personnes."))
        adult = Migrant.objects.visible_to(self.user).numbered(number).first()
        if adult is None:
            raise ValidationError(_("Aucune personne de vos centres n’a ce numéro de dossier."))
        return adult

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield lambda given: check_answering(Migrant(born_on=given["born_on"]), given["accompanied_by"]) if given["accompanied_by"] else None

    def identity(self) -> dict[str, Any]:
        """The cleaned fields by the names of the services."""
        return {name: self.cleaned_data[name] for name in (*self.CORE, *self.FURTHER, *self.ORIGIN, *self.ARRIVAL, "accompanied_by")}


class RegistrationForm(PaperPart, ConsentPart, IdentityForm):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": gettext_lazy("Rechargez la page : ce formulaire est abîmé.")})
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Centre"), queryset=Centre.objects.none(), to_field_name="code", error_messages={"required": gettext_lazy("Choisissez le centre.")}
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, centres: list[Centre], **named: Any):
        super().__init__(*arguments, **named)
        offer_centres(self, centres)
        self._only_centre = centres[0] if len(centres) == 1 else None

    def clean_centre(self) -> Centre:
        return self.cleaned_data["centre"] or self._only_centre

    def registration(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in ("id", "centre")}
        return {**self.identity(), **given, **self.agreement(), "document": self.paper()}


def offer_centres(form: forms.Form, centres: list[Centre]) -> None:
    """The field `centre` of whoever works in several; of whoever works in one it is no question."""
    field = form.fields["centre"]
    field.queryset = Centre.objects.filter(pk__in=[centre.pk for centre in centres])  # type: ignore[attr-defined]
    if len(centres) == 1:
        field.required = False
        field.widget = forms.HiddenInput()


class HintForm(forms.Form):
    """What is typed so far, for the hint that the person may be known already: whatever can't be read yet is left out."""

    surname = LineField(max_length=80, required=False, clean=clean_name)
    given_names = LineField(max_length=120, required=False, clean=clean_name)
    sex = forms.ChoiceField(choices=Migrant.Sex.choices, required=False)
    birth = BirthField(required=False)
    age = WholeField(required=False, min_value=0, max_value=OLDEST)
    nationality = forms.ChoiceField(choices=nationalities, required=False)
    phone = LineField(max_length=40, required=False, clean=lambda text: clean_phone(clean_line(text)))

    def identity(self) -> dict[str, Any]:
        self.is_valid()
        known = self.cleaned_data
        found = {name: known.get(name) or "" for name in ("sex", "nationality", "phone")}
        found |= {name: known.get(name) or "" for name in ("surname", "given_names")}
        found["full_name"] = f"{known.get('given_names', '')} {known.get('surname', '')}".strip()
        try:
            found["born_on"], found["birth_precision"] = birth_of(known)
        except ValidationError:
            found["born_on"] = None
        return found
