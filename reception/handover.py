"""What floors above do when a person leaves on a transfer: each registers itself at start, so that `reception` imports none."""

from collections.abc import Callable

from accounts.models import User
from cases.models import Migrant
from centres.models import Centre

# Called inside the transaction, with the person locked and in the care of the receiving centre: (who acts, the person, the receiving centre).
Handover = Callable[[User, Migrant, Centre], None]
HANDOVERS: list[Handover] = []


def at_handover(handover: Handover) -> Handover:
    HANDOVERS.append(handover)
    return handover
