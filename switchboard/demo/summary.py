"""What came of it all."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from switchboard.demo.answering import Answers

History = list[dict[str, Any]]


def print_summary(
    console: Console,
    needs: list[dict[str, Any]],
    histories: list[list[dict[str, Any]]],
    answers: Answers,
    posted: dict[UUID, datetime],
) -> None:
    """Outcomes, offers for each claim, and how long it took from the need to its first message."""
    happened = Counter(entry["what"] for history in histories for entry in history)
    claims, offers = happened["outcomes.claim_awarded"], happened["offers.made"]
    waits = sorted(
        (datetime.fromisoformat(received) - posted[need_id]).total_seconds()
        for need_id, received in answers.first_message.items()
        if need_id in posted
    )
    table = Table(title="What came of it", show_header=False)
    for status, count in Counter(_ending(need) for need in needs).most_common():
        table.add_row(f"needs {status}", str(count))
    table.add_section()
    table.add_row("offers made", str(offers))
    table.add_row("claims awarded", str(claims))
    table.add_row("offers for each claim", f"{offers / claims:.1f}" if claims else "no claim")
    table.add_row("claims refused: somebody was first", str(happened["outcomes.claim_refused"]))
    table.add_row("emails, texts", f"{answers.messages['email']}, {answers.messages['text']}")
    if waits:
        table.add_row("need to first message taken, p50", f"{_share(waits, 0.5) * 1000:.0f} ms")
        table.add_row("need to first message taken, p95", f"{_share(waits, 0.95) * 1000:.0f} ms")
    console.print(table)
    console.print(_on_the_way(needs, histories))


def _on_the_way(needs: list[dict[str, Any]], histories: list[list[dict[str, Any]]]) -> Table:
    """What does not go straight: how often, and one need of each to look at."""
    table = Table("what happened on the way", "needs", "for example", title="And none was forgotten")
    for words, did_happen in _TURNS.items():
        there = [need["reference"] for need, history in zip(needs, histories, strict=True) if did_happen(history)]
        table.add_row(words, str(len(there)), there[0] if there else "")
    return table


def _lapsed(history: History, *reasons: str) -> bool:
    return any(entry["what"] == "outcomes.claim_lapsed" and entry["facts"]["reason"] in reasons for entry in history)


def _has_part_that_went_on(history: History) -> bool:
    """Two claims that both stand: each took a part."""
    awarded = {entry["facts"]["offer_id"] for entry in history if entry["what"] == "outcomes.claim_awarded"}
    lapsed = {entry["facts"]["offer_id"] for entry in history if entry["what"] == "outcomes.claim_lapsed"}
    return len(awarded - lapsed) > 1


def _ended_unmet(history: History) -> bool:
    return any(entry["what"] in {"outcomes.need_unmet", "outcomes.need_partly_fulfilled"} for entry in history)


_TURNS: Mapping[str, Callable[[History], bool]] = {
    "a part was taken, and others were asked for the rest": _has_part_that_went_on,
    "a claim lapsed: nobody was in touch in time": lambda history: _lapsed(history, "not_contacted", "not_completed"),
    "a claim was handed back": lambda history: _lapsed(history, "released"),
    "the family said that it did not arrive": lambda history: any(
        entry["what"] == "responses.family_disputed" for entry in history
    ),
    "it ended without all of it, and says why": _ended_unmet,
}


def _ending(need: dict[str, Any]) -> str:
    status = str(need["status"]).replace("_", " ")
    if need["stuck"]:
        return f"waiting for the coordinator: {need['stuck'].replace('_', ' ')}"
    return f"{status}: {need['cause'].replace('_', ' ')}" if need["cause"] else status


def _share(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]
