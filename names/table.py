"""The tables of aliases.yaml, read once: which spellings are one name, which look-alikes are two."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from rapidfuzz.distance import DamerauLevenshtein

from names.letters import key_of, normalise, skeleton

# The one in C reads the thousands of spellings in a tenth of the time; the first search of a process waits for it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Table:
    """What is known of names beyond the spelling rules. Every spelling in it is normalised."""

    groups: dict[str, frozenset[str]]  # spelling -> the groups it stands in; a group goes by its first spelling
    groups_by_key: dict[str, frozenset[str]]  # spelling key -> group, only where a key belongs to exactly one
    keys_by_skeleton: dict[str, tuple[str, ...]]  # consonants -> the keys of listed spellings that have them, only where all are one group
    apart: frozenset[tuple[str, str]]  # two groups (both orders) that look alike and are two names
    sex: dict[str, str]  # spelling of a given name -> "m" or "f", where clear
    particles: dict[str, str]  # spelling -> particle it stands for
    titles: frozenset[str]
    title_names: frozenset[str]

    def nearly(self, key: str) -> frozenset[str]:
        """The group of a word nobody listed: its consonants are those of one group alone, and one vowel, or a consonant that is heard alike, is
        all that parts it from some spelling of it (Blal, Bilal; Djaffarou, Djafar). Short words have too many neighbours."""
        if len(key) < 5:
            return frozenset()
        for other in self.keys_by_skeleton.get(skeleton(key), ()):
            if DamerauLevenshtein.distance(key, other, score_cutoff=1) <= 1:
                return self.groups_by_key.get(other, frozenset())
        return frozenset()


def read(name: str) -> Any:
    """A YAML file of this package."""
    return yaml.load(resources.files("names").joinpath(name).read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - safe, either of them


def build(data: dict[str, Any]) -> Table:
    """The table of a document shaped like aliases.yaml; tests build smaller ones from it."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    sexes: defaultdict[str, set[str]] = defaultdict(set)
    kinds = [("", data["surnames"]), *data["given"].items()]
    for sex, listed in kinds:
        for spellings in listed:
            name = normalise(spellings[0])
            for spelling in map(normalise, spellings):
                groups[spelling].add(name)
                by_key[key_of(spelling)].add(name)
                if sex:
                    sexes[spelling].add(sex)
    by_skeleton: defaultdict[str, set[str]] = defaultdict(set)
    for found in by_key:
        if len(skeleton(found)) >= 3:
            by_skeleton[skeleton(found)].add(found)
    apart = {(normalise(a), normalise(b)) for a, b in data["do_not_link"]}
    return Table(
        groups={spelling: frozenset(names) for spelling, names in groups.items()},
        groups_by_key={k: frozenset(names) for k, names in by_key.items() if len(names) == 1},
        keys_by_skeleton={bones: tuple(sorted(found)) for bones, found in by_skeleton.items() if len(set().union(*(by_key[k] for k in found))) == 1},
        apart=frozenset(apart | {(b, a) for a, b in apart}),
        sex={spelling: min(s) for spelling, s in sexes.items() if s in ({"m"}, {"f"})},
        particles={s: particle for particle, spellings in data["particles"].items() for s in spellings},
        titles=frozenset(data["titles"]),
        title_names=frozenset(data["title_names"]),
    )


@lru_cache(maxsize=1)
def table() -> Table:
    """The table of this package. Loaded at the first use, then kept."""
    return build(read("aliases.yaml"))
