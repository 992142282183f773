import uuid

from celery import shared_task

from . import services


@shared_task
def run_job(job_id: str) -> None:
    services.run(uuid.UUID(job_id))


@shared_task
def ring_waiting() -> int:
    return services.ring_waiting()


@shared_task
def heartbeat() -> None:
    services.beat_pulse()
