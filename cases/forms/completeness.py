"""Of which days the completeness of profiles is counted."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST = datetime.timedelta(days=366)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PeriodForm(forms.Form):
    since = forms.DateField(label=gettext_lazy("Enregistrées du"), widget=DayInput, required=False)
    until = forms.DateField(label=gettext_lazy("au"), widget=DayInput, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        until = data.get("until") or timezone.localdate()
        since = data.get("since") or until - datetime.timedelta(days=90)
        if not datetime.date(2000, 1, 1) <= since <= until <= datetime.date(2100, 1, 1):
            self.add_error("since", _("Le début est après la fin."))
        elif until - since > LONGEST:
            self.add_error("since", _("Choisissez une période d’un an au plus."))
        return data | {"since": since, "until": until}
