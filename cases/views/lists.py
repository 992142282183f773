"""Around lists: filters kept under a name, columns chosen, many case numbers at once, many people at once."""

import uuid
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import SIGNED_IN, access, allows, may
from centres.roles import Right
from config import private
from config.spreadsheet import WRITERS

from .. import exporting, listing, services
from ..exporting import LISTINGS
from ..forms import new_id, put_errors, sent
from ..forms.lists import MOST_NUMBERS, BulkNoteForm, ColumnChoiceForm, NumbersForm, RenameForm, SaveFilterForm
from ..models import Migrant, SavedFilter
from ..services.lists import MOST_AT_ONCE
from .finding import MODEL

# --- filters kept ------------------------------------------------------------------------------------------------


@access(SIGNED_IN, methods="GET POST")
def saved_filters(request: HttpRequest) -> HttpResponse:
    """My filters; POST keeps those of the list I come from."""
    form = SaveFilterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = LISTINGS[form.cleaned_data["listing"]]
        query = chosen.query_of(QueryDict(form.cleaned_data["query"]))
        try:
            services.save_filter(actor=request.user, listing=chosen.name, name=form.cleaned_data["name"], query=query)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le filtre est gardé."))
            return redirect(f"{reverse(chosen.url_name)}?{query}")
    mine = [one for one in SavedFilter.objects.visible_to(request.user) if one.listing in LISTINGS]
    rows = [{"saved": one, "listing": LISTINGS[one.listing], "url": f"{reverse(LISTINGS[one.listing].url_name)}?{one.query}"} for one in mine]
    return render(request, "cases/saved_filters.html", {"rows": rows, "form": form if form.is_bound else None})


