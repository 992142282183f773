"""The pages of voluntary returns: what needs somebody first, the case with its one next step, the declaration to sign."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import exporting, whereabouts
from cases.forms import put_errors
from cases.households import households, named_in
from cases.models import Migrant
from centres.access import access, allows
from centres.roles import Right
from config import keyset
from config.countries import country_name

from . import listing, services
from .forms import FIELDS, OpenForm, StepForm, StopForm, VersionForm
from .history import history
from .models import DOCUMENT_WARNING, FITNESS_WARNING, OPEN, ReturnCase
from .workflow import GONE, STEPS, STOPPED, WAY, State, missing, next_step

READERS = (Right.VIEW_CASE, Right.MANAGE_RETURN)
TONES = {State.READY: "ok", State.DEPARTED: "info", State.ARRIVED: "ok", State.WITHDRAWN: "neutral", State.INELIGIBLE: "neutral", State.DIED: "neutral"}


def person_url(migrant: Migrant) -> str:
    return reverse("cases:migrant", kwargs={"pk": migrant.pk})


def tone_of(state: str) -> str:
    return TONES.get(State(state), "warn")


def warning_of(case: ReturnCase) -> str:
    """Words for a document or certificate that ends soon or has ended; empty if all is well."""
    today = timezone.localdate()
    for state, end, days, soon, over in (
        (State.DOCUMENTS, case.document_valid_until, DOCUMENT_WARNING, _("Document bientôt expiré"), _("Document expiré")),
        (State.READY, case.fit_until, FITNESS_WARNING, _("Aptitude bientôt expirée"), _("Aptitude expirée")),
    ):
        waiting = case.state in (state, State.READY)
        if waiting and end is not None and (end - today).days <= days:
            return over if end < today else soon
    return ""


# --- the list ----------------------------------------------------------------------------------------------------


@access(READERS)
def cases(request: HttpRequest) -> HttpResponse:
    """Returns in progress, the longest waiting first; ended ones the latest first."""
    form, found = listing.found(request.user, request.GET)
    chosen = form.chosen
    state = chosen.get("state", "")
    waiting = not state or state in OPEN
    page = keyset.read(found, request.GET, keys=listing.order(state), size=25)
    log_read(request, ReadLog.Action.LISTED, "returns.returncase", [case.pk for case in page.rows])
    whereabouts.shown(request.user, [case.migrant for case in page.rows])
    together = households(request.user, {case.migrant_id: case.migrant.household_id for case in page.rows if not case.migrant.elsewhere})
    if together:
        log_read(request, ReadLog.Action.LISTED, "cases.migrant", sorted(named_in(together)))
    rows = [{"case": case, "tone": tone_of(case.state), "next": _next_words(case), "warning": warning_of(case)} for case in page.rows]
    tools = exporting.tools(request, listing.RETURNS, len(rows))
    return render(
        request,
        "returns/cases.html",
        {"filter_form": form, "rows": rows, "households": together, "page": page.links, "waiting": waiting, "filtered": bool(chosen), "tools": tools},
    )


@access(Right.EXPORT_NAMES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The list as a file."""
    return exporting.answer(request, listing.RETURNS, kind)


def _next_words(case: ReturnCase) -> str:
    following = next_step(case.state)
    return str(STEPS[following].title) if following else ""


# --- opening -----------------------------------------------------------------------------------------------------


