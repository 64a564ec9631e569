"""Which counts of a table may be told, so that no small one can be worked out from those that are.

A table of rows and values, with the sum of each value told too; the sum of each row is known. As sums must agree, its
counts are flows in a network, and what else a hidden count could be is what can flow round it through other hidden
counts (L. H. Cox, "Network models for complementary cell suppression", 1995). docs/gap-report.md says it for readers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

FEWEST = 10
"""Fewer needs than these are not told. And so many numbers at least each count that is not told could be."""

OTHERS = ""
"""The rows, or the values, that are not told one by one, taken together: no code is empty."""

_Node = tuple[str, str]
_SUM: _Node = ("sum", "")


@dataclass(frozen=True)
class Count:
    """How many gaps, and of how many needs: one need can lack several kinds of help."""

    gaps: int = 0
    needs: int = 0

    @property
    def enough(self) -> bool:
        """Whether so many families stand behind it that it may be told."""
        return self.needs >= FEWEST

    @property
    def small(self) -> bool:
        """Whether it tells of few families. That there was none tells of nobody."""
        return 0 < self.needs < FEWEST

    def __add__(self, other: "Count") -> "Count":
        return Count(self.gaps + other.gaps, self.needs + other.needs)


def split_rows(rows: Mapping[str, Count]) -> tuple[list[str], list[str]]:
    """Those whose sum may be told, and the others: none, or at least two that have enough needs together.

    Each row has some.
    """
    told = sorted((row for row in rows if rows[row].enough), key=lambda row: (-rows[row].gaps, row))
    others = sorted(rows.keys() - set(told))
    while others and told and (len(others) == 1 or sum((rows[row] for row in others), Count()).small):
        others.append(told.pop())
    return told, others


@dataclass(frozen=True)
class Told:
    """What of one table may be told: by (row, value), and by value over all rows."""

    cells: Mapping[tuple[str, str], int]
    sums: Mapping[str, int]


def suppress(cells: Mapping[tuple[str, str], Count]) -> Told:
    """Tells what may be told. `cells` has each pair of row and value; of `OTHERS` nothing is told by itself.

    The reader knows the sum of each row, which has enough needs.
    """
    network = _Network()
    sums: dict[str, Count] = defaultdict(Count)
    for (row, value), cell in sorted(cells.items(), key=lambda one: one[0]):
        sums[value] += cell
        network.add(("row", row), ("value", value), cell, hidden=not cell.enough or OTHERS in {row, value})
    for value, total in sums.items():
        network.add(("value", value), _SUM, total, hidden=not total.enough or value == OTHERS)
    for arc in [arc for arc in network.arcs if arc.count.small]:
        network.blur(arc)
    told = [arc for arc in network.arcs if not arc.hidden]
    return Told(
        {(arc.start[1], arc.end[1]): arc.count.gaps for arc in told if arc.end != _SUM},
        {arc.start[1]: arc.count.gaps for arc in told if arc.end == _SUM},
    )


@dataclass(eq=False)
class _Arc:
    """One count: what flows from a row to a value, or from a value to the sum of all. `number` is its place."""

    number: int
    start: _Node
    end: _Node
    count: Count
    hidden: bool


@dataclass(frozen=True)
class _Step:
    """A count on the way that grows, or shrinks, and where that leads."""

    arc: _Arc
    grows: bool

    @property
    def source(self) -> _Node:
        """Where it comes from."""
        return self.arc.start if self.grows else self.arc.end

    @property
    def target(self) -> _Node:
        """Where it leads."""
        return self.arc.end if self.grows else self.arc.start


class _Network:
    """All counts of a table. At each node what comes in goes out, or is known."""

    def __init__(self) -> None:
        self.arcs: list[_Arc] = []
        self._steps: dict[_Node, list[_Step]] = defaultdict(list)

    def add(self, start: _Node, end: _Node, count: Count, *, hidden: bool) -> None:
        """Takes one count in."""
        arc = _Arc(len(self.arcs), start, end, count, hidden)
        self.arcs.append(arc)
        self._steps[start].append(_Step(arc, grows=True))
        self._steps[end].append(_Step(arc, grows=False))

    def blur(self, arc: _Arc) -> None:
        """Hides the least that leaves this count `FEWEST` numbers that it could be."""
        wanted, gaps = FEWEST - 1, arc.count.gaps
        more = self._flow(arc.end, arc.start, arc, wanted, hiding=False)
        less = self._flow(arc.start, arc.end, arc, min(wanted - more, gaps), hiding=False)
        if more + less < wanted:
            more = self._flow(arc.end, arc.start, arc, wanted - less, hiding=True)
            self._flow(arc.start, arc.end, arc, min(wanted - more, gaps), hiding=True)

    def _flow(self, source: _Node, target: _Node, around: _Arc, wanted: int, *, hiding: bool) -> int:
        """How much of what is wanted can flow from node to node around one count; when `hiding`, through any other."""
        left = [arc.count.gaps for arc in self.arcs]
        flowed = 0
        while flowed < wanted and (path := self._cheapest_path(source, target, around, left, hiding=hiding)):
            amount = min([wanted - flowed, *(left[step.arc.number] for step in path if not step.grows)])
            for step in path:
                left[step.arc.number] += amount if step.grows else -amount
                step.arc.hidden = True
            flowed += amount
        return flowed

    def _cheapest_path(
        self, source: _Node, target: _Node, around: _Arc, left: Sequence[int], *, hiding: bool
    ) -> list[_Step]:
        """The way that hides fewest gaps more; empty where there is none. No count shrinks below nothing."""
        came: dict[_Node, _Step | None] = {}
        queue: list[tuple[int, int, _Node, _Step | None]] = [(0, 0, source, None)]
        order = count(1)
        while queue:
            cost, _, node, step = heappop(queue)
            if node in came:
                continue
            came[node] = step
            if node == target:
                return _way_to(target, came)
            for step in self._steps[node]:
                arc = step.arc
                if (arc.hidden or hiding) and arc is not around and (step.grows or left[arc.number]):
                    price = cost if arc.hidden else cost + arc.count.gaps
                    if step.target == target and not price:
                        # Nothing is cheaper than free; most searches end here.
                        return _way_to(target, came | {target: step})
                    heappush(queue, (price, next(order), step.target, step))
        return []


def _way_to(target: _Node, came: Mapping[_Node, _Step | None]) -> list[_Step]:
    path: list[_Step] = []
    while (step := came[target]) is not None:
        path.append(step)
        target = step.source
    return path
