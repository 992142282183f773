"""The list of people: what is asked for, by pages that all cost the same, and what it may show."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from centres.access import centres_for
from centres.roles import Right
from config.countries import country_name
from config.days import midnight
from config.private import opened

from . import whereabouts
from .exporting import Column, Listing, register_listing
from .forms import AGE_GROUPS, SearchForm
from .languages import LANGUAGES
from .models import Migrant, MigrantQuerySet, VulnerabilityAssessment, birth_for_lists, years_before

PAGE = 25
MOST_FOUND = 100  # of a search: whoever gets more should say more


def filtered(people: MigrantQuerySet, form: SearchForm) -> MigrantQuerySet:
    """The people that the filters leave; a filter that can't be read, or that the reader may not ask for, leaves nobody."""
    people, chosen = form.allowed(people), form.chosen
    if chosen.get("sex"):
        people = people.filter(sex=chosen["sex"])
    if chosen.get("nationality"):
        people = people.filter(nationality=chosen["nationality"])
    if chosen.get("centre"):
        people = people.in_care_of(chosen["centre"])
    if chosen.get("alone"):
        people = people.unaccompanied_minors()
    if chosen.get("flag"):
        people = people.flagged(chosen["flag"], form.user)
    if chosen.get("protection"):
        people = people.filter(pk__in=waiting_for_protection(form.user, chosen["protection"]).values("migrant"))
    if chosen.get("age"):
        youngest, older = AGE_GROUPS[chosen["age"]]
        today = timezone.localdate()
        people = people.filter(born_on__lte=years_before(today, youngest), born_on__gt=years_before(today, older))
    if chosen.get("arrival"):
        people = people.filter(arrival_kind=chosen["arrival"])
    if chosen.get("origin"):
        people = people.filter(origin_country=chosen["origin"])
    if chosen.get("since"):
        people = people.filter(registered_at__gte=midnight(chosen["since"]))
    if chosen.get("until"):
        people = people.filter(registered_at__lt=midnight(chosen["until"] + datetime.timedelta(days=1)))
    return people


def words_of(query: QueryDict) -> str:
    """The words of a search, without what can't be searched."""
    return " ".join("".join(c if c.isprintable() else " " for c in query.get("q", "")[:200]).split())


def waiting_for_protection(user: User, what: str) -> Any:
    """The current assessments of people in the care of the user's centres that wait for a protection officer: to be decided
    (`undecided`), due for `review`, or `severe`."""
    current = VulnerabilityAssessment.objects.visible_to(user).current().in_care_of_any(centres_for(user, Right.VIEW_PROTECTION))
    if what == "undecided":
        return current.undecided()
    decided = current.exclude(decision="")
    return decided.review_due() if what == "review" else decided.severe()


@dataclass(frozen=True)
class Page:
    """Some rows, and the words of the address that lead to those before and after."""

    rows: list[Migrant]
    before: str = ""
    after: str = ""
    total: int | None = None  # None: not counted


def mark(person: Migrant) -> str:
    """The place of a person in the list."""
    return f"{person.registered_at.isoformat()}_{person.pk.hex}"


def place(text: str) -> tuple[datetime.datetime, uuid.UUID] | None:
    """Reads a mark; None if it is none."""
    when, _sep, key = text.partition("_")
    try:
        at = datetime.datetime.fromisoformat(when)
        if not 2000 <= at.year <= 2200:  # nothing of ours is outside, and the ends of time upset the database
            return None
        return (at if at.tzinfo else timezone.make_aware(at)).astimezone(datetime.UTC), uuid.UUID(key)
    except (ValueError, OverflowError):
        return None


