"""What goes wrong in a centre: power, memory, a line that drops. Real processes are killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import OwnRedis, Stack

HERE = Path(__file__).resolve().parent
LEASE = 4  # seconds; in real life it is thirty


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    redis = OwnRedis(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture(scope="session")
def fragile(own_redis: OwnRedis, django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole Sira whose parts the tests may kill."""
    running = Stack(tmp_path_factory.mktemp("fragile"), people=25, redis_url=own_redis.url, include="tests.faults.kinds", SIRA_JOB_LEASE=str(LEASE), SIRA_JOB_GRACE="2")
    try:
        running.start_all()
        yield running
    finally:
        running.stop()
