"""The same name as another clerk would have written it: what makes true duplicates hard to find."""

import random

# French, English and phonetic habits of the region's registers.
HABITS = (
    ("ou", "u"),
    ("Ou", "U"),
    ("é", "e"),
    ("ï", "i"),
    ("è", "e"),
    ("dj", "j"),
    ("Dj", "J"),
    ("di", "dj"),
    ("c", "k"),
    ("C", "K"),
    ("ss", "s"),
    ("y", "i"),
    ("kh", "k"),
    ("Ma", "Mo"),
    ("h", ""),
    ("ll", "l"),
    ("oulé", "ulay"),
)


def respell(name: str, rng: random.Random) -> str:
    """Another believable spelling of this name; the name itself when no habit applies."""
    usable = [(old, new) for old, new in HABITS if old in name]
    for old, new in rng.sample(usable, min(len(usable), rng.choice((1, 2)))):
        name = name.replace(old, new, 1)
    return name[:1].upper() + name[1:]
