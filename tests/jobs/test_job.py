"""Long work is done once to the end, whatever happens to those who do it; and its pages say how far it is."""

import datetime
import uuid

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.utils import timezone

from audit.models import ReadLog
from centres.roles import Right
from jobs import services
from jobs.models import MOST_TRIES, ONE_AT_A_TIME, Job
from jobs.services import JobRefused, LeaseLost, Outcome, Progress

from .factories import TITLE, kind, make_job, nothing

pytestmark = pytest.mark.django_db


def ask(actor, name="essai", **values):
    return services.ask_for(actor=actor, kind=name, title=TITLE, parameters=values.pop("parameters", {}), **values)


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_a_job_is_done_and_leaves_its_file(persona):
    def work(progress: Progress) -> Outcome:
        progress.say(1, 3, "premier pas")
        assert fresh(progress.job).step == "premier pas"
        return Outcome(content=b"bonjour", file_name="salut.txt", result={"n": 3})

    with kind(work):
        job = ask(persona("steering.eu"))
        assert job.state == Job.State.QUEUED
        services.run(job.pk)
    job = fresh(job)
    assert (job.state, job.tries, job.done, job.total, job.result, job.file_name, job.lease) == (Job.State.DONE, 1, 3, 3, {"n": 3}, "salut.txt", None)
    assert job.file.read() == b"bonjour"


def test_rung_twice_it_is_done_once(persona):
    times = []
    with kind(lambda progress: times.append(1) or Outcome()):
        job = ask(persona("steering.eu"))
        services.run(job.pk)
        services.run(job.pk)
    assert len(times) == 1


def test_rung_while_another_worker_is_at_it(persona):
    times = []

    def work(progress: Progress) -> Outcome:
        times.append(1)
        services.run(progress.job.pk)  # the bell rings again in the middle
        return Outcome()

    with kind(work):
        job = ask(persona("steering.eu"))
        services.run(job.pk)
    assert (len(times), fresh(job).state, fresh(job).tries) == (1, Job.State.DONE, 1)


def lease_runs_out(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - datetime.timedelta(seconds=1))


class Killed(BaseException):
    """Stands for a worker killed in the middle: nothing of ours runs after it."""


def test_killed_in_the_middle_it_is_done_by_the_next(persona):
    times = []

    def work(progress: Progress) -> Outcome:
        times.append(1)
        progress.say(1, 2, "au milieu")
        if len(times) == 1:
            raise Killed
        return Outcome(content=b"tout", file_name="f")

    with kind(work):
        job = ask(persona("steering.eu"))
        with pytest.raises(Killed):
            services.run(job.pk)
        assert fresh(job).state == Job.State.RUNNING
        services.run(job.pk)  # its lease still holds: nobody takes it over yet
        assert len(times) == 1
        lease_runs_out(job)
        assert job in Job.objects.waiting()
        services.run(job.pk)
    assert (len(times), fresh(job).state, fresh(job).tries) == (2, Job.State.DONE, 2)


def test_a_worker_thought_dead_that_wakes_up_writes_nothing(persona):
    seen = []

    def work(progress: Progress) -> Outcome:
        if not seen:
            seen.append(progress)
            lease_runs_out(progress.job)
            services.run(progress.job.pk)  # another takes over, and ends it
            with pytest.raises(LeaseLost):
                progress.say(1, 2, "je me réveille")
            return Outcome(content=b"trop tard", file_name="late")
        return Outcome(content=b"le bon", file_name="good")

    with kind(work):
        job = ask(persona("steering.eu"))
        services.run(job.pk)
    assert (fresh(job).state, fresh(job).file_name, fresh(job).file.read()) == (Job.State.DONE, "good", b"le bon")


def test_interrupted_too_often_it_fails_with_words(persona):
    def work(progress: Progress) -> Outcome:
        raise Killed

    with kind(work):
        job = ask(persona("steering.eu"))
        for _try in range(MOST_TRIES):
            with pytest.raises(Killed):
                services.run(job.pk)
            lease_runs_out(job)
        services.run(job.pk)
    assert (fresh(job).state, fresh(job).lease) == (Job.State.FAILED, None)
    assert "interrompu trop souvent" in fresh(job).error


def test_failure_and_refusal_have_words(persona):
    def breaks(progress: Progress) -> Outcome:
        raise RuntimeError("postgresql://secret")

    def refuses(progress: Progress) -> Outcome:
        raise JobRefused("Il n’y a rien à imprimer.")

    for work, words in ((breaks, "Une erreur inattendue"), (refuses, "rien à imprimer")):
        with kind(work):
            job = ask(persona("steering.eu"))
            services.run(job.pk)
        assert fresh(job).state == Job.State.FAILED
        assert words in fresh(job).error
        assert "secret" not in fresh(job).error


