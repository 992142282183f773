"""The period of a command line."""

import datetime
from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from reporting import figures
from reporting.measures import Period
from reporting.models import Logframe
from reporting.services import check_period


def add_period(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", metavar="AAAA-MM-JJ", help="premier jour (par défaut : début de l’action)")
    parser.add_argument("--to", dest="end", metavar="AAAA-MM-JJ", help="dernier jour (par défaut : aujourd’hui)")


def _day(text: str | None, otherwise: datetime.date, name: str) -> datetime.date:
    if not text:
        return otherwise
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{name} : « {text} » n’est pas une date (AAAA-MM-JJ).") from error


def period_of(start: str | None, end: str | None) -> Period:
    """Raises CommandError, in one line, for a period that is none."""
    try:
        default = figures.default_period()
    except Logframe.DoesNotExist as error:
        raise CommandError("Aucun cadre logique n’est chargé : lancez « manage.py load_logframe ».") from error
    try:
        return check_period(_day(start, default.start, "--from"), _day(end, default.end, "--to"))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
