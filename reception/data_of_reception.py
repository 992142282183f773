"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, dash, register_person_data
from cases.services.merging import NOT_MOVED

from .models import Alert, Assistance, BedAssignment, LastSeen, Leave, PersonFlag, RollCallLine, Sighting, Stay

NOT_MOVED.append(LastSeen)

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
    PersonData(PersonFlag, erased={"reason": "–", "lifted_reason": dash("lifted_reason")}, hidden=("key",)),
    PersonData(LastSeen),
    PersonData(Sighting, erased={"note": dash("note")}),
    PersonData(RollCallLine, erased={"note": dash("note")}, hidden=("version",)),
    PersonData(Leave, erased={"reason": "–"}),
    PersonData(Alert, erased={"done": dash("done")}, kept=("subject",), hidden=("subject",)),  # the subject: a key, a code or a month
)