def test_the_same_id_is_the_same_job(persona):
    key = uuid.uuid4()
    with kind(nothing):
        first = ask(persona("steering.eu"), id=key)
        assert ask(persona("steering.eu"), id=key) == first
        for actor, values in ((persona("steering.mme"), {}), (persona("steering.eu"), {"parameters": {"other": 1}})):
            with pytest.raises(JobRefused):
                ask(actor, id=key, **values)
    assert Job.objects.count() == 1


def test_cancelled_in_the_middle_the_worker_stops(persona):
    user = persona("steering.eu")

    def work(progress: Progress) -> Outcome:
        services.cancel(actor=user, job=progress.job)
        progress.say(1, 2, "encore un pas")
        raise AssertionError("must have stopped")

    with kind(work):
        job = ask(user)
        with pytest.raises(PermissionDenied):
            services.cancel(actor=persona("steering.mme"), job=job)
        services.run(job.pk)
    assert fresh(job).state == Job.State.CANCELLED


def test_retry_is_a_new_job_for_the_same(persona):
    old = make_job("steering.eu", state="failed")
    key = uuid.uuid4()
    new = services.retry(actor=persona("steering.eu"), job=old, id=key)
    assert services.retry(actor=persona("steering.eu"), job=old, id=key) == new  # a double click
    assert (new.pk, new.kind, new.parameters, new.state) == (key, old.kind, old.parameters, Job.State.QUEUED)
    assert fresh(old).state == Job.State.FAILED
    with pytest.raises(PermissionDenied):
        services.retry(actor=persona("steering.mme"), job=old, id=uuid.uuid4())
    with pytest.raises(JobRefused):
        services.retry(actor=persona("steering.eu"), job=new, id=uuid.uuid4())


def test_a_right_is_needed_to_ask_and_still_when_it_runs(persona):
    user = persona("agent.gao")
    with kind(nothing, right=Right.MAKE_REPORT):
        with pytest.raises(PermissionDenied):
            ask(user)
        job = ask(persona("steering.eu"))
        Job.objects.filter(pk=job.pk).update(created_by=user)  # as if the posting had ended meanwhile
        services.run(job.pk)
    assert fresh(job).state == Job.State.FAILED


