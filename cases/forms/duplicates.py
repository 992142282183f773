"""Two files side by side: joined, told apart; and a file taken over at the counter."""

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre
from config.countries import country_name

from ..languages import LANGUAGES
from ..models import Migrant
from ..services.merging import GROUPS, value_of
from .fields import LineField
from .parts import ConsentHowPart

FIRST, SECOND = "first", "second"


def words_of_group(person: Migrant, group: str) -> str:
    """The values of a group as somebody reads them; empty where nothing is known."""
    if group == "birth":
        return person.birth_words
    if group == "nationality":
        return " + ".join(country_name(code) for code in (person.nationality, person.second_nationality) if code)
    if group == "origin":
        return ", ".join(
            filter(
                None,
                (person.origin_place, str(person.origin_area) if person.origin_area_id else "", country_name(person.origin_country) if person.origin_country else ""),
            )
        )
    if group == "photo":
        return _("avec photo") if person.photo else ""
    if group == "household":
        return (person.get_household_role_display() or _("dans un ménage")) if person.household_id else ""
    if group == "accompanied_by":
        return _("avec un adulte responsable") if person.accompanied_by_id else ""
    if group in ("phone", "other_phone"):
        return str(getattr(person, f"{group}_words"))
    if group == "languages":
        known = dict(LANGUAGES)
        return ", ".join(str(known.get(code, code)) for code in person.languages)
    if group == "arrival":
        return " ".join(filter(None, (person.get_arrival_kind_display(), date_format(person.arrived_on) if person.arrived_on else "")))
    display = getattr(person, f"get_{group}_display", None)
    return str(display() if display else getattr(person, group))


def label_of_group(group: str) -> str:
    if group == "birth":
        return _("Naissance")
    if group == "origin":
        return _("Origine")
    if group == "arrival":
        return _("Venue")
    label = str(Migrant._meta.get_field(GROUPS[group][0]).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def differing(first: Migrant, second: Migrant) -> list[str]:
    """The groups in which two files differ."""
    return [group for group, names in GROUPS.items() if any(value_of(first, name) != value_of(second, name) for name in names)]


class MergeForm(forms.Form):
    """Which file stays, and field by field which value; the fuller one is proposed."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    version_first = forms.IntegerField(widget=forms.HiddenInput)
    version_second = forms.IntegerField(widget=forms.HiddenInput)
    keep = forms.ChoiceField(
        label=gettext_lazy("Quel numéro de dossier garder ?"),
        help_text=gettext_lazy("L’autre numéro mènera à ce dossier."),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez le numéro à garder.")},
    )

    def __init__(self, *arguments: Any, first: Migrant, second: Migrant, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["keep"].choices = [(side, person.case_number) for side, person in ((FIRST, first), (SECOND, second))]
        self.fields["keep"].initial = FIRST if first.registered_at <= second.registered_at else SECOND
        self.groups = differing(first, second)
        for group in self.groups:
            one, two = words_of_group(first, group), words_of_group(second, group)
            self.fields[group] = forms.ChoiceField(
                label=label_of_group(group),
                choices=[(FIRST, one or _("vide")), (SECOND, two or _("vide"))],
                widget=forms.RadioSelect,
                initial=SECOND if two and not one else FIRST if one and not two else self.fields["keep"].initial,
                error_messages={"required": gettext_lazy("Choisissez une des deux valeurs.")},
            )

    def taken(self) -> list[str]:
        """The groups whose value comes from the file that does not stay."""
        return [group for group in self.groups if self.cleaned_data[group] != self.cleaned_data["keep"]]


class ApartForm(forms.Form):
    why = LineField(
        label=gettext_lazy("Pourquoi ce sont deux personnes"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Par exemple : frères, vus ensemble au centre."),
    )


class TakeoverForm(ConsentHowPart):
    """The person is there and agrees; what they said of themselves comes along hidden."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Centre"), queryset=Centre.objects.none(), to_field_name="code", error_messages={"required": gettext_lazy("Choisissez le centre.")}
    )
    present = forms.BooleanField(
        label=gettext_lazy("La personne est devant moi et demande que ce centre la suive"),
        error_messages={"required": gettext_lazy("Un dossier ne se prend en charge qu’en présence de la personne.")},
    )
    agrees = forms.BooleanField(
        label=gettext_lazy("Elle est d’accord pour l’enregistrement et l’aide dans ce centre"),
        error_messages={"required": gettext_lazy("Sans l’accord de la personne, son dossier reste où il est.")},
    )
    reason = LineField(
        label=gettext_lazy("Pourquoi ici"),
        max_length=300,
        help_text=gettext_lazy("Par exemple : arrivée de Gao par ses propres moyens."),
        error_messages={"required": gettext_lazy("Écrivez en quelques mots pourquoi la personne est ici.")},
    )

    def __init__(self, *arguments: Any, centres: list[Centre], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=[centre.pk for centre in centres])
        self._only = centres[0] if len(centres) == 1 else None
        if self._only:
            self.fields["centre"].required = False
            self.fields["centre"].widget = forms.HiddenInput()

    def clean_centre(self) -> Centre:
        return self.cleaned_data["centre"] or self._only
