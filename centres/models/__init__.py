"""The places: centres, rooms, beds, what is offered there, and who is posted where."""

from config.ranges import KeyRange

from .area import Area
from .centre import MOST_SHARED_BED_AGE, Centre, CentreUserObjectPermission
from .opening import ChecklistItem, ChecklistMark, Equipment, missing
from .posting import Posting, _Days
from .room import Bed, BedBlock, DayRange, Room
from .service import GIVING, Service, ServiceOffer, every_day

__all__ = [
    "GIVING",
    "MOST_SHARED_BED_AGE",
    "Area",
    "Bed",
    "BedBlock",
    "Centre",
    "CentreUserObjectPermission",
    "ChecklistItem",
    "ChecklistMark",
    "DayRange",
    "Equipment",
    "KeyRange",
    "Posting",
    "Room",
    "Service",
    "ServiceOffer",
    "_Days",
    "every_day",
    "missing",
]
