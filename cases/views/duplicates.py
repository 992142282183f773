"""Pairs of files that may be of one person: the list to review, two files side by side, joining them and back."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, allows
from centres.models import Centre
from centres.roles import Right
from config import keyset

from .. import services
from ..duplicates import Reason, compare, identity_of
from ..duplicates.finding import documents_of, sure_tone, sure_words
from ..duplicates.weights import words_of
from ..forms import ApartForm, MergeForm, new_id, put_errors, sent
from ..forms.duplicates import FIRST, label_of_group, words_of_group
from ..models import CARE, Custody, DuplicatePair, Merge, Migrant
from ..sections import tabs_of
from ..services.merging import GROUPS
from ..services.pairs import may_decide
from .finding import MODEL

PAGE = 25
_CARE = [Prefetch(f"{side}__custodies", Custody.objects.select_related("centre")) for side in ("first", "second")]
_FILES = ("first", "second", "first__registered_centre", "second__registered_centre")


@dataclass(frozen=True)
class Side:
    """One file of a pair as this user may see it: with the person, or only where it is."""

    centre: Centre
    migrant: Migrant | None


def _sides(pairs: list[DuplicatePair], user: Any) -> dict[uuid.UUID, Side]:
    people = {person.pk: person for pair in pairs for person in (pair.first, pair.second)}
    visible = set(Migrant.objects.visible_to(user).filter(pk__in=list(people)).values_list("pk", flat=True))
    return {
        key: Side(next(iter(person.centres_now), person.registered_centre), person if key in visible and person.care_ended(user) is None else None)
        for key, person in people.items()
    }


@dataclass(frozen=True)
class Row:
    pair: DuplicatePair
    sides: tuple[Side, Side]

    @property
    def whole(self) -> bool:
        return all(side.migrant for side in self.sides)

    @property
    def words(self) -> str:
        return sure_words(self.pair.certainty)

    @property
    def tone(self) -> str:
        return sure_tone(self.pair.certainty)

    @property
    def reasons(self) -> str:
        """Without any value, and only where both files may be seen."""
        return ", ".join(words_of(code) for code in self.pair.reasons[:5]) if self.whole else ""


def _rows(pairs: list[DuplicatePair], user: Any) -> list[Row]:
    sides = _sides(pairs, user)
    rows = [Row(pair, (sides[pair.first_id], sides[pair.second_id])) for pair in pairs]
    # the file that may be seen comes first
    return [row if row.sides[0].migrant else replace(row, sides=row.sides[::-1]) for row in rows]


def _log(request: HttpRequest, rows: list[Row]) -> None:
    """Those out of sight too: that they were pointed at is written down."""
    log_read(request, ReadLog.Action.LISTED, MODEL, sorted({str(key) for row in rows for key in (row.pair.first_id, row.pair.second_id)}))


@access(Right.MERGE_FILES)
def duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs to review, the surest first."""
    pairs = DuplicatePair.objects.to_review_by(request.user).select_related(*_FILES).prefetch_related(*_CARE)
    page = keyset.read(pairs, request.GET, keys=("-certainty", "-pk"), size=PAGE)
    rows = _rows(page.rows, request.user)
    _log(request, rows)
    return render(request, "cases/duplicates.html", {"rows": rows, "page": page.links})


@access(Right.MERGE_FILES, load=DuplicatePair, select=_FILES, prefetch=tuple(_CARE))
def pair(request: HttpRequest, pair: DuplicatePair) -> HttpResponse:
    """Two files side by side, and why they may be one person's. Of a file out of scope: where it is, and nothing else."""
    (row,) = _rows([pair], request.user)
    _log(request, [row])
    reasons: tuple[Reason, ...] = ()
    fields: list[dict[str, Any]] = []
    if row.whole:
        reasons = compare(identity_of(pair.first, documents_of(pair.first_id)), identity_of(pair.second, documents_of(pair.second_id))).reasons
        for group in GROUPS:
            one, two = words_of_group(pair.first, group), words_of_group(pair.second, group)
            if one or two:
                fields.append({"label": label_of_group(group), "first": one, "second": two, "same": one == two})
    context = {
        "row": row,
        "reasons": reasons,
        "fields": fields,
        "may_decide": row.whole and may_decide(request.user, pair.first, pair.second) and not (pair.first.merged_into_id or pair.second.merged_into_id),
        "open": pair.state == DuplicatePair.State.OPEN,
        "form": ApartForm(),
    }
    return render(request, "cases/pair.html", context)


