"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

import datetime
import re
import uuid
from collections.abc import Iterable
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
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

import names
from audit.reading import reader
from audit.triggers import audited
from centres.access import allows, centres_for, may, opened_people
from centres.models import Area, Centre
from centres.roles import Right
from config.countries import country_name
from config.french import of

from .. import case_numbers
from ..cleaning import digits_of, phone_words
from ..languages import LANGUAGES
from ..sealed import normal_number
from ..vulnerabilities import PROTECTED_FLAGS, REFER
from .births import ADULT_AGE, Precision, birth_words, earliest_birth, years_before
from .known import FOLLOWS_CARE, KEEPS_PERSON, as_then, settle, withhold

# Of a search: nobody types more, and it bounds the work on hostile input.
MOST_WORDS = 6
# Found as they sound, so many answer the question, and no looser search is made.
ENOUGH = 25
# Of a document's number: what is shorter or longer is none.
FEWEST_SIGNS, MOST_SIGNS = 4, 40
# Of those who bear two words together, so many are sorted by date.
MOST_SORTED = 1500
YEAR = re.compile(r"(19|20)\d\d", re.ASCII)
NAME_VECTOR = SearchVector("search_text", config="simple")


# What people are compared by: a change of it asks for a new look (cases/duplicates/weights.py).
COMPARED = (
    "surname",
    "given_names",
    "other_names",
    "sex",
    "born_on",
    "birth_precision",
    "nationality",
    "second_nationality",
    "father_given_names",
    "mother_given_names",
    "phone",
    "other_phone",
    "origin_country",
    "origin_area_id",
    "origin_place",
)
LOOK_FOR_DUPLICATES = (
    "INSERT INTO cases_duplicatecheck (migrant_id, since) VALUES ({person}, clock_timestamp()) "
    "ON CONFLICT (migrant_id) DO UPDATE SET since = EXCLUDED.since; RETURN NULL;"
)


