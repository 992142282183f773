"""`make run`: everything Sira needs, on this machine, until Ctrl-C.

Starts PostgreSQL and Redis (`config.embedded`), migrates, loads the logframe and the demonstration data, then
keeps the web server, the Celery worker and beat running. Every process it starts carries SIRA_RUN in its
environment, so that one which outlives a killed `make run` is found and ended by the next.
"""

import fcntl
import json
import logging
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from config.embedded import (
    SERVICES,
    Service,
    ServiceError,
    die_with_parent,
    given,
    home_directory,
    port_is_free,
)

ROOT = Path(__file__).resolve().parent.parent
LOG_BYTES = 5_000_000
STOP_SECONDS = 20  # a page or a step of a job has this long to end
READY_SECONDS = 120
LONGEST_PAUSE = 30.0
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START = time.monotonic()
APP_ROLE, APP_VARIABLE = "sira_app", "SIRA_APP_DATABASE_URL"
COMMANDS = """
import json, os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
for command in json.loads(sys.argv[1]):
    execute_from_command_line(["manage.py", *command])
"""
ACCOUNTS = (
    "agent.kayes  agent.bamako  agent.gao",
    "manager.kayes  manager.bamako  manager.gao",
    "health.gao  protection  flows  outreach  auditor",
    "returns.bamako  returns.gao",
    "reintegration.kayes  reintegration.bamako",
    "me.iom  me.iom2  me.aecid  me.aecid2",
    "steering.mme  steering.eu",
    "admin  admin2",
)


class Stopped(Exception):
    """Ctrl-C or SIGTERM arrived."""


def say(line: str) -> None:
    """One line for the person at the terminal, who may have gone away."""
    with suppress(OSError):
        print(line, flush=True)


class Program:
    """One long-lived process: started, listened to, restarted when it dies, stopped with all its children."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], logs: Path) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.process: subprocess.Popen[bytes] | None = None
        self.pause, self.started, self.restart_at = 1.0, 0.0, 0.0
        self._rest = b""
        self._log = logging.getLogger(f"run.{name}")
        self._log.propagate = False
        self._log.setLevel(logging.INFO)
        self._log.addHandler(RotatingFileHandler(logs / f"{name}.log", maxBytes=LOG_BYTES, backupCount=3))

    def start(self, selector: selectors.BaseSelector) -> None:
        """Start it in a session of its own, tied to our life, and listen to what it says."""
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the others in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        selector.register(self.process.stdout, selectors.EVENT_READ, self)
        self.started = time.monotonic()

    def forward(self, selector: selectors.BaseSelector) -> None:
        """Pass on the whole lines it has said so far."""
        assert self.process is not None and self.process.stdout is not None
        chunk = self.process.stdout.read(65536)
        if chunk == b"":
            selector.unregister(self.process.stdout)
            self.process.stdout.close()
        *lines, self._rest = (self._rest + (chunk or b"\n")).split(b"\n")
        for line in filter(None, lines):
            text = line.decode(errors="replace")
            self._log.info(text)
            say(f"{self.name:>6} | {text}")

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Start it again after a pause that doubles while it keeps dying young."""
        now = time.monotonic()
        if self.process is not None:
            if self.process.poll() is None:
                return
            self._kill_group()  # its children, should they have outlived it
            young = now - self.started < 60
            self.pause = min(self.pause * 2, LONGEST_PAUSE) if young else 1.0
            self.restart_at = now + self.pause
            code = self.process.returncode
            say(f"{self.name} s’est arrêté (code {code}) ; redémarrage dans {self.pause:.0f} s.")
            self.process = None
        if now >= self.restart_at:
            self.start(selector)

    def stop(self, keep_listening: Callable[[float], None]) -> None:
        """Ask, wait, then kill what is left of its group."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        end = time.monotonic() + STOP_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            keep_listening(0.1)
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def end_leftovers(home: Path) -> None:
    """Kill what an earlier `make run` on this home left behind when it was itself killed."""
    mark = f"SIRA_RUN={home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(entry.name) != os.getpid() and mark in entry.joinpath("environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)


def only_instance(home: Path, address: str) -> None:
    """Hold the lock of `make run` until this process ends; a second one is told where the first answers."""
    lock = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        running = os.read(lock, 200).decode() or address
        raise ServiceError(f"Sira tourne déjà : {running}") from None
    os.ftruncate(lock, 0)
    os.write(lock, address.encode())


def port_number() -> int:
    """PORT from the environment."""
    text = os.environ.get("PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ServiceError(f"PORT doit être un nombre de 1 à 65535, pas « {text} ».")
    return int(text)


def environment_for(home: Path, address: str, urls: dict[str, str]) -> dict[str, str]:
    """What every process of Sira finds in its environment."""
    environment = os.environ | urls
    environment.setdefault("SIRA_URL", address)
    environment |= {"SIRA_HOME": str(home), "SIRA_RUN": str(home), "PYTHONUNBUFFERED": "1"}
    environment["PYTHONWARNINGS"] = "ignore:::celery.platforms"  # root is root's choice on a trial machine
    environment.setdefault("SIRA_DEMO", "1")
    environment.setdefault("SIRA_DEMO_PASSWORD", "sira-demo")
    environment.setdefault("SIRA_DEMO_SIZE", "1500")
    return environment


def app_database_url(owner: str) -> str:
    """The same database, entered as the application's own role, whose password is drawn at each start (`manage.py app_role` sets it)."""
    parts = urllib.parse.urlsplit(owner)
    return parts._replace(netloc=f"{APP_ROLE}:{secrets.token_urlsafe(24)}@{parts.hostname}:{parts.port}").geturl()


