"""Flags that act: what staff must know or must not do with somebody, as data."""

import datetime

import pgtrigger
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant, keeps_last_known
from centres.models import Service

from .history import stays, year_checked


class FlagKind(models.Model):
    """A kind of flag and what it does. Changed by the office without code; what it does holds at once for everybody who carries it."""

    class Tone(models.TextChoices):
        """Colours of the chips (docs/ui.md)."""

        NEUTRAL = "neutral", _("gris")
        INFO = "info", _("bleu")
        OK = "ok", _("vert")
        WARN = "warn", _("orange")
        DANGER = "danger", _("rouge")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("nom"), max_length=60)
    tone = models.CharField(_("couleur"), max_length=7, choices=Tone, default=Tone.WARN)
    instruction = models.CharField(_("consigne au personnel"), max_length=300, blank=True)
    advises = models.BooleanField(_("avertir à l’entrée et au guichet"), default=True)
    denies = models.BooleanField(_("ne pas admettre, ne rien donner"), default=False)
    suspends = models.ManyToManyField(Service, blank=True, related_name="+", verbose_name=_("services suspendus"))
    blocks_transfer = models.BooleanField(_("bloquer le transfert"), default=False)
    out_of_statistics = models.BooleanField(_("ne pas compter dans les statistiques"), default=False)
    active = models.BooleanField(_("proposé"), default=True)
    # Kinds are shared by all centres: whoever reads one sees who wrote it last.
    changed_at = models.DateTimeField(_("modifiée le"), default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("modifiée par"))
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        verbose_name = _("type de consigne")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="flag_kind_name", violation_error_message=_("Une consigne porte déjà ce nom.")),
        ]
        triggers = [audited()]

    def __str__(self):
        return gettext(self.name)  # in the reader's language

    @property
    def instruction_words(self) -> str:
        """In the reader's language, as the name."""
        return gettext(self.instruction) if self.instruction else ""

    @property
    def effects(self) -> list[str]:
        """What it does, in words (with `suspends` prefetched: no query)."""
        fields = ("advises", "denies", "blocks_transfer", "out_of_statistics")
        found = [str(self._meta.get_field(name).verbose_name) for name in fields if getattr(self, name)]  # type: ignore[union-attr]
        return found + [gettext("suspendu : %(service)s") % {"service": service} for service in self.suspends.all()]


class PersonFlagQuerySet(FileQuerySet):
    on_file_from = "since"
    keeps = True

    def acting(self, on: datetime.date | None = None) -> "PersonFlagQuerySet":
        """Those that hold on this day (today)."""
        on = on or timezone.localdate()
        return self.filter(Q(until__isnull=True) | Q(until__gte=on), lifted_at__isnull=True)


class PersonFlag(models.Model):
    """Somebody carries a flag until it is lifted, or until its last day."""

    key = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)  # made by the page: the same form sent twice is one flag
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="acting_flags", verbose_name=_("personne"))
    kind = models.ForeignKey(FlagKind, models.PROTECT, related_name="people", verbose_name=_("consigne"))
    reason = models.CharField(_("pourquoi"), max_length=300)
    since = models.DateTimeField(_("depuis"), default=timezone.now)
    until = models.DateField(_("jusqu’au (inclus)"), null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("posée par"))
    lifted_at = models.DateTimeField(_("levée le"), null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("levée par"))
    lifted_reason = models.CharField(_("pourquoi elle est levée"), max_length=300, blank=True)

    objects = PersonFlagQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("consigne sur une personne")
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_reason="") | Q(lifted_at__isnull=False) & ~Q(lifted_reason=""),
                name="flag_lifted_whole",
                violation_error_message=_("Dites pourquoi la consigne est levée."),
            ),
            year_checked("flag_year", "until"),
        ]
        triggers = [
            audited(),
            keeps_last_known(since="OLD.since"),
            pgtrigger.ReadOnly(name="as_set", fields=["key", "kind", "set_by"]),
            stays(),
            pgtrigger.Protect(name="stays_lifted", operation=pgtrigger.Update, condition=pgtrigger.Q(old__lifted_at__isnull=False, new__lifted_at__isnull=True)),
            # Once a kind where it is set. No unique index: two files that are joined bring theirs along, each is lifted for itself, and goes back with its file.
            pgtrigger.Trigger(
                name="once",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__lifted_at__isnull=True),
                func="""
                    PERFORM FROM cases_migrant WHERE id = NEW.migrant_id FOR NO KEY UPDATE;
                    IF EXISTS (SELECT FROM reception_personflag f WHERE f.migrant_id = NEW.migrant_id AND f.kind_id = NEW.kind_id AND f.lifted_at IS NULL) THEN
                        RAISE EXCEPTION 'one flag of a kind' USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_once';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)

    @property
    def acts(self) -> bool:
        """Does it hold today?"""
        return self.lifted_at is None and (self.until is None or self.until >= timezone.localdate())
