"""Work that takes too long, for the worker of these tests."""

import re
import time

from jobs.services import Outcome, Progress, job_kind

SECONDS = 14  # longer than the time between two pulses, and than three leases


@job_kind("endless", minutes=SECONDS / 60)
def endless(progress: Progress) -> Outcome:
    """Says nothing, and hears when it is told to stop."""
    while True:
        time.sleep(0.1)


@job_kind("deaf", minutes=SECONDS / 60)
def deaf(progress: Progress) -> Outcome:
    """Hears nothing: one call that holds the whole interpreter, as a hostile pattern does, and swallows what it is told."""
    while True:
        try:
            re.match(r"(a+)+$", "a" * 25 + "b")
        except BaseException:
            continue


@job_kind("short")
def short(progress: Progress) -> Outcome:
    return Outcome()
