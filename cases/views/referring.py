"""Referrals: the tab of a file, making one, its page, the link for the structure; the list of all of them."""

import base64
import datetime
import io
from typing import Any

import qrcode
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from qrcode.image.svg import SvgPathImage

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, allows
from centres.roles import Right
from config import keyset

from .. import services
from ..forms import MoveForm, ReferralFilterForm, ReferralForm, new_id, put_errors, sent
from ..models import CARE, Consent, Migrant, Referral
from ..pages.referrals import sent as sent_of
from ..referrals import BY_PARTNER, TONES, TRANSITIONS, State, Urgency, shared_rows
from .file import head_of
from .keeping import fresh

URGENCY_TONES = {Urgency.NORMAL: "neutral", Urgency.URGENT: "warn", Urgency.VITAL: "danger"}


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, prefetch=(CARE,))
def of_person(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The tab « Orientations » of a file."""
    user = request.user
    rows = [{"sent": one, "tone": TONES[one.state], "late": one.state == State.SENT and one.days >= 7} for one in sent_of(user, migrant)]
    context = {
        **head_of(user, migrant, "referrals"),
        "rows": rows,
        "may_refer": allows(user, Right.VIEW_CASE, migrant, writing=True),
        "agreed": migrant.consents.filter(purpose=Consent.Purpose.REFERRAL, withdrawn_at__isnull=True).exists(),
    }
    return render(request, "cases/referrals_of.html", context)


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST")
def new(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Refers somebody. Without the person's agreement the page says why not, and what to do."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant, writing=True)
    initial = {
        "id": new_id(),
        "deadline": timezone.localdate() + datetime.timedelta(days=7),
        "shared": ["name", "age", "sex"],
        "service": request.GET.get("service", ""),
        "structure": request.GET.get("structure", ""),
    }
    form = ReferralForm(*sent(request), protection=protection, initial=initial)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            referral, _made = services.refer(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form = fresh(ReferralForm, request, protection=protection)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’orientation est enregistrée. Rien n’est encore parti : créez le lien pour la structure, ou appelez-la."))
            return redirect("referrals:referral", pk=referral.pk)
    else:
        try:
            services.require_consent(migrant, Consent.Purpose.REFERRAL)
        except ValidationError as error:
            refusal = " ".join(error.messages)
    return render(request, "cases/refer.html", {"migrant": migrant, "form": form, "refusal": refusal})


def _ways(referral: Referral) -> tuple[State, ...]:
    return TRANSITIONS[State(referral.state)]


@access(Right.VIEW_CASE, load=Referral, methods="GET POST", log=ReadLog.Action.OPENED, select=("migrant", "structure__organisation", "centre", "sent_by"))
def referral(request: HttpRequest, referral: Referral) -> HttpResponse:
    """What was asked and shared, what was answered; and the form for what the structure says by telephone."""
    may_write = services.may_write_referral(request.user, referral)
    if request.method == "POST" and not may_write:
        raise PermissionDenied
    ways = _ways(referral)
    form = MoveForm(*sent(request), ways=ways, initial={"version": referral.version})
    stale = False
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if value is not None}
        try:
            moved = services.move_referral(actor=request.user, referral=referral, **values)
        except Stale as error:
            referral, stale = error.current, True
            data = request.POST.copy()
            data["version"] = str(referral.version)
            ways = _ways(referral)
            form = MoveForm(data, ways=ways)  # what was typed, under the ways that are open now
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("C’est noté : orientation %(state)s.") % {"state": moved.get_state_display()})
            return redirect("referrals:referral", pk=referral.pk)
    link = referral.links.filter(revoked_at__isnull=True).first()
    context = {
        "referral": referral,
        "migrant": referral.migrant,
        "tone": TONES[State(referral.state)],
        "urgency_tone": URGENCY_TONES[Urgency(referral.urgency)],
        "shared": shared_rows(referral.migrant, referral.shared),
        "form": form if may_write and ways else None,
        "may_link": may_write and referral.state in BY_PARTNER and referral.link_ends >= timezone.localdate(),
        "over": referral.state in BY_PARTNER and referral.link_ends < timezone.localdate(),
        "link": link,
        "ends": referral.link_ends,
        "stale": stale,
    }
    return render(request, "cases/referral.html", context, status=409 if stale else 200)


@access(Right.VIEW_CASE, load=Referral, methods="POST", select=("migrant", "structure__organisation", "centre", "sent_by"))
@sensitive_variables("token", "address")
def link(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Makes the link for the structure and shows it, this once, on a slip to print."""
    if not services.may_write_referral(request.user, referral):
        raise PermissionDenied
    try:
        _link, token = services.make_link(actor=request.user, referral=referral)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("referrals:referral", pk=referral.pk)
    address = settings.SITE_URL.rstrip("/") + reverse("partner", kwargs={"token": token})
    log_read(request, ReadLog.Action.PRINTED, "cases.referral", [referral.pk, referral.migrant_id])
    context = {
        "referral": referral,
        "migrant": referral.migrant,
        "address": address,
        "qr": qr_of(address),
        "shared": shared_rows(referral.migrant, referral.shared),
        "ends": referral.link_ends,
        "printed_at": timezone.now(),
    }
    return render(request, "cases/referral_link.html", context)


def qr_of(text: str) -> str:
    """A QR code as the address of an image (`data:`), so that no style of its own comes into the page."""
    picture = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=2).save(picture)
    return "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode()


@access(Right.VIEW_CASE)
def referrals(request: HttpRequest) -> HttpResponse:
    """All referrals in sight, the latest first."""
    form = ReferralFilterForm(request.GET, user=request.user)
    chosen = form.chosen
    found = Referral.objects.visible_to(request.user).select_related("migrant", "structure", "centre", "sent_by")
    found = filtered(form.allowed(found), chosen, request.user)
    page = keyset.read(found, request.GET, keys=("-sent_at", "-id"), size=25)
    log_read(request, ReadLog.Action.LISTED, "cases.referral", [row.pk for row in page.rows])
    rows: list[dict[str, Any]] = [{"referral": row, "tone": TONES[State(row.state)], "urgency_tone": URGENCY_TONES[Urgency(row.urgency)]} for row in page.rows]
    return render(request, "cases/referrals.html", {"filter_form": form, "rows": rows, "page": page.links, "filtered": bool(chosen)})


def filtered(found: Any, chosen: dict[str, Any], user: Any) -> Any:
    """The referrals that the filters leave; without a state, those in progress."""
    state = chosen.get("state", "")
    if state == "late":
        found = found.unanswered()
    elif not state:
        found = found.open()
    elif state != "all":
        found = found.filter(state=state)
    if "structure" in chosen:
        found = found.filter(structure=chosen["structure"])
    if "centre" in chosen:
        found = found.filter(centre=chosen["centre"])
    return found.filter(sent_by=user) if chosen.get("mine") else found
