"""The case file: what it shows, on screen and on paper, and who has read it."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right

from .. import as_then, whereabouts
from .. import consents as consent_texts
from ..households import households
from ..models import CARE, Consent, IdentityDocument, Migrant
from ..pages.file import page, papers, turn_to
from ..sections import FURTHER, SECTIONS, TimelineRow, tabs_of
from .agreeing import consent_words

MOST_BUTTONS = 2  # the next things to do; what else may be done is behind « Plus »


def facts_of(migrant: Migrant, *, elsewhere: bool) -> list[str]:
    facts = [migrant.age_words, migrant.get_sex_display(), migrant.nationality_name]
    return facts if elsewhere else [*facts, ", ".join(centre.name for centre in migrant.centres_now)]


def _because(label: str, migrant: Migrant) -> str:
    return f"{label} ({migrant.minor_words})" if migrant.minor_words else label


def flags_of(migrant: Migrant, *, may_write: bool, ended: datetime.datetime | None) -> list[dict[str, str]]:
    flags: list[dict[str, str]] = []
    died = migrant.died_on
    if died is not None and (ended is None or died <= timezone.localdate(ended)):
        flags.append({"label": _("personne décédée le %(day)s") % {"day": date_format(died)}, "tone": "neutral"})
    elif migrant.is_unaccompanied_minor:
        flags.append({"label": _because(migrant.alone_words, migrant), "tone": "danger"})
    elif migrant.is_minor():
        flags.append({"label": _because(_("enfant avec un adulte responsable"), migrant), "tone": "info"})
    if not may_write:
        flags.append({"label": _("lecture seule : une autre équipe suit cette personne"), "tone": "neutral"})
    return flags


def section_flags(user, migrant: Migrant) -> list[dict[str, str]]:
    """What the floors that this user may see say beside the name."""
    return [flag for section in SECTIONS.values() if allows(user, section.right, migrant) for flag in section.flags(user, migrant)]


def head_of(user, migrant: Migrant, tab: str) -> dict[str, Any]:
    """What `person_head` and the tabs above every page of a file show (with `CARE`: no query of its own)."""
    as_then.seen_by(user, [migrant])
    whereabouts.on_file(user, migrant)
    ended = migrant.care_ended(user)
    may_write = allows(user, Right.VIEW_CASE, migrant, writing=True)
    return {
        "migrant": migrant,
        "facts": facts_of(migrant, elsewhere=ended is not None),
        "flags": [*flags_of(migrant, may_write=may_write, ended=ended), *section_flags(user, migrant)],
        "tabs": tabs_of(user, migrant, tab),
        "photo_url": "" if ended else migrant.photo_url,
        "ended": ended,
        "may_write": may_write,
    }


def _sort_key(row: TimelineRow) -> datetime.datetime:
    """A day without an hour stands at its end, so that what happened that day comes below."""
    if isinstance(row.when, datetime.datetime):
        return row.when if timezone.is_aware(row.when) else timezone.make_aware(row.when)
    return timezone.make_aware(datetime.datetime.combine(row.when, datetime.time.max))


def _story(rows: Iterable[TimelineRow], ended: datetime.datetime | None) -> list[TimelineRow]:
    """Newest first; to a team that let the person go then, as far as it went."""
    story = sorted(rows, key=_sort_key, reverse=True)
    if ended is not None:
        day = timezone.localdate(ended)
        story = [row for row in story if (row.when <= ended if isinstance(row.when, datetime.datetime) else row.when <= day)]
    return story


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, select=("registered_centre", "registered_by"), prefetch=(CARE,))
def migrant(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The case file: head, what is open and due, the story."""
    user = request.user
    shown = [section for section in SECTIONS.values() if allows(user, section.right, migrant)]
    for section in shown:
        section.prepare(migrant)
    head = head_of(user, migrant, "cases")
    ended = head["ended"]
    due = [item for section in shown for item in (section.due if ended is None else section.onward)(user, migrant)]
    due.sort(key=lambda item: item.due or datetime.date.max)
    story = _story((row for section in shown for row in section.timeline(user, migrant)), ended)
    actions = sorted((action for section in shown for action in section.actions(user, migrant)), key=lambda action: action.order)
    buttons = [action for action in actions if action.order < FURTHER][:MOST_BUTTONS]
    lines = households(user, {migrant.pk: migrant.household_id}) if ended is None else {}
    known = {one.pk for line in lines.values() for one in line.members}
    on_file = papers(user, migrant)
    agreed = {paper.title for paper in on_file if paper.sort == "consent" and not paper.ended}
    context = {
        **head,
        "buttons": buttons,
        "further": [action for action in actions if action not in buttons],
        "due": due,
        "story": story,
        "after": page(user, migrant).after,
        "may_correct": allows(user, Right.REGISTER, migrant, writing=True),
        "households": lines,
        "adult_elsewhere": migrant.accompanied_by_id is not None and migrant.is_minor() and migrant.accompanied_by_id not in known and ended is None,
        "agreed": [label for value, label in Consent.Purpose.choices if value in agreed],
        "files": [paper for paper in on_file if paper.sort == "attachment"],
    }
    return render(request, "cases/migrant.html", context)


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, select=("registered_centre", "registered_by"), prefetch=(CARE,))
def older(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """A further page of a long story: what passed before what the file shows."""
    user = request.user
    head = head_of(user, migrant, "cases")
    # An address that makes no sense shows what follows the file.
    found = turn_to(user, migrant, request.GET.get("after", "")) or turn_to(user, migrant, page(user, migrant).after)
    rows = (row for section in SECTIONS.values() if allows(user, section.right, migrant) for row in section.older(user, migrant)) if found else ()
    return render(request, "cases/older.html", {**head, "story": _story(rows, head["ended"]), "after": page(user, migrant).after})


@access(
    Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.PRINTED, select=("registered_centre", "registered_by", "accompanied_by", "origin_area__parent"), prefetch=(CARE,)
)
def print_form(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The registration on paper, to be signed."""
    as_then.seen_by(request.user, [migrant])
    whereabouts.where(request.user, migrant)
    given = sorted(migrant.consents.visible_to(request.user).filter(withdrawn_at__isnull=True), key=lambda consent: Consent.Purpose.values.index(consent.purpose))
    under = migrant.accompanied_by_id is not None and migrant.is_minor()
    adult = migrant.accompanied_by if under and Migrant.objects.visible_to(request.user).filter(pk=migrant.accompanied_by_id).exists() else None
    version = given[0].text_version if given else consent_texts.CURRENT_VERSION
    context = {
        "migrant": migrant,
        "consents": given,
        "adult": adult,
        **consent_words(version),
        "refused": [label for value, label in Consent.Purpose.choices if value not in {consent.purpose for consent in given}],
        "documents": list(IdentityDocument.objects.visible_to(request.user).filter(migrant=migrant)),
        "text_version": version,
        "printed_at": timezone.now(),
        "ended": migrant.care_ended(request.user),
    }
    return render(request, "cases/print.html", context)


@access(Right.VIEW_CASE, load=Migrant, prefetch=(CARE,))
def reads(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Who has seen this file: for those who care for the person now."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    first, *others = [rows.order_by().values_list("pk") for section in SECTIONS.values() for rows in section.keys(request.user, migrant)]
    keys = [str(key) for (key,) in first.union(*others)]
    seen = ReadLog.objects.filter(rows__overlap=keys).select_related("user", "user__organisation")
    return render(request, "cases/reads.html", {"migrant": migrant, "seen": seen[:100]})
