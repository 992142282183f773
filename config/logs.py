"""What a log may hold: where something failed and by which rule, never about whom.

One rule for all loggers of a process (web, worker, beat, commands, and those of gunicorn, Celery and Django): it works where a record is
made, so that no handler or formatter can go around it. What ends a process without a log goes the same way, by the hooks of Python."""

import builtins
import functools
import logging
import logging.config
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import Error as DjangoDatabaseError

LEFT_OUT = "…"
LONGEST = 500
# What the server adds to an error: the row, the statement, the parameters, in the languages it may speak.
_ADDED = re.compile(r"\b(?:D[EÉ]TAIL|CONTEXTE?|STATEMENT|INSTRUCTION|QUERY|REQUÊTE|HINT|ASTUCE|PARAMETERS?|LINE \d+|LIGNE \d+) ?:.*|Failing row contains.*", re.DOTALL)
# The question of an address: it may be the name that somebody searches.
_QUERY = re.compile(r"(?<=\S)\?[^\s\"'<>]+")
# The secret in the address of a partner's page.
_SECRET = re.compile(r"(?<=/r/)[\w-]{20,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|«[^»]*»")
# Errors whose text is about code, files and lines to other machines. The text of all others may repeat what somebody typed.
ABOUT_CODE = (AttributeError, NameError, TypeError, LookupError, ImportError, OSError, RecursionError, MemoryError, FieldError, ImproperlyConfigured)
PACKAGES_ABOUT_CODE = ("redis.exceptions", "kombu.exceptions", "amqp.exceptions", "celery.exceptions", "billiard.exceptions")
# Classes of SQLSTATE whose message names only rules, tables and columns, or the state of the server.
WITHOUT_VALUES = ("08", "23", "25", "40", "42501", "42703", "42P01", "53", "54", "55", "57", "58")


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _words_of_code(error: BaseException) -> set[str]:
    """The words that stand in the code that failed: a name of a field or a key of a dictionary may be told."""
    known = {*dir(builtins), "NoneType", type(getattr(error, "obj", None)).__name__}
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        known.update(code.co_names, code.co_varnames, (const for const in code.co_consts if isinstance(const, str)))
        step = step.tb_next
    return known


def _without_values(text: str, known: set[str]) -> str:
    """The text up to the first thing in quotes that is not a word of the code."""
    for found in _QUOTED.finditer(text):
        if found[0][1:-1].strip() not in known:
            return text[: found.start()] + LEFT_OUT
    return text


def _of_database(error: BaseException) -> str | None:
    """The rule, the table and the column of a database error, for one that the server raised."""
    cause = error if hasattr(error, "pgcode") else error.__cause__
    diag, state = getattr(cause, "diag", None), getattr(cause, "pgcode", None)
    if diag is None or state is None:
        return None
    said = diag.message_primary if state.startswith(WITHOUT_VALUES) and not state.startswith("23514") else ""
    parts = [state, said, *(f"{what}={value}" for what in ("table_name", "column_name", "constraint_name") if (value := getattr(diag, what)))]
    return " ".join(part for part in parts if part)


def told(error: BaseException) -> str:
    """An error in one line that may be kept: its kind, and of its text only what is about code or rules."""
    text = _of_database(error)
    if text is None:
        about_code = isinstance(error, ABOUT_CODE) or (type(error).__module__ or "").startswith(PACKAGES_ABOUT_CODE)
        lines = clean(str(error)).splitlines() if about_code or isinstance(error, DjangoDatabaseError) else []
        text = _without_values(lines[0], _words_of_code(error)) if lines else (LEFT_OUT if str(error) else "")
    return f"{_name(error)}: {text[:LONGEST]}" if text else _name(error)


def chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """An error and those behind it, the first cause first, each with the line that leads to it."""
    found: list[tuple[str, BaseException]] = []
    seen: set[int] = set()
    step: BaseException | None = error
    lead = ""
    while step is not None and id(step) not in seen and len(seen) < 20:
        seen.add(id(step))
        found.append((lead, step))
        if step.__cause__ is not None:
            step, lead = step.__cause__, "\nThe above exception was the direct cause of the following exception:\n\n"
        elif step.__context__ is not None and not step.__suppress_context__:
            step, lead = step.__context__, "\nDuring handling of the above exception, another exception occurred:\n\n"
        else:
            step = None
    return reversed(found)


def _steps(where: TracebackType | None) -> str:
    try:
        return "".join(traceback.format_tb(where))
    except Exception:  # one that came over from another process
        return ""


def story(error: BaseException, where: TracebackType | None = None) -> str:
    """A traceback that may be kept: the code that failed, line by line, without the values."""
    text = ""
    for lead, step in chain(error):
        steps = _steps(step.__traceback__ or (where if step is error else None))
        text += (f"Traceback (most recent call last):\n{steps}" if steps else "") + told(step) + "\n" + lead
    return text.rstrip("\n")


def clean(text: str) -> str:
    """A text without what the database added to it, the questions of addresses and the secret of a partner's."""
    return _SECRET.sub(LEFT_OUT, _QUERY.sub("", _ADDED.sub(LEFT_OUT, text)))


def _argument(value: Any) -> Any:
    return told(value) if isinstance(value, BaseException) else value


def _make_clean(record: logging.LogRecord) -> None:
    raised = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    error = raised or sys.exc_info()[1]  # a line may tell of the error it was written under, as text alone
    if isinstance(record.args, dict):
        record.args = {name: _argument(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(_argument(value) for value in record.args)
    record.msg = _argument(record.msg)
    try:
        message = record.getMessage()
    except Exception:
        message = f"a line of the log that cannot be read, from {record.pathname}:{record.lineno}"
    if error is not None:
        for _lead, step in chain(error):
            for said in sorted({repr(step), str(step)} - {""}, key=len, reverse=True):
                if len(said) > 2:
                    message = message.replace(said, told(step))
    if raised is not None:
        record.exc_text = story(raised, record.exc_info[2])  # type: ignore[index]
    record.msg, record.args = clean(message), None


def configure(settings: dict[str, Any]) -> None:
    """Named in settings as LOGGING_CONFIG: Django calls it first of all, in whatever process it starts."""
    install()
    logging.config.dictConfig(settings)
    logging.captureWarnings(True)


def install() -> None:
    """The rule for all loggers of this process, and for what ends it. A second time changes nothing."""
    usual = logging.getLogRecordFactory()
    if getattr(usual, "keeps_names_out", False):
        return

    @functools.wraps(usual)
    def make(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = usual(*arguments, **named)
        _make_clean(record)
        return record

    make.keeps_names_out = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make)
    sys.excepthook = _ended
    sys.unraisablehook = lambda unraisable: _ended(unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback)
    threading.excepthook = lambda ended: _ended(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _ended(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        sys.stderr.write(story(error, where) + "\n")
