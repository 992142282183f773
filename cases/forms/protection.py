"""Screening, the decision about it, best interest of a child, search for the family, and opening a file in an emergency."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import BestInterest, FamilyTracing, VulnerabilityAssessment
from ..services.best_interest import MOST_PANEL
from ..vulnerabilities import FLAGS, LEVELS, PROTECTED_FLAGS, factors_of
from .fields import LineField


def _day(label: Any, hint: Any = "", *, required: bool = False, missing: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-8"})
    errors = {"required": missing} if missing else {}
    return forms.DateField(label=label, help_text=hint, required=required, widget=widget, error_messages=errors)


def _text(label: Any, *, most: int, hint: Any = "", rows: int = 4, required: bool = False, missing: Any = "") -> forms.CharField:
    errors = {"required": missing} if missing else {}
    return forms.CharField(label=label, max_length=most, required=required, help_text=hint, widget=forms.Textarea({"rows": rows}), error_messages=errors)


def _several(label: Any, choices: list[tuple[str, Any]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choisissez dans la liste.")},
    )


class ScreeningForm(forms.Form):
    """Four levels, each with what makes vulnerable and what protects. The protected part is there only for protection officers."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.UUIDField(widget=forms.HiddenInput, required=False)
    note = _text(_("Observations"), most=3000, hint=_("Des faits, en mots simples et respectueux. N’écrivez ici rien que toute l’équipe ne puisse lire."))
    flags = _several(_("À savoir sur cette personne"), list(FLAGS.items()))
    severity = forms.ChoiceField(
        label=_("Gravité"),
        choices=VulnerabilityAssessment.Severity.choices,
        widget=forms.RadioSelect,
        help_text=_("Ce qui peut arriver si rien n’est fait, et dans quel délai. « Critique » : un danger immédiat ; prévenez aussi la protection de vive voix."),
        error_messages={"required": _("Choisissez la gravité.")},
    )

    def __init__(self, *arguments: Any, protection: bool, **named: Any):
        super().__init__(*arguments, **named)
        self.protection = protection
        for level in LEVELS:
            self.fields[f"risks_{level}"] = _several(_("Ce qui fragilise"), [(f.code, f.words) for f in factors_of(level, risk=True)])
            self.fields[f"strengths_{level}"] = _several(_("Ce qui protège"), [(f.code, f.words) for f in factors_of(level, risk=False)])
            if protection:
                hidden = [(f.code, f.words) for f in factors_of(level, risk=True, protected=True)]
                self.fields[f"protected_{level}"] = _several(_("Constats réservés à la protection"), hidden)
        if protection:
            self.fields["protected_flags"] = _several(_("Signalements réservés à la protection"), list(PROTECTED_FLAGS.items()))
            self.fields["protected_note"] = _text(_("Observations réservées à la protection"), most=5000)

    def levels(self) -> list[dict[str, Any]]:
        """The questions of each level, for the page."""
        names = ("risks", "strengths", *(("protected",) if self.protection else ()))
        return [{"title": words, "fields": [self[f"{name}_{level}"] for name in names]} for level, words in LEVELS.items()]

    def _chosen(self, *names: str) -> list[str]:
        return [code for level in LEVELS for name in names for code in self.cleaned_data[f"{name}_{level}"]]

    def assessment(self) -> dict[str, Any]:
        """By the names of the service."""
        kept = {name: self.cleaned_data[name] for name in ("id", "seen", "note", "flags", "severity")}
        kept["factors"] = self._chosen("risks", "strengths")
        if self.protection:
            kept |= {name: self.cleaned_data[name] for name in ("protected_flags", "protected_note")}
            kept["protected_factors"] = self._chosen("protected")
        return kept


class DecisionForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    decision = forms.ChoiceField(
        label=_("Décision"),
        choices=VulnerabilityAssessment.Decision.choices,
        widget=forms.RadioSelect,
        help_text=_("« Non confirmée » retire les signalements de cette évaluation."),
        error_messages={"required": _("Choisissez une décision.")},
    )
    reasons = _text(
        _("Motifs"),
        most=3000,
        required=True,
        missing=_("Écrivez pourquoi : la décision doit pouvoir être comprise plus tard."),
        hint=_("Lus par la protection seulement."),
    )
    review_on = _day(_("À revoir le"), _("Demandée si la vulnérabilité est confirmée ou à suivre."))


class BestInterestForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("Type"),
        choices=BestInterest.Kind.choices,
        widget=forms.RadioSelect,
        help_text=_("Un enfant ne voyage que sur une détermination (BID), prise par un panel."),
        error_messages={"required": _("Choisissez le type.")},
    )
    decided_on = _day(_("Date"), required=True, missing=_("Écrivez la date."))
    options = _several(_("Solutions examinées"), BestInterest.Decision.choices)
    decision = forms.ChoiceField(
        label=_("Décision"), choices=BestInterest.Decision.choices, widget=forms.RadioSelect, error_messages={"required": _("Choisissez une décision.")}
    )
    reasons = _text(_("Motifs"), most=5000, rows=6, required=True, missing=_("Écrivez les motifs de la décision."))
    child_view = _text(
        _("Avis de l’enfant"),
        most=3000,
        required=True,
        hint=_("Avec ses mots. S’il n’a pas pu être entendu, écrivez pourquoi."),
        missing=_("Écrivez ce que dit l’enfant, ou pourquoi il n’a pas pu être entendu."),
    )
    guardian = forms.ChoiceField(
        label=_("Accord du tuteur ou des parents"),
        choices=BestInterest.Guardian.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez ce que dit le tuteur ou les parents.")},
    )
    valid_until = _day(_("Valable jusqu’au"), _("Laissez vide si la décision vaut jusqu’à la suivante."))
    review_on = _day(_("À revoir le"), _("Demandé si la décision est reportée."))

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        for number in range(1, MOST_PANEL + 1):
            self.fields[f"name_{number}"] = LineField(label=_("Nom"), max_length=100, required=False)
            self.fields[f"function_{number}"] = LineField(label=_("Fonction"), max_length=100, required=False)

    def members(self) -> list[dict[str, Any]]:
        return [{"number": number, "name": self[f"name_{number}"], "function": self[f"function_{number}"]} for number in range(1, MOST_PANEL + 1)]

    def record(self) -> dict[str, Any]:
        names = ("id", "kind", "decided_on", "options", "decision", "reasons", "child_view", "guardian", "valid_until", "review_on")
        kept = {name: self.cleaned_data[name] for name in names}
        kept["panel"] = [{"name": self.cleaned_data[f"name_{number}"], "function": self.cleaned_data[f"function_{number}"]} for number in range(1, MOST_PANEL + 1)]
        return kept


class TracingForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1, required=False)
    asked_on = _day(_("Demandée le"), required=True, missing=_("Écrivez la date de la demande."))
    office = LineField(
        label=_("Bureau ou organisation saisis"),
        max_length=150,
        help_text=_("Par exemple « OIM Conakry » ou « Croix-Rouge, rétablissement des liens »."),
        error_messages={"required": _("Écrivez qui cherche la famille.")},
    )
    sought = LineField(label=_("Qui est recherché, et où"), max_length=300, required=False)
    contact = LineField(label=_("Contact trouvé"), max_length=300, required=False)
    result = forms.ChoiceField(label=_("Résultat"), choices=FamilyTracing.Result.choices, widget=forms.RadioSelect, initial=FamilyTracing.Result.PENDING)
    result_on = _day(_("Résultat du"), _("Laissez vide tant que la recherche est en cours."))
    home = forms.ChoiceField(label=_("Évaluation du foyer"), choices=[("", _("pas demandée")), *FamilyTracing.Home.choices], required=False)
    home_on = _day(_("Évaluation du foyer faite le"))
    note = _text(_("Observations"), most=3000)

    def tracing(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("id", "version")}


class EmergencyForm(forms.Form):
    case_number = LineField(
        label=_("Numéro de dossier exact"),
        max_length=40,
        help_text=_("Par exemple GAO-2026-00042-K. Un dossier hors de vos centres ne se cherche pas par le nom."),
        widget=forms.TextInput({"class": "w-16", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Écrivez le numéro du dossier.")},
    )
    reason = forms.CharField(
        label=_("Pourquoi maintenant ?"),
        max_length=500,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Le responsable du centre et l’auditeur lisent ce motif tout de suite. N’y écrivez pas le nom de la personne."),
        error_messages={"required": _("Écrivez pourquoi ce dossier doit être ouvert maintenant : le responsable du centre et l’auditeur le liront.")},
    )
