"""Where a person is, beside the name and at the head of their pages (cases.whereabouts)."""

from typing import Any

from django import template

from cases import whereabouts
from cases.models import Migrant

register = template.Library()


@register.inclusion_tag("components/chip.html")
def where_chip(person: Migrant):
    """Beside the name in a list whose view has asked (`whereabouts.mark`): what is said of somebody who is not just where they sleep."""
    where = person.where
    return {"chip": {"label": where.words, "tone": where.tone} if where is not None and where.is_away else None}


@register.inclusion_tag("components/where.html", takes_context=True)
def where_now(context: template.Context, person: Migrant) -> dict[str, Any]:
    """At the head of a page about one person."""
    return {"where": whereabouts.where(context["request"].user, person)}