def page_of(people: MigrantQuerySet, query: QueryDict) -> Page:
    """The page after or before a mark, the latest registered first."""
    back = place(query.get("before", ""))
    start = place(query.get("after", ""))
    # The first condition alone is what the index walks by; the second settles equal times.
    if back:
        people = people.filter(registered_at__gte=back[0]).exclude(registered_at=back[0], pk__lte=back[1]).order_by("registered_at", "pk")
    elif start:
        people = people.filter(registered_at__lte=start[0]).exclude(registered_at=start[0], pk__gte=start[1])
    rows = list(people.with_care()[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if back:
        rows.reverse()
    if not rows:
        return Page([])
    return Page(rows, before=mark(rows[0]) if (more if back else start) else "", after=mark(rows[-1]) if (back or more) else "")


def ranked_page(people: MigrantQuerySet, found: list[uuid.UUID], query: QueryDict) -> tuple[Page, int]:
    """A page of the best matches (keys, the best first), and where it starts. `before` and `after` are numbers of rows here."""
    text = query.get("from", "")
    start = min(int(text), MOST_FOUND) // PAGE * PAGE if text.isascii() and text.isdigit() and len(text) < 6 else 0
    rows = people.with_care().in_order(found[start : start + PAGE])
    before = str(start - PAGE) if start else ""
    return Page(rows, before, str(start + PAGE) if len(found) > start + PAGE else "", len(found)), start


def seen_by(user: User, people: list[Migrant]) -> list[Migrant]:
    """The same people, each marked as followed `elsewhere` where the user's centres no longer have them, and as they were known then."""
    whereabouts.shown(user, people)
    return people


# --- what the list may show and export ---------------------------------------------------------------------------


def _languages(person: Migrant) -> str:
    known = dict(LANGUAGES)
    return ", ".join(str(known.get(code, code)) for code in person.languages)


def _unless_elsewhere(value: Any) -> Any:
    """How to reach somebody is not told to a team that no longer follows them."""
    return lambda person: "" if person.elsewhere else value(person)


def _followed_by(person: Migrant) -> str:
    return _("une autre équipe") if person.elsewhere else ", ".join(centre.name for centre in person.centres_now)


# Never here: document numbers, notes, photos, anything of protection.
COLUMNS: tuple[Column, ...] = (
    Column("case_number", gettext_lazy("Numéro de dossier"), "#x_person+id", lambda p: p.case_number, on_screen=True),
    Column("surname", gettext_lazy("Nom"), "#x_person+name+family", lambda p: p.surname),
    Column("given_names", gettext_lazy("Prénoms"), "#x_person+name+given", lambda p: p.given_names),
    Column("age", gettext_lazy("Âge"), "#x_person+age", lambda p: p.age_words, usual=False, on_screen=True),
    Column("sex", gettext_lazy("Sexe"), "#x_person+sex", lambda p: p.get_sex_display(), on_screen=True),
    Column("born_on", gettext_lazy("Naissance"), "#date+birth", lambda p: birth_for_lists(p.born_on, p.birth_precision)),
    Column("birth_precision", gettext_lazy("Précision de la naissance"), "#x_person+birth+precision", lambda p: p.get_birth_precision_display()),
    Column("nationality", gettext_lazy("Nationalité"), "#country+origin+name+i_fr", lambda p: p.nationality_name, on_screen=True),
    Column("nationality_code", gettext_lazy("Nationalité (code)"), "#country+origin+code+v_iso2", lambda p: p.nationality),
    Column("phone", gettext_lazy("Téléphone"), "#contact+phone", _unless_elsewhere(lambda p: p.phone)),
    Column("alone", gettext_lazy("Enfant non accompagné"), "#x_person+children+unaccompanied", lambda p: _("oui") if p.is_unaccompanied_minor else _("non")),
    Column("registered_on", gettext_lazy("Enregistré le"), "#date+registered", lambda p: timezone.localdate(p.registered_at)),
    Column("followed_by", gettext_lazy("Suivi maintenant par"), "#loc+name", _followed_by, on_screen=True),
    Column("where", whereabouts.TITLE, "#x_person+whereabouts", lambda p: p.where.line if p.where else "", on_screen=True),
    Column("other_names", gettext_lazy("Autres noms utilisés"), "#x_person+name+alias", lambda p: p.other_names, usual=False),
    Column("father", gettext_lazy("Prénoms du père"), "#x_person+father", lambda p: p.father_given_names, usual=False),
    Column("mother", gettext_lazy("Prénoms de la mère"), "#x_person+mother", lambda p: p.mother_given_names, usual=False),
    Column("second_nationality", gettext_lazy("Deuxième nationalité"), "#country+second", lambda p: country_name(p.second_nationality), usual=False),
    Column("origin_country", gettext_lazy("Pays d’origine"), "#country+origin", lambda p: country_name(p.origin_country), usual=False),
    Column("origin_pcode", gettext_lazy("P-code d’origine"), "#adm2+origin+code", lambda p: p.origin_area.pcode if p.origin_area else "", usual=False),
    Column("origin_vintage", gettext_lazy("Liste du P-code"), "#adm2+origin+vintage", lambda p: p.origin_area.vintage if p.origin_area else "", usual=False),
    Column("origin_area", gettext_lazy("Cercle ou région d’origine"), "#adm2+origin+name", lambda p: p.origin_area.name if p.origin_area else "", usual=False),
    Column("origin_place", gettext_lazy("Lieu d’origine"), "#loc+origin", lambda p: p.origin_place, usual=False),
    Column("languages", gettext_lazy("Langues parlées"), "#x_person+languages", _languages, usual=False),
    Column("marital_status", gettext_lazy("Situation de famille"), "#x_person+marital", lambda p: p.get_marital_status_display(), usual=False),
    Column("other_phone", gettext_lazy("Autre téléphone"), "#contact+phone+other", _unless_elsewhere(lambda p: p.other_phone), usual=False),
    Column("arrival_kind", gettext_lazy("Comment la personne est venue"), "#x_arrival+type", lambda p: p.get_arrival_kind_display(), usual=False),
    Column("arrived_on", gettext_lazy("Arrivée au centre le"), "#date+arrival", lambda p: p.arrived_on or "", usual=False),
)


def asked_for(user: User, query: QueryDict) -> SearchForm:
    return SearchForm(query, centres=centres_for(user, Right.VIEW_CASE), user=user)


def _exported(user: User, query: QueryDict) -> Any:
    query = opened(user, query, SearchForm.private)
    people = filtered(Migrant.objects.exportable_by(user), asked_for(user, query)).select_related("origin_area").with_care()
    words = words_of(query)
    return people.best_matching(words, most=MOST_FOUND) if words else people


PEOPLE = register_listing(
    Listing("people", gettext_lazy("Personnes"), "cases.migrant", "cases:migrants", "cases:export", tuple(SearchForm.base_fields), COLUMNS, _exported, seen_by)
)
