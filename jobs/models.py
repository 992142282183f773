"""Long work. The row is the truth: who asked, how far it is, who works on it and until when. Celery only rings the bell."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

# A worker that has not renewed it for this long is taken for dead, and the job goes to another.
LEASE = datetime.timedelta(seconds=settings.JOB_LEASE_SECONDS)
MOST_TRIES = 5
ONE_AT_A_TIME = "job_one_at_a_time"


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user) -> "JobQuerySet":
        """A job and its file belong to whoever asked for it."""
        return self.filter(created_by=user)

    def waiting(self) -> "JobQuerySet":
        """Queued, or left behind by a worker that died."""
        return self.filter(Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=timezone.now()))

    def next_turns(self) -> "JobQuerySet":
        """Of every account that has none under way, the job whose turn it is: the one left behind, or else the oldest. `served`: when the
        account last had a worker."""
        account = Coalesce("created_by", 0)  # 0: the installation itself
        mine = Job.objects.annotate(account=account).filter(account=OuterRef("account"))
        under_way = mine.filter(state=Job.State.RUNNING, lease_until__gte=timezone.now())
        served = mine.filter(started_at__isnull=False).order_by("-started_at").values("started_at")[:1]
        waiting = self.waiting().annotate(account=account, served=Subquery(served)).exclude(Exists(under_way))
        return waiting.order_by("account", "-state", "created_at").distinct("account")  # "running", left behind, before "queued"


class Job(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("en attente")
        RUNNING = "running", _("en cours")
        DONE = "done", _("terminé")
        FAILED = "failed", _("échoué")
        CANCELLED = "cancelled", _("annulé")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("travail"), max_length=40)
    parameters = models.JSONField(default=dict)
    title = models.CharField(_("titre"), max_length=200)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.QUEUED)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="jobs", verbose_name=_("demandé par"))
    created_at = models.DateTimeField(_("demandé le"), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    # Made anew by each try: a worker thought dead that wakes up can write nothing.
    lease = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    step = models.CharField(_("étape"), max_length=200, blank=True)
    error = models.TextField(blank=True)
    file = models.FileField(upload_to="jobs", blank=True, max_length=200)
    file_name = models.CharField(max_length=120, blank=True)
    result = models.JSONField(default=dict)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("travail")
        indexes = [
            models.Index(fields=["created_by", "-created_at"], name="job_of_user"),
            models.Index(fields=["state", "lease_until"], name="job_waiting", condition=Q(state__in=["queued", "running"])),
        ]
        constraints = [
            # A pile of work of one account leaves room for the others; nobody's is the installation's.
            models.UniqueConstraint(
                fields=["created_by"],
                condition=Q(state="running"),
                nulls_distinct=False,
                name=ONE_AT_A_TIME,
                violation_error_message=_("Un autre travail de ce compte est en cours."),
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease__isnull=False, lease_until__isnull=False) | ~Q(state="running"),
                name="job_running_has_lease",
                violation_error_message=_("Un travail en cours appartient à un exécutant."),
            ),
            models.CheckConstraint(
                condition=Q(total=0) | Q(done__lte=F("total")),
                name="job_done_within_total",
                violation_error_message=_("Un travail ne peut pas être fait à plus de 100 %."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "failed", "cancelled"]) | Q(finished_at__isnull=False),
                name="job_end_has_date",
                violation_error_message=_("Un travail terminé a une date de fin."),
            ),
        ]
        # Progress is written many times a minute and says nothing about anybody.
        triggers = [audited(leave_out=("lease", "lease_until", "done", "total", "step", "result", "parameters"))]

    def __str__(self):
        return self.title

    @property
    def ended(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def seconds_left(self) -> int | None:
        """A guess from the pace so far; None while there is nothing to guess from."""
        if self.state != self.State.RUNNING or not self.started_at or not self.done or not self.total:
            return None
        spent = (timezone.now() - self.started_at).total_seconds()
        return max(0, round(spent * (self.total - self.done) / self.done))

    @property
    def minutes_left(self) -> int | None:
        seconds = self.seconds_left
        return None if seconds is None else -(-seconds // 60)


class WorkerPulse(models.Model):
    """One row: when a worker last answered the beat. `/readyz` reads it."""

    one = models.BooleanField(primary_key=True, default=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(one=True), name="one_pulse", violation_error_message=_("Il n’y a qu’une ligne pour dire que l’exécutant vit."))]