def as_application(environment: dict[str, str]) -> dict[str, str]:
    """What the web server and the worker find: the database as the application's role, and no word of its owner."""
    return {name: value for name, value in environment.items() if name != APP_VARIABLE} | {"DATABASE_URL": environment.get(APP_VARIABLE) or environment["DATABASE_URL"]}


def preparations(environment: dict[str, str]) -> list[list[str]]:
    """The commands of `manage.py` that come before the first page, as the owner of the database."""
    commands = [["migrate", "--verbosity", "0"], ["load_logframe"], ["load_questionnaires"], ["refresh_names"]]
    if environment.get(APP_VARIABLE):
        commands.append(["app_role", "--verbosity", "0"])
    if environment["SIRA_DEMO"] != "0":
        size = environment["SIRA_DEMO_SIZE"]
        commands.append(["demo_data", "--if-empty", "--migrants", size, "--seed", "1"])
    return commands


def programs(port: int, home: Path, environment: dict[str, str]) -> list[Program]:
    """The processes that serve, in the order in which they start (and stop)."""
    commands = {
        "web": f"gunicorn config.wsgi --bind 127.0.0.1:{port} --workers 2 --threads 4 --preload --timeout 60"
        " --graceful-timeout 10 --max-requests 20000 --max-requests-jitter 2000 --log-level warning"
        " --no-control-socket",
        "worker": "celery -q -A config worker --concurrency 2 --prefetch-multiplier 1 --loglevel WARNING --without-gossip --without-mingle",
        "beat": "celery -q -A config beat --pidfile= --loglevel WARNING",
    }
    commands_of = {name: [sys.executable, "-m", *command.split()] for name, command in commands.items()}
    commands_of["beat"] += ["--schedule", str(home / "beat")]
    return [Program(name, command, environment, home / "logs") for name, command in commands_of.items()]


