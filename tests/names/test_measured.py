"""Measured: how many spellings of one name are found, how many pairs of two names are proposed.

`pytest tests/names/test_measured.py -s` prints the tables. "rules" is what key and Jaro–Winkler do with names nobody
listed; the held-out groups were written before the rules, by the same hand, so they are still a little kind.
"""

import random
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from rapidfuzz.distance import JaroWinkler

from bench.blind import FIRST, KINDS, SECOND, groups_of, half_of, spellings_of
from names import keys, keys_by_token, name_similarity, normalise, pool, token_similarity
from names.letters import key_of
from names.table import read, table

THRESHOLDS = (0.80, 0.85, 0.88, 0.90, 0.93)


def _folded(groups):
    return [sorted({normalise(spelling) for spelling in group}) for group in groups]


def _figures(groups, alike, thresholds=THRESHOLDS):
    """Rows of (threshold, recall within groups, share of false pairs across groups)."""
    same = [alike(a, b) for group in groups for a, b in combinations(group, 2)]
    other = [alike(a, b) for one, two in combinations(groups, 2) for a in one for b in two if a != b]
    return [(t, sum(s >= t for s in same) / len(same), sum(s >= t for s in other) / max(1, len(other))) for t in thresholds]


def _print(title, rows):
    print(f"\n{title}")
    for threshold, recall, false in rows:
        print(f"  >= {threshold:.2f}  recall {recall:.3f}  false {false:.3%}")


def _rules(a, b):
    a, b = key_of(a), key_of(b)
    return 0.93 if a == b else min(0.92, JaroWinkler.similarity(a, b))


HELD_OUT = yaml.safe_load(Path(__file__).with_name("held_out.yaml").read_text(encoding="utf-8"))
ALIASES = read("aliases.yaml")


def test_held_out_names_are_found_by_the_rules():
    groups = _folded(HELD_OUT["surnames"] + HELD_OUT["given"])
    rows = _figures(groups, token_similarity)
    _print(f"held-out groups ({len(groups)})", rows)
    figures = {threshold: (recall, false) for threshold, recall, false in rows}
    assert figures[0.88][0] >= 0.93 and figures[0.88][1] <= 0.001
    assert figures[0.85][0] >= 0.95 and figures[0.85][1] <= 0.005
    assert figures[0.93][0] >= 0.70 and figures[0.93][1] == 0  # by key alone


def test_held_out_names_are_not_taken_for_known_ones():
    unknown = [s for group in _folded(HELD_OUT["surnames"] + HELD_OUT["given"]) for s in group]
    known = sorted(table().groups)[::4]
    close = sum(token_similarity(a, b) >= 0.88 for a in unknown for b in known)
    share = close / (len(unknown) * len(known))
    print(f"\nheld-out against known names, >= 0.88: {share:.3%}")
    assert share <= 0.005


@pytest.mark.parametrize(("kind", "at", "recall_floor"), [("surnames", 0.87, 0.85), ("given", 0.88, 0.70)])
def test_rules_alone_on_the_listed_groups(kind, at, recall_floor):
    """Every group counts alike: the long ones (Mamadou, Ibrahima) are long because rules cannot see what the table says."""
    listed = ALIASES["surnames"] if kind == "surnames" else [g for gs in ALIASES["given"].values() for g in gs]
    groups = _folded(listed)[::2]  # every second group: a quarter of the pairs
    rows = _figures(groups, _rules, (at,))
    _print(f"rules alone, {kind}", rows)
    ((_, _, false),) = rows
    recall = sum(_figures([group], _rules, (at,))[0][1] for group in groups if len(group) > 1) / sum(len(group) > 1 for group in groups)
    print(f"  group by group: recall {recall:.3f}")
    assert recall >= recall_floor
    assert false <= 0.005


