"""Referring somebody, what came of it, and the directory of structures."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from centres.access import centres_for, may
from centres.models import Centre
from centres.roles import Right
from config.filtering import FilterForm
from config.forms import Rule, RulesForm

from ..models import Structure
from ..referrals import SERVICE_CHOICES, SERVICES, SHARED_CHOICES, State, Urgency
from ..services.referrals import PARTNERS, check_referral
from .fields import LineField
from .protection import _day, _several, _text


def _services(*, protection: bool) -> list[tuple[str, Any]]:
    return [(code, service.words) for code, service in SERVICES.items() if protection or not service.protected]


class ReferralForm(RulesForm):
    id = forms.UUIDField(widget=forms.HiddenInput)
    service = forms.ChoiceField(label=_("Service demandé"), error_messages={"required": _("Choisissez un service.")})
    structure = forms.ModelChoiceField(
        label=_("Structure"),
        queryset=Structure.objects.none(),
        empty_label=_("Choisissez une structure"),
        error_messages={"required": _("Choisissez une structure."), "invalid_choice": _("Cette structure n’est pas dans l’annuaire, ou ne reçoit plus d’orientations.")},
    )
    reason = _text(
        _("Motif"),
        most=1500,
        required=True,
        missing=_("Écrivez pourquoi la personne est orientée : la structure le lira."),
        hint=_("La structure le lira : seulement ce dont elle a besoin pour aider."),
    )
    urgency = forms.ChoiceField(label=_("Urgence"), choices=Urgency.choices, widget=forms.RadioSelect, initial=Urgency.NORMAL)
    deadline = _day(
        _("Réponse attendue avant le"), _("Le lien de la structure se ferme ce jour-là."), required=True, missing=_("Écrivez jusqu’à quand la réponse est attendue.")
    )
    shared = _several(_("Ce que la structure verra de la personne"), SHARED_CHOICES)
    protected = forms.BooleanField(label=_("Réservée à la protection : les autres équipes ne voient pas cette orientation"), required=False)

    def __init__(self, *arguments: Any, protection: bool, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["service"].choices = [("", _("Choisissez un service")), *_services(protection=protection)]
        self.fields["structure"].queryset = Structure.objects.active().select_related("centre").order_by("centre__name", "name")
        self.fields["shared"].help_text = _("Cochez avec la personne, point par point.")
        if not protection:
            del self.fields["protected"]

    def rules(self) -> Iterator[Rule]:
        yield check_referral


class MoveForm(forms.Form):
    """What the structure said by telephone or on paper."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    to = forms.ChoiceField(label=_("Ce qu’il en est"), widget=forms.RadioSelect, error_messages={"required": _("Choisissez ce qu’il en est.")})
    text = _text(_("Détails"), most=1500, hint=_("Demandé si l’orientation est refusée, annulée ou faite."))
    by = LineField(label=_("Dit par"), max_length=150, required=False, help_text=_("Nom et fonction de la personne de la structure."))
    appointment = _day(_("Rendez-vous le"))

    def __init__(self, *arguments: Any, ways: tuple[State, ...], **named: Any):
        super().__init__(*arguments, **named)
        # Read whole: that a way is closed by now is for the service to say.
        self.fields["to"].choices = State.choices
        self.offer(ways)

    def offer(self, ways: tuple[State, ...]) -> None:
        """Shows only the ways that are open."""
        self.fields["to"].widget.choices = [(way.value, way.label) for way in ways]


