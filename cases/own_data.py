"""The right of access: all that hangs on one person, in words and for machines.

Left out: who of the staff wrote it, other people's data, what protects the person or somebody else (protection notes; only a protection
officer may put them in), and what is of use to the machine alone. Source: IOM data protection principle 7; loi n° 2013-015."""

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from config import pdf
from config.countries import country_name

from .languages import LANGUAGES
from .models import Household, Migrant
from .person_data import DATA, PersonData, hanging

COUNTRIES = {"nationality", "second_nationality", "origin_country", "country", "country_from", "country_to", "returned_from", "came_from"}


@dataclass(frozen=True)
class Part:
    """One kind of record: for people (title, rows of label and words) and for machines (model, rows of field and value)."""

    title: str
    model: str
    words: list[list[tuple[str, str]]]
    values: list[dict[str, Any]]


def _shown(model: type[models.Model], said: PersonData) -> list[models.Field]:
    """The fields a person may have of this model: no keys, no staff, no other people."""
    return [one for one in model._meta.concrete_fields if one.name not in said.hidden and _is_theirs(one)]


def _is_theirs(one: models.Field) -> bool:
    if one.primary_key and not isinstance(one, models.CharField):
        return False
    target: Any = one.related_model if one.is_relation else None
    return target is None or not (target in (User, Migrant, Household) or target in hanging() or target._meta.app_label == "jobs")


def _value(row: models.Model, one: models.Field) -> Any:
    """As JSON can say it."""
    if one.is_relation:
        related = getattr(row, one.name)
        return str(related) if related is not None else None
    value = getattr(row, one.attname)
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(one, models.FileField):
        return bool(value)
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _words(row: models.Model, one: models.Field) -> str:
    """As people read it; empty for nothing."""
    value = getattr(row, one.name if one.is_relation else one.attname)
    if value in (None, "", [], {}):
        return ""
    if one.choices:
        return str(getattr(row, f"get_{one.name}_display")())
    if one.name in COUNTRIES:
        return country_name(value)
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, datetime.date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(one, models.FileField):
        return _("oui, une copie se demande au centre")
    if isinstance(one, ArrayField):
        known = dict(LANGUAGES)
        return ", ".join(str(known.get(item, item)) for item in value)
    return str(value)


def _part(model: type[models.Model], rows: list[Any]) -> Part:
    said = DATA.get(model, PersonData(model))
    fields = _shown(model, said)
    words, values = [], []
    for row in rows:
        lines = [(str(capfirst(one.verbose_name)), said.said[one.name][0](row) if one.name in said.said else _words(row, one)) for one in fields]
        lines += [(str(capfirst(label)), str(of(row) or "")) for label, of in said.extra]
        words.append([(label, text) for label, text in lines if text])
        values.append(
            {one.name: said.said[one.name][1](row) if one.name in said.said else _value(row, one) for one in fields}
            | {f"extra_{number}": str(of(row) or "") for number, (_label, of) in enumerate(said.extra)}
        )
    return Part(str(capfirst(model._meta.verbose_name)), model._meta.label_lower, words, values)


def collect(migrant: Migrant, *, with_protection: bool) -> list[Part]:
    """The person first, then every kind of record that hangs on them and holds something, in the order of the floors."""
    parts = [_part(Migrant, [migrant])]
    for model, path in hanging().items():
        said = DATA.get(model, PersonData(model))
        if not said.own or (said.protected is True and not with_protection):
            continue
        rows = model._default_manager.filter(**{path: migrant.pk})
        if isinstance(said.protected, Q) and not with_protection:
            rows = rows.exclude(said.protected)
        if found := list(rows.order_by("pk") if not model._meta.ordering else rows):
            parts.append(_part(model, found))
    return parts


def as_json(migrant: Migrant, parts: list[Part], *, with_protection: bool) -> bytes:
    """Machine-readable; field names are the model's."""
    content = {
        "format": "sira-own-data/1",
        "made_at": timezone.now().isoformat(),
        "case_number": migrant.case_number,
        "with_protection_notes": with_protection,
        "records": {part.model: part.values for part in parts},
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def as_pdf(migrant: Migrant, parts: list[Part], *, with_protection: bool) -> bytes:
    """In French, to be handed over."""
    with translation.override("fr"):
        context = {"migrant": migrant, "parts": parts, "made_at": timezone.now(), "with_protection": with_protection, "fonts": pdf.font_faces()}
        return pdf.render(render_to_string("cases/own_data_pdf.html", context), render_to_string("cases/own_data_pdf.css", context))
