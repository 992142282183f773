"""A person's reintegration: support, and visits over at least a year."""

import datetime
import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.deaths import living_only
from cases.models import NEVER, Custody, FileQuerySet, Migrant
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right
from config.countries import country_name

# Source: action document 4.3, « suivi … durant minimum une année »; months by IOM practice.
VISIT_MONTHS = (1, 3, 6, 9, 12)
LEAST_MONTHS = 12
# A visit may be made a little before its day, and is announced as long before.
EARLY_DAYS = 14
EUROPE = "europe"
AFRICA = "africa"


def add_months(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later; the last of the month where there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    first_of_next = datetime.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (first_of_next - datetime.timedelta(days=1)).day
    return datetime.date(year, month + 1, min(day.day, last))


def _care_of(user) -> models.QuerySet[Custody]:
    return Custody.objects.filter(centre__in=centres_for(user, Right.MANAGE_REINTEGRATION), until__isnull=True)


class CaseQuerySet(FileQuerySet):
    # On the file of a centre whose care has ended only where it was over by then: what goes on belongs to those who follow the person now.
    on_file_from = Coalesce("closed_on", NEVER)

    def open(self) -> "CaseQuerySet":
        return self.filter(state=ReintegrationCase.State.OPEN)

    def conducted_by(self, user) -> "CaseQuerySet":
        """Those this user may write in: the person is in the care of a centre where they conduct reintegrations."""
        return self.filter(Exists(_care_of(user).filter(migrant=OuterRef("migrant"))))


class ReintegrationCase(models.Model):
    class Kind(models.TextChoices):
        INDIVIDUAL = "individual", _("individuelle")
        COMMUNITY = "community", _("communautaire")

    class State(models.TextChoices):
        OPEN = "open", _("en cours")
        COMPLETED = "completed", _("menée à terme")
        LOST = "lost", _("perte de contact")
        REMIGRATED = "remigrated", _("nouveau départ")
        WITHDRAWN = "withdrawn", _("retrait")
        DIED = "died", _("décès")

    class ReturnedFrom(models.TextChoices):
        EUROPE = EUROPE, _("Europe")
        AFRICA = AFRICA, _("Afrique")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="reintegrations", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="reintegrations", verbose_name=_("antenne qui suit"))
    kind = models.CharField(_("réintégration"), max_length=10, choices=Kind)
    # R2.7: reinforced and individualised, for vulnerable people; a subset of the other two, never added to them.
    enhanced = models.BooleanField(_("renforcée (personne vulnérable)"), default=False)
    returned_from = models.CharField(_("pays d’où la personne est revenue"), max_length=2)
    returned_from_continent = models.CharField(_("retour depuis"), max_length=6, choices=ReturnedFrom)
    region = models.CharField(_("région de réintégration"), max_length=60, blank=True)
    opened_on = models.DateField(_("ouvert le"), default=timezone.localdate)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ouvert par"))
    plan = models.TextField(_("projet"), max_length=2000, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.OPEN)
    closed_on = models.DateField(_("clos le"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-id"]
        verbose_name = _("réintégration")
        indexes = [
            models.Index(fields=["state", "opened_on", "id"], name="reintegration_by_state"),
            models.Index(fields=["centre", "opened_on", "id"], name="reintegration_of_centre"),
            models.Index(fields=["opened_on", "id"], name="reintegration_latest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"],
                condition=Q(state="open"),
                name="reintegration_open_once",
                violation_error_message=_("Cette personne a déjà une réintégration en cours."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_on__isnull=True) | ~Q(state="open") & Q(closed_on__isnull=False, closed_on__gte=F("opened_on")),
                name="reintegration_close_date",
                violation_error_message=_("La fin ne peut pas précéder le début."),
            ),
            models.CheckConstraint(
                condition=~Q(returned_from="ML"), name="reintegration_from_abroad", violation_error_message=_("Choisissez le pays d’où la personne est revenue.")
            ),
            # Twelve months at the least; 365 days is what the database can say without a calendar.
            models.CheckConstraint(
                condition=~Q(state="completed") | Q(closed_on__gte=F("opened_on") + datetime.timedelta(days=365)),
                name="reintegration_one_year",
                violation_error_message=_("Une réintégration n’est menée à terme qu’après douze mois de suivi."),
            ),
        ]
        triggers = [
            audited(),
            pgtrigger.FSM(
                name="workflow", field="state", transitions=[("open", end) for end in ("completed", "lost", "remigrated", "withdrawn", "died")] + [("died", "open")]
            ),  # a death noted by mistake
            living_only(),
            # At the end of the transaction, so that a case may be brought in whole, visits and all, in any order.
            pgtrigger.Trigger(
                name="last_visit",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state="completed"),
                func=f"""
                    IF EXISTS (SELECT 1 FROM reintegration_reintegrationcase c WHERE c.id = NEW.id AND c.state = 'completed')
                       AND NOT EXISTS (SELECT 1 FROM reintegration_visit v WHERE v.case_id = NEW.id AND v.month = {VISIT_MONTHS[-1]} AND v.done_on IS NOT NULL) THEN
                        RAISE EXCEPTION 'reintegration %: completed without the last visit', NEW.id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608 – constants of this file
            ),
        ]

    def __str__(self):
        return f"{self.migrant} – {self.get_kind_display()}"

    def access_centres(self, *, writing: bool) -> list[int]:
        models.prefetch_related_objects([self.migrant], "custodies")  # asked for several times on a page, read once
        return self.migrant.access_centres(writing=writing)

    def was_over(self, at: datetime.datetime) -> bool:
        """Had it come to its end by that moment? (What a centre keeps whose care ended then.)"""
        return self.closed_on is not None and self.closed_on <= timezone.localdate(at)

    @property
    def returned_from_name(self) -> str:
        return country_name(self.returned_from)

    @property
    def may_complete_from(self) -> datetime.date:
        """The first day on which this case can be closed as completed."""
        return add_months(self.opened_on, LEAST_MONTHS)


class HangsOnCase(FileQuerySet):
    person = "case__migrant"

    def conducted_by(self, user) -> "HangsOnCase":
        return self.filter(Exists(_care_of(user).filter(migrant=OuterRef("case__migrant"))))


class VisitQuerySet(HangsOnCase):
    on_file_from = Coalesce("case__closed_on", NEVER)

    def due(self, on: datetime.date | None = None) -> "VisitQuerySet":
        """Not made, of an open case, and due on this day (today) or before."""
        return self.waiting().filter(due_on__lte=on or timezone.localdate())

    def waiting(self) -> "VisitQuerySet":
        """Still to be made."""
        return self.filter(done_on__isnull=True, case__state="open")

    def overdue(self, on: datetime.date | None = None) -> "VisitQuerySet":
        return self.waiting().filter(due_on__lt=on or timezone.localdate())

    def soon(self, on: datetime.date | None = None) -> "VisitQuerySet":
        """To be made today or within the days in which a visit may already be made."""
        on = on or timezone.localdate()
        return self.waiting().filter(due_on__range=(on, on + datetime.timedelta(days=EARLY_DAYS)))


class Visit(models.Model):
    """A follow-up visit. All five exist from the day the case opens; recording one fills it in."""

    class Situation(models.TextChoices):
        GOOD = "good", _("bonne")
        FRAGILE = "fragile", _("fragile")
        BAD = "bad", _("mauvaise")
        NOT_MET = "not_met", _("personne non rencontrée")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(ReintegrationCase, models.CASCADE, related_name="visits", verbose_name=_("réintégration"))
    month = models.PositiveSmallIntegerField(_("mois"))
    due_on = models.DateField(_("prévue le"))
    done_on = models.DateField(_("faite le"), null=True, blank=True)
    situation = models.CharField(_("situation"), max_length=8, choices=Situation, blank=True)
    note = models.TextField(_("compte rendu"), max_length=3000, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("faite par"))
    version = models.PositiveIntegerField(default=1)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "month"]
        verbose_name = _("visite")
        indexes = [
            models.Index(fields=["due_on", "id"], name="visit_due", condition=Q(done_on__isnull=True)),
            models.Index(fields=["due_on", "id"], name="visit_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "month"], name="visit_once", violation_error_message=_("La visite de ce mois est déjà prévue pour ce dossier.")),
            models.CheckConstraint(condition=Q(month__in=VISIT_MONTHS), name="visit_month", violation_error_message=_("Ce mois n’est pas un mois de visite.")),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, situation="") | Q(done_on__isnull=False) & ~Q(situation=""),
                name="visit_done_whole",
                violation_error_message=_("Une visite faite a une date et une situation."),
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True) | Q(done_on__gte=F("due_on") - datetime.timedelta(days=EARLY_DAYS)),
                name="visit_not_early",
                violation_error_message=_("Cette visite est trop tôt : elle se fait au plus quatorze jours avant la date prévue."),
            ),
        ]
        triggers = [
            audited(),
            # The last visit of a completed case cannot be written away afterwards.
            pgtrigger.Trigger(
                name="last_visit_stays",
                when=pgtrigger.After,
                operation=pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(old__month=VISIT_MONTHS[-1]),
                func=f"""
                    IF EXISTS (SELECT 1 FROM reintegration_reintegrationcase c WHERE c.id = OLD.case_id AND c.state = 'completed')
                       AND NOT EXISTS (SELECT 1 FROM reintegration_visit v WHERE v.case_id = OLD.case_id AND v.month = {VISIT_MONTHS[-1]} AND v.done_on IS NOT NULL) THEN
                        RAISE EXCEPTION 'reintegration %: completed without the last visit', OLD.case_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608 – constants of this file
            ),
        ]

    def __str__(self):
        return _("Visite du mois %(month)s") % {"month": self.month}

    @property
    def is_overdue(self) -> bool:
        return self.done_on is None and self.due_on < timezone.localdate()

    @property
    def earliest(self) -> datetime.date:
        """The first day on which it may be made."""
        return self.due_on - datetime.timedelta(days=EARLY_DAYS)

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.case.access_centres(writing=writing)


