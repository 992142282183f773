"""Registering somebody; likely the same person is shown first."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, centres_for
from centres.models import Centre
from centres.roles import Right
from config.typed import typed_names

from .. import case_numbers, services
from ..duplicates import PROBABLE, Likeness, duplicates_for
from ..duplicates.weights import FIELDS
from ..forms import HintForm, IdentityForm, RegistrationForm, new_id, put_errors
from ..same_document import holders_of
from ..services.takeovers import offer
from .agreeing import consent_words
from .finding import MODEL, asked


def _guess(q: str) -> dict[str, str]:
    """What was searched, as the beginning of a registration."""
    if not q or case_numbers.clean(q) or case_numbers.looks_like(q):
        return {}
    if any(c.isdigit() for c in q):
        return {"phone": q[:40]} if not any(c.isalpha() for c in q) else {}
    given, _space, surname = q.rpartition(" ")
    return {"surname": surname[:80], "given_names": given[:120]}


@access(Right.REGISTER, methods="GET POST")
def register(request: HttpRequest) -> HttpResponse:
    """A new file. Likely the same person is shown first: nothing is kept before somebody has looked."""
    centres = list(Centre.objects.filter(pk__in=centres_for(request.user, Right.REGISTER)))
    if request.method == "GET":
        q, _filters = asked(request)
        form = RegistrationForm(initial={"id": new_id(), "consent_language": "fra", "arrived_on": timezone.localdate(), **_guess(q)}, user=request.user, centres=centres)
        return _registration_page(request, form)
    form = RegistrationForm(request.POST, user=request.user, centres=centres)
    if "back" in request.POST or not form.is_valid():
        return _registration_page(request, form)
    wanted = form.registration()
    if not form.cleaned_data["confirmed"] and (found := alike_page(request, wanted)):
        return found
    try:
        migrant, made = services.register_migrant(actor=request.user, **wanted)
    except SameKeyOtherContent:
        return _registration_page(request, _with_new_id(form, request, centres))
    except ValidationError as error:
        put_errors(form, error, IdentityForm.SERVICE_NAMES)
        return _registration_page(request, form)
    if made:
        messages.success(request, _("Dossier %(number)s ouvert.") % {"number": migrant.case_number})
    return redirect("cases:migrant", pk=migrant.pk)


def _registration_page(request: HttpRequest, form: RegistrationForm) -> HttpResponse:
    return render(request, "cases/register.html", {"form": form, "open": open_parts(form), **consent_words()})


# The parts that are closed at first; one with something in it or wrong with it is open.
PARTS = {
    "further": RegistrationForm.FURTHER,
    "origin": RegistrationForm.ORIGIN,
    "paper": ("document_kind", "document_number", "document_country", "document_expires_on"),
}


def open_parts(form: Any) -> set[str]:
    return {part for part, names in PARTS.items() if any(name in form.errors or form[name].value() for name in names if name in form.fields)}


def _with_new_id(form: RegistrationForm, request: HttpRequest, centres: list[Centre]) -> RegistrationForm:
    """The same form under a new key, with the reason: the old key has been used (the browser's back button)."""
    data = request.POST.copy()
    data["id"] = str(new_id())
    data.pop("confirmed", None)
    again = RegistrationForm(data, user=request.user, centres=centres)
    again.is_valid()
    again.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau."))
    return again


def alike_page(request: HttpRequest, wanted: dict[str, Any], line: int = 0) -> HttpResponse | None:
    """The page that shows who may be the same before anything is kept, if there is somebody; nothing typed is lost on it. `line`: which
    person of a group it is about."""
    name = f"{wanted['given_names']} {wanted['surname']}".strip()
    paper = wanted.get("document") or {}
    same = same_paper(request, exclude=wanted["id"], **{part: paper.get(part, "") for part in ("kind", "country", "number")})
    known = {likeness.key for likeness in same}
    alike = [*same, *(one for one in _alike(request, exclude=wanted["id"], **_traits(wanted)) if one.key not in known)]
    if not alike:
        return None
    typed = [(part, value) for part in typed_names(request.POST) for value in request.POST.getlist(part)]
    return render(
        request,
        "cases/register_alike.html",
        {
            "alike": _with_offers(request, alike),
            "typed": typed,
            "name": _("Personne n° %(n)s : %(name)s") % {"n": line, "name": name} if line else name,
            "action": request.path,
            "same_paper": bool(same),
            "sure": any(one.certainty >= PROBABLE for one in alike),
        },
    )


def same_paper(request: HttpRequest, **paper: Any) -> list[Likeness]:
    """Files with this very paper, as this user may see them; that they were looked for is written down, in scope or not."""
    same = holders_of(request.user, **paper) if paper.get("number") else []
    if same:
        log_read(request, ReadLog.Action.SEARCHED, MODEL, [likeness.key for likeness in same])
    return same


def _traits(wanted: dict[str, Any]) -> dict[str, Any]:
    """What people are compared by, as far as it was asked."""
    asked = {**wanted, "origin_area_id": getattr(wanted.get("origin_area"), "pk", None)}
    return {name: asked[name] for name in FIELDS if asked.get(name)}


def _alike(request: HttpRequest, **identity: Any) -> list[Likeness]:
    """People who may be the same, as this user may see them; that they were looked for is written down, in scope or not."""
    alike = duplicates_for(request.user, **identity)
    if alike:
        log_read(request, ReadLog.Action.SEARCHED, MODEL, [likeness.key for likeness in alike])
    return alike


def _with_offers(request: HttpRequest, alike: list[Likeness]) -> list[Likeness]:
    """Those elsewhere that are likely enough can be taken over by the centre where the person stands."""
    return [replace(likeness, token=offer(request.user, likeness.key)) if likeness.may_be_taken_over else likeness for likeness in alike]


@access(Right.REGISTER, methods="POST")
def similar(request: HttpRequest) -> HttpResponse:
    """A hint while somebody types. POST, so that no name stands in an address or a server's log."""
    identity = HintForm(request.POST).identity()
    alike = _alike(request, **identity) if len(identity["full_name"]) >= 4 else []
    return render(request, "cases/_alike.html", {"alike": alike})
