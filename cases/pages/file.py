"""The menu entry, the home cards and what stands in the case file from notes, agreements and attachments."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.access import allows, centres_for
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right
from config.countries import country_name
from config.days import midnight

from .. import sections
from ..models import Attachment, Consent, IdentityDocument, Migrant, Note
from ..sections import Action, DueItem, Section, TimelineRow

MOST_ON_FILE = 300
MOST_COUNTED = 1000  # counting on costs more than it tells


@dataclass(frozen=True)
class Paper:
    """A note, an agreement, an attachment or a paper of identity on a person's file."""

    sort: str
    key: str
    at: datetime.datetime
    title: str
    text: str
    who: str
    ended: datetime.datetime | None


# What other modules put among them: each is given (user, person, columns) and yields further parts of the same one query: half the time of a
# file is spent on writing this query down, so a part that is known to be empty is not begun.
PAPER_SOURCES: list[Callable[[Any, Migrant, Callable[..., Any]], Iterator[Any]]] = []


def papers(user, migrant: Migrant) -> list[Paper]:
    """All notes, agreements, attachments and papers of identity that the user may see, newest first: one query, asked once for a loaded person."""
    kept: dict[Any, list[Paper]] = migrant.__dict__.setdefault("_papers", {})
    if user.pk not in kept:
        kept[user.pk] = _read_papers(user, migrant)
    return kept[user.pk]


def _words(what: Any) -> Any:
    """A column of words: all parts of the query have it of one type, a field of words as it is."""
    return F(what) if isinstance(what, str) else Cast(what, TextField())


def _read_papers(user, migrant: Migrant) -> list[Paper]:
    def columns(queryset, by: str, sort: Any, at: str, title: Any, text: Any, ended: Any = None, *, person: str = "migrant"):
        """`by`: who wrote it ("": the row doesn't say); `person`: the path to the person."""
        made = queryset.filter(**{person: migrant.pk}).order_by()  # one query for all, however many sorts of paper there are
        first, last, login = (F(f"{by}__{name}") if by else Value("", TextField()) for name in ("first_name", "last_name", "username"))
        return made.annotate(
            c_sort=_words(sort),
            c_key=Cast("pk", TextField()),
            c_at=F(at) if isinstance(at, str) else Cast(at, DateTimeField()),
            c_title=_words(title),
            c_text=_words(text),
            c_first=first,
            c_last=last,
            c_login=login,
            c_ended=Cast(ended or Value(None), DateTimeField()),
        ).values_list("c_sort", "c_key", "c_at", "c_title", "c_text", "c_first", "c_last", "c_login", "c_ended")

    notes = columns(Note.objects.on_file_of(migrant).visible_to(user), "written_by", "kind", "written_at", Value(""), "text")
    agreements = columns(Consent.objects.on_file_of(migrant).visible_to(user), "taken_by", Value("consent"), "given_at", "purpose", "method", "withdrawn_at")
    files = columns(Attachment.objects.on_file_of(migrant).visible_to(user), "added_by", Value("attachment"), "added_at", "title", "media_type")
    documents = columns(IdentityDocument.objects.on_file_of(migrant).visible_to(user), "added_by", Value("document"), "added_at", "kind", "country")
    others = [part for source in PAPER_SOURCES for part in source(user, migrant, columns)]
    rows = notes.union(agreements, files, documents, *others, all=True).order_by("-c_at")[:MOST_ON_FILE]
    return [
        Paper(sort, key, at, title, text, f"{first or ''} {last or ''}".strip() or login or "", ended) for sort, key, at, title, text, first, last, login, ended in rows
    ]


