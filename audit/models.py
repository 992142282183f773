"""Who saw or changed what. Rows are written by the database itself (see `triggers.py` and the first migration) or by
`log_read`; nothing can edit or remove them, and a chain of hashes shows if somebody did all the same."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ClockTimestamp(Now):
    """The server's clock now, not at the start of the transaction."""

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **context)


class CurrentTransaction(models.Func):
    """The number of the transaction that writes the row: the chain is closed for a whole transaction at once."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
    arity = 0


class Change(models.Model):
    """One insert, update or delete of a row of the domain, with what differed. Written by triggers only."""

    class Operation(models.TextChoices):
        INSERT = "INSERT", _("création")
        UPDATE = "UPDATE", _("modification")
        DELETE = "DELETE", _("suppression")

    at = models.DateTimeField(_("quand"))
    actor_id = models.BigIntegerField(_("par"), null=True)  # no foreign key: the trail outlives the account
    database_user = models.CharField(max_length=63)
    table = models.CharField(_("table"), max_length=63)
    row = models.CharField(_("ligne"), max_length=64)
    operation = models.CharField(_("opération"), max_length=6, choices=Operation)
    before = models.JSONField(_("avant"), null=True)
    after = models.JSONField(_("après"), null=True)
    # Of before and after, so that a person's data may be forgotten while the chain stays whole.
    digest = models.BinaryField()
    transaction = models.BigIntegerField()

    class Meta:
        db_table = "audit_change"
        ordering = ["-id"]
        indexes = [models.Index(fields=["table", "row", "id"], name="change_of_row"), models.Index(fields=["actor_id", "id"], name="change_by_actor")]


class ReadLog(models.Model):
    """Somebody opened, searched, printed, exported or downloaded something about people."""

    class Action(models.TextChoices):
        OPENED = "opened", _("ouvert")
        LISTED = "listed", _("affiché dans une liste")
        SEARCHED = "searched", _("recherché")
        PRINTED = "printed", _("imprimé")
        EXPORTED = "exported", _("exporté")
        DOWNLOADED = "downloaded", _("téléchargé")
        REFUSED = "refused", _("accès refusé")
        EMERGENCY = "emergency", _("accès d’urgence ouvert")

    at = models.DateTimeField(_("quand"), db_default=ClockTimestamp())
    # Nobody: a partner without an account, named in `party`.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("par"), related_name="+")
    party = models.CharField(_("au nom de"), max_length=200, blank=True, db_default="")
    action = models.CharField(_("action"), max_length=12, choices=Action)
    model = models.CharField(_("type d’objet"), max_length=60)
    # The keys of what was shown; never a name, never the words that were searched.
    rows = ArrayField(models.CharField(max_length=64), verbose_name=_("objets"))
    centre_code = models.CharField(_("centre"), max_length=10, blank=True)
    path = models.CharField(_("page"), max_length=200)
    address = models.GenericIPAddressField(_("adresse"), null=True)
    transaction = models.BigIntegerField(db_default=CurrentTransaction())
    # The emergency access under which it was read; the row of it is on a floor above.
    emergency = models.UUIDField(_("accès d’urgence"), null=True)

    class Meta:
        db_table = "audit_readlog"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "id"], name="read_by_user"),
            GinIndex(fields=["rows"], name="read_of_row"),  # who has seen this file
            models.Index(fields=["emergency", "id"], name="read_in_emergency", condition=models.Q(emergency__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False) | ~models.Q(party=""), name="read_by_somebody", violation_error_message=_("Une consultation a toujours un auteur.")
            )
        ]

    @property
    def who(self) -> str:
        return str(self.user) if self.user is not None else self.party

    @property
    def whose(self) -> str:
        """The organisation of who read."""
        return str(self.user.organisation) if self.user is not None else gettext("structure partenaire, par son lien")


class Link(models.Model):
    """One ring of the chain: hash = sha256(previous hash ‖ the entry's content). Written by a deferred trigger at commit,
    one transaction after the other, so that the chain has no fork."""

    class Stream(models.TextChoices):
        CHANGE = "change", _("modification")
        READ = "read", _("lecture")

    number = models.BigIntegerField(primary_key=True)
    stream = models.CharField(max_length=6, choices=Stream)
    entry_id = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_link"
        constraints = [
            models.UniqueConstraint(fields=["stream", "entry_id"], name="link_once", violation_error_message=_("Une ligne de l’historique a un seul maillon."))
        ]


class Forgotten(models.Model):
    """The content of a row's history was blanked, because the identity of the person it is about was erased. Written by the database's
    `audit_forget` only; append-only, and itself in the history."""

    at = models.DateTimeField(_("quand"), db_default=ClockTimestamp())
    actor_id = models.BigIntegerField(_("par"), null=True)
    table = models.CharField(_("table"), max_length=63)
    row = models.CharField(_("ligne"), max_length=64)
    why = models.CharField(_("pourquoi"), max_length=64)  # the key of the decision
    transaction = models.BigIntegerField()

    class Meta:
        db_table = "audit_forgotten"
        ordering = ["-id"]
        indexes = [models.Index(fields=["table", "row"], name="forgotten_row"), models.Index(fields=["transaction"], name="forgotten_together")]
