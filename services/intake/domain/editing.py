"""Two people who change one thing at the same time: what one typed is laid over what the other saved meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

Fields = Mapping[str, tuple[str, ...]]
"""A form's fields: what is typed or chosen in each, in no order that matters; nothing is an empty one."""


@dataclass(frozen=True)
class LaidOver:
    """The form to go on with, and the fields that say something else now than when it was opened."""

    fields: Fields
    changed: tuple[str, ...] = ()


def lay_over(opened: Fields, typed: Fields, now: Fields) -> LaidOver:
    """What was typed into a form, over what stands now. Who left a field as it was does not undo another's change."""
    fields: dict[str, tuple[str, ...]] = {}
    changed = []
    for name, stands in now.items():
        before, wanted = opened.get(name, ()), typed.get(name, ())
        fields[name] = wanted
        if not _same(before, stands) and not _same(wanted, stands):
            changed.append(name)
            if _same(before, wanted):
                fields[name] = stands
    return LaidOver(fields, tuple(changed))


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return sorted(one) == sorted(other)
