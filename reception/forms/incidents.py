"""The forms of incidents. They read what was typed; the services decide."""

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cases import case_numbers
from cases.models import Migrant
from centres.models import Service
from config.filtering import FilterForm

from ..models import Incident, IncidentFollowUp
from .parts import BROKEN, DayField, MomentField


class PeopleByNumber(forms.CharField):
    """Case numbers of people in the user's scope. A number out of scope is as unknown as one that never was."""

    user: User

    def clean(self, value: Any) -> list[Migrant]:
        text = super().clean(value)
        words = [word for piece in re.split(r"[\n\r,;\t]+", text) if piece.strip() for word in ([piece] if case_numbers.clean(piece) else piece.split())]
        wanted = {word: case_numbers.clean(word) for word in words}
        found = {person.case_number: person for person in Migrant.objects.visible_to(self.user).filter(case_number__in=filter(None, wanted.values()))}
        if lost := [word[:30] for word, number in wanted.items() if number not in found]:
            raise ValidationError(_("Aucune personne de ce numéro dans vos centres : %(numbers)s.") % {"numbers": ", ".join(lost[:5])})
        return list({number: found[number] for number in wanted.values() if number}.values())


class IncidentForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    kind = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[("", gettext_lazy("Choisissez")), *Incident.Kind.choices],
        error_messages={"required": gettext_lazy("Choisissez le type d’incident.")},
        help_text=gettext_lazy("Violence et conduite du personnel ne sont lues ensuite que par le responsable du centre et la protection."),
    )
    aid = forms.ChoiceField(
        label=gettext_lazy("Au sujet de quelle aide"), required=False, choices=[("", gettext_lazy("Aucune en particulier")), *Service.Category.choices]
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Gravité"),
        choices=Incident.Severity.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez la gravité.")},
    )
    what = forms.CharField(
        label=gettext_lazy("Ce qui s’est passé"),
        max_length=3000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Des faits, sans nom et sans détail médical : les personnes se notent par leur numéro, ci-dessous."),
        error_messages={"required": gettext_lazy("Dites ce qui s’est passé.")},
    )
    measures = forms.CharField(label=gettext_lazy("Mesures prises"), required=False, max_length=3000, widget=forms.Textarea({"rows": 2}))
    people = PeopleByNumber(
        label=gettext_lazy("Personnes concernées"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Leurs numéros de dossier, séparés par des virgules ou des espaces."),
    )
    happened_at = MomentField(label=gettext_lazy("Quand, si ce n’est pas maintenant"))
    due_on = DayField(label=gettext_lazy("À revoir le"), required=False)
    due_who = forms.CharField(label=gettext_lazy("Par qui"), required=False, max_length=100)

    def __init__(self, *arguments: Any, user: User, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["people"].user = user  # type: ignore[attr-defined]


class FollowUpForm(forms.Form):
    """What was done since. An open incident goes on or is closed; a closed one is opened again."""

    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    step = forms.ChoiceField(label=gettext_lazy("Et ensuite ?"), widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Dites si le suivi continue.")})
    text = forms.CharField(
        label=gettext_lazy("Ce qui a été fait"),
        max_length=3000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": gettext_lazy("Écrivez ce qui a été fait.")},
    )
    due_on = DayField(label=gettext_lazy("À revoir le"), required=False)
    due_who = forms.CharField(label=gettext_lazy("Par qui"), required=False, max_length=100)

    def __init__(self, *arguments: Any, incident: Incident, **named: Any):
        Step = IncidentFollowUp.Step
        initial = {"id": uuid.uuid4(), "version": incident.version, "due_on": incident.due_on, "due_who": incident.due_who}
        super().__init__(*arguments, initial=initial | {"step": Step.NOTE if incident.is_open else Step.REOPENED}, **named)
        going_on = [(Step.NOTE, _("Le suivi continue")), (Step.CLOSED, _("L’incident est clos : ce texte en est l’issue"))]
        self.fields["step"].choices = going_on if incident.is_open else [(Step.REOPENED, _("L’incident est rouvert"))]  # type: ignore[attr-defined]


class IncidentFilter(FilterForm):
    """The filters of the incidents; they stay in the address."""

    state = forms.ChoiceField(
        label=gettext_lazy("État"),
        required=False,
        choices=[("", gettext_lazy("Tous")), ("open", gettext_lazy("Ouverts")), ("overdue", gettext_lazy("En retard de suivi")), ("closed", gettext_lazy("Clos"))],
    )
    kind = forms.ChoiceField(label=gettext_lazy("Type"), required=False, choices=[("", gettext_lazy("Tous")), *Incident.Kind.choices])
    severity = forms.ChoiceField(label=gettext_lazy("Gravité"), required=False, choices=[("", gettext_lazy("Toutes")), *Incident.Severity.choices])
    aid = forms.ChoiceField(label=gettext_lazy("Aide"), required=False, choices=[("", gettext_lazy("Toutes")), *Service.Category.choices])

    def of(self, incidents: Any) -> Any:
        """Those asked for; none of them when what is asked can't be read."""
        chosen = self.chosen
        state = chosen.pop("state", "")
        incidents = self.allowed(incidents).filter(**chosen)
        if state == "overdue":
            return incidents.overdue()
        return incidents.filter(closed_at__isnull=state == "open") if state else incidents
