"""Incidents: noted, followed up, closed, opened again."""

import datetime
import uuid
from collections.abc import Callable, Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases.cleaning import clean_line, clean_text
from cases.models import Custody, Migrant
from centres.access import allows, centres_for, may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from ..models import Alert, Incident, IncidentFollowUp, IncidentPerson
from .checks import check_alerts
from .stays import digest_of, lock_person

MOST_PEOPLE = 50  # whom one incident names
LATEST = datetime.timedelta(days=366)  # for a look again
FOLLOWS = (Right.RECEIVE, Right.MANAGE_CENTRE, Right.VIEW_PROTECTION)


def _cleaned(text: str, name: str, clean: Callable[[str], str] = clean_text) -> str:
    try:
        return clean(text)
    except ValidationError as error:
        raise ValidationError({name: error}) from error


def _followed(actor: User, keys: list[uuid.UUID]) -> int:
    """How many of these people the actor's centres follow now: of those they let go nothing new is written here."""
    here = Exists(Custody.objects.filter(migrant=OuterRef("pk"), centre__in=centres_for(actor, Right.VIEW_CASE), until__isnull=True))
    return Migrant.objects.visible_to(actor).filter(here, pk__in=keys).count()


@service
def note_incident(
    *,
    actor: User,
    centre: Centre,
    id: uuid.UUID,
    kind: str,
    severity: str,
    what: str,
    aid: str = "",
    measures: str = "",
    people: Iterable[Migrant] = (),
    happened_at: datetime.datetime | None = None,
    due_on: datetime.date | None = None,
    due_who: str = "",
) -> tuple[Incident, bool]:
    """Writes down what happened at the centre. Returns (incident, was it made now?). A tension may raise an alert.

    The same `id` with the same content gives the same incident, with other content raises SameKeyOtherContent.
    Raises PermissionDenied (no right at the centre, or somebody is not in the actor's scope), ValidationError."""
    keys = sorted({person.pk for person in people})
    if not may(actor, Right.RECEIVE, centre) or _followed(actor, keys) != len(keys):
        raise PermissionDenied
    now = timezone.now()
    incident = Incident(
        id=id,
        centre=centre,
        kind=kind,
        aid=aid if kind in Incident.TENSIONS else "",
        severity=severity,
        what=_cleaned(what, "what"),
        measures=_cleaned(measures, "measures"),
        happened_at=happened_at or now,
        due_on=due_on,
        due_who=_cleaned(due_who, "due_who", clean_line),
        reported_by=actor,
        reported_at=now,
    )
    said = (incident.kind, incident.aid, incident.severity, incident.what, incident.measures, happened_at, due_on, incident.due_who)
    incident.digest = digest_of(centre.pk, *said, *keys)
    lock_key(id)
    if existing := Incident.objects.filter(pk=id).select_related("centre").first():
        if (existing.reported_by_id, existing.digest) != (actor.pk, incident.digest):
            raise SameKeyOtherContent
        return existing, False
    if len(keys) > MOST_PEOPLE:
        raise ValidationError({"people": _("Un incident nomme %(most)s personnes au plus.") % {"most": MOST_PEOPLE}})
    for key in keys:  # in their order, so that nobody waits in a circle
        lock_person(key)
    if incident.happened_at > now:
        raise ValidationError({"happened_at": _("Ce moment n’est pas encore venu.")})
    if centre.functional_since and timezone.localdate(incident.happened_at) < centre.functional_since:
        raise ValidationError({"happened_at": _("Le centre n’était pas encore ouvert ce jour-là. Vérifiez l’année.")})
    _check_due(due_on)
    if kind == Incident.Kind.TENSION_AID and not incident.aid:
        raise ValidationError({"aid": _("Dites de quelle aide il s’agit.")})
    incident.clean_fields(exclude=["centre", "reported_by"])
    with in_words(Incident):
        incident.save(force_insert=True)
    IncidentPerson.objects.bulk_create(IncidentPerson(incident=incident, migrant_id=key, added_at=now) for key in keys)
    if kind in Incident.TENSIONS:
        check_alerts(actor=actor, centre=centre, kinds=[Alert.Kind.TENSION])  # cheap, and the third fight about one thing is told at once
    return incident, True


def _check_due(due_on: datetime.date | None) -> None:
    if due_on is not None and due_on < timezone.localdate():
        raise ValidationError({"due_on": _("Ce jour est passé. Choisissez aujourd’hui ou un jour à venir.")})
    if due_on is not None and due_on > timezone.localdate() + LATEST:
        raise ValidationError({"due_on": _("Ce jour est trop loin : choisissez un jour des douze prochains mois.")})


@service
def follow_incident(
    *,
    actor: User,
    incident: Incident,
    id: uuid.UUID,
    text: str,
    step: str = IncidentFollowUp.Step.NOTE,
    due_on: datetime.date | None = None,
    due_who: str = "",
    version: int | None = None,
) -> IncidentFollowUp:
    """Adds a dated step: what was done, when it is looked at again and by whom; or the closing, whose text is the outcome; or opens it again.

    The same `id` again is one step, with other content SameKeyOtherContent. `version` is that of the incident the user saw: raises Stale
    if somebody wrote since. Raises PermissionDenied, ValidationError."""
    lock_key(id)
    incident = Incident.objects.select_for_update(of=("self",)).select_related("centre", "closed_by").get(pk=incident.pk)
    if not any(allows(actor, right, incident, writing=True) for right in FOLLOWS) or not Incident.objects.visible_to(actor).filter(pk=incident.pk).exists():
        raise PermissionDenied
    text = _cleaned(text, "text")
    if existing := IncidentFollowUp.objects.filter(pk=id).first():
        same = (existing.incident_id, existing.step, existing.text, existing.written_by_id) == (incident.pk, step, text, actor.pk)
        # When it is looked at again stands on the incident: the last step's word, until somebody writes a later one.
        if same and step != IncidentFollowUp.Step.CLOSED and incident.follow_ups.order_by("-written_at").first() == existing:
            same = (incident.due_on, incident.due_who) == (due_on, _cleaned(due_who, "due_who", clean_line))
        if not same:
            raise SameKeyOtherContent
        return existing
    if version is not None and incident.version != version:
        raise Stale(incident)
    if not text:
        raise ValidationError({"text": _("Écrivez ce qui a été fait.")})
    if incident.is_open == (step == IncidentFollowUp.Step.REOPENED):
        raise ValidationError(_("Cet incident est déjà ouvert.") if incident.is_open else _("Cet incident est clos. Rouvrez-le pour écrire une suite."))
    follow_up = IncidentFollowUp(id=id, incident=incident, step=step, text=text, written_by=actor)
    follow_up.clean_fields(exclude=["incident", "written_by"])
    if step == IncidentFollowUp.Step.CLOSED:
        incident.closed_at, incident.closed_by, incident.outcome = follow_up.written_at, actor, text
        incident.due_on, incident.due_who = None, ""
    else:
        if due_on != incident.due_on:
            _check_due(due_on)
        incident.closed_at, incident.closed_by, incident.outcome = None, None, ""
        incident.due_on, incident.due_who = due_on, _cleaned(due_who, "due_who", clean_line)
    incident.version += 1
    incident.clean_fields(exclude=["centre", "reported_by", "closed_by"])
    with in_words(Incident):
        incident.save(update_fields=["closed_at", "closed_by", "outcome", "due_on", "due_who", "version"])
    follow_up.save(force_insert=True)
    return follow_up
