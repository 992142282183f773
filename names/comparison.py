"""Two names side by side, word by word: which words are the same, which nearly, which stand alone.

`name_similarity` says it in one figure; here are the pieces, so that whoever decides can weigh each by how common it is and say why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from names import matching
from names.spelling import tokens
from names.table import table


class Part(StrEnum):
    """Where a word stood."""

    SURNAME = "surname"
    GIVEN = "given"
    OTHER = "other"  # another name the person goes by


@dataclass(frozen=True, slots=True)
class Word:
    text: str  # normalised
    part: Part


@dataclass(frozen=True, slots=True)
class Pair:
    """Two words that may be one name. `similarity` as `token_similarity`; `initial`: one is the first letter of the other."""

    a: Word
    b: Word
    similarity: float
    initial: bool = False


@dataclass(frozen=True, slots=True)
class NameComparison:
    """`only_a`, `only_b`: words (without particles and initials) for which the other name has none."""

    pairs: tuple[Pair, ...]
    only_a: tuple[Word, ...]
    only_b: tuple[Word, ...]


SLIPPED = 0.7  # share of letters that stay when a word is mistyped
PAIRED = 0.84  # less alike are two words that contradict each other, or stand alone


@lru_cache(maxsize=65_536)
def words_of(surname: str, given_names: str, other_names: str = "") -> tuple[Word, ...]:
    """The words of a name that tell somebody apart, each once, with where they stood."""
    particles = table().particles
    found: dict[str, Word] = {}
    whole = tokens(f"{given_names} {surname}")
    known = set(whole)  # titles are judged within the whole name: Hadja alone is a name, Hadja before two others is none
    for text, part in ((surname, Part.SURNAME), (given_names, Part.GIVEN), (other_names, Part.OTHER)):
        for word in tokens(text):
            if word not in particles and (part is Part.OTHER or word in known):
                found.setdefault(word, Word(word, part))
    # a word made of pieces of both fields ("N", "Diaye") stands as a given name
    for word in whole:
        if word not in particles:
            found.setdefault(word, Word(word, Part.GIVEN))
    return tuple(found.values())[:12]


def _known_apart(a: str, b: str) -> bool:
    """Both are listed names, and not the same one."""
    known = table().groups
    return a in known and b in known


def compare_words(a: tuple[Word, ...], b: tuple[Word, ...]) -> NameComparison:
    """Pairs each word with the most alike of the other name that is left; of equally alike ones, the one that stood in the same place.

    The order of words does not matter: papers differ in what is the surname. Symmetric up to the sides; deterministic."""
    found = []
    for i, one in enumerate(a):
        for j, two in enumerate(b):
            if len(one.text) == 1 or len(two.text) == 1:
                fits = one.text[0] == two.text[0]
                if fits:
                    found.append((0.5 if len(one.text) != len(two.text) else 0.9, one.part is two.part, i, j))
                continue
            alike = matching.word_similarity(one.text, two.text)
            if alike < PAIRED and not _known_apart(one.text, two.text):
                # A slip of the finger can change how a word sounds and leave nearly all its letters.
                alike = PAIRED if DamerauLevenshtein.normalized_similarity(one.text, two.text) >= SLIPPED else alike
            if alike >= PAIRED:
                found.append((alike, one.part is two.part, i, j))
    found.sort(key=lambda row: (-row[0], not row[1], sorted((a[row[2]].text, b[row[3]].text)), row[2] + row[3]))
    left_a, left_b, pairs = set(range(len(a))), set(range(len(b))), []
    for alike, _same, i, j in found:
        if i in left_a and j in left_b:
            left_a.remove(i)
            left_b.remove(j)
            pairs.append(Pair(a[i], b[j], alike, initial=len(a[i].text) == 1 or len(b[j].text) == 1))
    return NameComparison(tuple(pairs), tuple(a[i] for i in sorted(left_a) if len(a[i].text) > 1), tuple(b[j] for j in sorted(left_b) if len(b[j].text) > 1))
