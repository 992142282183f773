"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

import datetime
import re
import uuid
from functools import reduce
from operator import and_
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Value
from django.db.models.functions import Coalesce, Reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

import names
from audit.triggers import audited
from centres.access import centres_for
from centres.models import Area, Centre
from centres.roles import Right
from config.countries import country_name

from .. import case_numbers
from ..cleaning import digits_of
from .births import ADULT_AGE, Precision, earliest_birth, years_before

# Of a search: nobody types more, and it bounds the work on hostile input.
MOST_WORDS = 6
# Found as they sound, so many answer the question, and no looser search is made.
ENOUGH = 25
YEAR = re.compile(r"(19|20)\d\d", re.ASCII)
NAME_VECTOR = SearchVector("search_text", config="simple")


def _searchable(text: str) -> str:
    """What was typed, short enough and without what the database can't take."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:200]).split())


def index_keys(text: str) -> list[str]:
    """The keys a name is found by, as they fit into their column."""
    return list(dict.fromkeys(key[:60] for key in names.keys(text)))[:30]


def photo_path(migrant: "Migrant", name: str) -> str:
    """A random name: whoever sees the folder learns nothing about anybody."""
    return f"photos/{migrant.pk.hex[:2]}/{uuid.uuid4().hex}.jpg"


class Household(models.Model):
    """People who travel and are looked after together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("ménage")
        triggers = [audited()]


