"""The server is lost in the middle of work: what was answered is there again, from the backup and on the replica (docs/runbook.md).

Real PostgreSQL that writes safely, real work over HTTP, kill -9 of the whole server, its folder gone."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from django.core.management import CommandError, call_command

from config import backup
from config.embedded import Postgres, binary
from tests import databases
from tests.config.test_embedded import new_home, remove
from tests.stack import DIRECT, ROOT, Visitor, free_port, static_files, wait_until, with_database

BUDGET = 15 * 60  # seconds from the decision to restore until people may work again
KEYS = {"DJANGO_SECRET_KEY": "a-key-of-this-test-0123456789-0123456789-abcdef", "SIRA_FIELD_KEY": "another-key-of-this-test"}


def sql(url: str, statement: str, *values: object) -> list[tuple]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@dataclass
class Sira:
    """A server with safe writes, its web server, and those who work at it."""

    home: Path
    postgres: Postgres
    url: str = ""
    port: int = 0
    web: subprocess.Popen | None = None
    answered: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SIRA_HOME")}
        return {**kept, **KEYS, "SIRA_HOME": str(self.home), "SIRA_DEMO": "1", "SIRA_SECOND_FACTOR": "0", "SIRA_STATIC": str(static_files())}

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment | environment, capture_output=True, text=True, timeout=BUDGET, check=False
        )

    def start(self) -> None:
        """The reference data of the tests in a database of its own, and the web server before it."""
        self.url = self.postgres.hold()
        template = with_database(os.environ["DATABASE_URL"], databases.template_name())
        dump = subprocess.run([binary("pg_dump"), "--format=custom", "--no-owner", "--dbname", template], capture_output=True, check=True)
        subprocess.run([binary("pg_restore"), "--no-owner", "--dbname", self.url], input=dump.stdout, check=True)
        self.port = free_port()
        command = f"gunicorn config.wsgi --bind 127.0.0.1:{self.port} --workers 1 --threads 6 --log-level critical --no-control-socket"
        self.web = subprocess.Popen(
            [sys.executable, "-m", *command.split()], cwd=ROOT, env=self.environment | {"DATABASE_URL": self.url}, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, 60, "the web server")

    def _answers(self) -> bool:
        with suppress(OSError):
            return DIRECT.open(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status == 200
        return False

    def visitor(self, who: str) -> Visitor:
        return Visitor(f"http://127.0.0.1:{self.port}", who)

    def work(self, visitor: Visitor, centre: str) -> None:
        """Registers people until nothing answers any more; keeps the keys of those for whom "registered" was said."""
        with suppress(OSError, http.client.HTTPException):
            while not self.over.is_set():
                key = str(uuid.uuid4())
                person = {"id": key, "centre": centre, "surname": f"Xq{key[:6]}", "given_names": "Awa", "sex": "female", "born_on": "1990-12-31"}
                person |= {"birth_precision": "year", "nationality": "ML", "consent_method": "signed", "consent_purposes": ["registration"]}
                answer = visitor.post_json("/api/v1/migrants/", person)
                if answer.status == 201:
                    self.answered.append(key)
                else:
                    self.refused.append(answer.text[:300])

    def lose(self) -> None:
        """kill -9 of every process of the server and of the web server; then the disk is gone."""
        guardian, data = self.postgres._state()["guardian"], self.data
        os.kill(guardian, signal.SIGSTOP)  # it would start the server again
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if entry.joinpath("cwd").readlink() == data:
                    os.kill(int(entry.name), signal.SIGKILL)
        os.kill(guardian, signal.SIGKILL)
        self.over.set()
        assert self.web is not None
        self.web.kill()
        self.web.wait(20)
        remove(self.home)

    @property
    def data(self) -> Path:
        return Path(self.postgres._state().get("place") or self.home / "postgres" / "server") / "data"


@pytest.fixture
def sira(django_db_setup) -> Iterator[Sira]:
    home = new_home()
    one = Sira(home, Postgres(home))
    yield one
    if one.web is not None and one.web.poll() is None:
        one.web.kill()
    if home.exists():
        remove(home)


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sira-backup-"))
    yield folder
    shutil.rmtree(folder)


@contextmanager
def replica_of(url: str) -> Iterator[str]:
    """A streaming replica, as on the second machine: its address."""
    home, port = new_home(), free_port()
    second = Postgres(home)
    second.directory.mkdir(parents=True)
    second._settle()  # its own folder, and a user that may run a server
    environment = backup._connection(url) | {"PGAPPNAME": "sira_replica"}
    copy = [binary("pg_basebackup"), "-D", second.data, "--checkpoint=fast", "--write-recovery-conf", "--slot=sira_replica", "--create-slot"]
    subprocess.run(copy, env=environment, check=True, capture_output=True)
    backup._give_to(second.data, second.identity)
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": 100}
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([second.programs / "postgres", "-D", second.data, *flags], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **second.identity)
    parts = urllib.parse.urlsplit(url)
    try:
        yield parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(20)
        remove(home)


def kept(url: str, keys: list[str]) -> int:
    return sql(url, "SELECT count(*) FROM cases_migrant WHERE id = ANY(%s::uuid[])", keys)[0][0]


def test_a_server_lost_in_the_middle_of_work(sira, place):
    """Base backup, files, every write since; a replica beside. Both are waited for, so that one loss shows both ways back."""
    sira.start()
    photo = sira.home / "files" / "photos" / "one.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"before")
    follow = subprocess.Popen(
        [sys.executable, "manage.py", "backup", str(place), "--follow"], cwd=ROOT, env=sira.environment | {"DATABASE_URL": sira.url}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert follow.stdout is not None
        assert "faite et vérifiée" in follow.stdout.readline()
        with replica_of(sira.url) as replica:
            sql(sira.url, "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 2 (sira_replica, sira_backup)'")
            sql(sira.url, "SELECT pg_reload_conf()")
            wait_until(lambda: sql(sira.url, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == [(2,)], 30, "both to receive")
            (photo.parent / "two.jpg").write_bytes(b"since")
            shifts = (("agent.gao", "GAO"), ("agent.kayes", "KAY"), ("agent.bamako", "BKO"))
            workers = [threading.Thread(target=sira.work, args=(sira.visitor(who), centre), daemon=True) for who, centre in shifts]
            for worker in workers:
                worker.start()
            wait_until(lambda: len(sira.answered) >= 15 or sira.refused, 60, "people at work")
            assert not sira.refused, sira.refused[:2]
            wait_until(lambda: len(list(place.glob("*Z/files/photos/*.jpg"))) == 2, 20, "the new file to be copied")
            sira.lose()
            for worker in workers:
                worker.join(30)
            begun = time.monotonic()
            sql(replica, "SELECT pg_promote()")
            assert kept(replica, sira.answered) == len(sira.answered)
            promoted = time.monotonic() - begun
    finally:
        follow.send_signal(signal.SIGTERM)
        follow.wait(30)

    home = new_home()
    second = Sira(home, Postgres(home))
    try:
        second.postgres.hold()  # there is a database already: it goes aside when that is asked for, and is not erased
        second.postgres.release()
        refused = second.manage("restore", str(place))
        assert (refused.returncode, "Il y a déjà une base" in refused.stderr) == (1, True), refused.stderr
        begun = time.monotonic()
        done = second.manage("restore", str(place), "--replace")
        restored = time.monotonic() - begun
        assert done.returncode == 0, done.stderr
        assert "Chaîne intacte" in done.stdout
        assert list(second.data.parent.glob("data.before-*"))
        url = second.postgres.hold()
        assert kept(url, sira.answered) == len(sira.answered)
        assert (home / "files" / "photos" / "two.jpg").read_bytes() == b"since"
        sql(url, "CREATE TABLE goes_on ()")  # it waits for no neighbour of the old one
        print(f"{len(sira.answered)} answered; promoted in {promoted:.1f} s, restored and verified in {restored:.1f} s")
        assert restored < BUDGET
    finally:
        remove(home)


def refusal(command: str, *arguments: object) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(command, *map(str, arguments))
    return str(refused.value)


def test_what_cannot_be_done_is_said_and_nothing_is_left(sira, place, tmp_path, settings, monkeypatch):
    settings.DATABASE_URL, settings.BACKUP_KEYS, settings.SIRA_HOME = sira.postgres.hold(), KEYS, sira.home
    strange, keys = tmp_path / "strange", tmp_path / "keys.json"
    strange.mkdir()
    (strange / "thesis.docx").touch()
    assert "contient autre chose" in refusal("backup", strange)
    assert "Les clés ne vont jamais avec la sauvegarde" in refusal("backup", place, "--keys", place / "keys.json")
    assert "Dites dans quel dossier" in refusal("backup")
    call_command("backup", "--keys", str(tmp_path / "alone.json"))
    assert "existe déjà" in refusal("backup", "--keys", tmp_path / "alone.json")
    assert "plus grands que zéro" in refusal("backup", place, "--keep", 0)
    settings.DATABASE_URL, right = settings.DATABASE_URL.replace("sira:", "sira:wrong"), settings.DATABASE_URL
    assert "password" in refusal("backup", place)
    assert list(place.iterdir()) == []

    settings.DATABASE_URL = right
    call_command("backup", str(place), "--keys", str(keys))
    assert json.loads(keys.read_text()) == KEYS
    assert keys.stat().st_mode & 0o077 == 0
    everything = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    assert not any(key.encode() in everything for key in KEYS.values())
    assert "donnez son dossier de données" in refusal("restore", place)  # somebody else's server
    monkeypatch.delenv("DATABASE_URL")
    assert "Sira tourne" in refusal("restore", place, "--replace")

    home = new_home()
    settings.SIRA_HOME, settings.MEDIA_ROOT = home, home / "files"
    try:
        assert "n’est pas un dossier" in refusal("restore", place / "nowhere")
        assert "Aucune sauvegarde entière" in refusal("restore", strange)
        settings.BACKUP_KEYS = KEYS | {"SIRA_FIELD_KEY": "not-this-one"}
        assert "SIRA_FIELD_KEY n’est pas la clé de cette sauvegarde" in refusal("restore", place)
        settings.BACKUP_KEYS = {"DJANGO_SECRET_KEY": "of a new machine", "SIRA_FIELD_KEY": KEYS["SIRA_FIELD_KEY"]}
        assert "DJANGO_SECRET_KEY n’est pas" in refusal("restore", place)
        monkeypatch.setenv("SIRA_FIELD_KEY", KEYS["SIRA_FIELD_KEY"])
        (base,) = backup.bases(place)
        with (base.data / "PG_VERSION").open("a") as file:
            file.write("x")
        assert "La sauvegarde est abîmée" in refusal("restore", place, "--keys", keys)
        assert (home / "secret_key").read_text() == KEYS["DJANGO_SECRET_KEY"]
        assert not list((home / "postgres").rglob("data*"))
    finally:
        remove(home)


def test_old_backups_go_and_what_they_needed(sira, place, settings):
    """The last ones stay; a file that did not change is there once; what was interrupted is no backup."""
    settings.DATABASE_URL, settings.BACKUP_KEYS, settings.MEDIA_ROOT = sira.postgres.hold(), KEYS, sira.home / "files"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "photo").write_bytes(b"1")
    (place / "2020-01-01T000000Z").mkdir()
    (place / ".2020-01-01T000000Z.part").mkdir()
    for _night in range(3):
        call_command("backup", str(place), "--keep", "2")
        time.sleep(1.1)  # they are named by the second
    older, newer = backup.bases(place)
    assert {path.name for path in place.iterdir()} == {older.folder.name, newer.folder.name}
    assert (older.files / "photo").samefile(newer.files / "photo")
