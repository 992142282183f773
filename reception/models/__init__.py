"""What happens to a person in a centre: stay, bed, assistance."""

from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .assistance import Assistance, AssistanceQuerySet
from .criteria import AidCriteria, CriteriaTold
from .expected import ExpectedGroup, ExpectedGroupQuerySet
from .flag import FlagKind, PersonFlag
from .health import CARE, HealthRecord
from .rollcall import Leave, RollCall, RollCallLine
from .seen import AbsenceRule, LastSeen, Sighting
from .session import Session, SessionPresence
from .sleeping import BedOverTime, BlockedBed
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange
from .stock import StockItem, StockMovement
from .transfer import Transfer, TransferQuerySet

__all__ = [
    "CARE",
    "AbsenceRule",
    "AidCriteria",
    "Alert",
    "AlertQuerySet",
    "Assistance",
    "AssistanceQuerySet",
    "BedAssignment",
    "BedOverTime",
    "BlockedBed",
    "CriteriaTold",
    "ExpectedGroup",
    "ExpectedGroupQuerySet",
    "FlagKind",
    "HealthRecord",
    "KeyRange",
    "LastSeen",
    "Leave",
    "PersonFlag",
    "RollCall",
    "RollCallLine",
    "Session",
    "SessionPresence",
    "Sighting",
    "Stay",
    "StayQuerySet",
    "StockItem",
    "StockMovement",
    "TimeRange",
    "Transfer",
    "TransferQuerySet",
    "UuidKeyRange",
]
