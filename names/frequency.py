"""How many people bear a name: what makes an agreement on Traoré say little, and one on Kuyateh much.

Made from the name pools (pool.yaml), so impressions and not statistics: good to an order of magnitude, which is all that a weight
in bits needs. A spelling counts as the name it may be a spelling of."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from names.letters import key_of, normalise
from names.pool import NamePool, pools
from names.spelling import groups_of, tokens

# Of names that no pool has. A rare name is not proof: clerks also make rare names out of common ones.
RARE = 1 / 700
# Rough shares of nationalities in the centres (action document 2.1), for people whose nationality is not known or has no pool.
_SHARES = {"ML": 34, "GN": 16, "SN": 8, "CI": 7, "GM": 6, "BF": 5, "NE": 4, "CM": 5, "NG": 4, "SL": 3, "LR": 2, "BJ": 2, "TG": 2, "GH": 2}


def names_of(word: str) -> frozenset[str]:
    """The names that a normalised word may be a spelling of; its key where none is known."""
    return groups_of(word) or frozenset((key_of(word),))


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, float]]:
    """Nationality ("" for all together) -> name -> share of people who have it as surname, or as given name within their sex."""
    by_country = {code: _shares_of(found) for code, found in pools().items()}
    together: defaultdict[str, float] = defaultdict(float)
    weights = {code: _SHARES.get(code, 1) for code in by_country}
    for code, shares in by_country.items():
        for name, share in shares.items():
            together[name] += share * weights[code] / sum(weights.values())
    return by_country | {"": dict(together)}


def _shares_of(pool: NamePool) -> dict[str, float]:
    most: defaultdict[str, float] = defaultdict(float)
    for kind in (pool.surnames, pool.male, pool.female):
        whole, here = sum(kind.values()), defaultdict[str, float](float)
        for written, weight in kind.items():
            for name in {name for word in tokens(written) for name in names_of(word)}:
                here[name] += weight / whole
        for name, share in here.items():
            most[name] = max(most[name], share)
    return dict(most)


@lru_cache(maxsize=65_536)
def frequency(word: str, nationality: str = "") -> float:
    """Share (0–1) of people of this nationality (ISO 3166 alpha-2) who bear this name in some spelling, never below `RARE`.

    The more common of what it may be; of all nationalities together where this one has no pool."""
    tables = _tables()
    shares = tables.get(nationality, tables[""])
    general = tables[""]
    return max(RARE, *(max(shares.get(name, 0.0), general.get(name, 0.0) / 4) for name in names_of(normalise(word).replace(" ", ""))))
