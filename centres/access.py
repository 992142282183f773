"""Who may do what, and where. The only module that knows guardian.

A view is declared once: `@access(Right.VIEW_CASE, load=Migrant)`. The object is loaded through the model's
`visible_to(user)`: out of scope is 404; in scope without the right is 403; what was shown goes into the read log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Permission
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from accounts.models import User
from audit.acting import read_under
from audit.models import ReadLog
from audit.services import log_read

from .models import Centre, CentreUserObjectPermission, Posting
from .roles import NATIONAL, ROLE_RIGHTS, Right, Role

# --- grants ------------------------------------------------------------------------------------------------------


@transaction.atomic
def sync_grants(user: User) -> None:
    """Makes the user's grants exactly those of their active postings: adds what is missing, takes what is too much."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)
    wanted_here: set[tuple[str, int]] = set()
    wanted_national: set[str] = set()
    every_centre = list(Centre.objects.values_list("pk", flat=True))
    active = list(Posting.objects.active().filter(user=user))
    for posting in active:
        for right in ROLE_RIGHTS[Role(posting.role)]:
            if right in NATIONAL:
                wanted_national.add(right.value)
            else:
                wanted_here |= {(right.value, pk) for pk in ([posting.centre_id] if posting.centre_id else every_centre)}
    permissions = {p.codename: p for p in Permission.objects.filter(content_type__app_label="centres", content_type__model="centre", codename__in=Right.values)}
    held = {(row.permission.codename, row.content_object_id): row for row in CentreUserObjectPermission.objects.filter(user=user).select_related("permission")}
    CentreUserObjectPermission.objects.filter(pk__in=[row.pk for key, row in held.items() if key not in wanted_here]).delete()
    CentreUserObjectPermission.objects.bulk_create(
        CentreUserObjectPermission(user=user, permission=permissions[name], content_object_id=pk) for name, pk in sorted(wanted_here - held.keys())
    )
    user.user_permissions.set([permissions[name] for name in wanted_national])
    Posting.objects.filter(user=user).update(granted=models.Case(models.When(pk__in=[p.pk for p in active], then=True), default=False))
    forget_rights(user)


def forget_rights(user: User) -> None:
    """The next question about this user asks the database again."""
    user.__dict__.pop("_sira_rights", None)


def _rights(user: User) -> frozenset[tuple[str, int | None]]:
    """Every (right, centre or None) of the user, in one query, kept for the life of the request's user object.

    guardian's `get_objects_for_user` is not used: by default it counts model-level permissions as global, and it still
    answers for inactive users (both measured)."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if "_sira_rights" not in user.__dict__:
        rows = _read_rights(user)
        if any(name == STALE for name, _where in rows):
            sync_grants(user)
            rows = _read_rights(user)
        user.__dict__["_sira_rights"] = frozenset(rows)
    return user.__dict__["_sira_rights"]


STALE = "!stale"


def _read_rights(user: User) -> set[tuple[str, int | None]]:
    """Grants on centres, national rights, and a mark if a posting ended or began since they were written: one query."""
    nowhere = models.Value(None, output_field=models.IntegerField())
    here = CentreUserObjectPermission.objects.filter(user=user).order_by().values_list("permission__codename", "content_object_id")
    national = Permission.objects.filter(user=user).order_by().annotate(where=nowhere).values_list("codename", "where")
    stale = Posting.objects.stale().filter(user=user).order_by().annotate(mark=models.Value(STALE), where=nowhere).values_list("mark", "where")
    return set(here.union(national, stale, all=True))


def may(user: User, right: Right, centre: "Centre | int | None" = None) -> bool:
    """Has the user this right at this centre; without a centre: nationally, or at any centre at all?"""
    rights = _rights(user)
    if centre is None:
        return any(name == right.value for name, _where in rights)
    return (right.value, centre.pk if isinstance(centre, Centre) else centre) in rights


def centres_for(user: User, right: Right) -> list[int]:
    """Keys of the centres where the user has this right."""
    return sorted(where for name, where in _rights(user) if name == right.value and where is not None)


def all_centres_of(user: User) -> list[int]:
    """Keys of the centres where the user has any right at all."""
    return sorted({where for _name, where in _rights(user) if where is not None})


def allows(user: User, right: Right, obj: Any, *, writing: bool = False) -> bool:
    """May the user use this right on this object? The object names the centres that decide: `access_centres(writing=)`.

    Writing needs a centre that has the person now; reading is kept by a centre that once had them. An object that belongs to
    one of two organisations names those national rights that count for it: `own_rights`."""
    if right in NATIONAL:
        return right in getattr(obj, "own_rights", NATIONAL) and may(user, right)
    if any(may(user, right, pk) for pk in obj.access_centres(writing=writing)):
        return True
    return not writing and right in READ_IN_EMERGENCY and person_of(obj) in opened_people(user) and may(user, right)


def roles_of(user: User) -> list[Posting]:
    """The user's active postings, for what is shown on the screen (never for a decision about rights)."""
    return list(Posting.objects.active().filter(user=user).select_related("centre"))


