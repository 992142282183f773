"""Several registered people arrive at once: a family, a bus, those of a transfer."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from cases import as_then
from cases.forms import put_errors
from cases.models import Migrant
from centres.access import access
from centres.models import Centre
from centres.roles import Right

from .. import flags, occupancy, services
from ..beds import Places
from ..forms import ArrivalsForm
from ..models import Stay, Transfer
from ..workflow import State
from .parts import PEOPLE, said_at_registration, sent_before, without_hospital


def _keys(values: list[str]) -> list[uuid.UUID]:
    found = []
    for value in values[: services.MOST_ARRIVING]:
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            continue
    return found


def _people(request: HttpRequest, centre: Centre) -> list[Migrant]:
    """Those named in the form (a second click names them again) or the address, whom the user may see: one by one, or all of a registration
    group whom the centre has to admit."""
    people = Migrant.objects.visible_to(request.user).filter(died_on__isnull=True)
    if keys := _keys(request.POST.getlist("people") or request.GET.getlist("people")):
        people = people.filter(pk__in=keys)
    elif keys := _keys(request.GET.getlist("group")[:1]):
        people = people.filter(Exists(occupancy.to_admit(centre).filter(migrant=OuterRef("pk"))), registration_group=keys[0])
    else:
        return []
    return list(
        people.select_related("accompanied_by")
        .prefetch_related("custodies")
        .order_by("household_id", "-household_role", "surname", "given_names", "pk")[: services.MOST_ARRIVING]
    )


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def arrivals(request: HttpRequest, centre: Centre) -> HttpResponse:
    """A bed proposed for each, one save: all of them, or nobody."""
    people = _people(request, centre)
    if not people:
        return render(request, "reception/arrivals.html", {"centre": centre})
    as_then.seen_by(request.user, people)
    keys = [person.pk for person in people]
    travelling = Transfer.objects.filter(migrant__in=keys, to_centre=centre, state=State.TRAVELLING).exists()
    initial = {"id": uuid.uuid4()} | said_at_registration(people)
    if travelling:
        initial["origin"] = Stay.Origin.TRANSFERRED
    chosen = request.POST.get("other_way", request.POST.get("way", ""))
    way = int(chosen) if chosen in ("0", "1") else 0
    data = None if "other_way" in request.POST else request.POST or None  # the beds of that way are proposed, beside what was typed
    if data is None:
        initial |= {name: value for name in ("id", "origin", "came_from", "arrived_at") if (value := request.POST.get(name))}
    form = ArrivalsForm(data, centre=centre, people=people, places=Places(centre), way=way, initial=initial)
    without_hospital(form)  # somebody comes back from there alone
    if form.is_valid():
        common = {name: form.cleaned_data[name] for name in ("id", "origin", "came_from", "arrived_at")}
        try:
            stays = services.check_in_together(actor=request.user, centre=centre, arrivals=form.arrivals(), **common)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except services.RefusedTogether as refused:
            form.put_refused(refused)
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = ngettext("%(n)s arrivée notée.", "%(n)s arrivées notées.", len(stays))
            messages.success(request, words % {"n": len(stays)})
            return redirect("reception:centre", code=centre.code)
    log_read(request, ReadLog.Action.LISTED, PEOPLE, keys, centre_code=centre.code)
    carried = flags.of(person.pk for person in people if not person.elsewhere)
    rows = [row | {"flags": carried.get(row["person"].pk, ()), "refused": flags.admission_refusal(carried.get(row["person"].pk, ()))} for row in form.rows()]
    return render(request, "reception/arrivals.html", {"form": form, "centre": centre, "rows": rows, "parted": form.parted, "way": way})
