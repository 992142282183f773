"""The page of a partner: reached by a secret address, without an account; shows what was shared, takes one answer."""

import uuid

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from audit.acting import Stale
from audit.models import ReadLog
from audit.services import log_outside_read
from centres.access import ANYONE, access
from config.throttle import Throttle, address_of

from .. import services
from ..forms import PartnerForm, new_id, put_errors
from ..models import ReferralLink
from ..referrals import BY_PARTNER, State, Urgency, shared_rows

# Never the secret: this is what stands in the log.
LOGGED_PATH = "/r/"
MISSES = Throttle("referral_link", most=30, seconds=300)


def _closed(response: HttpResponse) -> HttpResponse:
    """Kept nowhere, found nowhere, framed nowhere."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _absent(request: HttpRequest) -> HttpResponse:
    """The same page for a wrong, an expired, a used and a withdrawn link."""
    return _closed(render(request, "cases/partner_absent.html", status=404))


@access(ANYONE, methods="GET POST")
@sensitive_variables("token")
def partner(request: HttpRequest, token: str) -> HttpResponse:
    """Opens and answers a referral through its link."""
    # Only what does not open counts against the address, so that a whole ministry behind one router is not shut out.
    address = address_of(request)
    if MISSES.is_full(address):
        return _closed(render(request, "429.html", status=429))
    form_key = request.POST.get("key", "")
    link = services.find_link(token)
    if request.method == "POST" and (again := _key(form_key)) is not None and services.was_just_sent(token, again):
        return _closed(render(request, "cases/partner_done.html"))
    if link is None:
        MISSES.miss(address)
        return _absent(request)
    if request.method == "POST":
        return _answer(request, link)
    _log(request, link, ReadLog.Action.OPENED)
    ways = BY_PARTNER[State(link.referral.state)]
    return _show(request, link, PartnerForm(ways=ways, initial={"key": new_id(), "to": State.DONE if State.DONE in ways else ""}))


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _log(request: HttpRequest, link: ReferralLink, action: ReadLog.Action) -> None:
    referral = link.referral
    log_outside_read(
        request, action, "cases.referral", [referral.pk] if referral.protected else [referral.pk, referral.migrant_id], party=str(referral.structure), path=LOGGED_PATH
    )


def _answer(request: HttpRequest, link: ReferralLink) -> HttpResponse:
    ways = BY_PARTNER[State(link.referral.state)]
    form = PartnerForm(request.POST, ways=ways)
    if form.is_valid():
        said = form.cleaned_data
        try:
            services.answer_by_link(actor=None, link=link, key=said["key"], to=said["to"], text=said["text"], by=said["by"], appointment=said.get("appointment"))
        except Stale:  # somebody else of the structure was quicker, or the centre closed it
            return _absent(request)
        except ValidationError as error:
            put_errors(form, error)
        else:
            accepted = said["to"] == State.ACCEPTED
            link.referral.state = said["to"]
            return _closed(render(request, "cases/partner_done.html", {"accepted": accepted, "ends": link.referral.link_ends if accepted else None}))
    return _show(request, link, form)


def _show(request: HttpRequest, link: ReferralLink, form: PartnerForm) -> HttpResponse:
    referral = link.referral
    context = {
        "referral": referral,
        "shared": shared_rows(referral.migrant, referral.shared),
        "form": form,
        "outcome": referral.state == State.ACCEPTED,
        "urgent": referral.urgency != Urgency.NORMAL,
        "submit": _("Envoyer la suite donnée") if referral.state == State.ACCEPTED else _("Envoyer la réponse"),
    }
    return _closed(render(request, "cases/partner.html", context))
