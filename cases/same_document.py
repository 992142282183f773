"""Who carries the same paper."""

import uuid

from accounts.models import User

from .duplicates import Likeness
from .models import IdentityDocument, Migrant


def holders_of(user: User, *, kind: str, country: str, number: str, exclude: uuid.UUID | None = None) -> list[Likeness]:
    """Files of any centre with this very paper (kind, country and number), as this user may see them: out of scope only that there
    is one, and where. One paper is one person, so this is as sure as can be."""
    papers = IdentityDocument.objects.numbered(number).filter(kind=kind, country=country).order_by()
    if exclude is not None:
        papers = papers.exclude(migrant=exclude)
    keys = list(papers.values_list("migrant_id", flat=True)[:5])
    if not keys:
        return []
    people = list(Migrant.objects.filter(pk__in=keys).select_related("registered_centre").with_care())
    visible = set(Migrant.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    return [
        Likeness(certainty=1.0, centre=next(iter(person.centres_now), person.registered_centre), migrant=person if person.pk in visible else None, key=person.pk)
        for person in people
    ]
