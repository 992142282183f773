"""Who is posted where."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from config.ranges import KeyRange

from ..roles import CENTRE_ONLY, FILE_ROLES, NATIONAL_ONLY, NEVER_WITH_FILES, WITH_FILES_OF_A_CENTRE, Role
from .centre import Centre


class PostingQuerySet(models.QuerySet["Posting"]):
    def active(self, on=None) -> "PostingQuerySet":
        """Confirmed postings that hold on this day (today)."""
        on = on or timezone.localdate()
        return self.filter(Q(until__isnull=True) | Q(until__gte=on), since__lte=on, confirmed_at__isnull=False)

    def lasting(self) -> "PostingQuerySet":
        """Those that have not ended: in force, to come, or waiting for confirmation."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=timezone.localdate()))

    def of_files(self) -> "PostingQuerySet":
        """Those whose role reads files."""
        return self.filter(role__in=FILE_ROLES)

    def stale(self) -> "PostingQuerySet":
        """Those whose grants no longer say what their dates say: ended, or begun, since the grants were written."""
        active = self.active().values("pk")
        return self.filter(Q(granted=True) & ~Q(pk__in=active) | Q(granted=False, pk__in=active))


class _Days(Func):
    function = "DATERANGE"
    output_field = DateRangeField()


def _kinds() -> Case:
    """The kind of a posting as a range of numbers, such that two kinds touch (`-|-`) exactly when nobody may hold both:
    [1, 2) no files ever, [0, 1) files of one centre, [-5, 1) files of the country, [-6, -5) files of a centre at most."""

    def numbers(first: int, end: int) -> Func:
        return Func(Value(first), Value(end), function="INT4RANGE", output_field=IntegerRangeField())

    def plain(roles: frozenset[Role]) -> list[str]:
        return sorted(role.value for role in roles)

    return Case(
        When(role__in=plain(NEVER_WITH_FILES), then=numbers(1, 2)),
        When(role__in=plain(WITH_FILES_OF_A_CENTRE), then=numbers(-6, -5)),
        When(centre__isnull=True, role__in=plain(FILE_ROLES), then=numbers(-5, 1)),
        When(role__in=plain(FILE_ROLES), then=numbers(0, 1)),
        default=numbers(10, 11),
        output_field=IntegerRangeField(),
    )


class Posting(models.Model):
    """This user has this role at this centre, or nationally. The only source of rights; ends with its end date."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="postings", verbose_name=_("utilisateur"))
    role = models.CharField(_("rôle"), max_length=25, choices=Role)
    centre = models.ForeignKey(Centre, models.PROTECT, null=True, blank=True, related_name="postings", verbose_name=_("centre"))
    since = models.DateField(_("à partir du"), default=timezone.localdate)
    until = models.DateField(_("jusqu’au (inclus)"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proposée par"))
    # A posting for oneself, or one by an administrator to a role that reads files or manages accounts, waits for a second administrator.
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmée par"))
    confirmed_at = models.DateTimeField(null=True, blank=True)
    granted = models.BooleanField(default=False, editable=False)  # are the rights of the role written as grants?

    objects = PostingQuerySet.as_manager()

    class Meta:
        ordering = ["user", "-since"]
        verbose_name = _("affectation")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="posting_dates",
                violation_error_message=_("La fin ne peut pas précéder le début."),
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted(CENTRE_ONLY)) | Q(centre__isnull=False),
                name="posting_centre_role",
                violation_error_message=_("Ce rôle s’exerce dans un centre : choisissez lequel."),
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted(NATIONAL_ONLY)) | Q(centre__isnull=True),
                name="posting_national_role",
                violation_error_message=_("Ce rôle est national : ne choisissez pas de centre."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("user")),
                name="posting_not_by_oneself",
                violation_error_message=_("Personne ne se donne un rôle à soi-même : un autre administrateur doit confirmer."),
            ),
            models.CheckConstraint(
                condition=Q(created_by__isnull=True, confirmed_at__isnull=False)
                | Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="posting_confirmation_whole",
                violation_error_message=_("La confirmation d’une affectation a un auteur et une date."),
            ),
            models.UniqueConstraint(
                fields=["user", "role", "centre"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="posting_once",
                violation_error_message=_("Cette personne a déjà ce rôle, sans date de fin."),
            ),
            ExclusionConstraint(
                name="posting_compatible",
                expressions=[
                    (KeyRange("user"), RangeOperators.OVERLAPS),
                    (_kinds(), RangeOperators.ADJACENT_TO),
                    (_Days("since", "until", RangeBoundary(inclusive_upper=True)), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Ce rôle est incompatible avec un autre rôle de cette personne : qui voit les dossiers ne contrôle pas."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.get_role_display()} – {self.centre or _('national')}"
