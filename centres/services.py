"""Writes about places and postings."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service

from . import access
from .models import Centre, Posting
from .roles import CENTRE_ONLY, FILE_ROLES, NATIONAL_ONLY, ROLE_ORGANISATIONS, TWO_PERSON_ROLES, WITH_FILES_OF_A_CENTRE, Right, Role, incompatible


def _may_post(actor: User, centre: Centre | None, role: Role) -> bool:
    """Administrators post anybody; a manager posts agents to their own centre."""
    if access.may(actor, Right.MANAGE_USERS):
        return True
    return centre is not None and role == Role.CENTRE_AGENT and access.may(actor, Right.POST_STAFF, centre)


def open_roles(user: User) -> list[Role]:
    """The roles that this person may be given at all, somewhere: open to their organisation, and with what they have now. Whether one goes with a
    centre and with dates, `post` says."""
    postings = list(Posting.objects.filter(user=user).exclude(until__lt=timezone.localdate()))
    held = [(one.role, one.centre_id) for one in postings]
    had = {one.role for one in postings if one.centre_id is None and one.until is None} & NATIONAL_ONLY  # for the whole country, without an end: nothing to add
    return [
        role
        for role in Role
        if role not in had and _open_to(role, user) and any(not any(incompatible((role, where), one) for one in held) for where in _places(role, held))
    ]


def _open_to(role: Role, user: User) -> bool:
    allowed = ROLE_ORGANISATIONS[role]
    return allowed is None or user.organisation.kind in allowed


def _places(role: Role, held: list[tuple[str, int | None]]) -> list[int | None]:
    """Nationally, or at a centre (which one makes no difference to what goes together)."""
    anywhere = next((centre for _role, centre in held if centre is not None), -1)
    return [*([] if role in CENTRE_ONLY else [None]), *([] if role in NATIONAL_ONLY else [anywhere])]


def _compatible(posting: Posting) -> bool:
    """Does the role go with what this user has already? Returns whether it is the exception that two administrators must decide.
    Raises ValidationError in words. The database refuses the same (`posting_compatible`)."""
    others = Posting.objects.filter(user=posting.user_id).exclude(pk=posting.pk).exclude(until__lt=posting.since)
    if posting.until is not None:
        others = others.exclude(since__gt=posting.until)
    exception = False
    for other in others:
        pair = {Role(posting.role), Role(other.role)}
        if incompatible((posting.role, posting.centre_id), (other.role, other.centre_id)):
            words = _(
                "« %(role)s » ne va pas avec « %(other)s », que cette personne a déjà : qui tient les comptes, contrôle ou juge les chiffres ne lit pas les dossiers."
            )
            raise ValidationError({"role": words % {"role": posting.get_role_display(), "other": other.get_role_display()}}, code="posting_compatible")
        exception = exception or bool(pair & WITH_FILES_OF_A_CENTRE and pair & FILE_ROLES)
    return exception


@service
def post(*, actor: User | None, user: User, role: Role, centre: Centre | None, since: datetime.date | None = None, until: datetime.date | None = None) -> Posting:
    """Gives a user a role at a centre, or nationally. `actor` None: the installation itself (first accounts, demonstration).

    Nobody gives themselves a role, and no administrator alone gives one that reads files or manages accounts: such a posting
    waits until another administrator confirms it. A manager's agent at their own centre begins at once.
    Raises ValidationError (words for the form), PermissionDenied."""
    if actor is not None and not _may_post(actor, centre, role):
        raise PermissionDenied
    if not _open_to(role, user):
        raise ValidationError({"role": _("Ce rôle n’est pas ouvert à l’organisation de cette personne (%(organisation)s).") % {"organisation": user.organisation}})
    posting = Posting(user=user, role=role, centre=centre, since=since or timezone.localdate(), until=until, created_by=actor)
    User.objects.select_for_update().only("pk").get(pk=user.pk)  # two at once: the second sees what the first gave
    exception = _compatible(posting)
    administrator = actor is not None and access.may(actor, Right.MANAGE_USERS)
    if exception and actor is not None and not administrator:
        raise ValidationError({"role": _("Cette personne fait du suivi-évaluation : un administrateur doit proposer ce rôle, et un second le confirmer.")})
    if actor is None or (actor.pk != user.pk and not (administrator and (role in TWO_PERSON_ROLES or exception))):
        posting.confirmed_at = timezone.now()
        posting.confirmed_by = actor
    posting.full_clean()
    posting.save()
    access.sync_grants(user)
    return posting


@service
def confirm_posting(*, actor: User, posting: Posting) -> Posting:
    """A second administrator agrees to a role that somebody asked for themselves, or an administrator for somebody else.

    Raises PermissionDenied; ValidationError when the person has another role by now that does not go with it."""
    posting = Posting.objects.select_for_update().get(pk=posting.pk)
    if posting.confirmed_at is not None:
        return posting
    if not access.may(actor, Right.MANAGE_USERS) or actor.pk in (posting.user_id, posting.created_by_id):
        raise PermissionDenied
    _compatible(posting)
    posting.confirmed_by, posting.confirmed_at = actor, timezone.now()
    posting.save(update_fields=["confirmed_by", "confirmed_at"])
    access.sync_grants(posting.user)
    return posting


@service
def end_posting(*, actor: User, posting: Posting, until: datetime.date | None = None) -> Posting:
    """Ends a posting: from `until` (yesterday: at once) on it gives no right. Raises PermissionDenied, ValidationError."""
    posting = Posting.objects.select_for_update().get(pk=posting.pk)
    if not _may_post(actor, posting.centre, Role(posting.role)):
        raise PermissionDenied
    last_day = until or timezone.localdate() - datetime.timedelta(days=1)
    posting.until = last_day
    posting.since = min(posting.since, last_day)
    posting.full_clean()
    posting.save(update_fields=["until", "since"])
    access.sync_grants(posting.user)
    return posting


@service
def end_postings(*, actor: User | None) -> int:
    """Takes back the grants of every posting that ended lately. Returns how many users were looked at."""
    week_ago = timezone.localdate() - datetime.timedelta(days=7)
    users = User.objects.filter(postings__until__gte=week_ago, postings__until__lt=timezone.localdate()).distinct()
    for user in users:
        access.sync_grants(user)
    return len(users)
