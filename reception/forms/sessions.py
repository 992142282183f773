"""The form of a session in the centre."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, User
from config.languages import LANGUAGES
from config.numbers import NumberInput, WholeField

from ..models import Session
from ..models.session import CELLS, LONGEST, MOST
from ..services.sessions import NOBODY
from .assistance import PeopleField
from .parts import BROKEN, DayField

NUMBER = {"invalid": gettext_lazy("Écrivez un nombre en chiffres.")}


def _number(label: Any) -> WholeField:
    return WholeField(label=label, required=False, min_value=0, max_value=MOST, widget=NumberInput(), error_messages=NUMBER)


class SessionForm(forms.Form):
    id = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages=BROKEN)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, error_messages=BROKEN)
    held_on = DayField(label=gettext_lazy("Jour"), errors={"required": gettext_lazy("Écrivez le jour de la séance.")})
    kind = forms.ChoiceField(
        label=gettext_lazy("Séance"), choices=Session.Kind.choices, widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choisissez le type de séance.")}
    )
    topic = forms.ChoiceField(
        label=gettext_lazy("Sujet"),
        choices=[("", gettext_lazy("Choisissez")), *Session.Topic.choices],
        error_messages={"required": gettext_lazy("Choisissez le sujet.")},
    )
    precision = forms.CharField(label=gettext_lazy("Précision"), required=False, max_length=150)
    leader = forms.ChoiceField(label=gettext_lazy("Animée par"), error_messages={"required": gettext_lazy("Choisissez qui a animé la séance.")})
    language = forms.ChoiceField(label=gettext_lazy("Langue"), required=False, choices=[("", gettext_lazy("Non renseigné")), *LANGUAGES])
    minutes = WholeField(
        label=gettext_lazy("Durée en minutes"),
        required=False,
        min_value=1,
        max_value=LONGEST,
        widget=NumberInput(),
        error_messages=NUMBER,
    )
    people = PeopleField(required=False)
    women = _number(gettext_lazy("Femmes"))
    men = _number(gettext_lazy("Hommes"))
    girls = _number(gettext_lazy("Filles"))
    boys = _number(gettext_lazy("Garçons"))

    def __init__(self, *arguments: Any, user: User, session: Session | None = None, **named: Any):
        super().__init__(*arguments, **named)
        leaders = {user.pk: user} | ({session.led_by_id: session.led_by} if session is not None and session.led_by_id else {})
        people = [(f"user:{pk}", str(person)) for pk, person in leaders.items()]
        organisations = [(f"org:{one.pk}", str(one)) for one in Organisation.objects.order_by("name")]
        self.fields["leader"].choices = [*people, (gettext_lazy("Une organisation"), organisations)]  # type: ignore[attr-defined]
        if session is not None:
            del self.fields["held_on"], self.fields["kind"]

    def clean(self) -> dict[str, Any]:
        """That nobody was there is said on the same page as all else that is wrong. At a correction some of those who were there may be out
        of sight: the service knows."""
        cleaned = super().clean() or self.cleaned_data
        if "held_on" in self.fields and not {"people", *CELLS} & set(self.errors) and not any(cleaned.get(name) for name in ("people", *CELLS)):
            self.add_error("people", NOBODY)
        return cleaned

    def given(self) -> dict[str, Any]:
        """The arguments of the service, but the person who acts and the session."""
        given = self.cleaned_data
        who, _colon, key = given["leader"].partition(":")
        fixed: dict[str, Any] = {name: given[name] for name in ("held_on", "kind") if name in given}
        return {
            **fixed,
            **{name: given[name] for name in ("topic", "precision", "language", "minutes", "people", *CELLS)},
            "led_by": User.objects.get(pk=key) if who == "user" else None,
            "organisation": Organisation.objects.get(pk=key) if who == "org" else None,
        }


def ticked(form: forms.Form, initial: set[str]) -> set[str]:
    """Keys of the people whose boxes are ticked: as sent, else as they were."""
    return set(form.data.getlist("people")) if form.is_bound else initial  # type: ignore[attr-defined]
