import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.forms import Rule, RulesForm
from config.numbers import NumberInput, WholeField

from .models import CELLS, MOST, FlowCount, FlowPoint
from .services import check_count

FIRST_DAY = datetime.date(2016, 1, 1)  # the network of points began in 2016
LONGEST_PERIOD = 92  # days: a quarter still makes a readable chart


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class CountForm(RulesForm):
    """One count. The hidden `id` was made when the form was shown: sent twice, it is one count."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    point = forms.ModelChoiceField(FlowPoint.objects.none(), label=_("Point"), empty_label=_("Choisissez un point"))
    counted_on = forms.DateField(label=_("Jour du comptage"), widget=day_input())
    direction = forms.ChoiceField(label=_("Direction"), choices=FlowCount.Direction, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in CELLS:
            label = FlowCount._meta.get_field(name).verbose_name
            self.fields[name] = WholeField(
                label=str(label).capitalize(),
                min_value=0,
                max_value=MOST,
                widget=NumberInput(),
                error_messages={
                    "min_value": _("Un nombre de personnes ne peut pas être négatif."),
                    "max_value": _("Plus de 20 000 personnes en un jour : vérifiez, un chiffre est sans doute en trop."),
                    "required": _("Écrivez un nombre ; 0 si personne n’est passé."),
                    "invalid": _("Écrivez un nombre entier, sans virgule."),
                },
            )
        self.fields["point"].queryset = self.points()  # type: ignore[attr-defined]
        if "id" in self.fields and not self.is_bound:
            self.initial.setdefault("id", uuid.uuid4())
            self.initial.setdefault("counted_on", timezone.localdate())

    def points(self):
        # Points that closed lately too: a count may come late.
        return FlowPoint.objects.all()

    def rules(self) -> Iterator[Rule]:
        yield check_count


class CorrectionForm(CountForm):
    """The same, with the version that the user saw."""

    id = None  # type: ignore[assignment]
    version = forms.IntegerField(widget=forms.HiddenInput)


class PeriodForm(forms.Form):
    """A period in the address; the last two weeks when nothing, or nonsense, is asked for."""

    start = forms.DateField(label=_("Du"), required=False, widget=day_input())
    end = forms.DateField(label=_("Au"), required=False, widget=day_input())

    def clean(self):
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        for name, day in (("start", start), ("end", end)):
            if day and not FIRST_DAY <= day <= timezone.localdate():
                raise forms.ValidationError({name: _("Choisissez un jour entre le 1er janvier 2016 et aujourd’hui.")})
        if start and end and start > end:
            raise forms.ValidationError({"end": _("La fin ne peut pas précéder le début.")})
        if start and end and (end - start).days >= LONGEST_PERIOD:
            raise forms.ValidationError({"end": _("Choisissez une période de trois mois au plus.")})
        return data

    def period(self, days: int = 14) -> tuple[datetime.date, datetime.date]:
        data = self.cleaned_data if self.is_valid() else {}
        start, end = data.get("start"), data.get("end")
        span = datetime.timedelta(days=days - 1)
        if start and not end:
            return start, min(start + span, timezone.localdate())
        end = end or timezone.localdate()
        return start or end - span, end
