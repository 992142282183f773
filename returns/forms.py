"""Forms about voluntary returns. What must hold is in the services; a form only reads what was typed."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centres.models import Centre
from config import filtering
from config.countries import country_choices
from config.forms import Rule, RulesForm

from .models import OPEN, ReturnCase
from .services import check_countries, check_step
from .workflow import ENDED, STEPS, STOPPED, TRANSITIONS, State


def _day(label: Any, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-8"})
    return forms.DateField(label=label, help_text=hint, required=False, widget=widget)


def _countries() -> list[tuple[str, str]]:
    return [("", "—"), *country_choices()]


# Required or not is the workflow's to say, in words of its own: here nothing is.
FIELDS: dict[str, Callable[[], forms.Field]] = {
    "country_to": lambda: forms.ChoiceField(label=_("Pays de destination"), choices=_countries, required=False),
    "place_to": lambda: forms.CharField(label=_("Communauté de destination"), max_length=120, required=False),
    "counselled_on": lambda: _day(_("Date de l’entretien de conseil"), _("La personne a été informée de ses choix, dans une langue qu’elle comprend.")),
    "declaration_signed_on": lambda: _day(_("Déclaration signée le"), _("La date écrite sur la déclaration, près de la signature ou de l’empreinte.")),
    "document": lambda: forms.ChoiceField(label=_("Document de voyage"), choices=[("", "—"), *ReturnCase.Document.choices], required=False),
    "document_valid_until": lambda: _day(_("Document valable jusqu’au")),
    "fit_to_travel_on": lambda: _day(_("Examen médical du")),
    "fit_until": lambda: _day(_("Apte au voyage jusqu’au"), _("La fin de validité écrite sur le certificat.")),
    "departed_on": lambda: _day(_("Date du départ"), _("Si la personne séjourne dans un centre, son séjour se termine ce jour-là et son lit se libère.")),
    "arrived_on": lambda: _day(_("Date de l’arrivée")),
    "end_reason": lambda: forms.CharField(
        label=_("Motif"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("En quelques mots, sans détail médical.")
    ),
    "ended_on": lambda: _day(_("Date de la décision")),
}


class VersionForm(RulesForm):
    """A form on a case that may change meanwhile: it carries the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, names: Iterable[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in names:
            self.fields[name] = FIELDS[name]()

    def typed(self) -> dict[str, Any]:
        """The fields of the case, without what only steers."""
        return {name: value for name, value in self.cleaned_data.items() if name in FIELDS}


class StepForm(VersionForm):
    """What is written down to come into the next state."""

    to = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, to: State, case: ReturnCase, **kwargs: Any):
        super().__init__(*args, names=STEPS[to].fields, **kwargs)
        self.case = case

    def rules_besides(self) -> Iterator[Rule]:
        yield lambda given: check_step(self.case, given["to"], given)


class StopForm(VersionForm):
    """The return stops before the departure."""

    to = forms.ChoiceField(label=_("Pourquoi le retour s’arrête-t-il ?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, case: ReturnCase, **kwargs: Any):
        super().__init__(*args, names=STEPS[State.WITHDRAWN].fields, auto_id="stop_%s", **kwargs)
        self.case = case
        ways = [to for to in TRANSITIONS[State(case.state)] if to in STOPPED]
        self.fields["to"].choices = [(to.value, STEPS[to].title) for to in ways]  # type: ignore[attr-defined]

    def rules_besides(self) -> Iterator[Rule]:
        # the same is asked of every way to stop; which one may be what is still to choose
        yield lambda given: check_step(self.case, given.get("to") or State.WITHDRAWN, given)


class OpenForm(RulesForm):
    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    country_to = forms.ChoiceField(label=_("Pays de destination"), choices=_countries, error_messages={"required": _("Choisissez le pays où la personne veut rentrer.")})
    place_to = forms.CharField(label=_("Communauté de destination"), max_length=120, required=False, help_text=_("Ville ou village, comme la personne le nomme."))
    country_from = forms.ChoiceField(label=_("Pays de départ"), choices=country_choices, initial="ML")

    def rules(self) -> Iterator[Rule]:
        yield check_countries


class FilterForm(filtering.FilterForm):
    state = forms.ChoiceField(label=_("État"), required=False)
    centre = forms.ModelChoiceField(label=_("Centre"), queryset=Centre.objects.none(), required=False, empty_label=_("Tous"), to_field_name="code")
    country = forms.ChoiceField(label=_("Destination"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        in_progress = [(state.value, state.label) for state in State if state.value in OPEN]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("En cours")),
            (_("En cours"), in_progress),
            (_("Terminés"), [(state.value, state.label) for state in ENDED]),
            ("all", _("Tous")),
        ]
        self.fields["centre"].queryset = Centre.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["country"].choices = [("", _("Tous")), *country_choices()]  # type: ignore[attr-defined]
