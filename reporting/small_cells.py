"""Small cells: no figure below the threshold is shown, and none can be worked out from those that are.

A table with its margins is a circulation: every cell is a flow from its row to its column, every margin a flow through the
total, and what flows into a node flows out of it. Hiding a set of cells is safe for a hidden small cell if another table,
equal in everything shown and possible in everything hidden, has the threshold or more in its place: whoever reads the table can't tell the
two apart. So for each small cell we look for the cheapest way to push its value up to the threshold through other cells
(shortest path, cells hidden already cost nothing, any other its own value) and hide those that the way goes through. A cell
that is not empty never falls to zero on the way: who knows that somebody is there must not learn more.
Method: complementary cell suppression by shortest paths in a network (Fischetti and Salazar; Castro).
"""

import heapq
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

Cell = Hashable


@dataclass
class _Network:
    """Cells as edges. Going along an edge makes its cell larger (no limit); going against it makes it smaller (down to 1)."""

    values: dict[Cell, int] = field(default_factory=dict)
    ends: dict[Cell, tuple[Hashable, Hashable]] = field(default_factory=dict)
    kept: set[Cell] = field(default_factory=set)  # hidden only where nothing else will do

    def add(self, cell: Cell, value: int, tail: Hashable, head: Hashable, *, keep: bool = False) -> None:
        self.values[cell], self.ends[cell] = value, (tail, head)
        if keep:
            self.kept.add(cell)

    def protect(self, threshold: int) -> set[Cell] | None:
        """The cells to hide, or None if no choice of cells is enough (then nothing of the table may be shown)."""
        small = sorted((cell for cell, value in self.values.items() if 0 < value < threshold), key=lambda cell: (self.values[cell], str(cell)))
        hidden: set[Cell] = set(small)
        for cell in small:
            if not self._push(cell, threshold, hidden):
                return None
        return hidden

    def _push(self, cell: Cell, threshold: int, hidden: set[Cell]) -> bool:
        """Moves the flow so that `cell` reaches the threshold, hiding the cells used. The values themselves stay as they were."""
        moved = dict(self.values)
        tail, head = self.ends[cell]
        while moved[cell] < threshold:
            path = self._cheapest(head, tail, cell, moved, hidden)
            if path is None:
                return False
            amount = threshold - moved[cell]
            for other, forward in path:
                if not forward:
                    amount = min(amount, moved[other] - 1)
            for other, forward in path:
                moved[other] += amount if forward else -amount
                hidden.add(other)
            moved[cell] += amount
        return True

    def _cheapest(self, start: Hashable, goal: Hashable, without: Cell, moved: Mapping[Cell, int], hidden: set[Cell]) -> list[tuple[Cell, bool]] | None:
        """Dijkstra from `start` to `goal`. A zero that would have to be hidden costs most: an empty cell says little, hiding it surprises."""
        dearest = sum(self.values.values()) + 1
        best: dict[Hashable, tuple[int, list[tuple[Cell, bool]]]] = {}
        queue: list[tuple[int, int, Hashable, list[tuple[Cell, bool]]]] = [(0, 0, start, [])]
        count = 0
        while queue:
            cost, _number, node, path = heapq.heappop(queue)
            if node in best:
                continue
            best[node] = (cost, path)
            if node == goal:
                return path
            for cell, (tail, head) in self.ends.items():
                if cell == without:
                    continue
                price = 0 if cell in hidden else (self.values[cell] or dearest) + (dearest if cell in self.kept else 0)
                steps = []
                if tail == node:
                    steps.append((head, True))
                if head == node and moved[cell] > 1:
                    steps.append((tail, False))
                for neighbour, forward in steps:
                    if neighbour not in best:
                        count += 1
                        heapq.heappush(queue, (cost + price, count, neighbour, [*path, (cell, forward)]))
        return None


# Where one of these and another could be hidden, the other is: for the committee the number of women matters most.
KEPT = frozenset({"female"})


def protect_list(cells: Mapping[str, int], threshold: int) -> dict[str, int | None] | None:
    """The cells of one disaggregation whose total is known; None in place of a hidden one, None for all if none may be shown."""
    network = _Network()
    for code, value in cells.items():
        network.add(code, value, "all", "total", keep=code in KEPT)
    hidden = network.protect(threshold)
    return None if hidden is None else {code: None if code in hidden else value for code, value in cells.items()}


