"""What history needs stays, also from whoever writes past the services."""

import datetime
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 2000, 2099


def taken_back_by_somebody() -> pgtrigger.Trigger:
    """A row that may be taken back is taken back by somebody: without a name for the change history (`audit.acting.service`) it stays."""
    return pgtrigger.Trigger(
        name="by_somebody",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func="""
            IF coalesce(current_setting('sira.actor', true), '') = '' THEN
                RAISE EXCEPTION 'a row of % is taken back by somebody', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_back_by_somebody';
            END IF;
            RETURN OLD;
        """,
    )


def stays() -> pgtrigger.Trigger:
    """No service deletes such a row: it is closed, lifted or written over."""
    return pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)


def year_checked(name: str, *fields: str, moment: bool = False) -> models.CheckConstraint:
    """No day of these is in a year that nobody meant: 0026 and 9999 are slips of a finger, and break every calendar. Narrower bounds are those
    of the services. `moment`: fields with an hour."""
    bounds: list[Any] = [datetime.date(FIRST_YEAR, 1, 1), datetime.date(LAST_YEAR, 12, 31)]
    if moment:
        bounds = [datetime.datetime.combine(day, datetime.time.min, datetime.UTC) for day in bounds]
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": bounds[0], f"{field}__lte": bounds[1]})
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=_("Vérifiez l’année."))
