"""Kits of a centre: what came, what was given, what is left."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.models import Centre, Service

from .history import stays, year_checked

# Every line of assistance with a kit moves the stock, by whatever way it was written; taking the line back gives it back. What was given on
# a day before the stock was first counted is not in the count.
MOVES_STOCK = """
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO reception_stockmovement (id, item_id, kind, quantity, line, source, reason, "on", at, by_id)
        SELECT gen_random_uuid(), item_id, 'taken_back', -sum(quantity), OLD.id, '', '', OLD.given_on, clock_timestamp(), nullif(current_setting('sira.actor', true), '')::bigint
        FROM reception_stockmovement WHERE line = OLD.id GROUP BY item_id HAVING sum(quantity) <> 0;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO reception_stockmovement (id, item_id, kind, quantity, line, source, reason, "on", at, by_id)
        SELECT gen_random_uuid(), id, 'given', -NEW.quantity, NEW.id, '', '', NEW.given_on, clock_timestamp(), NEW.recorded_by_id
        FROM reception_stockitem WHERE centre_id = NEW.centre_id AND service_id = NEW.service_id AND since <= NEW.given_on;
    END IF;
    RETURN NULL;
"""

ONLY_MOVEMENTS = "a stock is the sum of its movements: write a movement"


def moves_stock() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="stock",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("centre_id", "service_id", "quantity", "given_on") | pgtrigger.Delete,
        func=MOVES_STOCK,
    )


class StockItem(models.Model):
    """One kind of kit at one centre. `left` is the sum of its movements: the database alone writes it. It may be below zero: somebody in need
    gets what is on the shelf, even where the books say that there is none; then the shelf is counted."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="stock", verbose_name=_("centre"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="stock", verbose_name=_("kit"))
    left = models.IntegerField(_("reste"), default=0, editable=False)
    threshold = models.PositiveSmallIntegerField(_("seuil d’alerte"), default=10)
    since = models.DateField(_("suivi depuis"), default=timezone.localdate)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["centre", "service"]
        verbose_name = _("stock")
        constraints = [
            models.UniqueConstraint(fields=["centre", "service"], name="stock_once", violation_error_message=_("Le stock de ce service est déjà suivi dans ce centre.")),
            year_checked("stock_since_year", "since"),
        ]
        triggers = [
            stays(),
            audited(leave_out=("left",)),  # the movements say it
            # Only what the movements' own trigger writes stands: whoever edits the sum by hand, or begins with one, is refused.
            pgtrigger.Trigger(
                name="begins_empty",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition('NEW."left" <> 0'),
                func=f"RAISE EXCEPTION '{ONLY_MOVEMENTS}';",
            ),
            pgtrigger.Trigger(
                name="only_movements",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition('pg_trigger_depth() = 0 AND (NEW."left" IS DISTINCT FROM OLD."left" OR NEW.id <> OLD.id)'),
                func=f"RAISE EXCEPTION '{ONLY_MOVEMENTS}';",
            ),
        ]

    @property
    def is_low(self) -> bool:
        return self.left <= self.threshold


class StockMovement(models.Model):
    """What changed a stock; never changed itself."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("reçu")
        GIVEN = "given", _("donné")
        TAKEN_BACK = "taken_back", _("don retiré")
        LOST = "lost", _("perdu ou abîmé")
        COUNTED = "counted", _("recompté")
        SENT = "sent", _("envoyé à un autre centre")
        ARRIVED = "arrived", _("venu d’un autre centre")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements", verbose_name=_("stock"))
    kind = models.CharField(_("mouvement"), max_length=10, choices=Kind)
    quantity = models.IntegerField(_("quantité"))  # what the stock changes by: less than zero for what goes
    counted = models.PositiveIntegerField(_("compté"), null=True, blank=True, editable=False)  # how many there were, of a count
    # The line of assistance that gave or took it back; no foreign key, because the line may go and this stays.
    line = models.UUIDField(null=True, blank=True, editable=False)
    source = models.CharField(_("reçu de"), max_length=150, blank=True)
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    other = models.ForeignKey(Centre, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("autre centre"))
    on = models.DateField(_("jour"), default=timezone.localdate)
    at = models.DateTimeField(_("noté le"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("mouvement de stock")
        indexes = [models.Index(fields=["item", "-at"], name="stock_history"), models.Index(fields=["line"], name="stock_line", condition=Q(line__isnull=False))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["received", "arrived"], quantity__gt=0)
                | Q(kind__in=["given", "lost", "sent"], quantity__lt=0)
                | Q(kind__in=["taken_back", "counted"]),
                name="stock_sign",
                violation_error_message=_("La quantité est au moins 1."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="received") | ~Q(source=""), name="stock_source", violation_error_message=_("Écrivez de qui vient ce qui est reçu.")
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["lost", "counted"]) | ~Q(reason=""), name="stock_reason", violation_error_message=_("Écrivez pourquoi le stock change.")
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["sent", "arrived"], other__isnull=False) | ~Q(kind__in=["sent", "arrived"]) & Q(other__isnull=True),
                name="stock_other_centre",
                violation_error_message=_("Choisissez l’autre centre."),
            ),
            year_checked("stock_year", "on"),
            models.CheckConstraint(
                condition=Q(kind="counted", counted__isnull=False) | ~Q(kind="counted") & Q(counted__isnull=True),
                name="stock_counted",
                violation_error_message=_("Un inventaire dit combien a été compté."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["given", "taken_back"], line__isnull=False) | ~Q(kind__in=["given", "taken_back"]) & Q(line__isnull=True),
                name="stock_of_line",
                violation_error_message=_("Une sortie de stock se rapporte à une assistance remise."),
            ),
        ]
        triggers = [
            audited(),
            pgtrigger.Protect(name="for_good", operation=pgtrigger.Update | pgtrigger.Delete),
            # The row of the stock is locked by this, so that two at once add up.
            pgtrigger.Trigger(
                name="adds_up",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func='UPDATE reception_stockitem SET "left" = "left" + NEW.quantity WHERE id = NEW.item_id; RETURN NULL;',
            ),
        ]
