"""The day sheet of a centre, and what one shift leaves to the next."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors, sent
from centres.access import access, may
from centres.models import Centre
from centres.roles import Right
from config import pdf

from .. import day_sheet, services, tabs
from ..forms import DayForm, HandoverForm, NoteKeys
from ..models import HandoverNote
from .parts import PEOPLE, sent_before

# Lines of each part on paper, fewer and fewer until the sheet holds them all.
ON_PAPER = (40, 24, 14, 9, 6, 4, 2)
ON_PRINTED_SCREEN = 8


@access(Right.VIEW_CENTRE, load=Centre, by="code", methods="GET POST", write=Right.RECEIVE)
def day(request: HttpRequest, centre: Centre) -> HttpResponse:
    """A day of the centre; POST leaves a note to the next shift."""
    form = HandoverForm(*sent(request), initial={"id": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            services.leave_note(actor=request.user, centre=centre, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La consigne est laissée à l’équipe suivante."))
            return redirect("reception:day", centre.code)
    asked = DayForm({"day": request.GET.get("day") or timezone.localdate()})
    sheet = day_sheet.sheet_of(request.user, centre, asked.chosen)
    log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted(sheet.people), centre_code=centre.code)
    may_write = may(request.user, Right.RECEIVE, centre)
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:day"),
        "asked": asked,
        "sheet": sheet,
        "paper": ON_PRINTED_SCREEN,
        "unread": [note for note in sheet.notes if not note.mine] if may_write and sheet.day.is_today else [],
        "may_write": may_write,
        "form": form if may_write and sheet.day.is_today else None,
    }
    return render(request, "reception/day.html", context)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def day_pdf(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The same on one sheet of A4."""
    asked = DayForm(request.GET)
    sheet = day_sheet.sheet_of(request.user, centre, asked.chosen)
    log_read(request, ReadLog.Action.PRINTED, PEOPLE, sorted(sheet.people), centre_code=centre.code)
    answer = HttpResponse(on_one_page(sheet), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{centre.code}-{sheet.day.date:%Y-%m-%d}.pdf"'
    return answer


def on_one_page(sheet: day_sheet.Sheet) -> bytes:
    """The sheet as PDF: with all its lines if there is room, else with fewer, and how many more there are."""
    context: dict[str, Any] = {"sheet": sheet, "centre": sheet.day.centre, "made_at": timezone.now(), "fonts": pdf.font_faces()}

    def versions() -> Iterator[str]:
        for most in ON_PAPER:
            yield render_to_string("reception/day_pdf.html", context | {"parts": sheet.on_paper(most), "tight": most < ON_PAPER[2]})

    return pdf.render_on_one_page(versions(), render_to_string("reception/day_pdf.css", context))


@access(Right.RECEIVE, load=Centre, by="code", methods="POST")
def read_notes(request: HttpRequest, centre: Centre) -> HttpResponse:
    """I read what was on my page."""
    form = NoteKeys(request.POST)
    if form.is_valid():
        number = services.read_notes(actor=request.user, centre=centre, notes=form.cleaned_data["notes"])
        words = ngettext("%(n)s consigne notée comme lue.", "%(n)s consignes notées comme lues.", number)
        messages.success(request, words % {"n": number})
    else:
        messages.error(request, sent_before())
    return redirect("reception:day", centre.code)


@access(Right.RECEIVE, load=HandoverNote, methods="POST", select=("centre",))
def finish_note(request: HttpRequest, note: HandoverNote) -> HttpResponse:
    """What it asks for is done."""
    done = services.finish_note(actor=request.user, note=note)
    if done.done_by_id == request.user.pk:
        messages.success(request, _("La consigne est notée comme faite."))
    else:
        messages.info(request, _("%(who)s avait déjà noté cette consigne comme faite.") % {"who": done.done_by})
    return redirect("reception:day", note.centre.code)
