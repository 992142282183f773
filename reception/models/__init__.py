"""What happens to a person in a centre: stay, bed, assistance."""

from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .assistance import Assistance, AssistanceQuerySet
from .flag import FlagKind, PersonFlag
from .rollcall import Leave, RollCall, RollCallLine
from .seen import AbsenceRule, LastSeen, Sighting
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange

__all__ = [
    "AbsenceRule",
    "Alert",
    "AlertQuerySet",
    "Assistance",
    "AssistanceQuerySet",
    "BedAssignment",
    "FlagKind",
    "KeyRange",
    "LastSeen",
    "Leave",
    "PersonFlag",
    "RollCall",
    "RollCallLine",
    "Sighting",
    "Stay",
    "StayQuerySet",
    "TimeRange",
    "UuidKeyRange",
]
