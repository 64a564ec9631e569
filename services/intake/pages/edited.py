"""Forms about what others may change at the same time: each carries what it said when it was opened."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import FormData

from services.intake.domain.editing import Fields, lay_over

OPENED = "opened"

Meant = TypeVar("Meant")


class ChangedMeanwhile(Exception):
    """Somebody else saved something else since the form was opened: look at it, then save again."""

    def __init__(self, form: "Typed") -> None:
        super().__init__(", ".join(form.changed))
        self.form = form


@dataclass(frozen=True)
class Typed:
    """A form's fields as they are shown, and what stands in the record; `changed` are those that others changed."""

    fields: Fields
    stands: Fields
    changed: tuple[str, ...] = ()

    def one(self, name: str) -> str:
        """The text of a field."""
        return " ".join(self.fields.get(name, ()))

    def many(self, name: str) -> tuple[str, ...]:
        """What is chosen in a field."""
        return self.fields.get(name, ())

    @property
    def opened(self) -> str:
        """What the form carries, to be compared with what stands when it is sent."""
        return json.dumps(self.stands)


def stands(fields: Fields) -> Typed:
    """The form as the record fills it in."""
    return Typed(fields, fields)


def read_form(form: FormData, fields: Fields) -> Typed:
    """What was sent of these fields, which stand so in the record now. Raises ChangedMeanwhile."""
    laid = lay_over(_read_opened(form), _read_typed(form, fields), fields)
    read = Typed(laid.fields, fields, laid.changed)
    if laid.changed:
        raise ChangedMeanwhile(read)
    return read


def read_meant(
    form: FormData, fields: Fields, understand: Callable[[Typed], Meant], fields_of: Callable[[Meant], Fields]
) -> Meant:
    """What was meant by what was sent, as `read_form` reads it. Raises ChangedMeanwhile, and what `understand` does.

    What stands so already was a tap before this one: it is no other's change, in whatever way it was written.
    """
    sent = understand(show_again(form, fields))
    return sent if fields_of(sent) == fields else understand(read_form(form, fields))


def show_again(form: FormData, fields: Fields) -> Typed:
    """What was sent of these fields, as it was sent."""
    return Typed(_read_typed(form, fields), _read_opened(form))


def _read_typed(form: FormData, fields: Fields) -> Fields:
    return {name: tuple(filter(None, (str(one).strip() for one in form.getlist(name)))) for name in fields}


def _read_opened(form: FormData) -> Fields:
    """Nothing, for what no form of ours carries: then all that stands is shown before anything is saved."""
    try:
        found = json.loads(str(form.get(OPENED, "")))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: tuple(map(str, values)) for name, values in found.items() if isinstance(values, list)}
