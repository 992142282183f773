"""The places of a centre: rooms, beds, beds that can't be used. The only people named are those in hospital whose bed is kept."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import Stale
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from centres.access import access, may
from centres.models import Bed, BedBlock, Centre, Room
from centres.roles import Right

from .. import tabs
from ..beds import held_beds, kept_beds, kept_named
from ..forms.places import BedsForm, BlockForm, ChangeBlockForm, RoomForm, WithdrawBedForm
from ..models import BedAssignment
from ..services import places as services
from .parts import PEOPLE

ON_A_PAGE = 30


def frame(request: HttpRequest, centre: Centre, here: str) -> dict[str, Any]:
    """What every page of the places shows: the centre and its tabs."""
    user: Any = request.user
    return {
        "centre": centre,
        "tabs": tabs.of(user, centre, here),
        "may_manage": may(user, Right.MANAGE_CENTRE, centre),
    }


@dataclass
class RoomPlaces:
    """A room with its beds of today (each with `taken`, `blocked`, `kept`) and how many there are of each."""

    room: Room
    beds: list[Any]

    @property
    def usable(self) -> int:
        return sum(not bed.blocked for bed in self.beds)

    @property
    def taken(self) -> int:
        return sum(bed.taken for bed in self.beds)

    @property
    def blocked(self) -> int:
        return sum(bool(bed.blocked) for bed in self.beds)

    @property
    def kept(self) -> int:
        return sum(bed.kept for bed in self.beds)

    @property
    def free(self) -> int:
        return sum(not (bed.taken or bed.blocked or bed.kept) for bed in self.beds)


def _with_state(beds: Any) -> Any:
    """Each bed with `taken` (does somebody sleep there now?), `blocked` (why nobody may today, else None) and `kept` (empty, for somebody in
    hospital)."""
    why = BedBlock.objects.acting().filter(bed=OuterRef("pk")).order_by()
    taken = Exists(BedAssignment.objects.filter(bed=OuterRef("pk"), until__isnull=True))
    return beds.annotate(taken=taken, blocked=Subquery(why.values("reason")[:1]), kept=Exists(held_beds().filter(pk=OuterRef("pk"))))


def _taken() -> Exists:
    """Of a block: somebody sleeps in its bed now."""
    return Exists(BedAssignment.objects.filter(bed=OuterRef("bed"), until__isnull=True))


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def places(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Every room and how many beds it has today."""
    rooms = {room.pk: RoomPlaces(room, []) for room in centre.rooms.order_by("kind", "name")}
    for bed in _with_state(Bed.objects.there()).filter(room__centre=centre):
        rooms[bed.room_id].beds.append(bed)
    today = timezone.localdate()
    # Somebody was laid there before the block began, or after it was planned.
    to_move = BedBlock.objects.filter(Q(until__isnull=True) | Q(until__gt=today), _taken(), bed__room__centre=centre).select_related("bed__room").order_by("since", "pk")
    shown = list(rooms.values())
    context = {
        **frame(request, centre, "reception:places"),
        "rooms": shown,
        "usable": sum(room.usable for room in shown),
        "taken": sum(room.taken for room in shown),
        "kept": sum(room.kept for room in shown),
        "free": sum(room.free for room in shown),
        "blocked": sum(room.blocked for room in shown),
        "to_move": to_move,
    }
    return render(request, "reception/places/rooms.html", context)


