"""The filters of the list of people."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.access import may
from centres.models import Centre
from centres.roles import Right
from config.countries import country_choices

from ..models import Migrant
from ..vulnerabilities import ALL_FLAGS, FLAGS


class SearchForm(forms.Form):
    """The filters of the list of people; they stay in the address."""

    q = forms.CharField(required=False, widget=forms.HiddenInput)
    sex = forms.ChoiceField(label=gettext_lazy("Sexe"), required=False, choices=[("", gettext_lazy("Tous")), *Migrant.Sex.choices])
    nationality = forms.ChoiceField(label=gettext_lazy("Nationalité"), required=False, choices=lambda: [("", _("Toutes")), *country_choices()])
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Suivi maintenant par"), required=False, queryset=Centre.objects.none(), to_field_name="code", empty_label=gettext_lazy("Tous")
    )
    alone = forms.BooleanField(label=gettext_lazy("Mineurs non accompagnés"), required=False)
    flag = forms.ChoiceField(label=gettext_lazy("Signalement"), required=False)

    def __init__(self, *arguments: Any, centres: list[int], user: Any = None, **named: Any):
        super().__init__(*arguments, **named)
        self.user = user
        # What only protection may read can't even be asked for by others.
        known = ALL_FLAGS if user is not None and may(user, Right.VIEW_PROTECTION) else FLAGS
        self.fields["flag"].choices = [("", _("Tous")), *known.items()]
        if user is None:
            del self.fields["flag"]
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=centres)
        if len(centres) < 2:
            del self.fields["centre"]
