"""How names of the region are spelt, and when two spellings may be one person's.

Pure functions over text: no Django, no database. A name proves nothing alone: a few surnames cover most people of
Mali, so these functions propose pairs and find files; a person decides (`cases` weighs dates and filiation beside).
"""

from names.comparison import NameComparison, Part, Word, compare_words, words_of
from names.frequency import frequency
from names.matching import name_similarity, token_similarity
from names.pool import NamePool, pool, pools
from names.spelling import key, keys, keys_by_token, normalise, tokens, usual_sex

__all__ = [
    "NameComparison",
    "NamePool",
    "Part",
    "Word",
    "compare_words",
    "frequency",
    "key",
    "keys",
    "keys_by_token",
    "name_similarity",
    "normalise",
    "pool",
    "pools",
    "token_similarity",
    "tokens",
    "usual_sex",
    "words_of",
]
