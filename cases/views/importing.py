"""Bringing a list in: the file, its columns, what was found, and the end."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, centres_for
from centres.models import Centre
from centres.roles import Right
from config import keyset
from config.spreadsheet import MEDIA_TYPES
from config.uploads import was_too_big

from ..duplicates import Likeness
from ..forms import new_id, put_errors, sent
from ..forms.importing import ColumnsForm, ConfirmForm, ImportForm
from ..importing import batches, columns
from ..models import ImportBatch, Migrant
from .finding import MODEL

State = ImportBatch.State
TONES = {State.READ: "warn", State.CHECKED: "warn", State.DONE: "ok", State.REFUSED: "danger", State.DISCARDED: "neutral"}
MOST_PEOPLE = 200  # shown of those whom an import registered


def _shown(batch: ImportBatch) -> ImportBatch:
    batch.tone = TONES.get(State(batch.state), "info")  # type: ignore[attr-defined]
    return batch


@access(Right.IMPORT_LISTS, methods="GET POST")
def imports(request: HttpRequest) -> HttpResponse:
    """The imports of my centres, and the form for another."""
    centres = list(Centre.objects.filter(pk__in=centres_for(request.user, Right.IMPORT_LISTS)))
    form = ImportForm(*sent(request, files=True), centres=centres, initial={"id": new_id()})
    status = 200
    if request.method == "POST":
        if was_too_big(request):
            form.add_error("file", _("Ce fichier est trop grand : il n’a pas été lu. Partagez la liste en plusieurs fichiers."))
            status = 413
        if form.is_valid():
            wanted = form.cleaned_data
            try:
                batch = batches.receive(actor=request.user, id=wanted["id"], centre=wanted["centre"], file=wanted["file"], name=wanted["file"].name)
            except SameKeyOtherContent:
                form.add_error(None, _("Ce formulaire avait déjà servi pour un autre fichier. Rechargez la page, puis choisissez le fichier de nouveau."))
            else:
                return redirect("cases:import", pk=batch.pk)
    page = keyset.read(ImportBatch.objects.visible_to(request.user).select_related("centre", "created_by"), request.GET, keys=("-created_at", "-id"), size=20)
    context = {"form": form, "batches": [_shown(batch) for batch in page.rows], "page": page.links}
    return render(request, "cases/imports.html", context, status=status)


@access(Right.IMPORT_LISTS)
def template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in."""
    return HttpResponse(columns.template(), content_type=MEDIA_TYPES["xlsx"], headers={"Content-Disposition": 'attachment; filename="modele-import-personnes.xlsx"'})


@access(Right.IMPORT_LISTS, load=ImportBatch, select=("centre", "created_by", "job"))
def batch(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Where an import stands, and the one next thing to do."""
    return _page(request, batch)


def _page(request: HttpRequest, batch: ImportBatch, form: Any = None, status: int = 200) -> HttpResponse:
    _shown(batch)
    context: dict[str, Any] = {"batch": batch, "moving": batch.working and not batch.stopped}
    if request.headers.get("HX-Request") and context["moving"]:
        return render(request, "cases/_import_moving.html", context)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    again = batch.stopped and batch.columns
    if batch.state in (State.READ, State.CHECKED) or again:
        context["columns_form"] = form if isinstance(form, ColumnsForm) else ColumnsForm(batch=batch)
    if (batch.state == State.CHECKED and not batch.errors) or (again and batch.state == State.WRITING):
        context["confirm_form"] = form if isinstance(form, ConfirmForm) else ConfirmForm(batch=batch)
        context["to_write"] = batch.rows - batch.known
    if batch.state == State.CHECKED:
        context |= _findings(request, batch)
    if batch.state == State.DONE:
        people = list(Migrant.objects.visible_to(request.user).filter(pk__in=batch.people[:MOST_PEOPLE]).order_by("case_number"))
        log_read(request, ReadLog.Action.LISTED, MODEL, [person.pk for person in people])
        context |= {"people": people, "more_people": len(batch.people) > MOST_PEOPLE}
    return render(request, "cases/import.html", context, status=status)


def _findings(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """Errors, and who may be known already: those out of sight without name or detail."""
    alike = [one for one in batch.findings if one["kind"] == "alike"]
    keys = [one["key"] for one in alike if one["key"]]
    people = {str(person.pk): person for person in Migrant.objects.filter(pk__in=keys).select_related("registered_centre").with_care()}
    visible = {str(key) for key in Migrant.objects.visible_to(request.user).filter(pk__in=keys).values_list("pk", flat=True)} if keys else set()
    shown = []
    for one in alike:
        person = people.get(one["key"])
        if one["key"] and person is None:
            continue
        centre = (next(iter(person.centres_now), person.registered_centre)) if person else batch.centre
        likeness = Likeness(one["certainty"], centre, person if one["key"] in visible else None, uuid.UUID(one["key"] or str(batch.pk)))
        shown.append({"line": one["line"], "other_line": one["other_line"], "likeness": likeness})
    if keys:
        log_read(request, ReadLog.Action.SEARCHED, MODEL, keys)
    problems = [one for one in batch.findings if one["kind"] == "error"]
    return {
        "problems": problems,
        "more_problems": batch.errors - len(problems),
        "told": [one["words"] for one in batch.findings if one["kind"] == "told"],
        "alike": shown,
        "more_alike": batch.alike > len({one["line"] for one in alike}),
        "alone": next((one["number"] for one in batch.findings if one["kind"] == "alone"), 0),
    }


@access(Right.IMPORT_LISTS, load=ImportBatch, methods="POST", select=("centre", "created_by", "job"))
def import_columns(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Which column is which; then the list is checked."""
    form = ColumnsForm(request.POST, batch=batch)
    if sheet := form.another_sheet:
        batches.choose_sheet(actor=request.user, batch=batch, sheet=sheet)
        return redirect("cases:import", pk=batch.pk)
    if form.is_valid():
        said = {name: form.cleaned_data.get(name) or default for name, default in (("listed_on", None), ("sex_codes", ""))}
        try:
            batches.choose_columns(actor=request.user, batch=batch, matching=form.matching(), date_order=form.cleaned_data["date_order"], **said)
        except ValidationError as error:
            put_errors(form, error)
        else:
            return redirect("cases:import", pk=batch.pk)
    return _page(request, batch, form)


@access(Right.IMPORT_LISTS, load=ImportBatch, methods="POST", select=("centre", "created_by", "job"))
def import_confirm(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Everybody is registered, or nobody."""
    form = ConfirmForm(request.POST, batch=batch)
    if form.is_valid():
        try:
            batches.confirm(actor=request.user, batch=batch, alike=form.cleaned_data.get("alike", ""))
        except ValidationError as error:
            put_errors(form, error)
        else:
            return redirect("cases:import", pk=batch.pk)
    return _page(request, batch, form)


@access(Right.IMPORT_LISTS, load=ImportBatch, methods="POST")
def import_discard(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    batch = batches.discard(actor=request.user, batch=batch)
    if batch.state == State.DISCARDED:
        messages.success(request, _("L’import est abandonné ; le fichier est effacé."))
    return redirect("cases:imports")


@access(Right.IMPORT_LISTS, load=ImportBatch, log=ReadLog.Action.DOWNLOADED)
def import_report(request: HttpRequest, batch: ImportBatch) -> FileResponse:
    """All errors and likenesses of a check, or what became of each line."""
    if not batch.report:
        raise Http404
    return FileResponse(batch.report.open("rb"), as_attachment=True, filename=f"import-{batch.pk.hex[:8]}.xlsx", content_type=MEDIA_TYPES["xlsx"])
