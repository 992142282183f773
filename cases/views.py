"""The pages of people: find or register, the case file, what is put on it."""

import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, allows, centres_for, may
from centres.models import Centre
from centres.roles import Right

from . import case_numbers, listing, services
from . import consents as consent_texts
from .duplicates import Likeness, duplicates_for
from .forms import AttachmentForm, ConsentForm, HintForm, IdentityForm, NoteForm, RegistrationForm, SearchForm, birth_initial, new_id, put_errors
from .models import Attachment, Consent, Custody, Migrant
from .pages import papers
from .sections import SECTIONS, TimelineRow

MODEL = "cases.migrant"


# --- finding -----------------------------------------------------------------------------------------------------


def _asked(request: HttpRequest) -> tuple[str, SearchForm]:
    """The search words, without what can't be searched, and the filters."""
    data = request.GET.copy()
    data["q"] = " ".join("".join(c if c.isprintable() else " " for c in data.get("q", "")[:200]).split())
    return data["q"], SearchForm(data, centres=centres_for(request.user, Right.VIEW_CASE))


def _address(query: QueryDict, **changed: str) -> str:
    """This list at another place."""
    kept = {name: value for name, value in query.items() if name not in ("before", "after", "from") and value}
    return "?" + urlencode(kept | changed)


@access(Right.VIEW_CASE)
def migrants(request: HttpRequest) -> HttpResponse:
    """Search and list."""
    q, form = _asked(request)
    people = listing.filtered(Migrant.objects.visible_to(request.user), form)
    if q:
        page, start = listing.ranked_page(people.with_care().best_matching(q, most=listing.MOST_FOUND), request.GET)
        place = "from"
        counts = {"first": start + 1, "last": start + len(page.rows), "total": page.total} if page.rows else {}
    else:
        page, place, counts = listing.page_of(people, request.GET), "", {}
    pagination = {
        "previous_url": _address(request.GET, **{place or "before": page.before}) if page.before else "",
        "next_url": _address(request.GET, **{place or "after": page.after}) if page.after else "",
        **counts,
    }
    log_read(request, ReadLog.Action.SEARCHED if q else ReadLog.Action.LISTED, MODEL, [person.pk for person in page.rows])
    context = {
        "q": q,
        "form": form,
        "filters_on": [(name, value) for name, value in request.GET.items() if name in form.fields and name != "q" and value],
        "people": listing.seen_by(request.user, page.rows),
        "page": pagination if page.before or page.after or counts else None,
        "many": bool(q) and page.total == listing.MOST_FOUND,
        "wrong_number": bool(q) and case_numbers.looks_like(q) and case_numbers.clean(q) is None,
        "may_register": may(request.user, Right.REGISTER),
        "may_export": may(request.user, Right.EXPORT_NAMES),
        "register_url": f"{reverse('cases:register')}?{urlencode({'q': q})}" if q else reverse("cases:register"),
        "exports": [(kind.upper(), reverse("cases:export", args=[kind]) + _address(request.GET)) for kind in ("xlsx", "csv")],
    }
    htmx = getattr(request, "htmx", False)
    return render(request, "cases/_people.html" if htmx and not htmx.boosted else "cases/migrants.html", context)