@dataclass(frozen=True)
class Table:
    """Two dimensions with both margins; None is a hidden figure."""

    cells: dict[tuple[str, str], int | None]
    rows: dict[str, int | None]
    columns: dict[str, int | None]
    parts: dict[str, int | None] = field(default_factory=dict)


def protect_table(cells: Mapping[tuple[str, str], int], threshold: int, *, rows_known: bool = False, parts: Mapping[str, tuple[str, int]] | None = None) -> Table | None:
    """A table whose margins and grand total are shown too: protected together, so that no margin betrays a cell.

    `rows_known`: the totals of the rows are published whatever they are, and can't be hidden. `parts`: what columns consist of
    (age groups of the adults), shown too: code -> (column, value)."""
    rows: dict[str, int] = {}
    columns: dict[str, int] = {}
    network = _Network()
    for (row, column), value in cells.items():
        rows[row], columns[column] = rows.get(row, 0) + value, columns.get(column, 0) + value
        network.add(("cell", row, column), value, ("row", row), ("column", column), keep=bool(KEPT & {row, column}))
    if not rows_known:
        for row, value in rows.items():
            network.add(("row", row), value, "total", ("row", row), keep=row in KEPT)
    for column, value in columns.items():
        network.add(("column", column), value, ("column", column), ("sum", column) if parts else "grand", keep=column in KEPT)
    for part, (column, value) in (parts or {}).items():
        network.add(("part", part), value, ("sum", column), "grand")
    # "total" and "grand" stay apart: between them runs the grand total, which is known.
    hidden = network.protect(threshold)
    if hidden is None:
        return None
    return Table(
        {key: None if ("cell", *key) in hidden else value for key, value in cells.items()},
        {row: None if ("row", row) in hidden else value for row, value in rows.items()},
        {column: None if ("column", column) in hidden else value for column, value in columns.items()},
        {part: None if ("part", part) in hidden else value for part, (_column, value) in (parts or {}).items()},
    )


Cells = dict[Any, dict[Any, int | None]]  # table -> cell -> value, None where it is hidden


def complete(shown: Cells) -> bool:
    return all(value is not None for cells in shown.values() for value in cells.values())


def add_up(steps: Sequence[Cells]) -> Cells:
    """What the steps, protected one by one, say together: a cell is shown where every step shows it. Whoever takes the sum of some
    steps from the sum of more is left with steps that were safe."""
    if not steps:
        return {}
    found: Cells = {}
    for table in steps[0]:
        if not all(table in step for step in steps):
            continue
        parts = [step[table] for step in steps]
        if any(_POOLED in _names(cell) for part in parts for cell in part):
            parts = [_pool(part) for part in parts]
        found[table] = {cell: _sum(part.get(cell, 0) for part in parts) for cell in dict.fromkeys(cell for part in parts for cell in part)}
    return found


_POOLED = "male_or_other"


def _names(cell: Any) -> tuple[Any, ...]:
    return cell if isinstance(cell, tuple) else (cell,)


def _pool(cells: dict[Any, int | None]) -> dict[Any, int | None]:
    """Where some step counts the few of neither sex with the men, all do."""
    pooled: dict[Any, int | None] = {}
    for cell, value in cells.items():
        names = tuple(_POOLED if name in ("male", "other") else name for name in _names(cell))
        key = names if isinstance(cell, tuple) else names[0]
        pooled[key] = _sum((pooled.get(key, 0), value))
    return pooled


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def safe_points(series: Sequence[Sequence[int]], threshold: int, *, among: Collection[int] | None = None) -> list[int]:
    """Running totals over time: the places at which they may be published, each series of increments at all of them.

    None of the totals ever differs by less than the threshold from what it was at another point, or from nothing; it may stand still, and it
    may fall. The latest are chosen first: the last total is always among them unless it is small itself."""
    running = list(zip(*(accumulate(increments) for increments in series), strict=True))
    kept = [tuple(0 for _one in series)]
    points = []
    for place in range(len(running) - 1, -1, -1):
        small = any(0 < abs(here - there) < threshold for other in kept for here, there in zip(running[place], other, strict=True))
        if not small and (among is None or place in among):
            kept.append(running[place])
            points.append(place)
    return points[::-1]
