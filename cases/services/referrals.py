"""Referring somebody to a structure, the directory of structures, and what a partner answers through its link."""

import datetime
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service, set_actor
from centres.access import allows, centres_for, may
from centres.models import Centre
from centres.roles import Right
from config.refusals import Together, in_words

from .. import referrals as workflow
from ..cleaning import clean_line, clean_phone, clean_text
from ..models import Consent, Custody, Migrant, Referral, ReferralLink, Structure
from ..referrals import BY_PARTNER, MOST_DAYS, SERVICES, SHARED, State, may_follow
from .agreements import require_consent

# --- the directory -------------------------------------------------------------------------------------------------

STRUCTURE_FIELDS = ("name", "centre", "town", "services", "contact", "phone", "email", "capacity", "hours", "note", "active")
PARTNERS = (Organisation.Kind.STATE, Organisation.Kind.NON_STATE)


def may_edit_directory(actor: Any, centre: Centre | int | None = None) -> bool:
    """Administrators, and those who run the centre in whose region the structure is."""
    return may(actor, Right.MANAGE_USERS) or may(actor, Right.MANAGE_CENTRE, centre)


def _partner(organisation: Organisation | None, new_name: str, new_kind: str) -> Organisation:
    """The organisation chosen, or a new one of that name. Raises ValidationError."""
    if organisation is not None:
        return organisation
    name = clean_line(new_name)
    if not name:
        raise ValidationError({"organisation": _("Choisissez l’organisation, ou écrivez le nom de la nouvelle.")})
    if new_kind not in [kind.value for kind in PARTNERS]:
        raise ValidationError({"new_kind": _("Choisissez si la nouvelle organisation est de l’État ou non.")})
    if existing := Organisation.objects.filter(name__iexact=name).first():
        return existing
    stem = slugify(name).replace("-", "").upper()[:14] or "ORG"
    code, number = stem, 1
    while Organisation.objects.filter(code=code).exists():
        number += 1
        code = f"{stem}{number}"
    return Organisation.objects.create(code=code, name=name[:200], kind=new_kind)


def _fill_structure(structure: Structure, values: dict[str, Any]) -> None:
    errors = {}
    for name, value in values.items():
        try:
            if name in ("name", "town", "contact", "capacity", "hours"):
                value = clean_line(value)
            elif name == "note":
                value = clean_text(value)
            elif name == "phone":
                value = clean_phone(value)
            elif name == "services":
                if set(value) - set(SERVICES):
                    raise ValidationError(_("Choisissez dans la liste."))
                value = [code for code in SERVICES if code in value]
        except ValidationError as error:
            errors[name] = error
        setattr(structure, name, value)
    if errors:
        raise ValidationError(errors)
    structure.full_clean(exclude=["id"], validate_unique=False, validate_constraints=False)
    if not structure.services:
        raise ValidationError({"services": _("Cochez au moins un service.")})


