"""Which encoding a text file is in, by evidence: what no name of the region contains was read wrongly."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .cells import Unreadable

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Of the spreadsheets of Western Europe, the likeliest first: Windows, old DOS programs, old Macintoshes.
WESTERN = ("cp1252", "cp850", "mac_roman")
FRENCH = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ")
NEIGHBOURS = frozenset("áíóúñãõÁÍÓÚÑÃÕ")  # Spanish and Portuguese names: possible, less likely
APOSTROPHES = frozenset("’‘´")
SIGNS = frozenset("«»“”…–—°€·•\u00a0£§ªº")  # between words, never inside one
EXAMPLES = 3
ENOUGH = 1000  # impossible signs: it is another encoding
NOT_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass
class Reading:
    """The file read in one encoding: the first line with what can't be, how often something is odd, and some words with accents."""

    name: str
    text: str
    impossible: int = 0
    first: int = 0
    odd: int = 0
    examples: tuple[str, ...] = ()

    @property
    def possible(self) -> bool:
        return not self.impossible


def decoded(content: bytes) -> tuple[str, str, tuple[str, ...]]:
    """(text, name of the encoding, words that show it where it was found by its accents). Raises Unreadable, with the line."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return _decode(content, name), name.removesuffix("-sig"), ()
    zeros = content[:4096].count(0)
    if content[:2].count(0) == 1 or zeros > len(content[:4096]) // 4:
        name = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
        return _decode(content, name), name, ()
    try:
        return content.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError as error:
        broken_at = line_of(content, error.start)
    readings = [_read(content, name) for name in WESTERN]
    found = _likeliest([one for one in readings if one.possible])
    if found is None:
        whole = [one.first for one in readings if one.impossible]
        line = max(whole) if len(whole) == len(readings) else broken_at
        words = _("Les accents du fichier ne se lisent d’aucune façon sûre (ligne %(line)s). Dans le tableur, enregistrez en « CSV UTF-8 », puis réessayez.")
        raise Unreadable(words % {"line": line})
    return found.text, found.name, found.examples


def _likeliest(possible: list[Reading]) -> Reading | None:
    """Windows is what centres have; between the others only the oddities decide, and a draw is nobody's."""
    if not possible or possible[0].name == WESTERN[0]:
        return possible[0] if possible else None
    possible.sort(key=lambda one: one.odd)
    return None if len(possible) > 1 and possible[0].odd == possible[1].odd else possible[0]


def line_of(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        words = _("L’encodage du fichier (%(name)s) est abîmé, ligne %(line)s. Dans le tableur, enregistrez en « CSV UTF-8 », puis réessayez.")
        raise Unreadable(words % {"name": name, "line": line_of(content, error.start)}) from error


def _read(content: bytes, name: str) -> Reading:
    """Every sign beyond ASCII, judged by those beside it. One pass."""
    text = content.decode(name, errors="replace")
    found = Reading(name, text)
    examples: dict[str, None] = {}
    for match in NOT_ASCII.finditer(text):
        sign, place = match[0], match.start()
        before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
        if not _can_be(sign, before, after):
            found.impossible += 1
            if not found.first:
                found.first = text.count("\n", 0, place) + 1
        found.odd += sign in NEIGHBOURS or (sign.islower() and before.isupper() and (after.isupper() or not after.isalpha()))
        if len(examples) < EXAMPLES:
            examples[_word_at(text, place)] = None
        if found.impossible > ENOUGH:
            break
    found.examples = tuple(examples)[:EXAMPLES]
    return found


def _can_be(sign: str, before: str, after: str) -> bool:
    """Does a name or a sentence of the region have this sign here? A capital never follows a small letter; signs stand between words."""
    if sign in FRENCH or sign in NEIGHBOURS:
        return not (sign.isupper() and before.islower())
    if sign in APOSTROPHES:
        return before.isalpha()
    return sign in SIGNS and not (before.isalpha() and after.isalpha())


def _word_at(text: str, place: int) -> str:
    """The word around this sign, 20 signs to each side at most."""
    start = end = place
    while start > max(0, place - 20) and text[start - 1].isalpha():
        start -= 1
    while end < min(len(text), place + 20) and text[end].isalpha():
        end += 1
    return text[start:end] or text[place]
