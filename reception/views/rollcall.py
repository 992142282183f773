"""The evening roll-call."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from centres.access import access
from centres.models import Centre
from centres.roles import Right

from .. import absence, services, tabs
from ..evening import evening_of, noon_of
from ..forms import BACK, RollCallForm, called_from
from ..models import RollCall, RollCallLine, Stay
from .parts import PEOPLE

State = RollCallLine.State
EVENINGS_SHOWN = 7
ROOM = "room"  # the button of a room


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def roll_call(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Everybody with an open stay, room by room; saved as often as one likes. `?sheet`: the same on paper, for the round itself."""
    evening = evening_of()
    form = RollCallForm(request.POST or None, initial={"evening": evening})
    typed: dict[Any, services.Called] = {}
    if request.method == "POST" and form.is_valid():
        try:
            called = called_from(request.POST)
            typed = {one.migrant: one for one in called}
            if ROOM not in request.POST:
                done = services.save_roll_call(actor=request.user, centre=centre, evening=form.cleaned_data["evening"], lines=called)
                _tell(request, done)
                return redirect(request.get_full_path())
        except ValidationError as error:
            put_errors(form, error)
            if error.code == "other_evening":
                form.data = {"evening": evening.isoformat()}
    call = RollCall.objects.filter(centre=centre, date=evening).select_related("taken_by").first()
    known = {line.migrant_id: line for line in RollCallLine.objects.filter(call=call)} if call else {}
    stays = absence.with_presence(Stay.objects.visible_to(request.user).open().at(centre).with_bed().select_related("migrant"), evening)
    stays = stays.annotate(missing_on=absence.missing_since())
    rows = [_row(stay, known.get(stay.migrant_id), centre, evening, typed.get(stay.migrant_id)) for stay in stays]
    if ROOM in request.POST:
        _all_present([row for row in rows if row["room"] == request.POST[ROOM]])
    rows.sort(key=lambda row: (not row["room"], row["room"], row["bed"], row["name"].casefold()))
    sheet = "sheet" in request.GET and request.method == "GET"
    log_read(request, ReadLog.Action.PRINTED if sheet else ReadLog.Action.LISTED, PEOPLE, [row["person"].pk for row in rows], centre_code=centre.code)
    if sheet:
        return render(request, "reception/roll_call_sheet.html", {"centre": centre, "evening": evening, "rows": rows, "minors": sum(row["minor"] for row in rows)})
    left = sum(row["line"] is None for row in rows)
    missed = [row for row in rows if row["line"] is not None and row["line"].state == State.MISSING]
    away = [row for row in rows if row["missing_on"] or row["leave"]]
    total = len(rows)
    if request.GET.get("show") == "left":
        rows = [row for row in rows if row["line"] is None]
    rooms: dict[str, list[dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        row["number"] = number
        rooms.setdefault(row["room"], []).append(row)
    states = {state: Count("lines", filter=Q(lines__state=state)) for state in State.values}
    context = {
        "centre": centre,
        "form": form,
        "tabs": tabs.of(request.user, centre, "reception:roll_call"),
        "evening": evening,
        "call": call,
        "rooms": rooms.items(),
        "left": left,
        "total": total,
        "missing": [row for row in away if row["missing_on"]],
        "on_leave": [row for row in away if not row["missing_on"]],
        "again": [row for row in missed if row["again"]],
        "only_left": request.GET.get("show") == "left",
        "before": RollCall.objects.filter(centre=centre, date__lt=evening).annotate(**states).order_by("-date")[:EVENINGS_SHOWN],
    }
    return render(request, "reception/roll_call.html", context)


def _all_present(rows: list[dict[str, Any]]) -> None:
    """« Toutes présentes » of a room: a choice for each of whom nothing is said yet, to be looked at and saved like any other."""
    for row in rows:
        if not row["state"] and not row["apart"]:
            row["state"], row["at_once"] = State.PRESENT.value, True


def _row(stay: Any, line: RollCallLine | None, centre: Centre, evening: Any, typed: services.Called | None) -> dict[str, Any]:
    """One person. Proposed as present is only who was seen here since noon; of everybody else it must be said: a « present » that nobody
    looked at hides the one who is gone."""
    person = stay.migrant
    if line is not None:
        shown, note, version = line.state, line.note, line.version
    else:
        seen_here = stay.seen_at is not None and stay.seen_at >= noon_of(evening) and stay.seen_centre == centre.pk
        shown, note, version = (State.LEAVE if stay.leave_until else State.PRESENT if seen_here else ""), "", 0
    key = f"{person.pk}|{version}|{shown}|{note}"
    if typed is not None:  # what was typed and could not be saved, with what stood there when it was
        key = f"{person.pk}|{typed.version}|{typed.shown}|{typed.shown_note}"
        shown, note = BACK if typed.ends_leave else typed.state, typed.note
    room, _dash, bed = (stay.bed_words or "").rpartition(" – ")
    return {
        "person": person, "name": str(person), "line": line, "key": key, "state": str(shown), "note": note, "room": room, "bed": bed, "stay": stay.pk,
        "again": line is not None and stay.seen_at is not None and stay.seen_at > line.noted_at,
        "alone": person.is_unaccompanied_minor, "minor": person.is_minor(), "leave": stay.leave_until, "back_by": stay.back_by, "missing_on": stay.missing_on,
        "apart": bool(stay.missing_on or stay.leave_until or stay.back_by), "age": person.age_words,
        "at_once": typed is not None and not typed.looked,
    }  # fmt: skip


def _tell(request: HttpRequest, done: services.Round) -> None:
    """What the save did, in one line; who is missing stands on the page itself."""
    present, leave, missing = (done.states[state] for state in (State.PRESENT, State.LEAVE, State.MISSING))
    parts = [ngettext("%(n)s présente", "%(n)s présentes", present) % {"n": present}]
    if leave:
        parts.append(ngettext("%(n)s en permission", "%(n)s en permission", leave) % {"n": leave})
    parts.append(ngettext("%(n)s manquante", "%(n)s manquantes", missing) % {"n": missing} if missing else _("aucune manquante"))
    if done.back:
        parts.append(ngettext("%(n)s permission terminée", "%(n)s permissions terminées", done.back) % {"n": done.back})
    if done.left:
        parts.append(ngettext("il reste %(n)s personne à appeler", "il reste %(n)s personnes à appeler", done.left) % {"n": done.left})
    said = _("Enregistré : %(figures)s.") if done.left else _("L’appel est terminé : %(figures)s.")
    messages.success(request, said % {"figures": ", ".join(parts)})
    for person in done.alerted:
        words = _("%(person)s a moins de 18 ans et manque à l’appel : la protection et le responsable sont prévenus. Cherchez dans le centre et appelez-les.")
        messages.warning(request, words % {"person": person})
    if done.still:
        words = _("Toujours signalées manquantes : %(names)s. Elles ont été notées manquantes depuis que vous avez ouvert cette page, ou elles ont été marquées avec d’autres. Si vous voyez la personne, marquez-la présente ici, elle seule.")  # fmt: skip
        messages.warning(request, words % {"names": ", ".join(str(person) for person in done.still)})
    if done.kept or done.over:
        words = ngettext("%(n)s personne a été notée en même temps par quelqu’un d’autre : vérifiez la liste.", "%(n)s personnes ont été notées en même temps par quelqu’un d’autre : vérifiez la liste.", done.kept + done.over)  # fmt: skip
        messages.warning(request, words % {"n": done.kept + done.over})
    if done.gone:
        words = ngettext("%(n)s personne n’est plus au centre : elle n’est pas notée.", "%(n)s personnes ne sont plus au centre : elles ne sont pas notées.", done.gone)
        messages.warning(request, words % {"n": done.gone})
