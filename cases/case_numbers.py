"""Case numbers such as GAO-2026-00042-K. The last sign is an ISO 7064 MOD 37-2 check character: it shows any one wrong
character and any two swapped ones. Numbers whose check character would be « * » are skipped, so that all are easy to say."""

import re

from stdnum.iso7064 import mod_37_2

PATTERN = re.compile(r"^([A-Z]{3})-?(\d{4})-?(\d{5,6})-?([0-9A-Z])$")


def compose(centre_code: str, year: int, serial: int) -> str | None:
    """The case number, or None if this serial is one of those that are skipped."""
    check = mod_37_2.calc_check_digit(f"{centre_code}{year:04d}{serial:05d}")
    return None if check == "*" else f"{centre_code}-{year:04d}-{serial:05d}-{check}"


def clean(text: str) -> str | None:
    """The case number in its usual form from whatever was typed (spaces, no dashes, small letters), or None if it can't be one."""
    match = PATTERN.match(re.sub(r"[\s–—-]+", "", text).upper())
    if not match or not mod_37_2.is_valid("".join(match.groups())):
        return None
    return "-".join(match.groups())
