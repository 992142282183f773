"""The form of how a centre gives a service."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from centres.models import Service, ServiceOffer
from centres.offers import FIELDS
from config.numbers import NumberInput, WholeField

from .parts import BROKEN, DayField

RIGHTS = {
    "receive": gettext_lazy("les agents du centre"),
    "manage_centre": gettext_lazy("le responsable du centre"),
    "view_health": gettext_lazy("le personnel de santé"),
    "view_protection": gettext_lazy("les chargés de protection"),
}


class TimeField(forms.TimeField):
    def __init__(self, **arguments: Any):
        wrong = {"invalid": gettext_lazy("Écrivez l’heure, par exemple 12:30.")}
        super().__init__(required=False, widget=forms.TimeInput({"type": "time", "class": "w-8"}, format="%H:%M"), error_messages=wrong, **arguments)


class OfferForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    provider = forms.ModelChoiceField(
        label=gettext_lazy("Fourni par"),
        required=False,
        queryset=Organisation.objects.all(),
        empty_label=gettext_lazy("Le centre lui-même"),
        help_text=gettext_lazy("Par principe une structure locale : service de l’État ou société civile."),
    )
    place = forms.CharField(label=gettext_lazy("Lieu"), required=False, max_length=80)
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Jours"),
        coerce=int,
        choices=ServiceOffer.DAYS,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Un autre jour, le service est refusé."),
        error_messages={"required": gettext_lazy("Choisissez au moins un jour.")},
    )
    opens = TimeField(label=gettext_lazy("À partir de"), help_text=gettext_lazy("Les heures sont affichées ; ce qui est donné plus tôt ou plus tard se note quand même."))
    closes = TimeField(label=gettext_lazy("Jusqu’à"))
    min_interval_days = WholeField(
        label=gettext_lazy("Jours au moins entre deux fois"),
        required=False,
        min_value=1,
        max_value=1000,
        widget=NumberInput(),
        help_text=gettext_lazy("Par exemple 30 : le même service est possible de nouveau trente jours plus tard."),
    )
    most_per_day = WholeField(label=gettext_lazy("Nombre au plus par jour"), required=False, min_value=1, max_value=99, widget=NumberInput())
    excludes = forms.MultipleChoiceField(
        label=gettext_lazy("Pas le même jour que"), required=False, widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("Cela vaut dans les deux sens.")
    )
    residents_only = forms.BooleanField(label=gettext_lazy("Seulement pour les personnes hébergées ici"), required=False)
    right_needed = forms.ChoiceField(label=gettext_lazy("Qui peut le noter"), required=False)
    suspended_reason = forms.CharField(
        label=gettext_lazy("Suspendu, parce que"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Vide : le service est donné. Un motif le suspend dès maintenant ; il est lu par les personnes à qui le service est refusé."),
    )
    suspended_until = DayField(label=gettext_lazy("Suspendu jusqu’au (inclus)"), required=False)

    def __init__(self, *arguments: Any, offer: ServiceOffer, **named: Any):
        initial = {"version": offer.version, **{name: getattr(offer, name) for name in FIELDS}}
        super().__init__(*arguments, initial=initial, **named)
        others = Service.objects.exclude(pk=offer.service_id)
        self.fields["excludes"].choices = [(one.code, str(one)) for one in others if one.active or one.code in offer.excludes]  # type: ignore[attr-defined]
        usual = {
            Service.Category.HEALTH.value: _("Comme d’habitude : les agents et le personnel de santé"),
            Service.Category.PSYCHOSOCIAL.value: _("Comme d’habitude : les agents et les chargés de protection"),
        }.get(offer.service.category, _("Comme d’habitude : les agents du centre"))
        self.fields["right_needed"].choices = [("", usual), *((code, _("Seulement %(who)s") % {"who": who}) for code, who in RIGHTS.items())]  # type: ignore[attr-defined]