def prepare(commands: list[list[str]], environment: dict[str, str]) -> None:
    """Run commands of `manage.py`, all in one process: starting Django takes longer than most of them."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        code = process.wait()
    except Stopped:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
    if code != 0:
        raise ServiceError(f"La préparation de la base a échoué (code {code}) ; la raison est ci-dessus.")


def readiness(address: str) -> tuple[bool, str]:
    """Whether `/readyz` answers 200, and what it says if not."""
    try:
        with DIRECT.open(f"{address}/readyz", timeout=10) as answer:
            return answer.status == 200, ""
    except urllib.error.HTTPError as error:
        return False, error.read(500).decode(errors="replace").strip()
    except OSError as error:
        return False, str(error)


def announce(address: str, environment: dict[str, str], seconds: float) -> None:
    """Tell where Sira answers and who may sign in."""
    say(f"\nSira est prête en {seconds:.0f} s : {address}")
    if environment["SIRA_DEMO"] != "0":
        say(f"Comptes de démonstration, mot de passe « {environment['SIRA_DEMO_PASSWORD']} » :")
        for line in ACCOUNTS:
            say(f"  {line}")
    say("Arrêt : Ctrl-C\n")


def serve(everything: list[Program], services: list[Service], address: str, environment: dict[str, str]) -> None:
    """Keep everything running until we are told to stop; then stop in order."""
    selector = selectors.DefaultSelector()
    begun, announced, asked_at, complaint = time.monotonic(), False, 0.0, ""

    def listen(seconds: float) -> None:
        if not selector.get_map():
            time.sleep(seconds)
        for key, _ in selector.select(seconds):
            key.data.forward(selector)

    try:
        for program in everything:
            program.start(selector)
        while True:
            listen(0.5)
            for program in everything:
                program.watch(selector)
            try:
                for service in services:
                    service.ensure()
            except ServiceError as error:
                if str(error) != complaint:
                    complaint = str(error)
                    say(complaint)
            now = time.monotonic()
            if not announced and now - asked_at > 1:
                ready, why = readiness(address)
                if ready:
                    announce(address, environment, now - START)
                elif now - begun > READY_SECONDS:
                    say(f"Sira n’est pas prête après {READY_SECONDS} s ; {address}/readyz dit : {why}")
                announced = ready or now - begun > READY_SECONDS
                asked_at = time.monotonic()
    except Stopped:
        say("\nArrêt en cours…")
    finally:
        for program in everything:
            program.stop(listen)


def stop_on_signals() -> None:
    """Ctrl-C, SIGTERM and a closed terminal become one exception; `nohup` is respected."""

    def stopped(*_: object) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # once is enough; the end is not to be interrupted
        raise Stopped

    for number in STOP_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, stopped)


def main() -> int:
    """All of `make run` after the set-up."""
    stop_on_signals()
    if "MAKELEVEL" in os.environ:  # our parent is make: when it is killed, nobody is left to stop us
        die_with_parent(signal.SIGTERM, parent=os.getppid())()
    home, port = home_directory(), port_number()
    address = f"http://127.0.0.1:{port}"
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceError(f"Impossible d’écrire dans {home} : {error.strerror}.") from error
    only_instance(home, address)
    end_leftovers(home)
    if not port_is_free(port):
        raise ServiceError(f"Le port {port} est déjà pris : choisissez-en un autre, « PORT=8080 make run ».")
    embedded = [kind(home) for kind in SERVICES if not given(kind.variable)]
    with ExitStack() as stack:
        stack.callback(end_leftovers, home)
        for service in embedded:
            stack.callback(service.release)
        try:
            urls = {service.variable: service.hold() for service in embedded}
            environment = environment_for(home, address, urls)
            if "DATABASE_URL" in urls:  # our own server: the site does not work as its superuser
                environment[APP_VARIABLE] = app_database_url(urls["DATABASE_URL"])
            prepare(preparations(environment), environment)
            serve(programs(port, home, as_application(environment)), embedded, address, environment)
        except Stopped:
            pass
    say("Tout est arrêté.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ServiceError as error:
        sys.exit(str(error))
    except Stopped:
        sys.exit(130)
