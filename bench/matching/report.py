"""What came of it, as one table and a few lines."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bench.matching.contest import Result
from bench.matching.measuring import MOST

WHAT_EACH_DOES = {
    "ours": f"`IndexedDirectory.find`: the best {MOST} for each kind of help, with their reasons",
    "loop": "`PlainDirectory.find`: the same, by each rule for each service; asked about the first needs only",
    "numpy": f"all services as columns, one pass, no index: the best {MOST} for each kind of help, ids and scores",
    "postgresql": "one GIN index over kind of help times cover, rows in its order, all else in SQL: all ids, unranked",
    "strtree": "as numpy, but only over whose area holds the place: shapely's STRtree for radii, dictionaries for "
    "all others; an update makes the tree anew",
}
_HEAD = (
    *("partners", "engine", "needs", "hits a need", "p50, ms", "p99, ms", "mean, ms", "p50, times ours"),
    *("memory, MB", "built in, s", "update p50, ms", "update p99, ms"),
)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many of 1 do not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def render(results: Sequence[Result]) -> Iterator[str]:
    """Lines of Markdown: medians of the rounds, least and most in brackets."""
    ours = {result.task.partners: _p50(result) for result in results if result.task.engine == "ours"}
    yield "| " + " | ".join(_HEAD) + " |"
    yield "| " + " | ".join("---" for _ in _HEAD) + " |"
    for result in sorted(results, key=lambda result: result.task.partners):
        yield "| " + " | ".join(_cells(result, ours.get(result.task.partners))) + " |"
    yield ""
    for engine in dict.fromkeys(result.task.engine for result in results):
        grown = ", ".join(_growths([result for result in results if result.task.engine == engine]))
        yield f"- {engine}: {WHAT_EACH_DOES[engine]}{f'; {grown}' if grown else ''}."


def _cells(result: Result, ours: float | None) -> Iterator[str]:
    yield f"{result.task.partners:,}"
    yield result.task.engine
    yield f"{len(result.answers):,}"
    yield f"{statistics.mean(answer.hits for answer in result.answers):,.1f}"
    for figures in (
        [percentile(took, 0.5) for took in result.rounds],
        [percentile(took, 0.99) for took in result.rounds],
        [statistics.mean(took) for took in result.rounds],
    ):
        yield f"{_ms(statistics.median(figures))} ({_ms(min(figures))}, {_ms(max(figures))})"
    yield "" if ours is None else f"{_p50(result) / ours:,.1f}"
    yield f"{result.built.memory / 1e6:,.0f}"
    yield f"{result.built.seconds:,.1f}"
    yield _ms(percentile(result.updates, 0.5))
    yield _ms(percentile(result.updates, 0.99))


def _growths(results: Sequence[Result]) -> Iterator[str]:
    for less, more in pairwise(sorted(results, key=lambda result: result.task.partners)):
        grown = _p50(more) / _p50(less)
        yield f"from {less.task.partners:,} to {more.task.partners:,} partners p50 grows {grown:.1f} times"


def _p50(result: Result) -> float:
    return statistics.median(percentile(took, 0.5) for took in result.rounds)


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    digits = 0 if milliseconds >= 100 else 1 if milliseconds >= 10 else 2
    return f"{milliseconds:,.{digits}f}"
