"""The list of people: what is asked for, by pages that all cost the same, and as a file."""

import csv
import datetime
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from accounts.models import User

from . import as_then
from .forms import SearchForm
from .models import Migrant, MigrantQuerySet

PAGE = 25
MOST_FOUND = 100  # of a search: whoever gets more should say more
MOST_EXPORTED = 5000


def filtered(people: MigrantQuerySet, form: SearchForm) -> MigrantQuerySet:
    """The people that the filters leave; a filter that can't be read leaves all."""
    form.is_valid()
    chosen = form.cleaned_data
    if chosen.get("sex"):
        people = people.filter(sex=chosen["sex"])
    if chosen.get("nationality"):
        people = people.filter(nationality=chosen["nationality"])
    if chosen.get("centre"):
        people = people.in_care_of(chosen["centre"])
    if chosen.get("alone"):
        people = people.unaccompanied_minors()
    return people


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


def ranked_page(found: list[Migrant], query: QueryDict) -> tuple[Page, int]:
    """A page of the best matches, and where it starts. `before` and `after` are numbers of rows here."""
    text = query.get("from", "")
    start = min(int(text), MOST_FOUND) // PAGE * PAGE if text.isascii() and text.isdigit() and len(text) < 6 else 0
    rows = found[start : start + PAGE]
    before = str(start - PAGE) if start else ""
    return Page(rows, before, str(start + PAGE) if len(found) > start + PAGE else "", len(found)), start


def seen_by(user: User, people: list[Migrant]) -> list[Migrant]:
    """The same people, each marked as followed `elsewhere` where the user's centres no longer have them, and as they were known then."""
    as_then.seen_by(user, people)
    return people


# --- as a file ---------------------------------------------------------------------------------------------------

# Column, HXL tag (hxlstandard.org 1.1; #x_ marks tags of our own), value.
COLUMNS: list[tuple[Any, str, Any]] = [
    (lambda: _("Numéro de dossier"), "#x_person+id", lambda p: p.case_number),
    (lambda: _("Nom"), "#x_person+name+family", lambda p: p.surname),
    (lambda: _("Prénoms"), "#x_person+name+given", lambda p: p.given_names),
    (lambda: _("Sexe"), "#x_person+sex", lambda p: p.get_sex_display()),
    (lambda: _("Naissance (au plus tard)"), "#date+birth", lambda p: p.born_on.isoformat()),
    (lambda: _("Précision de la naissance"), "#x_person+birth+precision", lambda p: p.get_birth_precision_display()),
    (lambda: _("Nationalité"), "#country+origin+name+i_fr", lambda p: p.nationality_name),
    (lambda: _("Nationalité (code)"), "#country+origin+code+v_iso2", lambda p: p.nationality),
    (lambda: _("Téléphone"), "#contact+phone", lambda p: "" if p.elsewhere else p.phone),
    (lambda: _("Mineur non accompagné"), "#x_person+children+unaccompanied", lambda p: _("oui") if p.is_unaccompanied_minor else _("non")),
    (lambda: _("Enregistré le"), "#date+registered", lambda p: timezone.localdate(p.registered_at).isoformat()),
    (lambda: _("Suivi maintenant par"), "#loc+name", lambda p: _("une autre équipe") if p.elsewhere else ", ".join(centre.name for centre in p.centres_now)),
]


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula. Source: OWASP, CSV injection."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") or text[:1] in ("\t", "\r", "\n") else text


def rows_of(people: Iterable[Migrant]) -> Iterable[list[str]]:
    """The header, the row of HXL tags, and a row for each person."""
    yield [title() for title, _tag, _value in COLUMNS]
    yield [tag for _title, tag, _value in COLUMNS]
    for person in people:
        yield [harmless(value(person)) for _title, _tag, value in COLUMNS]


def as_csv(people: Iterable[Migrant]) -> bytes:
    """With a byte order mark, so that spreadsheets read the accents."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows_of(people))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(people: Iterable[Migrant]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Personnes"))
    sheet.freeze_panes = "A3"
    for number, values in enumerate(rows_of(people)):
        cells = []
        for value in values:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"  # never a formula
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
