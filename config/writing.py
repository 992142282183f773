"""Text that people type, made fit to keep: as they wrote it, without what nobody can see or say."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Marks that turn the direction of text, spaces of no width and letters without a shape: they come with pasted text, and could make
# one name look like another.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)


def clean_line(text: str) -> str:
    """One line as written: NFC, no space at the ends, one space between words. Raises ValidationError for what is no text."""
    line = unicodedata.normalize("NFC", " ".join(_INVISIBLE.sub("", text).split()))
    if any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") for char in line):
        raise ValidationError(_("Ce texte contient un signe illisible. Effacez-le et écrivez-le de nouveau."), code="control")
    return line


def clean_text(text: str) -> str:
    """Several lines as written. Raises ValidationError for what is no text."""
    return "\n".join(clean_line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))
