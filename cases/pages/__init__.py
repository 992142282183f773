"""What this floor adds to menu, home page and case file; each module registers its own when it is imported."""

from . import duplicates, emergencies, file, identity, profile, protection, referrals, rights  # noqa: F401
