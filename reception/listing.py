"""Who is in the centres now, as a file."""

from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases import whereabouts
from cases.exporting import Column, Listing, register_listing

from .models import Stay


def _exported(user: User, query: QueryDict) -> Any:
    stays = Stay.objects.exportable_by(user).open().select_related("migrant", "centre").with_bed(user)
    return (stays.filter(centre__code=query["centre"]) if query.get("centre") else stays).order_by("-arrived_at", "-id")


STAYS = register_listing(
    Listing(
        "stays",
        _("Personnes présentes"),
        "reception.stay",
        "reception:centres",
        "reception:export",
        ("centre",),
        (
            Column("case_number", _("Numéro de dossier"), "#x_person+id", lambda stay: stay.migrant.case_number),
            Column("name", _("Personne"), "#x_person+name", lambda stay: str(stay.migrant)),
            Column("sex", _("Sexe"), "#x_person+sex", lambda stay: stay.migrant.get_sex_display()),
            Column("age", _("Âge"), "#x_person+age", lambda stay: stay.migrant.age(timezone.localdate())),
            Column("nationality", _("Nationalité (code)"), "#country+origin+code+v_iso2", lambda stay: stay.migrant.nationality),
            Column("centre", _("Centre"), "#loc+name", lambda stay: stay.centre.name),
            Column("arrived_at", _("Arrivée"), "#date+arrival", lambda stay: timezone.localdate(stay.arrived_at)),
            Column("origin", _("Comment la personne est venue"), "#x_arrival+type", lambda stay: stay.get_origin_display()),
            Column("bed", _("Lit"), "#x_bed", lambda stay: stay.bed_said),
            whereabouts.column("migrant"),
        ),
        _exported,
        whereabouts.rows_shown("migrant"),
    )
)
