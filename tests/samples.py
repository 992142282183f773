"""How the access matrix test builds an address: each app's tests keep a `samples.py` with a dict SAMPLES."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from centres.models import Centre
from centres.roles import Right


def _nothing(centre: Centre) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Sample:
    """`kwargs(centre)` makes (with the factories) a fresh object cared for by that centre and returns the URL's arguments.
    `data` is a body for POST/PUT/PATCH (form fields; for the API: JSON); it may be a function of the centre."""

    kwargs: Callable[[Centre], dict[str, Any]] = field(default=_nothing)
    data: dict[str, Any] | Callable[[Centre], dict[str, Any]] = field(default_factory=dict)
    json: bool = False
    # Of the declared rights, those that count for the sample's object (`own_rights` in centres.access.allows); None: all.
    own_rights: frozenset[Right] | None = None
