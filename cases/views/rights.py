"""What data protection asks for: a person's own data, and the end of what is kept."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, allows, centres_for
from centres.models import Centre
from centres.roles import Right

from ..forms import new_id, put_errors, sent
from ..forms.rights import OwnDataForm
from ..models import CARE, DataRequest, ErasureList, Migrant
from ..retention import PURPOSES, due_at, months_of
from ..services import forgetting, own_data
from .file import head_of
from .finding import MODEL

KINDS = {"pdf": "application/pdf", "json": "application/json"}


# --- the right of access -----------------------------------------------------------------------------------------


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", prefetch=(CARE,))
def own_data_page(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """A copy of all that is kept about a person, for that person."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant, writing=True)
    form = OwnDataForm(*sent(request), protection=protection, initial={"id": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            own_data.ask_for_own_data(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire avait déjà servi. Rechargez la page, puis recommencez."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La copie se prépare : elle est prête en moins d’une minute."))
            return redirect("cases:own_data", pk=migrant.pk)
    requests = list(migrant.data_requests.select_related("made_by", "job")[:20])
    context = {
        **head_of(request.user, migrant, "own_data"),
        "form": form,
        "requests": requests,
        "moving": any(one.job and not one.job.ended for one in requests),
        "protection": protection,
    }
    return render(request, "cases/own_data.html", context)


@access(Right.VIEW_CASE, load=DataRequest, log=ReadLog.Action.DOWNLOADED, select=("migrant",))
def own_data_file(request: HttpRequest, asked: DataRequest, kind: str) -> FileResponse:
    """The copy, for those who follow the person; with protection notes only for a protection officer."""
    if not allows(request.user, Right.VIEW_CASE, asked, writing=True) or (asked.with_protection and not allows(request.user, Right.VIEW_PROTECTION, asked, writing=True)):
        raise PermissionDenied
    if kind not in KINDS or not asked.there:
        raise Http404
    file = asked.pdf if kind == "pdf" else asked.json
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return FileResponse(file.open("rb"), as_attachment=True, filename=f"mes-donnees-{asked.migrant.case_number}.{kind}", content_type=KINDS[kind], headers=headers)


# --- the end of what is kept -------------------------------------------------------------------------------------


@access(Right.FORGET_IDENTITY)
def retention(request: HttpRequest) -> HttpResponse:
    """How long what is kept, who is due at my centres, and the lists that were proposed."""
    centres = list(Centre.objects.filter(pk__in=centres_for(request.user, Right.FORGET_IDENTITY)))
    chosen = next((centre for centre in centres if centre.code == request.GET.get("centre")), centres[0] if centres else None)
    people: list[Migrant] = list(due_at(chosen)[: forgetting.MOST_TOGETHER + 1]) if chosen else []
    log_read(request, ReadLog.Action.LISTED, MODEL, [person.pk for person in people])
    lists = list(ErasureList.objects.visible_to(request.user).select_related("centre", "proposed_by", "confirmed_by", "refused_by")[:30])
    context = {
        "rules": [{"title": one.title, "months": months_of(name), "ground": one.ground} for name, one in PURPOSES.items()],
        "centres": centres,
        "chosen": chosen,
        "people": people[: forgetting.MOST_TOGETHER],
        "more": len(people) > forgetting.MOST_TOGETHER,
        "lists": lists,
        "waiting": chosen is not None and any(one.waiting and one.centre_id == chosen.pk for one in lists),
    }
    return render(request, "cases/retention.html", context)


@access(Right.FORGET_IDENTITY, load=Centre, by="code", methods="POST")
def propose_erasure(request: HttpRequest, centre: Centre) -> HttpResponse:
    try:
        proposed = forgetting.propose_erasure(actor=request.user, centre=centre)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("cases:retention")
    messages.success(request, _("La liste est proposée. Une deuxième personne doit la confirmer."))
    return redirect("cases:erasure", pk=proposed.pk)


@access(Right.FORGET_IDENTITY, load=ErasureList, select=("centre", "proposed_by", "confirmed_by", "refused_by", "job"))
def erasure(request: HttpRequest, proposed: ErasureList) -> HttpResponse:
    """The people of a list, for the second person to look through, and what became of each."""
    rows: list[Any] = list(proposed.erasures.select_related("migrant"))
    log_read(request, ReadLog.Action.LISTED, MODEL, [row.migrant_id for row in rows])
    context = {"proposed": proposed, "rows": rows, "own": proposed.proposed_by_id == request.user.pk, "moving": proposed.confirmed_at and not proposed.done_at}
    return render(request, "cases/erasure.html", context)


@access(Right.FORGET_IDENTITY, load=ErasureList, methods="POST")
def decide_erasure(request: HttpRequest, proposed: ErasureList) -> HttpResponse:
    """The second person confirms or refuses."""
    decide = forgetting.confirm_erasure if "confirm" in request.POST else forgetting.refuse_erasure
    try:
        decide(actor=request.user, proposed=proposed)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("cases:erasure", pk=proposed.pk)