class MigrantQuerySet(models.QuerySet["Migrant"]):
    def visible_to(self, user) -> "MigrantQuerySet":
        """People who are, or were, in the care of a centre where the user may see case files. `Custody` alone decides."""
        centres = centres_for(user, Right.VIEW_CASE)
        if not centres:
            return self.none()
        return self.filter(Exists(Custody.objects.filter(migrant=OuterRef("pk"), centre__in=centres)))

    def exportable_by(self, user) -> "MigrantQuerySet":
        """Those of the people in sight whose names the user may take out of the system."""
        return self.visible_to(user).filter(Exists(Custody.objects.filter(migrant=OuterRef("pk"), centre__in=centres_for(user, Right.EXPORT_NAMES))))

    def in_care_of(self, centre: Centre) -> "MigrantQuerySet":
        return self.in_care_of_any([centre.pk])

    def in_care_of_any(self, centres: list[int]) -> "MigrantQuerySet":
        """People whom one of these centres (keys) cares for now."""
        return self.filter(Exists(Custody.objects.filter(migrant=OuterRef("pk"), centre__in=centres, until__isnull=True)))

    def minors(self, on: datetime.date | None = None) -> "MigrantQuerySet":
        """Under 18 on this day (today)."""
        return self.filter(born_on__gt=years_before(on or timezone.localdate(), ADULT_AGE))

    def unaccompanied_minors(self, on: datetime.date | None = None) -> "MigrantQuerySet":
        """Children for whom no adult answers. Derived, never stored: so it can't be forgotten or out of date."""
        return self.minors(on).filter(accompanied_by__isnull=True, died_on__isnull=True)

    def matching(self, text: str) -> "MigrantQuerySet":
        """People whose case number, phone or name (in any spelling, or its beginning) is this. Every word must fit."""
        text = _searchable(text)
        if not text:
            return self
        exact = self._by_number(text)
        return exact if exact is not None else self._by_words(text)

    def best_matching(self, text: str, *, most: int = 100) -> list["Migrant"]:
        """Those who fit best, most alike first: all words as they sound; if these are few, also their beginnings; if still
        few, also all words but one.

        Looks at `most` people at the most, the latest registered first, so that a search for a common name stays quick."""
        text = _searchable(text)
        exact = self._by_number(text)
        if exact is not None:  # sorted here: asked for an order, the database would walk the whole list instead of the index
            return sorted(exact.order_by()[:most], key=lambda person: person.registered_at, reverse=True)
        found: dict[uuid.UUID, Migrant] = {}
        for attempt in (self._by_words(text, beginnings=False), self._by_words(text), self._by_words(text, but_one=True)):
            if len(found) >= min(ENOUGH, most):
                break
            found |= {person.pk: person for person in attempt.exclude(pk__in=list(found))[: most - len(found)]}
        return sorted(found.values(), key=lambda person: -names.name_similarity(text, str(person)))

    def alike(self, full_name: str, *, but_one: bool = False) -> "MigrantQuerySet":
        """People whose name sounds like this whole name, or (`but_one`) like all words of it but one."""
        return self._by_words(_searchable(full_name), beginnings=False, but_one=but_one)

    def _by_number(self, text: str) -> "MigrantQuerySet | None":
        """By case number or phone, if the text looks like one."""
        if number := case_numbers.clean(text):
            return self.filter(case_number=number)
        digits = digits_of(text)
        if len(digits) >= 6 and not any(c.isalpha() for c in text):
            # By its end, so that it is found with the country's prefix or without.
            ending = digits.removeprefix("00").lstrip("0")[-15:][::-1]
            return self.exclude(phone="").alias(phone_reversed=Reverse("phone")).filter(phone_reversed__startswith=ending)
        return None

    def with_phone(self, phone: str) -> "MigrantQuerySet":
        """People with just this number, by the index, which has it from its end."""
        return self.exclude(phone="").alias(phone_reversed=Reverse("phone")).filter(phone_reversed=phone[::-1])

    def _by_words(self, text: str, *, beginnings: bool = True, but_one: bool = False) -> "MigrantQuerySet":
        """By name. A year beside the name narrows it to who was born about then."""
        queryset = self
        words = names.tokens(text)[:MOST_WORDS]
        for year in [int(word) for word in words if YEAR.fullmatch(word)][:1]:
            queryset = queryset.filter(born_on__range=(datetime.date(year - 1, 1, 1), datetime.date(year + 1, 12, 31)))
        words = [word for word in words if not YEAR.fullmatch(word)]
        telling = set(names.keys(" ".join(words)))
        # Particles and initials tell nothing beside a name.
        conditions = [self._word(word, beginnings) for word in words if telling & set(names.keys(word))]
        conditions = [condition for condition in conditions if condition]
        if not conditions:
            return queryset.none() if queryset is self else queryset
        if but_one:
            if len(conditions) < 2:
                return queryset.none()
            some = Q()
            for left_out in range(len(conditions)):
                some |= reduce(and_, conditions[:left_out] + conditions[left_out + 1 :])
            return queryset.alias(name_vector=NAME_VECTOR).filter(some)
        return queryset.alias(name_vector=NAME_VECTOR).filter(reduce(and_, conditions))

    @staticmethod
    def _word(word: str, beginnings: bool) -> Q:
        condition = Q()
        if keys := index_keys(word):
            condition |= Q(name_keys__overlap=keys)
        if beginnings and word.isalnum():
            condition |= Q(name_vector=SearchQuery(f"'{word[:60]}':*", config="simple", search_type="raw"))
        return condition

    def with_care(self) -> "MigrantQuerySet":
        """With what a row of a list says about where the person is cared for."""
        return self.prefetch_related(Prefetch("custodies", Custody.objects.select_related("centre")))


