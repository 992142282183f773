"""What the counter sends: a code that was scanned or typed, or a click on the answer to one."""

import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from .assistance import PeopleField
from .parts import BROKEN

SCAN, SHOW = "scan", "show"
LONGEST_WAIT = 24 * 60 * 60


class CounterForm(forms.Form):
    """`what`: scanned or typed. `person`, `people`: whom to serve; `sure`: it is them, though nobody expected them here. `undo`: lines to take back. `waited`: seconds since it was typed, where the
    line was down; the difference of two readings of a clock, so that it may be wrong."""

    key = forms.UUIDField(error_messages=BROKEN)
    service = forms.SlugField(max_length=30, error_messages=BROKEN)
    mode = forms.ChoiceField(
        label=gettext_lazy("Au passage d’une carte"),
        choices=[(SCAN, gettext_lazy("noter tout de suite")), (SHOW, gettext_lazy("montrer d’abord, puis un clic"))],
        error_messages=BROKEN,
    )
    what = forms.CharField(required=False, max_length=200, error_messages={"max_length": gettext_lazy("C’est trop long pour une carte, un numéro ou un nom.")})
    person = forms.UUIDField(required=False, error_messages=BROKEN)
    people = PeopleField(required=False, error_messages=BROKEN)
    sure = forms.BooleanField(required=False)
    undo = PeopleField(required=False, error_messages=BROKEN)
    waited = forms.IntegerField(required=False, min_value=0, max_value=LONGEST_WAIT, error_messages=BROKEN)

    def clean_what(self) -> str:
        return " ".join(self.cleaned_data["what"].split())

    def seen_at(self) -> datetime.datetime:
        """When the person stood at the counter."""
        return timezone.now() - datetime.timedelta(seconds=self.cleaned_data["waited"] or 0)

    def day(self) -> datetime.date | None:
        """The day it was typed, if that is not today."""
        typed = timezone.localdate(self.seen_at())
        return typed if typed != timezone.localdate() else None
