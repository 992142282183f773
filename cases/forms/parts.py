"""The parts that forms about a person are made of; each form takes those it needs, so that a field reads the same everywhere."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Area
from config.countries import country_choices
from config.forms import Rule, RulesForm
from config.numbers import NumberInput, WholeField

from .. import consents
from ..cleaning import clean_line, clean_name, clean_phone
from ..languages import LANGUAGES
from ..models import Consent, IdentityDocument, Migrant
from ..services.identity_rules import IDENTITY_FIELDS, check_how, check_paper, clean_identity, refuse_without_consent
from .fields import OLDEST, BirthField, LineField, birth_of

HOME = "ML"
_PLAIN = {"autocomplete": "off"}


def nationalities() -> list[tuple[str, str]]:
    return [("", _("Choisissez un pays")), *country_choices()]


def _countries() -> list[tuple[str, str]]:
    return [("", _("Non renseigné")), *country_choices()]


def _optional(choices: Any) -> Any:
    return lambda: [("", _("Non renseigné")), *choices]


def phone_field(label: Any, **arguments: Any) -> LineField:
    widget = forms.TextInput({"class": "w-16", "inputmode": "tel", "autocomplete": "off"})
    return LineField(label=label, max_length=40, required=False, clean=lambda text: clean_phone(clean_line(text)), widget=widget, **arguments)


def name_field(label: Any, most: int, **arguments: Any) -> LineField:
    return LineField(label=label, max_length=most, required=False, clean=clean_name, widget=forms.TextInput(_PLAIN), **arguments)


def date_field(label: Any, **arguments: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date", "class": "w-8"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, error_messages={"invalid": gettext_lazy("Écrivez une date qui existe.")}, **arguments)


class _ByRegion(ModelChoiceIterator):
    """Regions with their cercles below; the region itself is the first of its group."""

    def __iter__(self) -> Iterator[Any]:
        yield ("", self.field.empty_label)
        areas = sorted(self.queryset.select_related("parent"), key=lambda area: (area.vintage, (area.parent or area).name, area.level, area.name))
        for (_vintage, region), parts in groupby(areas, key=lambda area: (area.vintage, (area.parent or area).name)):
            yield (region, [self.choice(area) for area in parts])


class AreaField(forms.ModelChoiceField):
    """A region or cercle of the present list of P-codes; at a correction also the one that is kept, of whatever list it is."""

    iterator = _ByRegion

    def __init__(self, **arguments: Any):
        # The key is checked against the list by the queryset, so that an old code can't come in again by hand.
        super().__init__(queryset=Area.objects.none(), required=False, empty_label=gettext_lazy("Non renseigné"), **arguments)

    def offer(self, kept: Area | None = None) -> None:
        current = Area.objects.current()
        self.queryset = current | Area.objects.filter(pk=kept.pk) if kept else current

    def label_from_instance(self, area: Area) -> str:
        level = _("région") if area.level == 1 else _("cercle")
        return f"{area.name} – {level} ({area.pcode}{'' if area.vintage == Area.CURRENT_VINTAGE else f', {area.vintage}'})"

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not str(value).isascii():
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return super().to_python(value)


class IdentityPart(RulesForm):
    """Whatever is asked of who somebody is goes by the rules of the service, all at once."""

    SERVICE_NAMES = {"born_on": "birth", "birth_precision": "birth"}

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield lambda given: _only_asked(clean_identity({name: given[name] for name in IDENTITY_FIELDS if name in given}))


def _only_asked(_cleaned: Any) -> None:
    """Whether it is refused is what counts here."""


class CorePart(IdentityPart):
    """Asked of everybody."""

    surname = name_field(gettext_lazy("Nom de famille"), 80)
    given_names = name_field(gettext_lazy("Prénoms"), 120)
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
    age = WholeField(
        label=gettext_lazy("Ou âge estimé"),
        required=False,
        min_value=0,
        max_value=OLDEST,
        help_text=gettext_lazy("Seulement si l’année de naissance n’est pas connue."),
        widget=NumberInput({"class": "w-2"}),
        error_messages={"invalid": gettext_lazy("Écrivez l’âge en années, en chiffres.")},
    )
    nationality = forms.ChoiceField(
        label=gettext_lazy("Nationalité"), choices=nationalities, error_messages={"required": gettext_lazy("Choisissez une nationalité dans la liste.")}
    )
    phone = phone_field(gettext_lazy("Téléphone"), help_text=gettext_lazy("Avec l’indicatif du pays. Huit chiffres seuls sont lus comme un numéro du Mali."))

    CORE = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not {"surname", "given_names"} & set(self.errors) and not (cleaned.get("surname") or cleaned.get("given_names")):
            self.add_error("surname", _("Écrivez au moins un nom ou un prénom."))
        if not {"birth", "age"} & set(self.errors):
            try:
                cleaned["born_on"], cleaned["birth_precision"] = birth_of(cleaned)
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned


class FurtherPart(IdentityPart):
    """As far as the person says it."""

    other_names = name_field(
        gettext_lazy("Autres noms utilisés"), 120, help_text=gettext_lazy("Surnom, nom d’épouse, autre orthographe : la personne est aussi trouvée par eux.")
    )
    father_given_names = name_field(gettext_lazy("Prénoms du père"), 80)
    mother_given_names = name_field(gettext_lazy("Prénoms de la mère"), 80)
    second_nationality = forms.ChoiceField(label=gettext_lazy("Deuxième nationalité"), required=False, choices=_countries)
    marital_status = forms.ChoiceField(label=gettext_lazy("Situation de famille"), required=False, choices=_optional(Migrant.MaritalStatus.choices))
    other_phone = phone_field(gettext_lazy("Autre téléphone"), help_text=gettext_lazy("Celui d’un proche, par exemple."))
    household_role = forms.ChoiceField(label=gettext_lazy("Place dans le ménage"), required=False, choices=_optional(Migrant.HouseholdRole.choices))

    FURTHER: tuple[str, ...] = ("other_names", "father_given_names", "mother_given_names", "second_nationality", "marital_status", "other_phone", "household_role")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("second_nationality") and cleaned.get("second_nationality") == cleaned.get("nationality"):
            self.add_error("second_nationality", _("La deuxième nationalité est la même que la première : laissez-la vide."))
        return cleaned


class OriginPart(IdentityPart):
    """Where the person is from, and what they speak."""

    origin_country = forms.ChoiceField(label=gettext_lazy("Pays d’origine"), required=False, choices=_countries)
    origin_area = AreaField(label=gettext_lazy("Région ou cercle d’origine (Mali)"))
    origin_place = LineField(label=gettext_lazy("Commune, ville ou village d’origine"), max_length=100, required=False, widget=forms.TextInput(_PLAIN))
    languages = forms.MultipleChoiceField(label=gettext_lazy("Langues parlées"), required=False, choices=LANGUAGES, widget=forms.CheckboxSelectMultiple)

    ORIGIN = ("origin_country", "origin_area", "origin_place", "languages")

    def __init__(self, *arguments: Any, kept_area: Area | None = None, **named: Any):
        super().__init__(*arguments, **named)
        area = self.fields["origin_area"]
        area.offer(kept_area)  # type: ignore[attr-defined]
        area.help_text = _("Codes de la liste de %(vintage)s.") % {"vintage": Area.CURRENT_VINTAGE}

    def clean(self) -> dict[str, Any]:
        """A cercle says the country; one left over from before another country was chosen falls away."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("origin_area") and "origin_country" in cleaned:
            if not cleaned["origin_country"]:
                cleaned["origin_country"] = HOME
            elif cleaned["origin_country"] != HOME:
                cleaned["origin_area"] = None
        return cleaned


