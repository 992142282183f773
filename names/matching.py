"""How alike two names are. The figures order candidates for a person to look at; they are not probabilities."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import JaroWinkler

from names.letters import key_of, normalise
from names.spelling import groups_of, tokens
from names.table import table

SAME_GROUP = 0.95  # two listed spellings of one name
SAME_KEY = 0.93  # the rules read both alike
MOST_OTHERWISE = 0.92  # the closest that letters alone can come
KNOWN_APART = 0.80  # two names the table knows, and knows as two
DO_NOT_LINK = 0.60  # look-alikes named in the table: below any threshold in use

# Weights of tokens within a name.
_NAME, _TITLE_NAME, _INITIAL, _PARTICLE = 1.0, 0.5, 0.3, 0.15
_INITIAL_FITS = 0.9
# A token without a partner costs this share of its weight: middle names come and go between documents, while one
# common surname alone says little.
_MISSING, _MISSING_BESIDE_ONE = 0.2, 0.6
_CLOSE, _FAR = 0.85, 0.60  # of a pair of tokens: from here on it counts in full; up to here it counts nothing
_MOST_TOKENS = 12  # nobody has more; bounds the work on hostile input


def token_similarity(a: str, b: str) -> float:
    """How alike two words of a name are, 0 to 1: symmetric, deterministic.

    1 equal once normalised · 0.95 listed as spellings of one name · 0.93 the same key · else Jaro–Winkler on the keys,
    at most 0.92. Two listed spellings of different names reach at most 0.80, a pair of `do_not_link` at most 0.60.
    An empty word is like nothing: 0.

    Source: thresholds measured in tests/names/test_measured.py; look-alikes of names_mali_variants.yaml.
    """
    return word_similarity(normalise(a).replace(" ", ""), normalise(b).replace(" ", ""))


def word_similarity(a: str, b: str) -> float:
    """`token_similarity` of two words that are normalised already."""
    return _ordered_similarity(a, b) if a <= b else _ordered_similarity(b, a)


@lru_cache(maxsize=16_384)
def _ordered_similarity(a: str, b: str) -> float:
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    known = table()
    names_a, names_b = groups_of(a), groups_of(b)
    if names_a & names_b:
        return SAME_GROUP
    key_a, key_b = key_of(a), key_of(b)
    found = SAME_KEY if key_a == key_b else min(JaroWinkler.similarity(key_a, key_b), MOST_OTHERWISE)
    if names_a and names_b:
        if any((x, y) in known.apart for x in names_a for y in names_b):
            return min(found, DO_NOT_LINK)
        if a in known.groups and b in known.groups:
            return min(found, KNOWN_APART)
    return found


def name_similarity(a: str, b: str) -> float:
    """How alike two whole names are, 0 to 1: symmetric, deterministic.

    Names are bags of tokens, for papers differ in order (Prénom NOM, NOM Prénom). Each token is paired with the most
    similar one left; a token without a partner costs a fifth of its weight (three fifths where only one name pairs, so
    that "Traoré" is not "Moussa Traoré"). Two tokens that should pair and do not cost all. Initials count 0.3 of a
    name, particles 0.15. 1 only for the same tokens; 0 where either side is empty.
    """
    words_a, words_b = sorted(tokens(a)[:_MOST_TOKENS]), sorted(tokens(b)[:_MOST_TOKENS])
    if not words_a or not words_b:
        return 0.0
    if words_a == words_b:
        return 1.0
    if (len(words_b), words_b) < (len(words_a), words_a):  # one order, so that ties fall the same way
        words_a, words_b = words_b, words_a
    weights_a, weights_b = [_weight(word) for word in words_a], [_weight(word) for word in words_b]

    pairs = []
    for i, word_a in enumerate(words_a):
        for j, word_b in enumerate(words_b):
            alike = _pair(word_a, weights_a[i], word_b, weights_b[j])
            if alike > 0.0:
                pairs.append((-alike, i, j))
    pairs.sort()
    left_a, left_b = set(range(len(words_a))), set(range(len(words_b)))
    agreed = weighed = half = 0.0
    whole = 0
    for alike, i, j in pairs:
        if i in left_a and j in left_b:
            left_a.remove(i)
            left_b.remove(j)
            weight = min(weights_a[i], weights_b[j])
            half += max(weights_a[i], weights_b[j]) - weight  # what an initial leaves open
            agreed -= alike * weight
            weighed += weight
            whole += weight == _NAME
    if not weighed:
        return 0.0
    rest = sorted((sum(weights_a[i] for i in left_a), sum(weights_b[j] for j in left_b)))
    # what is left on both sides contradicts; what is left on one side only is missing on the other
    missing = _MISSING if whole >= 2 else _MISSING_BESIDE_ONE
    return agreed / (weighed + rest[0] + (rest[1] - rest[0] + half) * missing)


def _pair(a: str, weight_a: float, b: str, weight_b: float) -> float:
    """What a pair of tokens adds to the name: nothing for unlike ones, and particles pair only with their like."""
    if weight_a == _PARTICLE or weight_b == _PARTICLE:
        particles = table().particles
        return float(weight_a == weight_b and particles[a] == particles[b])
    if weight_a == _INITIAL or weight_b == _INITIAL:
        if a == b:
            return 1.0
        return _INITIAL_FITS if a[0] == b[0] or key_of(a)[0] == key_of(b)[0] else 0.0
    found = word_similarity(a, b)
    if found >= _CLOSE:
        return found
    return max(0.0, (found - _FAR) / (_CLOSE - _FAR) * _CLOSE)


def _weight(word: str) -> float:
    if len(word) == 1:
        return _INITIAL
    known = table()
    if word in known.particles:
        return _PARTICLE
    return _TITLE_NAME if word in known.title_names else _NAME
