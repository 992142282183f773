"""Who may be the same person: what each field weighs (`weights`), and where candidates are found (`finding`)."""

from .finding import Likeness, duplicates_for, find_likely, likely_duplicates, similar_to
from .weights import CERTAIN, LIKELY, PROBABLE, Comparison, Identity, Reason, compare, identity_of

__all__ = [
    "CERTAIN",
    "LIKELY",
    "PROBABLE",
    "Comparison",
    "Identity",
    "Likeness",
    "Reason",
    "compare",
    "duplicates_for",
    "find_likely",
    "identity_of",
    "likely_duplicates",
    "similar_to",
]