# --- a file opened in an emergency ("break-glass") -----------------------------------------------------------------

# What an emergency access lets somebody do with a file out of scope: read it.
READ_IN_EMERGENCY = frozenset({Right.VIEW_CASE, Right.VIEW_PROTECTION})
Found = TypeVar("Found", bound=models.Model)
# {key of a person: the emergency access} of a user, as they run now. The floor that has people says how to find them.
_running: Callable[[User], dict[Any, Any]] | None = None


def learn_running_accesses(find: Callable[[User], dict[Any, Any]]) -> None:
    global _running
    _running = find


def opened_people(user: User) -> list[Any]:
    """Keys of the people whose file this request came to by an emergency access: one at the most, and none in a list."""
    return list(user.__dict__.get("_sira_opened", ()))


def opened_by(user: User) -> Any:
    """The emergency access by which this request came to its file, or None."""
    return next(iter(user.__dict__.get("_sira_opened", {}).values()), None)


def person_of(obj: models.Model) -> Any:
    """The key of the person an object is about: itself, or the one it hangs on."""
    return getattr(obj, "migrant_id", obj.pk)


def find_for(user: User, find: Callable[[], Found]) -> Found:
    """What `find` finds through `visible_to(user)`. Where it finds nothing, it looks once more with the files that the user has opened in
    an emergency: so they are reached one by one, by their address, and stand in no list. Raises what `find` raises."""
    try:
        return find()
    except (ObjectDoesNotExist, Http404):
        running = _running(user) if _running is not None and may(user, Right.VIEW_PROTECTION) else {}
        if not running:
            raise
        user.__dict__["_sira_opened"] = running
        try:
            found = find()
        except Exception:
            del user.__dict__["_sira_opened"]
            raise
        access = running.get(person_of(found))
        if access is None:  # it hangs on the person from further away
            del user.__dict__["_sira_opened"]
            raise
        user.__dict__["_sira_opened"] = {person_of(found): access}
        read_under(user, access.pk)
        return found


# --- declarations ------------------------------------------------------------------------------------------------

ANYONE = "anyone"  # no sign-in needed
SIGNED_IN = "signed in"  # any signed-in user


@dataclass(frozen=True)
class Declaration:
    """What a view needs; the access matrix test walks over these."""

    rights: tuple[Right, ...] | str
    model: type[models.Model] | None
    methods: tuple[str, ...]
    write_rights: tuple[Right, ...] | None = None


# Views of packages, which cannot carry a declaration themselves.
DECLARED_ELSEWHERE: dict[str, str] = {
    "account_login": ANYONE,
    "account_logout": ANYONE,
    "account_inactive": ANYONE,
    "account_reset_password": ANYONE,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": ANYONE,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_trust": ANYONE,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "set_language": ANYONE,
}


def _as_tuple(rights: Right | Iterable[Right]) -> tuple[Right, ...]:
    return (rights,) if isinstance(rights, Right) else tuple(rights)


