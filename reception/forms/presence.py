"""The forms of the evening: roll-call, leave, absence."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.numbers import NumberInput, WholeField

from ..models import AbsenceRule, RollCallLine
from ..services import Called
from .flags import CHOOSE
from .parts import BROKEN, DayField

MOST_LINES = 2000
BACK = "back"  # in the place of a state: present, and the leave ends


def called_from(data: QueryDict) -> list[Called]:
    """What the page of the roll-call sends: for line n, `k<n>` (person, version, state and note that were shown), `s<n>` the state, `n<n>` the
    note, `a<n>` that the whole room was marked at once. Raises ValidationError for what no page of ours sends."""
    found = []
    for number in range(MOST_LINES):
        key = data.get(f"k{number}")
        if key is None:
            break
        parts = key.split("|", 3)
        try:
            person, version = uuid.UUID(parts[0]), int(parts[1])
        except (ValueError, IndexError) as error:
            raise ValidationError(BROKEN["invalid"]) from error
        note = data.get(f"n{number}", "")
        if len(note) > RollCallLine._meta.get_field("note").max_length:
            raise ValidationError(_("Une note est trop longue : 200 signes au plus."))
        state = data.get(f"s{number}", "")
        back = state == BACK
        state = RollCallLine.State.PRESENT if back else state
        found.append(Called(person, state, note, *parts[2:4], version=version, ends_leave=back, looked=not data.get(f"a{number}")))
    return found


class RollCallForm(forms.Form):
    """The evening that the page was made for."""

    evening = forms.DateField(widget=forms.HiddenInput, error_messages=BROKEN)


class LeaveForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    first_night = DayField(label=gettext_lazy("Première nuit d’absence"), errors=CHOOSE)
    last_night = DayField(
        label=gettext_lazy("Dernière nuit d’absence"),
        errors=CHOOSE,
        help_text=gettext_lazy("La personne est attendue le soir suivant. Une permission dure 30 nuits au plus."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi, et où la personne dort"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": gettext_lazy("Dites pourquoi, et où la personne dort.")},
    )


class AbsenceForm(forms.Form):
    """What became of somebody who was missed."""

    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    found = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1", error_messages=BROKEN)
    note = forms.CharField(required=False, max_length=300)


class DaysForm(forms.Form):
    days = WholeField(
        label=gettext_lazy("Jours sans être vue avant de signaler une absence"),
        min_value=1,
        max_value=AbsenceRule.MOST_DAYS,
        widget=NumberInput(),
        error_messages={name: gettext_lazy("Écrivez un nombre de 1 à 30.") for name in ("required", "invalid", "min_value", "max_value")},
    )


def error_words(form: Any) -> str:
    """All that is wrong, in one line: for forms that stand in a row of a list."""
    return " ".join(dict.fromkeys(str(message) for messages in form.errors.values() for message in messages))