def test_rules_beat_jaro_winkler_on_the_letters():
    groups = _folded(HELD_OUT["surnames"] + HELD_OUT["given"])
    ((_, ours, _),) = _figures(groups, token_similarity, (0.88,))
    ((_, plain, _),) = _figures(groups, JaroWinkler.similarity, (0.88,))
    print(f"\nrecall at 0.88: ours {ours:.3f}, Jaro–Winkler on plain letters {plain:.3f}")
    assert ours > plain + 0.1


def _rewritten(name, spellings, chance):
    """The same name as another office may write it."""
    words = [chance.choice(spellings.get(normalise(word), [word])) for word in name]
    if chance.random() < 0.3:
        words.reverse()
    return " ".join(words)


def test_whole_names_of_malian_people():
    chance = random.Random(1990)
    spellings = {}
    for group in ALIASES["surnames"] + [g for gs in ALIASES["given"].values() for g in gs] + HELD_OUT["surnames"] + HELD_OUT["given"]:
        spellings[normalise(group[0])] = group
    people = pool("ML")
    given = people.male | people.female
    drawn = [(chance.choices([*given], [*given.values()])[0], chance.choices([*people.surnames], [*people.surnames.values()])[0]) for _ in range(400)]
    again = [_rewritten(name, spellings, chance) for name in drawn]
    names = [" ".join(name) for name in drawn]
    found = sum(name_similarity(a, b) >= 0.88 for a, b in zip(names, again, strict=True)) / len(names)
    indexed = [set(keys(name)) for name in names]
    by_all = [all(not on_file.isdisjoint(word) for word in keys_by_token(typed)) for typed, on_file in zip(again, indexed, strict=True)]
    pairs = [(a, b) for a, b in combinations(range(len(drawn)), 2) if set(drawn[a]) != set(drawn[b])]
    close = sum(name_similarity(names[a], names[b]) >= 0.88 for a, b in pairs) / len(pairs)
    print(f"\nwhole names: found {found:.3f}, by search {sum(by_all) / len(by_all):.3f}, false pairs {close:.4%} of {len(pairs)}")
    assert found >= 0.97
    assert sum(by_all) / len(by_all) >= 0.97
    assert close <= 0.001


def test_the_blind_set_is_large_and_falls_in_two_halves():
    halves = {half: groups_of(half) for half in (FIRST, SECOND)}
    assert sum(len(found["family"]) for found in halves.values()) >= 60
    assert sum(len(found[kind]) for found in halves.values() for kind in ("women", "men")) >= 80
    assert sum(len(found["different"]) for found in halves.values()) >= 60
    for half, found in halves.items():
        assert {half_of(group) for kind in KINDS for group in found[kind]} == {half}
        assert all(len(found[kind]) >= 20 for kind in KINDS)


@pytest.mark.parametrize(("half", "judged", "searched"), [(FIRST, 0.97, 0.91), (SECOND, 0.94, 0.91)])
def test_spellings_of_the_blind_set_are_one_name_and_find_each_other(half, judged, searched):
    found = spellings_of(half)
    print(f"\n{half}: {found}")
    for kind in KINDS:
        pairs, one, by_search = found[kind]
        assert pairs >= 150 and one >= judged and by_search >= searched, kind
    _pairs, one, by_search = found["different"]
    assert one <= 0.10 and by_search <= 0.03


def test_a_spelling_nobody_listed_is_the_name_it_nearly_is():
    """By its consonants, and one vowel; and a word that nearly is two names is neither."""
    for written, name in [("Tambodou", "Tambadou"), ("Nafissitou", "Nafissatou"), ("Moustephi", "Moustapha")]:
        assert normalise(written) not in table().groups
        assert set(keys(written)) & set(keys(name)), written
    for written, name in [("Bila", "Bilal"), ("Makan", "Malan"), ("Amara", "Omar"), ("Samba", "Simba")]:
        assert not set(keys(written)) & set(keys(name)), written


def test_a_name_has_few_keys():
    """What a search costs grows with them."""
    counts = [len(keys(spelling)) for spelling in table().groups]
    assert max(counts) <= 4 and sum(counts) / len(counts) <= 2.2
