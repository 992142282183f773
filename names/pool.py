"""Names by nationality, to people the demonstration: frequent names of each country, roughly weighted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from names.table import read


@dataclass(frozen=True)
class NamePool:
    """Names of one nationality with rough weights (10 = very common); weights are impressions, not statistics."""

    surnames: dict[str, int]
    male: dict[str, int]
    female: dict[str, int]


@lru_cache(maxsize=1)
def pools() -> dict[str, NamePool]:
    """All pools by ISO 3166 alpha-2 code. Read-only: it is one object for all callers."""
    return {code: NamePool(surnames=kinds["surnames"], male=kinds["male"], female=kinds["female"]) for code, kinds in read("pool.yaml").items()}


def pool(nationality: str) -> NamePool:
    """The pool of a nationality; Mali's for a country that has none."""
    known = pools()
    return known.get(nationality.upper(), known["ML"])
