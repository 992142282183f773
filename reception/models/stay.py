"""Somebody is in a centre, and sleeps in a bed of it."""

import datetime
import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, Trim
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.deaths import living_only
from cases.models import FileQuerySet, Migrant
from centres.access import centres_for
from centres.models import Bed, Centre, Room
from centres.roles import Right
from config.days import midnight
from config.ranges import KeyRange

from .history import taken_back_by_somebody, year_checked
from .seen import seen
from .sleeping import infants_share, usable_when_laid

FROM_HOSPITAL = "stay_from_hospital"
IN_HOSPITAL_WITHIN = datetime.timedelta(days=60)  # after that nobody knows any more whether they are still there
WARNING_DAYS = 3  # before a stay passes what was planned


class UuidKeyRange(KeyRange):
    """The same for a UUID, through a hash of 63 bits: halved, so that the upper end of the range never overflows."""

    template = "int8range(hashtextextended((%(expressions)s)::text, 0) / 2, hashtextextended((%(expressions)s)::text, 0) / 2, '[]')"


class TimeRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class _YearsAgo(Func):
    """The day so many years before today, by the clock of the database as in the trigger (a queryset may be older than a day)."""

    template = f"((now() AT TIME ZONE '{settings.TIME_ZONE}')::date - make_interval(years => %(expressions)s))::date"
    output_field = models.DateField()


def _own_bed() -> QuerySet["BedAssignment"]:
    """Of a stay: where its person sleeps now."""
    return BedAssignment.objects.filter(stay=OuterRef("pk"), until__isnull=True).order_by()


def _adults_bed() -> QuerySet["BedAssignment"]:
    """Of the stay of an infant: where the adult who answers for them sleeps now, at the same centre. Derived, never stored: it follows the adult
    into another bed, ends when the adult or the child leaves and when the child is old enough for a bed of its own."""
    # What is open is found by the index of open stays, one row for each; and nothing is looked for where nobody answers for the person or they have left.
    here, answered_for = IsNull(OuterRef("departed_at"), True), IsNull(OuterRef("migrant__accompanied_by"), False)
    of_adult = BedAssignment.objects.filter(here, answered_for, stay__departed_at__isnull=True, until__isnull=True)
    of_adult = of_adult.filter(stay__migrant=OuterRef("migrant__accompanied_by"), stay__centre=OuterRef("centre"))
    limit = _YearsAgo("stay__centre__shared_bed_age")
    infant = of_adult.alias(limit=limit).filter(limit__lt=OuterRef("migrant__born_on"))
    return infant.exclude(bed__room__kind=Room.Kind.ISOLATION).order_by()


class StayQuerySet(FileQuerySet):
    on_file_from = "arrived_at"

    def open(self) -> "StayQuerySet":
        return self.filter(departed_at__isnull=True)

    def at(self, centre: Centre) -> "StayQuerySet":
        return self.filter(centre=centre)

    def there_on(self, day: datetime.date) -> "StayQuerySet":
        """Those that touch this day."""
        return self.filter(Q(departed_at__isnull=True) | Q(departed_at__gte=midnight(day)), arrived_at__lt=midnight(day + datetime.timedelta(days=1)))

    def new_arrivals(self) -> "StayQuerySet":
        """Without those who came back from hospital: they had arrived already."""
        return self.exclude(origin=Stay.Origin.HOSPITAL)

    def left(self) -> "StayQuerySet":
        """Those that ended otherwise than by going to hospital."""
        return self.filter(departed_at__isnull=False).exclude(departure_reason=Stay.DepartureReason.HOSPITAL)

    def with_bed(self, user: Any = None) -> "StayQuerySet":
        """With the bed the person has now: `bed_id`, `bed_words` (« Hommes 1 – 04 »); None without one. An infant has that of the adult who
        answers for them: `shares_bed`, and `shares_with`, the adult's name as far as this `user` works where both are."""
        own, theirs = _own_bed(), _adults_bed()
        words = Concat("bed__room__name", Value(" – "), "bed__label")
        name = Trim(Concat("stay__migrant__given_names", Value(" "), "stay__migrant__surname"))

        def of_either(column: str) -> Coalesce:
            return Coalesce(*(Subquery(rows.annotate(words=words).values(column)[:1]) for rows in (own, theirs)))

        known = When(Q(centre__in=centres_for(user, Right.VIEW_CASE) if user else []), then=Subquery(theirs.annotate(name=name).values("name")[:1]))
        return self.annotate(
            bed_id=of_either("bed_id"),
            bed_words=of_either("words"),
            shares_bed=Case(When(Exists(own), then=Value(False)), default=Exists(theirs), output_field=models.BooleanField()),
        ).annotate(shares_with=Case(When(shares_bed=False, then=Value("")), known, default=Value(""), output_field=models.CharField()))

    def sharing_a_bed(self) -> "StayQuerySet":
        """Infants in the bed of the adult who answers for them: they are there, and take no place."""
        return self.filter(~Exists(_own_bed()), Exists(_adults_bed()))

    def overdue(self, on: datetime.date | None = None) -> "StayQuerySet":
        """That go on past the day they were planned to."""
        return self.open().filter(planned_until__lt=on or timezone.localdate())

    def ending_soon(self, on: datetime.date | None = None) -> "StayQuerySet":
        """Whose planned end is near."""
        on = on or timezone.localdate()
        return self.open().filter(planned_until__gte=on, planned_until__lte=on + datetime.timedelta(days=WARNING_DAYS))

    def without_bed(self) -> "StayQuerySet":
        return self.filter(~Exists(_own_bed()), ~Exists(_adults_bed()))


