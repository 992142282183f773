"""The tab with who the person is in full."""

from django.urls import reverse
from django.utils.translation import gettext as _

from centres.roles import Right

from .. import sections
from ..models import IdentityDocument, Migrant
from ..sections import Section, Tab


def _tabs(user, migrant: Migrant) -> list[Tab]:
    return [Tab("identity", _("Identité et documents"), reverse("cases:identity", args=[migrant.pk]), 10)]


def _keys(migrant: Migrant) -> list:
    return list(IdentityDocument.objects.filter(migrant=migrant).values_list("pk", flat=True))


sections.register(Section("identity", Right.VIEW_CASE, tabs=_tabs, keys=_keys))
