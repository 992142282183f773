"""The job of this floor: counting, freezing, and making the PDF. Declared at start."""

import datetime

from django.utils.translation import gettext as _

from centres.roles import Right
from jobs.services import JobRefused, Outcome, Progress, job_kind

from . import services
from .measures import Period
from .models import Logframe, Report, Snapshot

# Counting, freezing, drawing, then one for each page that is likely to come, then writing.
STEPS = 24


@job_kind("report", right=Right.MAKE_REPORT)
def make_report(progress: Progress) -> Outcome:
    """Freezes the figures of the period (once a job, however often it is tried) and prints them."""
    from . import pdf

    job = progress.job
    period = Period(datetime.date.fromisoformat(job.parameters["from"]), datetime.date.fromisoformat(job.parameters["to"]))
    if not Logframe.objects.filter(active=True).exists():
        raise JobRefused(_("Aucun cadre logique n’est chargé."))
    # A report asked for again from the page of jobs has no row yet.
    Report.objects.get_or_create(
        pk=job.pk, defaults={"job": job, "period_from": period.start, "period_to": period.end, "created_by": job.created_by, "created_at": job.created_at}
    )
    progress.say(0, STEPS, _("Comptage des faits de la période"))
    snapshot: Snapshot = services.freeze(actor=job.created_by, period=period, job=job)
    done = 2
    progress.say(done, STEPS, _("Chiffres arrêtés"))

    def say(step: str) -> None:
        nonlocal done
        done = min(done + 1, STEPS - 1)
        progress.say(done, STEPS, step)

    language = job.parameters.get("language", "fr")
    content = pdf.render(snapshot, say, language=language)
    return Outcome(content=content, file_name=pdf.file_name(snapshot, language), result={"snapshot": snapshot.pk, "sha256": snapshot.sha256})
