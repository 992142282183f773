"""What the reception adds to the page where a bus or a family is registered: how many of those who came are written down, and the way to
their admission."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import sections
from cases.models import Migrant, RegistrationGroup
from cases.sections import DueItem, Section
from centres.roles import Right

from . import occupancy
from .models import ExpectedGroup


def _group(user: Any, group: RegistrationGroup) -> list[DueItem]:
    found = []
    if announced := ExpectedGroup.objects.filter(pk=group.pk, centre=group.centre_id, number_came__gt=0).first():
        url, n = reverse("reception:expected_group", args=[announced.pk]), announced.registered_now
        words = ngettext("%(n)s enregistrée sur %(total)s.", "%(n)s enregistrées sur %(total)s.", n) % {"n": n, "total": announced.number_came}
        found.append(DueItem(words, _("Voir l’annonce"), url))
    waiting = occupancy.to_admit(group.centre).filter(migrant=OuterRef("pk"))
    if outside := Migrant.objects.visible_to(user).filter(Exists(waiting), registration_group=group.pk).count():
        words = ngettext("%(n)s personne n’est pas encore admise.", "%(n)s personnes ne sont pas encore admises.", outside) % {"n": outside}
        url = f"{reverse('reception:arrivals', args=[group.centre.code])}?group={group.pk}"
        found.append(DueItem(words, ngettext("L’admettre", "Les admettre", outside), url))
    return found


sections.register(Section("reception_group", Right.RECEIVE, group=_group))
