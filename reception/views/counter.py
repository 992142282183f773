"""The counter and the gate: one line that always takes what a reader, a camera or a hand types, and one big answer."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from cases.households import households, named_in
from cases.models import Card, Migrant, clean_token
from centres.access import access, may
from centres.models import Centre, Service
from centres.roles import Right

from .. import services, tabs
from ..counter import Given, Guest, give, hour_of, look_up, party, people_of, progress
from ..forms import SCAN, SHOW, CounterForm
from ..models import Assistance, FlagKind
from ..rules import Offers
from .meals import of_the_hour
from .parts import PEOPLE, in_order, sent_before

GATE = "gate"  # in the place of a service: who comes in is looked at, nothing is noted
# How an answer looks, sounds and is called: the tone decides colour, sound and sign (static/counter.js, static/sira.css).
STATES: dict[str, tuple[str, Any]] = {
    "served": ("yes", lambda: _("Servi")),
    "already": ("already", lambda: _("Déjà servi")),
    "refused": ("no", lambda: _("Refusé")),
    "unknown": ("no", lambda: _("Inconnue ici")),
    "revoked": ("no", lambda: _("Carte annulée")),
    "broken": ("no", lambda: _("Pas noté")),
    "choose": ("look", lambda: _("Qui est‑ce ?")),
    "shown": ("look", lambda: _("À servir ?")),
    "undone": ("look", lambda: _("Retiré")),
    "here": ("yes", lambda: _("Séjourne ici")),
    "away": ("already", lambda: _("Ne séjourne pas ici")),
    "not_admitted": ("no", lambda: _("Ne pas laisser entrer")),
    "absent": ("away", lambda: ""),  # called by what is known of the person: « Partie le 12 novembre »
    "missing": ("missing", lambda: ""),
}


@dataclass
class Answer:
    """What the counter says to one scan. `person` is the one at the counter, `family` who may be served with them, `lines` what can be
    taken back, `card_of` whose card it was: one click away, since whoever holds it may be somebody else."""

    state: str
    words: list[str] = field(default_factory=list)
    person: Guest | None = None
    family: list[Guest] = field(default_factory=list)
    found: list[Migrant] = field(default_factory=list)
    lines: list[Assistance] = field(default_factory=list)
    card_of: Migrant | None = None
    typed: str = ""
    gate: bool = False
    elsewhere: bool = False  # known, but not in this centre's care: admit first

    @property
    def tone(self) -> str:
        return STATES[self.state][0]

    @property
    def title(self) -> str:
        return STATES[self.state][1]() or (self.person.away.words if self.person and self.person.away else "")

    @property
    def is_absent(self) -> bool:
        """Nobody expected them here: whoever serves them says that it is them."""
        return self.state in ("absent", "missing")

    @property
    def may_serve(self) -> bool:
        return not self.gate and (self.is_absent or self.state in ("shown", "undone")) and self.person is not None and self.person.refusal is None

    @property
    def to_tick(self) -> list[Guest]:
        """Those of the household who can still be served."""
        return [guest for guest in self.family if guest.refusal is None and guest.line is None] if not self.gate else []

    @property
    def is_card(self) -> bool:
        """The number of a card is not for an address, which others may read."""
        return bool(clean_token(self.typed))

    @property
    def instructions(self) -> list[FlagKind]:
        """What staff must do, where the words of a refusal don't say it already."""
        kinds = [flag.kind for flag in self.person.advice] if self.person else []
        return [kind for kind in kinds if kind.instruction and not any(kind.instruction in words for words in self.words)]

    @property
    def short(self) -> str:
        """For the list of those who passed."""
        who = str(self.person.person) if self.person else self.typed
        if self.title.endswith("?"):
            return f"{self.title} {who}".strip()
        return _pair(self.title, who) if who else self.title

    @property
    def said(self) -> str:
        """For who listens to the screen."""
        parts = [self.short, *self.words, *(kind.instruction for kind in self.instructions)]
        return ". ".join(part.rstrip(".") for part in parts)


