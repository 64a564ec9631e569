"""`python -m switchboard.life_of_a_need`: writes docs/life-of-a-need.md from the matcher's own tables of moves."""

import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from schemas.vocabulary import StuckCause, UnmetCause
from services.matcher.domain.moves import NEED_MOVES, OFFER_MOVES, Status
from services.matcher.domain.state import HOLDING, LIVE, NeedStatus, OfferStatus

PAGE = Path(__file__).resolve().parents[1] / "docs" / "life-of-a-need.md"
_HEAD = """\
# The life of a need

Every way in which a need and the offers of it can move. The matcher raises an error on any other, and a test walks all
of these. "It ends" is: the coordinator takes it back, or the family withdraws its consent. This page is generated from
the tables (`services/matcher/domain/moves.py`): `python -m switchboard.life_of_a_need`.
"""
_WAITING = """
## What it waits for

A need that is not closed has a time at which something happens by itself, or stands in the coordinator's queue; the
database refuses any other. The queue's causes: {stuck}.

A need ends as fulfilled, partly fulfilled or unmet. What is not met has a cause:
{unmet}.
"""


def write_page() -> str:
    """The page's text."""
    waiting = _WAITING.format(stuck=_list(StuckCause), unmet=_list(UnmetCause))
    held = f"\n{_list(sorted(HOLDING))} hold what they took: nobody else can have it. {_list(sorted(LIVE))} run out.\n"
    need = _to_section("A need", NeedStatus.ASKING, NEED_MOVES)
    offer = _to_section("An offer", OfferStatus.OPEN, OFFER_MOVES)
    return _HEAD + need + waiting + offer + held


def _to_section(title: str, first: Status, moves: Mapping[tuple[Status, Status], str]) -> str:
    arrows = [f"  {before} --> {after}" for before, after in moves]
    starts = {before for before, _ in moves}
    ends = [f"  {after} --> [*]" for after in dict.fromkeys(after for _, after in moves) if after not in starts]
    rows = [f"| {before} | {after} | {cause} |" for (before, after), cause in moves.items()]
    chart = ["```mermaid", "stateDiagram-v2", f"  [*] --> {first}", *arrows, *ends, "```"]
    table = ["| from | to | when |", "| --- | --- | --- |", *rows]
    return "\n".join(["", f"## {title}", "", *chart, "", *table, ""])


def _list(members: Iterable[StrEnum]) -> str:
    return ", ".join(f"`{member}`" for member in members)


if __name__ == "__main__":
    PAGE.write_text(write_page())
    sys.stdout.write(f"{PAGE.name} is up to date\n")
