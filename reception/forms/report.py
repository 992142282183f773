"""Which week or month a report is of."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..periods import FIRST_YEAR, LAST_YEAR, MONTH, WEEK, Period
from .parts import BROKEN


class PeriodForm(forms.Form):
    """A week or a month in the address, so that it can be sent: ?by=week&on=… (any day of it). Without them, the last month that ended."""

    by = forms.ChoiceField(label=gettext_lazy("Période"), required=False, choices=[(MONTH, gettext_lazy("un mois")), (WEEK, gettext_lazy("une semaine"))])
    on = forms.DateField(
        label=gettext_lazy("Un jour de cette période"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Écrivez une date, par exemple 31/12/2026.")},
    )

    def clean_on(self) -> Any:
        day = self.cleaned_data["on"]
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(_("Écrivez une année entre 2000 et 2100."))
        return day

    @property
    def period(self) -> Period:
        """What is asked for; the last one that ended where nothing usable was."""
        asked = self.cleaned_data if self.is_valid() else {}
        by = asked.get("by") or MONTH
        return Period.of(by, asked["on"]) if asked.get("on") else Period.of(by, timezone.localdate()).before


class AskReportForm(PeriodForm):
    """Asks for the PDF. The hidden `id` makes a double click one report."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=BROKEN)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("by", "on"):
            self.fields[name].required = True
            self.fields[name].widget = forms.HiddenInput()
