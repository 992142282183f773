"""Numbers kept so that a copy of the database does not give them away: sealed (config/sealing.py), with a key to look equal numbers up by.

The equality key changes with the secret: `manage.py` has no command for that yet, so keep the secret."""

import hashlib
import hmac
import unicodedata

from django.conf import settings

from config.sealing import derived, seal, unseal

__all__ = ["equality_key", "normal_number", "seal", "unseal"]


def normal_number(text: str) -> str:
    """A document number without what people write differently: spaces, hyphens, case, full-width forms."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).upper() if char.isalnum())


def equality_key(text: str) -> str:
    """Equal for equal numbers however they are written; tells nothing about the number without the secret."""
    return hmac.new(derived(settings.FIELD_KEYS[0], "equal"), normal_number(text).encode(), hashlib.sha256).hexdigest()
