"""Sira as it runs: gunicorn, a Celery worker and beat as processes of their own, on a database copied from the template."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from . import databases

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """All processes of one Sira. Each has its own process group, so that a test may kill exactly one of them."""

    def __init__(self, folder: Path, *, people: int, redis_url: str | None = None):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = databases.own_name("stack")
        databases.copy_template(self.database)
        self.environment = {
            **os.environ,
            "DATABASE_URL": with_database(os.environ["DATABASE_URL"], self.database),
            # A Redis database of its own: workers of other test processes must not answer.
            "REDIS_URL": redis_url or own_redis(os.environ["REDIS_URL"]),
            "SIRA_HOME": str(folder),
            "SIRA_STATIC": str(folder / "static"),
            "SIRA_FILES": str(folder / "files"),
            "SIRA_DEMO": "1",
            "SIRA_SECOND_FACTOR": "0",
            "SIRA_DEMO_PASSWORD": databases.PASSWORD,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_SECRET_KEY": "only-for-this-test-run-0123456789-0123456789",
        }
        self.processes: dict[str, subprocess.Popen] = {}
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        if people:
            self.manage("demo_data", "--migrants", str(people), "--seed", "7")

    def manage(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, name: str) -> None:
        commands = {
            "web": [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "4", "--log-level", "warning"],
            "worker": [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--prefetch-multiplier", "1", "--loglevel", "warning"],
            "beat": [sys.executable, "-m", "celery", "-A", "config", "beat", "--schedule", str(self.folder / "beat"), "--pidfile=", "--loglevel", "warning"],
        }
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(commands[name], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def start_all(self) -> None:
        for name in ("web", "worker", "beat"):
            self.start(name)
        wait_until(self.answers, 60, "the web server to answer")

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200
        except (URLError, OSError):
            return False

    def ready(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=3).status == 200
        except (URLError, OSError):
            return False

    def kill(self, name: str) -> None:
        """kill -9 of the process and all its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def kill_worker_child(self) -> None:
        """kill -9 of the pool's child that does the work; its parent lives on."""
        children = Path(f"/proc/{self.processes['worker'].pid}/task/{self.processes['worker'].pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        for process in self.processes.values():
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        databases.drop(self.database)


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, question, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{question}{query}"


_REDIS_DATABASES = iter(range(1, 16))


def own_redis(url: str) -> str:
    """Another of Redis's sixteen databases, by worker and use."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)
    number = 1 + (worker * 5 + next(_REDIS_DATABASES)) % 15
    if url.startswith("unix:") or url.startswith("redis+socket:"):
        base = re.sub(r"[?&](db|virtual_host)=\d+", "", url)
        name = "virtual_host" if url.startswith("redis+socket:") else "db"
        return f"{base}{'&' if '?' in base else '?'}{name}={number}"
    return re.sub(r"/\d*$", "", url) + f"/{number}"


def wait_until(condition, seconds: float, what: str, step: float = 0.2) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(step)
    raise AssertionError(f"waited {seconds} s for {what}")