def _searchable(text: str) -> str:
    """What was typed, short enough and without what the database can't take."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:200]).split())


def _telling_words(text: str) -> list[str]:
    """The words of a name that is looked for. Years are no names; particles and initials tell nothing beside one."""
    words = [word for word in dict.fromkeys(names.tokens(text)[:MOST_WORDS]) if not YEAR.fullmatch(word)]
    telling = set(names.keys(" ".join(words)))
    return [word for word in words if telling & set(names.keys(word))]


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
        """People who are, or were, in the care of a centre where the user may see case files, as these centres know them. `Custody` alone
        decides; to it comes the one file at hand, where this request came to it by an emergency access (`centres.access.find_for`)."""
        centres = centres_for(user, Right.VIEW_CASE)
        if not centres:
            return self.none()
        theirs = Exists(Custody.objects.filter(migrant=OuterRef("pk"), centre__in=centres))
        opened = opened_people(user)
        return as_then(self, user, person="id").unmerged().filter(theirs | Q(pk__in=opened) if opened else theirs)

    def unmerged(self) -> "MigrantQuerySet":
        """Without files that were joined to another one, which speaks for them."""
        return self.filter(merged_into__isnull=True)

    def numbered(self, number: str) -> "MigrantQuerySet":
        """Who has this case number (as `case_numbers.clean` gives it), now or before their file was joined to another."""
        return self.filter(Q(case_number=number) | Q(pk__in=Migrant.objects.filter(case_number=number).values("merged_into")))

    def successor(self, user, by: str, value: Any) -> "Migrant | None":
        """The file that speaks for the one asked for, if it was joined to one in the user's scope (centres.access)."""
        found = Migrant.objects.filter(**{by: value}, merged_into__isnull=False).values("merged_into")
        return Migrant.objects.visible_to(user).filter(pk__in=found).first()

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

    def flagged(self, code: str, user) -> "MigrantQuerySet":
        """People with this flag, as far as the user may know of it: those whom no other team has taken over; for a protected flag, those
        in whose centre the user has the protection right."""
        protected = code in PROTECTED_FLAGS
        centres = centres_for(user, Right.VIEW_PROTECTION if protected else Right.VIEW_CASE)
        cared = Custody.objects.filter(migrant=OuterRef("pk"))
        here_now = Exists(cared.filter(centre__in=centres, until__isnull=True))
        here_last = Exists(cared.filter(centre__in=centres)) & ~Exists(cared.filter(until__isnull=True))
        return self.filter(here_now | here_last, **{"protected_flags__contains" if protected else "flags__contains": [code]})

    def registration_withdrawn(self) -> "MigrantQuerySet":
        """People who have taken back the agreement to be registered: somebody must decide whether the file is kept."""
        from .consent import Consent

        agreements = Consent.objects.filter(migrant=OuterRef("pk"), purpose=Consent.Purpose.REGISTRATION)
        # From the few that were withdrawn, never from all people.
        ended = Consent.objects.filter(purpose=Consent.Purpose.REGISTRATION, withdrawn_at__isnull=False).order_by().values("migrant")
        return self.filter(pk__in=ended).exclude(Exists(agreements.filter(withdrawn_at__isnull=True)))

    def matching(self, text: str) -> "MigrantQuerySet":
        """People whose case number, phone, document number, card or name (in any spelling, or its beginning) is this. Every word must fit."""
        asked, text = text, _searchable(text)
        if not text:  # what cannot be searched finds nobody
            return self.none() if asked else self
        exact = self._by_number(text)
        return exact if exact is not None else self._by_words(text)

    def best_matching(self, text: str, *, most: int = 100) -> list["Migrant"]:
        """Those who fit best, most alike first (see `best_keys`)."""
        return self.in_order(self.best_keys(text, most=most))

    def in_order(self, keys: list[uuid.UUID]) -> list["Migrant"]:
        """The people with these keys, in this order."""
        found = {person.pk: person for person in self.filter(pk__in=keys).order_by()}
        return [found[key] for key in keys if key in found]

    def best_keys(self, text: str, *, most: int = 100) -> list[uuid.UUID]:
        """Keys of those who fit best, most alike first: all words as they sound; if these are few, also their beginnings; if still
        few, also all words but one.

        Looks at `most` people at the most, the latest registered first, so that a search for a common name stays quick."""
        text = _searchable(text)
        exact = self._by_number(text)
        if exact is not None:  # sorted here: asked for an order, the database would walk the whole list instead of the index
            numbered = exact.order_by().values_list("registered_at", "pk")[:most]
            return [key for _at, key in sorted(numbered, reverse=True)]
        # Only what is ranked by: whole records of a hundred people, of whom a page shows a quarter, would take most of the time.
        found: dict[uuid.UUID, str] = {}
        asked = len(_telling_words(text))
        attempts = (
            (self._by_words(text, beginnings=False), asked, most),
            (self._by_words(text), 2, most),  # few sound like it, so few begin like it, or any of them will do
            (self._by_words(text, beginnings=False, but_one=True), asked - 1, ENOUGH * 2),
        )
        for attempt, together, limit in attempts:
            if len(found) >= min(ENOUGH, most):
                break
            attempt = attempt.prefetch_related(None).select_related(None)
            for key, name in attempt._latest_names(min(limit, most - len(found)) + len(found), few=together > 1):
                if len(found) < most:
                    found.setdefault(key, name)
        return sorted(found, key=lambda key: -names.name_similarity(text, found[key]))

    def _latest_names(self, most: int, *, few: bool) -> list[tuple[uuid.UUID, str]]:
        """Key and name of the latest registered. Two words together are borne by `few`: the index finds them all, and they are sorted here.
        Asked for an order, the database would walk the list of all people until it has met enough of them. One word alone it meets soon."""
        rows = self.order_by() if few else self
        found = list(rows.values_list("registered_at", "pk", "given_names", "surname")[: MOST_SORTED if few else most])
        return [(key, f"{given} {surname}") for _at, key, given, surname in sorted(found, reverse=True)[:most]]

    def alike(self, full_name: str, *, but_one: bool = False) -> "MigrantQuerySet":
        """People whose name sounds like this whole name, or (`but_one`) like all words of it but one."""
        return self._by_words(_searchable(full_name), beginnings=False, but_one=but_one)

    def _by_number(self, text: str) -> "MigrantQuerySet | None":
        """By case number, phone, document number or the QR of the card, if the text looks like one."""
        if number := case_numbers.clean(text):
            return self.numbered(number)
        carried = self._holders(text)
        digits = digits_of(text)
        if len(digits) >= 6 and not any(c.isalpha() for c in text):
            # By its end, so that it is found with the country's prefix or without.
            ending = digits.removeprefix("00").lstrip("0")[-15:][::-1]
            reversed_phones = self.alias(phone_reversed=Reverse("phone"), other_phone_reversed=Reverse("other_phone"))
            # Each condition with its own part of the table, for its own index.
            condition = Q(~Q(phone=""), phone_reversed__startswith=ending) | Q(~Q(other_phone=""), other_phone_reversed__startswith=ending)
            return reversed_phones.filter(condition | Q(pk__in=carried) if carried else condition)
        return self.filter(pk__in=carried) if carried else None

    def _holders(self, text: str) -> list[uuid.UUID]:
        """Keys of people who carry a document with this number, or a valid card with this QR, as far as whoever reads knows of it: two
        look-ups by equal keys, in one question. Who it is is for the caller's own scope to say."""
        from .card import Card, clean_token
        from .identity_document import IdentityDocument

        token = clean_token(text)
        if not FEWEST_SIGNS <= len(normal_number(text)) <= MOST_SIGNS or not (token or any(char.isdigit() for char in text)):
            return []  # a card's number may be of letters alone
        documents, cards, reads = IdentityDocument.objects.all(), Card.objects.all(), reader()
        if reads is not None:
            documents, cards = documents.visible_to(reads.user), cards.visible_to(reads.user)
        found = documents.numbered(text).order_by().values_list("migrant_id")
        if token:
            found = found.union(cards.valid().filter(token=token).order_by().values_list("migrant_id"))
        return [key for (key,) in found[:50]]

    def with_any_phone(self, phones: Iterable[str]) -> "MigrantQuerySet":
        """People with one of just these numbers, as first or as other phone."""
        condition = Q(pk__in=[])
        for phone in phones:
            condition |= ~Q(phone="") & Q(phone_reversed=phone[::-1]) | ~Q(other_phone="") & Q(other_phone_reversed=phone[::-1])
        return self.alias(phone_reversed=Reverse("phone"), other_phone_reversed=Reverse("other_phone")).filter(condition)

    def _by_words(self, text: str, *, beginnings: bool = True, but_one: bool = False) -> "MigrantQuerySet":
        """By name. A year beside the name narrows it to who was born about then."""
        queryset = self
        for year in [int(word) for word in names.tokens(text)[:MOST_WORDS] if YEAR.fullmatch(word)][:1]:
            queryset = queryset.filter(born_on__range=(datetime.date(year - 1, 1, 1), datetime.date(year + 1, 12, 31)))
        conditions = [self._word(word, beginnings) for word in _telling_words(text)]
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
        return self.prefetch_related(CARE)


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
        """How the person came: asked when a group is announced, at registration and at each arrival (`Stay.Origin` says it in the same words).
        Source: action document 3.2 and 4.2 (in transit; returned; forced returns)."""

        TRANSIT = "transit", _("en transit")
        RETURNED = "returned", _("retour par ses propres moyens")
        VOLUNTARY_RETURN = "voluntary_return", _("retour volontaire assisté")
        FORCED_RETURN = "forced_return", _("retour forcé")
        REFERRED = "referred", _("orientation par un partenaire")
        WALKED_IN = "walked_in", _("présentation spontanée")

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
    registration_group = models.ForeignKey(
        "cases.RegistrationGroup", models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("groupe à l’enregistrement")
    )
    registered_centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("enregistré à"))
    registered_at = models.DateTimeField(_("enregistré le"), default=timezone.now)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("enregistré par"))
    # Of what was sent at registration: tells whether the same `id` comes again with the same content, even after a correction.
    registered_digest = models.CharField(max_length=64, default="", editable=False)
    forgotten_at = models.DateTimeField(_("identité effacée le"), null=True, editable=False)
    # The file that speaks for this one since somebody found that both are of one person (cases/services/merging.py).
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_files", editable=False, verbose_name=_("réuni au dossier"))
    version = models.PositiveIntegerField(default=1)
    # Of the current vulnerability assessment; the database writes them (trigger below), whatever is set here. Those that only
    # protection may read stand apart, so that whoever lists or exports `flags` tells nothing.
    flags = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False, verbose_name=_("signalements"))
    protected_flags = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False, verbose_name=_("signalements protégés"))
    # The centres for which an older copy is kept (models/known.py); the database writes it.
    kept_for = ArrayField(models.IntegerField(), default=list, editable=False)
    name_keys = ArrayField(models.CharField(max_length=60), default=list, editable=False)
    search_text = models.CharField(max_length=250, default="", editable=False)

    elsewhere = False  # set where a list is shown to somebody: another team follows this person now
    where: Any = None  # set where somebody is shown it: where this person is (cases.whereabouts)

    objects = MigrantQuerySet.as_manager()

    class Meta:
        ordering = ["-registered_at", "-id"]
        verbose_name = _("personne")
        indexes = [
            models.Index(fields=["-registered_at", "-id"], name="migrant_latest"),
            GinIndex(fields=["name_keys"], name="migrant_name_keys"),
            GinIndex(NAME_VECTOR, name="migrant_name_words"),
            models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), name="migrant_phone_end", condition=~Q(phone="")),
            models.Index(OpClass(Reverse("other_phone"), "text_pattern_ops"), name="migrant_other_phone_end", condition=~Q(other_phone="")),
            models.Index(fields=["born_on"], name="migrant_born"),
            GinIndex(fields=["flags"], name="migrant_flags"),
            GinIndex(fields=["protected_flags"], name="migrant_protected_flags"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(surname="") | ~Q(given_names=""), name="migrant_has_name", violation_error_message=_("Écrivez au moins un nom ou un prénom.")
            ),
            models.CheckConstraint(
                condition=Q(born_on__gte=datetime.date(1900, 1, 1)), name="migrant_birth_century", violation_error_message=_("L’année de naissance doit être après 1900.")
            ),
            models.CheckConstraint(
                # Once the identity is erased the day is one that leaves every age group as it was (services/forgetting.py).
                condition=~Q(birth_precision__in=["year", "age"]) | Q(born_on__month=12, born_on__day=31) | Q(forgotten_at__isnull=False),
                name="migrant_birth_precision",
                violation_error_message=_("Une naissance connue à l’année près se note au 31 décembre de cette année."),
            ),
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
            models.CheckConstraint(
                condition=Q(accompanied_by__isnull=True) | ~Q(accompanied_by=F("id")),
                name="migrant_not_own_adult",
                violation_error_message=_("Personne n’est l’adulte responsable de soi-même."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="migrant_not_own_survivor",
                violation_error_message=_("Un dossier ne se réunit pas à lui-même."),
            ),
        ]
        triggers = [
            audited(leave_out=("name_keys", "search_text", "registered_digest", "kept_for")),
            KEEPS_PERSON,
            # An adult found to be a child answers for nobody: the children are alone again, and flagged.
            pgtrigger.Trigger(
                name="no_adult_any_more",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("born_on"),
                condition=pgtrigger.Condition(f"NEW.born_on > OLD.born_on AND NEW.born_on > CURRENT_DATE - INTERVAL '{ADULT_AGE} years'"),
                func="UPDATE cases_migrant SET accompanied_by_id = NULL, version = version + 1 WHERE accompanied_by_id = NEW.id; RETURN NULL;",
            ),
            # The flags are those of the latest assessment; of one that protection did not confirm, none.
            pgtrigger.Trigger(
                name="flags",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("flags", "protected_flags"),
                func="""
                    SELECT a.flags, coalesce(p.flags, '{}') INTO NEW.flags, NEW.protected_flags
                        FROM (SELECT * FROM cases_vulnerabilityassessment WHERE migrant_id = NEW.id ORDER BY assessed_at DESC, id DESC LIMIT 1) a
                        LEFT JOIN cases_protectedfindings p ON p.assessment_id = a.id
                        WHERE a.decision <> 'not_confirmed';
                    NEW.flags := coalesce(NEW.flags, '{}');
                    NEW.protected_flags := coalesce(NEW.protected_flags, '{}');
                    IF cardinality(NEW.protected_flags) > 0 AND NOT 'protection' = ANY(NEW.flags) THEN
                        NEW.flags := array_append(NEW.flags, 'protection');
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Whoever is new or described anew is looked for among all others, by whatever way the row was written (see DuplicateCheck).
            pgtrigger.Trigger(
                name="look_for_duplicates",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf(*COMPARED),
                func=LOOK_FOR_DUPLICATES.format(person="NEW.id"),
            ),
        ]

    def __str__(self):
        return f"{self.given_names} {self.surname}".strip()

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Self:  # type: ignore[override]
        """Whoever reads is given what their centres know, on whichever way the row came."""
        person = super().from_db(db, field_names, values)
        withhold(person)
        return person

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:  # type: ignore[override]
        if "_withheld" in self.__dict__:
            settle(self)
            if fields is not None and all(name in self.__dict__ for name in fields):
                return
        super().refresh_from_db(using, fields, from_queryset)

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
    def alone_words(self) -> str:
        """What is said of a child for whom no adult answers, right by sex; asked of whom `is_unaccompanied_minor`."""
        words = {"female": gettext("mineure non accompagnée"), "male": gettext("mineur non accompagné")}
        return words.get(self.sex, gettext("enfant non accompagné"))

    @property
    def minor_words(self) -> str:
        """Why somebody counts as a child whose age, as it is said, is that of an adult; empty for all others."""
        guessed = self.birth_precision in (self.Precision.YEAR, self.Precision.AGE)
        said = timezone.localdate().year - self.born_on.year
        return gettext("peut avoir moins de 18 ans") if guessed and said >= ADULT_AGE and self.is_minor() else ""

    def flags_for(self, user) -> list[str]:
        """The codes of the flags that this user may know of; none for a team that no longer follows the person (with `with_care`: no
        query). A flag that only protection may read is `vulnerabilities.REFER` to everybody else."""
        if self.care_ended(user) is not None:
            return []
        protected = self.protected_flags if self.protected_flags and allows(user, Right.VIEW_PROTECTION, self) else []
        return [*protected, *(code for code in self.flags if not (protected and code == REFER))]

    @property
    def full_name(self) -> str:
        return str(self)

    @property
    def nationality_name(self) -> str:
        return country_name(self.nationality)

    @property
    def second_nationality_name(self) -> str:
        return country_name(self.second_nationality)

    @property
    def origin_words(self) -> str:
        """Where the person is from, the smallest place first; a cercle or region with its P-code and the list it is of."""
        area = f"{self.origin_area} ({self.origin_area.pcode}, {self.origin_area.vintage})" if self.origin_area else ""
        return ", ".join(part for part in (self.origin_place, area, country_name(self.origin_country)) if part)

    @property
    def language_words(self) -> str:
        known = dict(LANGUAGES)
        return ", ".join(str(known.get(code, code)) for code in self.languages)

    @property
    def parents_words(self) -> str:
        """« Fils de Moussa et d’Awa », as far as the parents are known."""
        given = [name for name in (self.father_given_names, self.mother_given_names) if name]
        if not given:
            return ""
        words = {"female": gettext("fille %(of_parents)s"), "male": gettext("fils %(of_parents)s")}.get(self.sex, gettext("enfant %(of_parents)s"))
        return words % {"of_parents": gettext(" et ").join(of(name) for name in given)}

    @property
    def other_phone_words(self) -> str:
        return phone_words(self.other_phone)

    @property
    def photo_url(self) -> str:
        """The small photo, for the head of the file; empty without one. The page behind it asks for the right again."""
        return f"{reverse('cases:photo', args=[self.pk])}?small=1" if self.photo else ""

    @property
    def phone_words(self) -> str:
        return phone_words(self.phone)

    @property
    def age_words(self) -> str:
        """The age as exactly as it is known: « 24 ans », « né en 1990 », « environ 17 ans »."""
        today = timezone.localdate()
        if self.birth_precision == self.Precision.YEAR:
            words = {"female": gettext("née en %(year)s"), "male": gettext("né en %(year)s")}.get(self.sex, gettext("né(e) en %(year)s"))
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
        return birth_words(self.born_on, self.birth_precision)

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
        constraints = [
            models.UniqueConstraint(fields=["centre", "year"], name="counter_once", violation_error_message=_("Un centre a un seul compteur de dossiers par année."))
        ]


class Custody(models.Model):
    """This centre cares for this person, from then until then. The one source of who may open a file."""

    class Reason(models.TextChoices):
        REGISTERED = "registered", _("enregistrement")
        ARRIVED = "arrived", _("arrivée")
        TRANSFERRED = "transferred", _("transfert")
        REINTEGRATION = "reintegration", _("réintégration dans la région")
        TAKEN_OVER = "taken_over", _("prise en charge au guichet")
        GIVEN_BACK = "given_back", _("dossiers de nouveau séparés")

    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="custodies")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="custodies")
    since = models.DateTimeField(_("depuis le"), default=timezone.now)
    until = models.DateTimeField(_("jusqu’au"), null=True, blank=True)
    reason = models.CharField(_("motif"), max_length=15, choices=Reason)

    class Meta:
        ordering = ["since"]
        verbose_name = _("prise en charge")
        indexes = [
            models.Index(fields=["migrant", "centre"], name="custody_scope"),
            models.Index(fields=["centre", "-since"], name="custody_open", condition=Q(until__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant", "centre"], condition=Q(until__isnull=True), name="custody_open_once", violation_error_message=_("Ce centre suit déjà cette personne.")
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="custody_dates",
                violation_error_message=_("Le suivi d’une personne ne peut pas finir avant d’avoir commencé."),
            ),
        ]
        triggers = [audited(), FOLLOWS_CARE]


NEVER = Value(datetime.date(9999, 12, 31), output_field=models.DateField())  # of `on_file_from`: not for a centre whose care has ended


# Who cares for a person, with the centres: what the rights and the head of a file are read from.
CARE = Prefetch("custodies", Custody.objects.select_related("centre"))


class FileQuerySet(models.QuerySet[Any]):
    """What hangs on a person's file follows the person's scope. A centre whose care has ended keeps what was there by then.

    `on_file_from`: the field with the moment from which a row was on the file; `person`: the path to the person."""

    on_file_from: str | Coalesce
    person = "migrant"
    keeps = False  # does the model keep what was known (models/known.py)?
    _owner: "Migrant | None" = None

    def on_file_of(self, migrant: "Migrant") -> Self:
        """Asked before `visible_to`: of this person alone, whose care is read already (`with_care`): the database is not asked about it for each
        sort of paper again."""
        rows = self.all()
        rows._owner = migrant
        return rows

    def visible_to(self, user) -> Self:
        from_then = F(self.on_file_from) if isinstance(self.on_file_from, str) else self.on_file_from
        rows = self if self._knows_all(user) else as_then(self, user, person="" if "__" in self.person else f"{self.person}_id")
        return rows.alias(on_file_from=from_then).filter(self._seen_with(user, Right.VIEW_CASE))

    def _knows_all(self, user) -> bool:
        """Is there nothing to read as it then was?"""
        return not self.keeps or (self._owner is not None and self._owner.care_ended(user) is None)

    def _seen_with(self, user, right: Right) -> Q:
        """Rows of people in whose centre the user has this right, by what was on the file while that centre had them; and of the file at
        hand in an emergency (`centres.access.find_for`)."""
        if self._owner is not None:
            return self._seen_of(self._owner, user, right)
        theirs = Custody.objects.filter(migrant=OuterRef(self.person), centre__in=centres_for(user, right))
        seen = Q(Exists(theirs.filter(Q(until__isnull=True) | Q(until__gte=OuterRef("on_file_from")))))
        opened = opened_people(user)
        return seen | Q(**{f"{self.person}__in": opened}) if opened and may(user, right) else seen

    def _seen_of(self, migrant: "Migrant", user, right: Right) -> Q:
        """The same of one person at hand."""
        own, centres = Q(**{self.person: migrant.pk}), centres_for(user, right)
        ends = [custody.until for custody in migrant.custodies.all() if custody.centre_id in centres]
        if None in ends or (migrant.pk in opened_people(user) and may(user, right)):
            return own
        last = max((end for end in ends if end), default=None)
        return own & Q(on_file_from__lte=last) if last else Q(pk__in=())

    def exportable_by(self, user) -> Self:
        """Those of the rows in sight whose person's name the user may take out of the system."""
        theirs = Custody.objects.filter(migrant=OuterRef(self.person), centre__in=centres_for(user, Right.EXPORT_NAMES))
        return self.visible_to(user).filter(Exists(theirs))


class ProtectedQuerySet(FileQuerySet):
    """Rows that exist only for protection officers."""

    def visible_to(self, user) -> Self:
        return super().visible_to(user).filter(self.protected_for(user))

    def protected_for(self, user) -> Q:
        return self._seen_with(user, Right.VIEW_PROTECTION)
