"""What happens to a person in a centre: stay, bed, assistance."""

from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .assistance import Assistance, AssistanceQuerySet
from .criteria import AidCriteria, CriteriaTold
from .flag import FlagKind, PersonFlag
from .health import CARE, HealthRecord
from .session import Session, SessionPresence
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange
from .stock import StockItem, StockMovement

__all__ = [
    "CARE",
    "AidCriteria",
    "Alert",
    "AlertQuerySet",
    "Assistance",
    "AssistanceQuerySet",
    "BedAssignment",
    "CriteriaTold",
    "FlagKind",
    "HealthRecord",
    "KeyRange",
    "PersonFlag",
    "Session",
    "SessionPresence",
    "Stay",
    "StayQuerySet",
    "StockItem",
    "StockMovement",
    "TimeRange",
    "UuidKeyRange",
]
