"""Fields that say who a person is, and how what a service refused is shown beside them."""

import datetime
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.forms import put_errors

from ..cleaning import clean_line
from ..models import Migrant
from ..services import latest_birth

__all__ = ["OLDEST", "BirthField", "DateParts", "LineField", "birth_initial", "birth_of", "new_id", "put_errors", "sent", "typed_birth"]

OLDEST = 110


class LineField(forms.CharField):
    """One line, cleaned as the services clean it, so that what is wrong is said beside the field."""

    def __init__(self, *, clean=clean_line, **arguments: Any):
        super().__init__(**arguments)
        self._clean = clean

    def to_python(self, value: Any) -> str:
        return self._clean(super().to_python(value))


class DateParts(forms.MultiWidget):
    """Day, month, year: people who know only the year leave the others empty."""

    template_name = "components/widgets/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs=None):
        short = {"class": "w-2", "inputmode": "numeric", "autocomplete": "off", "maxlength": 2}
        super().__init__([forms.TextInput(short), forms.TextInput(short), forms.TextInput({**short, "class": "w-4", "maxlength": 4})], attrs)

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None, None, None]


class BirthField(forms.MultiValueField):
    """What is known of a birth: (day, month, year), the first two may be missing."""

    widget = DateParts

    def __init__(self, **arguments: Any):
        whole = {"invalid": gettext_lazy("Écrivez le jour, le mois et l’année en chiffres.")}
        parts = tuple(forms.IntegerField(min_value=1, error_messages=whole) for _part in range(3))
        super().__init__(parts, require_all_fields=False, **arguments)
        for part in parts:
            part.required = False

    def compress(self, values: list[int | None]) -> tuple[int | None, int | None, int | None] | None:
        day, month, year = values or (None, None, None)
        return (day, month, year) if any(values or ()) else None


def birth_of(cleaned: dict[str, Any]) -> tuple[datetime.date, str]:
    """(latest day, precision) from the fields `birth` and `age`. Raises ValidationError by field."""
    parts, age = cleaned.get("birth"), cleaned.get("age")
    if parts and age is not None:
        raise ValidationError({"age": _("Donnez la date de naissance ou l’âge estimé, pas les deux.")})
    if age is not None:
        return latest_birth(timezone.localdate().year - age, None, None, estimated=True)
    if not parts:
        raise ValidationError({"birth": _("Donnez au moins l’année de naissance, ou un âge estimé.")})
    day, month, year = parts
    if year is None:
        raise ValidationError({"birth": _("L’année manque. Si elle n’est pas connue, donnez un âge estimé.")})
    if day is not None and month is None:
        raise ValidationError({"birth": _("Le mois manque. Si vous ne connaissez que l’année, laissez aussi le jour vide.")})
    if not 1900 <= year <= timezone.localdate().year:
        raise ValidationError({"birth": _("L’année de naissance doit être entre 1900 et cette année.")})
    try:
        return latest_birth(year, month, day)
    except (ValueError, OverflowError) as error:
        raise ValidationError({"birth": _("Cette date n’existe pas. Vérifiez le jour et le mois.")}) from error


def birth_initial(migrant: Migrant) -> dict[str, Any]:
    """What the fields `birth` and `age` show for a person."""
    born, precision = migrant.born_on, migrant.birth_precision
    if precision == Migrant.Precision.AGE:
        return {"birth": None, "age": timezone.localdate().year - born.year}
    day = born.day if precision == Migrant.Precision.DAY else None
    month = born.month if precision in (Migrant.Precision.DAY, Migrant.Precision.MONTH) else None
    return {"birth": (day, month, born.year), "age": None}


def typed_birth(migrant: Migrant) -> dict[str, Any]:
    """The parts of the fields `birth` and `age` as a form sends them."""
    birth = birth_initial(migrant)
    day, month, year = birth["birth"] or ("", "", "")
    return {"birth_0": day or "", "birth_1": month or "", "birth_2": year or "", "age": "" if birth["age"] is None else birth["age"]}


def new_id() -> uuid.UUID:
    """For the hidden field of a form: made when it is shown, so that a second sending is known for one."""
    return uuid.uuid4()


def sent(request: HttpRequest, *, files: bool = False) -> tuple[Any, ...]:
    """What a form is bound to: on POST always something, even if nothing was filled in."""
    if request.method != "POST":
        return ()
    return (request.POST, request.FILES) if files else (request.POST,)
