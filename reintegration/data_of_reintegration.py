"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, register_person_data

from .models import ReintegrationCase, Support, Visit

register_person_data(
    PersonData(
        ReintegrationCase,
        erased={"plan": ""},
        kept=("returned_from", "region"),  # indicators count by both
        clock=(("reintegration", "opened_on"), ("reintegration", "closed_on")),
        holds=((Q(state=ReintegrationCase.State.OPEN), _("une réintégration en cours")),),
        hidden=("version",),
    ),
    PersonData(Visit, erased={"note": ""}, clock=(("reintegration", "done_on"),), hidden=("version",)),
    PersonData(Support, clock=(("reintegration", "delivered_on"),)),
)
