"""The voluntary return of a person: from the first talk to the arrival."""

import datetime
import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.deaths import living_only
from cases.models import ADULT_AGE, NEVER, Custody, FileQuerySet, Migrant
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right
from config.countries import country_name

from .workflow import BY_DEATH, ENDED, LEAVING, STOPPED, TRANSITIONS, WAY, State

GONE = [State.DEPARTED.value, State.ARRIVED.value]
STILL = [State.DEPARTED, *ENDED]  # nothing is prepared any more
OPEN = [state.value for state in State if state not in ENDED]
# Days before its end when a document or a certificate needs somebody's eye.
DOCUMENT_WARNING = 14
FITNESS_WARNING = 3
MISSING = "return_missing"  # what the database calls its refusal of a step out of the centre for somebody who is missing


def _from(state: State) -> list[str]:
    """This state and all that follow it on the way to arrival."""
    return [s.value for s in WAY[WAY.index(state) :]]


class ReturnCaseQuerySet(FileQuerySet):
    # On the file of a centre whose care has ended only where it was over by then: what goes on belongs to those who follow the person now.
    on_file_from = Coalesce(Case(When(state=State.ARRIVED, then="arrived_on"), default="ended_on"), NEVER)

    def open(self) -> "ReturnCaseQuerySet":
        return self.filter(state__in=OPEN)

    def waiting_for_document(self) -> "ReturnCaseQuerySet":
        return self.filter(state=State.CONSENTED)

    def conducted_by(self, user) -> "ReturnCaseQuerySet":
        """Those that this user may move: the person is in the care of a centre where they conduct returns."""
        here = Custody.objects.filter(migrant=OuterRef("migrant"), centre__in=centres_for(user, Right.MANAGE_RETURN), until__isnull=True)
        return self.filter(Exists(here))

    def running_out(self, on: datetime.date | None = None) -> "ReturnCaseQuerySet":
        """Not yet gone, with a document or a certificate that ends soon or has ended."""
        on = on or timezone.localdate()
        document = Q(document_valid_until__lte=on + datetime.timedelta(days=DOCUMENT_WARNING))
        fitness = Q(state=State.READY, fit_until__lte=on + datetime.timedelta(days=FITNESS_WARNING))
        return self.filter(document | fitness, state__in=[State.DOCUMENTS, State.READY])


