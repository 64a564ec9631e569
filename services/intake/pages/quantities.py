"""Quantities by line, as they are typed into a form: `line-1` is line 1."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from starlette.datastructures import FormData

from schemas.event import Item
from schemas.responses import Shortfall
from schemas.vocabulary import ShortfallCause

_MOST_DIGITS = 6


@dataclass(frozen=True)
class HandedOver:
    """What a partner says that it gave, by line, and what is missing of its part."""

    quantities: dict[int, int]
    shortfalls: tuple[Shortfall, ...]
    unexplained: bool
    """Whether something is missing without a cause."""


def read_quantities(form: FormData, items: Iterable[Item]) -> dict[int, int] | None:
    """Quantities by line; None when one is no number, too large, a part of a whole, or all are nothing."""
    offered = tuple(items)
    quantities = _read_lines(form, offered)
    if quantities is None or any(item.whole and 0 < quantities[item.line] < item.quantity for item in offered):
        return None
    return quantities if any(quantities.values()) else None


def read_handed_over(form: FormData, awarded: Iterable[Item]) -> HandedOver | None:
    """What was given, which may be nothing, with `cause-1` for why line 1 is short; None for what is no number."""
    items = tuple(awarded)
    quantities = _read_lines(form, items)
    if quantities is None:
        return None
    missing = {item.line: item.quantity - quantities[item.line] for item in items}
    missing = {line: quantity for line, quantity in missing.items() if quantity}
    shortfalls: list[Shortfall] = []
    for line, quantity in missing.items():
        with suppress(ValueError):
            cause = ShortfallCause(str(form.get(f"cause-{line}", "")))
            shortfalls.append(Shortfall(line=line, quantity=quantity, cause=cause))
    return HandedOver(quantities, tuple(shortfalls), len(shortfalls) < len(missing))


def _read_lines(form: FormData, items: Iterable[Item]) -> dict[int, int] | None:
    quantities: dict[int, int] = {}
    for item in items:
        typed = str(form.get(f"line-{item.line}", "")).strip() or "0"
        if not (typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS and int(typed) <= item.quantity):
            return None
        quantities[item.line] = int(typed)
    return quantities
