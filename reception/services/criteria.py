"""The criteria of aid: published by a centre, told to the people who are there."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from cases.cleaning import clean_line, clean_text
from cases.models import Migrant
from centres.access import may
from centres.models import Centre, Service
from centres.roles import Right
from config.refusals import in_words

from ..models import AidCriteria, CriteriaTold, Stay

LONGEST_TEXT = 1500


def current_criteria(centre: Centre) -> AidCriteria | None:
    """The latest published version of the centre."""
    return AidCriteria.objects.filter(centre=centre).order_by("-version").first()


@service
def publish_criteria(*, actor: User | None, centre: Centre, texts: dict[str, dict[str, str]], seen: int) -> AidCriteria:
    """A new version for the centre; the ones before stay as they were. `seen`: the version that the actor changed (0: none).

    The same text again is no new version. Raises Stale when somebody published meanwhile, PermissionDenied, ValidationError."""
    if actor is not None and not may(actor, Right.MANAGE_CENTRE, centre):
        raise PermissionDenied
    Centre.objects.select_for_update(of=("self",)).get(pk=centre.pk)  # one version after the other
    clean = _clean(texts)
    current = current_criteria(centre)
    if current is not None and current.texts == clean:
        return current
    if (current.version if current else 0) != seen:
        raise Stale(current)
    published = AidCriteria(centre=centre, version=seen + 1, texts=clean, published_by=actor)
    with in_words(AidCriteria):
        published.save(force_insert=True)
    return published


def _clean(texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """For every kind of aid its words, in French and where there are any in the other languages of the notice."""
    clean: dict[str, dict[str, str]] = {}
    errors: dict[str, Any] = {}
    for category, label in Service.Category.choices:
        given = texts.get(category, {})
        words = {language: clean_text(text) for language, _name in settings.LANGUAGES if (text := (given.get(language) or "").strip())}
        if "fr" not in words:
            errors[f"{category}_fr"] = _("Écrivez en français les critères de : %(kind)s.") % {"kind": label}
        for language, text in words.items():
            if len(text) > LONGEST_TEXT:
                errors[f"{category}_{language}"] = _("Ce texte est trop long pour une affiche : %(most)s caractères au plus.") % {"most": LONGEST_TEXT}
        clean[category] = words
    if errors:
        raise ValidationError(errors)
    return clean


@service
def tell_criteria(*, actor: User, criteria: AidCriteria, people: Iterable[uuid.UUID], language: str, how: str, witness: str = "", key: uuid.UUID) -> int:
    """These people of the centre were told of its criteria just now. Returns how many were noted.

    Whoever was told of this version already, or isn't at the centre, is passed over: the same list twice is one list. Raises Stale when
    another version was published since, PermissionDenied, ValidationError."""
    centre = criteria.centre
    if not may(actor, Right.RECEIVE, centre):
        raise PermissionDenied
    if (current := current_criteria(centre)) != criteria:
        raise Stale(current)
    witness = clean_line(witness) if how == CriteriaTold.How.WITNESS else ""
    if how == CriteriaTold.How.WITNESS and not witness:
        raise ValidationError({"witness": _("Écrivez le nom du témoin.")})
    here = Stay.objects.visible_to(actor).open().at(centre).filter(migrant__in=list(people)).values("migrant")
    list(Migrant.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=here).order_by("pk").values_list("pk"))
    found = Migrant.objects.filter(pk__in=here).order_by("pk")  # read once they are locked: an admission may be taken back meanwhile
    had = set(CriteriaTold.objects.filter(criteria=criteria, migrant__in=here).values_list("migrant_id", flat=True))
    now = timezone.now()
    told = [
        CriteriaTold(
            id=uuid.uuid5(key, f"{criteria.pk} {person.pk}"), migrant=person, criteria=criteria, language=language, how=how, witness=witness, told_at=now, told_by=actor
        )
        for person in found
        if person.pk not in had
    ]
    for one in told[:1]:
        one.clean_fields(exclude=["migrant", "criteria", "told_by"])
    CriteriaTold.objects.bulk_create(told, ignore_conflicts=True)
    return CriteriaTold.objects.filter(pk__in=[one.pk for one in told]).count()
