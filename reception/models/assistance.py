"""What is given to a person."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from audit.triggers import audited
from cases.deaths import living_only
from cases.models import FileQuerySet, Migrant
from centres.models import Centre, Service

from .history import taken_back_by_somebody, year_checked
from .seen import seen
from .stay import Stay
from .stock import moves_stock


class AssistanceQuerySet(FileQuerySet):
    on_file_from = "recorded_at"


def counted() -> list[pgtrigger.Trigger]:
    """Keeps `Assisted` as the lines are, once a statement. They fire after those of `seen()` (triggers fire by name), which lock what is known
    of these people: a line written and the last one taken back at the same moment see each other."""

    def trigger(name: str, operation: pgtrigger.Operation, tables: tuple[str, ...], func: str) -> pgtrigger.Trigger:
        return pgtrigger.Trigger(
            name=name,
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(**{table.removesuffix("_rows"): table for table in tables}),
            func=f"{func} RETURN NULL;",
        )

    # In one order, so that two lists at once don't wait for each other in a circle.
    more = """
        INSERT INTO reception_assisted (migrant_id, centre_id) SELECT DISTINCT migrant_id, centre_id FROM new_rows ORDER BY 1, 2 ON CONFLICT DO NOTHING;
    """
    fewer = """
        DELETE FROM reception_assisted a USING old_rows o
        WHERE (a.migrant_id, a.centre_id) = (o.migrant_id, o.centre_id)
        AND NOT EXISTS (SELECT FROM reception_assistance l WHERE l.migrant_id = a.migrant_id AND l.centre_id = a.centre_id);
    """
    return [
        trigger("tally_added", pgtrigger.Insert, ("new_rows",), more),
        trigger("tally_changed", pgtrigger.Update, ("old_rows", "new_rows"), fewer + more),
        trigger("tally_removed", pgtrigger.Delete, ("old_rows",), fewer),
    ]


class Assistance(models.Model):
    """Something given to a person on a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="assistance", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="assistance", verbose_name=_("centre"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="given", verbose_name=_("service"))
    given_on = models.DateField(_("date"), default=timezone.localdate)
    quantity = models.PositiveSmallIntegerField(_("quantité"), default=1)
    unit = models.CharField(_("unité"), max_length=20, blank=True)  # of the service, as it was then
    # Seldom asked for: no index (the table has millions of rows).
    provider = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("fourni par"))
    cost = models.IntegerField(_("coût (FCFA)"), null=True, blank=True)
    # Copied from the service, so that the database itself refuses the second serving: that day, or during that stay.
    once_per_day = models.BooleanField(default=False, editable=False)
    once_in_stay = models.ForeignKey(Stay, models.CASCADE, null=True, blank=True, related_name="+", db_index=False, editable=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    recorded_at = models.DateTimeField(_("noté le"), default=timezone.now)
    # When somebody looked at this one person; null: a line of a list, which is no sight of anybody (models/seen.py).
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AssistanceQuerySet.as_manager()

    class Meta:
        ordering = ["-given_on", "-recorded_at"]
        verbose_name = _("assistance")
        indexes = [
            # The report of a centre counts a month of lines from the index alone.
            models.Index(fields=["centre", "given_on"], include=["migrant", "service", "quantity"], name="assistance_of_centre"),
            models.Index(fields=["migrant", "-given_on"], name="assistance_of_person"),
            models.Index(fields=["given_on"], name="assistance_day"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant", "service", "given_on"],
                condition=Q(once_per_day=True),
                name="assistance_once_a_day",
                violation_error_message=_("Ce service a déjà été donné à cette personne ce jour-là."),
            ),
            # Without the person: stay and line move together when two files are joined.
            models.UniqueConstraint(
                fields=["once_in_stay", "service"],
                condition=Q(once_in_stay__isnull=False),
                name="assistance_once_a_stay",
                violation_error_message=_("Ce service a déjà été donné à cette personne pendant ce séjour."),
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(cost__gte=0), name="assistance_cost", violation_error_message=_("Le coût est un montant en FCFA, sans signe.")
            ),
            year_checked("assistance_year", "given_on"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="assistance_quantity", violation_error_message=_("La quantité est au moins 1.")),
        ]
        triggers = [
            audited(),
            living_only(after="given_on"),
            moves_stock(),
            # A line that was given once for that day or stay holds its place until it is taken back: unmarked, it would let a second one in.
            pgtrigger.Trigger(
                name="holds_its_slot",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("once_per_day", "once_in_stay_id"),
                condition=pgtrigger.Condition(
                    "OLD.once_per_day AND NOT NEW.once_per_day OR OLD.once_in_stay_id IS NOT NULL AND NEW.once_in_stay_id IS DISTINCT FROM OLD.once_in_stay_id"
                ),
                func="""
                    RAISE EXCEPTION 'what is given once stays marked until it is taken back' USING ERRCODE = 'check_violation', CONSTRAINT = 'assistance_holds_its_slot';
                """,
            ),
            *seen(),
            *counted(),
            taken_back_by_somebody(),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        """Written by the centre that gave it, as long as it cares for the person; read by whoever reads the file."""
        return [pk for pk in self.migrant.access_centres(writing=writing) if not writing or pk == self.centre_id]


class Assisted(models.Model):
    """Somebody was given something at this centre, once or a hundred times: how many people the action has reached is counted here, among
    as many rows as there are people, not among millions of lines. Written by the database alone (`counted`)."""

    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="assisted_at", db_index=False, verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", db_index=False, verbose_name=_("centre"))

    class Meta:
        verbose_name = _("aide reçue dans un centre")
        constraints = [
            models.UniqueConstraint(
                fields=["migrant", "centre"], name="assisted_once", violation_error_message=_("Cette personne est déjà comptée parmi les personnes aidées de ce centre.")
            )
        ]
