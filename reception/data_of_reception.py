"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, dash, register_person_data
from cases.services.merging import NOT_MOVED

from .models import (
    Alert,
    Assistance,
    Assisted,
    BedAssignment,
    CriteriaTold,
    HealthRecord,
    Incident,
    IncidentPerson,
    LastSeen,
    Leave,
    PersonFlag,
    RollCallLine,
    SessionPresence,
    Sighting,
    Stay,
    Transfer,
    UndoneAdmission,
)
from .workflow import OPEN

NOT_MOVED.extend((LastSeen, Assisted))

register_person_data(
    PersonData(
        Stay,
        erased={"undone_reason": dash("undone_reason"), "extended_reason": dash("extended_reason")},
        kept=("came_from", "digest"),  # a country's code; the digest of ids and dates alone
        clock=(("assistance", "arrived_at"), ("assistance", "departed_at")),
        holds=((Q(departed_at__isnull=True), _("un séjour en cours")),),
        hidden=("digest", "version"),
    ),
    PersonData(UndoneAdmission, erased={"reason": "–"}, clock=(("assistance", "undone_at"),)),
    PersonData(BedAssignment, erased={"reason": dash("reason")}),
    PersonData(
        Transfer,
        erased={"reason": "–", "needs": dash("needs"), "answer": dash("answer"), "end_reason": dash("end_reason")},
        kept=("transport",),  # the bus or the car
        clock=(("assistance", "asked_at"),),
        holds=((Q(state__in=OPEN), _("un transfert en cours")),),
        hidden=("together", "version"),
    ),
    PersonData(Assistance, clock=(("assistance", "given_on"),), kept=("unit",), hidden=("once_per_day", "once_in_stay")),  # the unit: a word of the service
    PersonData(PersonFlag, erased={"reason": "–", "lifted_reason": dash("lifted_reason")}, hidden=("key",)),
    PersonData(LastSeen),
    PersonData(Assisted, own=False),  # the lines themselves are
    PersonData(Sighting, erased={"note": dash("note")}),
    PersonData(RollCallLine, erased={"note": dash("note")}, hidden=("version",)),
    PersonData(Leave, erased={"reason": "–"}),
    # The words of an incident are about a centre and several people, and are written without names; the person has that there was one.
    PersonData(
        IncidentPerson,
        holds=((Q(incident__closed_at__isnull=True), _("un incident qui n’est pas clos")),),
        protected=Q(incident__kind__in=Incident.RESERVED),
        extra=((_("incident"), lambda row: str(row.incident)),),
    ),
    PersonData(Alert, erased={"done": dash("done")}, kept=("subject",), hidden=("subject",)),  # the subject: a key, a code or a month
    # As notes of protection: the words go with the identity, that there was a consultation stays (Assistance).
    PersonData(
        HealthRecord,
        removed=True,
        clock=(("registration", "written_at"),),
        protected=True,
        hidden=("version",),
        extra=((_("soin"), lambda row: f"{row.assistance.service}, {date_format(row.assistance.given_on)}"),),
    ),
    PersonData(SessionPresence, extra=((_("séance"), lambda row: f"{row.session}, {date_format(row.session.held_on)}"),)),
    PersonData(CriteriaTold, erased={"witness": dash("witness")}),
)
