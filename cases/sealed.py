"""Numbers kept so that a copy of the database does not give them away: encrypted, with a key to look equal numbers up by.

The secret is SIRA_FIELD_KEY (else DJANGO_SECRET_KEY); what older secrets (SIRA_FIELD_KEY_OLD, comma-separated) have sealed stays
readable. The equality key changes with the secret: `manage.py` has no command for that yet, so keep the secret."""

import base64
import hashlib
import hmac
import unicodedata
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _derived(secret: str, use: str) -> bytes:
    return hashlib.sha256(f"sira:{use}:{secret}".encode()).digest()


@lru_cache(maxsize=4)
def _fernet(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(secret, "seal"))) for secret in secrets])


def seal(text: str) -> str:
    """The text, readable only with the secret."""
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What `seal` was given. Raises cryptography.fernet.InvalidToken if no known secret sealed it."""
    return _fernet(tuple(settings.FIELD_KEYS)).decrypt(sealed.encode()).decode()


def normal_number(text: str) -> str:
    """A document number without what people write differently: spaces, hyphens, case, full-width forms."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).upper() if char.isalnum())


def equality_key(text: str) -> str:
    """Equal for equal numbers however they are written; tells nothing about the number without the secret."""
    return hmac.new(_derived(settings.FIELD_KEYS[0], "equal"), normal_number(text).encode(), hashlib.sha256).hexdigest()
