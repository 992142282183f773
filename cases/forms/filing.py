"""What is put on a file."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import consents
from ..models import Attachment, Card, Consent, IdentityDocument, Note
from .fields import LineField
from .parts import date_field, name_field, nationalities


class NoteForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("Type de note"), choices=Note.Kind.choices, widget=forms.RadioSelect, initial=Note.Kind.ORDINARY)
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=5000,
        widget=forms.Textarea({"rows": 8}),
        help_text=gettext_lazy("Des faits, en mots simples et respectueux : la personne a le droit de lire son dossier."),
        error_messages={"required": gettext_lazy("Écrivez la note.")},
    )

    def __init__(self, *arguments: Any, protection: bool, **named: Any):
        super().__init__(*arguments, **named)
        if protection:
            self.fields["kind"].help_text = _("Une note de protection n’est lue que par les chargés de protection.")
        else:
            self.fields["kind"] = forms.ChoiceField(choices=[(Note.Kind.ORDINARY.value, "")], widget=forms.HiddenInput, initial=Note.Kind.ORDINARY)


class AttachmentForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    title = LineField(
        label=gettext_lazy("Titre"),
        max_length=Attachment._meta.get_field("title").max_length,
        help_text=gettext_lazy("Ce que c’est, par exemple « Passeport » ou « Acte de naissance »."),
        error_messages={"required": gettext_lazy("Donnez un titre.")},
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        help_text=gettext_lazy("PDF, JPEG ou PNG, 10 Mo au plus."),
        widget=forms.FileInput({"accept": "application/pdf,image/jpeg,image/png"}),
        error_messages={"required": gettext_lazy("Choisissez un fichier."), "empty": gettext_lazy("Ce fichier est vide. Choisissez-en un autre.")},
    )


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(label=gettext_lazy("D’accord pour"), choices=Consent.Purpose.choices, widget=forms.RadioSelect)
    method = forms.ChoiceField(label=gettext_lazy("Donné par"), choices=Consent.Method.choices, widget=forms.RadioSelect)
    witness = name_field(gettext_lazy("Nom du témoin"), 120, help_text=gettext_lazy("Seulement si l’accord est donné de vive voix."))
    language = forms.ChoiceField(label=gettext_lazy("Expliqué en"), choices=consents.LANGUAGES, initial="fra")
    signature = forms.FileField(
        label=gettext_lazy("Image de la signature ou de l’empreinte"),
        required=False,
        help_text=gettext_lazy("PDF, JPEG ou PNG, 10 Mo au plus."),
        widget=forms.FileInput({"accept": "application/pdf,image/jpeg,image/png"}),
    )

    def __init__(self, *arguments: Any, missing: list[str], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["purpose"].choices = [(value, label) for value, label in Consent.Purpose.choices if value in missing]  # type: ignore[attr-defined]


class DocumentForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("Type de document"), choices=lambda: [("", _("Choisissez le type")), *IdentityDocument.Kind.choices])
    number = LineField(
        label=gettext_lazy("Numéro du document"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"class": "w-16", "autocomplete": "off"}),
        help_text=gettext_lazy("Gardé chiffré : seul le dossier de la personne le montre."),
    )
    country = forms.ChoiceField(label=gettext_lazy("Pays du document"), choices=nationalities)
    expires_on = date_field(gettext_lazy("Valable jusqu’au"))
    scan = forms.FileField(
        label=gettext_lazy("Image du document"),
        required=False,
        help_text=gettext_lazy("PDF, JPEG ou PNG, 10 Mo au plus."),
        widget=forms.FileInput({"accept": "application/pdf,image/jpeg,image/png"}),
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def content(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("kind", "number", "country", "expires_on", "scan")}


class PhotoForm(forms.Form):
    photo = forms.FileField(
        label=gettext_lazy("Photo"),
        help_text=gettext_lazy("Le visage, de face, sans lunettes de soleil. JPEG, PNG ou WebP."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp", "capture": "user", "data-shrink": "480"}),
        error_messages={"required": gettext_lazy("Prenez une photo ou choisissez un fichier."), "empty": gettext_lazy("Ce fichier est vide. Choisissez-en un autre.")},
    )


class CardForm(forms.Form):
    """Why a card is replaced or made worth nothing."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Pourquoi la carte est-elle remplacée ?"),
        choices=[(value, label) for value, label in Card.Reason.choices if value != Card.Reason.WITHDRAWN],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez pourquoi la carte est remplacée.")},
    )