EXPORTS = {
    "csv": (listing.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (listing.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@access(Right.EXPORT_NAMES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """What the list shows, as a file; only people of centres where the user may export names."""
    if kind not in EXPORTS:
        raise Http404
    q, form = _asked(request)
    people = listing.filtered(Migrant.objects.exportable_by(request.user), form).with_care()
    chosen = people.best_matching(q, most=listing.MOST_FOUND) if q else list(people[: listing.MOST_EXPORTED + 1])
    if len(chosen) > listing.MOST_EXPORTED:
        messages.error(request, _("Cette liste dépasse %(n)s personnes. Choisissez des filtres, puis exportez de nouveau.") % {"n": listing.MOST_EXPORTED})
        return redirect(reverse("cases:migrants") + _address(request.GET))
    write, media_type = EXPORTS[kind]
    log_read(request, ReadLog.Action.EXPORTED, MODEL, [person.pk for person in chosen])
    name = f"personnes-{timezone.localdate().isoformat()}.{kind}"
    return HttpResponse(
        write(listing.seen_by(request.user, chosen)),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


# --- registering -------------------------------------------------------------------------------------------------


def _guess(q: str) -> dict[str, str]:
    """What was searched, as the beginning of a registration."""
    if not q or case_numbers.clean(q) or case_numbers.looks_like(q):
        return {}
    if any(c.isdigit() for c in q):
        return {"phone": q[:40]} if not any(c.isalpha() for c in q) else {}
    given, _space, surname = q.rpartition(" ")
    return {"surname": surname[:80], "given_names": given[:120]}


@access(Right.REGISTER, methods="GET POST")
def register(request: HttpRequest) -> HttpResponse:
    """A new file. Likely the same person is shown first: nothing is kept before somebody has looked."""
    centres = list(Centre.objects.filter(pk__in=centres_for(request.user, Right.REGISTER)))
    if request.method == "GET":
        q, _filters = _asked(request)
        form = RegistrationForm(initial={"id": new_id(), "consent_language": "fra", **_guess(q)}, user=request.user, centres=centres)
        return _registration_page(request, form)
    form = RegistrationForm(request.POST, user=request.user, centres=centres)
    if "back" in request.POST or not form.is_valid():
        return _registration_page(request, form)
    asked = form.registration()
    if not form.cleaned_data["confirmed"]:
        alike = _alike(request, full_name=f"{asked['given_names']} {asked['surname']}", exclude=asked["id"], **_traits(asked))
        if alike:
            typed = [(name, value) for name, values in request.POST.lists() for value in values if name not in ("confirmed", "csrfmiddlewaretoken")]
            return render(request, "cases/register_alike.html", {"alike": alike, "typed": typed, "name": f"{asked['given_names']} {asked['surname']}".strip()})
    try:
        migrant, made = services.register_migrant(actor=request.user, **asked)
    except SameKeyOtherContent:
        return _registration_page(request, _with_new_id(form, request, centres))
    except ValidationError as error:
        put_errors(form, error, IdentityForm.SERVICE_NAMES)
        return _registration_page(request, form)
    if made:
        messages.success(request, _("Dossier %(number)s ouvert.") % {"number": migrant.case_number})
    return redirect("cases:migrant", pk=migrant.pk)


def _registration_page(request: HttpRequest, form: RegistrationForm) -> HttpResponse:
    return render(request, "cases/register.html", {"form": form, "consent_text": consent_texts.TEXTS[consent_texts.CURRENT_VERSION]})


def _with_new_id(form: RegistrationForm, request: HttpRequest, centres: list[Centre]) -> RegistrationForm:
    """The same form under a new key, with the reason: the old key has been used (the browser's back button)."""
    data = request.POST.copy()
    data["id"] = str(new_id())
    data.pop("confirmed", None)
    again = RegistrationForm(data, user=request.user, centres=centres)
    again.is_valid()
    again.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau."))
    return again


def _traits(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("sex", "born_on", "birth_precision", "nationality", "phone")}


def _alike(request: HttpRequest, **identity: Any) -> list[Likeness]:
    """People who may be the same, as this user may see them; that they were looked for is written down, in scope or not."""
    alike = duplicates_for(request.user, **identity)
    if alike:
        log_read(request, ReadLog.Action.SEARCHED, MODEL, [likeness.key for likeness in alike])
    return alike


@access(Right.REGISTER, methods="POST")
def similar(request: HttpRequest) -> HttpResponse:
    """A hint while somebody types. POST, so that no name stands in an address or a server's log."""
    identity = HintForm(request.POST).identity()
    alike = _alike(request, **identity) if len(identity["full_name"]) >= 4 else []
    return render(request, "cases/_alike.html", {"alike": alike})


# --- the file ----------------------------------------------------------------------------------------------------

_CARE = Prefetch("custodies", Custody.objects.select_related("centre"))


def _facts(migrant: Migrant, *, elsewhere: bool) -> list[str]:
    facts = [migrant.age_words, migrant.get_sex_display(), migrant.nationality_name]
    return facts if elsewhere else [*facts, ", ".join(centre.name for centre in migrant.centres_now)]


def _flags(migrant: Migrant, *, may_write: bool) -> list[dict[str, str]]:
    flags = []
    if migrant.is_unaccompanied_minor:
        flags.append({"label": _("mineur non accompagné"), "tone": "danger"})
    elif migrant.is_minor():
        flags.append({"label": _("mineur accompagné"), "tone": "info"})
    if not may_write:
        flags.append({"label": _("lecture seule : une autre équipe suit cette personne"), "tone": "neutral"})
    return flags


def _sort_key(row: TimelineRow) -> datetime.datetime:
    """A day without an hour stands at its end, so that what happened that day comes below."""
    if isinstance(row.when, datetime.datetime):
        return row.when if timezone.is_aware(row.when) else timezone.make_aware(row.when)
    return timezone.make_aware(datetime.datetime.combine(row.when, datetime.time.max))


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.OPENED, select=("registered_centre", "registered_by"), prefetch=(_CARE,))
def migrant(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The case file: head, what is open and due, the story."""
    user = request.user
    shown = [section for section in SECTIONS.values() if allows(user, section.right, migrant)]
    may_write = allows(user, Right.VIEW_CASE, migrant, writing=True)
    ended = migrant.care_ended(user)
    due = [item for section in shown for item in section.due(user, migrant)] if ended is None else []
    due.sort(key=lambda item: item.due or datetime.date.max)
    story = sorted((row for section in shown for row in section.timeline(user, migrant)), key=_sort_key, reverse=True)
    if ended is not None:
        day = timezone.localdate(ended)
        story = [row for row in story if (row.when <= ended if isinstance(row.when, datetime.datetime) else row.when <= day)]
    own = SECTIONS["cases"]
    actions = [action for section in shown if section is not own for action in section.actions(user, migrant)]
    household = []
    if migrant.household_id and ended is None:
        household = list(Migrant.objects.visible_to(user).filter(household=migrant.household_id).exclude(pk=migrant.pk)[:30])
    adult = next((person for person in household if person.pk == migrant.accompanied_by_id), None)
    on_file = papers(user, migrant)
    agreed = {paper.title for paper in on_file if paper.sort == "consent" and not paper.ended}
    context = {
        "migrant": migrant,
        "facts": _facts(migrant, elsewhere=ended is not None),
        "ended": ended,
        "flags": _flags(migrant, may_write=may_write),
        "main_actions": actions,
        "own_actions": own.actions(user, migrant),
        "due": due,
        "story": story,
        "may_write": may_write,
        "may_correct": allows(user, Right.REGISTER, migrant, writing=True),
        "household": household,
        "adult": adult,
        "adult_elsewhere": bool(migrant.accompanied_by_id) and adult is None and ended is None,
        "agreed": [label for value, label in Consent.Purpose.choices if value in agreed],
        "files": [paper for paper in on_file if paper.sort == "attachment"],
    }
    return render(request, "cases/migrant.html", context)


@access(Right.VIEW_CASE, load=Migrant, log=ReadLog.Action.PRINTED, select=("registered_centre", "registered_by", "accompanied_by"), prefetch=(_CARE,))
def print_form(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """The registration on paper, to be signed."""
    given = sorted(migrant.consents.visible_to(request.user).filter(withdrawn_at__isnull=True), key=lambda consent: Consent.Purpose.values.index(consent.purpose))
    adult = migrant.accompanied_by if migrant.accompanied_by_id and Migrant.objects.visible_to(request.user).filter(pk=migrant.accompanied_by_id).exists() else None
    version = given[0].text_version if given else consent_texts.CURRENT_VERSION
    context = {
        "migrant": migrant,
        "consents": given,
        "adult": adult,
        "consent_text": consent_texts.TEXTS.get(version, []),
        "text_version": version,
        "printed_at": timezone.now(),
        "ended": migrant.care_ended(request.user),
    }
    return render(request, "cases/print.html", context)


@access(Right.VIEW_CASE, load=Migrant, prefetch=(_CARE,))
def reads(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Who has seen this file: for those who care for the person now."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    keys = [str(key) for section in SECTIONS.values() for key in section.keys(migrant)]
    seen = ReadLog.objects.filter(rows__overlap=keys).select_related("user", "user__organisation")
    return render(request, "cases/reads.html", {"migrant": migrant, "seen": seen[:100]})


# --- correcting --------------------------------------------------------------------------------------------------

COMPARED = ("surname", "given_names", "sex", "birth", "nationality", "phone", "accompanied_by")


def _may_correct(request: HttpRequest, migrant: Migrant) -> None:
    """A form that could not be saved is not shown either."""
    if not allows(request.user, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied


def _adult_number(migrant: Migrant, user) -> str:
    if not migrant.accompanied_by_id:
        return ""
    return Migrant.objects.visible_to(user).filter(pk=migrant.accompanied_by_id).values_list("case_number", flat=True).first() or ""


def _identity_data(migrant: Migrant, user) -> dict[str, Any]:
    """The fields of the form as they would be sent for what is saved now."""
    birth = birth_initial(migrant)
    day, month, year = birth["birth"] or ("", "", "")
    return {
        "surname": migrant.surname,
        "given_names": migrant.given_names,
        "sex": migrant.sex,
        "birth_0": day or "",
        "birth_1": month or "",
        "birth_2": year or "",
        "age": "" if birth["age"] is None else birth["age"],
        "nationality": migrant.nationality,
        "phone": migrant.phone,
        "accompanied_by": _adult_number(migrant, user),
    }


PARTS = {"birth": ("birth_0", "birth_1", "birth_2", "age")}


def _values(migrant: Migrant) -> dict[str, Any]:
    """What is compared, and how it reads."""
    return {
        "surname": (migrant.surname, migrant.surname),
        "given_names": (migrant.given_names, migrant.given_names),
        "sex": (migrant.sex, migrant.get_sex_display()),
        "birth": ((migrant.born_on, migrant.birth_precision), migrant.birth_words),
        "nationality": (migrant.nationality, migrant.nationality_name),
        "phone": (migrant.phone, migrant.phone),
        "accompanied_by": (migrant.accompanied_by_id, migrant.accompanied_by.case_number if migrant.accompanied_by_id else ""),
    }


def _hidden_adult(migrant: Migrant, user) -> bool:
    """The adult is out of the user's sight: the field stays empty, and leaving it so must not remove the adult."""
    return bool(migrant.accompanied_by_id) and not _adult_number(migrant, user)


@access(Right.REGISTER, load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED, select=("accompanied_by",))
def edit(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Corrects the identity. If somebody else did so meanwhile, both values are shown and one is chosen for each field."""
    _may_correct(request, migrant)
    now = _identity_data(migrant, request.user)
    if request.method == "GET":
        birth = birth_initial(migrant)
        initial = {name: now.get(name) for name in ("surname", "given_names", "sex", "nationality", "phone", "accompanied_by")} | birth
        return _edit_page(request, migrant, IdentityForm(initial=initial, user=request.user), migrant.version)
    data = request.POST.copy()
    for name in COMPARED:
        if data.get(f"choose_{name}") == "theirs":
            for part in PARTS.get(name, (name,)):
                data[part] = now[part]
    typed_version = data.get("version", "")
    version = int(typed_version) if typed_version.isascii() and typed_version.isdigit() and len(typed_version) < 10 else -1
    form = IdentityForm(data, user=request.user)
    if not form.is_valid():
        return _edit_page(request, migrant, form, version)
    changes = form.identity()
    undecided = any(name in COMPARED and data.get(f"choose_{name}") not in ("mine", "theirs") for name in data.getlist("differing"))
    if changes["accompanied_by"] is None and _hidden_adult(migrant, request.user):
        del changes["accompanied_by"]
    if undecided:
        migrant.refresh_from_db()
        return _conflict_page(request, migrant, form, changes)
    answered_for = migrant.answers_for.minors().count()
    try:
        migrant = services.correct_identity(actor=request.user, migrant=migrant, version=version, **changes)
    except Stale as stale:
        return _conflict_page(request, stale.current, form, changes)
    except ValidationError as error:
        put_errors(form, error, IdentityForm.SERVICE_NAMES)
        return _edit_page(request, migrant, form, version)
    messages.success(request, _("L’identité est corrigée."))
    if answered_for and migrant.is_minor():
        words = ngettext(
            "Cette personne est mineure : l’enfant dont elle répondait est maintenant signalé comme mineur non accompagné. Prévenez le chargé de protection.",
            "Cette personne est mineure : les %(n)s enfants dont elle répondait sont maintenant signalés comme mineurs non accompagnés. Prévenez le chargé de protection.",
            answered_for,
        )
        messages.warning(request, words % {"n": answered_for})
    return redirect("cases:migrant", pk=migrant.pk)


def _edit_page(request: HttpRequest, migrant: Migrant, form: IdentityForm, version: int) -> HttpResponse:
    return render(request, "cases/edit.html", {"migrant": migrant, "form": form, "version": version})


def _conflict_page(request: HttpRequest, current: Migrant, form: IdentityForm, changes: dict[str, Any]) -> HttpResponse:
    """Both values, side by side, where they differ; whoever typed chooses."""
    mine = Migrant(**{name: changes[name] for name in (*services.IDENTITY_FIELDS,)}, accompanied_by=changes.get("accompanied_by", current.accompanied_by))
    theirs = _values(current)
    hidden = _hidden_adult(current, request.user)
    differing = []
    for name, (value, words) in _values(mine).items():
        if value != theirs[name][0]:
            label = form.fields[name].label
            shown = _("une personne suivie par un autre centre") if name == "accompanied_by" and hidden else theirs[name][1]
            differing.append({"name": name, "label": label, "mine": words, "theirs": shown, "chosen": request.POST.get(f"choose_{name}", "")})
    if not differing:  # sent twice, or both made the same correction
        messages.success(request, _("L’identité est corrigée."))
        return redirect("cases:migrant", pk=current.pk)
    typed = [(part, form.data.get(part, "")) for name in COMPARED for part in PARTS.get(name, (name,))]
    context = {"migrant": current, "differing": differing, "typed": typed, "version": current.version}
    return render(request, "cases/conflict.html", context, status=409)


def _sent(request: HttpRequest, *, files: bool = False) -> tuple[Any, ...]:
    """What a form is bound to: on POST always something, even if nothing was filled in."""
    if request.method != "POST":
        return ()
    return (request.POST, request.FILES) if files else (request.POST,)


# --- what is put on the file -------------------------------------------------------------------------------------


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", select=("registered_centre",))
def note(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Writes a note."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant, writing=True)
    form = NoteForm(*_sent(request), protection=protection, initial={"id": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            services.write_note(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form = _fresh(NoteForm, request, protection=protection)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La note est enregistrée."))
            return redirect("cases:migrant", pk=migrant.pk)
    return render(request, "cases/note.html", {"migrant": migrant, "form": form})


def _fresh(kind: type, request: HttpRequest, **arguments: Any) -> Any:
    """The same form under a new key: the old one had been used for something else."""
    data = request.POST.copy()
    data["id"] = str(new_id())
    form = kind(data, request.FILES or None, **arguments)
    form.is_valid()
    form.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau."))
    return form


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST")
def attach(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Puts a scan on the file."""
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    form = AttachmentForm(*_sent(request, files=True), initial={"id": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            services.attach(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form = _fresh(AttachmentForm, request)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le fichier est joint au dossier."))
            return redirect("cases:migrant", pk=migrant.pk)
    return render(request, "cases/attach.html", {"migrant": migrant, "form": form})


ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@access(Right.VIEW_CASE, load=Attachment, log=ReadLog.Action.DOWNLOADED, select=("migrant",))
def attachment(request: HttpRequest, attachment: Attachment) -> HttpResponse:
    """Downloads a scan. Never shown inside a page of ours: what is in it is not ours."""
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"{attachment.migrant.case_number}-{slugify(attachment.title)[:60] or 'piece'}.{ENDINGS.get(attachment.media_type, 'bin')}"
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return FileResponse(content, as_attachment=True, filename=name, content_type=attachment.media_type, headers=headers)


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", write=Right.REGISTER, log=ReadLog.Action.OPENED)
def consents(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """What the person agreed to, and a new agreement."""
    all_given = list(migrant.consents.visible_to(request.user).select_related("taken_by").order_by("-given_at", "purpose"))
    open_now = {consent.purpose for consent in all_given if consent.withdrawn_at is None}
    missing = [purpose for purpose in Consent.Purpose.values if purpose not in open_now]
    form = ConsentForm(*_sent(request), missing=missing, initial={"language": "fra"})
    if request.method == "POST" and form.is_valid():
        try:
            services.give_consent(actor=request.user, migrant=migrant, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’accord est noté."))
            return redirect("cases:consents", pk=migrant.pk)
    context = {
        "migrant": migrant,
        "consents": all_given,
        "languages": dict(consent_texts.LANGUAGES),
        "form": form if missing and allows(request.user, Right.REGISTER, migrant, writing=True) else None,
        "may_write": allows(request.user, Right.REGISTER, migrant, writing=True),
        "consent_text": consent_texts.TEXTS[consent_texts.CURRENT_VERSION],
    }
    return render(request, "cases/consents.html", context)


@access(Right.REGISTER, load=Consent, methods="POST", select=("migrant",))
def withdraw(request: HttpRequest, consent: Consent) -> HttpResponse:
    """The person takes an agreement back."""
    services.withdraw_consent(actor=request.user, consent=consent)
    messages.success(request, _("Le retrait de l’accord est noté."))
    return redirect("cases:consents", pk=consent.migrant_id)
