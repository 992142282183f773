"""Writes about accounts and roles, with the rules of the access design: nobody gives themselves a role, no administrator alone
opens a way to the files, nobody locks themselves out, and there is always an administrator."""

import datetime
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from accounts.models import Organisation, User
from audit.acting import Stale, service
from centres import access
from centres import services as centres
from centres.models import Centre, Posting
from centres.roles import ROLE_ORGANISATIONS, Right, Role
from config.refusals import in_words

from .models import AccessRequest, AccountAct

FIELDS = ("first_name", "last_name", "email", "organisation", "language")
# No letter or digit that looks like another one, so that a password can be read out or copied by hand.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
HOUR = datetime.timedelta(hours=1)
MOST_RESETS_BY_ONE, MOST_RESETS_OF_ONE = 20, 3  # in an hour
# For so long whoever was given access by an administrator cannot confirm a role for that administrator.
INDEPENDENCE = datetime.timedelta(days=30)
ADMINISTRATORS_NEEDED = 2  # to confirm one another; below, the installation may open another one


# --- what the rules ask --------------------------------------------------------------------------------------------


def _must(actor: User) -> None:
    if not access.may(actor, Right.MANAGE_USERS):
        raise PermissionDenied


def _not_oneself(actor: User, user: User, words: str) -> None:
    if actor.pk == user.pk:
        raise ValidationError(words)


def _lock(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=user.pk)


def _reason(words: str) -> str:
    words = " ".join(words.split())
    if len(words) < 5:
        raise ValidationError({"reason": _("Écrivez le motif en quelques mots : il reste dans l’historique.")})
    return words[:300]


def _write_down(actor: User | None, user: User, kind: AccountAct.Kind, reason: str = "", confirmed_by: User | None = None) -> None:
    if kind in (AccountAct.Kind.DEACTIVATED, AccountAct.Kind.SECOND_FACTOR):
        reason = _reason(reason)
    AccountAct.objects.create(user=user, kind=kind, reason=reason, by=actor, confirmed_by=confirmed_by)


def _another_administrator(user: User) -> None:
    """Refuses when this user is the last one who can manage accounts. Two administrators who remove each other at the same
    moment wait for one another here."""
    held = list(Posting.objects.select_for_update(of=("self",)).filter(role=Role.ADMINISTRATOR).order_by("pk").values_list("pk", flat=True))
    lasting = Posting.objects.active().filter(pk__in=held, until__isnull=True, user__is_active=True)
    if lasting.filter(user=user).exists() and not lasting.exclude(user=user).exists():
        raise ValidationError(_("C’est le dernier administrateur actif. Nommez-en d’abord un autre."))


def _behind(user: User) -> set[int]:
    """Keys of everybody who could sign in as this user, because the access came from them lately: the user, the administrators who
    gave it, those who gave theirs, and so on. What the installation gives (`by` is null) is nobody's, and ends what came before."""
    since = timezone.now() - INDEPENDENCE
    behind, asked = {user.pk}, {user.pk}
    while asked:
        givers: dict[int, set[int]] = {}
        for pk, kind, by in AccountAct.objects.filter(user__in=asked, kind__in=AccountAct.ACCESS, at__gte=since).order_by("at", "pk").values_list("user", "kind", "by"):
            if by is not None:
                givers.setdefault(pk, set()).add(by)
            elif kind == AccountAct.Kind.PASSWORD:
                givers[pk] = set()
        asked = set().union(*givers.values()) - behind
        behind |= asked
    return behind


def _independent(actor: User, user: User) -> None:
    """Whoever got their access from somebody cannot vouch for that person: they could be one. Raises ValidationError."""
    if user.pk in _behind(actor):
        raise ValidationError(_("Votre accès vient de cette personne depuis moins de 30 jours : un autre administrateur doit décider."))


def _second_person(actor: User, first: User) -> None:
    """Two who agree must be two: neither got the access from the other, nor both from a third. Raises ValidationError."""
    if _behind(actor) & _behind(first):
        raise ValidationError(_("Votre accès et celui de la personne qui demande viennent l’un de l’autre depuis moins de 30 jours : une autre personne doit confirmer."))


