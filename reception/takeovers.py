"""A person taken over at another centre's counter is no longer in the bed they had: their stay there has ended."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.models import Migrant
from cases.takeovers import at_takeover
from centres.models import Centre

from .models import Stay
from .services import close_stay, drop


@at_takeover
def end_stay_elsewhere(actor: User, migrant: Migrant, centre: Centre) -> list[str]:
    """Who stands at this counter has left the other centre of their own will; nobody noted it there. The bed is free again, and the
    person can be admitted here. Runs inside the takeover, which has locked the person."""
    done = []
    for stay in Stay.objects.select_for_update(of=("self",)).filter(migrant=migrant, departed_at__isnull=True).exclude(centre=centre).select_related("centre"):
        close_stay(actor, stay, timezone.now(), Stay.DepartureReason.LEFT)
        done.append(_("Le séjour au centre de %(centre)s est noté comme terminé.") % {"centre": stay.centre})
    drop(actor, migrant.pk, _("Prise en charge au guichet d’un autre centre."), travelling=True, at=centre)
    return done
