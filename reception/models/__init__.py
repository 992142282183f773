"""What happens to a person in a centre: stay, bed, assistance."""

from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .assistance import Assistance, AssistanceQuerySet
from .expected import ExpectedGroup, ExpectedGroupQuerySet
from .flag import FlagKind, PersonFlag
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange
from .transfer import Transfer, TransferQuerySet

__all__ = [
    "Alert",
    "AlertQuerySet",
    "Assistance",
    "AssistanceQuerySet",
    "BedAssignment",
    "ExpectedGroup",
    "ExpectedGroupQuerySet",
    "FlagKind",
    "KeyRange",
    "PersonFlag",
    "Stay",
    "StayQuerySet",
    "TimeRange",
    "Transfer",
    "TransferQuerySet",
    "UuidKeyRange",
]