def access(
    rights: Right | Iterable[Right] | str,
    *,
    load: type[models.Model] | None = None,
    by: str = "pk",
    methods: str = "GET",
    write: Right | Iterable[Right] | None = None,
    edits: bool = False,
    log: ReadLog.Action | None = None,
    select: tuple[str, ...] = (),
    prefetch: tuple[Any, ...] = (),
) -> Callable:
    """Declares what a function view needs.

    rights: any one of them is enough; or ANYONE / SIGNED_IN.
    load, by: the model and the URL argument (also field name) of the object; it is handed to the view in place of it.
    methods: those the view answers, e.g. "GET POST". `write`: other rights needed for POST (default: the same).
    edits: the page is nothing but a form: whoever may not save it does not get to type into it.
    log: how a successful GET is written in the read log. select, prefetch: select_related
    and prefetch_related of the load (what the decision and the page both need is then asked for once)."""
    needed: tuple[Right, ...] | str = rights if isinstance(rights, str) and not isinstance(rights, Right) else _as_tuple(rights)  # type: ignore[arg-type]
    for_writing = None if write is None else _as_tuple(write)
    allowed = tuple(methods.split())

    def declare(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            obj = None
            user = cast(User, request.user)
            if load is not None:
                value = kwargs.pop(by)
                try:
                    obj = _load(user, load, by, value, select, prefetch)
                except Http404:
                    if (there := _successor(request, load, by, value)) is None:
                        raise
                    return there
            if not isinstance(needed, str):
                writing = edits or request.method not in ("GET", "HEAD", "OPTIONS")
                wanted = for_writing if writing and for_writing is not None else needed
                if obj is None:
                    granted = any(may(user, right) for right in wanted)
                else:
                    granted = any(allows(user, right, obj, writing=writing) for right in wanted)
                if not granted:
                    if obj is not None:
                        log_read(request, ReadLog.Action.REFUSED, obj._meta.label_lower, [obj.pk])
                    raise PermissionDenied
            response = view(request, *((obj,) if obj is not None else ()), *args, **kwargs)
            if log is not None and obj is not None and request.method == "GET" and response.status_code == 200:
                log_read(request, log, obj._meta.label_lower, [obj.pk])
            if needed != ANYONE:
                # A page about people must not stay in a shared computer's cache.
                patch_cache_control(response, no_store=True, private=True)
            return response

        wrapped = require_http_methods([*allowed, "HEAD"] if "GET" in allowed else list(allowed))(guarded)
        wrapped.declaration = Declaration(needed, load, allowed, for_writing)  # type: ignore[attr-defined]
        return login_not_required(wrapped) if needed == ANYONE else wrapped

    return declare


def _successor(request: HttpRequest, model: type[models.Model], by: str, value: Any) -> HttpResponse | None:
    """The way to the object that speaks for one that was joined to it, if there is one in scope: the same page, with all that was sent.

    Not for good (301): a merge can be undone."""
    find = getattr(model._default_manager.all(), "successor", None)
    found = find(request.user, by, value) if find and request.resolver_match else None
    if found is None:
        return None
    match = request.resolver_match
    address = reverse(match.view_name, kwargs=match.kwargs | {by: getattr(found, by)})  # type: ignore[union-attr]
    return HttpResponse(status=307 if request.method not in ("GET", "HEAD") else 302, headers={"Location": address, "Cache-Control": "no-store, private"})


def _load(user: User, model: type[models.Model], by: str, value: Any, select: tuple[str, ...], prefetch: tuple[Any, ...]) -> models.Model:
    """The object, if it exists for this user: a row out of scope is as absent as one that never was."""

    def find() -> models.Model:
        queryset = model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        if select:
            queryset = queryset.select_related(*select)
        if prefetch:
            queryset = queryset.prefetch_related(*prefetch)
        return queryset.get(**{by: value})

    try:
        return find_for(user, find)
    except (ObjectDoesNotExist, ValueError, OverflowError) as error:
        raise Http404 from error
