"""Nothing of a list is lost in silence: a few random lists here, as many as one likes with SIRA_RANDOM_LISTS=2000."""

import os
from collections import Counter

import pytest

from accounts.models import User
from cases.importing.cells import Unreadable
from cases.importing.checking import check
from cases.importing.reading import read
from cases.importing.titles import guess

from . import random_lists

MANY = int(os.environ.get("SIRA_RANDOM_LISTS", "40"))


@pytest.mark.skipif(MANY < 1, reason="none asked for")
def test_random_lists_lose_nothing_in_silence(centre, tmp_path):
    gao, actor = centre("GAO"), User.objects.get(username="manager.gao")
    outcome: Counter[str] = Counter()
    lost: list[str] = []
    for seed in range(MANY):
        made = random_lists.make(seed)
        try:
            table = read(random_lists.write(made, tmp_path))
        except Unreadable as error:
            outcome["whole file refused"] += 1
            if made.spoilt and f"ligne {made.spoilt}" not in str(error):
                lost.append(f"{seed}: line {made.spoilt} is in another encoding, told is: {error}")
            continue
        if made.spoilt:
            lost.append(f"{seed}: line {made.spoilt} is in another encoding, and was read")
        guessed = guess(table.columns)
        if wrongly := [made.titles[place] for place, field in guessed.items() if made.fields[place] != field]:
            lost.append(f"{seed}: guessed {wrongly}")
        matching = {place: field for place, field in enumerate(made.fields) if field != "other"}
        checked = check(table, actor=actor, centre=gao, matching=matching, listed_on=random_lists.TAKEN, duplicates=False)
        outcome["refused line by line" if checked.problems else "kept"] += 1
        lost += [f"{seed}: {one}" for one in random_lists.losses(made, table, checked)]
    print(dict(outcome), "silent losses:", len(lost))
    assert lost[:20] == []
    assert outcome["kept"] > MANY / 5, "most lists are to be read, not refused"
