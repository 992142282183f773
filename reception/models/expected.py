"""A group that somebody announces: the receiving centre makes beds and food ready before it stands at the gate."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import Migrant
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right

from .history import year_checked

MOST_EXPECTED = 999  # of each; more is a slip of the finger


class ExpectedGroupQuerySet(models.QuerySet["ExpectedGroup"]):
    def visible_to(self, user) -> "ExpectedGroupQuerySet":
        """Those who come to or from the user's centres, and those the user announced."""
        here = centres_for(user, Right.VIEW_CENTRE)
        return self.filter(Q(centre__in=here) | Q(announced_from__in=here) | Q(announced_by=user))

    def announced(self) -> "ExpectedGroupQuerySet":
        return self.filter(state=ExpectedGroup.State.ANNOUNCED)

    def with_registered(self) -> "ExpectedGroupQuerySet":
        """With `registered`: how many were registered from the announcement (their registration group has its key)."""
        people = Migrant.objects.filter(registration_group=OuterRef("pk"), registered_centre=OuterRef("centre")).order_by().values("registration_group")
        return self.annotate(registered=Coalesce(Subquery(people.annotate(n=Count("pk")).values("n")), 0))

    def to_register(self) -> "ExpectedGroupQuerySet":
        """Those who came since a day, and of whom not everybody is registered yet."""
        since = timezone.now() - datetime.timedelta(days=1)
        return self.with_registered().filter(state=ExpectedGroup.State.ARRIVED, closed_at__gte=since, number_came__gt=F("registered"))


class ExpectedGroup(models.Model):
    """Numbers only: who they are is written down when they are registered."""

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("annoncé")
        ARRIVED = "arrived", _("arrivé")
        CANCELLED = "cancelled", _("annulé")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="expected_groups", verbose_name=_("centre qui reçoit"))
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("annoncé par"))
    announced_from = models.ForeignKey(Centre, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("centre qui annonce"))
    announced_at = models.DateTimeField(_("annoncé le"), default=timezone.now)
    expected_at = models.DateTimeField(_("attendu le"))
    men = models.PositiveSmallIntegerField(_("hommes"), default=0)
    women = models.PositiveSmallIntegerField(_("femmes"), default=0)
    children = models.PositiveSmallIntegerField(_("enfants"), default=0)
    minors_alone = models.PositiveSmallIntegerField(_("dont enfants seuls"), default=0)
    nationalities = models.CharField(_("nationalités"), max_length=200, blank=True)
    coming_from = models.CharField(_("d’où"), max_length=120, blank=True)
    # As at registration, which it is carried to.
    arrival_kind = models.CharField(_("comment ces personnes viennent"), max_length=20, choices=Migrant.ArrivalKind, blank=True)
    transport = models.CharField(_("transport"), max_length=120, blank=True)
    needs = models.CharField(_("besoins particuliers"), max_length=300, blank=True)
    contact = models.CharField(_("contact"), max_length=120, blank=True)
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.ANNOUNCED)
    number_came = models.PositiveSmallIntegerField(_("nombre de personnes venues"), null=True, blank=True)
    closed_at = models.DateTimeField(_("noté le"), null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("noté par"))
    closing_words = models.CharField(_("précision"), max_length=300, blank=True)
    # The last time that a wrong number was corrected, and the number before; the change history has all of them.
    number_before = models.PositiveSmallIntegerField(_("nombre noté avant"), null=True, blank=True)
    corrected_at = models.DateTimeField(_("corrigé le"), null=True, blank=True)
    corrected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("corrigé par"))
    correction = models.CharField(_("pourquoi le nombre a été corrigé"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ExpectedGroupQuerySet.as_manager()

    class Meta:
        ordering = ["expected_at", "id"]
        verbose_name = _("groupe attendu")
        indexes = [models.Index(fields=["centre", "expected_at"], name="expected_of_centre")]
        constraints = [
            models.CheckConstraint(
                condition=Q(men__gt=0) | Q(women__gt=0) | Q(children__gt=0), name="expected_somebody", violation_error_message=_("Écrivez combien de personnes arrivent.")
            ),
            models.CheckConstraint(
                condition=Q(men__lte=MOST_EXPECTED, women__lte=MOST_EXPECTED, children__lte=MOST_EXPECTED) & Q(minors_alone__lte=F("children")),
                name="expected_numbers",
                violation_error_message=_("Les enfants seuls sont comptés parmi les enfants, et chaque nombre est au plus 999."),
            ),
            models.CheckConstraint(
                condition=Q(state="announced", closed_at__isnull=True, number_came__isnull=True)
                | Q(state="arrived", closed_at__isnull=False, number_came__isnull=False)
                | Q(state="cancelled", closed_at__isnull=False, number_came__isnull=True) & ~Q(closing_words=""),
                name="expected_closed_whole",
                violation_error_message=_("Une arrivée a un nombre de personnes ; une annulation dit pourquoi."),
            ),
            year_checked("expected_year", "expected_at", moment=True),
            models.CheckConstraint(
                condition=Q(corrected_at__isnull=True, number_before__isnull=True, correction="")
                | Q(corrected_at__isnull=False, number_before__isnull=False, state="arrived") & ~Q(correction=""),
                name="expected_corrected_whole",
                violation_error_message=_("Dites pourquoi le nombre est corrigé."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return self.coming_from or str(self.announced_from or self._meta.verbose_name)

    def access_centres(self, *, writing: bool) -> list[int]:
        return [key for key in (self.centre_id, self.announced_from_id) if key is not None]

    @property
    def number(self) -> int:
        return self.men + self.women + self.children

    @property
    def registered_now(self) -> int:
        """How many were registered from it. One query."""
        return ExpectedGroup.objects.with_registered().get(pk=self.pk).registered  # type: ignore[attr-defined]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.ANNOUNCED

    @property
    def is_late(self) -> bool:
        return self.is_open and self.expected_at < timezone.now()
