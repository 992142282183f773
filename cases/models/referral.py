"""The directory of structures that help, the referrals made to them, and the links by which they answer."""

import datetime
import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from audit.triggers import audited
from centres.models import Centre

from ..cleaning import phone_words
from ..referrals import ANSWER_DAYS, OPEN, PROTECTED_SERVICES, SERVICE_CHOICES, SERVICES, SHARED_CHOICES, TRANSITIONS, State, Urgency, link_ends
from .known import keeps_last_known
from .migrant import FileQuerySet, Migrant, ProtectedQuerySet


class StructureQuerySet(models.QuerySet["Structure"]):
    def visible_to(self, user) -> Self:
        """The directory is no secret among those who sign in."""
        return self.all()

    def active(self) -> Self:
        return self.filter(active=True)


class Structure(models.Model):
    """A place of an organisation where something is offered: an entry of the directory."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="structures", verbose_name=_("organisation"))
    name = models.CharField(_("nom de la structure"), max_length=150)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="structures", verbose_name=_("région du centre de"))
    town = models.CharField(_("ville ou quartier"), max_length=100)
    services = ArrayField(models.CharField(max_length=20), default=list, verbose_name=_("services proposés"))
    contact = models.CharField(_("personne à contacter"), max_length=120, blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    email = models.EmailField(_("adresse électronique"), blank=True)
    capacity = models.CharField(_("capacité"), max_length=120, blank=True)
    hours = models.CharField(_("heures d’ouverture"), max_length=120, blank=True)
    note = models.TextField(_("à savoir"), max_length=1000, blank=True)
    active = models.BooleanField(_("reçoit des orientations"), default=True)
    version = models.PositiveIntegerField(default=1)

    objects = StructureQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("structure partenaire")
        indexes = [GinIndex(fields=["services"], name="structure_services")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name", "town"], name="structure_once", violation_error_message=_("Cette structure est déjà dans l’annuaire pour cette ville.")
            ),
            models.CheckConstraint(
                condition=Q(services__contained_by=list(SERVICES)) & ~Q(services=[]),
                name="structure_services_known",
                violation_error_message=_("Choisissez au moins un service de la liste."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.name} ({self.town})"

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]

    @property
    def phone_words(self) -> str:
        return phone_words(self.phone)

    @property
    def service_words(self) -> list[str]:
        return [str(service.words) for code, service in SERVICES.items() if code in self.services]


class ReferralQuerySet(ProtectedQuerySet):
    on_file_from = "sent_at"
    keeps = True

    def visible_to(self, user) -> Self:
        """Those whose service tells a secret exist only for protection officers."""
        return FileQuerySet.visible_to(self, user).filter(Q(protected=False) | self.protected_for(user))

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def unanswered(self) -> Self:
        """Sent more than a week ago, and nothing heard."""
        return self.filter(state=State.SENT, sent_at__lt=timezone.now() - datetime.timedelta(days=ANSWER_DAYS))


class Referral(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="referrals", verbose_name=_("personne"))
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="referrals", verbose_name=_("structure"))
    service = models.CharField(_("service demandé"), max_length=20, choices=SERVICE_CHOICES)
    protected = models.BooleanField(_("réservée à la protection"), default=False)
    reason = models.TextField(_("motif"), max_length=1500, blank=True)
    urgency = models.CharField(_("urgence"), max_length=6, choices=Urgency, default=Urgency.NORMAL)
    deadline = models.DateField(_("réponse attendue avant le"))
    shared = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("ce qui est partagé"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("envoyée par"))
    sent_at = models.DateTimeField(_("envoyée le"), default=timezone.now)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.SENT)
    # Of the answer: who gave it, in which words, for when.
    answered_at = models.DateTimeField(_("réponse du"), null=True, blank=True)
    answered_by = models.CharField(_("réponse donnée par"), max_length=150, blank=True)
    answer = models.TextField(_("réponse"), max_length=1500, blank=True)
    appointment = models.DateField(_("rendez-vous le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    outcome = models.TextField(_("suite donnée"), max_length=1500, blank=True)
    # Of the partner's last sending: the same one again is a double click, not a second answer.
    last_key = models.UUIDField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-id"]
        verbose_name = _("orientation")
        indexes = [
            models.Index(fields=["-sent_at", "-id"], name="referral_latest"),
            models.Index(fields=["migrant", "-sent_at"], name="referral_of_person"),
            models.Index(fields=["sent_by", "sent_at"], name="referral_waiting", condition=Q(state="sent")),
            models.Index(fields=["structure", "-sent_at"], name="referral_of_structure"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(service__in=PROTECTED_SERVICES) | Q(protected=True),
                name="referral_protected_service",
                violation_error_message=_("Une orientation vers ce service est réservée à la protection."),
            ),
            models.CheckConstraint(
                condition=Q(shared__contained_by=[code for code, _words in SHARED_CHOICES]),
                name="referral_shared_known",
                violation_error_message=_("Ce qui est partagé se choisit dans la liste."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "declined"]) | Q(answered_at__isnull=False),
                name="referral_answer_whole",
                violation_error_message=_("Une réponse à une orientation a une date."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "cancelled", "declined"]) | Q(ended_at__isnull=False),
                name="referral_end_whole",
                violation_error_message=_("La fin d’une orientation a une date."),
            ),
        ]
        triggers = [
            audited(),
            keeps_last_known(since="OLD.sent_at"),
            pgtrigger.FSM(name="workflow", field="state", transitions=[(a.value, b.value) for a, ways in TRANSITIONS.items() for b in ways]),
        ]

    def __str__(self):
        return f"{self.get_service_display()} – {self.structure}"

    def access_centres(self, *, writing: bool) -> list[int]:
        models.prefetch_related_objects([self.migrant], "custodies")
        return self.migrant.access_centres(writing=writing)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_late(self) -> bool:
        return self.state == State.SENT and self.sent_at < timezone.now() - datetime.timedelta(days=ANSWER_DAYS)

    @property
    def link_ends(self) -> datetime.date:
        return link_ends(self.deadline, self.state)


class ReferralLink(models.Model):
    """A secret address at which the structure sees what was shared, and answers. Only a hash of the secret is kept."""

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("lien d’orientation")
        constraints = [
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(revoked_at__isnull=True),
                name="referral_link_once",
                violation_error_message=_("Cette orientation a déjà une adresse ouverte."),
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                name="referral_link_dates",
                violation_error_message=_("Une adresse ne peut pas être fermée avant d’avoir été créée."),
            ),
        ]
        triggers = [audited(leave_out=("token_hash",))]
