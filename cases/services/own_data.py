"""Copies of a person's own data: asked for, made by a worker, gone after seven days."""

import datetime
import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from audit.models import ReadLog
from audit.services import log_read_by
from centres.access import allows
from centres.roles import Right
from config.uploads import delete_after_commit
from jobs.services import Progress, ask_for

from .. import own_data
from ..cleaning import clean_line
from ..models import DataRequest, Migrant
from ..models.data_request import KEPT_DAYS


@service
def ask_for_own_data(*, actor: User, id: uuid.UUID, migrant: Migrant, asked: str, checked: str, remark: str = "", with_protection: bool = False) -> DataRequest:
    """Notes that the person asks for their data and has the copy made. By a team that follows the person; protection notes only by a
    protection officer. The same `id` again is one request. Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    if with_protection and not allows(actor, Right.VIEW_PROTECTION, migrant, writing=True):
        raise PermissionDenied
    if migrant.forgotten_at:
        raise ValidationError(_("L’identité de cette personne est effacée : il n’y a plus de données à remettre."))
    request = DataRequest(id=id, migrant=migrant, asked=asked, checked=checked, remark=clean_line(remark), with_protection=with_protection, made_by=actor)
    lock_key(id)
    if existing := DataRequest.objects.filter(pk=id).first():
        same = ("migrant_id", "asked", "checked", "remark", "with_protection", "made_by_id")
        if any(getattr(existing, name) != getattr(request, name) for name in same):
            raise SameKeyOtherContent
        return existing
    request.full_clean(exclude=["id", "migrant", "made_by", "job"])
    title = _("Données de la personne %(number)s") % {"number": migrant.case_number}
    request.job = ask_for(actor=actor, kind="own_data", title=title, parameters={"request": str(id)})
    request.save(force_insert=True)
    return request


def make(progress: Progress, request: DataRequest) -> None:
    """Makes the two files. Done twice, the later ones stand and the earlier are gone."""
    progress.say(0, 3, _("Lecture du dossier"))
    migrant = request.migrant
    parts = own_data.collect(migrant, with_protection=request.with_protection)
    progress.say(1, 3, _("Écriture du PDF"))
    pdf = own_data.as_pdf(migrant, parts, with_protection=request.with_protection)
    progress.say(2, 3, _("Écriture du fichier JSON"))
    keep_copy(actor=request.made_by, request=request, pdf=pdf, json=own_data.as_json(migrant, parts, with_protection=request.with_protection))
    log_read_by(request.made_by, ReadLog.Action.EXPORTED, "cases.migrant", [migrant.pk], path=f"/migrants/{migrant.pk}/own-data/")


@service
def keep_copy(*, actor: User, request: DataRequest, pdf: bytes, json: bytes) -> DataRequest:
    request = DataRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    _remove_files(request)
    request.pdf.save("pdf", ContentFile(pdf), save=False)
    request.json.save("json", ContentFile(json), save=False)
    request.ready_at = timezone.now()
    request.save(update_fields=["pdf", "json", "ready_at"])
    return request


def _remove_files(request: DataRequest) -> None:
    storage, names = request.pdf.storage, [one.name for one in (request.pdf, request.json) if one]
    request.pdf = request.json = ""
    delete_after_commit(storage, names)


@service
def remove_old_copies(*, actor: None = None) -> int:
    """Those older than seven days. By the clock. Returns how many."""
    old = DataRequest.objects.select_for_update(of=("self",)).filter(ready_at__lt=timezone.now() - datetime.timedelta(days=KEPT_DAYS)).exclude(pdf="")
    removed = 0
    for request in old:
        _remove_files(request)
        request.save(update_fields=["pdf", "json"])
        removed += 1
    return removed
