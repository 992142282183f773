import uuid

from celery import Task, shared_task

from . import services


class JobTask(Task):
    Request = "jobs.worker:JobRequest"


@shared_task(base=JobTask)
def run_job(job_id: str) -> None:
    services.run(uuid.UUID(job_id))
    services.ring_waiting()  # this worker is free: whose turn is it?


@shared_task
def ring_waiting() -> int:
    return services.ring_waiting()


@shared_task
def heartbeat() -> None:
    services.beat_pulse()
