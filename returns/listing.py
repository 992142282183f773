"""The list of returns: which, in what order, and as a file."""

from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases import whereabouts
from cases.exporting import Column, Listing, register_listing

from .forms import FilterForm
from .models import OPEN, ReturnCase, ReturnCaseQuerySet


def order(state: str) -> tuple[str, str]:
    """Those in progress the longest waiting first, ended ones the latest first."""
    return ("opened_on", "id") if not state or state in OPEN else ("-opened_on", "-id")


def _filtered(found: ReturnCaseQuerySet, chosen: dict[str, Any]) -> ReturnCaseQuerySet:
    state = chosen.get("state", "")
    if not state:
        found = found.open()
    elif state != "all":
        found = found.filter(state=state)
    if "centre" in chosen:
        found = found.filter(centre=chosen["centre"])
    if "country" in chosen:
        found = found.filter(country_to=chosen["country"])
    return found


def found(user: User, query: QueryDict) -> tuple[FilterForm, ReturnCaseQuerySet]:
    """The filters as they were read, and the returns in sight that they leave."""
    form = FilterForm(query, user=user)
    rows = ReturnCase.objects.visible_to(user).select_related("migrant", "centre").prefetch_related("migrant__custodies")
    return form, _filtered(form.allowed(rows), form.chosen)


def _exported(user: User, query: QueryDict) -> ReturnCaseQuerySet:
    form = FilterForm(query, user=user)
    rows = form.allowed(ReturnCase.objects.exportable_by(user)).select_related("migrant", "centre").prefetch_related("migrant__custodies")
    return _filtered(rows, form.chosen).order_by(*order(form.chosen.get("state", "")))


RETURNS = register_listing(
    Listing(
        "returns",
        _("Retours volontaires"),
        "returns.returncase",
        "returns:list",
        "returns:export",
        tuple(FilterForm.base_fields),
        (
            Column("case_number", _("Numéro de dossier"), "#x_person+id", lambda case: case.migrant.case_number),
            Column("name", _("Personne"), "#x_person+name", lambda case: str(case.migrant)),
            Column("sex", _("Sexe"), "#x_person+sex", lambda case: case.migrant.get_sex_display()),
            Column("age", _("Âge"), "#x_person+age", lambda case: case.migrant.age(timezone.localdate()), usual=False),
            Column("nationality", _("Nationalité (code)"), "#country+origin+code+v_iso2", lambda case: case.migrant.nationality),
            Column("centre", _("Centre"), "#loc+name", lambda case: case.centre.name),
            whereabouts.column("migrant"),
            Column("state", _("État"), "#status", lambda case: case.get_state_display()),
            Column("opened_on", _("Demande du"), "#date+start", lambda case: case.opened_on),
            Column("country_to", _("Pays de destination"), "#country+destination+code+v_iso2", lambda case: case.country_to),
            Column("place_to", _("Communauté de destination"), "#loc+destination", lambda case: case.place_to, usual=False),
            Column("document_valid_until", _("Document valable jusqu’au"), "#date+document", lambda case: case.document_valid_until or "", usual=False),
            Column("departed_on", _("Départ"), "#date+departure", lambda case: case.departed_on or ""),
            Column("arrived_on", _("Arrivée"), "#date+arrival", lambda case: case.arrived_on or ""),
        ),
        _exported,
        whereabouts.rows_shown("migrant"),
    )
)
