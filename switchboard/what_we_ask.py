"""`python -m switchboard.what_we_ask`: writes docs/what-we-ask.md, made from the models of a need and its family."""

import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from services.intake.domain.asked import SeenBy, fields_in
from services.intake.domain.need import EnteredNeed
from services.intake.raising import EnteredRaised

PAGE = Path(__file__).resolve().parents[1] / "docs" / "what-we-ask.md"
_HEAD = """\
# What we ask

Everything that can be asked about a need and its family: who sees it, and why it is asked. The list is closed: the API
refuses any other field, the form reads no other. "You" is the school's coordinator. What begins with `family.` is
sealed in intake's database and stands on no topic; the rest is what Switchboard's services decide by, and what a
program with a key of the site can read. This page is generated: `python -m switchboard.what_we_ask`.

Never asked, and refused by name wherever it is sent: immigration status, social security number, place of birth.

| field | who sees it | why it is asked |
| --- | --- | --- |
"""
_RAISED_HEAD = """
What a colleague is asked who raises a need by a site's link. `what` and `student` are sealed, and are destroyed once
the need is completed or closed.

| field | who sees it | why it is asked |
| --- | --- | --- |
"""


def write_page() -> str:
    """The page's text. Raises LookupError for a field that does not say who sees it and why it is asked."""
    asked, raised = (
        "".join(_to_line(path, field) for path, field in fields_in(model)) for model in (EnteredNeed, EnteredRaised)
    )
    return _HEAD + asked + _RAISED_HEAD + raised


def _to_line(path: str, field: FieldInfo) -> str:
    seen_by = next((one.value for one in field.metadata if isinstance(one, SeenBy)), None)
    if seen_by is None or not field.description:
        raise LookupError(f"{path} must say beside it who sees it (SeenBy) and why it is asked (its docstring)")
    return f"| `{path}` | {seen_by} | {' '.join(field.description.split())} |\n"


if __name__ == "__main__":
    PAGE.write_text(write_page())
    sys.stdout.write(f"{PAGE.name} is up to date\n")
