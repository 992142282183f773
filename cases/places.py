"""Towns of the road and where they lie: `cases/data/places.csv` (GeoNames, CC BY 4.0)."""

import csv
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from config.countries import country_name

DATA = Path(__file__).resolve().parent / "data" / "places.csv"


@dataclass(frozen=True)
class Place:
    name: str
    country: str  # ISO 3166-1 alpha-2
    latitude: Decimal
    longitude: Decimal

    @property
    def words(self) -> str:
        return f"{self.name} ({country_name(self.country)})"


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in letters if char.isalnum())


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    with DATA.open(encoding="utf-8", newline="") as file:
        return tuple(Place(row["name"], row["country"], Decimal(row["latitude"]), Decimal(row["longitude"])) for row in csv.DictReader(file))


@lru_cache(maxsize=1)
def _by_name() -> dict[tuple[str, str], Place]:
    return {(_plain(place.name), place.country): place for place in places()}


def find(name: str, country: str) -> Place | None:
    """The town of this name in this country, with or without accents; None if the list has none."""
    return _by_name().get((_plain(name), country))


def split(text: str) -> tuple[str, str]:
    """ "Agadez (Niger)" → ("Agadez", "NE"), for a town of the list, in the reader's language; anything else → (text, "")."""
    name, bracket, rest = text.rpartition(" (")
    if bracket and rest.endswith(")"):
        wanted = _plain(rest[:-1])
        for place in places():
            if _plain(place.name) == _plain(name) and _plain(country_name(place.country)) == wanted:
                return place.name, place.country
        return text, ""
    # Written without the country: a town that the list has only once.
    found = [place for place in places() if _plain(place.name) == _plain(text)]
    return (found[0].name, found[0].country) if len(found) == 1 else (text, "")
