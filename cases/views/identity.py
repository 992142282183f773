"""Identity in full: papers, photo, card."""

import io

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right

from .. import pictures, services
from ..forms import CardForm, DocumentForm, PhotoForm, new_id, put_errors, sent
from ..models import CARE, Card, Consent, IdentityDocument, Migrant
from .file import head_of
from .keeping import fresh
from .registering import same_paper

_AREA = ("origin_area__parent", "registered_centre", "registered_by", "registration_group")


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, select=_AREA, prefetch=(CARE,))
def identity(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Everything that says who the person is, with their papers and their card."""
    user = request.user
    may_correct = allows(user, Right.REGISTER, migrant, writing=True)
    head = head_of(user, migrant, "identity")
    context = {
        **head,
        "may_correct": may_correct,
        "may_write_documents": services.may_write_documents(user, migrant),
        "documents": list(IdentityDocument.objects.visible_to(user).filter(migrant=migrant).select_related("scan")),
        "card": Card.objects.visible_to(user).valid().filter(migrant=migrant).first() if head["ended"] is None else None,
        "photo_agreed": migrant.consents.filter(purpose=Consent.Purpose.PHOTO, withdrawn_at__isnull=True).exists() if may_correct else False,
    }
    return render(request, "cases/identity.html", context)


# --- papers --------------------------------------------------------------------------------------------------------


@access(services.DOCUMENT_RIGHTS, load=Migrant, methods="GET POST")
def add_document(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Writes down a paper; another file with the same one is shown first."""
    if not services.may_write_documents(request.user, migrant):
        raise PermissionDenied
    form = DocumentForm(*sent(request, files=True), initial={"id": new_id(), "country": migrant.nationality})
    if request.method == "POST" and form.is_valid():
        if found := _elsewhere(request, form, migrant, None):
            return found
        try:
            services.add_document(actor=request.user, migrant=migrant, id=form.cleaned_data["id"], **form.content())
        except SameKeyOtherContent:
            form = fresh(DocumentForm, request)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le document est noté."))
            return redirect("cases:identity", pk=migrant.pk)
    return render(request, "cases/document.html", {"migrant": migrant, "form": form})


def _elsewhere(request: HttpRequest, form: DocumentForm, migrant: Migrant, document: IdentityDocument | None) -> HttpResponse | None:
    """The same form with a warning if another file has this paper, and it was not yet said to be right."""
    given = form.cleaned_data
    if given["confirmed"]:
        return None
    alike = same_paper(request, kind=given["kind"], country=given["country"], number=given["number"], exclude=migrant.pk)
    if not alike:
        return None
    return render(request, "cases/document.html", {"migrant": migrant, "form": form, "document": document, "alike": alike})


@access(services.DOCUMENT_RIGHTS, load=IdentityDocument, methods="GET POST", log=ReadLog.Action.OPENED, select=("migrant",))
def document(request: HttpRequest, document: IdentityDocument) -> HttpResponse:
    """Puts a paper right; if somebody else did so meanwhile, says so and shows what is kept now beside what was typed."""
    if not services.may_write_documents(request.user, document):
        raise PermissionDenied
    kept = {"id": document.pk, "kind": document.kind, "number": document.readable_number or "", "country": document.country, "expires_on": document.expires_on}
    form = DocumentForm(*sent(request, files=True), initial=kept)
    version, stale = document.version, False
    if request.method == "POST" and form.is_valid():
        if found := _elsewhere(request, form, document.migrant, document):
            return found
        typed = request.POST.get("version", "")
        seen = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1
        try:
            services.correct_document(actor=request.user, document=document, version=seen, **form.content())
        except Stale as newer:
            document, version, stale = newer.current, newer.current.version, True
            form.add_error(None, _("Quelqu’un d’autre a corrigé ce document pendant que vous écriviez. Comparez, puis enregistrez de nouveau."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le document est corrigé."))
            return redirect("cases:identity", pk=document.migrant_id)
    context = {"migrant": document.migrant, "form": form, "document": document, "version": version, "stale": stale}
    return render(request, "cases/document.html", context, status=409 if stale else 200)


@access(services.DOCUMENT_RIGHTS, load=IdentityDocument, methods="POST")
def remove_document(request: HttpRequest, document: IdentityDocument) -> HttpResponse:
    """Takes a paper off the file."""
    services.remove_document(actor=request.user, document=document)
    messages.success(request, _("Le document est retiré du dossier."))
    return redirect("cases:identity", pk=document.migrant_id)


# --- photo ---------------------------------------------------------------------------------------------------------


@access(Right.VIEW_CASE, load=Migrant)
def photo(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The picture, for those who may open the file now; a team that no longer follows the person does not see how they look today."""
    if not migrant.photo or migrant.care_ended(request.user) is not None:
        raise Http404
    try:
        with migrant.photo.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    content = pictures.small(content) if request.GET.get("small") else content
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": 'inline; filename="photo.jpg"'}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


@access(Right.REGISTER, load=Migrant, methods="GET POST")
def take_photo(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """A photo from the camera or a file, if the person agrees."""
    if not allows(request.user, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    form = PhotoForm(*sent(request, files=True))
    if request.method == "POST" and form.is_valid():
        try:
            services.set_photo(actor=request.user, migrant=migrant, file=form.cleaned_data["photo"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La photo est enregistrée."))
            return redirect("cases:identity", pk=migrant.pk)
    agreed = migrant.consents.filter(purpose=Consent.Purpose.PHOTO, withdrawn_at__isnull=True).exists()
    return render(request, "cases/take_photo.html", {"migrant": migrant, "form": form, "agreed": agreed})


@access(Right.REGISTER, load=Migrant, methods="POST")
def remove_photo(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Deletes the photo."""
    services.remove_photo(actor=request.user, migrant=migrant)
    messages.success(request, _("La photo est effacée."))
    return redirect("cases:identity", pk=migrant.pk)


# --- card ----------------------------------------------------------------------------------------------------------


def qr_svg(text: str) -> SafeString:
    """The text as a QR picture, drawn here: one path, no style, nothing fetched."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=2, image_factory=qrcode.image.svg.SvgPathImage)
    code.add_data(text)
    out = io.BytesIO()
    code.make_image().save(out)
    drawn = out.getvalue().decode()
    return mark_safe(drawn[drawn.index("<svg") :])  # noqa: S308 - made by us from letters and digits


@access(Right.REGISTER, load=Migrant, log=ReadLog.Action.PRINTED)
def card(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The card to print: a QR and its number, nothing that says who carries it."""
    if not allows(request.user, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    valid = Card.objects.visible_to(request.user).valid().filter(migrant=migrant).first()
    return render(request, "cases/card.html", {"migrant": migrant, "card": valid, "qr": qr_svg(valid.token) if valid else ""})


@access(Right.REGISTER, load=Migrant, methods="POST")
def issue_card(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Makes the card; asked twice it is one."""
    try:
        services.issue_card(actor=request.user, migrant=migrant)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("cases:identity", pk=migrant.pk)
    return redirect("cases:card", pk=migrant.pk)


@access(Right.REGISTER, load=Card, methods="GET POST", select=("migrant",))
def replace_card(request: HttpRequest, card: Card) -> HttpResponse:
    """A lost card is worth nothing from now on; a new one takes its place."""
    if not allows(request.user, Right.REGISTER, card, writing=True):
        raise PermissionDenied
    form = CardForm(*sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.issue_card(actor=request.user, migrant=card.migrant, replaces=card, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’ancienne carte est annulée. Imprimez la nouvelle."))
            return redirect("cases:card", pk=card.migrant_id)
    return render(request, "cases/replace_card.html", {"migrant": card.migrant, "card": card, "form": form})
