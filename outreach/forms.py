import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config import filtering
from config.forms import Rule, RulesForm
from config.numbers import NumberInput, WholeField

from .models import CELLS, MOST, REGIONS, Activity, Community, Trainee
from .services import check_activity


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ActivityForm(RulesForm):
    """One activity. The hidden `id` was made when the form was shown: sent twice, it is one activity."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Activité"), choices=Activity.Kind, widget=forms.RadioSelect)
    title = forms.CharField(label=_("Titre"), max_length=150, help_text=_("Ce qui a été fait, en quelques mots."))
    held_on = forms.DateField(label=_("Date"), widget=day_input())
    community = forms.ModelChoiceField(
        Community.objects.none(), label=_("Communauté"), required=False, empty_label=_("Aucune"), help_text=_("Obligatoire pour une séance de sensibilisation.")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in CELLS:
            self.fields[name] = WholeField(
                label=str(Activity._meta.get_field(name).verbose_name).capitalize(),
                min_value=0,
                max_value=MOST,
                widget=NumberInput(),
                error_messages={
                    "min_value": _("Un nombre de personnes ne peut pas être négatif."),
                    "max_value": _("Plus de 20 000 personnes à une activité : vérifiez, un chiffre est sans doute en trop."),
                    "required": _("Écrivez un nombre ; 0 s’il n’y avait personne."),
                    "invalid": _("Écrivez un nombre entier, sans virgule."),
                },
            )
        self.fields["community"].queryset = Community.objects.all()  # type: ignore[attr-defined]
        if "id" in self.fields and not self.is_bound:
            self.initial.setdefault("id", uuid.uuid4())
            self.initial.setdefault("held_on", timezone.localdate())

    def rules(self) -> Iterator[Rule]:
        yield check_activity


class CorrectionForm(ActivityForm):
    """The same, with the version that the user saw."""

    id = None  # type: ignore[assignment]
    version = forms.IntegerField(widget=forms.HiddenInput)


class CommunityForm(forms.Form):
    name = forms.CharField(label=_("Nom de la communauté"), max_length=100, help_text=_("Le village, le quartier ou la commune."))
    region = forms.ChoiceField(label=_("Région"), choices=[("", _("Choisissez une région")), *[(region, region) for region in REGIONS]])


class AttendanceForm(forms.Form):
    name = forms.CharField(label=_("Nom et prénoms"), max_length=120)
    structure = forms.CharField(label=_("Service"), max_length=120, help_text=_("Par exemple : Police des frontières, Gao."))
    sex = forms.ChoiceField(label=_("Sexe"), choices=Trainee._meta.get_field("sex").choices, widget=forms.RadioSelect)


class FilterForm(filtering.FilterForm):
    kind = forms.ChoiceField(label=_("Activité"), required=False, choices=[("", _("Toutes")), *Activity.Kind.choices])
    region = forms.ChoiceField(label=_("Région"), required=False, choices=[("", _("Toutes")), *[(region, region) for region in REGIONS]])
    start = forms.DateField(label=_("Du"), required=False, widget=day_input())
    end = forms.DateField(label=_("Au"), required=False, widget=day_input())

    def clean(self):
        data = super().clean() or {}
        if data.get("start") and data.get("end") and data["start"] > data["end"]:
            raise forms.ValidationError({"end": _("La fin ne peut pas précéder le début.")})
        return data
