"""What the database refuses, in words for the form instead of a fault."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction


@contextmanager
def in_words(*tables: type[models.Model], triggers: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Around a write: a constraint of these models that the row breaks is raised as ValidationError with the constraint's own
    message. Two people at once pass every check made before; the database decides, and the second reads why.

    `triggers`: words for what a trigger refuses, by the name that it raises as CONSTRAINT."""
    try:
        with transaction.atomic(using=DEFAULT_DB_ALIAS):
            yield
    except IntegrityError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        for constraint in (c for table in tables for c in table._meta.constraints):
            if constraint.name == broken:
                raise ValidationError(constraint.get_violation_error_message(), code=broken) from error
        if broken is not None and triggers and broken in triggers:
            raise ValidationError(triggers[broken], code=broken) from error
        raise
