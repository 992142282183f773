"""Forms about reintegrations. What must hold is in the services; a form only reads what was typed."""

import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.models import Centre
from config import filtering
from config.countries import country_choices
from config.forms import Rule, RulesForm
from config.numbers import AmountField, NumberInput

from .models import ReintegrationCase, Support, Visit
from .services import check_closing, check_opening, check_support, check_visit


def _day(label: Any, hint: Any = "", **more: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-8"})
    return forms.DateField(label=label, help_text=hint, widget=widget, error_messages={"required": _("Écrivez la date.")}, **more)


def _countries() -> list[tuple[str, str]]:
    return [("", "—"), *((code, name) for code, name in country_choices() if code != "ML")]


def _plan() -> forms.CharField:
    return forms.CharField(
        label=_("Projet"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Ce que la personne veut faire, avec ses mots : activité, formation, appuis dont elle a besoin."),
    )


def _enhanced() -> forms.BooleanField:
    return forms.BooleanField(
        label=_("Réintégration renforcée"), required=False, help_text=_("Pour une personne vulnérable : un accompagnement renforcé et individualisé.")
    )


class OpenForm(RulesForm):
    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(
        label=_("Réintégration"),
        choices=ReintegrationCase.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez si le projet est individuel ou communautaire.")},
    )
    enhanced = _enhanced()
    returned_from = forms.ChoiceField(
        label=_("Pays d’où la personne est revenue"), choices=_countries, error_messages={"required": _("Choisissez le pays d’où la personne est revenue.")}
    )
    centre = forms.ModelChoiceField(
        label=_("Antenne qui suit la personne"),
        queryset=Centre.objects.all(),
        to_field_name="code",
        empty_label=None,
        help_text=_("Cette antenne pourra ouvrir le dossier de la personne."),
    )
    region = forms.CharField(label=_("Région de réintégration"), max_length=60, required=False)
    opened_on = _day(_("Ouvert le"), initial=timezone.localdate)
    plan = _plan()

    def rules(self) -> Iterator[Rule]:
        yield check_opening


class PlanForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    plan = _plan()
    enhanced = _enhanced()
    region = forms.CharField(label=_("Région de réintégration"), max_length=60, required=False)


class VisitForm(RulesForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    done_on = _day(_("Date de la visite"), initial=timezone.localdate)
    situation = forms.ChoiceField(
        label=_("Situation de la personne"),
        choices=Visit.Situation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez comment va la personne.")},
    )
    note = forms.CharField(
        label=_("Compte rendu"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Revenus, logement, santé, liens avec la famille et la communauté, état du projet. Rien qui puisse lui nuire."),
    )

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.about = {"visit": visit}

    def rules_besides(self) -> Iterator[Rule]:
        yield lambda given: check_visit(self.about["visit"], given)


class SupportForm(RulesForm):
    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(
        label=_("Type d’appui"), choices=Support.Kind.choices, widget=forms.RadioSelect, error_messages={"required": _("Choisissez ce qui a été remis.")}
    )
    delivered_on = _day(_("Remis le"), initial=timezone.localdate)
    amount = AmountField(
        label=_("Valeur en francs CFA"),
        max_digits=10,
        decimal_places=0,
        min_value=0,
        required=False,
        widget=NumberInput({"class": "w-8"}),
        francs=True,
        help_text=_("En chiffres, sans centimes. Laissez vide si la valeur n’est pas connue."),
    )

    def __init__(self, *args: Any, case: ReintegrationCase, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.about = {"case": case}

    def rules_besides(self) -> Iterator[Rule]:
        yield lambda given: check_support(self.about["case"], given)


class CloseForm(RulesForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    state = forms.ChoiceField(
        label=_("Comment le suivi se termine-t-il ?"), widget=forms.RadioSelect, error_messages={"required": _("Choisissez comment le suivi se termine.")}
    )
    closed_on = _day(_("Date de la fin"), initial=timezone.localdate)

    def __init__(self, *args: Any, case: ReintegrationCase, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.about = {"case": case}
        ends = [choice for choice in ReintegrationCase.State.choices if choice[0] != ReintegrationCase.State.OPEN]
        self.fields["state"].choices = ends  # type: ignore[attr-defined]

    def rules_besides(self) -> Iterator[Rule]:
        yield lambda given: check_closing(self.about["case"], given)


class FilterForm(filtering.FilterForm):
    state = forms.ChoiceField(label=_("État"), required=False)
    centre = forms.ModelChoiceField(label=_("Antenne"), queryset=Centre.objects.none(), required=False, empty_label=_("Toutes"), to_field_name="code")
    kind = forms.ChoiceField(label=_("Réintégration"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        states = [choice for choice in ReintegrationCase.State.choices if choice[0] != ReintegrationCase.State.OPEN]
        self.fields["state"].choices = [("", _("En cours")), *states, ("all", _("Toutes"))]  # type: ignore[attr-defined]
        self.fields["centre"].queryset = Centre.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("Toutes")), *ReintegrationCase.Kind.choices]  # type: ignore[attr-defined]


class VisitFilterForm(filtering.FilterForm):
    due = forms.ChoiceField(label=_("Visites"), required=False)
    centre = forms.ModelChoiceField(label=_("Antenne"), queryset=Centre.objects.none(), required=False, empty_label=_("Toutes"), to_field_name="code")

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["due"].choices = [("", _("En retard")), ("soon", _("Dans les quatorze jours")), ("waiting", _("Toutes celles à faire"))]  # type: ignore[attr-defined]
        self.fields["centre"].queryset = Centre.objects.visible_to(user)  # type: ignore[attr-defined]
