"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, dash, register_person_data

from .models import Alert, Assistance, BedAssignment, PersonFlag, Stay

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
    PersonData(Assistance, clock=(("assistance", "given_on"),), kept=("unit",), hidden=("once_per_day", "once_in_stay")),  # the unit: a word of the service
    PersonData(PersonFlag, erased={"reason": "–", "lifted_reason": dash("lifted_reason")}),
    PersonData(Alert, erased={"done": dash("done")}, kept=("subject",), hidden=("subject",)),  # the subject: a key, a code or a month
)
