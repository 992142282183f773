"""Fields of a file that answer a question by themselves: what is written there is not asked again. Upper floors register theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .conditions import Value


@dataclass(frozen=True)
class Source:
    """`value(subject)`: as an answer is kept (None: not filled in), for conditions; `words(subject)`: as it is shown, empty when it is
    not filled in. Both read what is loaded and ask the database nothing."""

    name: str
    kind: str  # of the questionnaires it may be used in
    title: Any  # lazy text
    value: Callable[[Any], Value]
    words: Callable[[Any], str]


SOURCES: dict[str, Source] = {}


def register_source(source: Source) -> None:
    SOURCES[source.name] = source


def sources_of(kind: str) -> list[Source]:
    return [source for source in SOURCES.values() if source.kind == kind]