class ReturnCase(models.Model):
    class Document(models.TextChoices):
        PASSPORT = "passport", _("passeport")
        IDENTITY_CARD = "identity_card", _("carte d’identité")
        CONSULAR_CARD = "consular_card", _("carte consulaire")
        LAISSEZ_PASSER = "laissez_passer", _("laissez-passer")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="returns", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="returns", verbose_name=_("centre"))
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.REQUESTED)
    opened_on = models.DateField(_("demande du"), default=timezone.localdate)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ouvert par"))
    country_from = models.CharField(_("pays de départ"), max_length=2, default="ML")
    country_to = models.CharField(_("pays de destination"), max_length=2)
    place_to = models.CharField(_("communauté de destination"), max_length=120, blank=True)
    # Is the person a child, on the day of departure where one is set? The database finds out at every step until then (trigger below); pages ask
    # `of_child`, for nobody writes the row on the day of 18.
    minor = models.BooleanField(default=False, editable=False)
    counselled_on = models.DateField(_("entretien du"), null=True, blank=True)
    declaration_signed_on = models.DateField(_("déclaration signée le"), null=True, blank=True)
    document = models.CharField(_("document de voyage"), max_length=15, choices=Document, blank=True)
    document_valid_until = models.DateField(_("document valable jusqu’au"), null=True, blank=True)
    fit_to_travel_on = models.DateField(_("apte au voyage : examen du"), null=True, blank=True)
    fit_until = models.DateField(_("aptitude valable jusqu’au"), null=True, blank=True)
    # Of the determination that lets a child travel. The database takes it from there (trigger below): nobody writes it here.
    best_interest_on = models.DateField(_("décision d’intérêt supérieur du"), null=True, blank=True, editable=False)
    departed_on = models.DateField(_("départ"), null=True, blank=True)
    arrived_on = models.DateField(_("arrivée"), null=True, blank=True)
    ended_on = models.DateField(_("clos le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ReturnCaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-id"]
        verbose_name = _("retour volontaire")
        indexes = [
            models.Index(fields=["opened_on", "id"], name="return_open_longest", condition=Q(state__in=OPEN)),
            models.Index(fields=["state", "opened_on", "id"], name="return_by_state"),
            models.Index(fields=["centre", "opened_on", "id"], name="return_of_centre"),
            models.Index(fields=["opened_on", "id"], name="return_latest"),
            models.Index(fields=["arrived_on"], name="return_arrival"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"],
                condition=~Q(state__in=[s.value for s in ENDED]),
                name="return_open_once",
                violation_error_message=_("Cette personne a déjà un retour en préparation."),
            ),
            models.CheckConstraint(
                condition=(~Q(state__in=_from(State.COUNSELLED)) | Q(counselled_on__isnull=False))
                & (~Q(state__in=_from(State.CONSENTED)) | Q(declaration_signed_on__isnull=False))
                & (~Q(state__in=_from(State.DOCUMENTS)) | Q(document_valid_until__isnull=False) & ~Q(document=""))
                & (~Q(state__in=_from(State.READY)) | Q(fit_to_travel_on__isnull=False, fit_until__isnull=False)),
                name="return_steps_whole",
                violation_error_message=_("Une étape de ce retour n’est pas notée en entier."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=GONE)
                | Q(
                    departed_on__isnull=False,
                    declaration_signed_on__lte=F("departed_on"),
                    document_valid_until__gte=F("departed_on"),
                    fit_to_travel_on__lte=F("departed_on"),
                    fit_until__gte=F("departed_on"),
                )
                & ~Q(document=""),
                name="return_departure_complete",
                violation_error_message=_("Personne ne part sans déclaration signée, document valable et aptitude au voyage le jour du départ."),
            ),
            # Null would pass a check: the dates are asked for by name.
            models.CheckConstraint(
                condition=~Q(state__in=_from(State.READY)) | Q(minor=False) | Q(best_interest_on__isnull=False),
                name="return_child_decided",
                violation_error_message=_("Un enfant n’est prêt au départ qu’après une décision d’intérêt supérieur."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=GONE) | Q(minor=False) | Q(best_interest_on__isnull=False, best_interest_on__lte=F("departed_on")),
                name="return_child_best_interest",
                violation_error_message=_("Un enfant ne part qu’après une décision d’intérêt supérieur."),
            ),
            models.CheckConstraint(
                condition=~Q(state="arrived") | Q(arrived_on__isnull=False, arrived_on__gte=F("departed_on")),
                name="return_arrival_after_departure",
                violation_error_message=_("L’arrivée ne peut pas précéder le départ."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[s.value for s in STOPPED]) | Q(ended_on__isnull=False) & ~Q(end_reason=""),
                name="return_end_reason",
                violation_error_message=_("Écrivez pourquoi le retour s’arrête."),
            ),
            models.CheckConstraint(
                condition=~Q(country_from=F("country_to")) | Q(country_to="ML"),
                name="return_goes_somewhere",
                violation_error_message=_("Le pays de destination est celui du départ."),
            ),
        ]
        triggers = [
            audited(),
            # Until departure the register of people says who is a child; nobody can write it away here.
            pgtrigger.Trigger(
                name="child",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"""
                    IF TG_OP = 'UPDATE' AND OLD.state IN ({", ".join(f"'{s.value}'" for s in STILL)}) THEN
                        NEW.minor := OLD.minor;
                        NEW.best_interest_on := OLD.best_interest_on;
                        RETURN NEW;
                    END IF;
                    NEW.minor := EXISTS (
                        SELECT 1 FROM cases_migrant m WHERE m.id = NEW.migrant_id
                            AND m.born_on > coalesce(NEW.departed_on, (now() AT TIME ZONE '{settings.TIME_ZONE}')::date) - interval '{ADULT_AGE} years'
                    );
                    IF TG_OP = 'UPDATE' AND OLD.state = 'ready' AND NEW.state = 'ready' THEN
                        NEW.best_interest_on := OLD.best_interest_on;  -- asked again before departure; until then a paper may be renewed
                        RETURN NEW;
                    END IF;
                    NEW.best_interest_on := NULL;
                    IF NEW.minor THEN  -- the same as cases.models.BestInterestQuerySet.determination_for_return
                        SELECT CASE WHEN d.decision = 'return' AND (d.valid_until IS NULL OR d.valid_until >= d.travels_on) THEN d.decided_on END
                            INTO NEW.best_interest_on
                            FROM (SELECT b.*, coalesce(NEW.departed_on, CURRENT_DATE) AS travels_on FROM cases_bestinterest b WHERE b.migrant_id = NEW.migrant_id) d
                            WHERE d.kind = 'determination' AND d.decided_on <= d.travels_on
                            ORDER BY d.decided_on DESC, d.recorded_at DESC LIMIT 1;
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608 – constants of this file
            ),
            # Nobody leaves who is missing (reception.whereabouts.why_missing). Taking back a death is no step.
            pgtrigger.Trigger(
                name="missing_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"""
                    IF NEW.state IN ({", ".join(f"'{s.value}'" for s in LEAVING)})
                        AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state AND OLD.state <> '{State.DIED.value}')
                        AND coalesce(NEW.departed_on, 'infinity') >= reception_missing_since(NEW.migrant_id)
                    THEN
                        RAISE EXCEPTION 'the person is missing' USING ERRCODE = 'check_violation', CONSTRAINT = '{MISSING}';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.FSM(
                name="workflow",
                field="state",
                transitions=[(a.value, b.value) for a, ways in TRANSITIONS.items() for b in ways] + [(a.value, b.value) for a, b in BY_DEATH],
            ),
            living_only(),
        ]

    def __str__(self):
        return f"{self.migrant} → {self.country_to_name}"

    def access_centres(self, *, writing: bool) -> list[int]:
        models.prefetch_related_objects([self.migrant], "custodies")  # asked for several times on a page, read once
        return self.migrant.access_centres(writing=writing)

    @property
    def of_child(self) -> bool:
        """A child today, or when the case came to its end."""
        return self.migrant.is_minor(self.departed_on) if self.state in OPEN and self.state not in GONE else self.minor

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def was_over(self, at: datetime.datetime) -> bool:
        """Had it come to its end by that moment? (What a centre keeps whose care ended then.)"""
        day = self.arrived_on if self.state == State.ARRIVED else self.ended_on
        return day is not None and day <= timezone.localdate(at)

    @property
    def country_to_name(self) -> str:
        return country_name(self.country_to)

    @property
    def country_from_name(self) -> str:
        return country_name(self.country_from)

    @property
    def destination(self) -> str:
        """« Labé (Guinée) », or the country alone."""
        return f"{self.place_to} ({self.country_to_name})" if self.place_to else self.country_to_name

    def day_of(self, state: str) -> datetime.date | None:
        """The day on which this state was reached, as far as one is written down."""
        return {
            State.REQUESTED: self.opened_on,
            State.COUNSELLED: self.counselled_on,
            State.CONSENTED: self.declaration_signed_on,
            State.READY: self.fit_to_travel_on,
            State.DEPARTED: self.departed_on,
            State.ARRIVED: self.arrived_on,
            State.WITHDRAWN: self.ended_on,
            State.INELIGIBLE: self.ended_on,
            State.DIED: self.ended_on,
        }.get(State(state))