@access(Right.MANAGE_RETURN, load=Migrant, methods="GET POST", edits=True)
def open_(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    form = OpenForm(request.POST or None, initial={"country_to": migrant.nationality if migrant.nationality != "ML" else ""})
    if request.method == "POST" and form.is_valid():
        try:
            case, made = services.open_return(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà été envoyé avec un autre contenu. Rechargez la page avant de recommencer."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            if made:
                messages.success(request, _("Le retour volontaire est ouvert. La première étape est l’entretien de conseil."))
            return redirect("returns:case", pk=case.pk)
    context = {"form": form, "migrant": migrant, "person_url": person_url(migrant), "refusal": "" if form.is_bound else services.why_not(migrant)}
    return render(request, "returns/open.html", context)


# --- one case ----------------------------------------------------------------------------------------------------


@access(READERS, load=ReturnCase, methods="GET POST", write=Right.MANAGE_RETURN, log=ReadLog.Action.OPENED, select=("migrant", "centre"))
def case(request: HttpRequest, case: ReturnCase) -> HttpResponse:
    """Where the return stands, what is missing for the next step, and the form of that one step."""
    if request.method != "POST":
        return _show(request, case)
    to = request.POST.get("to", "")
    stopping = to in STOPPED
    if stopping:
        form: VersionForm = StopForm(request.POST, case=case)
    else:
        form = StepForm(request.POST, to=State(to) if to in State.values else State.COUNSELLED, case=case)
    if not form.is_valid():
        return _show(request, case, bound=form, stopping=stopping)
    try:
        moved = services.move(actor=request.user, case=case, to=to, version=form.cleaned_data["version"], **form.typed())
    except Stale as stale:
        return _stale(request, stale.current, form, to)
    except ValidationError as error:
        put_errors(form, error)
        return _show(request, case, bound=form, stopping=stopping)
    messages.success(request, _("C’est noté : %(state)s.") % {"state": moved.get_state_display()})
    return redirect("returns:case", pk=case.pk)


def _stale(request: HttpRequest, current: ReturnCase, form: VersionForm, to: str) -> HttpResponse:
    """Somebody was quicker. The same thing twice is no quarrel; otherwise both values are shown and nothing is overwritten."""
    typed = form.typed()
    if current.state == to and all(getattr(current, name) == value for name, value in typed.items()):
        messages.info(request, _("C’était déjà noté."))
        return redirect("returns:case", pk=current.pk)
    return _show(request, current, typed=typed)


def compare(current: ReturnCase, typed: dict[str, Any]) -> list[dict[str, Any]]:
    """What the user typed beside what is recorded now."""
    return [{"label": FIELDS[name]().label, "typed": shown(name, value), "now": shown(name, getattr(current, name))} for name, value in typed.items()]


def shown(name: str, value: Any) -> Any:
    """A value as people read it."""
    if name == "document":
        return dict(ReturnCase.Document.choices).get(value, "")
    if name in ("country_to", "country_from"):
        return country_name(value)
    return value


def _show(request: HttpRequest, case: ReturnCase, *, bound: Any = None, stopping: bool = False, typed: dict[str, Any] | None = None) -> HttpResponse:
    whereabouts.shown(request.user, [case.migrant])
    together = households(request.user, {case.migrant_id: case.migrant.household_id}) if not case.migrant.elsewhere else {}
    if together:
        log_read(request, ReadLog.Action.LISTED, "cases.migrant", sorted(named_in(together)))
    may_write = allows(request.user, Right.MANAGE_RETURN, case, writing=True)
    services.know_best_interest(case)
    following = next_step(case.state)
    step = stop = None
    if may_write and following is not None:
        initial = {"version": case.version, "to": following.value}
        step = bound if bound is not None and not stopping else StepForm(to=following, case=case, initial=initial)
    if may_write and case.state in OPEN and case.state not in GONE:
        stop = bound if stopping else StopForm(case=case, initial={"version": case.version, "ended_on": timezone.localdate()})
    context = {
        "case": case,
        "migrant": case.migrant,
        "households": together,
        "person_url": person_url(case.migrant),
        "facts": [case.migrant.age_words, case.migrant.get_sex_display(), country_name(case.migrant.nationality)],
        "flags": flags_of(case),
        "steps": steps_of(case),
        "following": following,
        "following_step": STEPS[following] if following else None,
        "needed": needed_words(case, following, all_of_it=step is None) if following else [],
        "waits": services.why_waits(case, following),
        "step": step,
        "stop": stop,
        "stopping": stopping,
        "ended": case.state in STOPPED,
        "may_correct": may_write and bool(STEPS[State(case.state)].correctable),
        "may_decide": case.of_child and case.state in OPEN and case.state not in GONE and allows(request.user, Right.VIEW_PROTECTION, case, writing=True),
        "may_print": case.state not in STOPPED and allows(request.user, Right.MANAGE_RETURN, case),
        "stale_rows": compare(case, typed) if typed is not None else None,
        "warning": warning_of(case),
        "history": history(case),
    }
    return render(request, "returns/case.html", context)


def flags_of(case: ReturnCase) -> list[dict[str, str]]:
    flags = [{"label": case.get_state_display(), "tone": tone_of(case.state)}]
    if case.of_child:
        alone = case.migrant.accompanied_by_id is None
        flags.append({"label": capfirst(case.migrant.alone_words) if alone else _("Enfant accompagné"), "tone": "danger" if alone else "warn"})
    if warning := warning_of(case):
        flags.append({"label": warning, "tone": "danger"})
    return flags


def steps_of(case: ReturnCase) -> list[dict[str, Any]]:
    """The way to arrival; of a return that stopped, as far as it came."""
    here = WAY.index(State(case.state)) if case.state in WAY else -1
    items = []
    for number, state in enumerate(WAY):
        day = case.day_of(state)
        if here < 0:
            reached = "done" if day or (state == State.DOCUMENTS and case.document) else "todo"
        else:
            reached = "done" if number < here or state == State.ARRIVED == case.state else "current" if number == here else "todo"
        items.append({"title": state.label, "state": reached, "detail": date_format(day, "SHORT_DATE_FORMAT") if day and reached != "todo" else ""})
    return items


def needed_words(case: ReturnCase, following: State, *, all_of_it: bool) -> list[str]:
    """What is missing for the next step, in words; not what the form below asks for, where there is one."""
    own = () if all_of_it else STEPS[following].fields
    return [words for name, words in missing(case, following, timezone.localdate()).items() if name not in own]


@access(Right.MANAGE_RETURN, load=ReturnCase, methods="GET POST", edits=True, log=ReadLog.Action.OPENED, select=("migrant",))
def correct(request: HttpRequest, case: ReturnCase) -> HttpResponse:
    """Puts right the dates of the present step."""
    names = STEPS[State(case.state)].correctable
    return _small_form(
        request,
        case,
        names=names,
        title=_("Corriger l’étape « %(state)s »") % {"state": case.get_state_display()},
        intro="" if names else _("Ce retour ne se corrige plus : la personne est partie, ou il est clos."),
        save=lambda version, typed: services.correct(actor=request.user, case=case, version=version, **typed),
    )


def _small_form(request: HttpRequest, case: ReturnCase, *, names: Iterable[str], title: str, intro: str, save: Any) -> HttpResponse:
    """A page with a few dates of the case: shows both values when somebody else changed them meanwhile."""
    names = tuple(names)
    initial = {"version": case.version, **{name: getattr(case, name) for name in names}}
    form = VersionForm(request.POST or None, names=names, initial=initial)
    stale_rows = None
    if request.method == "POST" and names and form.is_valid():
        try:
            save(form.cleaned_data["version"], form.typed())
        except Stale as stale:
            stale_rows = compare(stale.current, form.typed())
            data = request.POST.copy()
            data["version"] = str(stale.current.version)
            form = VersionForm(data, names=names)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("C’est enregistré."))
            return redirect("returns:case", pk=case.pk)
    context = {"case": case, "migrant": case.migrant, "form": form, "names": names, "title": title, "intro": intro, "stale_rows": stale_rows}
    return render(request, "returns/small_form.html", context)


@access(Right.MANAGE_RETURN, load=ReturnCase, log=ReadLog.Action.PRINTED, select=("migrant", "centre"))
def declaration(request: HttpRequest, case: ReturnCase) -> HttpResponse:
    """The voluntary-return declaration, to print, read aloud and sign."""
    whereabouts.shown(request.user, [case.migrant])
    context = {"case": case, "migrant": case.migrant, "nationality": country_name(case.migrant.nationality), "today": timezone.localdate()}
    return render(request, "returns/declaration.html", context)
