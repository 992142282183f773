"""The office: accounts and roles for administrators, the staff of a centre for its manager, the trail for auditors."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.authtoken.models import Token

from accounts.models import User
from audit.acting import Stale
from audit.models import ReadLog
from audit.services import log_read
from cases.models import EmergencyAccess
from centres.access import SIGNED_IN, access, may
from centres.models import Centre, Posting
from centres.roles import Right, Role
from config import keyset, private
from jobs.services import ask_for, run

from . import history_words, services, trail, trail_files
from .forms import (
    ChangeFilterForm,
    EditUserForm,
    EndPostingForm,
    NewUserForm,
    NoQuestionForm,
    PostingForm,
    ReadFilterForm,
    ReasonForm,
    StaffForm,
    UserFilterForm,
)
from .models import AccessRequest

SHOWN_KEYS = 8

# Accounts have no scope: an administrator manages all of them, everybody else none. So they are looked up after the right.


def _account(pk: int, **more: Any) -> User:
    try:
        return get_object_or_404(User.objects.select_related("organisation").annotate(**more), pk=pk)
    except OverflowError as error:
        raise Http404 from error


def _posting(pk: int) -> Posting:
    try:
        return get_object_or_404(Posting.objects.select_related("user", "centre"), pk=pk)
    except OverflowError as error:
        raise Http404 from error


def _explain(form: Form, error: ValidationError) -> None:
    """Puts the words of the service beside the right field."""
    if hasattr(error, "error_dict"):
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
    else:
        form.add_error(None, error)


# --- accounts ------------------------------------------------------------------------------------------------------


@access(Right.MANAGE_USERS, methods="GET POST")
def users(request: HttpRequest) -> HttpResponse:
    form = UserFilterForm(private.asked(request, UserFilterForm.private) or None)
    if request.method == "POST":
        return private.turn(request)
    wanted = form.cleaned_data if form.is_bound and form.is_valid() else {}
    found = User.objects.select_related("organisation").prefetch_related(Prefetch("postings", Posting.objects.active().select_related("centre"), to_attr="roles_now"))
    found = form.allowed(found)
    for word in wanted.get("q", "").split():
        found = found.filter(Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word))
    if wanted.get("role"):
        found = found.filter(pk__in=Posting.objects.active().filter(role=wanted["role"]).values("user"))
    if wanted.get("organisation"):
        found = found.filter(organisation=wanted["organisation"])
    if wanted.get("state"):
        found = found.filter(is_active=wanted["state"] == "active")
    page = Paginator(found.order_by("last_name", "first_name", "pk"), 50).get_page(request.GET.get("page"))
    return render(request, "administration/users.html", {"filter_form": form, "page": page, "waiting": _waiting().count() + AccessRequest.objects.waiting().count()})


@access(Right.MANAGE_USERS, methods="GET POST")
@sensitive_variables("password")
def new_user(request: HttpRequest) -> HttpResponse:
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = services.create_user(actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            _explain(form, error)
        else:
            return _show_secret(request, user, password, _("Le compte est ouvert"))
    return render(request, "administration/new_user.html", {"form": form})


def _show_secret(request: HttpRequest, user: User, secret: str, title: str, *, waits: bool = False) -> HttpResponse:
    """The only page that ever shows it: not kept in a session, not in an address, not in a message."""
    return render(request, "administration/secret.html", {"account": user, "secret": secret, "title": title, "waits": waits})


def _two_people(account: User, text: str) -> str:
    """What the page of a wish says, and that it will wait."""
    if not services.reads_files(account):
        return text
    return f"{text} " + _("Cette personne voit des dossiers : une autre personne que vous devra confirmer, et rien ne change jusque-là.")


@access(Right.MANAGE_USERS)
def user(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(
        pk,
        second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)),
        token_since=Subquery(Token.objects.filter(user=OuterRef("pk")).values("created")),
    )
    holds = Exists(Posting.objects.active().filter(pk=OuterRef("pk")))
    context = {
        "account": account,
        "postings": list(account.postings.select_related("centre").annotate(holds=holds).order_by("-since", "-pk")[:50]),
        "acts": list(account.acts_on.select_related("by", "confirmed_by")[:50]),
        "access_requests": list(account.access_requests.waiting().select_related("asked_by")),
        "oneself": account.pk == request.user.pk,
    }
    return render(request, "administration/user.html", context)


@access(Right.MANAGE_USERS, methods="GET POST")
def edit_user(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    form = EditUserForm(request.POST or None, user=account)
    both: list[tuple[str, Any, Any]] = []
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            services.edit_user(actor=request.user, user=account, seen=values.pop("seen"), **values)
        except Stale as stale:
            both = [(str(form.fields[name].label), value, getattr(stale.current, name)) for name, value in values.items() if getattr(stale.current, name) != value]
            form.data = form.data.copy()
            form.data["seen"] = services.fingerprint(stale.current)
        except ValidationError as error:
            _explain(form, error)
        else:
            messages.success(request, _("Compte modifié."))
            return redirect("administration:user", pk=pk)
    return render(request, "administration/edit_user.html", {"form": form, "account": account, "both": both})


def _ask(request: HttpRequest, account: User, form: Form, **words: Any) -> HttpResponse:
    """A page that asks before something is done to an account."""
    return render(request, "administration/ask.html", {"form": form, "account": account, **words})


@access(Right.MANAGE_USERS, methods="GET POST")
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.deactivate_user(actor=request.user, user=account, **form.cleaned_data)
        except ValidationError as error:
            _explain(form, error)
        else:
            messages.success(request, _("Le compte est désactivé et ses sessions sont terminées."))
            return redirect("administration:user", pk=pk)
    return _ask(
        request,
        account,
        form,
        title=_("Désactiver le compte"),
        text=_("La personne est déconnectée tout de suite, partout, et ne peut plus se connecter. Ce qu’elle a écrit reste."),
        submit=_("Désactiver"),
        danger=True,
    )


@access(Right.MANAGE_USERS, methods="GET POST")
@sensitive_variables("password")
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    form = NoQuestionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.reactivate_user(actor=request.user, user=account)
        except ValidationError as error:
            _explain(form, error)
        else:
            title = _("La réouverture attend une confirmation") if asked.request else _("Le compte est réactivé")
            return _show_secret(request, account, asked.password, title, waits=asked.request is not None)
    return _ask(
        request,
        account,
        form,
        title=_("Réactiver le compte"),
        text=_two_people(account, _("La personne reçoit un nouveau mot de passe provisoire et retrouve ses affectations qui ne sont pas terminées.")),
        submit=_("Réactiver"),
    )


@access(Right.MANAGE_USERS, methods="GET POST")
@sensitive_variables("password")
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    form = NoQuestionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.reset_password(actor=request.user, user=account)
        except ValidationError as error:
            _explain(form, error)
        else:
            title = _("Le mot de passe attend une confirmation") if asked.request else _("Nouveau mot de passe provisoire")
            return _show_secret(request, account, asked.password, title, waits=asked.request is not None)
    return _ask(
        request,
        account,
        form,
        title=_("Donner un nouveau mot de passe"),
        text=_two_people(
            account, _("L’ancien mot de passe ne marche plus et les sessions ouvertes se terminent. Assurez-vous que c’est bien cette personne qui le demande.")
        ),
        submit=_("Donner un nouveau mot de passe"),
    )


@access(Right.MANAGE_USERS, methods="GET POST")
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.reset_second_factor(actor=request.user, user=account, **form.cleaned_data)
        except ValidationError as error:
            _explain(form, error)
        else:
            if asked.request:
                messages.warning(request, _("La demande est enregistrée : le second facteur reste jusqu’à ce qu’une autre personne la confirme."))
            else:
                messages.success(request, _("Le second facteur est retiré. La personne en installera un autre à sa prochaine connexion."))
            return redirect("administration:user", pk=pk)
    return _ask(
        request,
        account,
        form,
        title=_("Retirer le second facteur"),
        text=_two_people(account, _("À faire seulement si la personne a perdu son téléphone et ses codes de secours. Vérifiez de vive voix que c’est bien elle.")),
        submit=_("Retirer le second facteur"),
        danger=True,
    )


@access(Right.MANAGE_USERS, methods="POST")
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    if services.revoke_token(actor=request.user, user=_account(pk)):
        messages.success(request, _("Le jeton d’API est retiré."))
    return redirect("administration:user", pk=pk)


@access(SIGNED_IN, methods="GET POST")
@reauthentication_required
@sensitive_variables("key")
def my_token(request: HttpRequest) -> HttpResponse:
    """One's own API token, made by oneself alone, after the password was asked for again."""
    key = ""
    if request.method == "POST":
        if "revoke" in request.POST:
            if services.revoke_token(actor=request.user, user=request.user):
                messages.success(request, _("Le jeton d’API est retiré."))
            return redirect("administration:my_token")
        key = services.create_token(actor=request.user)
    return render(request, "administration/my_token.html", {"secret": key, "token": Token.objects.filter(user=request.user).first()})


