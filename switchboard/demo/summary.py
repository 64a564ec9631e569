"""What came of it all."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from switchboard.demo.answering import Answers


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
    table.add_row("claims lapsed or handed back", str(happened["outcomes.claim_lapsed"]))
    table.add_row("families who said it did not arrive", str(happened["responses.family_disputed"]))
    table.add_row("emails, texts", f"{answers.messages['email']}, {answers.messages['text']}")
    if waits:
        table.add_row("need to first message taken, p50", f"{_share(waits, 0.5) * 1000:.0f} ms")
        table.add_row("need to first message taken, p95", f"{_share(waits, 0.95) * 1000:.0f} ms")
    console.print(table)


def _ending(need: dict[str, Any]) -> str:
    status = str(need["status"]).replace("_", " ")
    if need["stuck"]:
        return f"waiting for the coordinator: {need['stuck'].replace('_', ' ')}"
    return f"{status}: {need['cause'].replace('_', ' ')}" if need["cause"] else status


def _share(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]