def test_what_waits_is_rung_again(persona, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    with kind(nothing):
        waiting = ask(persona("steering.eu"))
    make_job("steering.eu")
    left = make_job("steering.eu", state="queued")
    Job.objects.filter(pk=left.pk).update(state="running", lease=uuid.uuid4(), lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert set(Job.objects.waiting()) == {waiting, left}


def test_a_pile_of_one_account_leaves_room_for_the_others(persona):
    """One worker at a time for an account, and turn about. The database holds it, also when two workers claim at the same moment."""
    order = []

    def work(progress: Progress) -> Outcome:
        order.append(progress.job)
        if len(order) == 1:
            services.run(pile[1].pk)  # another worker, rung for the next of the pile
            services.run(other.pk)
            assert [job.pk for job in Job.objects.next_turns()] == []  # the pile waits
        return Outcome()

    with kind(work):
        pile = [ask(persona("manager.gao")) for _n in range(4)]
        other = ask(persona("manager.kayes"))
        assert {job.pk for job in Job.objects.next_turns()} == {pile[0].pk, other.pk}
        services.run(pile[0].pk)
        assert [job.pk for job in order] == [pile[0].pk, other.pk]
        later = ask(persona("manager.bamako"))
        turns = Job.objects.next_turns()
        assert {job.pk: job.served is not None for job in turns} == {pile[1].pk: True, later.pk: False}
    with pytest.raises(IntegrityError, match=ONE_AT_A_TIME):
        Job.objects.filter(pk__in=[pile[1].pk, pile[2].pk]).update(state="running", lease=uuid.uuid4(), lease_until=timezone.now())


def test_what_was_left_behind_goes_first(persona):
    """It holds its account's place: nothing else of the account could be begun."""
    with kind(nothing):
        first, left = ask(persona("steering.eu")), ask(persona("steering.eu"))
        past = timezone.now() - datetime.timedelta(seconds=1)
        Job.objects.filter(pk=left.pk).update(state="running", lease=uuid.uuid4(), lease_until=past)
        assert [job.pk for job in Job.objects.next_turns()] == [left.pk]
        services.renew([left.pk, first.pk])  # too late: another may have it by now
        assert fresh(left).lease_until == past
        services.run(left.pk)
        assert [job.pk for job in Job.objects.next_turns()] == [first.pk]


def test_too_long_is_said_and_not_begun_again(persona):
    def work(progress: Progress) -> Outcome:
        raise SoftTimeLimitExceeded

    with kind(work):
        stopped, killed = ask(persona("steering.eu")), ask(persona("steering.mme"))
        services.run(stopped.pk)
        Job.objects.filter(pk=killed.pk).update(state="running", lease=uuid.uuid4(), lease_until=timezone.now())
        for _twice in range(2):
            services.end_overdue(str(killed.pk))
    for job in (stopped, killed):
        assert (fresh(job).state, fresh(job).lease) == (Job.State.FAILED, None)
        assert "plus de 10 minutes" in fresh(job).error
    assert not Job.objects.next_turns()


# --- pages -------------------------------------------------------------------------------------------------------


def test_list_shows_mine_only(as_user):
    mine, other = make_job("steering.eu"), make_job("steering.mme")
    page = as_user("steering.eu").get("/jobs/").content.decode()
    assert f"/jobs/{mine.pk}/" in page
    assert str(other.pk) not in page
    assert "encore rien demandé" in as_user("auditor").get("/jobs/").content.decode()


def test_page_of_a_running_job_renews_itself(as_user):
    job = make_job("steering.eu", state="queued")
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        state="running",
        lease=uuid.uuid4(),
        lease_until=now + datetime.timedelta(seconds=30),
        started_at=now - datetime.timedelta(seconds=10),
        done=5,
        total=20,
        step="Comptage des faits",
    )
    client = as_user("steering.eu")
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    for words in ("Comptage des faits", 'max="20"', 'value="5"', "Encore environ 3", '<noscript><meta http-equiv="refresh"', 'hx-trigger="every 2s"', "Annuler"):
        assert words in page
    part = client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Comptage des faits" in part
    assert "<html" not in part
    assert as_user("steering.mme").get(f"/jobs/{job.pk}/").status_code == 404


def test_page_of_a_finished_job_stands_still(as_user):
    job = make_job("steering.eu")
    page = as_user("steering.eu").get(f"/jobs/{job.pk}/").content.decode()
    assert f"/jobs/{job.pk}/file/" in page
    assert "hx-trigger" not in page
    assert "http-equiv" not in page


def test_download_is_for_the_one_who_asked_and_logged(as_user):
    job = make_job("steering.eu")
    answer = as_user("steering.eu").get(f"/jobs/{job.pk}/file/")
    assert b"".join(answer.streaming_content) == b"fini"
    assert answer["Content-Disposition"] == 'attachment; filename="essai.txt"'
    assert ReadLog.objects.filter(action="downloaded", rows=[str(job.pk)]).count() == 1
    assert as_user("steering.mme").get(f"/jobs/{job.pk}/file/").status_code == 404
    assert as_user("agent.gao").get(f"/jobs/{make_job('agent.gao').pk}/file/").status_code == 403  # has not the right of the kind
    assert as_user("steering.eu").get(f"/jobs/{make_job('steering.eu', state='queued').pk}/file/").status_code == 404


def test_cancel_and_retry_from_the_page(as_user):
    client = as_user("steering.eu")
    job = make_job("steering.eu", state="queued")
    assert client.post(f"/jobs/{job.pk}/retry/", {"id": uuid.uuid4()}).url == f"/jobs/{job.pk}/"  # goes on still
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 302
    assert fresh(job).state == Job.State.CANCELLED
    key = uuid.uuid4()
    for _click in range(2):
        assert client.post(f"/jobs/{job.pk}/retry/", {"id": key}).url == f"/jobs/{key}/"
    assert client.post(f"/jobs/{job.pk}/retry/", {"id": "nonsense"}).url == f"/jobs/{job.pk}/"
    assert Job.objects.filter(created_by__username="steering.eu").count() == 2


@pytest.mark.parametrize("rows", [1, 30])
def test_list_asks_the_database_the_same_however_long(as_user, rows, django_assert_max_num_queries):
    for _n in range(rows):
        make_job("steering.eu", state="queued")
    client = as_user("steering.eu")
    with django_assert_max_num_queries(12):
        page = client.get("/jobs/").content.decode()
    if rows > 25:
        following = page.split("?after=")[1].split('"')[0]
        assert client.get(f"/jobs/?after={following}").content.decode().count("<tr>") == rows - 25 + 1
