"""A person goes from one centre to another: asked, accepted, travelling, arrived (reception/workflow.py)."""

import datetime
import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.deaths import living_only
from cases.models import Migrant
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right

from ..workflow import OPEN, TAKEN_BACK, TRANSITIONS, WITH_WORDS, State
from .history import taken_back_by_somebody
from .stay import Stay

LONGEST_WAY = 366  # days from the request to the arrival planned: more is a slip in the year


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, user) -> "TransferQuerySet":
        """Those from and to the centres the user sees into. Whether they see who it is about: `Transfer.names_for`."""
        here = centres_for(user, Right.VIEW_CENTRE)
        return self.filter(Q(from_centre__in=here) | Q(to_centre__in=here))

    def open(self) -> "TransferQuerySet":
        return self.filter(state__in=OPEN)

    def late(self) -> "TransferQuerySet":
        """Left, and not come by the day planned."""
        return self.filter(state=State.TRAVELLING, planned_on__lt=timezone.localdate())


class Transfer(models.Model):
    """Of one person. Those who travel together were asked for together (`together`), and are answered and leave together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    together = models.UUIDField(default=uuid.uuid4, editable=False)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="transfers", verbose_name=_("personne"))
    stay = models.ForeignKey(Stay, models.CASCADE, related_name="transfers", verbose_name=_("séjour"))
    from_centre = models.ForeignKey(Centre, models.PROTECT, related_name="transfers_out", verbose_name=_("centre de départ"))
    to_centre = models.ForeignKey(Centre, models.PROTECT, related_name="transfers_in", verbose_name=_("centre d’arrivée"))
    state = models.CharField(_("état"), max_length=11, choices=State, default=State.ASKED)
    reason = models.CharField(_("pourquoi"), max_length=300)
    # What the receiving centre must know before it says yes; it has no name by then.
    needs = models.CharField(_("besoins particuliers"), max_length=300, blank=True)
    planned_on = models.DateField(_("arrivée prévue le"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("demandé par"))
    asked_at = models.DateTimeField(_("demandé le"), default=timezone.now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("réponse de"))
    answered_at = models.DateTimeField(_("réponse du"), null=True, blank=True)
    answer = models.CharField(_("réponse"), max_length=300, blank=True)
    left_at = models.DateTimeField(_("départ le"), null=True, blank=True)
    transport = models.CharField(_("transport"), max_length=120, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("clos par"))
    ended_at = models.DateTimeField(_("clos le"), null=True, blank=True)
    end_reason = models.CharField(_("pourquoi il s’arrête"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name = _("transfert")
        indexes = [
            models.Index(fields=["together"], name="transfer_together"),
            models.Index(fields=["from_centre", "-asked_at"], name="transfer_from"),
            models.Index(fields=["to_centre", "-asked_at"], name="transfer_to"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"],
                condition=Q(state__in=[state.value for state in OPEN]),
                name="transfer_open_once",
                violation_error_message=_("Un transfert de cette personne est déjà en cours."),
            ),
            models.CheckConstraint(
                condition=~Q(from_centre=F("to_centre")), name="transfer_goes_somewhere", violation_error_message=_("Choisissez un autre centre que celui de départ.")
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "travelling", "arrived", "refused", "not_arrived"]) | Q(answered_at__isnull=False),
                name="transfer_answered",
                violation_error_message=_("La réponse à un transfert a une date."),
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=False, state__in=["travelling", "arrived", "not_arrived"])
                | Q(left_at__isnull=True) & ~Q(state__in=["travelling", "arrived", "not_arrived"]),
                name="transfer_left",
                violation_error_message=_("Le départ d’un transfert a une date."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in OPEN], ended_at__isnull=True) | ~Q(state__in=[state.value for state in OPEN]) & Q(ended_at__isnull=False),
                name="transfer_ended",
                violation_error_message=_("La fin d’un transfert a une date."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[state.value for state in WITH_WORDS]) | ~Q(end_reason=""),
                name="transfer_end_reason",
                violation_error_message=_("Écrivez pourquoi."),
            ),
            # The services are narrower (from today to sixty days on, at each step); a day has no hour, hence the days more.
            models.CheckConstraint(
                condition=Q(planned_on__gte=F("asked_at") - datetime.timedelta(days=2), planned_on__lte=F("asked_at") + datetime.timedelta(days=LONGEST_WAY)),
                name="transfer_planned",
                violation_error_message=_("L’arrivée prévue suit la demande, dans l’année. Vérifiez l’année."),
            ),
        ]
        triggers = [
            audited(),
            pgtrigger.FSM(
                name="workflow",
                field="state",
                transitions=[*((a.value, b.value) for a, ways in TRANSITIONS.items() for b in ways), *((a.value, b.value) for a, b in TAKEN_BACK)],
            ),
            # What has ended goes on only where the admission that ended it was taken back since.
            pgtrigger.Trigger(
                name="on_the_way_again",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Condition("OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL"),
                func="""
                    IF NOT EXISTS (SELECT FROM reception_undoneadmission u WHERE u.migrant_id = NEW.migrant_id AND u.undone_at >= OLD.ended_at) THEN
                        RAISE EXCEPTION 'a transfer that has ended goes on only after an admission was undone'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_on_the_way_again';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # The other half of the workflow: where a transfer begins, and of whom.
            pgtrigger.Trigger(
                name="begins_asked",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.state <> '{State.ASKED.value}' THEN
                        RAISE EXCEPTION 'a transfer begins as asked, not as %', NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_begins_asked';
                    END IF;
                    IF NOT EXISTS (
                        SELECT FROM reception_stay s
                        WHERE s.id = NEW.stay_id AND s.migrant_id = NEW.migrant_id AND s.centre_id = NEW.from_centre_id AND s.departed_at IS NULL
                    ) THEN
                        RAISE EXCEPTION 'a transfer is of somebody who is at the centre that asks' USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_of_who_is_there';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Another centre is another request: what one centre said yes to is never turned into a transfer to another.
            pgtrigger.ReadOnly(name="same_journey", fields=["together", "stay", "from_centre", "to_centre"]),
            # Only files that were joined (or taken apart again) give each other their transfers; the record of that stands at the end of it.
            pgtrigger.Trigger(
                name="same_person",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("migrant_id"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("OLD.migrant_id IS DISTINCT FROM NEW.migrant_id"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM cases_merge m
                        WHERE (m.survivor_id, m.merged_id) IN ((NEW.migrant_id, OLD.migrant_id), (OLD.migrant_id, NEW.migrant_id))
                    ) THEN
                        RAISE EXCEPTION 'a transfer stays with its person' USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_same_person';
                    END IF;
                    RETURN NULL;
                """,
            ),
            living_only(),
            taken_back_by_somebody(),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        """Both centres; which step is whose, the service says."""
        return [self.from_centre_id, self.to_centre_id]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_late(self) -> bool:
        return self.state == State.TRAVELLING and self.planned_on < timezone.localdate()

    def names_for(self, user) -> bool:
        """The centre that asks knows whom it sends. The other one reads no name until it has accepted: it has no scope before."""
        if self.from_centre_id in centres_for(user, Right.VIEW_CASE):
            return True
        known = self.answered_at is not None and self.state not in (State.REFUSED, State.CANCELLED)
        return known and self.to_centre_id in centres_for(user, Right.VIEW_CASE)

    @property
    def age_band(self) -> str:
        """As much as a centre that has no scope yet needs to find a bed."""
        age = self.migrant.age(timezone.localdate(self.asked_at))
        for last, words in AGE_BANDS:
            if age <= last:
                return str(words)
        return str(OLDEST_BAND)


AGE_BANDS = ((4, _("0–4 ans")), (11, _("5–11 ans")), (17, _("12–17 ans")), (59, _("18–59 ans")))
OLDEST_BAND = _("60 ans ou plus")
