"""The menu entry, the home cards and what stands in the case file from notes, agreements and attachments."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, DateTimeField, ExpressionWrapper, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.access import allows, centres_for
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right
from config.countries import country_name
from config.days import midnight

from .. import sections, whereabouts
from ..models import Attachment, Consent, IdentityDocument, Migrant, Note
from ..sections import Action, DueItem, Section, TimelineRow

MOST_ON_FILE = 300  # papers on one page of it
BETWEEN = "~"
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


@dataclass(frozen=True)
class Page:
    """Papers that are read together. `after`: where the next page of older ones begins; empty where there is none."""

    papers: list[Paper]
    after: str


# What other modules put among them: each is given (user, person, columns) and yields further parts of the same one query: half the time of a
# file is spent on writing this query down, so a part that is known to be empty is not begun.
PAPER_SOURCES: list[Callable[[Any, Migrant, Callable[..., Any]], Iterator[Any]]] = []


def page(user, migrant: Migrant) -> Page:
    """The notes, agreements, attachments, papers of identity … that the user may see: one query, asked once for a loaded person. What the
    file decides by (agreements, assessments, referrals …) comes before what merely passed (ordinary notes, beds, roll-calls), each newest
    first: however long a file is, its first page knows the former."""
    kept: dict[Any, Page] = migrant.__dict__.setdefault("_papers", {})
    if user.pk not in kept:
        kept[user.pk] = _read(user, migrant)
    return kept[user.pk]


def papers(user, migrant: Migrant) -> list[Paper]:
    return page(user, migrant).papers


def turn_to(user, migrant: Migrant, after: str) -> bool:
    """From here on `papers` are those of the page that begins after this place (`Page.after`). False for a place that makes no sense."""
    passing, at, sort, key = [*after.split(BETWEEN, 3), "", "", ""][:4]
    try:
        moment = parse_datetime(at)
    except ValueError:
        moment = None
    if passing not in ("0", "1") or moment is None or timezone.is_naive(moment):
        return False
    older = Q(c_at__lt=moment) | Q(c_at=moment) & (Q(c_sort__lt=sort) | Q(c_sort=sort, c_key__lt=key))
    migrant.__dict__["_papers"] = {user.pk: _read(user, migrant, Q(c_passing=True) & older if passing == "1" else Q(c_passing=True) | older)}
    return True


def _words(what: Any) -> Any:
    """A column of words: all parts of the query have it of one type, a field of words as it is."""
    return F(what) if isinstance(what, str) else Cast(what, TextField())


def _read(user, migrant: Migrant, beyond: Q | None = None) -> Page:
    def columns(queryset, by: str, sort: Any, at: str, title: Any, text: Any, ended: Any = None, *, person: str = "migrant", passing: Any = False):
        """`by`: who wrote it ("": the row doesn't say); `person`: the path to the person; `passing`: nothing on the file is decided by it."""
        made = queryset.filter(**{person: migrant.pk}).order_by()  # one query for all, however many sorts of paper there are
        first, last, login = (F(f"{by}__{name}") if by else Value("", TextField()) for name in ("first_name", "last_name", "username"))
        made = made.annotate(
            c_passing=Value(passing) if isinstance(passing, bool) else passing,
            c_sort=_words(sort),
            c_key=Cast("pk", TextField()),
            c_at=F(at) if isinstance(at, str) else Cast(at, DateTimeField()),
            c_title=_words(title),
            c_text=_words(text),
            c_first=first,
            c_last=last,
            c_login=login,
            c_ended=Cast(ended or Value(None), DateTimeField()),
        )
        return made.filter(beyond or Q()).values_list("c_passing", "c_sort", "c_key", "c_at", "c_title", "c_text", "c_first", "c_last", "c_login", "c_ended")

    ordinary = ExpressionWrapper(Q(kind=Note.Kind.ORDINARY), BooleanField())
    notes = columns(Note.objects.on_file_of(migrant).visible_to(user), "written_by", "kind", "written_at", Value(""), "text", passing=ordinary)
    agreements = columns(Consent.objects.on_file_of(migrant).visible_to(user), "taken_by", Value("consent"), "given_at", "purpose", "method", "withdrawn_at")
    files = columns(Attachment.objects.on_file_of(migrant).visible_to(user), "added_by", Value("attachment"), "added_at", "title", "media_type")
    documents = columns(IdentityDocument.objects.on_file_of(migrant).visible_to(user), "added_by", Value("document"), "added_at", "kind", "country")
    others = [part for source in PAPER_SOURCES for part in source(user, migrant, columns)]
    every = notes.union(agreements, files, documents, *others, all=True).order_by("c_passing", "-c_at", "-c_sort", "-c_key")
    rows = list(every[: MOST_ON_FILE + 1])
    here = rows[:MOST_ON_FILE]
    found = [
        Paper(sort, key, at, title, text, f"{first or ''} {last or ''}".strip() or login or "", ended)
        for _p, sort, key, at, title, text, first, last, login, ended in here
    ]
    if len(rows) == len(here):
        return Page(found, "")
    passing, sort, key, at, *_rest = here[-1]
    return Page(found, BETWEEN.join((str(int(passing)), at.isoformat(), sort, key)))


def _timeline(user, migrant: Migrant) -> list[TimelineRow]:
    at_registration = {paper.title for paper in papers(user, migrant) if paper.sort == "consent" and paper.at == migrant.registered_at}
    detail = (
        _("D’accord pour : %(purposes)s.") % {"purposes": ", ".join(str(label) for value, label in Consent.Purpose.choices if value in at_registration)}
        if at_registration
        else ""
    )
    who = str(migrant.registered_by) if migrant.registered_by_id else ""
    return [*_paper_rows(user, migrant), TimelineRow(migrant.registered_at, _("Enregistrement à %(centre)s") % {"centre": migrant.registered_centre}, detail, who=who)]


def _paper_rows(user, migrant: Migrant) -> list[TimelineRow]:
    purposes, methods = dict(Consent.Purpose.choices), dict(Consent.Method.choices)
    kinds = dict(IdentityDocument.Kind.choices)
    rows = []
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
            if paper.at != migrant.registered_at:
                rows.append(TimelineRow(paper.at, _("Accord donné : %(purpose)s") % {"purpose": purpose}, str(methods.get(paper.text, "")), who=paper.who))
            if paper.ended:
                rows.append(TimelineRow(paper.ended, _("Accord retiré : %(purpose)s") % {"purpose": purpose}))
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
    whereabouts.mark(request.user, first)
    here = marked.filter(present=True)[: MOST_COUNTED + 1].count()
    return {"people": first, "here": here, "total": alone[: MOST_COUNTED + 1].count(), "most": MOST_COUNTED, "url": reverse("cases:migrants") + "?alone=on"}


add_to_menu(Entry(gettext_lazy("Personnes"), "cases:migrants", (Right.VIEW_CASE,), 10, "migrants"))
add_to_home(
    HomeCard("cases/home_register.html", (Right.REGISTER, Right.VIEW_HEALTH), 10, _register_card),
    HomeCard("cases/home_minors.html", (Right.VIEW_PROTECTION,), 20, _minors_card),
)


def _keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [Migrant.objects.filter(pk=migrant.pk), Attachment.objects.filter(migrant=migrant)]


sections.register(Section("cases", Right.VIEW_CASE, timeline=_timeline, older=_paper_rows, due=_due, actions=_actions, keys=_keys))
