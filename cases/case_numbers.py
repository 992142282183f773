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


def looks_like(text: str) -> bool:
    """Was this meant as a case number, right or wrong?"""
    return re.fullmatch(r"[A-Za-z]{3}[\s–—-]*[0-9]{4}[\s–—-]*[0-9]{4,6}[\s–—-]*[0-9A-Za-z*]?", text.strip()) is not None