@access(Right.MERGE_FILES, load=DuplicatePair, methods="POST", select=_FILES)
def apart(request: HttpRequest, pair: DuplicatePair) -> HttpResponse:
    """These are two people: remembered."""
    form = ApartForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(form.errors.get("why", [""]))
        services.tell_apart(actor=request.user, pair=pair, why=form.cleaned_data["why"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("cases:pair", pk=pair.pk)
    messages.success(request, _("C’est noté : deux personnes. Cette paire ne sera plus proposée."))
    return redirect("cases:duplicates")


@access(Right.MERGE_FILES, load=DuplicatePair, methods="GET POST", select=(*_FILES, "first__origin_area", "second__origin_area"), prefetch=tuple(_CARE))
def merge(request: HttpRequest, pair: DuplicatePair) -> HttpResponse:
    """Joins two files: which number stays, and field by field which value."""
    first, second = pair.first, pair.second
    if not may_decide(request.user, first, second):
        raise PermissionDenied
    versions = {"id": new_id(), "version_first": first.version, "version_second": second.version}
    form = MergeForm(*sent(request), first=first, second=second, initial=versions)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        keeps_first = chosen["keep"] == FIRST
        seen = chosen["version_first"], chosen["version_second"]
        try:
            services.merge_files(
                actor=request.user,
                id=chosen["id"],
                survivor=first if keeps_first else second,
                merged=second if keeps_first else first,
                versions=seen if keeps_first else seen[::-1],
                take=form.taken(),
            )
        except Stale:
            form = _again(request, first, second, versions, _("Quelqu’un a modifié un de ces dossiers entre-temps. Relisez les valeurs, puis confirmez."))
        except SameKeyOtherContent:
            form = _again(
                request, first, second, versions, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau.")
            )
        except ValidationError as error:
            put_errors(form, error, {name: group for group, names in GROUPS.items() for name in names})
        else:
            messages.success(request, _("Les deux dossiers sont réunis. Vous pouvez défaire cette réunion sous « Doublons »."))
            return redirect("cases:migrant", pk=(first if keeps_first else second).pk)
    log_read(request, ReadLog.Action.OPENED, MODEL, [first.pk, second.pk])
    return render(request, "cases/merge.html", {"pair": pair, "form": form, "choices": [form[group] for group in form.groups]})


def _again(request: HttpRequest, first: Migrant, second: Migrant, fresh: dict[str, Any], words: str) -> MergeForm:
    """The same choices over the values as they are now."""
    data = request.POST.copy()
    data.update({name: str(value) for name, value in fresh.items()})
    form = MergeForm(data, first=first, second=second)
    form.is_valid()
    form.add_error(None, words)
    return form


@access(Right.MERGE_FILES, load=Migrant, prefetch=(CARE,), log=ReadLog.Action.OPENED)
def file_duplicates(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Of one file: the pairs it is in, and what was joined to it."""
    if not allows(request.user, Right.MERGE_FILES, migrant, writing=True):
        raise PermissionDenied
    pairs = DuplicatePair.objects.of(migrant).current().select_related(*_FILES, "decided_by").prefetch_related(*_CARE)[:PAGE]
    rows = _rows(list(pairs), request.user)
    for row in rows:  # the other file of each pair
        row.pair.other = next(side for side in row.sides if side.migrant is None or side.migrant.pk != migrant.pk)  # type: ignore[attr-defined]
    context = {
        "migrant": migrant,
        "tabs": tabs_of(request.user, migrant, "duplicates"),
        "rows": rows,
        "merges": Merge.objects.filter(survivor=migrant).select_related("merged", "by", "undone_by")[:PAGE],
    }
    return render(request, "cases/file_duplicates.html", context)


@access(Right.MERGE_FILES, load=Merge, methods="POST", select=("survivor",))
def undo(request: HttpRequest, merge: Merge) -> HttpResponse:
    """Two files again."""
    try:
        words = services.undo_merge(actor=request.user, merge=merge)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Les deux dossiers sont de nouveau séparés."))
        for line in words:
            messages.warning(request, line)
    return redirect("cases:file_duplicates", pk=merge.survivor_id)
