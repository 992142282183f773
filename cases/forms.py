"""The forms of a person's file."""

import datetime
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre
from config.countries import country_choices

from . import case_numbers, consents
from .cleaning import clean_line, clean_name, clean_phone
from .models import Attachment, Consent, Migrant, Note
from .services import latest_birth

OLDEST = 110


def put_errors(form: forms.Form, error: ValidationError, names: dict[str, str] | None = None) -> None:
    """Shows what a service refused beside the fields it is about; `names` maps the model's names to the form's."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        shown = (names or {}).get(name, name)
        form.add_error(shown if shown in form.fields else None, errors)


class LineField(forms.CharField):
    """One line, cleaned as the services clean it, so that what is wrong is said beside the field."""

    def __init__(self, *, clean=clean_line, **arguments: Any):
        super().__init__(**arguments)
        self._clean = clean

    def to_python(self, value: Any) -> str:
        return self._clean(super().to_python(value))


class DateParts(forms.MultiWidget):
    """Day, month, year: people who know only the year leave the others empty."""

    template_name = "components/widgets/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs=None):
        short = {"class": "w-2", "inputmode": "numeric", "autocomplete": "off", "maxlength": 2}
        super().__init__([forms.TextInput(short), forms.TextInput(short), forms.TextInput({**short, "class": "w-4", "maxlength": 4})], attrs)

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None, None, None]


class BirthField(forms.MultiValueField):
    """What is known of a birth: (day, month, year), the first two may be missing."""

    widget = DateParts

    def __init__(self, **arguments: Any):
        whole = {"invalid": gettext_lazy("Écrivez le jour, le mois et l’année en chiffres.")}
        parts = tuple(forms.IntegerField(min_value=1, error_messages=whole) for _part in range(3))
        super().__init__(parts, require_all_fields=False, **arguments)
        for part in parts:
            part.required = False

    def compress(self, values: list[int | None]) -> tuple[int | None, int | None, int | None] | None:
        day, month, year = values or (None, None, None)
        return (day, month, year) if any(values or ()) else None


def birth_of(cleaned: dict[str, Any]) -> tuple[datetime.date, str]:
    """(latest day, precision) from the fields `birth` and `age`. Raises ValidationError by field."""
    parts, age = cleaned.get("birth"), cleaned.get("age")
    if parts and age is not None:
        raise ValidationError({"age": _("Donnez la date de naissance ou l’âge estimé, pas les deux.")})
    if age is not None:
        return latest_birth(timezone.localdate().year - age, None, None, estimated=True)
    if not parts:
        raise ValidationError({"birth": _("Donnez au moins l’année de naissance, ou un âge estimé.")})
    day, month, year = parts
    if year is None:
        raise ValidationError({"birth": _("L’année manque. Si elle n’est pas connue, donnez un âge estimé.")})
    if day is not None and month is None:
        raise ValidationError({"birth": _("Le mois manque. Si vous ne connaissez que l’année, laissez aussi le jour vide.")})
    if not 1900 <= year <= timezone.localdate().year:
        raise ValidationError({"birth": _("L’année de naissance doit être entre 1900 et cette année.")})
    try:
        return latest_birth(year, month, day)
    except (ValueError, OverflowError) as error:
        raise ValidationError({"birth": _("Cette date n’existe pas. Vérifiez le jour et le mois.")}) from error


def birth_initial(migrant: Migrant) -> dict[str, Any]:
    """What the fields `birth` and `age` show for a person."""
    born, precision = migrant.born_on, migrant.birth_precision
    if precision == Migrant.Precision.AGE:
        return {"birth": None, "age": timezone.localdate().year - born.year}
    day = born.day if precision == Migrant.Precision.DAY else None
    month = born.month if precision in (Migrant.Precision.DAY, Migrant.Precision.MONTH) else None
    return {"birth": (day, month, born.year), "age": None}


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
        adult = Migrant.objects.visible_to(self.user).filter(case_number=number).first()
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
        found["full_name"] = f"{known.get('given_names', '')} {known.get('surname', '')}".strip()
        try:
            found["born_on"], found["birth_precision"] = birth_of(known)
        except ValidationError:
            found["born_on"] = None
        return found


class SearchForm(forms.Form):
    """The filters of the list of people; they stay in the address."""

    q = forms.CharField(required=False, widget=forms.HiddenInput)
    sex = forms.ChoiceField(label=gettext_lazy("Sexe"), required=False, choices=[("", gettext_lazy("Tous")), *Migrant.Sex.choices])
    nationality = forms.ChoiceField(label=gettext_lazy("Nationalité"), required=False, choices=lambda: [("", _("Toutes")), *country_choices()])
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Suivi maintenant par"), required=False, queryset=Centre.objects.none(), to_field_name="code", empty_label=gettext_lazy("Tous")
    )
    alone = forms.BooleanField(label=gettext_lazy("Mineurs non accompagnés"), required=False)

    def __init__(self, *arguments: Any, centres: list[int], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=centres)
        if len(centres) < 2:
            del self.fields["centre"]


class NoteForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("Type de note"), choices=Note.Kind.choices, widget=forms.RadioSelect, initial=Note.Kind.ORDINARY)
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=5000,
        widget=forms.Textarea({"rows": 8}),
        help_text=gettext_lazy("Des faits, en mots simples et respectueux : la personne a le droit de lire son dossier."),
        error_messages={"required": gettext_lazy("Écrivez la note.")},
    )

    def __init__(self, *arguments: Any, protection: bool, **named: Any):
        super().__init__(*arguments, **named)
        if protection:
            self.fields["kind"].help_text = _("Une note de protection n’est lue que par les chargés de protection.")
        else:
            self.fields["kind"] = forms.ChoiceField(choices=[(Note.Kind.ORDINARY.value, "")], widget=forms.HiddenInput, initial=Note.Kind.ORDINARY)


class AttachmentForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    title = LineField(
        label=gettext_lazy("Titre"),
        max_length=Attachment._meta.get_field("title").max_length,
        help_text=gettext_lazy("Ce que c’est, par exemple « Passeport » ou « Acte de naissance »."),
        error_messages={"required": gettext_lazy("Donnez un titre.")},
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        help_text=gettext_lazy("PDF, JPEG ou PNG, 10 Mo au plus."),
        widget=forms.FileInput({"accept": "application/pdf,image/jpeg,image/png"}),
        error_messages={"required": gettext_lazy("Choisissez un fichier."), "empty": gettext_lazy("Ce fichier est vide. Choisissez-en un autre.")},
    )


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(label=gettext_lazy("D’accord pour"), choices=Consent.Purpose.choices, widget=forms.RadioSelect)
    method = forms.ChoiceField(label=gettext_lazy("Donné par"), choices=Consent.Method.choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=gettext_lazy("Expliqué en"), choices=consents.LANGUAGES, initial="fra")

    def __init__(self, *arguments: Any, missing: list[str], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["purpose"].choices = [(value, label) for value, label in Consent.Purpose.choices if value in missing]


def new_id() -> uuid.UUID:
    """For the hidden field of a form: made when it is shown, so that a second sending is known for one."""
    return uuid.uuid4()
