"""What several pages of the reception share."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from cases.models import Migrant

PEOPLE = "cases.migrant"


class KnownLength(Paginator):
    """Pages of a list whose length is known already (None: it is counted)."""

    def __init__(self, rows: Any, per_page: int, length: int | None = None):
        super().__init__(rows, per_page)
        if length is not None:
            self.__dict__["count"] = length


class CountedWithPage(Paginator):
    """Pages of a short list, read whole in the one query that also tells how long it is: what a filter leaves is worth no second one."""

    def __init__(self, rows: Any, per_page: int):
        super().__init__(list(rows), per_page)


def sent_before() -> str:
    return _("Ce formulaire a déjà servi pour autre chose. Rechargez la page, puis recommencez.")


def find_person(request: HttpRequest, pk: uuid.UUID) -> Migrant:
    """The person, if in the user's scope; else there is no such page."""
    return get_object_or_404(Migrant.objects.visible_to(request.user), pk=pk)
