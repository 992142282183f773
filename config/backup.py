"""Backup and restore: a base backup of PostgreSQL with what it has written since (WAL), and the files. Keys never lie beside them.

    DIR/2026-11-23T020000Z/data    a base backup with PostgreSQL's manifest of it
    DIR/2026-11-23T020000Z/files   the files; those that did not change are the same file as in the backup before
    DIR/2026-11-23T020000Z/backup.json   written last: a folder without it is no backup
    DIR/wal                        every write since the oldest base (`backup DIR --follow`)

Restoring the newest base and what was written since gives every commit that was answered, up to the last, where the server waits for
`sira_backup` before it answers (synchronous_standby_names). No Django here: a restore begins where there is no database.
"""

import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .embedded import POSTGRES_MAJOR, binary, die_with_parent

NAME = "sira_backup"  # of the slot, and of the one who follows
STAMP = "%Y-%m-%dT%H%M%SZ"
KEEP = 8  # bases; one a night is a week and a day
RECOVERY_SECONDS = 900
Say = Callable[[str], None]
Identity = dict[str, Any]  # of the server's own user, for `subprocess`


class BackupError(Exception):
    """It can't be done; the text is one line in French for the person at the terminal."""


@dataclass(frozen=True)
class Base:
    """One finished backup."""

    folder: Path
    about: dict[str, Any]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def age(self) -> timedelta:
        return datetime.now(UTC) - datetime.strptime(self.about["at"], STAMP).replace(tzinfo=UTC)


def bases(place: Path) -> list[Base]:
    """The finished backups of a place, oldest first."""
    found = []
    for note in sorted(place.glob("[0-9]*Z/backup.json")):
        with suppress(OSError, ValueError):
            found.append(Base(note.parent, json.loads(note.read_text())))
    return found


# --- keys --------------------------------------------------------------------------------------------------------


def fingerprints(keys: dict[str, str]) -> dict[str, str]:
    """What tells whether these are the keys, and tells nothing of them."""
    return {name: hmac.new(key.encode(), b"sira backup", hashlib.sha256).hexdigest()[:32] for name, key in keys.items()}


def write_keys(path: Path, place: Path | None, keys: dict[str, str]) -> None:
    """The keys in a file of their own, readable by its owner alone. Raises BackupError where it would lie beside the backup."""
    if place is not None and path.resolve().is_relative_to(place.resolve()):
        raise BackupError("Les clés ne vont jamais avec la sauvegarde : donnez un fichier qui est ailleurs.")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupError(f"{path} existe déjà : donnez un autre nom.") from None
    except OSError as error:
        raise BackupError(f"{path} ne peut pas être écrit : {error.strerror}.") from error
    with os.fdopen(descriptor, "w") as file:
        json.dump(keys, file)


def read_keys(path: Path) -> dict[str, str]:
    try:
        keys = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BackupError(f"{path} ne se lit pas comme un fichier de clés.") from error
    if not (isinstance(keys, dict) and keys and all(isinstance(key, str) for key in keys.values())):
        raise BackupError(f"{path} ne se lit pas comme un fichier de clés.")
    return keys


# --- taking ------------------------------------------------------------------------------------------------------


def _connection(url: str) -> dict[str, str]:
    """The address of a server for PostgreSQL's programs: in their environment, so that no password stands in the list of processes."""
    parts = urllib.parse.urlsplit(url)
    if not parts.hostname or not parts.username:
        raise BackupError("DATABASE_URL doit nommer le serveur et son propriétaire.")
    return {
        **os.environ,
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": urllib.parse.unquote(parts.username),
        "PGPASSWORD": urllib.parse.unquote(parts.password or ""),
        "PGAPPNAME": NAME,
        "PGCONNECT_TIMEOUT": "10",
    }