class Migrant(models.Model):
    class Sex(models.TextChoices):
        FEMALE = "female", _("femme")
        MALE = "male", _("homme")
        OTHER = "other", _("autre ou non dit")

    class MaritalStatus(models.TextChoices):
        SINGLE = "single", _("célibataire")
        MARRIED = "married", _("marié(e)")
        UNION = "union", _("en union libre")
        SEPARATED = "separated", _("séparé(e) ou divorcé(e)")
        WIDOWED = "widowed", _("veuf ou veuve")

    class HouseholdRole(models.TextChoices):
        HEAD = "head", _("chef de ménage")
        SPOUSE = "spouse", _("conjoint(e)")
        CHILD = "child", _("enfant")
        PARENT = "parent", _("père ou mère")
        SIBLING = "sibling", _("frère ou sœur")
        RELATIVE = "relative", _("autre parent")
        OTHER = "other", _("sans lien de parenté")

    class ArrivalKind(models.TextChoices):
        """How the person came when they were registered. Source: action document 3.2 and 4.2."""

        TRANSIT = "transit", _("en transit")
        RETURNED = "returned", _("de retour par ses propres moyens")
        VOLUNTARY_RETURN = "voluntary_return", _("de retour volontairement, avec une aide")
        FORCED_RETURN = "forced_return", _("de retour par la force")
        REFERRED = "referred", _("orientée par un partenaire")
        WALKED_IN = "walked_in", _("venue d’elle-même")

    Precision = Precision

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # made by the client: the same one twice is one row
    case_number = models.CharField(_("numéro de dossier"), max_length=18, unique=True, editable=False)
    surname = models.CharField(_("nom"), max_length=80, blank=True)
    given_names = models.CharField(_("prénoms"), max_length=120, blank=True)
    sex = models.CharField(_("sexe"), max_length=8, choices=Sex)
    born_on = models.DateField(_("naissance"))
    birth_precision = models.CharField(_("précision de la naissance"), max_length=6, choices=Precision)
    nationality = models.CharField(_("nationalité"), max_length=2)  # ISO 3166-1 alpha-2
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)  # digits, international without +
    other_phone = models.CharField(_("autre téléphone"), max_length=20, blank=True)
    other_names = models.CharField(_("autres noms utilisés"), max_length=120, blank=True)
    father_given_names = models.CharField(_("prénoms du père"), max_length=80, blank=True)
    mother_given_names = models.CharField(_("prénoms de la mère"), max_length=80, blank=True)
    second_nationality = models.CharField(_("deuxième nationalité"), max_length=2, blank=True)
    origin_country = models.CharField(_("pays d’origine"), max_length=2, blank=True)
    origin_area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cercle ou région d’origine"))
    origin_place = models.CharField(_("commune, ville ou village d’origine"), max_length=100, blank=True)
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True, verbose_name=_("langues parlées"))  # ISO 639-3
    marital_status = models.CharField(_("situation de famille"), max_length=10, choices=MaritalStatus, blank=True)
    arrival_kind = models.CharField(_("comment la personne est venue"), max_length=20, choices=ArrivalKind, blank=True)
    arrived_on = models.DateField(_("arrivée au centre le"), null=True, blank=True)
    died_on = models.DateField(_("décès"), null=True, blank=True, editable=False)
    photo = models.FileField(_("photo"), upload_to=photo_path, max_length=120, blank=True)
    household = models.ForeignKey(Household, models.SET_NULL, null=True, blank=True, related_name="members", verbose_name=_("ménage"))
    household_role = models.CharField(_("place dans le ménage"), max_length=10, choices=HouseholdRole, blank=True)
    accompanied_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="answers_for", verbose_name=_("adulte responsable"))
    registered_centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("enregistré à"))
    registered_at = models.DateTimeField(_("enregistré le"), default=timezone.now)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("enregistré par"))
    # Of what was sent at registration: tells whether the same `id` comes again with the same content, even after a correction.
    registered_digest = models.CharField(max_length=64, default="", editable=False)
    version = models.PositiveIntegerField(default=1)
    name_keys = ArrayField(models.CharField(max_length=60), default=list, editable=False)
    search_text = models.CharField(max_length=250, default="", editable=False)

    elsewhere = False  # set where a list is shown to somebody: another team follows this person now

    objects = MigrantQuerySet.as_manager()

    class Meta:
        ordering = ["-registered_at", "-id"]
        verbose_name = _("personne")
        indexes = [
            models.Index(fields=["-registered_at", "-id"], name="migrant_latest"),
            GinIndex(fields=["name_keys"], name="migrant_name_keys"),
            GinIndex(NAME_VECTOR, name="migrant_name_words"),
            models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), name="migrant_phone_end", condition=~Q(phone="")),
            models.Index(fields=["born_on"], name="migrant_born"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(surname="") | ~Q(given_names=""), name="migrant_has_name", violation_error_message=_("Écrivez au moins un nom ou un prénom.")
            ),
            models.CheckConstraint(
                condition=Q(born_on__gte=datetime.date(1900, 1, 1)), name="migrant_birth_century", violation_error_message=_("L’année de naissance doit être après 1900.")
            ),
            models.CheckConstraint(condition=~Q(birth_precision__in=["year", "age"]) | Q(born_on__month=12, born_on__day=31), name="migrant_birth_precision"),
            models.CheckConstraint(
                condition=Q(nationality__regex=r"^[A-Z]{2}$"), name="migrant_nationality_code", violation_error_message=_("Choisissez une nationalité dans la liste.")
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=r"^\d{0,20}$"), name="migrant_phone_digits", violation_error_message=_("Un numéro de téléphone ne contient que des chiffres.")
            ),
            models.CheckConstraint(
                condition=Q(other_phone__regex=r"^\d{0,20}$"),
                name="migrant_other_phone_digits",
                violation_error_message=_("Un numéro de téléphone ne contient que des chiffres."),
            ),
            models.CheckConstraint(
                condition=Q(second_nationality__regex=r"^([A-Z]{2})?$") & Q(origin_country__regex=r"^([A-Z]{2})?$"),
                name="migrant_other_country_codes",
                violation_error_message=_("Choisissez un pays dans la liste."),
            ),
            models.CheckConstraint(
                condition=Q(second_nationality="") | ~Q(second_nationality=F("nationality")),
                name="migrant_two_nationalities",
                violation_error_message=_("La deuxième nationalité est la même que la première : laissez-la vide."),
            ),
            models.CheckConstraint(
                condition=Q(origin_area__isnull=True) | Q(origin_country="ML"),
                name="migrant_area_in_mali",
                violation_error_message=_("Un cercle ou une région se choisit seulement pour le Mali."),
            ),
            models.CheckConstraint(condition=Q(accompanied_by__isnull=True) | ~Q(accompanied_by=F("id")), name="migrant_not_own_adult"),
        ]
        triggers = [
            audited(leave_out=("name_keys", "search_text", "registered_digest")),
            # An adult found to be a child answers for nobody: the children are alone again, and flagged.
            pgtrigger.Trigger(
                name="no_adult_any_more",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("born_on"),
                condition=pgtrigger.Condition(f"NEW.born_on > OLD.born_on AND NEW.born_on > CURRENT_DATE - INTERVAL '{ADULT_AGE} years'"),
                func="UPDATE cases_migrant SET accompanied_by_id = NULL, version = version + 1 WHERE accompanied_by_id = NEW.id; RETURN NULL;",
            ),
        ]

    def __str__(self):
        return f"{self.given_names} {self.surname}".strip()

    def access_centres(self, *, writing: bool) -> list[int]:
        """Centres whose staff may read this file; for writing, those that care for the person now."""
        custodies = self.custodies.all()
        return [c.centre_id for c in custodies if c.until is None or not writing]

    def care_ended(self, user) -> datetime.datetime | None:
        """When the care of this user's centres ended; None while one of them has the person. A team that no longer follows somebody
        keeps the file as it was then: not where the person is now, nor how to reach them (with `with_care`: no query)."""
        centres = centres_for(user, Right.VIEW_CASE)
        custodies = self.custodies.all()
        if not any(custody.until is None for custody in custodies):
            return None  # nobody has taken the person over
        theirs = [custody.until for custody in custodies if custody.centre_id in centres]
        return None if None in theirs else max((until for until in theirs if until), default=None)

    def age(self, on: datetime.date | None = None) -> int:
        on = on or timezone.localdate()
        return on.year - self.born_on.year - ((on.month, on.day) < (self.born_on.month, self.born_on.day))

    def is_minor(self, on: datetime.date | None = None) -> bool:
        return self.age(on) < ADULT_AGE

    @property
    def is_unaccompanied_minor(self) -> bool:
        return self.is_minor() and self.accompanied_by_id is None and self.died_on is None

    @property
    def minor_words(self) -> str:
        """Why somebody counts as a child whose age, as it is said, is that of an adult; empty for all others."""
        guessed = self.birth_precision in (self.Precision.YEAR, self.Precision.AGE)
        said = timezone.localdate().year - self.born_on.year
        return gettext("peut avoir moins de 18 ans") if guessed and said >= ADULT_AGE and self.is_minor() else ""

    @property
    def full_name(self) -> str:
        return str(self)

    @property
    def nationality_name(self) -> str:
        return country_name(self.nationality)

    @property
    def phone_words(self) -> str:
        return f"+{self.phone}" if self.phone else ""

    @property
    def age_words(self) -> str:
        """The age as exactly as it is known: « 24 ans », « né vers 1990 », « environ 17 ans »."""
        today = timezone.localdate()
        if self.birth_precision == self.Precision.YEAR:
            words = {"female": gettext("née vers %(year)s"), "male": gettext("né vers %(year)s")}.get(self.sex, gettext("né(e) vers %(year)s"))
            return words % {"year": self.born_on.year}
        if self.birth_precision == self.Precision.AGE:
            years = today.year - self.born_on.year
            return ngettext("environ %(n)s an", "environ %(n)s ans", years) % {"n": years}
        years = self.age(today)
        if years >= 2:
            return ngettext("%(n)s an", "%(n)s ans", years) % {"n": years}
        months = (today.year - self.born_on.year) * 12 + today.month - self.born_on.month - (today.day < self.born_on.day)
        return ngettext("%(n)s mois", "%(n)s mois", max(months, 0)) % {"n": max(months, 0)}

    @property
    def birth_words(self) -> str:
        """The birth as exactly as it is known: « 15 juin 1995 », « juin 1995 », « 1995 », « vers 2009 (âge estimé) »."""
        if self.birth_precision == self.Precision.DAY:
            return formats.date_format(self.born_on, "DATE_FORMAT")
        if self.birth_precision == self.Precision.MONTH:
            return formats.date_format(self.born_on, "YEAR_MONTH_FORMAT")
        if self.birth_precision == self.Precision.YEAR:
            return str(self.born_on.year)
        return gettext("vers %(year)s (âge estimé)") % {"year": self.born_on.year}

    def earliest_birth(self) -> datetime.date:
        """The earliest day the birth can have been; `born_on` is the latest."""
        return earliest_birth(self.born_on, self.birth_precision)

    @property
    def centres_now(self) -> list[Centre]:
        """Who cares for the person now (with `with_care`: no query)."""
        return [custody.centre for custody in self.custodies.all() if custody.until is None]


