"""The stock of kits: what comes, what goes, what is left. What is given moves it by itself (the trigger of the assistance lines)."""

import uuid
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases.cleaning import clean_line
from centres.access import may
from centres.models import Centre, Service
from centres.roles import Right
from config.refusals import in_words

from ..models import Alert, StockItem, StockMovement
from .alerts import raise_alert

Kind = StockMovement.Kind
# What the agents of a centre note, and what only its manager decides.
BY_AGENT = (Kind.RECEIVED, Kind.LOST)
BY_MANAGER = (Kind.COUNTED, Kind.SENT)
MOST_MOVED = 10_000


@service
def move_stock(
    *, actor: User, centre: Centre, service: Service, kind: str, quantity: int, words: str = "", to: Centre | None = None, id: uuid.UUID
) -> tuple[StockMovement, bool]:
    """Notes what was received (`words`: from whom), lost, counted anew (`quantity`: how many there are; `words`: why) or sent to another
    centre, where it arrives at once. Returns (movement, was it made now?).

    Nothing is lost or sent that is not there. The same `id` with the same content is one movement, with other content raises
    SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    _must(actor, centre, kind)
    words = clean_line(words)
    to = to if kind == Kind.SENT else None
    lock_key(id)
    if existing := StockMovement.objects.filter(pk=id).select_related("item").first():
        said = abs(existing.quantity) if existing.counted is None else existing.counted
        same = (existing.item.centre_id, existing.item.service_id, existing.kind, existing.by_id, existing.source or existing.reason, existing.other_id, said)
        if same != (centre.pk, service.pk, kind, actor.pk, words, to.pk if to else None, quantity):
            raise SameKeyOtherContent
        return existing, False
    _check(centre, service, kind, quantity, words, to)
    item, other = _locked(service, centre, to)
    if kind in (Kind.LOST, Kind.SENT) and quantity > item.left:
        refused = ngettext("Il ne reste que %(n)s kit d’après le stock.", "Il ne reste que %(n)s kits d’après le stock.", max(item.left, 0)) % {"n": max(item.left, 0)}
        raise ValidationError({"quantity": refused + " " + _("S’il y en a plus, recomptez d’abord.")})
    change = quantity - item.left if kind == Kind.COUNTED else -quantity if kind in (Kind.LOST, Kind.SENT) else quantity
    movement = StockMovement(id=id, item=item, kind=kind, quantity=change, other=to, by=actor)
    movement.counted = quantity if kind == Kind.COUNTED else None
    setattr(movement, "source" if kind == Kind.RECEIVED else "reason", words)
    movement.clean_fields(exclude=["item", "by", "other"])
    with in_words(StockMovement):
        movement.save(force_insert=True)
        if other is not None:
            StockMovement(id=uuid.uuid5(id, "arrived"), item=other, kind=Kind.ARRIVED, quantity=quantity, other=centre, reason=words, by=actor).save(force_insert=True)
    for touched in (item, other):
        if touched is not None:
            _tell(actor, touched)
    return movement, True


def _must(actor: User, centre: Centre, kind: str) -> None:
    right = Right.MANAGE_CENTRE if kind in BY_MANAGER else Right.RECEIVE
    if kind not in (*BY_AGENT, *BY_MANAGER) or not may(actor, right, centre):
        raise PermissionDenied


def _check(centre: Centre, service: Service, kind: str, quantity: int, words: str, to: Centre | None) -> None:
    errors = {}
    if service.category != Service.Category.KIT:
        errors["service"] = _("Choisissez un kit.")
    if not (0 if kind == Kind.COUNTED else 1) <= quantity <= MOST_MOVED:
        errors["quantity"] = _("La quantité est un nombre de 1 à %(most)s.") % {"most": MOST_MOVED}
    if not words and kind != Kind.SENT:
        errors["words"] = _("Écrivez de qui vient ce qui est reçu.") if kind == Kind.RECEIVED else _("Écrivez pourquoi le stock change.")
    if kind == Kind.SENT and (to is None or to.pk == centre.pk):
        errors["to"] = _("Choisissez l’autre centre.")
    if errors:
        raise ValidationError(errors)


def _locked(service: Service, centre: Centre, to: Centre | None) -> tuple[StockItem, StockItem | None]:
    """The stocks, begun where there is none yet, and locked in the order of their keys."""
    for one in (centre, to):
        if one is not None:
            StockItem.objects.get_or_create(centre=one, service=service)
    wanted = [one.pk for one in (centre, to) if one is not None]
    found = {item.centre_id: item for item in StockItem.objects.select_for_update(of=("self",)).filter(service=service, centre__in=wanted).order_by("pk")}
    return found[centre.pk], found[to.pk] if to is not None else None


@service
def set_threshold(*, actor: User, centre: Centre, service: Service, threshold: int, version: int) -> StockItem:
    """From how few left on the centre is warned. `version`: the one the actor saw, 0 for none. Raises Stale, PermissionDenied, ValidationError."""
    if not may(actor, Right.MANAGE_CENTRE, centre):
        raise PermissionDenied
    if service.category != Service.Category.KIT:
        raise ValidationError({"service": _("Choisissez un kit.")})
    item = _locked(service, centre, None)[0]
    if item.threshold == threshold:
        return item
    if max(version, 1) != item.version:  # one that was begun just now is at version 1
        raise Stale(item)
    item.threshold, item.version = threshold, item.version + 1
    item.clean_fields(exclude=["centre", "service"])
    item.save(update_fields=["threshold", "version"])
    _tell(actor, item)
    return item


def tell_stock(actor: User, centre: Centre, service: Service) -> StockItem | None:
    """After kits were given or taken back: warns the centre where few are left. Returns the stock as it is now, None where nobody counts it."""
    item = StockItem.objects.filter(centre=centre, service=service).select_related("centre", "service").first()
    if item is not None:
        _tell(actor, item)
    return item


def _tell(actor: User, item: StockItem) -> None:
    item.refresh_from_db(fields=["left"])
    if item.is_low:
        raise_alert(actor=actor, centre=item.centre, kind=Alert.Kind.STOCK, subject=item.service.code, value=Decimal(item.left), threshold=Decimal(item.threshold))
        return
    for alert in Alert.objects.open().select_for_update(of=("self",)).filter(centre=item.centre_id, kind=Alert.Kind.STOCK, subject=item.service.code):
        alert.closed_at, alert.closed_by, alert.done = timezone.now(), actor, _("Le stock est remonté à %(n)s.") % {"n": item.left}
        alert.save(update_fields=["closed_at", "closed_by", "done"])


def stock_warning(item: StockItem | None) -> str:
    """What whoever just gave a kit is told; empty where there is enough. A kit is never refused to somebody in need because of the books."""
    if item is None or not item.is_low:
        return ""
    if item.left < 0:
        return _("%(kit)s : le stock affiché est inférieur à zéro. Faites recompter les kits.") % {"kit": item.service}
    return ngettext("%(kit)s : il en reste %(n)s.", "%(kit)s : il en reste %(n)s.", item.left) % {"kit": item.service, "n": item.left}
