"""Sets this folder up: Python environment, system libraries, catalogues, static files. Safe to run any time.

    python3 config/bootstrap.py run|test

`run` installs what Sira needs (requirements.lock), `test` also what its tests and checks need
(requirements-dev.lock). What is up to date is left alone. Only the standard library; any Python 3 may start it,
it hands over to one that is new enough. A missing system library never stops it: it is installed where that
is possible (root, apt-get), otherwise the exact command is named and the rest goes on.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_VERSION = "0.13.9"
UV = VENV / "uv" / "bin" / "uv"  # beside the packages, so that their sync never removes it
LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-dev.lock"}
TRIES = 4
NEEDED = (3, 11)

# What must be there -> the Debian package that brings it.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
TEST_PROGRAMS = {"chromium": "chromium", "msgfmt": "gettext", "pdftoppm": "poppler-utils"}
WITHOUT_THEM = {"run": "les rapports PDF", "test": "les rapports PDF ou une partie des essais"}


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(line, file=sys.stderr, flush=True)


def fail(line: str) -> None:
    """Say why and stop."""
    raise SystemExit(line)


def new_enough_python() -> None:
    """Go on in a Python that is new enough, or say which one is missing."""
    if sys.version_info >= NEEDED:
        return
    for minor in range(20, NEEDED[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    fail("Il faut Python 3.11 ou plus récent (Debian, Ubuntu : apt-get install -y python3.11 python3.11-venv).")


def apt_get(packages: list[str]) -> bool:
    """Install Debian packages where we may; False where that is not possible."""
    if not packages:
        return True
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        return False
    say(f"Installation de {' '.join(packages)}…")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [apt, "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in ([apt, "update", "-q"], install):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        say((done.stderr.strip().splitlines() or ["apt-get a échoué."])[-1])
    return done.returncode == 0


def has_library(name: str) -> bool:
    """Whether the system's loader finds this library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def ensure_system_packages(purpose: str) -> None:
    """Pango for the PDFs; for the tests also a browser, gettext and a PDF reader."""
    missing = [package for library, package in LIBRARIES.items() if not has_library(library)]
    if purpose == "test":
        missing += [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]
    if not apt_get(missing):
        command = f"apt-get update && apt-get install -y {' '.join(missing)}"
        say(f"Sans ces paquets, {WITHOUT_THEM[purpose]} ne marcheront pas : sudo sh -c '{command}'")


def ensure_venv() -> None:
    """The folder .venv with a Python that works and has pip."""
    if works([PYTHON, "-c", "import pip"]):
        return
    if works([PYTHON, "-m", "ensurepip"]):
        return
    say("Création de .venv…")
    create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if works(create):
        return
    package = f"python3.{sys.version_info.minor}-venv"
    if not (apt_get([package]) and works(create)):
        fail(f"Python ne peut pas créer .venv : sudo apt-get install -y {package}, puis relancez.")


def works(command: Sequence[str | Path]) -> bool:
    """Whether a command can be run and ends well."""
    try:
        return subprocess.run([str(word) for word in command], capture_output=True).returncode == 0
    except OSError:
        return False


def retry(command: Sequence[str | Path], why: str) -> None:
    """Run a command that downloads; downloads may time out, so several times."""
    environment = {
        **os.environ,
        "UV_HTTP_TIMEOUT": "120",
        "UV_PYTHON_DOWNLOADS": "never",
        "VIRTUAL_ENV": str(VENV),
    }
    for attempt in range(1, TRIES + 1):
        done = subprocess.run([str(word) for word in command], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            return
        if attempt < TRIES:
            say(f"{why} : nouvel essai ({attempt + 1} sur {TRIES})…")
            time.sleep(2 * attempt)
    fail(f"{why} a échoué {TRIES} fois : vérifiez le réseau, puis relancez la même commande.")


def ensure_uv() -> None:
    """uv in its one pinned version."""
    if works([UV, "--version"]) and (VENV / "uv" / f"uv-{UV_VERSION}.dist-info").is_dir():
        return
    shutil.rmtree(VENV / "uv", ignore_errors=True)
    quiet = ["-qq", "--disable-pip-version-check", "--root-user-action=ignore"]
    install: list[str | Path] = [PYTHON, "-m", "pip", "install", *quiet, "--target", VENV / "uv", f"uv=={UV_VERSION}"]
    retry(install, "L’installation de uv")


def ensure_packages(purpose: str) -> None:
    """Exactly the packages of the lock; the larger set, once there, serves both purposes."""
    stamp = VENV / "installed"
    installed, _, digest = stamp.read_text().partition(" ") if stamp.exists() else ("", "", "")
    wanted = "test" if installed == "test" else purpose
    lock_digest = hashlib.sha256(LOCKS[wanted].read_bytes()).hexdigest()
    if (installed, digest) == (wanted, lock_digest):
        return
    ensure_uv()
    say("Installation des paquets Python…")
    stamp.unlink(missing_ok=True)
    # Compiled once here: else every process start of a machine that writes no bytecode would do it again.
    retry([UV, "pip", "sync", "-q", "--require-hashes", "--compile-bytecode", LOCKS[wanted]], "L’installation des paquets Python")
    stamp.write_text(f"{wanted} {lock_digest}")


def compile_catalogues() -> None:
    """Our catalogues (locale/, config/words/) from .po to .mo where newer."""
    for po in [*ROOT.glob("locale/*/LC_MESSAGES/django*.po"), *ROOT.glob("config/words/*/LC_MESSAGES/django.po")]:
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        part = mo.with_suffix(".mo.part")
        babel: list[str | Path] = [PYTHON, "-m", "babel.messages.frontend", "-q", "compile", "-l", po.parent.parent.name]
        # A catalogue marked fuzzy as a whole is passed over without a word: then there is no file.
        if not works([*babel, "-i", po, "-o", part]) or not part.exists():
            fail(f"Le catalogue {po.relative_to(ROOT)} n’est pas lisible par pybabel compile.")
        part.replace(mo)


def collect_static() -> None:
    """Static files hashed and compressed, when one of them or a package has changed."""
    home = Path(os.environ.get("SIRA_HOME") or ROOT / ".sira").resolve()
    target = Path(os.environ.get("SIRA_STATIC") or home / "static")
    digest = hashlib.sha256((VENV / "installed").read_bytes() + (ROOT / "config" / "settings.py").read_bytes())
    folders = [ROOT / "static", *ROOT.glob("[!.]*/static")]
    sources = [path for folder in folders for path in folder.rglob("*")]
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(f"{path.relative_to(ROOT)} ".encode() + path.read_bytes())
    stamp = target / ".stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    command = [str(PYTHON), "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        fail("Les fichiers statiques n’ont pas pu être rassemblés ; voir ci-dessus.")
    target.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest.hexdigest())


def main(arguments: list[str]) -> None:
    """Set up for `run` or `test`."""
    if arguments not in (["run"], ["test"]):
        fail("Usage : python3 config/bootstrap.py run|test")
    new_enough_python()
    purpose = arguments[0]
    with LOCKS["run"].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may start together
        ensure_system_packages(purpose)
        ensure_venv()
        ensure_packages(purpose)
        compile_catalogues()
        if purpose == "run":
            collect_static()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        fail(f"L’installation s’est arrêtée : {error.strerror or error} ({error.filename or ROOT}).")
