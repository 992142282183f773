from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from audit.models import Change, ReadLog
from cases import case_numbers
from cases.models import Migrant
from centres.models import Centre
from centres.roles import Role
from centres.services import open_roles
from config.filtering import FilterForm

from .history_words import table_words
from .services import fingerprint, organisations_for


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class UserFilterForm(FilterForm):
    private = ("q",)
    q = forms.CharField(label=_("Nom ou identifiant"), required=False, max_length=80)
    role = forms.ChoiceField(label=_("Rôle"), required=False, choices=[("", _("Tous")), *Role.choices])
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"), required=False, empty_label=_("Toutes"))
    state = forms.ChoiceField(label=_("Compte"), required=False, choices=[("", _("Tous")), ("active", _("actifs")), ("closed", _("désactivés"))])

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.all()  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    first_name = forms.CharField(label=_("Prénoms"), max_length=150)
    last_name = forms.CharField(label=_("Nom"), max_length=150)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"), empty_label=_("Choisissez une organisation"))
    email = forms.EmailField(label=_("Adresse électronique"), required=False)
    language = forms.ChoiceField(label=_("Langue"), choices=User._meta.get_field("language").choices)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.all()  # type: ignore[attr-defined]


class NewUserForm(PersonForm):
    username = forms.CharField(
        label=_("Identifiant"),
        max_length=150,
        help_text=_("Pour se connecter : lettres, chiffres, point, tiret. Par exemple : awa.traore."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["username", "first_name", "last_name", "organisation", "email", "language"]


class EditUserForm(PersonForm):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        start = {name: getattr(user, name) for name in ("first_name", "last_name", "organisation", "email", "language")}
        super().__init__(*args, initial=start | {"seen": fingerprint(user)}, **kwargs)
        # An organisation to which a role of this person is closed would be refused: the role ends first.
        offered = organisations_for(user)
        self.fields["organisation"].widget.choices = [(one.pk, str(one)) for one in offered]  # type: ignore[attr-defined]
        if len(offered) < self.fields["organisation"].queryset.count():  # type: ignore[attr-defined]
            self.fields["organisation"].help_text = _("Seulement celles auxquelles les rôles de cette personne sont ouverts.")


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Motif"), max_length=300, help_text=_("Il reste dans l’historique du compte."), widget=forms.TextInput)


class NoQuestionForm(forms.Form):
    """Only asks to be sure; carries the errors of the service."""


class PostingForm(forms.Form):
    role = forms.ChoiceField(label=_("Rôle"), choices=[("", _("Choisissez un rôle")), *Role.choices])
    centre = forms.ModelChoiceField(
        Centre.objects.none(), label=_("Centre"), required=False, empty_label=_("National"), help_text=_("« National » pour un rôle qui s’exerce dans tout le pays.")
    )
    since = forms.DateField(label=_("À partir du"), widget=day_input(), initial=timezone.localdate)
    until = forms.DateField(label=_("Jusqu’au (inclus)"), required=False, widget=day_input(), help_text=_("Laissez vide si la fin n’est pas connue."))

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        """Offers what this person may be given. Of a role that became closed meanwhile the service says why."""
        super().__init__(*args, **kwargs)
        self.fields["role"].widget.choices = [("", _("Choisissez un rôle")), *((role.value, role.label) for role in open_roles(user))]  # type: ignore[attr-defined]
        self.fields["centre"].queryset = Centre.objects.all()  # type: ignore[attr-defined]


class EndPostingForm(forms.Form):
    until = forms.DateField(label=_("Dernier jour"), required=False, widget=day_input(), help_text=_("Laissez vide pour retirer le rôle tout de suite."))


class StaffForm(forms.Form):
    username = forms.CharField(
        label=_("Identifiant"),
        max_length=150,
        help_text=_("L’identifiant de connexion de la personne. Si elle n’a pas de compte, demandez-en un à l’administrateur."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    until = forms.DateField(label=_("Jusqu’au (inclus)"), required=False, widget=day_input(), help_text=_("Laissez vide si la fin n’est pas connue."))


class TrailFilterForm(FilterForm):
    """What both logs can be narrowed to. `person`: whose file it is that `row` names by its number."""

    private = ("user", "row")
    person: Migrant | None = None
    user = forms.CharField(label=_("Identifiant"), required=False, max_length=150)
    row = forms.CharField(label=_("Personne ou objet"), required=False, max_length=64, help_text=_("Numéro de dossier, ou clé d’un objet."))
    start = forms.DateField(label=_("Du"), required=False, widget=day_input())
    end = forms.DateField(label=_("Au"), required=False, widget=day_input())

    def clean(self):
        data = super().clean() or {}
        if data.get("start") and data.get("end") and data["start"] > data["end"]:
            raise forms.ValidationError({"end": _("La fin ne peut pas précéder le début.")})
        return data

    def clean_user(self) -> str:
        username = self.cleaned_data["user"].strip()
        if username and not User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("Aucun compte ne porte cet identifiant."))
        return username

    def clean_row(self) -> str:
        """A key as it is; a case number, in any way of writing it, becomes the person."""
        text = self.cleaned_data["row"].strip()
        number = case_numbers.clean(text)
        if number is None:
            if case_numbers.looks_like(text):
                raise forms.ValidationError(_("Ce numéro de dossier est mal écrit : un signe est faux, ou deux signes sont inversés."))
            return text
        self.person = Migrant.objects.filter(case_number=number).first()
        if self.person is None:
            raise forms.ValidationError(_("Aucun dossier ne porte le numéro %(number)s."), params={"number": number})
        return ""


class ReadFilterForm(TrailFilterForm):
    action = forms.ChoiceField(label=_("Action"), required=False, choices=[("", _("Toutes")), *ReadLog.Action.choices])
    emergency = forms.UUIDField(required=False, widget=forms.HiddenInput)
    field_order = ["user", "start", "end", "action", "row"]


class ChangeFilterForm(TrailFilterForm):
    operation = forms.ChoiceField(label=_("Opération"), required=False, choices=[("", _("Toutes")), *Change.Operation.choices])
    table = forms.ChoiceField(label=_("Table"), required=False)
    field_order = ["user", "start", "end", "operation", "table", "row"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        tables = sorted(table_words().items(), key=lambda pair: pair[1].casefold())
        self.fields["table"].choices = [("", _("Toutes")), *((table, capfirst(words)) for table, words in tables)]  # type: ignore[attr-defined]
