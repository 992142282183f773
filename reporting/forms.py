"""Forms of reporting: the period looked at, a value entered by hand, a refusal."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.forms import put_errors
from config.numbers import NumberInput, WholeField

from .measures import Period
from .models import Indicator
from .services import check_period


class PeriodForm(forms.Form):
    """A period in the address, so that it can be sent: ?from=…&to=…"""

    to = forms.DateField(label=_("Au"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args, default: Period, **kwargs):
        super().__init__(*args, **kwargs)
        self.default = default
        # "from" is a word of Python: it can't be declared as a name of the class.
        self.fields["from"] = forms.DateField(label=_("Du"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        self.order_fields(["from", "to"])
        for name, value in (("from", default.start), ("to", default.end)):
            self.fields[name].error_messages["invalid"] = _("Écrivez une date, par exemple 31/12/2026.")
            self.fields[name].initial = value

    def clean(self):
        data = super().clean()
        start, end = data.get("from") or self.default.start, data.get("to") or self.default.end
        if not self.errors:
            try:
                data["period"] = check_period(start, end)
            except ValidationError as error:
                put_errors(self, error)
        return data

    @property
    def period(self) -> Period:
        """The period asked for, or the default where nothing usable was."""
        return self.cleaned_data.get("period", self.default) if self.is_valid() else self.default


class ReportForm(PeriodForm):
    """Asks for a report. The hidden `id` makes a double click one report."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("from", "to"):
            self.fields[name].required = True


class ValueForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    on = forms.DateField(label=_("Situation au"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    value = WholeField(label=_("Valeur"), min_value=0, max_value=1_000_000_000, widget=NumberInput({"class": "w-8"}))
    narrative = forms.CharField(
        label=_("Appréciation"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Le comité de pilotage lit ce texte. N’y écrivez aucun nom de personne migrante, ni numéro de dossier, ni téléphone."),
    )
    evidence = forms.CharField(
        label=_("Preuve"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Sur quoi la valeur s’appuie : document, date, où le trouver. N’écrivez aucun nom de personne migrante, ni numéro de dossier, ni téléphone : "
            "le dossier lui-même se trouve par la preuve de l’indicateur."
        ),
    )

    def __init__(self, *args, indicator: Indicator, **kwargs):
        super().__init__(*args, **kwargs)
        if indicator.kind == Indicator.Kind.QUALITATIVE:
            del self.fields["value"]
        else:
            self.fields["narrative"].required = False
            self.fields["narrative"].label = _("Commentaire")
            self.fields["value"].help_text = (
                _("Ce que l’action a ajouté à la valeur de référence.") if indicator.is_increment else _("Le total atteint à cette date, valeur de référence comprise.")
            )


class RefusalForm(forms.Form):
    reason = forms.CharField(label=_("Pourquoi refuser cette valeur ?"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
