"""The two logs in words: tables and fields as the screens call them, keys as case numbers of the people they belong to."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from audit.models import Change
from cases.models import Migrant
from cases.person_data import hanging, rows_of

from .field_words import FIELDS

MOST_ROWS = 5000  # of one kind that hang on one person


@cache
def _by_table() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy and model._meta.managed}


def model_words(label: str) -> str:
    """ "cases.migrant" in the words of the screens; itself when there is no such model."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def table_words() -> dict[str, str]:
    """Tables in the words of the screens; those of packages have names of ours."""
    return {table: str(model._meta.verbose_name) for table, model in _by_table().items()} | {
        "centres_centreuserobjectpermission": _("droit dans un centre"),
        "accounts_user_user_permissions": _("droit national"),
        "mfa_authenticator": _("second facteur"),
        "authtoken_token": _("jeton d’API"),
    }


def label_of(table: str) -> str:
    """The model behind a table; itself when there is none any more."""
    model = _by_table().get(table)
    return model._meta.label_lower if model is not None else table


def field_words(table: str, column: str) -> str:
    """A column in the words of the screens."""
    model = _by_table().get(table)
    field = next((one for one in model._meta.concrete_fields if column in (one.column, one.name)), None) if model is not None else None
    if field is None:
        return str(FIELDS.get(column, column))
    given = str(field.verbose_name)
    if given != field.name.replace("_", " "):
        return given
    if field.name in FIELDS:
        return str(FIELDS[field.name])
    behind = field.related_model
    return str(behind._meta.verbose_name) if behind is not None else given


def fields_of(change: Change) -> list[str]:
    """Which fields an entry is about: names only, never what was in them."""
    return sorted({field_words(change.table, column) for column in (change.before or {}).keys() | (change.after or {}).keys()})


# --- whose it is -----------------------------------------------------------------------------------------------------


def _as_text() -> Any:
    return Cast("pk", CharField())


def things_of(person: Migrant) -> dict[type[models.Model], list[str]]:
    """The keys of the file and of everything that hangs on it, by model: one query. Of a file that was joined to another one, that one's
    too: what hung on it hangs there now."""
    found: dict[type[models.Model], list[str]] = defaultdict(list)
    joined: Migrant | None = person
    while joined is not None:
        found[Migrant].append(str(joined.pk))
        parts = [
            rows.order_by().annotate(label_=Value(rows.model._meta.label_lower), key_=_as_text()).values_list("label_", "key_")[:MOST_ROWS]
            for _data, rows in rows_of(joined)
        ]
        for label, key in parts[0].union(*parts[1:], all=True):
            found[apps.get_model(label)].append(key)
        joined = joined.merged_into
    return dict(found)


def numbers_of(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The case numbers of the people to whom these rows (model, key) belong, where they belong to one: one query."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    paths: dict[type[models.Model], str] = {Migrant: "", **hanging()}
    for label, key in pairs:
        try:
            model = apps.get_model(label)
            if model in paths:
                wanted[model].add(model._meta.pk.to_python(key))
        except (LookupError, ValueError, ValidationError):
            continue
    parts = [
        model._base_manager.filter(pk__in=keys)
        .order_by()
        .annotate(label_=Value(model._meta.label_lower), key_=_as_text(), number_=F("__".join(filter(None, [paths[model], "case_number"]))))
        .values_list("label_", "key_", "number_")
        for model, keys in wanted.items()
    ]
    if not parts:
        return {}
    return {(label, key): number for label, key, number in parts[0].union(*parts[1:], all=True)}
