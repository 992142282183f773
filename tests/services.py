"""Loaded first (`-p tests.services`): starts the real PostgreSQL and Redis for the tests and tells Django where they are.

DATABASE_URL and REDIS_URL given by the environment are used instead. Workers of pytest-xdist inherit the addresses."""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("SIRA_HOME", str(ROOT / ".sira" / "test"))
os.environ.setdefault("SIRA_SECOND_FACTOR", "0")

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    from config.embedded import services

    _stack = ExitStack()
    os.environ.update(_stack.enter_context(services(Path(os.environ["SIRA_HOME"]), fast=True)))
    atexit.register(_stack.close)
