"""The evening roll-call, and who may be away at night."""

import datetime
import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.access import centres_for
from centres.models import Centre, DayRange
from centres.roles import Right

from ..evening import NIGHT_ENDS
from .history import stays, taken_back_by_somebody, year_checked
from .seen import seen
from .stay import Stay, UuidKeyRange


class RollCallQuerySet(models.QuerySet["RollCall"]):
    def visible_to(self, user) -> "RollCallQuerySet":
        return self.filter(centre__in=centres_for(user, Right.VIEW_CENTRE))


class RollCall(models.Model):
    """The round of one evening at one centre. `date`: of the evening, also when it is taken after midnight (reception.evening)."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="roll_calls", verbose_name=_("centre"))
    date = models.DateField(_("soir du"))
    started_at = models.DateTimeField(_("commencé le"), default=timezone.now)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("fait par"))
    # When everybody present at that moment had been called.
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)

    objects = RollCallQuerySet.as_manager()

    class Meta:
        ordering = ["-date"]
        verbose_name = _("appel du soir")
        constraints = [
            models.UniqueConstraint(fields=["centre", "date"], name="roll_call_once", violation_error_message=_("L’appel de ce soir est déjà commencé.")),
            year_checked("roll_call_year", "date"),
        ]
        triggers = [audited(), pgtrigger.ReadOnly(name="one_evening", fields=["centre", "date"]), stays()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]


class RollCallLineQuerySet(FileQuerySet):
    on_file_from = "noted_at"


class RollCallLine(models.Model):
    """What was found of one person that evening."""

    class State(models.TextChoices):
        PRESENT = "present", _("présente")
        LEAVE = "leave", _("absente avec permission")
        MISSING = "missing", _("manquante")

    call = models.ForeignKey(RollCall, models.CASCADE, related_name="lines", verbose_name=_("appel"))
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="roll_call_lines", verbose_name=_("personne"))
    state = models.CharField(_("état"), max_length=7, choices=State)
    note = models.CharField(_("note"), max_length=200, blank=True)
    noted_at = models.DateTimeField(_("noté le"), default=timezone.now)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    # When somebody said of this one person that they are there; null: as it was proposed, or one of several sent at once (models/seen.py).
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = RollCallLineQuerySet.as_manager()

    class Meta:
        ordering = ["call", "pk"]
        verbose_name = _("ligne d’appel")
        constraints = [
            models.UniqueConstraint(fields=["call", "migrant"], name="roll_call_line_once", violation_error_message=_("Cette personne a déjà été appelée ce soir.")),
            models.CheckConstraint(
                condition=Q(state__in=("present", "leave", "missing")),
                name="roll_call_line_state",
                violation_error_message=_("À l’appel, une personne est présente, en sortie autorisée ou manquante."),
            ),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True) | Q(state="present"),
                name="roll_call_line_seen",
                violation_error_message=_("À l’appel, seule une personne présente a été vue."),
            ),
        ]
        triggers = [
            audited(),
            *seen(),
            pgtrigger.ReadOnly(name="one_call", fields=["call"]),
            # What was found on an evening that is over is known from then on. An evening lasts until six in the morning (reception.evening).
            pgtrigger.Trigger(
                name="evening_is_over",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("state", "noted_at") | pgtrigger.Delete,
                func=f"""
                    IF EXISTS (SELECT FROM reception_rollcall c WHERE c.id = OLD.call_id AND c.date < ((now() AT TIME ZONE '{settings.TIME_ZONE}') - interval '{NIGHT_ENDS.hour} hours')::date) THEN
                        RAISE EXCEPTION 'this roll-call is over' USING ERRCODE = 'check_violation', CONSTRAINT = 'roll_call_over';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.call.centre_id] if writing else self.migrant.access_centres(writing=False)


class LeaveQuerySet(FileQuerySet):
    on_file_from = "allowed_at"
    person = "stay__migrant"

    def holding(self, evening) -> "LeaveQuerySet":
        """Those that hold in the night of this evening."""
        return self.filter(cancelled_at__isnull=True, first_night__lte=evening, last_night__gte=evening)


MOST_NIGHTS = 30  # longer is a departure, or a slip in the year
MOST_AHEAD = 30  # days before a leave begins: more is a slip in the year


class Leave(models.Model):
    """Somebody may sleep elsewhere in these nights, both included; the evening's date names the night."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    stay = models.ForeignKey(Stay, models.CASCADE, related_name="leaves", verbose_name=_("séjour"))
    first_night = models.DateField(_("première nuit"))
    last_night = models.DateField(_("dernière nuit"))
    reason = models.CharField(_("pourquoi, et où"), max_length=300)
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("permise par"))
    allowed_at = models.DateTimeField(_("permise le"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("annulée le"), null=True, blank=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("annulée par"))

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ["-first_night", "-allowed_at"]
        verbose_name = _("permission d’absence")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_night__gte=F("first_night")), name="leave_nights", violation_error_message=_("La dernière nuit ne peut pas précéder la première.")
            ),
            models.CheckConstraint(
                condition=Q(last_night__lt=F("first_night") + datetime.timedelta(days=MOST_NIGHTS)),
                name="leave_length",
                violation_error_message=_("Une permission dure 30 nuits au plus. Pour plus longtemps, notez un départ."),
            ),
            # A night may be named after midnight, hence the day more.
            models.CheckConstraint(
                condition=Q(first_night__lte=F("allowed_at") + datetime.timedelta(days=MOST_AHEAD + 1)),
                name="leave_soon",
                violation_error_message=_("Une permission commence dans les 30 jours. Vérifiez l’année."),
            ),
            # Tonight, or a night to come: until six in the morning the night is that of the evening before.
            models.CheckConstraint(
                condition=Q(first_night__gte=F("allowed_at") - datetime.timedelta(hours=24 + NIGHT_ENDS.hour)),
                name="leave_not_past",
                violation_error_message=_("Cette nuit est passée. Choisissez cette nuit ou une nuit à venir."),
            ),
            ExclusionConstraint(
                name="leave_no_overlap",
                expressions=[
                    (UuidKeyRange("stay"), RangeOperators.OVERLAPS),
                    (DayRange("first_night", "last_night", RangeBoundary(inclusive_upper=True)), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("Une permission couvre déjà une de ces nuits."),
            ),
        ]
        triggers = [
            audited(),
            pgtrigger.ReadOnly(name="as_allowed", fields=["stay", "first_night", "last_night", "allowed_at", "allowed_by"]),
            taken_back_by_somebody(),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        """Given and taken back by the centre of the stay, as long as it cares for the person."""
        return [pk for pk in self.stay.migrant.access_centres(writing=writing) if not writing or pk == self.stay.centre_id]
