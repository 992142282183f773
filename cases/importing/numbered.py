"""Rows of a list that have a case number: people who are in the register already, known and never registered twice."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from centres.models import Area

from .. import as_then
from ..models import Migrant
from ..services.identity import IDENTITY_FIELDS, clean_identity
from .births import born_of
from .cells import Table
from .words import Reading, case_number


def numbered(table: Table, place: int | None, actor: User) -> dict[str, Migrant]:
    """The people of the case numbers of the list, as the user knows them."""
    if place is None:
        return {}
    numbers = set()
    for _line, cells in table.rows:
        try:
            numbers.add(case_number(cells[place], Reading(False, {})))
        except ValidationError:
            continue
    people = list(Migrant.objects.visible_to(actor).filter(case_number__in=numbers - {""}).select_related("origin_area").with_care())
    as_then.seen_by(actor, people)
    return {person.case_number: person for person in people}


def _same(kept: Any, said: Any) -> bool:
    """A region and its cercle may share a name, and the list may say the name alone."""
    return kept == said or (isinstance(kept, Area) and isinstance(said, Area) and kept.name == said.name)


def of_the_register(values: dict[str, Any], people: dict[str, Migrant]) -> Migrant:
    """Whose case number this row has. Raises ValidationError for a number of nobody, and where the row says otherwise than the file: an
    import corrects nobody."""
    migrant = people.get(values["case_number"])
    if migrant is None:
        raise ValidationError({"case_number": _("aucun dossier de vos centres n’a ce numéro")})
    said = {name: value for name, value in values.items() if name in IDENTITY_FIELDS and value not in ("", None, [])}
    born = born_of(values)
    if born:
        said["born_on"], said["birth_precision"] = born
    errors = {}
    for name, value in clean_identity(said).items():
        # Of those whom another team follows a telephone is not told, so it can't be compared either.
        if not _same(getattr(migrant, name), value) or (migrant.elsewhere and name in ("phone", "other_phone")):
            errors[name] = _("le dossier %(number)s dit autre chose : un import ne corrige personne, corrigez le dossier dans Sira") % {"number": migrant.case_number}
    if errors:
        raise ValidationError(errors)
    return migrant