class SupportQuerySet(HangsOnCase):
    on_file_from = Coalesce("case__closed_on", NEVER)


class Support(models.Model):
    """Something delivered for the reintegration: a person "benefits" once something was delivered."""

    class Kind(models.TextChoices):
        BUSINESS = "business", _("micro-entreprise")
        TRAINING = "training", _("formation")
        EMPLOYMENT = "employment", _("emploi")
        HOUSING = "housing", _("logement")
        HEALTH = "health", _("santé")
        PSYCHOSOCIAL = "psychosocial", _("appui psychosocial")
        COMMUNITY = "community", _("projet communautaire")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(ReintegrationCase, models.CASCADE, related_name="supports", verbose_name=_("réintégration"))
    kind = models.CharField(_("type"), max_length=12, choices=Kind)
    delivered_on = models.DateField(_("remis le"), default=timezone.localdate)
    amount = models.DecimalField(_("valeur (FCFA)"), max_digits=10, decimal_places=0, null=True, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))

    objects = SupportQuerySet.as_manager()

    class Meta:
        ordering = ["-delivered_on"]
        verbose_name = _("appui")
        indexes = [models.Index(fields=["delivered_on"], name="support_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="support_amount", violation_error_message=_("La valeur ne peut pas être négative.")
            )
        ]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.case.access_centres(writing=writing)
