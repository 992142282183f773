"""The filters of the people present."""

from django import forms
from django.utils.translation import gettext_lazy


class BoardFilter(forms.Form):
    """The filters of the people present; they stay in the address."""

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

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked for; nothing that can't be read."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}
