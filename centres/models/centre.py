"""The centres, and the rights granted on them."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from audit.triggers import audited

from ..roles import Right

MOST_SHARED_BED_AGE = 5


class CentreQuerySet(models.QuerySet["Centre"]):
    def visible_to(self, user) -> "CentreQuerySet":
        """Centres where the user holds any right on the people or the place."""
        from ..access import all_centres_of

        return self.filter(pk__in=all_centres_of(user))


def _complete(column: str, which: str) -> str:
    """SQL: refuses this day of opening while an obligatory item of the list is not done by then, or where there is no list at all."""
    return f"""
        IF NEW.{column} IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.{column} IS DISTINCT FROM OLD.{column}) AND (
            NOT EXISTS (SELECT FROM centres_checklistitem WHERE checklist = '{which}' AND obligatory AND active)
            OR EXISTS (
                SELECT FROM centres_checklistitem i WHERE i.checklist = '{which}' AND i.obligatory AND i.active AND NOT EXISTS (
                    SELECT FROM centres_checklistmark m
                    WHERE m.item_id = i.id AND m.centre_id = NEW.id AND m.state = 'done' AND m.withdrawn_on IS NULL AND m.done_on <= NEW.{column}
                )
            )
        ) THEN
            RAISE EXCEPTION 'centre %: the checklist {which} is not complete on %', NEW.code, NEW.{column}
                USING ERRCODE = 'check_violation', CONSTRAINT = 'centre_complete';
        END IF;
    """  # noqa: S608 - names of columns and lists of ours


class Centre(models.Model):
    """One of the reception centres run jointly by the ministry and IOM. Source: action document, 4.3."""

    code = models.CharField(_("code"), max_length=3, unique=True)  # part of every case number: never changes
    name = models.CharField(_("nom"), max_length=100)
    region = models.CharField(_("région"), max_length=100)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    longitude = models.DecimalField(max_digits=8, decimal_places=5)
    functional_since = models.DateField(_("fonctionnel depuis"), null=True, blank=True)
    antenna_since = models.DateField(_("antenne de suivi DGME depuis"), null=True, blank=True)
    max_stay_days = models.PositiveSmallIntegerField(_("durée prévue du séjour (jours)"), default=14)
    # A child under this age shares the bed of the adult who answers for them; 0: every child has a bed of its own.
    shared_bed_age = models.PositiveSmallIntegerField(_("âge jusqu’auquel un enfant partage le lit de son adulte (ans)"), default=2)

    objects = CentreQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("centre")
        default_permissions = ()
        permissions = [(right.value, right.name) for right in Right]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(shared_bed_age__range=(0, MOST_SHARED_BED_AGE)),
                name="centre_shared_bed_age",
                violation_error_message=_("Écrivez un âge de 0 à 5 ans."),
            )
        ]
        triggers = [
            audited(),
            # The indicators R1.1 and R2.4 count these days: none is set before the opening checklist is complete. What is taken back later
            # rewrites no history.
            pgtrigger.Trigger(
                name="complete",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("functional_since", "antenna_since"),
                func=_complete("functional_since", "centre") + _complete("antenna_since", "antenna") + "RETURN NEW;",
            ),
        ]

    def __str__(self):
        return self.name

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.pk]


class CentreUserObjectPermission(UserObjectPermissionBase):
    """guardian's grants, one row per user × right × centre. Written by `access.sync_grants` only."""

    id = models.BigAutoField(primary_key=True)
    content_object = models.ForeignKey(Centre, models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        triggers = [audited()]
