"""Labelled pairs of people whose names come from the blind set (tests/names/blind.yaml): written before anyone looked at the table, the rules or the
other sets. Its first half may be looked at while names/ is bettered; the second is for the figures alone."""

import datetime
import hashlib
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import yaml

import names
from bench.pairs import NATIONALITIES, PRECISIONS, Maker, known_as, top
from cases.duplicates import Identity
from names.spelling import keys_by_token

FILE = Path(__file__).resolve().parent.parent / "tests" / "names" / "blind.yaml"
FIRST, SECOND = "première", "seconde"
KINDS = ("family", "women", "men")
MEN_OR_WOMEN = {"male": "men", "female": "women"}


def half_of(group: list[str]) -> str:
    """By its first spelling, whatever stands around it."""
    return FIRST if hashlib.sha256(names.normalise(group[0]).encode()).digest()[0] % 2 == 0 else SECOND


def groups_of(half: str) -> dict[str, list[list[str]]]:
    """The groups of one half by kind, and its pairs of look-alikes ("different")."""
    data: dict[str, list[list[str]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {kind: [group for group in data[kind] if half_of(group) == half] for kind in (*KINDS, "different")}


def one_name(a: str, b: str) -> bool:
    """Whether the comparison of names takes the two for the same one, or nearly."""
    found = names.compare_words(names.words_of("", a), names.words_of("", b))
    return bool(found.pairs) and not (found.only_a and found.only_b)


def found_by_search(typed: str, on_file: str) -> bool:
    """Every word typed is met by a key of what is on file."""
    indexed = set(names.keys(on_file))
    return all(not indexed.isdisjoint(of_word) for of_word in keys_by_token(typed))


def spellings_of(half: str) -> dict[str, tuple[int, float, float]]:
    """By kind: pairs of spellings within groups, the share taken for one name, the share that finds the other in a search."""
    found = {}
    for kind, groups in groups_of(half).items():
        pairs = [(a, b) for group in groups for a, b in combinations(group, 2)]
        found[kind] = (len(pairs), sum(one_name(a, b) for a, b in pairs) / len(pairs), sum(found_by_search(a, b) for a, b in pairs) / len(pairs))
    return found


class BlindMaker(Maker):
    """Draws everybody's names from one half of the blind set. What is one name is said by the set alone, never by what is measured."""

    def __init__(self, seed: int, half: str):
        super().__init__(seed)
        self.groups = groups_of(half)
        self.apart = self.groups["different"]
        self.held_names = set()
        self.spellings = {}
        together = defaultdict[str, set[str]](set)
        for group in [group for kind in KINDS for group in self.groups[kind]]:
            for spelling in group:
                self.spellings.setdefault(names.normalise(spelling), group)
                together[names.normalise(spelling)] |= set(group)
        self.together = together  # all that some group calls one name with it

    def person(self, *, common: bool = False) -> Identity:
        rng = self.rng
        nationality, sex = self.pick(NATIONALITIES), "male" if rng.random() < 0.7 else "female"
        where = nationality if common else ""
        surname, given = self._drawn("family", where), self._drawn(MEN_OR_WOMEN[sex], where)
        if rng.random() < 0.2:
            given = f"{given} {self._drawn(MEN_OR_WOMEN[sex], where)}"
        born = datetime.date(rng.randint(1968, 2012), 1, 1) + datetime.timedelta(days=rng.randrange(365))
        person = Identity(surname=surname, given_names=given, sex=sex, born_on=born, birth_precision="day", nationality=nationality)
        return known_as(person, self.pick(PRECISIONS))

    def respelt(self, name: str) -> str:
        """In another form of the same name, as another country or clerk writes it; names of two words as a whole."""
        whole = self.spellings.get(names.normalise(name))
        if whole and " " in name:
            return self.rng.choice(whole) if self.rng.random() < 0.7 else name
        return super().respelt(name)

    def _drawn(self, kind: str, common_in: str = "") -> str:
        """Some form of a name of the half; `common_in`: one of the dozen most common ones of that country (as many as the half has of them), by weight."""
        groups = self.groups[kind]
        if common_in:
            pool = names.pool(common_in)
            weights = top({"family": pool.surnames, "men": pool.male, "women": pool.female}[kind])
            own = {name: weight for name, weight in weights.items() if any(name in group for group in groups)}
            if own:
                return self.rng.choice(self.spellings[names.normalise(self.pick(own))])
        return self.rng.choice(self.rng.choice(groups))

    def _other_given(self, person: Identity) -> str:
        taken = {names.normalise(form) for word in (person.given_names, *person.given_names.split()) for form in (word, *self.together.get(names.normalise(word), ()))}
        while True:
            other = self._drawn(MEN_OR_WOMEN[person.sex])
            if not taken & {names.normalise(form) for form in self.together[names.normalise(other)]}:
                return other
