"""The figures as tables in Markdown: medians of the seeds, the least and the most in brackets."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.routing.measuring import Figures

Column = tuple[str, Callable[[Figures], float], Callable[[float], str]]


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _hours(hours: float) -> str:
    return "never" if hours == float("inf") else f"{hours:.1f}"


def _one_digit(number: float) -> str:
    return f"{number:,.1f}"


def _two_digits(number: float) -> str:
    return f"{number:.2f}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


COLUMNS: tuple[Column, ...] = (
    ("fillable items met", lambda one: one.met, _percent),
    ("hours to claim, median", lambda one: one.median_hours, _hours),
    ("p90", lambda one: one.p90_hours, _hours),
    ("messages", lambda one: one.messages, _whole),
    ("a claim", lambda one: one.messages_a_claim, _one_digit),
    ("Gini", lambda one: one.gini, _two_digits),
    ("over budget", lambda one: one.over_budget, _percent),
    ("silently stuck", lambda one: one.silent, _whole),
)


def render(rows: Mapping[str, Sequence[Figures]]) -> Iterator[str]:
    """A table with a row for each rule; by rule, the figures of each seed."""
    yield "| rule | " + " | ".join(name for name, _, _ in COLUMNS) + " |"
    yield "| --- " * (len(COLUMNS) + 1) + "|"
    for rule, figures in rows.items():
        yield f"| {rule} | " + " | ".join(_cell(figures, column) for column in COLUMNS) + " |"


def _cell(figures: Sequence[Figures], column: Column) -> str:
    _, value, say = column
    values = [value(one) for one in figures]
    middle, least, most = (say(number) for number in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}, {most})"