@access(SIGNED_IN, load=SavedFilter, methods="GET POST")
def rename_filter(request: HttpRequest, saved: SavedFilter) -> HttpResponse:
    form = RenameForm(*sent(request), initial={"name": saved.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_filter(actor=request.user, saved=saved, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error("name", error)
        else:
            return redirect("cases:saved_filters")
    return render(request, "cases/rename_filter.html", {"saved": saved, "form": form})


@access(SIGNED_IN, load=SavedFilter, methods="POST")
def delete_filter(request: HttpRequest, saved: SavedFilter) -> HttpResponse:
    services.delete_filter(actor=request.user, saved=saved)
    messages.success(request, _("Le filtre est effacé."))
    return redirect("cases:saved_filters")


# --- columns -----------------------------------------------------------------------------------------------------


@access(Right.VIEW_CASE, methods="GET POST")
def columns(request: HttpRequest, name: str) -> HttpResponse:
    """Which columns of a list I look at and export; remembered for the next time."""
    chosen = LISTINGS.get(name)
    if chosen is None:
        raise Http404
    query = chosen.query_of(request.GET)
    if search := request.GET.get(private.SEALED):
        query = "&".join(filter(None, [query, urlencode({private.SEALED: search})]))
    back = reverse(chosen.url_name) + (f"?{query}" if query else "")
    form = ColumnChoiceForm(*sent(request), listing=chosen, initial={"columns": [c.name for c in chosen.columns_of(exporting.remembered(request.user, chosen))]})
    if request.method == "POST" and ("usual" in request.POST or form.is_valid()):
        services.choose_columns(actor=request.user, listing=chosen.name, columns=[] if "usual" in request.POST else form.cleaned_data["columns"])
        messages.success(request, _("Vos colonnes sont retenues."))
        return redirect(back)
    exports = (
        [(kind.upper(), reverse(chosen.export_name, args=[kind]) + (f"?{query}" if query else "")) for kind in WRITERS] if may(request.user, Right.EXPORT_NAMES) else []
    )
    return render(request, "cases/columns.html", {"listing": chosen, "form": form, "back": back, "exports": exports})


# --- many at once ------------------------------------------------------------------------------------------------


@access(Right.VIEW_CASE, methods="GET POST")
def numbers(request: HttpRequest) -> HttpResponse:
    """Many case numbers pasted: the people found, and by name of the number those that are wrong or not in sight."""
    form = NumbersForm(*sent(request))
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        good, bad = form.read()
        if len(good) > MOST_NUMBERS:
            form.add_error("numbers", _("Mille numéros au plus à la fois : collez-en moins."))
        else:
            people = list(Migrant.objects.visible_to(request.user).filter(case_number__in=good).with_care())
            order = {number: place for place, number in enumerate(good)}
            people.sort(key=lambda person: order[person.case_number])
            log_read(request, ReadLog.Action.SEARCHED, MODEL, [person.pk for person in people])
            found = {person.case_number for person in people}
            context |= {
                "people": listing.seen_by(request.user, people),
                "absent": [number for number in good if number not in found],
                "wrong": bad,
                "done": True,
                "most": MOST_AT_ONCE,
                "may_export": may(request.user, Right.EXPORT_NAMES),
            }
    return render(request, "cases/numbers.html", context)


def _chosen(request: HttpRequest) -> list[Migrant]:
    """The people ticked whom this user may see. Raises ValidationError for none or too many."""
    keys = []
    for text in request.POST.getlist("person"):
        try:
            keys.append(uuid.UUID(text))
        except ValueError:
            continue
    if not 0 < len(set(keys)) <= MOST_AT_ONCE:
        raise ValidationError(_("Choisissez entre 1 et %(n)s personnes dans la liste.") % {"n": MOST_AT_ONCE})
    people = sorted(Migrant.objects.visible_to(request.user).filter(pk__in=keys).with_care(), key=lambda person: (person.surname, person.given_names, person.pk))
    if not people:
        raise ValidationError(_("Aucune de ces personnes n’est dans vos centres."))
    return people


def _seal(people: list[Migrant], text: str) -> str:
    """Of what a preview showed: other people, or another state of one of them, break it."""
    return (
        signing.Signer(salt="bulk").sign(signing.b64_encode(repr([(str(person.pk), person.version) for person in people] + [text]).encode()).decode()).rsplit(":", 1)[1]
    )


@access(Right.VIEW_CASE, methods="POST")
def bulk(request: HttpRequest) -> HttpResponse:
    """Many people at once: first what will change for whom, then the change. A selection that changed in between is shown again."""
    try:
        people = _chosen(request)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("cases:migrants")
    if kind := request.POST.get("export", ""):
        return _export(request, people, kind)
    writable = [person for person in people if allows(request.user, Right.VIEW_CASE, person, writing=True)]
    sending = "text" in request.POST
    form = BulkNoteForm(request.POST) if sending else BulkNoteForm(initial={"id": new_id()})
    changed = preview = False
    if sending and form.is_valid():
        text = form.cleaned_data["text"]
        seal = _seal(writable, text)
        if not writable:
            form.add_error(None, _("Vous ne pouvez écrire dans aucun de ces dossiers."))
        elif "confirm" in request.POST and form.cleaned_data["seen"] == seal:
            try:
                notes = services.write_note_for_all(actor=request.user, id=form.cleaned_data["id"], people=writable, text=text)
            except (ValidationError, SameKeyOtherContent) as error:
                form.add_error(None, error if isinstance(error, ValidationError) else _("Ce formulaire a déjà servi. Recommencez depuis la liste."))
            else:
                words = ngettext("La note est ajoutée à %(n)s dossier.", "La note est ajoutée à %(n)s dossiers.", len(notes))
                messages.success(request, words % {"n": len(notes)})
                return redirect("cases:migrants")
        else:
            preview, changed = "back" not in request.POST, "confirm" in request.POST
            form.data = form.data.copy()
            form.data["seen"] = seal
    log_read(request, ReadLog.Action.LISTED, MODEL, [person.pk for person in people])
    context = {
        "people": sorted(listing.seen_by(request.user, people), key=lambda person: not person.where.is_away),
        "writable": {person.pk for person in writable},
        "number": len(writable),
        "left_out": len(people) - len(writable),
        "form": form,
        "preview": preview,
        "changed": changed,
    }
    return render(request, "cases/bulk.html", context, status=409 if changed else 200)


def _export(request: HttpRequest, people: list[Migrant], kind: str) -> HttpResponse:
    """The people ticked, as a file: only those whose names the user may take out."""
    if kind not in WRITERS or not may(request.user, Right.EXPORT_NAMES):
        raise PermissionDenied
    keys = [person.pk for person in people]
    rows = list(Migrant.objects.exportable_by(request.user).filter(pk__in=keys).select_related("origin_area").with_care())
    if not rows:
        raise PermissionDenied
    return exporting.as_file(request, listing.PEOPLE, kind, rows, listing.PEOPLE.columns_of(exporting.remembered(request.user, listing.PEOPLE)))
