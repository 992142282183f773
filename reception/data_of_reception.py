"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, dash, register_person_data

from .models import Alert, Assistance, BedAssignment, Incident, IncidentPerson, PersonFlag, Stay

register_person_data(
    PersonData(
        Stay,
        erased={"undone_reason": dash("undone_reason")},
        kept=("came_from", "digest"),  # a country's code; the digest of ids and dates alone
        clock=(("assistance", "arrived_at"), ("assistance", "departed_at")),
        holds=((Q(departed_at__isnull=True), _("un séjour en cours")),),
        hidden=("digest", "version"),
    ),
    PersonData(BedAssignment),
    PersonData(Assistance, clock=(("assistance", "given_on"),), hidden=("once_per_day",)),
    PersonData(PersonFlag, erased={"reason": "–", "lifted_reason": dash("lifted_reason")}),
    # The words of an incident are about a centre and several people, and are written without names; the person has that there was one.
    PersonData(
        IncidentPerson,
        holds=((Q(incident__closed_at__isnull=True), _("un incident qui n’est pas clos")),),
        protected=Q(incident__kind__in=Incident.RESERVED),
        extra=((_("incident"), lambda row: str(row.incident)),),
    ),
    PersonData(Alert, erased={"done": dash("done")}, kept=("subject",), hidden=("subject",)),  # the subject: a key, a code or a month
)
