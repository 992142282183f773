"""What floors above do when a person's file is taken over at a counter: each registers itself at start, so that `cases` imports none."""

from collections.abc import Callable

from accounts.models import User
from centres.models import Centre

from .models import Migrant

# Called inside the transaction, with the person locked: (who acts, the person, the centre that takes over). Returns what it did, in words.
Effect = Callable[[User, Migrant, Centre], list[str]]
EFFECTS: list[Effect] = []


def at_takeover(effect: Effect) -> Effect:
    EFFECTS.append(effect)
    return effect
