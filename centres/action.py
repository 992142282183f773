"""What the action has promised, for the floors below the one that keeps its logframe.

The logframe in force is the only source of targets: an app that shows how far one is asks here, and the app that keeps the logframe
answers. Nobody else writes such a number down (tests/config/test_targets.py)."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils import timezone


@dataclass(frozen=True)
class ActionPlan:
    """`targets`: by what is counted (the name of the measure)."""

    starts_on: datetime.date
    months: int
    targets: Mapping[str, int] = field(default_factory=dict)

    def target(self, name: str) -> int:
        """0: nothing was promised."""
        return self.targets.get(name, 0)

    @property
    def so_far(self) -> tuple[datetime.date, datetime.date]:
        """First and last day of what is counted today: from the start of the action (its first day, before it starts)."""
        return self.starts_on, max(self.starts_on, timezone.localdate())


_sources: list[Callable[[], ActionPlan | None]] = []


def answered_by(source: Callable[[], ActionPlan | None]) -> None:
    """Called once, at start, by the app that keeps the logframe."""
    _sources[:] = [source]


def plan() -> ActionPlan | None:
    """The plan in force; one query. None before a logframe is loaded."""
    return _sources[0]() if _sources else None
