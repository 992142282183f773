"""The pages of long work: what I asked for, how far it is, and what came of it."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.models import ReadLog
from centres.access import SIGNED_IN, access

from . import services
from .models import Job

PAGE = 25
TONES = {
    Job.State.QUEUED: "neutral",
    Job.State.RUNNING: "info",
    Job.State.DONE: "ok",
    Job.State.FAILED: "danger",
    Job.State.CANCELLED: "neutral",
}


def _shown(job: Job) -> Job:
    job.tone = TONES[Job.State(job.state)]
    return job


@access(SIGNED_IN)
def job_list(request: HttpRequest) -> HttpResponse:
    """My jobs, newest first; pages by key, so that old ones cost no more."""
    jobs = Job.objects.visible_to(request.user).order_by("-created_at", "-id")
    if after := request.GET.get("after"):
        try:
            last = jobs.filter(pk=uuid.UUID(after)).first()
        except ValueError:
            last = None
        if last is not None:
            jobs = jobs.filter(created_at__lte=last.created_at).exclude(created_at=last.created_at, pk__gte=last.pk)
    found = [_shown(job) for job in jobs[: PAGE + 1]]
    more = len(found) > PAGE
    found = found[:PAGE]
    page = {"next_url": f"?after={found[-1].pk}" if more else "", "previous_url": request.path if after else ""}
    return render(request, "jobs/list.html", {"jobs": found, "page": page, "page_needed": more or after})


@access(SIGNED_IN, load=Job)
def job(request: HttpRequest, job: Job) -> HttpResponse:
    """How far it is. The part that changes is fetched again by itself; without JavaScript the page reloads."""
    template = "jobs/_state.html" if request.headers.get("HX-Request") else "jobs/job.html"
    return render(request, template, {"job": _shown(job), "retry_id": uuid.uuid4(), "may_have": services.may_have(request.user, job.kind, job.parameters)})


@access(SIGNED_IN, load=Job, log=ReadLog.Action.DOWNLOADED)
def file(request: HttpRequest, job: Job) -> FileResponse:
    """The file that a finished job left. Whoever lost the right to ask for it can't fetch it any more."""
    if not services.may_have(request.user, job.kind, job.parameters):
        raise PermissionDenied
    if job.state != Job.State.DONE or not job.file:
        raise Http404
    return FileResponse(job.file.open("rb"), as_attachment=True, filename=job.file_name)


@access(SIGNED_IN, load=Job, methods="POST")
def cancel(request: HttpRequest, job: Job) -> HttpResponse:
    job = services.cancel(actor=request.user, job=job)
    if job.state == Job.State.CANCELLED:
        messages.success(request, _("Le travail est annulé."))
    else:
        messages.info(request, _("Le travail était déjà terminé."))
    return redirect("jobs:job", pk=job.pk)


@access(SIGNED_IN, load=Job, methods="POST")
def retry(request: HttpRequest, job: Job) -> HttpResponse:
    """The hidden `id` makes a double click one new job."""
    try:
        key = uuid.UUID(request.POST.get("id", ""))
    except ValueError:
        messages.error(request, _("Rechargez la page et recommencez."))
        return redirect("jobs:job", pk=job.pk)
    try:
        again = services.retry(actor=request.user, job=job, id=key)
    except services.JobRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("jobs:job", pk=job.pk)
    return redirect("jobs:job", pk=again.pk)
