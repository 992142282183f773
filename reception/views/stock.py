"""The kits of a centre: what is left, what moved it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, F, QuerySet, Sum, UUIDField, Value, When
from django.db.models.functions import Concat, Trim
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from cases.forms import put_errors
from centres.access import access, may
from centres.models import Centre, Service
from centres.roles import Right

from .. import services, tabs
from ..forms import MovementForm, ThresholdForm
from ..models import StockItem, StockMovement
from .parts import sent_before

ON_A_PAGE = 40
OF_LINES = (StockMovement.Kind.GIVEN, StockMovement.Kind.TAKEN_BACK)


@access(Right.VIEW_CENTRE, load=Centre, by="code", methods="GET POST", write=Right.RECEIVE)
def stock(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Each kit with what is left; what moved it, also on paper; a form for what comes and goes."""
    manages = may(request.user, Right.MANAGE_CENTRE, centre)
    form = MovementForm(request.POST or None, centre=centre, manages=manages, initial={"id": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "service"}
        kit = form.cleaned_data["service"]
        try:
            services.move_stock(actor=request.user, centre=centre, service=kit, **given)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            item = StockItem.objects.get(centre=centre, service=kit)
            messages.success(request, _("%(kit)s : noté. Il en reste %(n)s.") % {"kit": kit, "n": item.left})
            return redirect("reception:stock", code=centre.code)
    items = {item.service_id: item for item in StockItem.objects.filter(centre=centre)}
    wanted = request.GET.get("kit", "")
    kits = list(Service.objects.filter(category=Service.Category.KIT, active=True))
    chosen = next((kit for kit in kits if kit.code == wanted), None)
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:stock"),
        "rows": [{"kit": kit, "item": items.get(kit.pk)} for kit in kits],
        "form": form,
        "may_move": may(request.user, Right.RECEIVE, centre),
        "manages": manages,
        "history": _history(centre, chosen)[:ON_A_PAGE],
        "chosen": chosen,
        "kinds": dict(StockMovement.Kind.choices),
        "today": timezone.localdate(),
    }
    for row in context["history"]:
        row["words"] = str(context["kinds"][row["kind"]])
        row["kit"] = next((str(kit) for kit in kits if kit.pk == row["item__service_id"]), "")
    return render(request, "reception/stock.html", context)


def _history(centre: Centre, kit: Service | None) -> QuerySet[StockMovement, dict[str, Any]]:
    """What moved the stock, the latest first: what was given to people as one row a day, all else one by one. No person is in it."""
    moved = StockMovement.objects.filter(item__centre=centre, **({"item__service": kit} if kit else {}))
    alone = Case(When(kind__in=OF_LINES, then=Value(None)), default=F("pk"), output_field=UUIDField())
    hand = Case(When(kind__in=OF_LINES, then=Value("")), default=Trim(Concat("by__first_name", Value(" "), "by__last_name")))
    return (
        moved.annotate(alone=alone, hand=hand)
        .order_by()
        .values("on", "kind", "item__service_id", "source", "reason", "other__name", "alone", "hand")
        .annotate(total=Sum("quantity"), n=Count("pk"))
        .order_by("-on", "kind", "alone")
    )


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="POST")
def threshold(request: HttpRequest, centre: Centre) -> HttpResponse:
    """From how few kits left on the centre is warned."""
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("reception:stock", code=centre.code)
    given = form.cleaned_data
    try:
        services.set_threshold(actor=request.user, centre=centre, service=given["service"], threshold=given["threshold"], version=given["version"] or 0)
    except Stale as stale:
        words = _("%(kit)s : quelqu’un a mis le seuil à %(n)s entre-temps. Vérifiez, puis recommencez.")
        messages.error(request, words % {"kit": given["service"], "n": stale.current.threshold})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(kit)s : le centre est averti à partir de %(n)s.") % {"kit": given["service"], "n": given["threshold"]})
    return redirect("reception:stock", code=centre.code)
