"""Quantities by line, as they are typed into a form: `line-1` is line 1."""

from collections.abc import Iterable

from starlette.datastructures import FormData

from schemas.event import Item

_MOST_DIGITS = 6


def read_quantities(form: FormData, items: Iterable[Item]) -> dict[int, int] | None:
    """Quantities by line; None when one is no number, is too large, or all are nothing."""
    quantities: dict[int, int] = {}
    for item in items:
        typed = str(form.get(f"line-{item.line}", "")).strip() or "0"
        if not (typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS and int(typed) <= item.quantity):
            return None
        quantities[item.line] = int(typed)
    return quantities if any(quantities.values()) else None
