"""A person at the counter whose file is in another centre: it is taken over there and then, and the managers are told."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, centres_for
from centres.models import Centre
from centres.roles import Right
from config.typed import typed_names

from .. import as_then, services
from .. import consents as consent_texts
from ..duplicates import Identity
from ..duplicates.weights import FIELDS
from ..forms import HintForm, TakeoverForm, new_id, put_errors
from ..models import Takeover, TakeoverNotice
from ..services.takeovers import offered
from .finding import MODEL

MOST_SHOWN = 50
NOT_SAID = ("step",)


def _said(request: HttpRequest) -> Identity:
    """What was typed of the person, as far as it can be read."""
    known = HintForm(request.POST).identity()
    return Identity(**{name: known[name] for name in FIELDS if known.get(name)})


@access(Right.REGISTER, methods="GET POST")
def take_over(request: HttpRequest) -> HttpResponse:
    """First (from the page of likely duplicates) what it means and the consent; then the takeover itself. No detail before."""
    migrant = offered(request.user, request.POST.get("token", "")) if request.method == "POST" else None
    if migrant is None:
        messages.error(request, _("Cette proposition n’est plus valable. Cherchez de nouveau la personne."))
        return redirect("cases:register")
    log_read(request, ReadLog.Action.SEARCHED, MODEL, [migrant.pk])
    centres = list(Centre.objects.filter(pk__in=centres_for(request.user, Right.REGISTER)))
    if "step" not in request.POST:
        form = TakeoverForm(
            initial={"id": new_id(), "consent_language": request.POST.get("consent_language", "fra"), "centre": request.POST.get("centre", "")}, centres=centres
        )
        return _page(request, form)
    form = TakeoverForm(request.POST, centres=centres)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            _takeover, made = services.take_over(
                actor=request.user, id=chosen["id"], migrant=migrant, centre=chosen["centre"], said=_said(request), reason=chosen["reason"],
                **{name: chosen[name] for name in form.CONSENT},
            )  # fmt: skip
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Cherchez de nouveau la personne."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            if made:
                messages.success(
                    request, _("Votre centre suit maintenant cette personne. Admettez-la si elle reste au centre. Les responsables des deux centres sont prévenus.")
                )
            return redirect("cases:migrant", pk=migrant.pk)
    return _page(request, form)


def _page(request: HttpRequest, form: TakeoverForm) -> HttpResponse:
    typed = [(name, value) for name in typed_names(request.POST) for value in request.POST.getlist(name) if name not in (*NOT_SAID, *form.fields)]
    context = {
        "form": form,
        "typed": typed,
        "token": request.POST.get("token", ""),
        "consent_text": consent_texts.TEXTS[consent_texts.CURRENT_VERSION],
        "name": f"{request.POST.get('given_names', '')} {request.POST.get('surname', '')}".strip(),
    }
    return render(request, "cases/take_over.html", context)


@access(Right.MERGE_FILES)
def take_overs(request: HttpRequest) -> HttpResponse:
    """What was taken over from or by the manager's centres, the latest first; and who did so how often."""
    notices = list(notices_of(request.user)[:MOST_SHOWN])
    as_then.seen_by(request.user, [notice.takeover.migrant for notice in notices])
    by: dict[str, int] = {}
    for notice in notices:
        by[str(notice.takeover.by)] = by.get(str(notice.takeover.by), 0) + 1
    log_read(request, ReadLog.Action.LISTED, MODEL, [notice.takeover.migrant_id for notice in notices])
    return render(request, "cases/take_overs.html", {"notices": notices, "by": sorted(by.items(), key=lambda item: (-item[1], item[0])), "most": MOST_SHOWN})


def notices_of(user: Any) -> Any:
    found = TakeoverNotice.objects.filter(centre__in=centres_for(user, Right.MERGE_FILES)).order_by("-pk")
    return found.select_related("takeover", "takeover__migrant", "takeover__centre", "takeover__by", "centre", "seen_by").prefetch_related("takeover__migrant__custodies")


@access(Right.MERGE_FILES, load=Takeover, methods="POST", select=("migrant",))
def seen(request: HttpRequest, takeover: Takeover) -> HttpResponse:
    """The manager knows."""
    services.acknowledge(actor=request.user, takeover=takeover)
    messages.success(request, _("C’est noté : vous l’avez vu."))
    return redirect("cases:take_overs")
