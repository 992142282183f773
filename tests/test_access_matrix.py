"""Every address × role × {own, other centre's, missing object} × method, expected from the table of roles alone.

A URL without a declaration fails, and so does one without a sample."""

import importlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from administration.demo.accounts import ACCOUNTS
from cases.models import BestInterest, EmergencyNotice, ErasureList, FamilyTracing, ImportBatch, SavedFilter
from centres.access import ANYONE, DECLARED_ELSEWHERE, SIGNED_IN, Declaration
from centres.models import Centre
from centres.roles import NATIONAL, ROLE_RIGHTS, Right
from jobs.models import Job
from reception.models import HandoverNote, Incident

from .samples import Sample

ROOT = Path(__file__).resolve().parent.parent
OWN, OTHER = "GAO", "KAY"
PERSONAS = [
    "agent.gao",
    "manager.gao",
    "health.gao",
    "protection",
    "returns.gao",
    "reintegration.kayes",
    "flows",
    "outreach",
    "me.iom",
    "me.aecid",
    "steering.eu",
    "auditor",
    "admin",
]
# Objects that exist only for who has this right at their centre.
SEEN_BY: dict[Any, Right] = {ImportBatch: Right.IMPORT_LISTS, ErasureList: Right.FORGET_IDENTITY, Incident: Right.VIEW_CENTRE, HandoverNote: Right.VIEW_CENTRE}
MANAGERS = {OWN: "manager.gao", OTHER: "manager.kayes"}
POSTED = {username: postings for username, _g, _s, _o, postings in ACCOUNTS}


