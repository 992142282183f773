"""The forms of an import."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre

from ..importing.columns import COLUMNS, missing
from ..importing.reading import letter
from ..models import ImportBatch


class ImportForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    centre = forms.ModelChoiceField(
        label=gettext_lazy("Centre qui enregistre"),
        queryset=Centre.objects.none(),
        to_field_name="code",
        error_messages={"required": gettext_lazy("Choisissez le centre.")},
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        widget=forms.FileInput({"accept": ".xlsx,.csv,.txt,.tsv"}),
        error_messages={"required": gettext_lazy("Choisissez un fichier."), "empty": gettext_lazy("Ce fichier est vide. Choisissez-en un autre.")},
    )

    def __init__(self, *arguments: Any, centres: list[Centre], **named: Any):
        super().__init__(*arguments, **named)
        self.fields["centre"].queryset = Centre.objects.filter(pk__in=[centre.pk for centre in centres])
        if len(centres) == 1:
            self.fields["centre"].initial = centres[0].code
        self.fields["file"].help_text = _("XLSX ou CSV, %(n)s Mo au plus. Le fichier est effacé dès la fin de l’import.") % {
            "n": settings.UPLOAD_MAX_BYTES // 1024 // 1024
        }


class ColumnsForm(forms.Form):
    """One choice for each column of the file, with its first values."""

    date_order = forms.ChoiceField(
        label=gettext_lazy("Comment les dates sont-elles écrites ?"),
        choices=ImportBatch.DateOrder.choices,
        widget=forms.RadioSelect,
        initial=ImportBatch.DateOrder.DAY_FIRST,
    )

    def __init__(self, *arguments: Any, batch: ImportBatch, **named: Any):
        super().__init__(*arguments, **named)
        self.batch = batch
        self.initial.setdefault("date_order", batch.date_order)
        choices = [("", _("(laisser de côté)")), *((column.name, str(column.title)) for column in COLUMNS)]
        for place, title in enumerate(batch.columns):
            examples = [value for value in (batch.sample[place] if place < len(batch.sample) else []) if value]
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=f"{letter(place)} · {title}",
                choices=choices,
                required=False,
                initial=batch.matching.get(str(place), ""),
                help_text=_("Par exemple : %(values)s") % {"values": " · ".join(examples)} if examples else _("Colonne vide dans les premières lignes"),
            )

    @property
    def places(self) -> list[forms.BoundField]:
        return [self[f"column_{place}"] for place in range(len(self.batch.columns))]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if lacking := missing({name for name in self.matching().values() if name}):
            raise ValidationError(_("Aucune colonne n’est choisie pour : %(columns)s. Choisissez-la, ou ajoutez-la au fichier.") % {"columns": ", ".join(lacking)})
        return cleaned

    def matching(self) -> dict[int, str]:
        return {place: name for place in range(len(self.batch.columns)) if (name := self.cleaned_data.get(f"column_{place}"))}


class ConfirmForm(forms.Form):
    """Only asks where rows look like somebody."""

    def __init__(self, *arguments: Any, batch: ImportBatch, **named: Any):
        super().__init__(*arguments, **named)
        if batch.alike:
            self.fields["alike"] = forms.ChoiceField(
                label=_("Que faire des lignes ressemblantes ?"),
                choices=ImportBatch.Alike.choices,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choisissez ce qui est fait des lignes ressemblantes.")},
            )
