"""The long work of this floor. Declared at start."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from centres.access import allows
from centres.roles import Right
from jobs.services import JobRefused, Outcome, Progress, job_kind

from . import exporting
from .importing import batches
from .models import DataRequest, ErasureList, ImportBatch
from .services import forgetting, own_data


@job_kind("import", right=Right.IMPORT_LISTS, minutes=30)
def import_list(progress: Progress) -> Outcome:
    """One step of an import: reading, checking or writing. What came of it stands with the import; a step done before is not done again."""
    job = progress.job
    batch = ImportBatch.objects.select_related("centre").get(pk=job.parameters["batch"])
    if job.created_by is None or not allows(job.created_by, Right.IMPORT_LISTS, batch, writing=True):
        raise JobRefused(_("Vous n’avez plus le droit d’importer des listes dans ce centre."))
    step = job.parameters["step"]
    if step == "read":
        batch = batches.read_step(batch, actor=job.created_by, say=progress.say)
    elif step == "check":
        batch = batches.check_step(batch, actor=job.created_by, say=progress.say)
    else:

        def hold() -> None:
            # Inside the transaction: the job's row stays locked until the commit, so nobody else can take it over meanwhile.
            progress.say(batch.rows, batch.rows, _("Enregistrement : tout ou rien"))

        try:
            batch = batches.write_step(batch, actor=job.created_by, say=progress.say, hold=hold)
        except ValidationError as error:
            raise JobRefused(" ".join(error.messages)) from error
    return Outcome(result={"batch": str(batch.pk), "state": batch.state})


job_kind("export", right=Right.EXPORT_NAMES)(exporting.work)


@job_kind("own_data", right=Right.VIEW_CASE)
def make_own_data(progress: Progress) -> Outcome:
    """The copy of a person's own data; it stands with the request, not with the job."""
    request = DataRequest.objects.select_related("migrant", "made_by").get(pk=progress.job.parameters["request"])
    if not allows(request.made_by, Right.VIEW_CASE, request.migrant, writing=True) or request.migrant.forgotten_at:
        raise JobRefused(_("Votre équipe ne suit plus cette personne."))
    if request.with_protection and not allows(request.made_by, Right.VIEW_PROTECTION, request.migrant, writing=True):
        raise JobRefused(_("Vous n’avez plus le droit de remettre les notes de protection."))
    own_data.make(progress, request)
    return Outcome(result={"request": str(request.pk)})


@job_kind("forget", right=Right.FORGET_IDENTITY, minutes=30)
def forget(progress: Progress) -> Outcome:
    """Erases those of a list that two people decided."""
    proposed = ErasureList.objects.get(pk=progress.job.parameters["list"])
    if proposed.confirmed_at is None:
        raise JobRefused(_("Cette liste n’est pas confirmée."))
    forgetting.carry_out(proposed, actor=progress.job.created_by, say=progress.say)
    return Outcome(result={"list": str(proposed.pk)})
