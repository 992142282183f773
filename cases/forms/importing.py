"""The forms of an import."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.models import Centre

from ..importing.cells import letter
from ..importing.columns import COLUMNS, missing
from ..importing.titles import field_of
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


NOBODY_NEW = "none"  # no column says who agreed: everybody of the list has a case number


class ColumnsForm(forms.Form):
    """One choice for each column of the file, with its first values. Which column says who agreed is asked first, and never guessed."""

    sheet = forms.ChoiceField(label=gettext_lazy("Feuille du classeur"), required=False, help_text=gettext_lazy("Choisir une autre feuille la fait lire d’abord."))
    consent = forms.ChoiceField(
        label=gettext_lazy("Quelle colonne dit que la personne est d’accord pour être enregistrée ?"),
        help_text=gettext_lazy("L’accord pour une photo ou pour autre chose n’est pas l’accord pour l’enregistrement."),
        error_messages={"required": gettext_lazy("Choisissez la colonne de l’accord : Sira ne la devine pas.")},
    )
    listed_on = forms.DateField(
        label=gettext_lazy("Jour de la liste"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Quand la liste donne des âges : le jour où ils ont été notés."),
    )
    sex_codes = forms.ChoiceField(
        label=gettext_lazy("Si le sexe est écrit en chiffres"),
        choices=[("", gettext_lazy("Il ne l’est pas, ou le titre de la colonne le dit")), *ImportBatch.SexCodes.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    date_order = forms.ChoiceField(
        label=gettext_lazy("Comment les dates sont-elles écrites ?"),
        choices=ImportBatch.DateOrder.choices,
        widget=forms.RadioSelect,
        initial=ImportBatch.DateOrder.DAY_FIRST,
    )

    def __init__(self, *arguments: Any, batch: ImportBatch, **named: Any):
        super().__init__(*arguments, **named)
        self.batch = batch
        places = range(len(batch.columns))
        # Chosen before, in this import, by a person: the rest of it need not be said again.
        agreed = next((place for place, name in batch.matching.items() if name == "consent"), NOBODY_NEW if batch.state == ImportBatch.State.CHECKED else "")
        for name, value in (
            ("date_order", batch.date_order),
            ("sheet", batch.sheet),
            ("listed_on", batch.listed_on),
            ("sex_codes", batch.sex_codes),
            ("consent", agreed),
        ):
            self.initial.setdefault(name, value)
        if len(batch.sheets) > 1:
            self.fields["sheet"].choices = [(name, name) for name in batch.sheets]
        else:
            del self.fields["sheet"]
        if not batch.has_codes:
            del self.fields["sex_codes"]
        titles = [(str(place), f"{letter(place)} · {batch.columns[place]}") for place in places]
        titles.sort(key=lambda one: field_of(batch.columns[int(one[0])]) != "consent")  # the likely ones first
        self.fields["consent"].choices = [("", _("Choisissez une colonne")), *titles, (NOBODY_NEW, _("Aucune : toutes les personnes ont déjà un numéro de dossier"))]
        choices = [("", _("(laisser de côté)")), *((column.name, str(column.title)) for column in COLUMNS if column.name != "consent")]
        for place, title in enumerate(batch.columns):
            examples = [value for value in (batch.sample[place] if place < len(batch.sample) else []) if value]
            guessed = batch.matching.get(str(place), "")
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=f"{letter(place)} · {title}",
                choices=choices,
                required=False,
                initial="" if guessed == "consent" else guessed,
                help_text=_("Par exemple : %(values)s") % {"values": " · ".join(examples)} if examples else _("Colonne vide dans les premières lignes"),
            )

    @property
    def places(self) -> list[forms.BoundField]:
        return [self[f"column_{place}"] for place in range(len(self.batch.columns))]

    @property
    def first(self) -> list[forms.BoundField]:
        """What is asked before the columns."""
        return [self[name] for name in ("sheet", "consent", "listed_on", "sex_codes", "date_order") if name in self.fields]

    @property
    def another_sheet(self) -> str:
        """The sheet that is to be read instead; the columns are of the one before."""
        sheet = self.data.get(self.add_prefix("sheet"), "") if self.is_bound else ""
        return sheet if sheet in self.batch.sheets and sheet != self.batch.sheet else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        agreed = cleaned.get("consent", "")
        if agreed.isdigit() and cleaned.get(f"column_{agreed}"):
            self.add_error("consent", _("Cette colonne est aussi choisie pour autre chose. Laissez-la de côté plus bas, ou choisissez-en une autre."))
        chosen = {name for name in self.matching().values() if name}
        if agreed == NOBODY_NEW and "case_number" not in chosen:
            self.add_error("consent", _("Sans colonne « Numéro de dossier », une colonne doit dire qui est d’accord."))
        lacking = missing(chosen | ({"consent"} if not agreed or agreed == NOBODY_NEW else set()))
        if lacking:
            raise ValidationError(_("Aucune colonne n’est choisie pour : %(columns)s. Choisissez-la, ou ajoutez-la au fichier.") % {"columns": ", ".join(lacking)})
        if "age" in chosen and not chosen & {"birth", "arrived_on"} and not cleaned.get("listed_on"):
            self.add_error("listed_on", _("De quel jour est cette liste ? Un âge n’est vrai que le jour où il a été noté."))
        return cleaned

    def matching(self) -> dict[int, str]:
        found = {place: name for place in range(len(self.batch.columns)) if (name := self.cleaned_data.get(f"column_{place}"))}
        agreed = self.cleaned_data.get("consent", "")
        return found | {int(agreed): "consent"} if agreed.isdigit() else found


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
