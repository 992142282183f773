"""What is put on a file: notes, scans."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right

from .. import services
from ..forms import AttachmentForm, NoteForm, new_id, put_errors, sent
from ..models import Attachment, Migrant, Note


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", select=("registered_centre",))
def note(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Writes a note."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant, writing=True)
    form = NoteForm(*sent(request), protection=protection, initial={"id": new_id(), "kind": request.GET.get("kind", Note.Kind.ORDINARY)})
    if request.method == "POST" and form.is_valid():
        try:
            services.write_note(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form = fresh(NoteForm, request, protection=protection)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La note est enregistrée."))
            return redirect("cases:migrant", pk=migrant.pk)
    return render(request, "cases/note.html", {"migrant": migrant, "form": form})


def fresh(kind: type, request: HttpRequest, **arguments: Any) -> Any:
    """The same form under a new key: the old one had been used for something else."""
    data = request.POST.copy()
    data["id"] = str(new_id())
    form = kind(data, request.FILES or None, **arguments)
    form.is_valid()
    form.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau."))
    return form


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST")
def attach(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Puts a scan on the file."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    form = AttachmentForm(*sent(request, files=True), initial={"id": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            services.attach(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form = fresh(AttachmentForm, request)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le fichier est joint au dossier."))
            return redirect("cases:migrant", pk=migrant.pk)
    return render(request, "cases/attach.html", {"migrant": migrant, "form": form})


ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@access(Right.VIEW_CASE, load=Attachment, log=ReadLog.Action.DOWNLOADED, select=("migrant",))
def attachment(request: HttpRequest, attachment: Attachment) -> HttpResponse:
    """Downloads a scan. Never shown inside a page of ours: what is in it is not ours."""
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"{attachment.migrant.case_number}-{slugify(attachment.title)[:60] or 'piece'}.{ENDINGS.get(attachment.media_type, 'bin')}"
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return FileResponse(content, as_attachment=True, filename=name, content_type=attachment.media_type, headers=headers)
