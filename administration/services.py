"""Writes about accounts and roles, with the rules of the access design: nobody gives themselves a role, nobody locks
themselves out, and there is always an administrator."""

import datetime
import hashlib
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
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

from .models import AccountAct

FIELDS = ("first_name", "last_name", "email", "organisation", "language")
# No letter or digit that looks like another one, so that a password can be read out or copied by hand.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
HOUR = datetime.timedelta(hours=1)
MOST_RESETS_BY_ONE, MOST_RESETS_OF_ONE = 20, 3  # in an hour
# For so long whoever was given access by an administrator cannot confirm a role for that administrator.
INDEPENDENCE = datetime.timedelta(days=30)


# --- what the rules ask --------------------------------------------------------------------------------------------


def _must(actor: User) -> None:
    if not access.may(actor, Right.MANAGE_USERS):
        raise PermissionDenied


def _not_oneself(actor: User, user: User, words: str) -> None:
    if actor.pk == user.pk:
        raise ValidationError(words)


def _lock(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=user.pk)


def _write_down(actor: User | None, user: User, kind: AccountAct.Kind, reason: str = "") -> None:
    reason = " ".join(reason.split())
    if kind in (AccountAct.Kind.DEACTIVATED, AccountAct.Kind.SECOND_FACTOR) and len(reason) < 5:
        raise ValidationError({"reason": _("Écrivez le motif en quelques mots : il reste dans l’historique.")})
    AccountAct.objects.create(user=user, kind=kind, reason=reason[:300], by=actor)


def _another_administrator(user: User) -> None:
    """Refuses when this user is the last one who can manage accounts. Two administrators who remove each other at the same
    moment wait for one another here."""
    held = list(Posting.objects.select_for_update(of=("self",)).filter(role=Role.ADMINISTRATOR).order_by("pk").values_list("pk", flat=True))
    lasting = Posting.objects.active().filter(pk__in=held, until__isnull=True, user__is_active=True)
    if lasting.filter(user=user).exists() and not lasting.exclude(user=user).exists():
        raise ValidationError(_("C’est le dernier administrateur actif. Nommez-en d’abord un autre."))


def _independent(actor: User, user: User) -> None:
    """Whoever got their access from somebody cannot vouch for that person, nor can those who got theirs from them: all could be one."""
    since = timezone.now() - INDEPENDENCE
    behind, asked = {actor.pk}, {actor.pk}
    while asked:
        givers = AccountAct.objects.filter(user__in=asked, kind__in=AccountAct.ACCESS, at__gte=since, by__isnull=False)
        asked = set(givers.values_list("by", flat=True)) - behind
        behind |= asked
    if user.pk in behind:
        raise ValidationError(_("Votre accès vient de cette personne depuis moins de 30 jours : un autre administrateur doit décider."))


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
    """The administrator of a new installation. Raises ValidationError when there is one already."""
    list(Centre.objects.select_for_update().order_by("pk"))  # two at once: the second finds the first one's
    if Posting.objects.active().filter(role=Role.ADMINISTRATOR, user__is_active=True).exists():
        raise ValidationError(_("Il y a déjà un administrateur : c’est à lui d’ouvrir les autres comptes."))
    user, password = _open_account(None, username, organisation, first_name=first_name, last_name=last_name)
    centres.post(actor=None, user=user, role=Role.ADMINISTRATOR, centre=None)
    return user, password


def fingerprint(user: User) -> str:
    """What the fields of an account were when they were read: changed by somebody else, it is another."""
    content = "\x1f".join(str(user.organisation_id if name == "organisation" else getattr(user, name)) for name in FIELDS)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


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
        for posting in user.postings.filter(until__isnull=True) | user.postings.filter(until__gte=timezone.localdate()):
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


@service
def reactivate_user(*, actor: User, user: User) -> tuple[User, str]:
    """Opens a closed account again, with a new temporary password: the old one may be in other hands.

    Raises PermissionDenied; ValidationError when it is open already."""
    _must(actor)
    user = _lock(user)
    if user.is_active:
        raise ValidationError(_("Ce compte est déjà actif."))
    password = _temporary_password(user)
    user.is_active, user.password_change_due = True, True
    user.set_password(password)
    user.save(update_fields=["is_active", "password_change_due", "password"])
    _write_down(actor, user, AccountAct.Kind.REACTIVATED)
    return user, password


@service
def reset_password(*, actor: User, user: User) -> tuple[User, str]:
    """A new temporary password, shown once; the old one, the API token and every open session end.

    Raises PermissionDenied; ValidationError (oneself, a closed account, too many in an hour)."""
    _must(actor)
    _not_oneself(actor, user, _("Changez votre propre mot de passe dans « Mon compte »."))
    # Both rows in one order, so that two administrators cannot wait for each other; the throttle then counts truly.
    locked = {one.pk: one for one in User.objects.select_for_update(of=("self",)).filter(pk__in=[actor.pk, user.pk]).order_by("pk")}
    user = locked[user.pk]
    if not user.is_active:
        raise ValidationError(_("Ce compte est désactivé. Réactivez-le : il recevra un nouveau mot de passe."))
    lately = AccountAct.objects.filter(kind=AccountAct.Kind.PASSWORD, at__gte=timezone.now() - HOUR)
    if lately.filter(user=user).count() >= MOST_RESETS_OF_ONE or lately.filter(by=actor).count() >= MOST_RESETS_BY_ONE:
        raise ValidationError(_("Trop de réinitialisations en une heure. Attendez un peu avant de recommencer."))
    password = _temporary_password(user)
    user.set_password(password)
    user.password_change_due = True
    user.save(update_fields=["password", "password_change_due"])
    Token.objects.filter(user=user).delete()
    _write_down(actor, user, AccountAct.Kind.PASSWORD)
    end_sessions(user)
    return user, password


@service
def reset_second_factor(*, actor: User, user: User, reason: str) -> User:
    """Takes the second factor and its recovery codes away (a lost telephone); the next sign-in sets up a new one.

    Raises PermissionDenied; ValidationError (oneself, nothing to take away, no reason)."""
    _must(actor)
    _not_oneself(actor, user, _("Vous ne pouvez pas retirer votre propre second facteur : demandez à un autre administrateur."))
    user = _lock(user)
    if not Authenticator.objects.filter(user=user).exists():
        raise ValidationError(_("Ce compte n’a pas de second facteur."))
    _write_down(actor, user, AccountAct.Kind.SECOND_FACTOR, reason)
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    return user


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
    """Gives somebody a role. One asked for oneself waits until another administrator confirms it.

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
    """A second administrator agrees to a role that somebody asked for themselves.

    Raises PermissionDenied; ValidationError when the one who confirms got their access from the one who asks."""
    _must(actor)
    if actor.pk in (posting.user_id, posting.created_by_id):
        raise ValidationError(_("Vous avez demandé ce rôle : un autre administrateur doit le confirmer."))
    _independent(actor, posting.user)
    return centres.confirm_posting(actor=actor, posting=posting)
