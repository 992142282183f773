"""What a centre and its follow-up desk need before they open, item by item, and what the centre owns."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .centre import Centre


class ChecklistItem(models.Model):
    """One line of an opening checklist, the same for every centre. The first lines come with the centres (`centres/setup.py`)."""

    class Checklist(models.TextChoices):
        CENTRE = "centre", _("ouverture du centre")
        ANTENNA = "antenna", _("antenne de suivi de la DGME")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    checklist = models.CharField(_("liste"), max_length=10, choices=Checklist)
    name = models.CharField(_("élément"), max_length=150)
    obligatory = models.BooleanField(_("obligatoire"), default=True)
    place = models.PositiveSmallIntegerField(_("rang"), default=0)
    active = models.BooleanField(_("demandé"), default=True)

    class Meta:
        ordering = ["-checklist", "place", "pk"]
        verbose_name = _("élément de la liste d’ouverture")
        triggers = [audited()]

    def __str__(self):
        return gettext(self.name)  # in the reader's language


class ChecklistMarkQuerySet(models.QuerySet["ChecklistMark"]):
    def standing(self) -> "ChecklistMarkQuerySet":
        """Those that nobody took back."""
        return self.filter(withdrawn_on__isnull=True)


class ChecklistMark(models.Model):
    """At this centre this item is done since this day, or doesn't apply. Taken back, it stays as history and another one may follow."""

    class State(models.TextChoices):
        DONE = "done", _("fait")
        NOT_APPLICABLE = "not_applicable", _("sans objet")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="checklist", verbose_name=_("centre"))
    item = models.ForeignKey(ChecklistItem, models.PROTECT, related_name="marks", verbose_name=_("élément"))
    state = models.CharField(_("état"), max_length=15, choices=State)
    done_on = models.DateField(_("le"), default=timezone.localdate)
    note = models.CharField(_("précision"), max_length=300, blank=True)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    withdrawn_on = models.DateField(_("retiré le"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("retiré par"))
    withdrawn_reason = models.CharField(_("pourquoi il est retiré"), max_length=300, blank=True)

    objects = ChecklistMarkQuerySet.as_manager()

    class Meta:
        ordering = ["-done_on", "-pk"]
        verbose_name = _("élément rempli")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "item"], condition=Q(withdrawn_on__isnull=True), name="checklist_mark_once", violation_error_message=_("Cet élément est déjà rempli.")
            ),
            models.CheckConstraint(
                condition=Q(state="done") | ~Q(note=""), name="checklist_mark_reason", violation_error_message=_("Dites pourquoi cet élément est sans objet.")
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True, withdrawn_reason="") | Q(withdrawn_on__gte=F("done_on")) & ~Q(withdrawn_reason=""),
                name="checklist_mark_withdrawn_whole",
                violation_error_message=_("Un élément est retiré au plus tôt le jour où il a été rempli, et l’on dit pourquoi."),
            ),
        ]
        triggers = [audited()]


class Equipment(models.Model):
    """Something the centre owns, so many of them in one state. What changed when and by whom is in the change history."""

    class State(models.TextChoices):
        GOOD = "good", _("en bon état")
        REPAIR = "repair", _("à réparer")
        LOST = "lost", _("perdu")

    # Made by the form: sent a second time it is the same line.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="equipment", verbose_name=_("centre"))
    name = models.CharField(_("nom"), max_length=100)
    quantity = models.PositiveIntegerField(_("quantité"), default=1)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.GOOD)
    note = models.CharField(_("précision"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name", "state"]
        verbose_name = _("équipement")
        constraints = [
            models.UniqueConstraint(
                "centre",
                Lower("name"),
                "state",
                name="equipment_once",
                violation_error_message=_("La liste a déjà cet équipement dans cet état : changez sa quantité."),
            )
        ]
        triggers = [audited()]

    def __str__(self):
        return self.name


def missing(centre: Centre, which: str, on: datetime.date | None = None) -> models.QuerySet[ChecklistItem]:
    """The obligatory items of a list that are not done at this centre (on that day). The trigger `complete` asks the same."""
    done = ChecklistMark.objects.standing().filter(centre=centre, state=ChecklistMark.State.DONE)
    if on is not None:
        done = done.filter(done_on__lte=on)
    return ChecklistItem.objects.filter(checklist=which, obligatory=True, active=True).exclude(pk__in=done.values("item"))
