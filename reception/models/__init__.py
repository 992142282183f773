"""What happens to a person in a centre (stay, bed, assistance), and at the centre (incidents, handover, alerts)."""

from centres.models import DayRange
from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .alert_rule import AlertRule, ArrivalPlan
from .assistance import Assistance, AssistanceQuerySet, Assisted
from .criteria import AidCriteria, CriteriaTold
from .expected import ExpectedGroup, ExpectedGroupQuerySet
from .flag import FlagKind, PersonFlag
from .handover import HandoverNote, HandoverNoteQuerySet, HandoverRead
from .health import CARE, HealthRecord
from .incident import Incident, IncidentFollowUp, IncidentPerson, IncidentQuerySet
from .rollcall import Leave, RollCall, RollCallLine
from .seen import AbsenceRule, LastSeen, Sighting
from .session import Session, SessionPresence
from .sleeping import BabyOfSomebody, BedOverTime, BlockedBed
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange
from .stock import StockItem, StockMovement
from .transfer import Transfer, TransferQuerySet
from .undone import UndoneAdmission

__all__ = [
    "CARE",
    "AbsenceRule",
    "AidCriteria",
    "Alert",
    "AlertQuerySet",
    "AlertRule",
    "ArrivalPlan",
    "Assistance",
    "AssistanceQuerySet",
    "Assisted",
    "BabyOfSomebody",
    "BedAssignment",
    "BedOverTime",
    "BlockedBed",
    "CriteriaTold",
    "DayRange",
    "ExpectedGroup",
    "ExpectedGroupQuerySet",
    "FlagKind",
    "HandoverNote",
    "HandoverNoteQuerySet",
    "HandoverRead",
    "HealthRecord",
    "Incident",
    "IncidentFollowUp",
    "IncidentPerson",
    "IncidentQuerySet",
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
    "UndoneAdmission",
    "UuidKeyRange",
]
