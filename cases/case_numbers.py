"""Case numbers such as GAO-2026-00042-K. The last sign is an ISO 7064 MOD 37-2 check character: it shows any one wrong
character and any two swapped ones. Numbers whose check character would be « * » are skipped, so that all are easy to say."""

import re
import unicodedata

from stdnum.iso7064 import mod_37_2

MOST = 999_999  # a year at one centre
PATTERN = re.compile(r"([A-Z]{3})([0-9]{4})([0-9]{5,6})([0-9A-Z])")


def compose(centre_code: str, year: int, serial: int) -> str | None:
    """The case number, or None if this serial is one of those that are skipped. Raises ValueError for a serial out of range."""
    if not 0 < serial <= MOST:
        raise ValueError(f"no case number for serial {serial}")
    check = mod_37_2.calc_check_digit(f"{centre_code}{year:04d}{serial:05d}")
    return None if check == "*" else f"{centre_code}-{year:04d}-{serial:05d}-{check}"


def clean(text: str) -> str | None:
    """The case number in its usual form from whatever was typed (spaces, no dashes, small letters), or None if it can't be one."""
    match = PATTERN.fullmatch(re.sub(r"[\s‐-―−_./-]+", "", unicodedata.normalize("NFKC", text[:60])).upper())
    if not match or not mod_37_2.is_valid("".join(match.groups())):
        return None
    return "-".join(match.groups())


_GAP = r"[\s‐-―−_./-]*"
# Wherever it stands among other words, with or without its check character.
_WRITTEN = re.compile(rf"(?<![A-Za-z])(?!(?i:mai|fin|jan|feb|mar|avr|apr|may|aug|sep|oct|nov|dec))[A-Za-z]{{3}}{_GAP}(?:19|20)[0-9]{{2}}{_GAP}[0-9]{{4,6}}(?![0-9])")


def mentioned_in(text: str) -> bool:
    """Does a case number stand in this text, however it is spaced? One with letters or digits wide apart is known by its check character."""
    text = unicodedata.normalize("NFKC", text)
    if _WRITTEN.search(text):
        return True
    close = re.sub(_GAP, "", text).upper()
    return any(mod_37_2.is_valid(match[1]) for digits in (9, 10) for match in re.finditer(rf"(?=([A-Z]{{3}}[0-9]{{{digits}}}[0-9A-Z]))", close))


def looks_like(text: str) -> bool:
    """Was this meant as a case number, right or wrong?"""
    return re.fullmatch(r"[A-Za-z]{3}[\s–—-]*[0-9]{4}[\s–—-]*[0-9]{4,6}[\s–—-]*[0-9A-Za-z*]?", text.strip()) is not None