def _timeline(user, migrant: Migrant) -> list[TimelineRow]:
    purposes, methods = dict(Consent.Purpose.choices), dict(Consent.Method.choices)
    kinds = dict(IdentityDocument.Kind.choices)
    rows, at_registration = [], set()
    for paper in papers(user, migrant):
        if paper.sort == Note.Kind.ORDINARY:
            rows.append(TimelineRow(paper.at, _("Note"), paper.text, who=paper.who))
        elif paper.sort == Note.Kind.PROTECTION:
            rows.append(TimelineRow(paper.at, _("Note de protection"), paper.text, who=paper.who, chip={"label": _("protection"), "tone": "warn"}))
        elif paper.sort == "attachment":
            rows.append(TimelineRow(paper.at, _("Pièce jointe : %(title)s") % {"title": paper.title}, url=reverse("cases:attachment", args=[paper.key]), who=paper.who))
        elif paper.sort == "document":
            if paper.at != migrant.registered_at:
                kind = str(kinds.get(paper.title, paper.title))
                rows.append(TimelineRow(paper.at, _("Document d’identité noté : %(kind)s") % {"kind": kind}, country_name(paper.text), who=paper.who))
        elif paper.sort == "consent":
            purpose = str(purposes.get(paper.title, paper.title))
            if paper.at == migrant.registered_at:
                at_registration.add(paper.title)
            else:
                rows.append(TimelineRow(paper.at, _("Accord donné : %(purpose)s") % {"purpose": purpose}, str(methods.get(paper.text, "")), who=paper.who))
            if paper.ended:
                rows.append(TimelineRow(paper.ended, _("Accord retiré : %(purpose)s") % {"purpose": purpose}))
    detail = (
        _("D’accord pour : %(purposes)s.") % {"purposes": ", ".join(str(label) for value, label in Consent.Purpose.choices if value in at_registration)}
        if at_registration
        else ""
    )
    who = str(migrant.registered_by) if migrant.registered_by_id else ""
    rows.append(TimelineRow(migrant.registered_at, _("Enregistrement à %(centre)s") % {"centre": migrant.registered_centre}, detail, who=who))
    return rows


def _withdrawn(user, migrant: Migrant) -> bool:
    """Has the person taken back the agreement to be registered?"""
    registration = [paper for paper in papers(user, migrant) if paper.sort == "consent" and paper.title == Consent.Purpose.REGISTRATION]
    return bool(registration) and all(paper.ended for paper in registration)


def _due(user, migrant: Migrant) -> list[DueItem]:
    rows = []
    if _withdrawn(user, migrant):
        rows.append(
            DueItem(
                _("L’accord pour l’enregistrement a été retiré"),
                _("N’ajoutez rien à ce dossier sans un nouvel accord de la personne."),
                reverse("cases:consents", args=[migrant.pk]),
                "danger",
            )
        )
    return rows


def _actions(user, migrant: Migrant) -> list[Action]:
    found = []
    if _withdrawn(user, migrant):  # the callout says what may still be done
        return found
    if allows(user, Right.VIEW_CASE, migrant, writing=True):
        found.append(Action(_("Ajouter une note"), reverse("cases:note", args=[migrant.pk]), 25))
    if allows(user, Right.REGISTER, migrant, writing=True):
        found.append(Action(_("Corriger l’identité"), reverse("cases:edit", args=[migrant.pk]), 70))
        found.append(Action(_("Carte"), reverse("cases:card", args=[migrant.pk]), 70))
    return found


def _register_card(request) -> dict[str, Any]:
    """The search box; for those who register, the way to a new file and how many were registered today."""
    centres = centres_for(request.user, Right.REGISTER)
    if not centres:
        return {}
    registered = Migrant.objects.visible_to(request.user).filter(registered_at__gte=midnight(timezone.localdate()), registered_centre__in=centres).count()
    return {"today": registered}


PRESENCE: list[Callable[[], Any]] = []  # an expression over people: is this one at a centre now? Registered by the floor that knows


def _minors_card(request) -> dict[str, Any]:
    """Children alone in the care of the user's centres, the latest first."""
    centres = centres_for(request.user, Right.VIEW_PROTECTION)
    alone = Migrant.objects.visible_to(request.user).unaccompanied_minors().in_care_of_any(centres)
    # Those who sleep in a centre come first; where somebody sleeps is known above.
    present = PRESENCE[0]() if PRESENCE else Value(False)
    marked = alone.annotate(present=present)
    first = list(marked.order_by("-present", "-registered_at", "-id").with_care()[:10])
    here = marked.filter(present=True)[: MOST_COUNTED + 1].count()
    return {"people": first, "here": here, "total": alone[: MOST_COUNTED + 1].count(), "most": MOST_COUNTED, "url": reverse("cases:migrants") + "?alone=on"}


add_to_menu(Entry(gettext_lazy("Personnes"), "cases:migrants", (Right.VIEW_CASE,), 10, "migrants"))
add_to_home(
    HomeCard("cases/home_register.html", (Right.REGISTER, Right.VIEW_HEALTH), 10, _register_card),
    HomeCard("cases/home_minors.html", (Right.VIEW_PROTECTION,), 20, _minors_card),
)


def _keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [Migrant.objects.filter(pk=migrant.pk), Attachment.objects.filter(migrant=migrant)]


sections.register(Section("cases", Right.VIEW_CASE, timeline=_timeline, due=_due, actions=_actions, keys=_keys))