class PartnerForm(forms.Form):
    """What a partner answers through its link."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label=_("Votre réponse"), widget=forms.RadioSelect, error_messages={"required": _("Choisissez une réponse.")})
    appointment = _day(_("Rendez-vous le"), _("Si vous acceptez et connaissez déjà le jour."))
    text = _text(_("Message au centre"), most=1500)
    by = LineField(label=_("Votre nom et votre fonction"), max_length=150, error_messages={"required": _("Écrivez votre nom et votre fonction.")})

    WORDS = {State.ACCEPTED: _("Nous acceptons de recevoir cette personne"), State.DECLINED: _("Nous ne pouvons pas la recevoir"), State.DONE: _("C’est fait")}

    def __init__(self, *arguments: Any, ways: tuple[State, ...], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["to"].choices = [(way.value, self.WORDS[way]) for way in ways]
        if State.DONE in ways:
            self.fields["to"] = forms.ChoiceField(choices=self.fields["to"].choices, initial=State.DONE, widget=forms.HiddenInput)
            self.fields["text"].label = _("Ce qui a été fait, ou pourquoi cela n’a pas abouti")
            self.fields["text"].required = True
            self.fields["text"].error_messages["required"] = _("Écrivez ce qui a été fait.")
            del self.fields["appointment"]
        else:
            self.fields["text"].help_text = _("Si vous refusez, écrivez pourquoi.")


class ReferralFilterForm(FilterForm):
    state = forms.ChoiceField(label=_("État"), required=False)
    structure = forms.ModelChoiceField(label=_("Structure"), queryset=Structure.objects.none(), required=False, empty_label=_("Toutes"))
    centre = forms.ModelChoiceField(label=_("Centre"), queryset=Centre.objects.none(), required=False, empty_label=_("Tous"), to_field_name="code")
    mine = forms.BooleanField(label=_("Envoyées par moi"), required=False)

    def __init__(self, *arguments: Any, user: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["state"].choices = [("", _("En cours")), ("late", _("Sans réponse depuis 7 jours")), *State.choices, ("all", _("Toutes"))]
        self.fields["structure"].queryset = Structure.objects.all()
        centres = centres_for(user, Right.VIEW_CASE)
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=centres)
        if len(centres) < 2:  # there is nothing to choose
            self.fields["centre"].widget = forms.HiddenInput()


class DirectoryFilterForm(FilterForm):
    q = forms.CharField(label=_("Nom, ville ou organisation"), required=False, max_length=100)
    service = forms.ChoiceField(label=_("Service"), required=False, choices=[("", _("Tous")), *SERVICE_CHOICES])
    centre = forms.ModelChoiceField(label=_("Région du centre de"), queryset=Centre.objects.none(), required=False, empty_label=_("Tous"), to_field_name="code")
    all = forms.BooleanField(label=_("Aussi celles qui ne reçoivent plus"), required=False)

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["centre"].queryset = Centre.objects.all()


class StructureForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1, required=False)
    organisation = forms.ModelChoiceField(label=_("Organisation"), queryset=Organisation.objects.none(), required=False, empty_label=_("Une autre, à écrire ci-dessous"))
    new_organisation = LineField(label=_("Nouvelle organisation"), max_length=200, required=False, help_text=_("Seulement si elle n’est pas dans la liste."))
    new_kind = forms.ChoiceField(label=_("Cette nouvelle organisation est"), required=False, choices=[("", "—"), *[(kind.value, kind.label) for kind in PARTNERS]])
    name = LineField(label=_("Nom de la structure"), max_length=150, error_messages={"required": _("Écrivez le nom de la structure.")})
    centre = forms.ModelChoiceField(
        label=_("Région du centre de"), queryset=Centre.objects.none(), to_field_name="code", error_messages={"required": _("Choisissez le centre.")}
    )
    town = LineField(label=_("Ville ou quartier"), max_length=100, error_messages={"required": _("Écrivez où se trouve la structure.")})
    services = forms.MultipleChoiceField(
        label=_("Services proposés"), choices=SERVICE_CHOICES, widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Cochez au moins un service.")}
    )
    contact = LineField(label=_("Personne à contacter"), max_length=120, required=False)
    phone = LineField(label=_("Téléphone"), max_length=40, required=False, widget=forms.TextInput({"class": "w-16", "inputmode": "tel"}))
    email = forms.EmailField(label=_("Adresse électronique"), required=False)
    capacity = LineField(label=_("Capacité"), max_length=120, required=False, help_text=_("Par exemple « 12 lits » ou « 5 personnes par semaine »."))
    hours = LineField(label=_("Heures d’ouverture"), max_length=120, required=False)
    note = _text(_("À savoir"), most=1000, hint=_("Conditions, documents à apporter, langues parlées."))
    active = forms.BooleanField(label=_("Reçoit des orientations"), required=False, initial=True)

    def __init__(self, *arguments: Any, user: Any, new: bool, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["centre"].queryset = Centre.objects.all() if may(user, Right.MANAGE_USERS) else Centre.objects.filter(pk__in=centres_for(user, Right.MANAGE_CENTRE))
        if new:
            self.fields["organisation"].queryset = Organisation.objects.filter(kind__in=PARTNERS)
        else:
            for name in ("organisation", "new_organisation", "new_kind"):
                del self.fields[name]

    def structure(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("id", "version")}