def reads_files(user: User) -> bool:
    """Has the user a role that reads files, now, to come or waiting? Then no administrator alone may open the account."""
    return user.postings.lasting().of_files().exists()


def _temporary_password(user: User) -> str:
    """Four groups of four: 79 bits, and readable over the telephone."""
    while True:
        password = "-".join("".join(secrets.choice(LETTERS) for _n in range(4)) for _group in range(4))
        try:
            validate_password(password, user)
        except ValidationError:
            continue
        return password


def end_sessions(user: User) -> int:
    """Signs the user out everywhere. Sessions live twelve hours at most, so the unexpired ones are few enough to look through."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=500)
    theirs = [session.pk for session in alive if session.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=theirs).delete()
    return len(theirs)


# --- accounts ------------------------------------------------------------------------------------------------------


def _open_account(actor: User | None, username: str, organisation: Organisation, **person: Any) -> tuple[User, str]:
    user = User(username=username.strip().lower(), organisation=organisation, password_change_due=True, **person)
    user.first_name, user.last_name = " ".join(user.first_name.split()), " ".join(user.last_name.split())
    password = _temporary_password(user)
    user.set_password(password)
    with in_words(User):
        try:
            user.full_clean()
        except ValidationError as error:
            if "__all__" in error.error_dict:  # the only rule of the whole row: names that differ in capitals
                error.error_dict.setdefault("username", []).extend(error.error_dict.pop("__all__"))
            raise
        user.save(force_insert=True)
    _write_down(actor, user, AccountAct.Kind.CREATED)
    return user, password


@service
def create_user(*, actor: User, username: str, first_name: str, last_name: str, organisation: Organisation, email: str = "", language: str = "fr") -> tuple[User, str]:
    """Opens an account, without any role. Returns it with a temporary password: shown once, changed at the first sign-in.

    Raises PermissionDenied, ValidationError in words (a name that is taken, in whatever capitals)."""
    _must(actor)
    return _open_account(actor, username, organisation, first_name=first_name, last_name=last_name, email=email, language=language)


@service
def create_first_administrator(*, actor: None, username: str, organisation: Organisation, first_name: str = "", last_name: str = "") -> tuple[User, str]:
    """An administrator opened by the installation, while there are fewer than two: each role that reads files needs both.

    Raises ValidationError when there are two already."""
    list(Centre.objects.select_for_update().order_by("pk"))  # two at once: the second finds the first one's
    if Posting.objects.active().filter(role=Role.ADMINISTRATOR, user__is_active=True).values("user").distinct().count() >= ADMINISTRATORS_NEEDED:
        raise ValidationError(_("Il y a déjà deux administrateurs : c’est à eux d’ouvrir les autres comptes."))
    user, password = _open_account(None, username, organisation, first_name=first_name, last_name=last_name)
    centres.post(actor=None, user=user, role=Role.ADMINISTRATOR, centre=None)
    return user, password


def fingerprint(user: User) -> str:
    """What the fields of an account were when they were read: changed by somebody else, it is another."""
    content = "\x1f".join(str(user.organisation_id if name == "organisation" else getattr(user, name)) for name in FIELDS)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _current(user: User) -> QuerySet[Posting]:
    return user.postings.filter(until__isnull=True) | user.postings.filter(until__gte=timezone.localdate())


def organisations_for(user: User) -> list[Organisation]:
    """Those that this person may belong to with the roles they have."""
    allowed = [kinds for posting in _current(user) if (kinds := ROLE_ORGANISATIONS[Role(posting.role)]) is not None]
    return [one for one in Organisation.objects.all() if all(one.kind in kinds for kinds in allowed)]


@service
def edit_user(*, actor: User, user: User, seen: str, **changes: Any) -> User:
    """Changes name, e-mail, organisation, language. `seen` is the fingerprint that the administrator saw; if it is no longer
    current raises Stale. Raises PermissionDenied; ValidationError when a role is not open to the new organisation."""
    _must(actor)
    user = _lock(user)
    if fingerprint(user) != seen:
        raise Stale(user)
    if unknown := set(changes) - set(FIELDS):
        raise ValueError(f"not to be edited: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(user, name, " ".join(value.split()) if isinstance(value, str) else value)
    if "organisation" in changes:
        for posting in _current(user):
            allowed = ROLE_ORGANISATIONS[Role(posting.role)]
            if allowed is not None and user.organisation.kind not in allowed:
                words = _("Le rôle « %(role)s » n’est pas ouvert à cette organisation. Terminez d’abord l’affectation.")
                raise ValidationError({"organisation": words % {"role": posting.get_role_display()}})
    user.full_clean(exclude=["password"])
    user.save(update_fields=list(FIELDS))
    _write_down(actor, user, AccountAct.Kind.EDITED)
    return user


@service
def deactivate_user(*, actor: User, user: User, reason: str) -> User:
    """Closes an account: it can no longer sign in, is signed out everywhere, and its API token is taken back. Postings stay
    as they are, without effect. Raises PermissionDenied; ValidationError (oneself, the last administrator, no reason)."""
    _must(actor)
    _not_oneself(actor, user, _("Vous ne pouvez pas désactiver votre propre compte."))
    _another_administrator(user)
    user = _lock(user)
    if not user.is_active:
        return user
    _write_down(actor, user, AccountAct.Kind.DEACTIVATED, reason)
    user.is_active = False
    user.save(update_fields=["is_active"])
    Token.objects.filter(user=user).delete()
    end_sessions(user)
    return user


@dataclass(frozen=True)
class Asked:
    """What became of a wish about an account: done, or (`request`) waiting for a second person. `password` is shown once."""

    user: User
    password: str = ""
    request: AccessRequest | None = None


def _ask(actor: User, user: User, kind: AccessRequest.Kind, *, password: str = "", reason: str = "") -> Asked:
    AccessRequest.objects.filter(user=user, kind=kind, state=AccessRequest.State.WAITING).update(
        state=AccessRequest.State.REPLACED, decided_at=timezone.now(), decided_by=actor, password=""
    )
    hashed = make_password(password) if password else ""
    return Asked(user, password, AccessRequest.objects.create(user=user, kind=kind, reason=reason, password=hashed, asked_by=actor))


@service
def reactivate_user(*, actor: User, user: User) -> Asked:
    """Opens a closed account again, with a new temporary password: the old one may be in other hands. The account of somebody who
    reads files stays closed until a second person has confirmed.

    Raises PermissionDenied; ValidationError when it is open already."""
    _must(actor)
    user = _lock(user)
    if user.is_active:
        raise ValidationError(_("Ce compte est déjà actif."))
    password = _temporary_password(user)
    if reads_files(user):
        return _ask(actor, user, AccessRequest.Kind.REACTIVATED, password=password)
    _open_again(actor, user, make_password(password))
    return Asked(user, password)


@service
def reset_password(*, actor: User, user: User) -> Asked:
    """A new temporary password, shown once; the old one, the API token and every open session end: at once, or for somebody who
    reads files when a second person has confirmed. Until then the old one works and the new one does not.

    Raises PermissionDenied; ValidationError (oneself, a closed account, too many in an hour)."""
    _must(actor)
    _not_oneself(actor, user, _("Changez votre propre mot de passe dans « Mon compte »."))
    # Both rows in one order, so that two administrators cannot wait for each other; the throttle then counts truly.
    locked = {one.pk: one for one in User.objects.select_for_update(of=("self",)).filter(pk__in=[actor.pk, user.pk]).order_by("pk")}
    user = locked[user.pk]
    if not user.is_active:
        raise ValidationError(_("Ce compte est désactivé. Réactivez-le : il recevra un nouveau mot de passe."))
    given = AccountAct.objects.filter(kind=AccountAct.Kind.PASSWORD, at__gte=timezone.now() - HOUR, confirmed_by__isnull=True)
    asked = AccessRequest.objects.filter(kind=AccessRequest.Kind.PASSWORD, asked_at__gte=timezone.now() - HOUR)
    if (
        given.filter(user=user).count() + asked.filter(user=user).count() >= MOST_RESETS_OF_ONE
        or given.filter(by=actor).count() + asked.filter(asked_by=actor).count() >= MOST_RESETS_BY_ONE
    ):
        raise ValidationError(_("Trop de réinitialisations en une heure. Attendez un peu avant de recommencer."))
    password = _temporary_password(user)
    if reads_files(user):
        return _ask(actor, user, AccessRequest.Kind.PASSWORD, password=password)
    _give_password(actor, user, make_password(password))
    return Asked(user, password)


@service
def reset_second_factor(*, actor: User, user: User, reason: str) -> Asked:
    """Takes the second factor and its recovery codes away (a lost telephone); the next sign-in sets up a new one. For somebody
    who reads files it stays until a second person has confirmed.

    Raises PermissionDenied; ValidationError (oneself, nothing to take away, no reason)."""
    _must(actor)
    _not_oneself(actor, user, _("Vous ne pouvez pas retirer votre propre second facteur : demandez à un autre administrateur."))
    user = _lock(user)
    if not Authenticator.objects.filter(user=user).exists():
        raise ValidationError(_("Ce compte n’a pas de second facteur."))
    reason = _reason(reason)
    if reads_files(user):
        return _ask(actor, user, AccessRequest.Kind.SECOND_FACTOR, reason=reason)
    _take_second_factor(actor, user, reason)
    return Asked(user)


@service
def give_password_from_installation(*, actor: None, user: User) -> str:
    """A new temporary password from whoever runs the server, for an administrator when no other one can help. It comes from
    nobody: the two administrators are independent of one another again. Raises ValidationError for any other account."""
    user = _lock(user)
    if not user.is_active or not user.postings.active().filter(role=Role.ADMINISTRATOR).exists():
        raise ValidationError(_("Seul le compte d’un administrateur actif reçoit ainsi un mot de passe."))
    password = _temporary_password(user)
    _give_password(None, user, make_password(password))
    return password


# --- what is done to an account, alone or confirmed ----------------------------------------------------------------


def _give_password(actor: User | None, user: User, hashed: str, confirmed_by: User | None = None) -> None:
    user.password, user.password_change_due = hashed, True
    user.save(update_fields=["password", "password_change_due"])
    Token.objects.filter(user=user).delete()
    _write_down(actor, user, AccountAct.Kind.PASSWORD, confirmed_by=confirmed_by)
    end_sessions(user)


def _open_again(actor: User, user: User, hashed: str, confirmed_by: User | None = None) -> None:
    user.is_active, user.password_change_due, user.password = True, True, hashed
    user.save(update_fields=["is_active", "password_change_due", "password"])
    _write_down(actor, user, AccountAct.Kind.REACTIVATED, confirmed_by=confirmed_by)


def _take_second_factor(actor: User, user: User, reason: str, confirmed_by: User | None = None) -> None:
    _write_down(actor, user, AccountAct.Kind.SECOND_FACTOR, reason, confirmed_by)
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)


def _decides(actor: User, request: AccessRequest) -> None:
    if not access.may(actor, Right.MANAGE_USERS) and not any(access.may(actor, Right.POST_STAFF, pk) for pk in request.access_centres(writing=True)):
        raise PermissionDenied


def _lock_request(request: AccessRequest) -> AccessRequest:
    return AccessRequest.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=request.pk)


@service
def confirm_access(*, actor: User, request: AccessRequest) -> AccessRequest:
    """A second person agrees: another administrator, or the manager of a centre where the person is posted. Only now it is done.

    Raises PermissionDenied; ValidationError (one's own wish or account, an access that came from the one who asks, too late)."""
    user = _lock(request.user)
    request = _lock_request(request)
    _decides(actor, request)
    if request.state == AccessRequest.State.CONFIRMED and request.decided_by_id == actor.pk:
        return request  # a double click
    if actor.pk in (request.asked_by_id, request.user_id):
        raise ValidationError(_("Vous avez fait cette demande, ou elle porte sur votre compte : une autre personne doit la confirmer."))
    if request.state != AccessRequest.State.WAITING or request.asked_at < timezone.now() - AccessRequest.LIFE:
        raise ValidationError(_("Cette demande n’attend plus : elle a été décidée, remplacée, ou date de plus de sept jours."))
    _second_person(actor, request.asked_by)
    if user.is_active == (request.kind == AccessRequest.Kind.REACTIVATED):
        raise ValidationError(_("Le compte a changé depuis : il a été ouvert ou désactivé. L’administrateur doit refaire sa demande."))
    hashed, request.password = request.password, ""
    request.state, request.decided_by, request.decided_at = AccessRequest.State.CONFIRMED, actor, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at", "password"])
    if request.kind == AccessRequest.Kind.PASSWORD:
        _give_password(request.asked_by, user, hashed, actor)
    elif request.kind == AccessRequest.Kind.REACTIVATED:
        _open_again(request.asked_by, user, hashed, actor)
    else:
        _take_second_factor(request.asked_by, user, request.reason, actor)
    return request


@service
def refuse_access(*, actor: User, request: AccessRequest) -> AccessRequest:
    """Nothing is done; whoever asked may take it back this way too. Raises PermissionDenied; ValidationError when it is decided."""
    request = _lock_request(request)
    _decides(actor, request)
    if request.state == AccessRequest.State.CONFIRMED:
        raise ValidationError(_("Cette demande est déjà confirmée."))
    if request.state == AccessRequest.State.WAITING:
        request.state, request.decided_by, request.decided_at, request.password = AccessRequest.State.REFUSED, actor, timezone.now(), ""
        request.save(update_fields=["state", "decided_by", "decided_at", "password"])
    return request


@service
def create_token(*, actor: User) -> str:
    """A new API token of one's own, shown once; one that was there before ends. Nobody else can have one made: whoever holds it is that person."""
    user = _lock(actor)
    Token.objects.filter(user=user).delete()
    token = Token.objects.create(user=user)
    _write_down(actor, user, AccountAct.Kind.TOKEN)
    return token.key


@service
def revoke_token(*, actor: User, user: User) -> bool:
    """Takes the API token back, one's own or, for administrators, anybody's. Returns whether there was one. Raises PermissionDenied."""
    if actor.pk != user.pk:
        _must(actor)
    user = _lock(user)
    removed, _by_table = Token.objects.filter(user=user).delete()
    if removed:
        _write_down(actor, user, AccountAct.Kind.TOKEN_REVOKED)
    return bool(removed)


# --- roles ---------------------------------------------------------------------------------------------------------


@service
def give_posting(*, actor: User, user: User, role: Role, centre: Centre | None, since: datetime.date | None = None, until: datetime.date | None = None) -> Posting:
    """Gives somebody a role. One asked for oneself, and an administrator's that reads files or manages accounts, waits until
    another administrator confirms it.

    Managers give the role of agent at their own centre (`centres.services.post` knows). Raises PermissionDenied, ValidationError."""
    if not user.is_active:
        raise ValidationError(_("Ce compte est désactivé."))
    if actor.pk != user.pk:
        _independent(actor, user)
    with in_words(Posting):
        return centres.post(actor=actor, user=user, role=role, centre=centre, since=since, until=until)


@service
def end_posting(*, actor: User, posting: Posting, until: datetime.date | None = None) -> Posting:
    """Ends a role, at once or on a day to come. Raises PermissionDenied; ValidationError for the last administrator's."""
    if posting.role == Role.ADMINISTRATOR:
        _must(actor)
        _another_administrator(posting.user)
    with in_words(Posting):
        return centres.end_posting(actor=actor, posting=posting, until=until)


@service
def confirm_posting(*, actor: User, posting: Posting) -> Posting:
    """A second administrator agrees to a role that somebody asked for themselves, or another administrator for somebody.

    Raises PermissionDenied; ValidationError when the one who confirms and the one who asks could be one person."""
    _must(actor)
    if actor.pk in (posting.user_id, posting.created_by_id):
        raise ValidationError(_("Vous avez demandé ce rôle : un autre administrateur doit le confirmer."))
    _independent(actor, posting.user)
    if posting.created_by is not None:
        _second_person(actor, posting.created_by)
    with in_words(Posting):
        return centres.confirm_posting(actor=actor, posting=posting)
