"""The forms of the day sheet, the handover and the alerts."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.filtering import FilterForm
from config.numbers import AmountField, NumberInput, WholeField

from ..models import Alert, AlertRule
from ..services import Setting
from .parts import BROKEN, DayField, MomentField


class DayForm(forms.Form):
    """Which day; today if nothing is asked."""

    day = DayField(label=gettext_lazy("Jour"), required=False)

    def clean_day(self) -> datetime.date | None:
        day = self.cleaned_data["day"]
        if day is not None and day > timezone.localdate():
            raise ValidationError(_("Ce jour n’est pas encore venu."))
        if day is not None and day.year < 2000:
            raise ValidationError(_("Vérifiez l’année."))
        return day

    @property
    def chosen(self) -> datetime.date:
        return (self.cleaned_data.get("day") if self.is_valid() else None) or timezone.localdate()


class HandoverForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    text = forms.CharField(
        label=gettext_lazy("Ce que l’équipe suivante doit savoir"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Désignez les personnes par leur lit ou leur numéro, sans nom et sans détail médical."),
        error_messages={"required": gettext_lazy("Écrivez la consigne.")},
    )
    for_whom = forms.CharField(label=gettext_lazy("Pour qui"), required=False, max_length=80, help_text=gettext_lazy("Par exemple : équipe de nuit."))
    until = DayField(label=gettext_lazy("Jusqu’au (inclus)"), required=False)


class NoteKeys(forms.Form):
    """Which notes were on the page."""

    notes = forms.CharField(max_length=20_000)

    def clean_notes(self) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(key) for key in self.cleaned_data["notes"].split()]
        except ValueError as error:
            raise ValidationError(BROKEN["invalid"]) from error


SEEN = [("yes", gettext_lazy("Oui, la personne a été revue")), ("no", gettext_lazy("Non : elle reste manquante"))]


class CloseAlertForm(forms.Form):
    """`asks`: of somebody who is still missed it is asked what became of them."""

    seen = forms.TypedChoiceField(
        label=gettext_lazy("La personne a-t-elle été revue ?"),
        choices=SEEN,
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Dites si la personne a été revue."), "invalid_choice": gettext_lazy("Dites si la personne a été revue.")},
    )
    where = forms.CharField(label=gettext_lazy("Où, et par qui a-t-elle été revue ?"), max_length=300, required=False)
    seen_at = MomentField(label=gettext_lazy("Quand, si ce n’est pas maintenant"))
    done = forms.CharField(
        label=gettext_lazy("Ce qui a été fait"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Dites ce qui a été fait, en quelques mots.")},
    )

    def __init__(self, *arguments: Any, asks: bool, **named: Any):
        super().__init__(*arguments, **named)
        if not asks:
            for name in ("seen", "where", "seen_at"):
                del self.fields[name]


class AlertFilter(FilterForm):
    state = forms.ChoiceField(
        label=gettext_lazy("État"), required=False, choices=[("", gettext_lazy("Ouvertes")), ("closed", gettext_lazy("Closes")), ("all", gettext_lazy("Toutes"))]
    )
    kind = forms.ChoiceField(label=gettext_lazy("Alerte"), required=False, choices=[("", gettext_lazy("Toutes")), *Alert.Kind.choices])

    def of(self, alerts: Any) -> Any:
        alerts, chosen = self.allowed(alerts), self.chosen
        if chosen.get("kind"):
            alerts = alerts.filter(kind=chosen["kind"])
        state = chosen.get("state", "")
        return alerts if state == "all" else alerts.filter(closed_at__isnull=state != "closed")


UNITS = {
    Alert.Kind.ARRIVALS_ABOVE: gettext_lazy("pour cent de plus que prévu"),
    Alert.Kind.ARRIVALS_BELOW: gettext_lazy("pour cent de moins que prévu"),
    Alert.Kind.OCCUPANCY: gettext_lazy("pour cent des lits, au-dessus"),
    Alert.Kind.LONG_STAY: gettext_lazy("séjours, au-dessus"),
    Alert.Kind.TARGET_PASSED: gettext_lazy("personnes assistées dans ce centre, au-dessus"),
    Alert.Kind.TENSION: gettext_lazy("incidents au sujet d’une même aide, à partir de"),
}
IN_PERCENT = (Alert.Kind.ARRIVALS_ABOVE, Alert.Kind.ARRIVALS_BELOW, Alert.Kind.OCCUPANCY)


def as_said(kind: str, threshold: Decimal) -> Decimal:
    """What is kept as percent of the plan (130) is asked for, and said, as what is above or below it (30)."""
    if kind == Alert.Kind.ARRIVALS_ABOVE:
        return threshold - 100
    return 100 - threshold if kind == Alert.Kind.ARRIVALS_BELOW else threshold


def as_kept(kind: str, said: Decimal) -> Decimal:
    return said + 100 if kind == Alert.Kind.ARRIVALS_ABOVE else as_said(kind, said)


def plain(number: Decimal) -> Decimal | int:
    """90.00 → 90, as people write it."""
    return int(number) if number == int(number) else number.normalize()


class AlertRulesForm(forms.Form):
    """Every rule of a centre on one page."""

    version = forms.IntegerField(widget=forms.HiddenInput, error_messages=BROKEN)
    per_month = WholeField(
        label=gettext_lazy("Arrivées prévues par mois"),
        min_value=0,
        max_value=100_000,
        widget=NumberInput({"class": "w-8"}),
        help_text=gettext_lazy("Vaut à partir d’aujourd’hui ; ce qui était prévu avant reste."),
        error_messages={"required": gettext_lazy("Écrivez combien d’arrivées sont prévues."), "invalid": gettext_lazy("Écrivez un nombre entier.")},
    )

    def __init__(self, *arguments: Any, rules: dict[str, AlertRule], per_month: int, version: int, **named: Any):
        initial: dict[str, Any] = {"version": version, "per_month": per_month}
        self.rules = rules
        for kind, rule in rules.items():
            initial |= {f"{kind}-active": rule.active, f"{kind}-threshold": plain(as_said(kind, rule.threshold)), f"{kind}-days": rule.days}
        super().__init__(*arguments, initial=initial, **named)
        for kind, rule in rules.items():
            name = capfirst(str(rule.get_kind_display()))
            self.fields[f"{kind}-active"] = forms.BooleanField(label=_("En marche"), required=False)
            self.fields[f"{kind}-threshold"] = AmountField(
                label=_("Seuil (%(unit)s)") % {"unit": UNITS[Alert.Kind(kind)]},
                max_digits=9,
                decimal_places=1 if kind in IN_PERCENT else 0,
                widget=NumberInput({"class": "w-8"}),
                error_messages={"required": _("%(alert)s : écrivez le seuil.") % {"alert": name}, "invalid": _("%(alert)s : écrivez un nombre.") % {"alert": name}},
            )
            if rule.days is not None:
                self.fields[f"{kind}-days"] = WholeField(
                    label=_("Sur combien de jours"),
                    min_value=1,
                    max_value=366,
                    widget=NumberInput(),
                    help_text=_("Les derniers jours, aujourd’hui compris."),
                    error_messages={
                        "required": _("%(alert)s : écrivez le nombre de jours.") % {"alert": name},
                        "invalid": _("%(alert)s : écrivez un nombre.") % {"alert": name},
                    },
                )

    def settings(self) -> dict[str, Setting]:
        given = self.cleaned_data
        return {kind: Setting(given[f"{kind}-active"], as_kept(kind, given[f"{kind}-threshold"]), given.get(f"{kind}-days")) for kind in self.rules}

    def rows(self) -> list[dict[str, Any]]:
        """The fields rule by rule, for the page."""
        return [
            {
                "rule": rule,
                "active": self[f"{kind}-active"],
                "threshold": self[f"{kind}-threshold"],
                "days": self[f"{kind}-days"] if rule.days is not None else None,
            }
            for kind, rule in self.rules.items()
        ]
