"""Rows of many keys, in one parameter: Django's `__in` handles, and PostgreSQL parses, each key apart, which for a whole centre costs
more than finding the rows."""

import uuid
from collections.abc import Iterable

from django.db.models import BooleanField, F, Func, Value


def among(field: str, keys: Iterable[uuid.UUID]) -> Func:
    """A condition: this column of UUIDs holds one of these keys. `Model.objects.filter(among("migrant", keys))`."""
    listed = Value("{" + ",".join(str(key) for key in keys) + "}")
    return Func(F(field), listed, template="(%(expressions)s::uuid[]))", arg_joiner=" = ANY (", output_field=BooleanField())
