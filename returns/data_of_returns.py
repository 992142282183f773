"""What this floor's models hold about people (cases/person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.person_data import PersonData, register_person_data

from .models import OPEN, ReturnCase

register_person_data(
    PersonData(
        ReturnCase,
        erased={"place_to": "", "end_reason": "(effacé)"},
        kept=("country_from", "country_to"),  # indicators count by country
        clock=(("return", "opened_on"), ("return", "departed_on"), ("return", "arrived_on"), ("return", "ended_on")),
        holds=((Q(state__in=OPEN), _("un retour en cours")),),
        hidden=("version", "minor"),
    )
)
