"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, dash, register_person_data

from .models import Alert, Assistance, BedAssignment, PersonFlag, Stay, Transfer
from .workflow import OPEN

register_person_data(
    PersonData(
        Stay,
        erased={"undone_reason": dash("undone_reason"), "extended_reason": dash("extended_reason")},
        kept=("came_from", "digest"),  # a country's code; the digest of ids and dates alone
        clock=(("assistance", "arrived_at"), ("assistance", "departed_at")),
        holds=((Q(departed_at__isnull=True), _("un séjour en cours")),),
        hidden=("digest", "version"),
    ),
    PersonData(BedAssignment, erased={"reason": dash("reason")}),
    PersonData(
        Transfer,
        erased={"reason": "–", "needs": dash("needs"), "answer": dash("answer"), "end_reason": dash("end_reason")},
        kept=("transport",),  # the bus or the car
        clock=(("assistance", "asked_at"),),
        holds=((Q(state__in=OPEN), _("un transfert en cours")),),
        hidden=("together", "version"),
    ),
    PersonData(Assistance, clock=(("assistance", "given_on"),), hidden=("once_per_day",)),
    PersonData(PersonFlag, erased={"reason": "–", "lifted_reason": dash("lifted_reason")}),
    PersonData(Alert, erased={"done": dash("done")}, kept=("subject",), hidden=("subject",)),  # the subject: a key, a code or a month
)
