"""What is kept of a check and of an import as a workbook."""

from typing import Any

from django.utils.translation import gettext as _

from config.spreadsheet import Column, Sheet, workbook

from ..models import Migrant
from .checking import Checked


def of_check(checked: Checked, notes: list[str]) -> bytes:
    """All errors and likenesses, and all that was told."""
    columns = [
        Column(_("Ligne"), "", 8),
        Column(_("Colonne"), "", 10),
        Column(_("Titre"), "", 30),
        Column(_("Valeur"), "", 30),
        Column(_("Ce qu’il faut corriger"), "", 90),
    ]
    alike = [Column(_("Ligne"), "", 8), Column(_("Ressemblance (%)"), "", 18), Column(_("À qui"), "", 60)]
    rows: list[list[Any]] = [[one.line, one.column, one.title, one.value, one.words] for one in checked.problems]
    like = [
        [one.line, round(one.certainty * 100), _("la ligne %(line)s de ce fichier") % {"line": one.other_line} if one.other_line else _("une personne déjà enregistrée")]
        for one in checked.alike
    ]
    told: list[list[Any]] = [["", "", "", "", str(one)] for one in (*notes, *checked.notes)]
    told += [[one.line, one.column, one.title, one.value, one.words] for one in checked.told]
    known = [*columns[:4], Column(_("À savoir"), "", 90)]
    return workbook([Sheet(_("Erreurs"), columns, rows), Sheet(_("Ressemblances"), alike, like), Sheet(_("À savoir"), known, told)])


def of_writing(made: dict[int, Any], checked: Checked, aside: set[int]) -> bytes:
    """Lines and case numbers, no names: it outlives the list."""
    numbers = dict(Migrant.objects.filter(pk__in=list(checked.known.values())).values_list("pk", "case_number"))
    rows = [[line, _("enregistrée"), one.migrant.case_number] for line, one in made.items()]
    rows += [[line, _("déjà enregistrée"), numbers.get(key, "")] for line, key in checked.known.items()]
    rows += [[line, _("laissée de côté"), ""] for line in aside & checked.ready.keys()]
    return workbook([Sheet(_("Lignes"), [Column(_("Ligne"), "", 8), Column(_("Résultat"), "", 22), Column(_("Numéro de dossier"), "#x_person+id", 22)], sorted(rows))])