def _pair(first: Any, second: Any) -> str:
    return _("%(first)s : %(second)s") % {"first": first, "second": second}


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def counter(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The page; and the answer to one scan, alone where a script asked for it, else with the page around it."""
    form = CounterForm(request.POST) if request.method == "POST" else None
    sent = request.POST if form is not None else request.GET
    whole = not request.headers.get("HX-Request")
    wanted = sent.get("service", "")
    offered = in_order(Service.objects.at(centre))
    service = next((one for one in offered if one.code == wanted), None)
    if service is None and wanted != GATE and form is None:
        service = of_the_hour([one for one in offered if one.once_per_day], timezone.localtime()) or next(iter(offered), None)
    gate = service is None and (wanted == GATE or form is None)
    usual = SCAN if gate or (service is not None and service.once_per_day) else SHOW
    # The way of a service belongs to it: another service begins with its own.
    chosen = sent.get("mode") if sent.get("was", wanted) == wanted else None
    mode = chosen if chosen in (SCAN, SHOW) else usual
    offers = {one.pk: one.offer for one in offered}
    answer = _answer(request, centre, service, form, offers, gate=gate) if form is not None else None
    person = answer.person.person if answer is not None and answer.person is not None else None
    together = households(request.user, {person.pk: person.household_id}) if person is not None and not person.elsewhere else {}
    if together:
        log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted(named_in(together)), centre_code=centre.code)
    context: dict[str, Any] = {
        "centre": centre,
        "households": together,
        "service": service,
        "gate": gate,
        "mode": mode,
        "answer": answer,
        "key": uuid.uuid4(),
        "progress": None if gate else progress(centre, service),
        "may_register": may(request.user, Right.REGISTER, centre),
    }
    if whole:
        context |= {
            "tabs": tabs.of(request.user, centre, "reception:counter"),
            "services": offered,
            "gate_code": GATE,
            "modes": [(value, label, value == mode) for value, label in CounterForm.base_fields["mode"].choices],  # type: ignore[attr-defined]
        }
    response = render(request, "reception/counter.html" if whole else "reception/_counter_answer.html", context)
    response["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return response


def _answer(request: HttpRequest, centre: Centre, service: Service | None, form: CounterForm, offers: Offers, *, gate: bool) -> Answer:
    typed = request.POST.get("what", "").strip()[:200]
    if not form.is_valid():
        return Answer("broken", [" ".join(errors) for errors in form.errors.values()], typed=typed)
    if service is None and not gate:
        return Answer("broken", [_("Ce service n’est plus proposé.")], typed=typed)
    try:
        return _answer_to(request, centre, service, form, offers)
    except SameKeyOtherContent:
        return Answer("broken", [sent_before()], typed=typed)


def _answer_to(request: HttpRequest, centre: Centre, service: Service | None, form: CounterForm, offers: Offers) -> Answer:
    data, user = form.cleaned_data, request.user
    if data["undo"]:
        return _undo(request, centre, service, data["undo"], offers)
    typed, at_once = data["what"], data["mode"] == SCAN
    # Somebody whom nobody expects here is shown first, whatever the mode: their card may be in other hands, and « served » is « seen ».
    sure = bool(data["people"]) or data["sure"]
    if data["people"] or data["person"]:
        asked = data["people"] or [data["person"]]
        person = people_of(user).filter(pk=data["person"] or asked[0]).first()
        found_for_sure, at_once = person is not None, True
    else:
        if not typed:
            return Answer("broken", [_("Présentez la carte, ou écrivez un numéro ou un nom.")])
        found = look_up(user, centre, typed)
        if found.revoked:
            return _revoked(request, centre, found.people[0])
        person = found.people[0] if len(found.people) == 1 else None
        asked = [person.pk] if person else []
        if person is None and found.people:
            _log(request, centre, ReadLog.Action.SEARCHED, found.people)
            words = [_("Il y en a d’autres : écrivez aussi le prénom.")] if found.more else []
            return Answer("choose", words, found=found.people, typed=typed)
        found_for_sure = found.sure
    if person is None:
        _log(request, centre, ReadLog.Action.SEARCHED, [])
        return Answer("unknown", [_("Personne de ce centre ne correspond. Demandez le nom ou le numéro de dossier.")], typed=typed)
    guests = party(user, centre, service, person, offers, day=form.day())
    _log(request, centre, ReadLog.Action.OPENED, [guest.person for guest in guests])
    if service is None:
        return _at_gate(guests)
    me, family = guests[0], guests[1:]
    if not (at_once and found_for_sure and (me.away is None or sure)):
        return _shown(me, family, service, centre)
    wanted = [guest for guest in guests if guest.person.pk in asked] or [me]
    given = give(user, centre, service, wanted, key=data["key"], day=form.day(), seen_at=form.seen_at())
    answer = _served(me, given, service, centre)
    answer.family = [guest for guest in guests if guest is not answer.person]
    return answer


def _log(request: HttpRequest, centre: Centre, action: ReadLog.Action, people: Iterable[Migrant]) -> None:
    log_read(request, action, PEOPLE, [person.pk for person in people], centre_code=centre.code)


def _when(line: Assistance | None, centre: Centre) -> str:
    """« Déjà servi à 12:04 », and where, if it was at another centre."""
    if line is None:
        return ""
    words = {"service": line.service, "hour": hour_of(line), "centre": line.centre}
    return _("%(service)s donné à %(hour)s") % words if line.centre_id == centre.pk else _("%(service)s donné à %(hour)s au centre de %(centre)s") % words


def _shown(me: Guest, family: list[Guest], service: Service, centre: Centre) -> Answer:
    """Who it is and what may be given; nothing is noted yet."""
    if me.refusal is not None:
        words = [_already(me.line, me.refusal.words, centre) if me.already else me.refusal.words]
        if me.away is not None and me.refusal.code == "not_in_care":  # where they are says it
            words = []
    else:
        words = [_when(me.line, centre)] if me.line else []
    if me.away is not None:  # before all else
        return Answer("missing" if me.away.missing else "absent", [me.away.todo, *words], me, family, elsewhere=_to_admit(me))
    state = "already" if me.already else "refused" if me.refusal is not None else "shown"
    return Answer(state, words, me, family, elsewhere=state == "refused" and _to_admit(me))


def _to_admit(guest: Guest) -> bool:
    """Do they have to be admitted (anew) before they have a bed here?"""
    return guest.stay is None and guest.person.died_on is None


def _whereabouts(guest: Guest) -> list[str]:
    """« Partie le 12 novembre. », where the title says something else."""
    return [] if guest.away is None else [f"{guest.away.words}. {guest.away.todo}"]


def _already(line: Assistance | None, refusal: str, centre: Centre) -> str:
    """« Déjeuner donné à 12:04 »; what is given once a stay was given on another day."""
    return _when(line, centre) or refusal


def _served(me: Guest, given: list[Given], service: Service, centre: Centre) -> Answer:
    lines = [one.line for one in given if one.line is not None and not one.already]
    refused = [one for one in given if one.line is None and not one.already]
    if len(given) == 1:
        one = given[0]
        me = one.guest
        if one.already:
            return Answer("already", [*_whereabouts(me), _already(one.line, one.refusal, centre)], me)
        if one.line is None:
            return Answer("refused", [*_whereabouts(me), one.refusal], me, elsewhere=_to_admit(me))
        return Answer("served", [str(service), *_whereabouts(me)], me, lines=lines)
    words = [_pair(service, ", ".join(str(one.guest.person) for one in given if one.line is not None and not one.already))] if lines else []
    if had := [str(one.guest.person) for one in given if one.already]:
        words.append(_("Déjà servi : %(names)s") % {"names": ", ".join(had)})
    words += [_pair(one.guest.person, one.refusal) for one in refused]
    words += [_pair(one.guest.person, words_of) for one in given if one.line is not None for words_of in _whereabouts(one.guest)]
    return Answer("served" if lines else "refused" if refused else "already", words, me, lines=lines)


def _at_gate(guests: list[Guest]) -> Answer:
    me = guests[0]
    if me.refusal is not None:
        return Answer("not_admitted", [*_whereabouts(me), me.refusal.words], me, guests[1:], gate=True)
    if me.away is not None:
        return Answer("missing" if me.away.missing else "absent", [me.away.todo], me, guests[1:], gate=True, elsewhere=_to_admit(me))
    if me.stay is None:
        return Answer("away", [], me, guests[1:], gate=True, elsewhere=True)
    words = [_("Lit : %(bed)s.") % {"bed": me.stay.bed_said} if me.stay.bed_said else _("Sans lit.")]  # type: ignore[attr-defined]
    return Answer("here", words, me, guests[1:], gate=True)


def _revoked(request: HttpRequest, centre: Centre, person: Migrant) -> Answer:
    """Whoever holds the card is asked who they are: it may have been found or stolen."""
    _log(request, centre, ReadLog.Action.SEARCHED, [person])
    day, reason = person.card_revoked_at, dict(Card.Reason.choices).get(person.card_reason, "")  # type: ignore[attr-defined]
    return Answer(
        "revoked",
        [
            _("Annulée le %(day)s : %(reason)s.") % {"day": date_format(timezone.localdate(day)), "reason": reason},
            _("Reprenez la carte et demandez à la personne son nom ou son numéro. En cas de doute, appelez le responsable du centre."),
        ],
        card_of=person,
    )


def _undo(request: HttpRequest, centre: Centre, service: Service | None, keys: list[uuid.UUID], offers: Offers) -> Answer:
    """Takes back what was just noted; done twice it is done once."""
    lines = list(
        Assistance.objects.visible_to(request.user).filter(pk__in=keys[:50], centre=centre).select_related("service", "centre", "migrant").order_by("migrant_id")
    )
    if not lines:
        return Answer("undone", [_("C’est déjà retiré.")])
    _log(request, centre, ReadLog.Action.OPENED, [line.migrant for line in lines])
    try:
        for line in lines:
            services.withdraw_assistance(actor=request.user, assistance=line)
    except ValidationError as error:
        return Answer("broken", error.messages)
    names = ", ".join(str(line.migrant) for line in lines)
    words = ngettext("%(service)s retiré pour %(names)s.", "%(service)s retirés pour %(names)s.", len(lines)) % {"service": lines[0].service, "names": names}
    person = people_of(request.user).filter(pk=lines[0].migrant_id).first()
    if person is None or service is None:
        return Answer("undone", [words])
    guests = party(request.user, centre, service, person, offers)
    return Answer("undone", [words], guests[0], guests[1:])
