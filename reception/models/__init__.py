"""What happens to a person in a centre (stay, bed, assistance), and at the centre (incidents, handover, alerts)."""

from config.ranges import KeyRange

from .alert import Alert, AlertQuerySet
from .alert_rule import AlertRule, ArrivalPlan
from .assistance import Assistance, AssistanceQuerySet
from .flag import FlagKind, PersonFlag
from .handover import HandoverNote, HandoverNoteQuerySet, HandoverRead
from .incident import Incident, IncidentFollowUp, IncidentPerson, IncidentQuerySet
from .stay import BedAssignment, Stay, StayQuerySet, TimeRange, UuidKeyRange

__all__ = [
    "Alert",
    "AlertQuerySet",
    "AlertRule",
    "ArrivalPlan",
    "Assistance",
    "AssistanceQuerySet",
    "BedAssignment",
    "FlagKind",
    "HandoverNote",
    "HandoverNoteQuerySet",
    "HandoverRead",
    "Incident",
    "IncidentFollowUp",
    "IncidentPerson",
    "IncidentQuerySet",
    "KeyRange",
    "PersonFlag",
    "Stay",
    "StayQuerySet",
    "TimeRange",
    "UuidKeyRange",
]