class ArrivalPart(IdentityPart):
    arrival_kind = forms.ChoiceField(label=gettext_lazy("Comment la personne est-elle venue ?"), required=False, choices=_optional(Migrant.ArrivalKind.choices))
    arrived_on = date_field(gettext_lazy("Arrivée au centre le"))

    ARRIVAL = ("arrival_kind", "arrived_on")


class ConsentHowPart(RulesForm):
    """How an agreement is given."""

    consent_method = forms.ChoiceField(
        label=gettext_lazy("Comment a-t-elle donné son accord ?"),
        choices=Consent.Method.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez comment l’accord a été donné.")},
    )
    consent_language = forms.ChoiceField(label=gettext_lazy("Expliqué en"), choices=consents.LANGUAGES, initial="fra")
    consent_witness = name_field(gettext_lazy("Nom du témoin"), 120, help_text=gettext_lazy("Seulement si l’accord est donné de vive voix."))

    CONSENT = ("consent_method", "consent_language", "consent_witness")

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield lambda given: check_how(**{name: given[name] for name in self.CONSENT})


class ConsentPart(ConsentHowPart):
    """What the person agrees to, and how."""

    consent_purposes = forms.MultipleChoiceField(
        label=gettext_lazy("La personne est d’accord pour"),
        choices=Consent.Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Sans l’accord de la personne pour l’enregistrement, rien ne peut être noté. Expliquez-lui ses droits et demandez-le-lui.")
        },
    )

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield lambda given: refuse_without_consent(tuple(given["consent_purposes"]))

    def agreement(self) -> dict[str, Any]:
        return {**{name: self.cleaned_data[name] for name in self.CONSENT}, "consent_purposes": tuple(self.cleaned_data["consent_purposes"])}


class PaperPart(RulesForm):
    """One paper of identity, at registration; more are added on the file."""

    document_kind = forms.ChoiceField(label=gettext_lazy("Type de document"), required=False, choices=_optional(IdentityDocument.Kind.choices))
    document_number = LineField(
        label=gettext_lazy("Numéro du document"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"class": "w-16", "autocomplete": "off"}),
        help_text=gettext_lazy("Gardé chiffré : seul le dossier de la personne le montre."),
    )
    document_country = forms.ChoiceField(label=gettext_lazy("Pays du document"), required=False, choices=_countries)
    document_expires_on = date_field(gettext_lazy("Valable jusqu’au"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("document_kind") and (cleaned.get("document_number") or cleaned.get("document_expires_on")):
            self.add_error("document_kind", _("Choisissez le type du document."))
        return cleaned

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield lambda given: check_paper(**paper) if (paper := self._paper(given)) else None

    def paper(self) -> dict[str, Any] | None:
        """What the service takes; the country is that of the nationality unless another is said."""
        return self._paper(self.cleaned_data)

    @staticmethod
    def _paper(given: Mapping[str, Any]) -> dict[str, Any] | None:
        if not given["document_kind"]:
            return None
        country = given["document_country"] or given["nationality"]
        return {"kind": given["document_kind"], "number": given["document_number"], "country": country, "expires_on": given["document_expires_on"]}