# --- roles ---------------------------------------------------------------------------------------------------------


def _waiting():
    return Posting.objects.filter(confirmed_at__isnull=True).select_related("user__organisation", "centre", "created_by").order_by("since", "pk")


@access(Right.MANAGE_USERS, methods="GET POST")
def new_posting(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    form = PostingForm(request.POST or None, user=account)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            posting = services.give_posting(actor=request.user, user=account, role=Role(values.pop("role")), **values)
        except ValidationError as error:
            _explain(form, error)
        else:
            if posting.confirmed_at is None:
                messages.warning(request, _("Le rôle est proposé : il commencera quand un autre administrateur l’aura confirmé."))
            else:
                messages.success(request, _("Affectation enregistrée : %(posting)s.") % {"posting": posting})
            return redirect("administration:user", pk=pk)
    return render(request, "administration/new_posting.html", {"form": form, "account": account})


@access(Right.MANAGE_USERS, methods="GET POST")
def end_posting(request: HttpRequest, pk: int) -> HttpResponse:
    posting = _posting(pk)
    form = EndPostingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.end_posting(actor=request.user, posting=posting, **form.cleaned_data)
        except ValidationError as error:
            _explain(form, error)
        else:
            messages.success(request, _("L’affectation se termine : %(posting)s.") % {"posting": posting})
            return redirect("administration:user", pk=posting.user_id)
    return _ask(request, posting.user, form, title=_("Terminer l’affectation"), text=str(posting), submit=_("Terminer l’affectation"), danger=True)


@access((Right.MANAGE_USERS, Right.POST_STAFF))
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for a second person: roles for administrators, wishes about accounts for them and for the managers concerned."""
    wishes = AccessRequest.objects.visible_to(request.user).waiting().select_related("user__organisation", "asked_by").order_by("asked_at", "pk")
    postings = list(_waiting()[:100]) if may(request.user, Right.MANAGE_USERS) else []
    return render(request, "administration/waiting.html", {"postings": postings, "access_requests": list(wishes[:100])})


def _wish(request: HttpRequest, pk: int) -> AccessRequest:
    """Looked up after the right: one about somebody of another centre is as absent as one that never was."""
    try:
        return get_object_or_404(AccessRequest.objects.visible_to(request.user).select_related("user", "asked_by"), pk=pk)
    except OverflowError as error:
        raise Http404 from error


@access((Right.MANAGE_USERS, Right.POST_STAFF), methods="POST")
def confirm_access(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        wish = services.confirm_access(actor=request.user, request=_wish(request, pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("C’est fait : %(wish)s.") % {"wish": wish})
    return redirect("administration:waiting")


@access((Right.MANAGE_USERS, Right.POST_STAFF), methods="POST")
def refuse_access(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        wish = services.refuse_access(actor=request.user, request=_wish(request, pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Rien n’a changé : la demande est écartée (%(wish)s).") % {"wish": wish})
    return redirect("administration:waiting")


@access(Right.MANAGE_USERS, methods="POST")
def confirm_posting(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        posting = services.confirm_posting(actor=request.user, posting=_posting(pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Affectation confirmée : %(posting)s.") % {"posting": posting})
    return redirect("administration:waiting")


# --- the staff of a centre -----------------------------------------------------------------------------------------


@access(Right.POST_STAFF)
def my_staff(request: HttpRequest) -> HttpResponse:
    """The way from the menu to the staff of one's centre; a manager of several chooses."""
    own = [centre for centre in Centre.objects.visible_to(request.user) if may(request.user, Right.POST_STAFF, centre)]
    if len(own) == 1:
        return redirect("administration:staff", code=own[0].code)
    return render(request, "administration/my_staff.html", {"centres": own})


@access(Right.POST_STAFF, load=Centre, by="code", methods="GET POST")
def staff(request: HttpRequest, centre: Centre) -> HttpResponse:
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = User.objects.filter(username__iexact=form.cleaned_data["username"].strip(), is_active=True).select_related("organisation").first()
        if person is None:
            form.add_error("username", _("Aucun compte actif ne porte cet identifiant. Vérifiez l’orthographe, ou demandez un compte à l’administrateur."))
        else:
            try:
                posting = services.give_posting(actor=request.user, user=person, role=Role.CENTRE_AGENT, centre=centre, until=form.cleaned_data["until"])
            except ValidationError as error:
                _explain(form, error)
            else:
                if posting.confirmed_at is None:
                    messages.warning(request, _("Ce rôle est pour vous-même : il attend qu’un administrateur le confirme."))
                else:
                    messages.success(request, _("%(person)s est affecté au centre de %(centre)s.") % {"person": person, "centre": centre})
                return redirect("administration:staff", code=centre.code)
    postings = Posting.objects.active().filter(centre=centre).select_related("user__organisation").order_by("role", "user__last_name", "pk")
    return render(request, "administration/staff.html", {"centre": centre, "form": form, "postings": list(postings[:200]), "agent": Role.CENTRE_AGENT.value})


@access(Right.POST_STAFF, load=Centre, by="code", methods="POST")
def unpost(request: HttpRequest, centre: Centre, pk: int) -> HttpResponse:
    posting = _posting(pk)
    if posting.centre_id != centre.pk:
        raise Http404
    if posting.role != Role.CENTRE_AGENT:
        raise PermissionDenied
    try:
        services.end_posting(actor=request.user, posting=posting)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(person)s n’est plus affecté au centre de %(centre)s.") % {"person": posting.user, "centre": centre})
    return redirect("administration:staff", code=centre.code)


# --- the trail -----------------------------------------------------------------------------------------------------


@access(Right.VIEW_AUDIT, methods="GET POST")
def reads(request: HttpRequest) -> HttpResponse:
    form = ReadFilterForm(private.asked(request, ReadFilterForm.private) or None)
    if request.method == "POST":
        return private.turn(request)
    page = keyset.read(trail_files.reads(form).select_related("user"), request.GET, keys=("-id",), size=50)
    numbers = history_words.numbers_of((row.model, key) for row in page.rows for key in row.rows[:SHOWN_KEYS])
    for row in page.rows:
        row.type_words = history_words.model_words(row.model)
        row.shown = [(key, numbers.get((row.model, key))) for key in row.rows[:SHOWN_KEYS]]
    context = {"filter_form": form, "page": page, "tabs": _tabs(request), "export_url": _export_url(request, "reads_export")}
    return render(request, "administration/reads.html", context)


@access(Right.VIEW_AUDIT)
def reads_export(request: HttpRequest) -> HttpResponse:
    return trail_files.answer(request, "reads")


@access(Right.VIEW_AUDIT, methods="GET POST")
def changes(request: HttpRequest) -> HttpResponse:
    form = ChangeFilterForm(private.asked(request, ChangeFilterForm.private) or None)
    if request.method == "POST":
        return private.turn(request)
    page = keyset.read(trail_files.changes(form), request.GET, keys=("-id",), size=50)
    people, words = trail.actors(page.rows), history_words.table_words()
    numbers = history_words.numbers_of((history_words.label_of(row.table), row.row) for row in page.rows)
    for row in page.rows:
        row.who = people.get(row.actor_id)
        row.table_words = words.get(row.table, row.table)
        row.fields = history_words.fields_of(row)
        row.number = numbers.get((history_words.label_of(row.table), row.row))
    context = {"filter_form": form, "page": page, "tabs": _tabs(request), "export_url": _export_url(request, "changes_export")}
    return render(request, "administration/changes.html", context)


@access(Right.VIEW_AUDIT)
def changes_export(request: HttpRequest) -> HttpResponse:
    return trail_files.answer(request, "changes")


@access(Right.VIEW_AUDIT)
def emergencies(request: HttpRequest) -> HttpResponse:
    """Files opened in an emergency: by whom, why, until when, how much was read, and which centres have read the notice."""
    found = EmergencyAccess.objects.select_related("user__organisation").prefetch_related("notices__centre", "notices__acknowledged_by")
    page = keyset.read(found, request.GET, keys=("-opened_at", "-id"), size=50)
    counts = trail.reads_in_emergency([row.pk for row in page.rows])
    for row in page.rows:
        row.reads, row.running = counts.get(row.pk, 0), row.until > timezone.now()
    log_read(request, ReadLog.Action.LISTED, "cases.emergencyaccess", [row.pk for row in page.rows])
    return render(request, "administration/emergencies.html", {"page": page, "tabs": _tabs(request)})


@access(Right.VIEW_AUDIT, methods="GET POST")
def chain(request: HttpRequest) -> HttpResponse:
    """Where the chain stands, and a button that checks all of it: at once while it is short, by a worker when it is long."""
    links, last_hash = trail.head()
    if request.method == "POST":
        job = ask_for(actor=request.user, kind=trail.VERIFY, title=_("Vérification de la chaîne"), parameters={})
        if links <= trail.AT_ONCE:
            run(job.pk)
        return redirect("administration:chain")
    job = trail.last_verdict()
    return render(request, "administration/chain.html", {"links": links, "head": last_hash, "job": job, "tabs": _tabs(request)})


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    titles = {"reads": _("Consultations"), "changes": _("Modifications"), "emergencies": _("Accès d’urgence"), "chain": _("État de la chaîne")}
    here = request.resolver_match.url_name if request.resolver_match else ""
    return [{"title": title, "url": reverse(f"administration:{name}"), "current": name == here} for name, title in titles.items()]


def _export_url(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    for place in ("after", "before"):
        query.pop(place, None)
    return f"{reverse(f'administration:{name}')}{'?' if query else ''}{query.urlencode()}"
