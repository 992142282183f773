"""Sira as it runs: gunicorn, a Celery worker and beat as processes of their own, on a database copied from the template."""

import fcntl
import itertools
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from config.embedded import binary, die_with_parent
from config.run import as_application

from . import databases

ROOT = Path(__file__).resolve().parent.parent
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
_numbers = itertools.count(1)


def static_files() -> Path:
    """The static files as they are served, hashed and compressed: made once for a state of their sources, for all tests."""
    home = Path(os.environ["SIRA_HOME"])
    with (home / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        collect = [sys.executable, "-c", "from config import bootstrap; bootstrap.collect_static()"]
        subprocess.run(collect, cwd=ROOT, env={**os.environ, "SIRA_DEMO": "1", "SIRA_STATIC": str(home / "static")}, check=True, timeout=300)
    return home / "static"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """All processes of one Sira. Each has its own process group, so that a test may kill exactly one of them.

    `people`: how many the demonstration has. `include`: a module that the worker imports too. `environment`: settings that differ, such as
    SIRA_JOB_LEASE."""

    def __init__(self, folder: Path, *, people: int, redis_url: str | None = None, include: str = "", **environment: str):
        self.folder, self.include = folder, include
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = databases.own_name(f"stack{next(_numbers)}")
        databases.copy_template(self.database)
        self.environment = {
            **os.environ,
            "DATABASE_URL": with_database(os.environ["DATABASE_URL"], self.database),
            # A Redis database of its own: workers of other test processes must not answer.
            "REDIS_URL": redis_url or own_redis(os.environ["REDIS_URL"]),
            "SIRA_HOME": str(folder),
            "SIRA_STATIC": str(static_files()),
            "SIRA_FILES": str(folder / "files"),
            "SIRA_DEMO": "1",
            "SIRA_SECOND_FACTOR": "0",
            "SIRA_DEMO_PASSWORD": databases.PASSWORD,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_SECRET_KEY": "only-for-this-test-run-0123456789-0123456789",
            "PYTHONWARNINGS": "ignore:::celery.platforms",
            **environment,
        }
        self.processes: dict[str, subprocess.Popen] = {}
        if people:
            self.manage("demo_data", "--migrants", str(people), "--seed", "7")
        # As in `make run`: the programs enter as the application's role, which owns nothing.
        parts = urllib.parse.urlsplit(self.environment["DATABASE_URL"])
        self.role = f"sira_app_{self.database}"
        self.environment["SIRA_APP_DATABASE_URL"] = parts._replace(netloc=f"{self.role}:{secrets.token_urlsafe(16)}@{parts.hostname}:{parts.port}").geturl()
        self.manage("app_role")
        self.application = as_application(self.environment)

    def manage(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, name: str) -> None:
        """Starts "web", "worker" or "beat". It ends with us, should we be killed."""
        commands = {
            "web": f"gunicorn config.wsgi --bind 127.0.0.1:{self.port} --workers 1 --threads 4 --log-level warning --no-control-socket",
            "worker": "celery -q -A config worker --concurrency 1 --prefetch-multiplier 1 --loglevel warning --without-gossip --without-mingle"
            f"{f' -I {self.include}' if self.include else ''}",
            "beat": f"celery -q -A config beat --schedule {self.folder / 'beat'} --pidfile= --loglevel warning",
        }
        command = [sys.executable, "-m", *commands[name].split()]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.application,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def start_all(self) -> None:
        for name in ("web", "worker", "beat"):
            self.start(name)
        wait_until(self.answers, 60, f"the web server to answer; its log: {self.log('web')}")

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def answers(self) -> bool:
        return self._is_well("/healthz")

    def ready(self) -> bool:
        return self._is_well("/readyz")

    def _is_well(self, path: str) -> bool:
        try:
            return DIRECT.open(f"{self.url}{path}", timeout=5).status == 200
        except (URLError, OSError):
            return False

    def kill(self, name: str) -> None:
        """kill -9 of the process and all its children."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def kill_worker_child(self) -> int:
        """kill -9 of the pool's child that does the work; its parent lives on. Returns how many there were."""
        tasks = Path(f"/proc/{self.processes['worker'].pid}/task").glob("*/children")
        children = [int(child) for path in tasks for child in path.read_text().split()]
        for child in children:
            os.kill(child, signal.SIGKILL)
        return len(children)

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        databases.drop(self.database, self.role)


class OwnRedis:
    """A redis-server that a test may stop and start again, empty, at the same address."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [str(binary("redis-server")), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent(signal.SIGKILL))
        wait_until(self._answers, 10, "Redis to answer")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """kill -9: nothing it held is left."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, question, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{question}{query}"


def own_redis(url: str) -> str:
    """Another of Redis's sixteen databases, by worker and use."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)
    number = 1 + (worker * 5 + next(_numbers)) % 15
    return re.sub(r"/\d*$", "", url) + f"/{number}"


def wait_until(condition: Callable[[], object], seconds: float, what: str, step: float = 0.2) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(step)
    raise AssertionError(f"waited {seconds} s for {what}")


class Visitor:
    """Somebody at a screen far away: cookies, forms and JSON over real HTTP. Follows no redirect, so that each answer is seen."""

    class _NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments: Any) -> None:
            return None

    def __init__(self, url: str, username: str = "", password: str = databases.PASSWORD):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies, self._NoRedirect())
        self.token = ""
        if username:
            self.get("/accounts/login/")
            answer = self.post("/accounts/login/", {"login": username, "password": password})
            assert answer.status == 302, f"{username} cannot sign in: {answer.status}"
            self.get("/")

    def send(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> "Answer":
        headers = {"Accept-Language": "fr", "X-CSRFToken": self.token, "Referer": self.url}
        if content_type:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(f"{self.url}{path}", body, headers, method=method)
        try:
            with self._opener.open(request, timeout=60) as response:
                answer = Answer(response.status, response.read(), dict(response.headers))
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.read(), dict(error.headers))
        if found := re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.text):
            self.token = found[1]
        return answer

    def get(self, path: str) -> "Answer":
        return self.send("GET", path)

    def post(self, path: str, data: dict[str, Any]) -> "Answer":
        body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": self.token}, doseq=True)
        return self.send("POST", path, body.encode(), "application/x-www-form-urlencoded")

    def post_json(self, path: str, data: Any) -> "Answer":
        return self.send("POST", path, json.dumps(data, default=str).encode(), "application/json")


@dataclass(frozen=True)
class Answer:
    status: int
    content: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)
