"""When somebody was last seen, from every event; and what was noted about somebody who is missed.

`LastSeen` says the latest event among the rows of the tables below, nothing else: an older event written down late does not change it, an
event taken back or moved to another file (a merge, its undoing) takes its sight along. The database keeps it so whatever way a row is
written, also in bulk: `reception_last_seen_again` (reception/migrations/0201) is the one place that knows which events there are.

A line of a list (a meal, a session, a roll-call as it was proposed, several lines sent at once) is no event: nobody looked at each of those
on it. A row that was written because somebody looked at this one person says when, in `seen_at`."""

import uuid

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.models import Centre

from .history import stays


def seen() -> list[pgtrigger.Trigger]:
    """For a table with `migrant` whose rows tell that somebody was seen: once a statement, however many rows it writes."""

    def trigger(name: str, operation: pgtrigger.Operation, tables: tuple[str, ...], adding: bool) -> pgtrigger.Trigger:
        people = " UNION ".join(f"SELECT migrant_id FROM {table}" for table in tables)  # noqa: S608
        return pgtrigger.Trigger(
            name=name,
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(**{table.removesuffix("_rows"): table for table in tables}),
            func=f"PERFORM reception_last_seen_again(ARRAY({people}), {str(adding).lower()}); RETURN NULL;",
        )

    return [
        trigger("seen_added", pgtrigger.Insert, ("new_rows",), True),
        trigger("seen_changed", pgtrigger.Update, ("old_rows", "new_rows"), True),
        # a person who is deleted has no row to be kept
        trigger("seen_removed", pgtrigger.Delete, ("old_rows",), False),
    ]


class LastSeen(models.Model):
    """The latest event of a person. Written by the database alone (see above); of a file joined to another one it keeps its own."""

    class How(models.TextChoices):
        REGISTERED = "registered", _("enregistrement")
        ARRIVAL = "arrival", _("arrivée")
        DEPARTURE = "departure", _("départ")
        ASSISTANCE = "assistance", _("assistance")
        ROLL_CALL = "roll_call", _("appel du soir")
        SIGHTING = "sighting", _("vue par le personnel")

    migrant = models.OneToOneField(Migrant, models.CASCADE, primary_key=True, related_name="last_seen", verbose_name=_("personne"))
    at = models.DateTimeField(_("vue le"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    how = models.CharField(_("par"), max_length=10, choices=How)

    class Meta:
        verbose_name = _("dernière fois que la personne a été vue")


class SightingQuerySet(FileQuerySet):
    on_file_from = "at"


class Sighting(models.Model):
    """What staff found out about somebody who was missed: seen after all, or still absent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="sightings", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    found = models.BooleanField(_("vue"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(_("noté le"), default=timezone.now)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))

    objects = SightingQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("nouvelle d’une personne absente")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(found=True) | ~models.Q(note=""),
                name="sighting_absent_note",
                violation_error_message=_("Écrivez ce qui a été fait pour retrouver la personne."),
            ),
        ]
        triggers = [audited(), *seen(), stays()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id] if writing else self.migrant.access_centres(writing=False)


class AbsenceRule(models.Model):
    """After how many days without being seen a centre misses somebody; without a row: `DEFAULT_DAYS`."""

    DEFAULT_DAYS = 2
    MOST_DAYS = 30

    centre = models.OneToOneField(Centre, models.CASCADE, related_name="absence_rule", verbose_name=_("centre"))
    days = models.PositiveSmallIntegerField(
        _("jours sans être vue"),
        default=DEFAULT_DAYS,
        validators=[
            MinValueValidator(1, _("Écrivez un nombre de 1 à 30.")),
            MaxValueValidator(MOST_DAYS, _("Écrivez un nombre de 1 à 30.")),
        ],
    )

    class Meta:
        verbose_name = _("délai d’absence")
        constraints = [
            models.CheckConstraint(condition=models.Q(days__range=(1, 30)), name="absence_days", violation_error_message=_("Écrivez un nombre de 1 à 30.")),
        ]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]
