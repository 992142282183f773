#!/usr/bin/env python3
"""Django's command line. Finds the project's own environment and its services by itself."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"

# Commands that read or write nothing, and the one that makes the database: no server is started for them.
WITHOUT_SERVICES = {"help", "version", "compilemessages", "makemessages", "collectstatic", "findstatic", "restore"}


def asks_for_help(arguments: list[str]) -> bool:
    """`manage.py`, `manage.py help indicators`, `manage.py indicators --help` or `-h`."""
    return len(arguments) < 2 or arguments[1] == "help" or bool({"--help", "-h"} & set(arguments[1:]))


def main() -> None:
    if VENV_PYTHON.exists() and Path(sys.prefix).resolve() != (ROOT / ".venv").resolve() and not os.environ.get("SIRA_IN_CONTAINER"):
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if asks_for_help(sys.argv) or sys.argv[1] in WITHOUT_SERVICES:
        os.environ["SIRA_WITHOUT_SERVICES"] = "1"  # settings then ask for no address of a server
    else:
        from config.embedded import use_services

        use_services()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
