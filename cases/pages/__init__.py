"""What this floor adds to menu, home page and case file; each module registers its own when it is imported."""

from . import duplicates, file  # noqa: F401
