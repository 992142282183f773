"""The embedded servers and the start of `make run`, with real processes: started, shared, killed, damaged."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
import redis

from config import embedded
from config.embedded import Postgres, Redis, ServiceError, services

ROOT = Path(embedded.__file__).resolve().parent.parent
HOLD = """
import sys
from pathlib import Path
from embedded import Postgres  # without the rest of `config`, which takes a second to import
print(Postgres(Path(sys.argv[1]), fast=True).hold(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SIRA_HOME", "PORT", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)


def new_home() -> Path:
    """A SIRA_HOME that the server's own user can reach."""
    path = Path(tempfile.mkdtemp(prefix="sira-test-"))
    path.chmod(0o755)
    return path


def remove(path: Path) -> None:
    for kind in embedded.SERVICES:
        kind(path).wipe()
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def made_home() -> Iterator[Path]:
    """One home whose database is made once, to copy from: making one takes longer than most tests here."""
    path = new_home()
    service = Postgres(path, fast=True)
    service.hold()
    service.release()
    yield path
    remove(path)


@pytest.fixture
def home(made_home: Path) -> Iterator[Path]:
    """A home in which both servers have run before."""
    path = new_home()
    subprocess.run(["cp", "-a", f"{made_home}/.", str(path)], check=True)
    yield path
    remove(path)


@pytest.fixture
def empty_home() -> Iterator[Path]:
    """A home in which nothing has run yet."""
    path = new_home()
    yield path
    remove(path)


def query(url: str, sql: str) -> object:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def eventually(true: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def answers(url: str) -> bool:
    try:
        return query(url, "SELECT 1") == 1
    except psycopg2.OperationalError:
        return False


def server_pid(home: Path) -> int:
    place = Postgres(home)._state().get("place") or home / "postgres" / "server"
    return int((Path(place) / "data" / "postmaster.pid").read_text().split()[0])


def hold_in_another_process(home: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD, str(home)]
    return subprocess.Popen(command, cwd=ROOT / "config", stdin=pipe, stdout=pipe, text=True)


def test_both_servers_start_work_and_stop(empty_home: Path) -> None:
    with services(empty_home, fast=True) as urls:
        assert query(urls["DATABASE_URL"], "SHOW server_encoding") == "UTF8"
        assert query(urls["DATABASE_URL"], "SELECT lower('ÉLÈVE Ŋ')") == "élève ŋ"
        assert redis.Redis.from_url(urls["REDIS_URL"]).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert embedded.service_urls(empty_home) == urls
        pid = server_pid(empty_home)
    assert embedded.service_urls(empty_home) is None
    assert not embedded._alive(pid)


def test_a_server_of_the_environment_is_used_instead(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/sira")
    monkeypatch.setenv("REDIS_URL_FILE", "/run/secrets/redis_url")
    with services(empty_home, fast=True) as urls:
        assert urls == {}
    assert list(empty_home.iterdir()) == []


def test_strangers_on_the_machine_are_kept_out(home: Path) -> None:
    with services(home, fast=True) as urls:
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(urls["DATABASE_URL"].replace("sira:", "sira:x", 1))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(urls["REDIS_URL"].replace("redis://:", "redis://:x")).ping()
        password = Postgres(home)._state()["password"]
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                assert password.encode() not in entry.read_bytes()
        assert (home / "postgres" / "state.json").stat().st_mode & 0o077 == 0


def test_the_last_user_stops_the_server(home: Path) -> None:
    first, second = Postgres(home, fast=True), Postgres(home, fast=True)
    url = first.hold()
    assert second.hold() == url
    first.release()
    assert answers(url)
    second.release()
    assert second.running_url() is None


def test_two_who_start_at_once_share_one_server(home: Path) -> None:
    users = [hold_in_another_process(home) for _ in range(3)]
    urls = {user.stdout.readline() for user in users}
    assert len(urls) == 1
    for user in users:
        user.communicate()
    assert eventually(lambda: Postgres(home).running_url() is None)


def test_a_killed_user_leaves_nothing_running(home: Path) -> None:
    user = hold_in_another_process(home)
    assert user.stdout.readline()
    pid = server_pid(home)
    user.kill()
    user.communicate()
    assert eventually(lambda: not embedded._alive(pid) and Postgres(home).running_url() is None)


@pytest.mark.parametrize("kind", [Postgres, Redis])
def test_a_killed_server_comes_back_at_its_address_with_its_data(kind: type, home: Path) -> None:
    service = kind(home)
    url = service.hold()
    try:
        if kind is Postgres:
            query(url, "CREATE TABLE kept AS SELECT 7 AS n")
            os.kill(server_pid(home), signal.SIGKILL)
            assert eventually(lambda: answers(url) and query(url, "SELECT n FROM kept") == 7)
        else:
            client = redis.Redis.from_url(url)
            client.set("kept", 7)
            time.sleep(1.1)  # appendfsync everysec
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
            assert eventually(lambda: _kept(url) == b"7")
    finally:
        service.release()


def _kept(url: str) -> object:
    try:
        return redis.Redis.from_url(url).get("kept")
    except redis.RedisError:
        return None


def test_after_everything_was_killed_the_next_start_works(home: Path) -> None:
    service = Postgres(home)
    url = service.hold()
    query(url, "CREATE TABLE kept AS SELECT 7 AS n")
    pid = server_pid(home)
    os.kill(service._state()["guardian"], signal.SIGKILL)
    assert eventually(lambda: not embedded._alive(pid)), "the server outlived its guardian"
    assert service.ensure() == url
    assert query(url, "SELECT n FROM kept") == 7
    service.release()


def test_a_stale_note_of_a_server_is_no_obstacle(home: Path) -> None:
    data = home / "postgres" / "server" / "data"
    # The number of a living process that isn't a server of ours: PostgreSQL would stumble over it.
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n\n127.0.0.1\n1 1\nready\n")
    with services(home, fast=True) as urls:
        assert answers(urls["DATABASE_URL"])


def test_half_a_database_of_a_killed_first_start_is_made_anew(home: Path) -> None:
    place = home / "postgres" / "server"
    (place / "data").rename(place / "data.new")
    (place / "data.new" / "global" / "pg_control").unlink()
    with services(home, fast=True) as urls:
        assert answers(urls["DATABASE_URL"])
    assert not (place / "data.new").exists()


def test_damaged_data_are_named_in_one_line_and_left_alone(home: Path) -> None:
    control = home / "postgres" / "server" / "data" / "global" / "pg_control"
    control.rename(control.with_suffix(".lost"))
    with pytest.raises(ServiceError) as caught:
        Postgres(home, fast=True).hold()
    assert "n’est pas une base PostgreSQL entière" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert control.with_suffix(".lost").exists()


def test_a_full_disk_is_named_before_anything_starts(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        free = 499_000_000

    service = Postgres(empty_home, fast=True)
    service.directory.mkdir()
    monkeypatch.setattr(embedded.shutil, "disk_usage", lambda _path: Full)
    with pytest.raises(ServiceError, match="Moins de 500 Mo libres"):
        service._prepare()
    assert not (service.place / "data").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_may_not_be_written_is_one_line(empty_home: Path) -> None:
    empty_home.chmod(0o555)
    with pytest.raises(ServiceError, match="Impossible d’écrire"):
        Postgres(empty_home).hold()
    empty_home.chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_below_a_folder_only_root_may_enter(empty_home: Path) -> None:
    empty_home.chmod(0o700)
    with services(empty_home, fast=True) as urls:
        query(urls["DATABASE_URL"], "CREATE TABLE kept AS SELECT 7 AS n")
        place = Path(Postgres(empty_home)._state()["place"])
        assert place.is_relative_to(embedded.FAR)
        assert place.stat().st_mode & 0o077 == 0
        assert Path(f"/proc/{server_pid(empty_home)}").stat().st_uid != 0
    with services(empty_home, fast=True) as urls:
        assert query(urls["DATABASE_URL"], "SELECT n FROM kept") == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's data may lie outside SIRA_HOME")
def test_a_copied_home_does_not_share_its_data(empty_home: Path) -> None:
    empty_home.chmod(0o700)
    copy = empty_home.with_name(empty_home.name + "-copy")
    with services(empty_home, fast=True) as urls:
        shutil.copytree(empty_home, copy)
        copy.chmod(0o700)
        try:
            other = Postgres(copy, fast=True)
            assert other.hold() != urls["DATABASE_URL"]
            assert answers(urls["DATABASE_URL"])
            other.release()
            assert other._state()["place"] != Postgres(empty_home)._state()["place"]
            other.wipe()
        finally:
            Redis(copy).directory.joinpath("state.json").unlink(missing_ok=True)
            shutil.rmtree(copy)


def run_sira(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "config.run"]
    variables = {**os.environ, "SIRA_HOME": str(home), **environment}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize(
    ("port", "line"),
    [("99999", "PORT doit être un nombre de 1 à 65535"), ("huit", "pas « huit »"), ("0", "PORT doit être")],
)
def test_a_wrong_port_is_one_line(empty_home: Path, port: str, line: str) -> None:
    done = run_sira(empty_home, PORT=port)
    assert done.returncode == 1
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_taken_port_is_one_line_and_nothing_starts(empty_home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run_sira(empty_home, PORT=str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "est déjà pris" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (empty_home / "postgres").exists()


def test_a_second_make_run_is_told_where_the_first_answers(empty_home: Path) -> None:
    lock = embedded._lock(empty_home / "run.lock", embedded.fcntl.LOCK_EX)
    os.write(lock, b"http://127.0.0.1:8765")
    done = run_sira(empty_home, PORT="8766")
    os.close(lock)
    assert done.returncode == 1
    assert done.stderr == "Sira tourne déjà : http://127.0.0.1:8765\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_a_home_closed_to_its_server_later_is_named_and_left_alone(home: Path) -> None:
    home.chmod(0o700)
    with pytest.raises(ServiceError, match="ne peut plus entrer"):
        Postgres(home, fast=True).hold()
    assert (home / "postgres" / "server" / "data" / "PG_VERSION").exists()


def test_the_server_writes_no_row_and_no_statement_down(home: Path) -> None:
    with services(home, fast=True) as urls:
        url = urls["DATABASE_URL"]
        query(url, "CREATE TABLE people (name text CHECK (name <> 'Canaridiarra'), phone text UNIQUE)")
        query(url, "INSERT INTO people VALUES ('a', 'Canarimariam')")
        for sql in (
            "INSERT INTO people VALUES ('Canaridiarra', '76543219')",
            "INSERT INTO people VALUES ('b', 'Canarimariam')",
            "SELECT 'Canaridiarra'::uuid",
            "SELECT Canaridiarra",
            "DO $$ BEGIN RAISE EXCEPTION 'Canaridiarra'; END $$",
            "DO $$ BEGIN RAISE WARNING 'Canaridiarra'; END $$; SELECT 1",
            "SET log_min_messages = debug5; SELECT 1",
        ):
            with suppress(psycopg2.Error):
                query(url, sql)
        assert query(url, "SHOW log_error_verbosity") == "terse"
    log = (home / "logs" / "postgres.log").read_text(errors="replace") if (home / "logs" / "postgres.log").exists() else Postgres(home).log.read_text(errors="replace")
    assert "ready to accept connections" in log
    assert "Canari" not in log and "76543219" not in log
