"""The filters of the people present."""

from django import forms
from django.utils.translation import gettext_lazy

from config.filtering import FilterForm


class BoardFilter(FilterForm):
    """The filters of the people present; they stay in the address, but for a name."""

    private = ("who",)
    who = forms.CharField(label=gettext_lazy("Nom ou numéro"), required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off", "type": "search"}))
    show = forms.ChoiceField(
        label=gettext_lazy("Montrer"),
        required=False,
        choices=[
            ("", gettext_lazy("Toutes")),
            ("alone", gettext_lazy("Mineurs non accompagnés")),
            ("bed", gettext_lazy("Sans lit")),
            ("long", gettext_lazy("Durée prévue dépassée")),
            ("soon", gettext_lazy("Fin prévue bientôt")),
        ],
    )