def _walk(resolver: URLResolver, namespace: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found += _walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        else:
            found.append((f"{namespace}{entry.name}", entry))
    return found


URLS = dict(_walk(get_resolver()))


def declaration_of(name: str) -> Declaration | None:
    callback = URLS[name].callback
    if hasattr(callback, "declaration"):
        return callback.declaration
    view_class = getattr(callback, "cls", None)
    if view_class is not None and hasattr(view_class, "declaration"):
        return view_class.declaration()
    if name == "api-schema":
        return Declaration(SIGNED_IN, None, ("GET",))
    if name in DECLARED_ELSEWHERE:
        return Declaration(DECLARED_ELSEWHERE[name], None, ("GET", "POST"))
    return None


def all_samples() -> dict[str, Sample]:
    samples: dict[str, Sample] = {}
    for path in sorted((ROOT / "tests").glob("*/samples.py")):
        samples |= importlib.import_module(f"tests.{path.parent.name}.samples").SAMPLES
    for name in URLS:
        if name in DECLARED_ELSEWHERE or name in ("home", "stay-signed-in", "healthz", "readyz", "api-schema"):
            samples.setdefault(name, Sample())
    return samples


SAMPLES = all_samples()


def test_every_url_is_declared():
    assert [name for name in URLS if declaration_of(name) is None] == []


def test_every_url_has_a_sample():
    assert sorted(set(URLS) - set(SAMPLES)) == []


def test_every_sample_is_of_a_url():
    assert sorted(set(SAMPLES) - set(URLS)) == []


def rights_at(username: str, centre: str | None) -> set[Right]:
    """From the table: the rights of this account at this centre (None: anywhere)."""
    held: set[Right] = set()
    for role, posted in POSTED[username]:
        for right in ROLE_RIGHTS[role]:
            if right in NATIONAL or centre is None or posted is None or posted == centre:
                held.add(right)
    return held


# To everybody else they do not exist.
ONLY_PROTECTION = (BestInterest, FamilyTracing)


def in_scope(model: type[models.Model] | None, username: str, centre: str) -> bool:
    """Does an object of this centre exist for this account?"""
    if model is None:
        return True
    local = {right for right in rights_at(username, centre) if right not in NATIONAL}
    if model is Centre:
        return bool(local)
    if model is Job:
        return False  # the samples' jobs are somebody else's
    if model in ONLY_PROTECTION:
        return Right.VIEW_PROTECTION in local
    if model is EmergencyNotice:
        return Right.MANAGE_CENTRE in local
    if model is SavedFilter:
        return username == MANAGERS[centre]  # the samples' filters are the manager's own
    if model in SEEN_BY:
        return SEEN_BY[model] in local
    fields = {field.name for field in model._meta.get_fields()}
    hangs_on_person = (
        model.__name__ in ("Migrant", "RegistrationGroup", "ExpectedGroup")
        or fields & {"migrant", "first", "survivor"}
        or ("case" in fields and "reintegration" in model.__module__)
    )
    return Right.VIEW_CASE in local if hangs_on_person else True


def expected(declaration: Declaration, username: str | None, method: str, which: str, api: bool, own_rights: frozenset[Right] | None = None) -> set[int] | str:
    """The status allowed; "through" means anything but a refusal or a fault."""
    if declaration.rights == ANYONE:
        return "through"
    if username is None:
        return {401, 403} if api else {302}
    if method not in declaration.methods:
        return {405, 403} if api else {405}
    if declaration.rights == SIGNED_IN and declaration.model is None:
        return "through"
    if declaration.model is not None and which == "missing":
        return {404}
    centre = OWN if which == "own" else OTHER
    has_object = declaration.model is not None and which != "none"
    if has_object and not in_scope(declaration.model, username, centre):
        return {404}
    wanted = declaration.write_rights if method != "GET" and declaration.write_rights else declaration.rights
    if wanted == SIGNED_IN:
        return "through"
    held = rights_at(username, centre if has_object else None)
    if own_rights is not None:
        held &= own_rights
    return "through" if held & set(wanted) else {403}


def _missing(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The same address with an object that does not exist."""
    changed = dict(kwargs)
    for name, value in kwargs.items():
        if isinstance(value, uuid.UUID):
            changed[name] = uuid.uuid4()
        elif isinstance(value, int):
            changed[name] = 2_000_000_000
        else:
            changed[name] = "ZZZ"
    return changed


def _send(client: Client, method: str, url: str, sample: Sample, centre: Centre) -> int:
    """The status of the answer; whatever the request wrote is undone."""
    data = sample.data(centre) if callable(sample.data) else sample.data
    with transaction.atomic():
        if sample.json or url.startswith("/api/"):
            response = client.generic(method, url, json.dumps(data, default=str), content_type="application/json")
        elif method in ("GET", "POST"):
            response = getattr(client, method.lower())(url, data if method == "POST" else None)
        else:
            response = client.generic(method, url)
        status = response.status_code
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return status


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(URLS) & set(SAMPLES)))
def test_matrix(name, centre, persona):
    declaration = declaration_of(name)
    assert declaration is not None
    sample = SAMPLES[name]
    api = "/api/" in reverse(name, kwargs=sample.kwargs(centre(OWN)))
    own, other = sample.kwargs(centre(OWN)), sample.kwargs(centre(OTHER))
    # What the samples made is there for good before the requests begin: deferred rules must hold too.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    targets = {"own": own, "other": other, "missing": _missing(own)} if own and declaration.model is not None else {"none": own}
    wrong = []
    for username in [*PERSONAS, None]:
        client = Client(raise_request_exception=False)
        if username:
            client.force_login(persona(username))
        for which, kwargs in targets.items():
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                if which in ("other", "missing") and method not in declaration.methods:
                    continue  # refused before any object is looked for, as "own" shows
                status = _send(client, method, reverse(name, kwargs=kwargs), sample, centre(OWN if which != "other" else OTHER))
                allowed = expected(declaration, username, method, which, api, sample.own_rights)
                good = (status not in (401, 403, 404, 405) and status < 500) if allowed == "through" else status in allowed
                if name in DECLARED_ELSEWHERE and username:
                    good = status < 500  # a package's own page: what it answers is its own business
                elif name == "readyz":
                    good = status in (200, 405, 503)
                elif declaration.rights == ANYONE:
                    good = status < 500
                if not good:
                    wrong.append(f"{username} {method} {which}: {status}, expected {allowed}")
    assert not wrong, "\n".join([name, *wrong])
