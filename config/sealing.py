"""Text kept so that a copy of the database does not give it away. The secret is SIRA_FIELD_KEY (else DJANGO_SECRET_KEY); what older
secrets (SIRA_FIELD_KEY_OLD, comma-separated) have sealed stays readable."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def derived(secret: str, use: str) -> bytes:
    return hashlib.sha256(f"sira:{use}:{secret}".encode()).digest()


@lru_cache(maxsize=4)
def _fernet(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derived(secret, "seal"))) for secret in secrets])


def seal(text: str) -> str:
    """The text, readable only with the secret."""
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What `seal` was given. Raises cryptography.fernet.InvalidToken if no known secret sealed it."""
    return _fernet(tuple(settings.FIELD_KEYS)).decrypt(sealed.encode()).decode()