class CaseCounter(models.Model):
    """The last serial given at a centre in a year. Its row lock makes registrations of one centre queue for an instant."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["centre", "year"], name="counter_once")]


class Custody(models.Model):
    """This centre cares for this person, from then until then. The one source of who may open a file."""

    class Reason(models.TextChoices):
        REGISTERED = "registered", _("enregistrement")
        ARRIVED = "arrived", _("arrivée")
        TRANSFERRED = "transferred", _("transfert")
        REINTEGRATION = "reintegration", _("réintégration dans la région")

    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="custodies")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="custodies")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=15, choices=Reason)

    class Meta:
        ordering = ["since"]
        verbose_name = _("prise en charge")
        indexes = [
            models.Index(fields=["migrant", "centre"], name="custody_scope"),
            models.Index(fields=["centre", "-since"], name="custody_open", condition=Q(until__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["migrant", "centre"], condition=Q(until__isnull=True), name="custody_open_once"),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="custody_dates"),
        ]
        triggers = [audited()]


NEVER = Value(datetime.date(9999, 12, 31), output_field=models.DateField())  # of `on_file_from`: not for a centre whose care has ended


class FileQuerySet(models.QuerySet[Any]):
    """What hangs on a person's file follows the person's scope. A centre whose care has ended keeps what was there by then.

    `on_file_from`: the field with the moment from which a row was on the file; `person`: the path to the person."""

    on_file_from: str | Coalesce
    person = "migrant"

    def visible_to(self, user) -> Self:
        theirs = Custody.objects.filter(migrant=OuterRef(self.person), centre__in=centres_for(user, Right.VIEW_CASE))
        from_then = F(self.on_file_from) if isinstance(self.on_file_from, str) else self.on_file_from
        known = Q(until__isnull=True) | Q(until__gte=OuterRef("on_file_from"))
        return self.alias(on_file_from=from_then).filter(Exists(theirs.filter(known)))
