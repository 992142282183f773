"""One template database, built once for a state of the migrations and reference data; each process copies it."""

import fcntl
import functools
import hashlib
import os
import re
import tempfile
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
# What the template is made of: change one of these and it is built anew.
INGREDIENTS = (
    "*/migrations/*.py",
    "centres/setup.py",
    "reception/setup.py",
    "centres/data/*",
    "centres/roles.py",
    "flows/setup.py",
    "flows/data/*",
    "reporting/data/*",
    "reporting/management/commands/load_logframe.py",
    "questionnaires/setup.py",
    "questionnaires/data/*",
    "administration/demo/accounts.py",
    "tests/databases.py",
)
PASSWORD = "essai-sira-2026"  # of every demonstration account in the tests


def template_name() -> str:
    digest = hashlib.sha256()
    for pattern in INGREDIENTS:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return f"sira_template_{digest.hexdigest()[:12]}"


def _maintenance(*statements: str) -> None:
    """Runs statements outside a transaction in the server's own database."""
    parameters = connections["default"].get_connection_params()
    parameters = {k: v for k, v in parameters.items() if k in ("host", "port", "user", "password")}
    connection = psycopg2.connect(dbname="postgres", **parameters)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def _exists(name: str) -> bool:
    parameters = connections["default"].get_connection_params()
    parameters = {k: v for k, v in parameters.items() if k in ("host", "port", "user", "password")}
    with psycopg2.connect(dbname="postgres", **parameters) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def use(name: str) -> None:
    """Points Django at this database."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


@functools.cache
def ensure_template() -> str:
    """The name of the template, built if it isn't there. Safe when many processes ask at once.

    Once per process: a file edited while tests run must not move their database."""
    name = template_name()
    lock = open(Path(tempfile.gettempdir()) / f"{name}.lock", "w")  # noqa: SIM115
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        if not _exists(name):
            building = f"{name}_building"
            _maintenance(f"DROP DATABASE IF EXISTS {building} WITH (FORCE)", f"CREATE DATABASE {building}")
            use(building)
            _fill()
            for alias in connections:
                connections[alias].close()
            _maintenance(f"ALTER DATABASE {building} RENAME TO {name}")
    finally:
        lock.close()
    return name


def _fill() -> None:
    from django.core.management import call_command

    from administration.demo.accounts import ensure_accounts
    from centres.setup import ensure_centres
    from questionnaires.setup import ensure_questionnaires

    call_command("migrate", verbosity=0)
    ensure_centres()
    call_command("load_logframe", verbosity=0)
    ensure_questionnaires()
    ensure_accounts(PASSWORD)


def copy_template(name: str) -> None:
    """A fresh database under this name; an older one of that name goes."""
    for alias in connections:
        connections[alias].close()
    _maintenance(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {ensure_template()} STRATEGY FILE_COPY")


def drop(name: str, role: str = "") -> None:
    """The database, and a role of its own if it had one."""
    for alias in connections:
        connections[alias].close()
    _maintenance(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", *([f"DROP ROLE IF EXISTS {role}"] if role else []))


def own_name(purpose: str = "test") -> str:
    worker = re.sub(r"\W", "", os.environ.get("PYTEST_XDIST_WORKER", "main"))
    return f"sira_{purpose}_{worker}_{os.getpid()}"
