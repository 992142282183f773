"""Labelled pairs of people for measuring how well duplicates are told: made from groups of spellings, reproducible from the seed.

Some groups are held out: neither the spelling rules nor the alias table were written from them (tests/names/held_out.yaml)."""

import calendar
import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

import names
from cases.duplicates import Identity
from names.table import read

HELD_OUT = Path(__file__).resolve().parent.parent / "tests" / "names" / "held_out.yaml"
NATIONALITIES = {"ML": 40, "GN": 16, "SN": 9, "CI": 8, "GM": 7, "BF": 6, "NE": 4, "NG": 4, "SL": 3, "LR": 3}
PRECISIONS = {"day": 55, "month": 8, "year": 25, "age": 12}


@dataclass(frozen=True)
class Labelled:
    """Two descriptions, whether they are of one person, what sort of pair it is, and whether a held-out name is in it."""

    a: Identity
    b: Identity
    same: bool
    sort: str
    held_out: bool


class Maker:
    """Draws people and pairs of them."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
        aliases = read("aliases.yaml")
        held: dict[str, list[list[str]]] = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))
        listed = aliases["surnames"] + [group for groups in aliases["given"].values() for group in groups]
        self.spellings = {names.normalise(spelling): group for group in listed + held["surnames"] + held["given"] for spelling in group}
        self.held = held
        self.held_names = {names.normalise(spelling) for group in held["surnames"] + held["given"] for spelling in group}
        self.apart: list[list[str]] = aliases["do_not_link"]

    def pick(self, weights: dict[str, int]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    # --- people ------------------------------------------------------------------------------------------------

    def person(self, *, common: bool = False) -> Identity:
        rng = self.rng
        nationality = self.pick(NATIONALITIES)
        pool = names.pool(nationality)
        sex = "male" if rng.random() < 0.8 else "female"
        given = pool.male if sex == "male" else pool.female
        if common:
            pool, given = names.NamePool(top(pool.surnames), top(pool.male), top(pool.female)), top(given)
        surname = rng.choice(self.held["surnames"])[0] if not common and rng.random() < 0.15 else self.pick(pool.surnames)
        first = rng.choice(self.held["given"])[0] if not common and rng.random() < 0.12 else self.pick(given)
        if rng.random() < 0.2:
            first = f"{first} {self.pick(given)}"
        born = datetime.date(rng.randint(1968, 2012), 1, 1) + datetime.timedelta(days=rng.randrange(365))
        return known_as(Identity(surname=surname, given_names=first, sex=sex, born_on=born, birth_precision="day", nationality=nationality), self.pick(PRECISIONS))

    def rewritten(self, person: Identity) -> Identity:
        """The same person at another counter: spelt by another clerk, and not everything said in the same way."""
        rng = self.rng
        surname, given = self.respelt(person.surname), self.respelt(person.given_names)
        words = given.split()
        if len(words) > 1 and rng.random() < 0.4:
            words.pop(rng.randrange(len(words)))
        elif rng.random() < 0.04:
            words = [words[0][0] + ".", *words[1:]] if len(words) > 1 else words
        given = " ".join(words)
        if rng.random() < 0.2:
            surname, given = given, surname
        changed = replace(person, surname=surname, given_names=given, **self.birth_again(person))
        if rng.random() < 0.01:
            changed = replace(changed, sex="other")
        if rng.random() < 0.03:
            changed = replace(changed, nationality=self.pick(NATIONALITIES))
        return changed

    def respelt(self, name: str) -> str:
        rng = self.rng
        words = []
        for word in name.split():
            if rng.random() < 0.7:
                word = rng.choice(self.spellings.get(names.normalise(word), [word]))
            if len(word) > 4 and rng.random() < 0.04:  # a slip of the finger
                at = rng.randrange(1, len(word) - 1)
                word = word[:at] + rng.choice(("", word[at] * 2, word[at + 1] + word[at])) + word[at + 1 :]
            words.append(word)
        return " ".join(words)

    def birth_again(self, person: Identity) -> dict[str, Any]:
        rng, born, precision = self.rng, person.born_on, person.birth_precision
        assert born is not None
        draw = rng.random()
        if precision == "day" and draw < 0.22:
            return _birth(known_as(person, "year" if draw < 0.12 else "age", rng.choice((0, 0, 1)) if draw >= 0.12 else 0))
        if precision == "day" and draw < 0.26 and born.day <= 12:
            return {"born_on": born.replace(day=born.month, month=born.day), "birth_precision": "day"}
        if precision == "day" and draw < 0.29:
            return {"born_on": born.replace(day=rng.randint(1, 28)), "birth_precision": "day"}
        if precision in ("year", "age") and draw < 0.04:
            return {"born_on": born.replace(year=born.year + rng.choice((-1, 1))), "birth_precision": precision}
        return {"born_on": born, "birth_precision": precision}

    # --- two people ----------------------------------------------------------------------------------------------

    def sibling(self, person: Identity) -> Identity:
        given = self._other_given(person)
        return replace(person, given_names=given, **self._other_day(person, self.rng.choice((-6, -4, -3, -2, 2, 3, 5))))

    def twin(self, person: Identity) -> Identity:
        return replace(person, given_names=self._other_given(person))

    def namesake(self, person: Identity) -> Identity:
        """The same common name in some spelling, born four to nine years apart on another day."""
        moved = self._other_day(person, self.rng.choice((-9, -7, -5, -4, 4, 5, 6, 8)))
        return replace(person, surname=self.respelt(person.surname), given_names=self.respelt(person.given_names), **moved)

    def _other_day(self, person: Identity, years: int) -> dict[str, Any]:
        assert person.born_on is not None
        born = datetime.date(person.born_on.year + years, 1, 1) + datetime.timedelta(days=self.rng.randrange(365))
        return _birth(known_as(replace(person, born_on=born), person.birth_precision))

    def near_namesake(self, person: Identity) -> Identity:
        """The same common name, born one to three years apart and both by the very day."""
        return replace(person, **self._other_day(replace(person, birth_precision="day"), self.rng.choice((-3, -2, -1, 1, 2, 3))))

    def child(self, person: Identity) -> Identity:
        """Father and son: one surname, sometimes the grandfather's given name."""
        given = person.given_names if self.rng.random() < 0.3 else self._other_given(person)
        return replace(person, given_names=given, **self._other_day(person, self.rng.randint(18, 40)))

    def look_alike(self, person: Identity) -> tuple[Identity, Identity]:
        one, two = self.rng.choice(self.apart)
        return replace(person, given_names=one), replace(person, given_names=two)

    def same_surname(self, person: Identity) -> Identity:
        other = self.person()
        return replace(other, surname=self.respelt(person.surname), nationality=person.nationality)

    def _other_given(self, person: Identity) -> str:
        pool = names.pool(person.nationality)
        given = pool.male if person.sex == "male" else pool.female
        while True:
            other = self.pick(given)
            if all(names.token_similarity(other, word) <= names.matching.KNOWN_APART for word in person.given_names.split()):
                return other

    def pairs(self, how_many: int) -> list[Labelled]:
        """Four in ten are one person; of the others each sort of hard pair has its share."""
        makers: list[tuple[str, int, Callable[[], tuple[Identity, Identity]]]] = [
            ("frères et sœurs", 14, lambda: self._with(self.sibling)),
            ("jumeaux", 8, lambda: self._with(self.twin)),
            ("homonymes", 10, lambda: self._with(self.namesake, common=True)),
            ("homonymes nés à 1–3 ans", 6, lambda: self._near()),
            ("père et fils", 6, lambda: self._with(self.child)),
            ("noms qui se ressemblent", 6, lambda: self.look_alike(self.person())),
            ("même nom de famille", 10, lambda: self._with(self.same_surname)),
        ]
        sorts = {sort: weight for sort, weight, _make in makers}
        by_sort = {sort: make for sort, _weight, make in makers}
        found = []
        for number in range(how_many):
            if number % 5 < 2:
                one = self.person()
                found.append(self._labelled(one, self.rewritten(one), True, "même personne"))
            else:
                sort = self.pick(sorts)
                found.append(self._labelled(*by_sort[sort](), False, sort))
        return found

    def _with(self, other: Callable[[Identity], Identity], *, common: bool = False) -> tuple[Identity, Identity]:
        one = self.person(common=common)
        return one, other(one)

    def _near(self) -> tuple[Identity, Identity]:
        one = replace(
            self.person(common=True), birth_precision="day", born_on=datetime.date(self.rng.randint(1970, 2008), self.rng.randint(1, 12), self.rng.randint(2, 27))
        )
        return one, self.near_namesake(one)

    def _labelled(self, a: Identity, b: Identity, same: bool, sort: str) -> Labelled:
        words = {names.normalise(word) for person in (a, b) for word in f"{person.surname} {person.given_names}".split()}
        return Labelled(a, b, same, sort, bool(words & self.held_names))


def top(weights: dict[str, int]) -> dict[str, int]:
    return dict(sorted(weights.items(), key=lambda item: -item[1])[:12])


def known_as(person: Identity, precision: str, years: int = 0) -> Identity:
    """The birth as exactly as that, the latest day it can be."""
    born = person.born_on
    assert born is not None
    if precision == "month":
        born = born.replace(day=calendar.monthrange(born.year, born.month)[1])
    elif precision != "day":
        born = datetime.date(born.year + years, 12, 31)
    return replace(person, born_on=born, birth_precision=precision)


def _birth(person: Identity) -> dict[str, Any]:
    return {"born_on": person.born_on, "birth_precision": person.birth_precision}
