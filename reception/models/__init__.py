"""What happens to a person in a centre: stay, bed, assistance."""

from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .assistance import Assistance, AssistanceQuerySet
from .flag import FlagKind, PersonFlag
from .sleeping import BedOverTime, BlockedBed
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange

__all__ = [
    "Alert",
    "AlertQuerySet",
    "Assistance",
    "AssistanceQuerySet",
    "BedAssignment",
    "BedOverTime",
    "BlockedBed",
    "FlagKind",
    "KeyRange",
    "PersonFlag",
    "Stay",
    "StayQuerySet",
    "TimeRange",
    "UuidKeyRange",
]
