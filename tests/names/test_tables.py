"""The tables agree with themselves: a wrong row would link or part people silently."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from names import key, keys, normalise, pool, pools, token_similarity, tokens
from names.table import read, table

ALIASES = read("aliases.yaml")
HELD_OUT = yaml.safe_load(Path(__file__).with_name("held_out.yaml").read_text(encoding="utf-8"))
KINDS = {"surnames": ALIASES["surnames"], "given": [group for groups in ALIASES["given"].values() for group in groups]}


def test_there_are_enough_groups():
    assert len(KINDS["surnames"]) >= 120
    assert len(KINDS["given"]) >= 100
    assert len(HELD_OUT["surnames"] + HELD_OUT["given"]) >= 25


@pytest.mark.parametrize("kind", KINDS)
def test_a_spelling_stands_in_one_group_of_its_kind(kind):
    for group in KINDS[kind]:
        assert len(group) >= 2
        for spelling in group:
            assert isinstance(spelling, str)  # YAML reads some words as yes and no
            assert " " not in normalise(spelling) or spelling in ("Al-Hassan", "Dan-Juma", "Mai-Mouna", "Abou-Bakr")
    seen = Counter(spelling for group in KINDS[kind] for spelling in {normalise(s) for s in group})
    assert [spelling for spelling, n in seen.items() if n > 1] == []


def test_do_not_link_names_groups_and_contradicts_none():
    names = {normalise(group[0]) for groups in KINDS.values() for group in groups}
    for a, b in ALIASES["do_not_link"]:
        assert {normalise(a), normalise(b)} <= names
        assert key(a) != key(b)
        assert token_similarity(a, b) <= 0.60


def test_the_given_variants_of_the_domain_file_are_linked():
    for a, b in [("Traoré", "Tarawele"), ("Njie", "Ndiaye"), ("Ebrima", "Ibrahima"), ("Khadija", "Kadiatou"), ("Bah", "Bâ")]:
        assert token_similarity(a, b) >= 0.95


def test_held_out_groups_are_unknown_to_the_table():
    known = table().groups
    for group in HELD_OUT["surnames"] + HELD_OUT["given"]:
        assert [spelling for spelling in group if normalise(spelling) in known] == []


def test_pools_are_names_with_weights():
    assert {"ML", "GN", "SN", "CI", "BF", "NE", "GM", "CM", "NG", "BJ", "TG", "SL", "LR", "GH"} <= set(pools())
    for found in pools().values():
        for names in (found.surnames, found.male, found.female):
            assert len(names) >= 15
            for name, weight in names.items():
                assert isinstance(name, str) and tokens(name) and keys(name)
                assert 1 <= weight <= 10
    assert pool("ml") is pool("XX") is pools()["ML"]


def test_pools_and_table_agree_on_sex():
    sex = table().sex
    for code, found in pools().items():
        assert [(code, name) for name in found.male if sex.get(normalise(name)) == "f"] == []
        assert [(code, name) for name in found.female if sex.get(normalise(name)) == "m"] == []