@service
def add_structure(
    *, actor: User, organisation: Organisation | None = None, new_organisation: str = "", new_kind: str = "", id: uuid.UUID | None = None, **values: Any
) -> Structure:
    """A new entry of the directory. The same `id` again is one. Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if unknown := set(values) - set(STRUCTURE_FIELDS):
        raise TypeError(f"not of a structure: {sorted(unknown)}")
    if not may_edit_directory(actor, values["centre"]):
        raise PermissionDenied
    structure = Structure(id=id or uuid.uuid4(), organisation=_partner(organisation, new_organisation, new_kind))
    _fill_structure(structure, values)
    lock_key(structure.pk)
    if existing := Structure.objects.filter(pk=structure.pk).first():
        same = ("organisation_id", *(f"{name}_id" if name == "centre" else name for name in STRUCTURE_FIELDS if existing.version == 1))
        if any(getattr(existing, name) != getattr(structure, name) for name in same):
            raise SameKeyOtherContent
        return existing
    with in_words(Structure):
        structure.save(force_insert=True)
    return structure


@service
def correct_structure(*, actor: User, structure: Structure, version: int, **values: Any) -> Structure:
    """Raises Stale, PermissionDenied (also to give it to a centre that is not the actor's), ValidationError."""
    if unknown := set(values) - set(STRUCTURE_FIELDS):
        raise TypeError(f"not of a structure: {sorted(unknown)}")
    structure = Structure.objects.select_for_update(of=("self",)).get(pk=structure.pk)
    if not may_edit_directory(actor, structure.centre_id) or not may_edit_directory(actor, values.get("centre", structure.centre_id)):
        raise PermissionDenied
    if structure.version != version:
        raise Stale(structure)
    _fill_structure(structure, values)
    structure.version += 1
    with in_words(Structure):
        structure.save()
    return structure


# --- referring -----------------------------------------------------------------------------------------------------


def _centre_of(actor: User, migrant: Migrant) -> Centre | None:
    """Of the centres that care for the person now and where the actor works, the latest."""
    here = centres_for(actor, Right.VIEW_CASE)
    custody = Custody.objects.filter(migrant=migrant, centre__in=here, until__isnull=True).select_related("centre").order_by("-since", "-pk").first()
    return custody.centre if custody else None


def _said(text: str) -> str:
    """Fit to keep; what is no text is refused by `check_referral`."""
    try:
        return clean_text(text)
    except ValidationError:
        return text


def check_referral(given: Mapping[str, Any]) -> None:
    """Whatever is known of a referral. Raises ValidationError by field."""
    errors: dict[str, Any] = {}
    if "reason" in given:
        try:
            if not clean_text(given["reason"]):
                errors["reason"] = _("Écrivez pourquoi la personne est orientée : la structure le lira.")
        except ValidationError as error:
            errors["reason"] = error
    today = timezone.localdate()
    if "deadline" in given and not today <= given["deadline"] <= today + datetime.timedelta(days=MOST_DAYS):
        errors["deadline"] = _("La date est aujourd’hui au plus tôt, et dans les six mois.")
    if set(given.get("shared", ())) - set(SHARED):
        errors["shared"] = _("Choisissez dans la liste.")
    structure = given.get("structure")
    if structure is not None and not structure.active:
        errors["structure"] = _("Cette structure ne reçoit plus d’orientations. Choisissez-en une autre.")
    elif structure is not None and "service" in given and given["service"] not in structure.services:
        errors["structure"] = _("Cette structure ne propose pas ce service. Choisissez-en une autre dans l’annuaire.")
    if errors:
        raise ValidationError(errors)


@service
def refer(
    *,
    actor: User,
    migrant: Migrant,
    structure: Structure,
    service: str,
    reason: str,
    urgency: str = workflow.Urgency.NORMAL,
    deadline: datetime.date,
    shared: list[str],
    protected: bool = False,
    id: uuid.UUID | None = None,
) -> tuple[Referral, bool]:
    """Refers the person to a structure for one service. Returns (referral, was it made now?).

    Only with the person's agreement to be referred (ValidationError with words). Nothing is sent by itself: a link is made by
    `make_link`. A service whose name tells what only protection may read makes the referral `protected`; such a one needs the
    protection right. The same `id` again with the same content is one referral, with other content SameKeyOtherContent.
    Raises PermissionDenied, ValidationError by field."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    centre = _centre_of(actor, migrant)
    if centre is None or not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    if service not in SERVICES:
        raise ValidationError({"service": _("Choisissez un service dans la liste.")})
    protected = protected or SERVICES[service].protected
    if protected and not allows(actor, Right.VIEW_PROTECTION, migrant, writing=True):
        raise PermissionDenied
    errors: dict[str, Any] = {}
    try:
        reason = clean_text(reason)
    except ValidationError as error:
        errors["reason"] = error
    if not reason:
        errors["reason"] = _("Écrivez pourquoi la personne est orientée : la structure le lira.")
    referral = Referral(
        id=id or uuid.uuid4(),
        migrant=migrant,
        structure=structure,
        service=service,
        protected=protected,
        reason=reason,
        urgency=urgency,
        deadline=deadline,
        shared=[code for code in SHARED if code in shared],
        centre=centre,
        sent_by=actor,
    )
    lock_key(referral.pk)
    if existing := Referral.objects.filter(pk=referral.pk).first():
        same = ("migrant_id", "structure_id", "service", "protected", "reason", "urgency", "deadline", "shared", "sent_by_id")
        if any(getattr(existing, name) != getattr(referral, name) for name in same):
            raise SameKeyOtherContent
        return existing, False
    together = Together()
    with together.asked():
        require_consent(migrant, Consent.Purpose.REFERRAL)
    with together.asked():
        check_referral({"reason": reason, "deadline": deadline, "shared": shared, "structure": structure, "service": service})
    together.refuse()
    referral.full_clean(exclude=["id", "migrant", "structure", "centre", "sent_by"], validate_unique=False)
    referral.save(force_insert=True)
    return referral, True


def _locked(referral: Referral) -> Referral:
    return Referral.objects.select_for_update(of=("self",)).select_related("migrant", "structure").get(pk=referral.pk)


def may_write_referral(actor: Any, referral: Referral) -> bool:
    right = Right.VIEW_PROTECTION if referral.protected else Right.VIEW_CASE
    return allows(actor, right, referral, writing=True)


def _move(referral: Referral, to: str, *, text: str, by: str, appointment: datetime.date | None) -> None:
    """Sets the next state with what was said. Raises ValidationError."""
    if not may_follow(referral.state, to):
        raise ValidationError({"to": _("Une orientation « %(state)s » ne peut pas passer à cet état.") % {"state": referral.get_state_display()}})
    try:
        text, by = clean_text(text), clean_line(by)[:150]
    except ValidationError as error:
        raise ValidationError({"text": error}) from error
    if len(text) > 1500:
        raise ValidationError({"text": _("Ce texte est trop long : 1 500 signes au plus.")})
    now = timezone.now()
    if to in (State.ACCEPTED, State.DECLINED):
        if to == State.DECLINED and not text:
            raise ValidationError({"text": _("Écrivez pourquoi l’orientation est refusée.")})
        if appointment is not None and (to != State.ACCEPTED or not timezone.localdate() <= appointment <= timezone.localdate() + datetime.timedelta(days=MOST_DAYS)):
            raise ValidationError({"appointment": _("Le rendez-vous est aujourd’hui au plus tôt, et dans les six mois.")})
        referral.answered_at, referral.answered_by, referral.answer, referral.appointment = now, by, text, appointment
    else:
        if to in (State.DONE, State.CANCELLED) and not text:
            raise ValidationError({"text": _("Écrivez ce qui a été fait.") if to == State.DONE else _("Écrivez pourquoi l’orientation est annulée.")})
        referral.outcome = text
    if to in (State.DONE, State.CANCELLED, State.DECLINED):
        referral.ended_at = now
        _close_links(referral)
    referral.state = to
    referral.version += 1


def _close_links(referral: Referral) -> None:
    referral.links.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())


@service
def move_referral(*, actor: User, referral: Referral, to: str, version: int, text: str = "", by: str = "", appointment: datetime.date | None = None) -> Referral:
    """Writes down what the structure said by telephone or on paper, that it did not answer, or that the referral is cancelled.

    Raises Stale, PermissionDenied, ValidationError by field (`to`, `text`, `appointment`)."""
    referral = _locked(referral)
    if not may_write_referral(actor, referral):
        raise PermissionDenied
    if referral.version != version:
        raise Stale(referral)
    _move(referral, to, text=text, by=by, appointment=appointment)
    referral.save()
    return referral


# --- the link ------------------------------------------------------------------------------------------------------


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@service
def make_link(*, actor: User, referral: Referral) -> tuple[ReferralLink, str]:
    """A new secret address for the structure; the one before stops working. Returns (link, token): the token is known to nobody else
    and kept nowhere. Needs the person's agreement. Raises PermissionDenied, ValidationError."""
    referral = _locked(referral)
    if not may_write_referral(actor, referral):
        raise PermissionDenied
    require_consent(referral.migrant, Consent.Purpose.REFERRAL)
    if referral.state not in BY_PARTNER:
        raise ValidationError(_("Cette orientation est terminée : il n’y a plus rien à répondre."))
    if referral.link_ends < timezone.localdate():
        raise ValidationError(_("La date de réponse est passée : le lien ne s’ouvrirait plus. Faites une nouvelle orientation, ou notez la réponse reçue."))
    _close_links(referral)
    token = secrets.token_urlsafe(32)
    return ReferralLink.objects.create(referral=referral, token_hash=hash_of(token), created_by=actor), token


def find_link(token: str) -> ReferralLink | None:
    """The link of this token if it still opens: not replaced, not past its end, its referral waiting for a word of the partner, the person
    still agreeing. All that does not open is None, after the same one query: nobody learns which it was."""
    wanted = hash_of(token)
    agreed = Consent.objects.filter(migrant=OuterRef("referral__migrant"), purpose=Consent.Purpose.REFERRAL, withdrawn_at__isnull=True)
    link = (
        ReferralLink.objects.filter(token_hash=wanted)
        .annotate(agreed=Exists(agreed))
        .select_related("referral__migrant", "referral__structure__organisation", "referral__centre", "referral__sent_by")
        .first()
    )
    if link is None or not hmac.compare_digest(link.token_hash, wanted):
        return None
    referral = link.referral
    opens = link.revoked_at is None and link.agreed and referral.state in BY_PARTNER and timezone.localdate() <= referral.link_ends  # type: ignore[attr-defined]
    return link if opens else None


def was_just_sent(token: str, key: uuid.UUID) -> bool:
    """Is this the answer that came through this link a moment ago (a double click, a bad line)? Then it needs no second look."""
    return ReferralLink.objects.filter(token_hash=hash_of(token), referral__last_key=key).exists()


@service
def answer_by_link(*, actor: None, link: ReferralLink, key: uuid.UUID, to: str, text: str, by: str, appointment: datetime.date | None = None) -> Referral:
    """What the partner says through its link. Each of the two steps (answer; what came of it) once: of two at the same moment one wins, and
    the other raises Stale. The same `key` again is the same answer. Raises ValidationError by field."""
    set_actor(None)
    referral = _locked(link.referral)
    if referral.last_key == key:
        return referral
    # Read again behind the lock: it may have been closed, or answered, since the page was opened.
    still = ReferralLink.objects.filter(pk=link.pk, revoked_at__isnull=True).exists()
    if not still or referral.version != link.referral.version:
        raise Stale(referral)
    if to not in BY_PARTNER.get(State(referral.state), ()):
        raise ValidationError({"to": _("Choisissez une réponse.")})
    if not by.strip():
        raise ValidationError({"by": _("Écrivez votre nom et votre fonction.")})
    _move(referral, to, text=text, by=by, appointment=appointment)
    referral.last_key = key
    referral.save()
    return referral


@service
def hand_over_referrals(*, actor: User, migrant: Migrant, centre: Centre) -> int:
    """The person is transferred: what is still open is followed by the centre that receives them. Returns how many. Part of the transfer,
    which has judged the rights; the history keeps who sent them from where."""
    return Referral.objects.open().filter(migrant=migrant).exclude(centre=centre).update(centre=centre)
