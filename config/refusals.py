"""What the database refuses, in words for the form instead of a fault."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction


class Together:
    """Rules that are asked one after the other and refuse together: with several waves of refusals nobody knows how many are to come.

    together = Together()
    with together.asked():
        ...
    together.refuse()
    """

    def __init__(self) -> None:
        self._by_name: dict[str, list[ValidationError]] = {}

    @contextmanager
    def asked(self) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
            for name, errors in found.items():
                self._by_name.setdefault(name, []).extend(errors)

    @property
    def refused(self) -> bool:
        return bool(self._by_name)

    def refuse(self) -> None:
        """Raises ValidationError if any of them refused."""
        if set(self._by_name) == {NON_FIELD_ERRORS}:
            found = self._by_name[NON_FIELD_ERRORS]
            raise found[0] if len(found) == 1 else ValidationError(found)
        if self._by_name:
            raise ValidationError(self._by_name)  # type: ignore[arg-type]


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