class Stay(models.Model):
    """A person is in a centre, from arrival to departure. Occupancy is the number of open stays."""

    class Origin(models.TextChoices):
        """How the person came: in the words of the registration, and what only an arrival knows."""

        TRANSIT = Migrant.ArrivalKind.TRANSIT.value, Migrant.ArrivalKind.TRANSIT.label
        RETURNED = Migrant.ArrivalKind.RETURNED.value, Migrant.ArrivalKind.RETURNED.label
        VOLUNTARY_RETURN = Migrant.ArrivalKind.VOLUNTARY_RETURN.value, Migrant.ArrivalKind.VOLUNTARY_RETURN.label
        FORCED_RETURN = Migrant.ArrivalKind.FORCED_RETURN.value, Migrant.ArrivalKind.FORCED_RETURN.label
        REFERRED = Migrant.ArrivalKind.REFERRED.value, Migrant.ArrivalKind.REFERRED.label
        WALKED_IN = Migrant.ArrivalKind.WALKED_IN.value, Migrant.ArrivalKind.WALKED_IN.label
        TRANSFERRED = "transferred", _("transfert d’un autre centre")
        # Not a new arrival: the stay before goes on, its planned length with it (trigger below).
        HOSPITAL = "hospital", _("retour d’hôpital")

    class DepartureReason(models.TextChoices):
        RETURN = "return", _("retour vers le pays ou la communauté d’origine")
        LEFT = "left", _("départ de son plein gré")
        TRANSFERRED = "transferred", _("transfert vers un autre centre")
        REFERRED = "referred", _("orientation vers un partenaire")
        HOSPITAL = "hospital", _("hospitalisation")
        DIED = "died", _("décès")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="stays", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="stays", verbose_name=_("centre"))
    arrived_at = models.DateTimeField(_("arrivée"), default=timezone.now)
    origin = models.CharField(_("comment la personne est venue"), max_length=20, choices=Origin)
    came_from = models.CharField(_("pays de provenance"), max_length=2, blank=True)
    departed_at = models.DateTimeField(_("départ"), null=True, blank=True)
    departure_reason = models.CharField(_("motif du départ"), max_length=15, choices=DepartureReason, blank=True)
    checked_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("admis par"))
    checked_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sortie notée par"))
    # The last time that a departure noted by mistake was undone; the change history has all of them.
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("départ annulé par"))
    undone_reason = models.CharField(_("pourquoi le départ a été annulé"), max_length=300, blank=True)
    # The last day the stay is meant to last: the database fills it from the centre's limit where nobody did (trigger below).
    planned_until = models.DateField(_("prévu jusqu’au"), blank=True)
    # The last time that the plan was changed; the change history has all of them.
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("durée changée par"))
    extended_reason = models.CharField(_("pourquoi la durée a été changée"), max_length=300, blank=True)
    # Of a return from hospital: the arrival that it goes on from.
    first_arrived_at = models.DateTimeField(_("première arrivée"), null=True, blank=True)
    # Somebody in hospital may find their bed again: nobody else is laid there up to that day.
    kept_bed = models.ForeignKey(Bed, models.PROTECT, null=True, blank=True, related_name="kept_for", verbose_name=_("lit gardé"))
    kept_until = models.DateField(_("lit gardé jusqu’au"), null=True, blank=True)
    # Of what was sent at check-in: tells whether the same `id` comes again with the same content, even after a move.
    digest = models.CharField(max_length=64, default="", editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = StayQuerySet.as_manager()

    class Meta:
        ordering = ["-arrived_at", "-id"]
        verbose_name = _("séjour")
        indexes = [
            models.Index(fields=["-arrived_at", "-id"], name="stay_latest"),
            models.Index(fields=["centre", "-arrived_at"], name="stay_of_centre"),
            models.Index(fields=["centre", "-departed_at"], name="stay_departures", condition=Q(departed_at__isnull=False)),
            models.Index(fields=["centre"], name="stay_open", condition=Q(departed_at__isnull=True)),
            # Who was there in a span of days, however long ago: neither arrivals nor departures alone find them.
            GistIndex(KeyRange("centre"), TimeRange("arrived_at", "departed_at", RangeBoundary(inclusive_upper=True)), name="stay_presence"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"], condition=Q(departed_at__isnull=True), name="stay_open_once", violation_error_message=_("Cette personne a déjà un séjour en cours.")
            ),
            ExclusionConstraint(
                name="stay_no_overlap",
                expressions=[(UuidKeyRange("migrant"), RangeOperators.OVERLAPS), (TimeRange("arrived_at", "departed_at", RangeBoundary()), RangeOperators.OVERLAPS)],
                violation_error_message=_("Cette personne était déjà dans un centre à ce moment."),
            ),
            models.CheckConstraint(
                condition=Q(departed_at__isnull=True, departure_reason="") | Q(departed_at__gt=F("arrived_at")) & ~Q(departure_reason=""),
                name="stay_departure_whole",
                violation_error_message=_("Un départ a une date après l’arrivée, et un motif."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_reason="") | Q(undone_at__isnull=False) & ~Q(undone_reason=""),
                name="stay_undone_whole",
                violation_error_message=_("Dites pourquoi ce départ est annulé."),
            ),
            models.CheckConstraint(
                condition=Q(extended_at__isnull=True, extended_reason="") | Q(extended_at__isnull=False) & ~Q(extended_reason=""),
                name="stay_extended_whole",
                violation_error_message=_("Dites pourquoi la durée du séjour change."),
            ),
            models.CheckConstraint(
                condition=Q(first_arrived_at__isnull=True) & ~Q(origin="hospital") | Q(first_arrived_at__isnull=False, origin="hospital"),
                name="stay_first_arrival",
                violation_error_message=_("Seul un retour d’hôpital continue un séjour."),
            ),
            models.CheckConstraint(
                condition=Q(kept_bed__isnull=True, kept_until__isnull=True) | Q(kept_bed__isnull=False, kept_until__isnull=False, departure_reason="hospital"),
                name="stay_kept_bed",
                violation_error_message=_("Un lit n’est gardé que pour une personne à l’hôpital, jusqu’à un jour donné."),
            ),
            year_checked("stay_year", "arrived_at", "departed_at", moment=True),
            year_checked("stay_plan_year", "planned_until", "kept_until"),
        ]
        triggers = [
            audited(leave_out=("digest",)),
            pgtrigger.Trigger(
                name="planned",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__planned_until__isnull=True),
                func=f"""
                    SELECT (NEW.arrived_at AT TIME ZONE '{settings.TIME_ZONE}')::date + c.max_stay_days INTO NEW.planned_until
                        FROM centres_centre c WHERE c.id = NEW.centre_id;
                    RETURN NEW;
                """,  # noqa: S608 – a constant of the settings
            ),
            # Sent again late, an admission that was taken back admits nobody.
            pgtrigger.Trigger(
                name="undone_for_good",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (SELECT FROM reception_undoneadmission u WHERE u.id = NEW.id) THEN
                        RAISE EXCEPTION 'this admission was undone' USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_undone_for_good';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Its name comes before « planned »: what it fills in stands.
            pgtrigger.Trigger(
                name="from_hospital",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("origin"),
                condition=pgtrigger.Q(new__origin="hospital"),
                declare=[("before", "reception_stay%ROWTYPE")],
                func=f"""
                    SELECT * INTO before FROM reception_stay s
                        WHERE s.migrant_id = NEW.migrant_id AND s.id <> NEW.id AND s.arrived_at < NEW.arrived_at ORDER BY s.arrived_at DESC LIMIT 1;
                    IF before.id IS NULL OR before.centre_id <> NEW.centre_id OR before.departure_reason <> 'hospital' THEN
                        RAISE EXCEPTION 'nobody comes back from hospital who did not go there' USING ERRCODE = 'check_violation', CONSTRAINT = '{FROM_HOSPITAL}';
                    END IF;
                    NEW.first_arrived_at := coalesce(before.first_arrived_at, before.arrived_at);
                    NEW.planned_until := coalesce(NEW.planned_until, before.planned_until);
                    RETURN NEW;
                """,  # noqa: S608 – a constant of the settings
            ),
            living_only(operation=pgtrigger.Insert | pgtrigger.UpdateOf("departed_at"), condition=pgtrigger.Q(new__departed_at__isnull=True)),
            *seen(),
            taken_back_by_somebody(),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        """The centre where the person is answers for the stay; whoever reads the file reads its stays."""
        return [self.centre_id] if writing else self.migrant.access_centres(writing=False)

    @property
    def is_open(self) -> bool:
        return self.departed_at is None

    @property
    def bed_said(self) -> str:
        """The bed of `with_bed` in words; of an infant, that it is shared. Empty without one."""
        bed = getattr(self, "bed_words", None) or ""
        if not bed or not self.shares_bed:  # type: ignore[attr-defined]
            return bed
        adult = self.shares_with or gettext("l’adulte responsable")  # type: ignore[attr-defined]
        return gettext("%(bed)s, partage le lit de %(adult)s") % {"bed": bed, "adult": adult}

    @property
    def plan_state(self) -> str:
        """`over` past the day planned, `soon` in the last days before it, else nothing."""
        if not self.is_open:
            return ""
        left = (self.planned_until - timezone.localdate()).days
        return "over" if left < 0 else "soon" if left <= WARNING_DAYS else ""

    @property
    def since(self) -> datetime.date:
        """The day from which the length of the stay counts: that of the arrival, of a return from hospital of the one before it."""
        return timezone.localdate(self.first_arrived_at or self.arrived_at)

    @property
    def days(self) -> int:
        """Days since the arrival, or from arrival to departure."""
        last = timezone.localdate(self.departed_at) if self.departed_at else timezone.localdate()
        return (last - self.since).days


class BedAssignment(models.Model):
    """Somebody sleeps in this bed, from then until then."""

    stay = models.ForeignKey(Stay, models.CASCADE, related_name="beds", verbose_name=_("séjour"))
    bed = models.ForeignKey(Bed, models.PROTECT, related_name="assignments", verbose_name=_("lit"))
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    # Is it as good as what the rule proposes (reception/beds.py)? Whoever decided otherwise said why.
    by_rule = models.BooleanField(_("selon la règle"), default=True)
    reason = models.CharField(_("pourquoi ce lit"), max_length=200, blank=True)

    class Meta:
        ordering = ["since"]
        verbose_name = _("attribution de lit")
        constraints = [
            ExclusionConstraint(
                name="bed_one_person",
                expressions=[(KeyRange("bed"), RangeOperators.OVERLAPS), (TimeRange("since", "until", RangeBoundary()), RangeOperators.OVERLAPS)],
                violation_error_message=_("Ce lit vient d’être pris. Choisissez-en un autre."),
            ),
            models.UniqueConstraint(fields=["stay"], condition=Q(until__isnull=True), name="bed_one_a_stay", violation_error_message=_("Cette personne a déjà un lit.")),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="bed_dates",
                violation_error_message=_("Une nuit dans un lit ne peut pas finir avant d’avoir commencé."),
            ),
            models.CheckConstraint(
                condition=Q(by_rule=True) | ~Q(reason=""), name="bed_by_hand_reason", violation_error_message=_("Dites pourquoi la personne dort dans ce lit.")
            ),
            year_checked("bed_year", "since", "until", moment=True),
        ]
        triggers = [audited(), usable_when_laid(), infants_share(), taken_back_by_somebody()]
