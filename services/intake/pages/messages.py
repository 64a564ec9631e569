"""Each message of a need by itself: to whom, about what, and how far it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from schemas.vocabulary import RecipientKind
from services.intake.pages.languages import Words
from services.intake.store.needs import HistoryEntry

_NOT_ARRIVED = {"deliveries.bounced", "deliveries.suppressed", "deliveries.failed", "deliveries.unknown"}


@dataclass(frozen=True)
class Step:
    """One thing that is known of a message."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Line:
    """One message. `problem` is empty while nothing is wrong with it."""

    title: str
    channel: str
    steps: tuple[Step, ...]
    problem: str
    arrived: bool


def tell_messages(history: Sequence[HistoryEntry], partners: Mapping[UUID, str], words: Words) -> list[Line]:
    """A need's messages, the newest last."""
    entries = [entry for entry in history if entry.what.startswith("deliveries.")]
    entries.sort(key=lambda entry: (entry.subject, entry.sequence))
    lines = [_tell(list(group), partners, words) for _, group in groupby(entries, key=lambda entry: entry.subject)]
    return sorted(lines, key=lambda line: line.steps[0].at)


def name_reader(recipient: str, partner: str | None, words: Words) -> str:
    """Who a message is for, as far as its readers are named."""
    if recipient == RecipientKind.PARTNER and partner:
        return partner
    return words(f"recipient.{recipient}")


def _tell(entries: Sequence[HistoryEntry], partners: Mapping[UUID, str], words: Words) -> Line:
    last = entries[-1]
    partner = partners.get(UUID(last.facts["partner_id"])) if "partner_id" in last.facts else None
    purpose = words(f"purpose.{last.facts['purpose']}")
    problem = last.facts.get("problem")
    return Line(
        title=words("messages.title_of", who=name_reader(last.facts["recipient"], partner, words), about=purpose),
        channel=words(f"channel.{last.facts['channel']}"),
        steps=tuple(Step(entry.at, words(f"message_state.{entry.what.partition('.')[2]}")) for entry in entries),
        problem=words(f"delivery_problem.{problem}") if problem else "",
        arrived=last.what not in _NOT_ARRIVED,
    )
