"""An admission noted by mistake: what it wrote is taken back, and nothing else."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from audit.models import Change
from cases.cleaning import clean_line
from cases.models import Custody, Migrant
from centres.access import may
from centres.roles import Right
from config.refusals import in_words

from .. import beds
from ..models import (
    Alert,
    Assistance,
    BedAssignment,
    CriteriaTold,
    IncidentPerson,
    RollCallLine,
    SessionPresence,
    Sighting,
    Stay,
    Transfer,
    UndoneAdmission,
)
from ..workflow import State
from .alerts import end_alerts
from .stays import lock_person, lock_stay_as, refuse_closed
from .transfer_steps import reopen


def why_admission_stays(stay: Stay) -> str:
    """Words for why this admission can't be undone: what was noted since that says the person was there. Empty if it can."""
    since, day = stay.arrived_at, timezone.localdate(stay.arrived_at)
    # An incident is said in the vaguest words: it may be one that this user doesn't read.
    here: dict[str, Any] = {"migrant": stay.migrant_id, "centre": stay.centre_id}
    called = {"migrant": stay.migrant_id, "call__centre": stay.centre_id, "state": RollCallLine.State.PRESENT, "noted_at__gte": since}
    told = {"migrant": stay.migrant_id, "criteria__centre": stay.centre_id, "told_at__gte": since}
    session = {"migrant": stay.migrant_id, "session__centre": stay.centre_id, "session__held_on__gte": day, "session__recorded_at__gte": since}
    found = (
        (Assistance.objects.filter(Q(given_on__gte=day, recorded_at__gte=since) | Q(once_in_stay=stay), **here), _("une assistance")),
        (SessionPresence.objects.filter(**session), _("une séance")),
        (RollCallLine.objects.filter(**called), _("sa présence à l’appel du soir")),
        (Sighting.objects.filter(found=True, at__gte=since, **here), _("qu’elle a été vue")),
        (
            IncidentPerson.objects.filter(migrant=stay.migrant_id, incident__centre=stay.centre_id, incident__happened_at__gte=since),
            _("un fait du centre où elle est citée"),
        ),
        (CriteriaTold.objects.filter(**told), _("les critères d’aide expliqués")),
        (_meant(stay), _("un transfert demandé")),
    )
    noted = [words for rows, words in found if rows.exists()]
    if not noted:
        return ""
    words = _("Depuis cette arrivée, on a noté : %(what)s. La personne était donc là : notez plutôt son départ, ou retirez d’abord ce qui a été noté par erreur.")
    return words % {"what": ", ".join(noted)}


def _meant(stay: Stay) -> QuerySet[Transfer]:
    """The transfers of a stay that say that the person was there: not what was asked for and called off or refused before anybody left. Such a
    request goes with the stay, and the change history keeps it; a vehicle that turned round had somebody in it."""
    asked = Transfer.objects.filter(stay=stay)
    return asked if stay.undone_at is not None else asked.exclude(state__in=(State.CANCELLED, State.REFUSED))


@service
def undo_check_in(*, actor: User, migrant: Migrant, stay: uuid.UUID, reason: str, version: int | None = None) -> UndoneAdmission:
    """An admission noted by mistake: the stay goes, with its beds and leaves, and all that the admission changed is as it was before.

    For the manager of the centre. A second click is the same. Raises PermissionDenied, ValidationError, Stale."""
    lock_person(migrant.pk)
    gone = UndoneAdmission.objects.filter(pk=stay, migrant=migrant).select_related("centre").first()
    if gone is not None:
        if not may(actor, Right.MANAGE_CENTRE, gone.centre):
            raise PermissionDenied
        if Stay.objects.open().filter(migrant=migrant.pk).exists():
            raise ValidationError(_("Cette admission était déjà annulée ; la personne a été admise de nouveau depuis. Rechargez la page."))
        return gone
    row = lock_stay_as(actor, Stay(pk=stay, migrant=migrant), Right.MANAGE_CENTRE)
    if row.migrant_id != migrant.pk or (version is not None and row.version != version):
        raise Stale(row)
    refuse_closed(row)
    if words := why_admission_stays(row):
        raise ValidationError(words)
    try:
        reason = clean_line(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi cette admission est annulée.")})
    undone = UndoneAdmission(
        id=row.pk, migrant=row.migrant, centre=row.centre, arrived_at=row.arrived_at, checked_in_by_id=row.checked_in_by_id, undone_by=actor, reason=reason
    )
    undone.clean_fields(exclude=["migrant", "centre", "checked_in_by", "undone_by"])
    with in_words(UndoneAdmission):
        undone.save(force_insert=True)
    _not_missed(actor, row)
    row.delete()
    _as_before(actor, undone)
    return undone


def _not_missed(actor: User, stay: Stay) -> None:
    """Who was never there was not missing either."""
    own = {"migrant": stay.migrant_id, "centre": stay.centre_id, "raised_at__gte": stay.arrived_at}
    end_alerts(actor, list(Alert.objects.open().select_for_update(of=("self",)).filter(**own).order_by("pk")), _("Admission annulée."))
    RollCallLine.objects.filter(migrant=stay.migrant_id, call__centre=stay.centre_id, noted_at__gte=stay.arrived_at).delete()


def _as_before(actor: User, undone: UndoneAdmission) -> None:
    """What else the admission wrote: the rows of this person that it changed in the same transaction."""
    history = Change.objects.filter(table=Stay._meta.db_table, row=str(undone.pk), operation=Change.Operation.INSERT)
    admitted = history.order_by("id").first()
    if admitted is None:
        return
    written = Change.objects.filter(transaction=admitted.transaction, id__gt=admitted.pk)

    def rows_of(model: Any, field: str, operation: str = Change.Operation.UPDATE) -> Any:
        own = model.objects.filter(migrant=undone.migrant)
        table, keys = model._meta.db_table, [str(key) for key in own.values_list("pk", flat=True)]
        return written.filter(table=table, row__in=keys, operation=operation, after__has_key=field).order_by("id")

    made = list(rows_of(Custody, "since", Change.Operation.INSERT).values_list("row", flat=True))
    Custody.objects.filter(pk__in=made, until__isnull=True).delete()
    kept = Custody.objects.filter(migrant=undone.migrant, until__isnull=True).values("centre")
    ended = list(rows_of(Custody, "until").filter(before__until=None).values_list("row", flat=True))
    for custody in Custody.objects.filter(pk__in=ended).exclude(centre__in=kept):
        custody.until = None
        custody.save(update_fields=["until"])
    for change in rows_of(Transfer, "state").filter(before__state=State.TRAVELLING):
        reopen(Transfer.objects.select_for_update(of=("self",)).get(pk=change.row))
    for change in rows_of(Stay, "kept_bed_id").filter(after__kept_bed_id=None):
        bed, until = change.before["kept_bed_id"], change.before["kept_until"]
        taken = BedAssignment.objects.filter(bed=bed, until__isnull=True).exists() or beds.kept_beds().filter(kept_bed=bed).exists()
        if not taken:
            Stay.objects.filter(pk=change.row).update(kept_bed=bed, kept_until=until)
