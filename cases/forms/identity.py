"""Who the person is: at registration, at correction, and while somebody types."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre
from config.countries import country_choices

from .. import case_numbers, consents
from ..cleaning import clean_line, clean_name, clean_phone
from ..models import Consent, Migrant
from .fields import OLDEST, BirthField, LineField, birth_of


def _nationalities() -> list[tuple[str, str]]:
    return [("", _("Choisissez un pays")), *country_choices()]


class IdentityForm(forms.Form):
    """Who the person is; the same fields at registration and at correction."""

    surname = LineField(label=gettext_lazy("Nom de famille"), max_length=80, required=False, clean=clean_name, widget=forms.TextInput({"autocomplete": "off"}))
    given_names = LineField(label=gettext_lazy("Prénoms"), max_length=120, required=False, clean=clean_name, widget=forms.TextInput({"autocomplete": "off"}))
    sex = forms.ChoiceField(
        label=gettext_lazy("Sexe"),
        choices=Migrant.Sex.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez ce que dit la personne.")},
    )
    birth = BirthField(
        label=gettext_lazy("Date de naissance"),
        required=False,
        help_text=gettext_lazy("Si seule l’année est connue, laissez le jour et le mois vides."),
    )
    age = forms.IntegerField(
        label=gettext_lazy("Ou âge estimé"),
        required=False,
        min_value=0,
        max_value=OLDEST,
        help_text=gettext_lazy("Seulement si l’année de naissance n’est pas connue."),
        widget=forms.TextInput({"class": "w-2", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Écrivez l’âge en années, en chiffres.")},
    )
    nationality = forms.ChoiceField(
        label=gettext_lazy("Nationalité"), choices=_nationalities, error_messages={"required": gettext_lazy("Choisissez une nationalité dans la liste.")}
    )
    phone = LineField(
        label=gettext_lazy("Téléphone"),
        max_length=40,
        required=False,
        clean=lambda text: clean_phone(clean_line(text)),
        help_text=gettext_lazy("Avec l’indicatif du pays. Huit chiffres seuls sont lus comme un numéro du Mali."),
        widget=forms.TextInput({"class": "w-16", "inputmode": "tel", "autocomplete": "off"}),
    )
    accompanied_by = LineField(
        label=gettext_lazy("Adulte responsable"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "Pour un enfant accompagné : le numéro de dossier de l’adulte. Un enfant sans adulte responsable est signalé comme mineur non accompagné."
        ),
        widget=forms.TextInput({"class": "w-16", "autocomplete": "off"}),
    )

    SERVICE_NAMES = {"born_on": "birth", "birth_precision": "birth"}

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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not {"surname", "given_names"} & set(self.errors) and not (cleaned.get("surname") or cleaned.get("given_names")):
            self.add_error("surname", _("Écrivez au moins un nom ou un prénom."))
        if not {"birth", "age"} & set(self.errors):
            try:
                cleaned["born_on"], cleaned["birth_precision"] = birth_of(cleaned)
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned

    def identity(self) -> dict[str, Any]:
        """The cleaned fields by the names of the services."""
        names = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone", "accompanied_by")
        return {name: self.cleaned_data[name] for name in names}


class RegistrationForm(IdentityForm):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": gettext_lazy("Rechargez la page : ce formulaire est abîmé.")})
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Centre"), queryset=Centre.objects.none(), to_field_name="code", error_messages={"required": gettext_lazy("Choisissez le centre.")}
    )
    consent_purposes = forms.MultipleChoiceField(
        label=gettext_lazy("La personne est d’accord pour"),
        choices=Consent.Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Sans l’accord de la personne pour l’enregistrement, rien ne peut être noté. Expliquez-lui ses droits et demandez-le-lui.")
        },
    )
    consent_method = forms.ChoiceField(
        label=gettext_lazy("Comment a-t-elle donné son accord ?"),
        choices=Consent.Method.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez comment l’accord a été donné.")},
    )
    consent_language = forms.ChoiceField(label=gettext_lazy("Expliqué en"), choices=consents.LANGUAGES, initial="fra")
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, centres: list[Centre], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=[centre.pk for centre in centres])
        if len(centres) == 1:
            self.fields["centre"].required = False
            self.fields["centre"].widget = forms.HiddenInput()
        self._only_centre = centres[0] if len(centres) == 1 else None

    def clean_centre(self) -> Centre:
        return self.cleaned_data["centre"] or self._only_centre

    def registration(self) -> dict[str, Any]:
        names = ("id", "centre", "consent_method", "consent_language")
        return {**self.identity(), **{name: self.cleaned_data[name] for name in names}, "consent_purposes": tuple(self.cleaned_data["consent_purposes"])}


class HintForm(forms.Form):
    """What is typed so far, for the hint that the person may be known already: whatever can't be read yet is left out."""

    surname = LineField(max_length=80, required=False, clean=clean_name)
    given_names = LineField(max_length=120, required=False, clean=clean_name)
    sex = forms.ChoiceField(choices=Migrant.Sex.choices, required=False)
    birth = BirthField(required=False)
    age = forms.IntegerField(required=False, min_value=0, max_value=OLDEST)
    nationality = forms.ChoiceField(choices=_nationalities, required=False)
    phone = LineField(max_length=40, required=False, clean=clean_phone)

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
