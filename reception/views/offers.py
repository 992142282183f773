"""The services of a centre: where, when, by whom and by which rules. For staff, for the manager, and on paper for people."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import Stale
from cases.forms import put_errors
from centres.access import access, may
from centres.models import Centre, Service, ServiceOffer
from centres.offers import change_offer
from centres.roles import Right

from .. import tabs
from ..forms import RIGHTS, OfferForm
from .parts import in_order


def days_of(offer: ServiceOffer) -> str:
    if len(offer.days) == len(ServiceOffer.DAYS):
        return _("tous les jours")
    names = dict(ServiceOffer.DAYS)
    return ", ".join(str(names[day]) for day in offer.days)


def hours_of(offer: ServiceOffer) -> str:
    return f"{time_format(offer.opens, 'H:i')} – {time_format(offer.closes, 'H:i')}" if offer.opens and offer.closes else ""


def rules_of(offer: ServiceOffer, names: dict[str, str]) -> list[str]:
    """The rules in words that also those read whom they are about."""
    service, words = offer.service, []
    if service.slot_words:
        words.append(service.slot_words)
    if offer.min_interval_days is not None:
        words.append(ngettext("%(n)s jour au moins entre deux fois", "%(n)s jours au moins entre deux fois", offer.min_interval_days) % {"n": offer.min_interval_days})
    if offer.most_per_day is not None:
        words.append(ngettext("%(n)s par jour au plus", "%(n)s par jour au plus", offer.most_per_day) % {"n": offer.most_per_day})
    if offer.residents_only:
        words.append(_("pour les personnes hébergées ici"))
    if offer.excludes:
        words.append(_("pas le même jour que : %(services)s") % {"services": ", ".join(names.get(code, code) for code in offer.excludes)})
    return words


def suspension_of(offer: ServiceOffer) -> str:
    if offer.suspended_since is None:
        return ""
    if offer.suspended_until is None:
        return _("jusqu’à nouvel ordre : %(reason)s") % {"reason": offer.suspended_reason}
    return _("jusqu’au %(day)s : %(reason)s") % {"day": date_format(offer.suspended_until), "reason": offer.suspended_reason}


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def offers(request: HttpRequest, centre: Centre) -> HttpResponse:
    """What this centre gives, when and where; printed, it hangs on the wall."""
    every = in_order(Service.objects.at(centre))
    names = {one.code: str(one) for one in every}
    rows: list[dict[str, Any]] = [
        {
            "service": one,
            "offer": one.offer,
            "days": days_of(one.offer),
            "hours": hours_of(one.offer),
            "rules": rules_of(one.offer, names),
            "right": RIGHTS.get(one.offer.right_needed, ""),
            "suspended": suspension_of(one.offer) if one.offer.suspended() else "",
        }
        for one in every
    ]
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:offers"),
        "rows": rows,
        "may_manage": may(request.user, Right.MANAGE_CENTRE, centre),
    }
    return render(request, "reception/offers.html", context)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def offer(request: HttpRequest, centre: Centre, service: str) -> HttpResponse:
    """How this centre gives one service, and by which rules."""
    given = get_object_or_404(Service, code=service, active=True)
    known = ServiceOffer.objects.filter(centre=centre, service=given).select_related("centre", "service").first() or ServiceOffer(centre=centre, service=given)
    form = OfferForm(request.POST or None, offer=known)
    if request.method == "POST" and form.is_valid():
        try:
            change_offer(actor=request.user, offer=known, **form.cleaned_data)
        except Stale as stale:
            # What was typed stays; saved once more it holds, now that the other change was seen.
            form.data = form.data.copy()
            form.data["version"] = stale.current.version
            form.add_error(None, _("Quelqu’un a modifié ce service entre-temps. Comparez avec ce qui est noté maintenant, puis enregistrez de nouveau."))
            known = stale.current
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("%(service)s : c’est noté, et cela vaut dès maintenant.") % {"service": given})
            return redirect("reception:offers", code=centre.code)
    names = {one.code: str(one) for one in Service.objects.all()} if form.is_bound and form.errors else {}
    now = [days_of(known), hours_of(known), *rules_of(known, names), suspension_of(known)] if form.non_field_errors() else []
    return render(request, "reception/offer.html", {"form": form, "centre": centre, "service": given, "now": [words for words in now if words]})
