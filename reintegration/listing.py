"""The lists of reintegrations and of visits: which, in what order, and as files."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases import whereabouts
from cases.exporting import Column, Listing, register_listing
from config.countries import country_name

from .forms import FilterForm, VisitFilterForm
from .models import ReintegrationCase, Visit

ORDER = ("-opened_on", "-id")
VISIT_ORDER = ("due_on", "id")


def narrowed(found: QuerySet, chosen: dict[str, Any], case: str = "") -> QuerySet:
    """By centre and kind; `case`: the path to the reintegration."""
    return found.filter(**{f"{case}{name}": chosen[name] for name in ("centre", "kind") if name in chosen})


def cases(found: Any, chosen: dict[str, Any]) -> Any:
    """The reintegrations that the filters leave; without a state those in progress."""
    state = chosen.get("state", "")
    if not state:
        found = found.open()
    elif state != "all":
        found = found.filter(state=state)
    return narrowed(found, chosen).select_related("migrant", "centre")


def visits(found: Any, chosen: dict[str, Any]) -> Any:
    """The visits that the filters leave; without a choice those overdue."""
    found = {"": found.overdue, "soon": found.soon, "waiting": found.waiting}[chosen.get("due", "")]()
    return narrowed(found, chosen, "case__").select_related("case__migrant", "case__centre").prefetch_related("case__migrant__custodies")


def _exported_cases(user: User, query: QueryDict) -> Any:
    form = FilterForm(query, user=user)
    return cases(form.allowed(ReintegrationCase.objects.exportable_by(user)), form.chosen).order_by(*ORDER)


def _exported_visits(user: User, query: QueryDict) -> Any:
    form = VisitFilterForm(query, user=user)
    return visits(form.allowed(Visit.objects.exportable_by(user)), form.chosen).order_by(*VISIT_ORDER)


REINTEGRATIONS = register_listing(
    Listing(
        "reintegrations",
        _("Réintégrations"),
        "reintegration.reintegrationcase",
        "reintegration:list",
        "reintegration:export",
        tuple(FilterForm.base_fields),
        (
            Column("case_number", _("Numéro de dossier"), "#x_person+id", lambda case: case.migrant.case_number),
            Column("name", _("Personne"), "#x_person+name", lambda case: str(case.migrant)),
            Column("sex", _("Sexe"), "#x_person+sex", lambda case: case.migrant.get_sex_display()),
            Column("nationality", _("Nationalité (code)"), "#country+origin+code+v_iso2", lambda case: case.migrant.nationality, usual=False),
            Column("kind", _("Réintégration"), "#x_reintegration+type", lambda case: case.get_kind_display()),
            Column("enhanced", _("Renforcée"), "#x_reintegration+enhanced", lambda case: _("oui") if case.enhanced else _("non")),
            Column("centre", _("Antenne"), "#loc+name", lambda case: case.centre.name),
            Column("region", _("Région"), "#adm1+name", lambda case: case.region),
            Column("returned_from", _("Retour depuis"), "#country+from+name", lambda case: country_name(case.returned_from)),
            Column("opened_on", _("Ouvert le"), "#date+start", lambda case: case.opened_on),
            whereabouts.column("migrant"),
            Column("state", _("État"), "#status", lambda case: case.get_state_display()),
            Column("closed_on", _("Clos le"), "#date+end", lambda case: case.closed_on or ""),
        ),
        _exported_cases,
        whereabouts.rows_shown("migrant"),
    )
)

VISITS = register_listing(
    Listing(
        "visits",
        _("Visites de suivi"),
        "reintegration.visit",
        "reintegration:visits",
        "reintegration:export_visits",
        tuple(VisitFilterForm.base_fields),
        (
            Column("case_number", _("Numéro de dossier"), "#x_person+id", lambda visit: visit.case.migrant.case_number),
            Column("name", _("Personne"), "#x_person+name", lambda visit: str(visit.case.migrant)),
            Column("phone", _("Téléphone"), "#contact+phone", lambda visit: visit.case.migrant.phone, usual=False),
            whereabouts.column("case.migrant"),
            Column("month", _("Mois"), "#x_visit+month", lambda visit: visit.month),
            Column("due_on", _("Prévue le"), "#date+due", lambda visit: visit.due_on),
            Column("centre", _("Antenne"), "#loc+name", lambda visit: visit.case.centre.name),
            Column("region", _("Région"), "#adm1+name", lambda visit: visit.case.region),
        ),
        _exported_visits,
        whereabouts.rows_shown("case.migrant"),
    )
)