def _reason(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").strip().splitlines() if line.strip()]
    return lines[-1] if lines else "sans message"


def _run(command: Sequence[str | Path], what: str, **options: Any) -> bytes:
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise BackupError(f"{what} a échoué : {_reason(done.stdout)}")
    return done.stdout


def check_place(place: Path) -> None:
    """The folder is there, ours, and can be written. Raises BackupError otherwise; makes it where there is none."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(f"Le dossier {place} ne peut pas être créé : {error.strerror}.") from error
    if not os.access(place, os.W_OK | os.X_OK):
        raise BackupError(f"On ne peut pas écrire dans {place}.")
    strange = [path.name for path in place.iterdir() if path.name != "wal" and not path.name.startswith(".") and not (path.is_dir() and path.name.endswith("Z"))]
    if strange:
        raise BackupError(f"{place} contient autre chose que des sauvegardes ({strange[0]}) : donnez un dossier à elles seules.")


def copy_new_files(source: Path, target: Path, before: Path | None = None) -> int:
    """What is in `source` and not yet in `target`, by name, size and time; unchanged files of `before` are linked, not copied. How many are new."""
    new = 0
    for folder, _folders, names in os.walk(source):
        here = Path(folder).relative_to(source)
        (target / here).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            old, copy = source / here / name, target / here / name
            try:
                state = old.stat()
                if copy.exists() and _same(copy, state):
                    continue
                earlier = before / here / name if before else None
                part = copy.with_name(f".{name}.part")
                part.unlink(missing_ok=True)
                if earlier is not None and earlier.exists() and _same(earlier, state):
                    os.link(earlier, part)
                else:
                    shutil.copy2(old, part)
                    new += 1
                part.replace(copy)
            except FileNotFoundError:
                continue  # erased meanwhile
    return new


def _same(path: Path, state: os.stat_result) -> bool:
    mine = path.stat()
    return mine.st_size == state.st_size and int(mine.st_mtime) == int(state.st_mtime)


def take(place: Path, *, url: str, files: Path, keys: dict[str, str]) -> Base:
    """A whole backup now, read back and compared with its manifest. Nothing is left in `place` when it fails."""
    check_place(place)
    earlier = bases(place)
    stamp = datetime.now(UTC).strftime(STAMP)
    part = place / f".{stamp}.part"
    for left in place.glob(".*.part"):
        shutil.rmtree(left)
    part.mkdir(mode=0o700)
    try:
        command: list[str | Path] = [
            binary("pg_basebackup"),
            "--pgdata",
            part / "data",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--manifest-checksums=sha256",
            "--no-password",
        ]
        _run(command, "La copie de la base", env=_connection(url))
        verify(part / "data")
        # After the base: a file is written before the row that names it.
        (part / "files").mkdir(mode=0o700)
        if files.exists():
            copy_new_files(files, part / "files", earlier[-1].files if earlier else None)
        about = {"at": stamp, "postgres": POSTGRES_MAJOR, "keys": fingerprints(keys)}
        (part / "backup.json").write_text(json.dumps(about))
        part.rename(place / stamp)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise BackupError(f"La sauvegarde s’est arrêtée : {error.strerror} ({error.filename}).") from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Base(place / stamp, about)


def verify(data: Path) -> None:
    """Every file of a base backup is what PostgreSQL's manifest says of it. Raises BackupError, which names the first that is not.

    (`pg_verifybackup` does the same, but the one of the wheel crashes.)"""
    try:
        manifest = json.loads((data / "backup_manifest").read_bytes())
        for entry in manifest["Files"]:
            path = data / (entry["Path"] if "Path" in entry else os.fsdecode(bytes.fromhex(entry["Encoded-Path"])))
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if path.stat().st_size != entry["Size"] or digest != entry["Checksum"]:
                raise BackupError(f"La sauvegarde est abîmée : {path} n’est plus ce qui a été copié.")
    except (OSError, ValueError, KeyError) as error:
        raise BackupError(f"La sauvegarde est abîmée : {getattr(error, 'filename', None) or data / 'backup_manifest'} manque ou ne se lit pas.") from error


def prune(place: Path, keep: int = KEEP) -> None:
    """The oldest backups go, and what was written before the oldest that stays."""
    found = bases(place)
    for base in found[:-keep]:
        # Without its note it is no backup any more, whatever interrupts the rest.
        (base.folder / "backup.json").unlink()
        shutil.rmtree(base.folder)
    for left in place.glob("[0-9]*Z"):
        if not (left / "backup.json").exists():
            shutil.rmtree(left, ignore_errors=True)
    if (place / "wal").exists() and (kept := bases(place)):
        _run([binary("pg_archivecleanup"), place / "wal", _first_wal(kept[0])], "Le rangement")


def _first_wal(base: Base) -> str:
    """The first file of WAL that this base needs."""
    for line in (base.data / "backup_label").read_text().splitlines():
        if line.startswith("START WAL LOCATION"):
            return line.partition("(file ")[2].rstrip(")")
    raise BackupError(f"{base.folder} n’est pas une sauvegarde entière.")


class Follower:
    """Receives what the server writes, as it writes it, and says so to the server: a commit that waits for `sira_backup` is kept in two
    places when it is answered. Started again whenever it ends: the server, or the line, may go away and come back."""

    def __init__(self, place: Path, url: str):
        self.wal, self.url = place / "wal", url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.wal.mkdir(mode=0o700, exist_ok=True)
        command = [str(binary("pg_receivewal")), "--directory", str(self.wal), "--slot", NAME, "--no-password"]
        environment = _connection(self.url)
        # The slot keeps on the server what could not be received yet.
        _run([*command, "--create-slot", "--if-not-exists"], "La réservation du journal", env=environment)
        self.process = subprocess.Popen(
            [*command, "--synchronous", "--status-interval", "1", "--no-loop"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent(signal.SIGINT),
        )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None


def follow(place: Path, *, url: str, files: Path, keys: dict[str, str], every_hours: float, keep: int, say: Say, stopped: Callable[[float], bool]) -> None:
    """Goes on until told to stop: receives every write at once, copies new files, takes a base every so many hours. `stopped(seconds)` waits
    so long and says whether to end."""
    check_place(place)
    follower, complaint = Follower(place, url), ""
    try:
        while True:
            try:
                if not follower.alive():
                    follower.start()
                found = bases(place)
                if not found or found[-1].age.total_seconds() > every_hours * 3600:
                    base = take(place, url=url, files=files, keys=keys)
                    prune(place, keep)
                    say(f"Sauvegarde {base.folder.name} faite et vérifiée.")
                elif files.exists():
                    copy_new_files(files, found[-1].files)
                if complaint:
                    say("La sauvegarde suit de nouveau.")
                complaint = ""
            except (BackupError, OSError) as error:
                if str(error) != complaint:
                    complaint = str(error)
                    say(complaint)
            if stopped(5):
                return
    finally:
        follower.stop()


# --- restoring ---------------------------------------------------------------------------------------------------


def choose(place: Path, keys: dict[str, str]) -> Base:
    """The newest backup, if these are its keys. Raises BackupError."""
    if not place.is_dir():
        raise BackupError(f"{place} n’est pas un dossier de sauvegarde.")
    if not (found := bases(place)):
        raise BackupError(f"Aucune sauvegarde entière dans {place}.")
    base = found[-1]
    if base.about.get("postgres") != POSTGRES_MAJOR:
        raise BackupError(f"Cette sauvegarde vient de PostgreSQL {base.about.get('postgres')}, il faut {POSTGRES_MAJOR}.")
    mine = fingerprints(keys)
    if wrong := [name for name, print_ in base.about.get("keys", {}).items() if mine.get(name) != print_]:
        raise BackupError(
            f"{wrong[0]} n’est pas la clé de cette sauvegarde : donnez celles qui ont été gardées à part (--keys FICHIER ; SIRA_FIELD_KEY, si elle en avait une, comme sur l’ancien serveur)."
        )
    return base


@contextmanager
def _wal_for(place: Path, base: Base, identity: Identity) -> Iterator[Path]:
    """What was written since the base, where the server's own user can read it; the last file, still being written when the line broke, too."""
    folder = Path(tempfile.mkdtemp(prefix="sira-wal-"))  # a short path: there is a socket in it
    try:
        first = _first_wal(base)
        for path in (place / "wal").glob("*"):
            name = path.name.removesuffix(".partial")
            # A whole file is worth more than its beginning.
            if name.endswith(".history") or (name >= first and not (path.name != name and (place / "wal" / name).exists())):
                shutil.copy2(path, folder / name)
        _give_to(folder, identity)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_to(folder: Path, identity: Identity) -> None:
    """The server's own user owns it, and nobody else reads it."""
    for here, folders, names in os.walk(folder):
        for path in [Path(here), *(Path(here) / name for name in (*folders, *names))]:
            if "user" in identity:
                os.chown(path, identity["user"], identity["group"])
            path.chmod(0o700 if path.is_dir() else 0o600)


def restore_data(place: Path, base: Base, data: Path, *, programs: Path, identity: Identity) -> None:
    """Makes `data`, a folder that is not there yet, a database as it was at the last write that was received; the server is not left running.

    `programs`: PostgreSQL's, where `identity` can run them. Raises BackupError; nothing is left of `data` then."""
    verify(base.data)
    try:
        shutil.copytree(base.data, data)
        # What the old server was told about its neighbours (a replica it waits for) is not true of this one.
        (data / "postgresql.auto.conf").write_text("")
        (data / "recovery.signal").touch()
        _give_to(data, identity)
        with _wal_for(place, base, identity) as wal:
            _recover(data, wal, programs, identity)
    except OSError as error:
        shutil.rmtree(data, ignore_errors=True)
        raise BackupError(f"La reprise s’est arrêtée : {error.strerror} ({error.filename}).") from error
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        raise


def _recover(data: Path, wal: Path, programs: Path, identity: Identity) -> None:
    """The server alone, reached by nobody, until all that was written is written again."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(wal),  # it must have one; nobody else can enter there
        "restore_command": f'cp "{wal}/%f" "%p"',
        "recovery_target_timeline": "latest",
        "hot_standby": "off",
        "wal_level": "replica",
        "log_error_verbosity": "terse",
        "lc_messages": "C",
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([programs / "postgres", "-D", data, *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity)
        end = time.monotonic() + RECOVERY_SECONDS
        try:
            while server.poll() is None and not _serves(data) and time.monotonic() < end:
                time.sleep(0.1)
            ready = _serves(data)
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
                server.wait(RECOVERY_SECONDS)
        log.seek(0)
        if not ready or server.returncode != 0:
            lines = [line for line in log.read().splitlines() if b"FATAL" in line or b"PANIC" in line]
            raise BackupError(f"La base n’a pas pu être reprise : {_reason(b''.join(lines[:1]))}")


def _serves(data: Path) -> bool:
    with suppress(OSError, IndexError):
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False


def restore_files(base: Base, files: Path) -> int:
    """The files of the backup. How many were not there yet."""
    try:
        return copy_new_files(base.files, files) if base.files.exists() else 0
    except OSError as error:
        raise BackupError(f"Les fichiers n’ont pas pu être remis : {error.strerror} ({error.filename}).") from error
