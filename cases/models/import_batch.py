"""Lists brought in from elsewhere."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right


def import_path(batch: "ImportBatch", name: str) -> str:
    """A random name: whoever sees the folder learns nothing about anybody."""
    return f"imports/{uuid.uuid4().hex}"


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user) -> Self:
        """Imports of the centres where the user may bring lists in."""
        return self.filter(centre__in=centres_for(user, Right.IMPORT_LISTS))


class ImportBatch(models.Model):
    """One file on its way into the register. The file and what was read of it are kept only until the end, done or given up."""

    class State(models.TextChoices):
        READING = "reading", _("lecture du fichier")
        READ = "read", _("colonnes à vérifier")
        CHECKING = "checking", _("vérification")
        CHECKED = "checked", _("vérifiée")
        WRITING = "writing", _("enregistrement")
        DONE = "done", _("importée")
        REFUSED = "refused", _("refusée")
        DISCARDED = "discarded", _("abandonnée")

    class Alike(models.TextChoices):
        """What is done with rows that look like somebody already registered."""

        SKIP_SURE = "skip_sure", _("laisser de côté les presque certaines, enregistrer les autres")
        SKIP_ALL = "skip_all", _("laisser de côté toutes les lignes ressemblantes")
        KEEP_ALL = "keep_all", _("tout enregistrer : ce sont d’autres personnes")

    class DateOrder(models.TextChoices):
        DAY_FIRST = "dmy", _("jour/mois/année (31/12/1990)")
        MONTH_FIRST = "mdy", _("mois/jour/année (12/31/1990)")

    class SexCodes(models.TextChoices):
        """What 1 and 2 mean in a list that does not say it."""

        MALE_FIRST = "mf", _("1 = homme, 2 = femme")
        FEMALE_FIRST = "fm", _("1 = femme, 2 = homme")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("demandé par"))
    created_at = models.DateTimeField(_("demandé le"), default=timezone.now)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.READING)
    file = models.FileField(upload_to=import_path, max_length=120, blank=True)
    file_name = models.CharField(_("fichier"), max_length=120)
    sha256 = models.CharField(max_length=64)
    columns = ArrayField(models.CharField(max_length=200), default=list)  # as the file names them, in order
    sample = models.JSONField(default=list)  # the first values of each column; emptied with the file
    notes = ArrayField(models.CharField(max_length=300), default=list)  # what was found out while reading: separator, other sheets …
    sheet = models.CharField(_("feuille"), max_length=100, blank=True)  # of a workbook: the one that is read
    sheets = ArrayField(models.CharField(max_length=100), default=list)
    has_codes = models.BooleanField(default=False)  # a column of 1 and 2, perhaps the sex
    sex_codes = models.CharField(_("sexe en chiffres"), max_length=2, choices=SexCodes, blank=True)
    listed_on = models.DateField(_("jour de la liste"), null=True, blank=True)  # on which its ages were true
    matching = models.JSONField(default=dict)  # place of the column → our field
    date_order = models.CharField(_("ordre des dates"), max_length=3, choices=DateOrder, default=DateOrder.DAY_FIRST)
    alike_choice = models.CharField(_("personnes ressemblantes"), max_length=10, choices=Alike, blank=True)
    refusal = models.CharField(_("motif"), max_length=500, blank=True)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    rows = models.PositiveIntegerField(_("lignes"), default=0)
    errors = models.PositiveIntegerField(_("erreurs"), default=0)
    alike = models.PositiveIntegerField(_("ressemblances"), default=0)
    known = models.PositiveIntegerField(_("déjà enregistrées"), default=0)
    made = models.PositiveIntegerField(_("enregistrées"), default=0)
    skipped = models.PositiveIntegerField(_("laissées de côté"), default=0)
    findings = models.JSONField(default=list)  # the first errors and likenesses, for the screen; emptied with the file
    alike_lines = models.JSONField(default=dict)  # line → how sure, of all that look like somebody: what was shown is what is left out
    report = models.FileField(upload_to=import_path, max_length=120, blank=True)
    people = ArrayField(models.UUIDField(), default=list)  # whom this import registered
    ended_at = models.DateTimeField(_("fin"), null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("import de liste")
        indexes = [models.Index(fields=["centre", "-created_at"], name="import_of_centre")]
        constraints = [
            # What is over keeps no copy of the list.
            models.CheckConstraint(
                condition=~Q(state__in=["done", "refused", "discarded"]) | Q(file="", sample=[], findings=[], ended_at__isnull=False),
                name="import_end_keeps_no_list",
                violation_error_message=_("Un import terminé ne garde rien de la liste reçue."),
            ),
        ]
        triggers = [audited(leave_out=("sample", "findings", "people"))]

    def __str__(self):
        return self.file_name

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]

    @property
    def ended(self) -> bool:
        return self.state in (self.State.DONE, self.State.REFUSED, self.State.DISCARDED)

    @property
    def stopped(self) -> bool:
        """Its work ended without an answer: failed, or cancelled."""
        return self.working and self.job is not None and self.job.ended and self.job.state != "done"

    @property
    def working(self) -> bool:
        return self.state in (self.State.READING, self.State.CHECKING, self.State.WRITING)
