"""Pages of a long list read by key: the last page costs what the first does, and nothing is counted."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict

BETWEEN = "~"


@dataclass(frozen=True)
class Slice:
    """The rows of one page, and where its neighbours are. `{% pagination slice.links %}` draws the links."""

    rows: list[Any]
    previous_url: str = ""
    next_url: str = ""

    @property
    def links(self) -> dict[str, str]:
        return {"previous_url": self.previous_url, "next_url": self.next_url}


def _beyond(keys: tuple[str, ...], values: list[str], *, backwards: bool) -> Q:
    """Rows after (or before) the row with these values, in the order of the keys."""
    found, same = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        name = key.lstrip("-")
        down = key.startswith("-") is not backwards
        found |= same & Q(**{f"{name}__{'lt' if down else 'gt'}": value})
        same &= Q(**{name: value})
    return found


def _url(query: QueryDict, name: str, keys: tuple[str, ...], row: Any) -> str:
    changed = query.copy()
    for old in ("after", "before"):
        changed.pop(old, None)
    changed[name] = BETWEEN.join(_text(getattr(row, key.lstrip("-"))) for key in keys)
    return f"?{changed.urlencode()}"


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def read(queryset: QuerySet[Any], query: QueryDict, *, keys: tuple[str, ...], size: int = 50) -> Slice:
    """One page of the queryset. `keys`: fields that order it, the last one unique, `-` for descending; none may be null.

    The address says where: `?after=…` or `?before=…`; an address that makes no sense shows the first page."""
    name = "before" if query.get("before") else "after"
    backwards = name == "before"
    values = query.get(name, "").split(BETWEEN)
    order = [key.removeprefix("-") if key.startswith("-") is backwards else f"-{key.removeprefix('-')}" for key in keys]
    here = False
    rows: list[Any] = []
    if len(values) == len(keys) and all(values):
        try:
            rows = list(queryset.filter(_beyond(keys, values, backwards=backwards)).order_by(*order)[: size + 1])
            here = True
        except (ValidationError, ValueError, OverflowError, FieldError):
            here = False
    if not here:
        backwards = False
        rows = list(queryset.order_by(*keys)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    earlier = more if backwards else here
    later = True if backwards else more
    return Slice(
        rows,
        previous_url=_url(query, "before", keys, rows[0]) if rows and earlier else "",
        next_url=_url(query, "after", keys, rows[-1]) if rows and later else "",
    )
