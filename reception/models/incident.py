"""What went wrong at a centre, what was done about it, and what is still to be done."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.access import centres_for
from centres.models import Centre, Service
from centres.roles import Right

from .history import stays, year_checked


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user) -> "IncidentQuerySet":
        """Those of the centres the user sees into; what is reserved only for the manager and for protection, not even for who wrote it."""
        trusted = {*centres_for(user, Right.MANAGE_CENTRE), *centres_for(user, Right.VIEW_PROTECTION)}
        return self.filter(Q(centre__in=centres_for(user, Right.VIEW_CENTRE)) & ~Q(kind__in=Incident.RESERVED) | Q(centre__in=trusted))

    def open(self) -> "IncidentQuerySet":
        return self.filter(closed_at__isnull=True)

    def overdue(self) -> "IncidentQuerySet":
        return self.open().filter(due_on__lt=timezone.localdate())


class Incident(models.Model):
    """Something that happened at a centre. Tensions name the kind of aid they were about (K3 of the action document's risk table)."""

    class Kind(models.TextChoices):
        TENSION_RESIDENTS = "tension_residents", _("tension entre résidents")
        TENSION_AID = "tension_aid", _("tension au sujet d’une aide")
        THEFT = "theft", _("vol")
        VIOLENCE = "violence", _("violence")
        ACCIDENT = "accident", _("accident")
        TECHNICAL = "technical", _("feu ou panne")
        ILLNESS = "illness", _("maladie")
        STAFF = "staff", _("conduite du personnel")
        OTHER = "other", _("autre")

    class Severity(models.TextChoices):
        MINOR = "minor", _("léger")
        SERIOUS = "serious", _("sérieux")
        GRAVE = "grave", _("grave")

    TENSIONS = (Kind.TENSION_RESIDENTS, Kind.TENSION_AID)
    RESERVED = (Kind.VIOLENCE, Kind.STAFF)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="incidents", verbose_name=_("centre"))
    happened_at = models.DateTimeField(_("quand"), default=timezone.now)
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    aid = models.CharField(_("au sujet de quelle aide"), max_length=15, choices=Service.Category, blank=True)
    severity = models.CharField(_("gravité"), max_length=10, choices=Severity)
    what = models.TextField(_("ce qui s’est passé"), max_length=3000)
    measures = models.TextField(_("mesures prises"), max_length=3000, blank=True)
    people = models.ManyToManyField(Migrant, through="IncidentPerson", related_name="incidents", verbose_name=_("personnes concernées"))
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    reported_at = models.DateTimeField(_("noté le"), default=timezone.now)
    due_on = models.DateField(_("à revoir le"), null=True, blank=True)
    due_who = models.CharField(_("par qui"), max_length=100, blank=True)
    closed_at = models.DateTimeField(_("clos le"), null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("clos par"))
    outcome = models.TextField(_("issue"), max_length=3000, blank=True)
    # Of what was sent at first: tells whether the same `id` comes again with the same content, even after a follow-up.
    digest = models.CharField(max_length=64, default="", editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_at", "-id"]
        verbose_name = _("incident")
        indexes = [
            models.Index(fields=["centre", "-happened_at"], name="incident_of_centre"),
            models.Index(fields=["centre", "due_on"], name="incident_open", condition=Q(closed_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(aid="") | Q(kind__in=("tension_residents", "tension_aid")),
                name="incident_aid_of_tension",
                violation_error_message=_("Seule une tension porte sur une aide."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="tension_aid") | ~Q(aid=""), name="incident_aid_named", violation_error_message=_("Dites de quelle aide il s’agit.")
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, outcome="") | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="incident_closed_whole",
                violation_error_message=_("Un incident clos a une issue."),
            ),
            year_checked("incident_year", "happened_at", moment=True),
            year_checked("incident_due_year", "due_on"),
        ]
        triggers = [audited(leave_out=("digest",)), stays()]

    def __str__(self):
        return f"{self.get_kind_display()}, {formats.date_format(timezone.localtime(self.happened_at))}"

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_reserved(self) -> bool:
        return self.kind in self.RESERVED

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_on is not None and self.due_on < timezone.localdate()


class IncidentPersonQuerySet(FileQuerySet):
    on_file_from = "added_at"

    def visible_to(self, user) -> "IncidentPersonQuerySet":
        """Who may see the incident, of the people in their scope."""
        return super().visible_to(user).filter(incident__in=Incident.objects.visible_to(user).order_by())


class IncidentPerson(models.Model):
    """Somebody whom an incident concerns: shown to whoever may open their file, and the incident."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="concerned", verbose_name=_("incident"))
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="incident_lines", verbose_name=_("personne"))
    added_at = models.DateTimeField(_("depuis"), default=timezone.now)

    objects = IncidentPersonQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("personne concernée par un incident")
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "migrant"], name="incident_person_once", violation_error_message=_("Cette personne est déjà citée dans cet incident.")
            )
        ]
        triggers = [audited(), stays()]


class IncidentFollowUp(models.Model):
    """One dated step after an incident."""

    class Step(models.TextChoices):
        NOTE = "note", _("suivi")
        CLOSED = "closed", _("clôture")
        REOPENED = "reopened", _("réouverture")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="follow_ups", verbose_name=_("incident"))
    step = models.CharField(_("étape"), max_length=10, choices=Step, default=Step.NOTE)
    text = models.TextField(_("ce qui a été fait"), max_length=3000)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("écrit par"))
    written_at = models.DateTimeField(_("écrit le"), default=timezone.now)

    class Meta:
        ordering = ["written_at", "id"]
        verbose_name = _("suivi d’un incident")
        triggers = [audited(), stays()]
