"""The report of a centre on one or two sheets, made by a job. Declared at start."""

import datetime

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from centres.access import may
from centres.models import Centre
from centres.roles import Right
from config import pdf
from jobs.services import JobRefused, Outcome, Progress, job_kind

from . import report_words
from .periods import Period
from .report import NoReport, Report, build
from .services.report import KIND

STEPS = 12  # counting, then what the printer says it does, then writing


def render(report: Report, say: pdf.Say = lambda step: None) -> bytes:
    """The PDF: French, tagged (PDF/UA-1), without a name."""
    with translation.override("fr"):
        context = {
            "report": report,
            "lines": report_words.lines(report),
            "tables": report_words.tables(report, nationalities=report_words.NATIONALITIES_ON_PAPER),
            "chart": report_words.chart(report) if report.now.occupancy else "",
            "made_at": timezone.now(),
            "fonts": pdf.font_faces(),
        }
        return pdf.render(render_to_string("reception/report_pdf.html", context), render_to_string("reception/report_pdf.css", context), say)


@job_kind(KIND, right=Right.MANAGE_CENTRE)
def make_report(progress: Progress) -> Outcome:
    """Counts and prints; made anew by each try, so that a worker that died leaves nothing half done."""
    asked = progress.job.parameters
    centre = Centre.objects.filter(code=asked["centre"]).first()
    # The kind's own right is had at any centre: it is this one's that counts.
    if centre is None or progress.job.created_by is None or not may(progress.job.created_by, Right.MANAGE_CENTRE, centre):
        raise JobRefused(_("Vous n’avez plus le droit de demander ce travail."))
    progress.say(0, STEPS, _("Comptage des faits de la période"))
    with translation.override("fr"):
        period = Period.of(asked["by"], datetime.date.fromisoformat(asked["on"]))
        try:
            report = build(centre, period)
        except NoReport as reason:
            raise JobRefused(str(reason)) from reason
    done = 1

    def say(step: str) -> None:
        nonlocal done
        done = min(done + 1, STEPS - 1)
        progress.say(done, STEPS, step)

    return Outcome(content=render(report, say), file_name=f"rapport-{centre.code}-{period.code}.pdf")
