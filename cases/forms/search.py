"""The filters of the list of people."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.access import may
from centres.models import Centre
from centres.roles import Right
from config.countries import country_choices
from config.filtering import FilterForm

from ..models import Migrant
from ..vulnerabilities import ALL_FLAGS, FLAGS

# Those of the indicators: from this age, and below that one.
AGE_GROUPS = {"0-13": (0, 14), "14-17": (14, 18), "18-25": (18, 26), "26-35": (26, 36), "36-59": (36, 60), "60+": (60, 200)}


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-8"}))


class SearchForm(FilterForm):
    """The filters of the list of people; they stay in the address, but for the words of a search."""

    private = ("q",)
    q = forms.CharField(required=False, widget=forms.HiddenInput)
    sex = forms.ChoiceField(label=gettext_lazy("Sexe"), required=False, choices=[("", gettext_lazy("Tous")), *Migrant.Sex.choices])
    nationality = forms.ChoiceField(label=gettext_lazy("Nationalité"), required=False, choices=lambda: [("", _("Toutes")), *country_choices()])
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Suivi maintenant par"), required=False, queryset=Centre.objects.none(), to_field_name="code", empty_label=gettext_lazy("Tous")
    )
    age = forms.ChoiceField(
        label=gettext_lazy("Âge"), required=False, choices=lambda: [("", _("Tous")), *((code, _("%(ages)s ans") % {"ages": code}) for code in AGE_GROUPS)]
    )
    arrival = forms.ChoiceField(label=gettext_lazy("Venue"), required=False, choices=[("", gettext_lazy("Toutes")), *Migrant.ArrivalKind.choices])
    origin = forms.ChoiceField(label=gettext_lazy("Pays d’origine"), required=False, choices=lambda: [("", _("Tous")), *country_choices()])
    since = _day(gettext_lazy("Enregistrées du"))
    until = _day(gettext_lazy("au (inclus)"))
    alone = forms.BooleanField(label=gettext_lazy("Mineurs non accompagnés"), required=False)
    flag = forms.ChoiceField(label=gettext_lazy("Signalement"), required=False)
    protection = forms.ChoiceField(
        label=gettext_lazy("Protection"),
        required=False,
        choices=[
            ("", gettext_lazy("Toutes")),
            ("undecided", gettext_lazy("à décider")),
            ("review", gettext_lazy("à revoir")),
            ("severe", gettext_lazy("gravité élevée ou critique")),
        ],
    )

    def __init__(self, *arguments: Any, centres: list[int], user: Any = None, **named: Any):
        super().__init__(*arguments, **named)
        self.user = user
        # What only protection may read can't even be asked for by others.
        protects = user is not None and may(user, Right.VIEW_PROTECTION)
        known = ALL_FLAGS if protects else FLAGS
        if not protects:
            del self.fields["protection"]
        self.fields["flag"].choices = [("", _("Tous")), *known.items()]
        if user is None:
            del self.fields["flag"]
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=centres)
        if len(centres) < 2:  # there is nothing to choose
            self.fields["centre"].widget = forms.HiddenInput()
