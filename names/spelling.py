"""From a name as somebody wrote it to its tokens and its keys."""

from __future__ import annotations

from functools import lru_cache

from names.letters import key_of, normalise
from names.table import table

__all__ = ["key", "keys", "keys_by_token", "normalise", "tokens", "usual_sex"]

# Written in one word or two: Abdoulkarim, Abdoul Karim; Elmoctar, El Moctar.
_JOINED = ("abdoul", "abdul", "abdel", "abdou", "el", "al")
_HADJ_ARTICLES = frozenset({"el", "al"})


def tokens(text: str) -> list[str]:
    """The words of a name, normalised, in the order written.

    - Titles are dropped (Dr, Mme, Imam, "née" …). Hadj, Hadja, Alhaji are dropped only while two other names remain:
      Hadja Traoré and El Hadji Diouf bear the title as a given name.
    - Particles (ag, walet, ould, mint, el, ben) stay, as words of their own.
    - "N Diaye" becomes "ndiaye", "Abdoulkarim" becomes "abdoul", "karim", "Elmoctar" becomes "el", "moctar": joined or
      split only where the table knows what comes out, so that an initial stays an initial.
    - A text of titles alone keeps them: what was written must stay findable.

    Source: particles and titles of names_mali_variants.yaml.
    """
    known = table()
    words: list[str] = []
    for word in normalise(text).split():
        last = words[-1] if words else ""
        if last in ("n", "m") and last + word in known.groups:
            words[-1] = last + word
        elif last in _HADJ_ARTICLES and "el" + word in known.title_names:
            words[-1] = "el" + word
        else:
            words.extend(_split(word))
    names = [word for word in words if word not in known.titles]
    if not names:
        return words
    others = sum(word not in known.title_names and word not in known.particles for word in names)
    if others >= 2:
        names = [word for word in names if word not in known.title_names]
    return names


@lru_cache(maxsize=16_384)
def _split(word: str) -> tuple[str, ...]:
    known = table()
    if len(word) < 6 or word in known.groups or word in known.title_names:
        return (word,)
    for start in _JOINED:
        rest = word[len(start) :]
        if len(rest) >= 4 and word.startswith(start) and rest in known.groups:
            return (start, rest)
    return (word,)


def key(token: str) -> str:
    """How the token sounds, whoever wrote it: two spellings of one name should share it.

    ou/oo/w → u · dj, dy, di+vowel → j · gn, ny, ni+vowel → N · tch, ty, ti+vowel → C · ch/sh → s · c/ck/kh/q → k ·
    c before e, i, y → s · ph → f · th → t · gh, gu+e/i → g · x → ks · y/ee → i · ei → ai · ao → au · doubled letters
    once · h silent · n before b, p → m · o → u · final é, eh, ay, e not written (from four letters on).
    Arabic script: marks off, forms of alif and ya and the final ta one letter. Two names may share a key; the key is
    for finding, not for deciding.

    Source: conventions of names_mali_variants.yaml; facts.md section 6 (a key of this kind beat Soundex, NYSIIS,
    Double Metaphone and SfinxBis on Malian spellings).
    """
    return key_of(normalise(token).replace(" ", ""))


@lru_cache(maxsize=16_384)
def groups_of(word: str) -> frozenset[str]:
    """The known names a normalised word may be a spelling of: as listed, else by its key where only one fits, else the one it nearly is."""
    known = table()
    return known.groups.get(word) or known.groups_by_key.get(key_of(word)) or known.nearly(key_of(word))


@lru_cache(maxsize=16_384)
def _keys_of(word: str) -> tuple[str, ...]:
    return (key_of(word), *sorted("=" + name for name in groups_of(word)))


def keys(full_text: str) -> list[str]:
    """What to index a name under, and what to search it by: sorted, without repeats.

    Each token gives its key, and "=name" for each known name it may be a spelling of, so that Jobarteh finds Diabaté.
    Particles and initials are left out unless nothing else is written. Meant for a `text[]` column with a GIN index;
    a search is the overlap of the keys of what was typed with that column, ordered by `name_similarity`.
    """
    return sorted({found for of_word in keys_by_token(full_text) for found in of_word})


def keys_by_token(full_text: str) -> list[tuple[str, ...]]:
    """The same keys, token by token: for a search that asks every word typed to be found (overlap AND overlap).

    Needed on a large table: "=mamadou" alone is a tenth of all files.
    """
    particles = table().particles
    words = tokens(full_text)
    telling = [word for word in words if len(word) > 1 and word not in particles]
    return [_keys_of(word) for word in telling or words]


def usual_sex(given_name: str) -> str:
    """ "m" or "f" where a given name clearly tells it, else "". A hint to check an entry, never a fact."""
    known = table()
    words = [word for word in tokens(given_name) if word not in known.particles]
    return known.sex.get(words[0], "") if words else ""