def _room(centre: Centre, pk: int) -> Room:
    room = get_object_or_404(Room, pk=pk, centre=centre)
    room.centre = centre
    return room


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def room(request: HttpRequest, centre: Centre, room: int) -> HttpResponse:
    """A room: each bed, those withdrawn too."""
    here = _room(centre, room)
    today = timezone.localdate()
    beds = list(_with_state(here.beds.order_by("label", "pk")))
    reasons = dict(BedBlock.Reason.choices)
    until = dict(kept_beds().filter(kept_bed__room=here).values_list("kept_bed", "kept_until"))
    named = {stay.kept_bed_id: stay.migrant for stay in kept_named(request.user, centre).filter(kept_bed__in=until).select_related("migrant")} if until else {}
    for bed in beds:
        bed.gone = bed.until is not None and bed.until <= today
        bed.why = reasons.get(bed.blocked, "")
        bed.kept_until = until.get(bed.pk) if bed.kept else None
        bed.kept_person = named.get(bed.pk) if bed.kept else None
    if named:
        log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted(person.pk for person in named.values()), centre_code=centre.code)
    context = {**frame(request, centre, "reception:places"), "room": here, "beds": beds, "today": today, "there": [bed for bed in beds if not bed.gone]}
    return render(request, "reception/places/room.html", context)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def new_room(request: HttpRequest, centre: Centre) -> HttpResponse:
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_room(actor=request.user, centre=centre, name=form.cleaned_data["name"], kind=form.cleaned_data["kind"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La chambre « %(room)s » est ajoutée. Ajoutez ses lits.") % {"room": made})
            return redirect("reception:places-beds", centre.code, made.pk)
    context = {"form": form, "title": _("Ajouter une chambre"), "submit": _("Ajouter la chambre")}
    return render(request, "reception/places/form.html", {**frame(request, centre, "reception:places"), **context})


def _form_of(request: HttpRequest, centre: Centre, here: Room, form: Any, title: str, submit: str, **more: Any) -> HttpResponse:
    """The page of a form about a room or one of its beds."""
    context = {"form": form, "title": title, "submit": submit, "room": here, **more}
    return render(request, "reception/places/form.html", {**frame(request, centre, "reception:places"), **context})


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def edit_room(request: HttpRequest, centre: Centre, room: int) -> HttpResponse:
    here = _room(centre, room)
    form = RoomForm(request.POST or None, initial={"name": here.name, "kind": here.kind, "version": here.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_room(actor=request.user, room=here, **form.cleaned_data)
        except Stale as stale:
            form.data = form.data.copy()
            form.data["version"] = stale.current.version
            now = {"room": stale.current, "kind": stale.current.get_kind_display()}
            form.add_error(None, _("Entre-temps, quelqu’un a changé cette chambre : « %(room)s », pour %(kind)s. Vérifiez, puis enregistrez de nouveau.") % now)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La chambre est enregistrée."))
            return redirect("reception:places-room", centre.code, here.pk)
    return _form_of(request, centre, here, form, _("Modifier la chambre"), _("Enregistrer"))


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def add_beds(request: HttpRequest, centre: Centre, room: int) -> HttpResponse:
    here = _room(centre, room)
    form = BedsForm(request.POST or None, initial={"first": services.next_number(here), "number": 1, "since": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_beds(actor=request.user, room=here, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            said = ngettext("%(number)s lit est ajouté : %(beds)s.", "%(number)s lits sont ajoutés : %(beds)s.", len(made))
            messages.success(request, said % {"number": len(made), "beds": ", ".join(bed.label for bed in made)})
            return redirect("reception:places-room", centre.code, here.pk)
    return _form_of(request, centre, here, form, _("Ajouter des lits"), _("Ajouter les lits"))


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def block(request: HttpRequest, centre: Centre, room: int) -> HttpResponse:
    """Beds of a room that can't be used for a while."""
    here = _room(centre, room)
    asked = [key for key in request.GET.getlist("bed") if key.isascii() and key.isdigit()]
    form = BlockForm(request.POST or None, room=here, initial={"since": timezone.localdate(), "beds": asked})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.block_beds(actor=request.user, centre=centre, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            said = ngettext("%(number)s lit est bloqué à partir du %(day)s.", "%(number)s lits sont bloqués à partir du %(day)s.", len(made))
            messages.success(request, said % {"number": len(made), "day": formats.date_format(form.cleaned_data["since"])})
            return redirect("reception:places-blocks", centre.code)
    return _form_of(request, centre, here, form, _("Bloquer des lits"), _("Bloquer"))


def _bed(centre: Centre, pk: int) -> Bed:
    return get_object_or_404(Bed.objects.select_related("room"), pk=pk, room__centre=centre)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def withdraw_bed(request: HttpRequest, centre: Centre, bed: int) -> HttpResponse:
    here = _bed(centre, bed)
    form = WithdrawBedForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_bed(actor=request.user, bed=here, on=form.cleaned_data["on"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = _("Le lit « %(bed)s » est retiré à partir du %(day)s.") % {"bed": here, "day": formats.date_format(form.cleaned_data["on"])}
            messages.success(request, words)
            return redirect("reception:places-room", centre.code, here.room_id)
    caption = str(here)
    intro = _("La capacité des jours d’avant ne change pas.")
    return _form_of(request, centre, here.room, form, _("Retirer un lit"), _("Retirer le lit"), caption=caption, intro=intro, danger=True)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="POST")
def put_back_bed(request: HttpRequest, centre: Centre, bed: int) -> HttpResponse:
    here = _bed(centre, bed)
    try:
        services.put_back_bed(actor=request.user, bed=here)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Le lit « %(bed)s » reste au centre.") % {"bed": here})
    return redirect("reception:places-room", centre.code, here.room_id)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def blocks(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Which beds are blocked now, will be, were."""
    today = timezone.localdate()
    all_blocks = BedBlock.objects.filter(bed__room__centre=centre).select_related("bed__room", "blocked_by")
    current = all_blocks.filter(Q(until__isnull=True) | Q(until__gt=today)).annotate(taken=_taken()).order_by("since", "bed__room__name", "bed__label", "pk")
    lasting = list(current)
    context = {
        **frame(request, centre, "reception:places-blocks"),
        "now": [block for block in lasting if block.since <= today],
        "planned": [block for block in lasting if block.since > today],
        "past": Paginator(all_blocks.filter(until__lte=today).order_by("-until", "-pk"), ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "reception/places/blocks.html", context)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def change_block(request: HttpRequest, centre: Centre, block: int) -> HttpResponse:
    """The bed can be used again, earlier or later than said."""
    here = get_object_or_404(BedBlock.objects.select_related("bed__room"), pk=block, bed__room__centre=centre)
    form = ChangeBlockForm(request.POST or None, initial={"until": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            left = services.change_block(actor=request.user, block=here, until=form.cleaned_data["until"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _freed(here.bed, left))
            return redirect("reception:places-blocks", centre.code)
    intro = _("%(reason)s, bloqué depuis le %(day)s.") % {"reason": _capital(here.get_reason_display()), "day": formats.date_format(here.since)}
    return _form_of(request, centre, here.bed.room, form, _("Débloquer un lit"), _("Enregistrer"), caption=str(here.bed), intro=intro, back="reception:places-blocks")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _freed(bed: Bed, left: BedBlock | None) -> str:
    if left is None or (left.until is not None and left.until <= timezone.localdate()):
        return _("Le lit « %(bed)s » est de nouveau utilisable.") % {"bed": bed}
    if left.until is None:
        return _("Le lit « %(bed)s » reste bloqué, sans fin connue.") % {"bed": bed}
    return _("Le lit « %(bed)s » sera utilisable le %(day)s.") % {"bed": bed, "day": formats.date_format(left.until)}
