"""The notifier's figures."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from services.notifier.domain.sending import Attempt, MessageStatus, NotNow, Result, Unclear
from services.notifier.store import queue
from services.runtime.database import Connection
from services.runtime.figures import set_counts
from services.runtime.messages import Message

MESSAGES = Counter("switchboard_messages_total", "Attempts by what became of them", ["channel", "status"])
ACCEPTED_AFTER = Histogram(
    "switchboard_message_accepted_seconds",
    "From the queue to the provider's yes",
    ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
RECEIPTS = Counter(
    "switchboard_receipts_total", "What providers reported of messages, where it changed something", ["channel", "fate"]
)

UNFINISHED = Gauge("switchboard_messages_unfinished", "Messages that are not out of our hands", ["state"])


PROVIDER_ATTEMPTS = Counter(
    "switchboard_provider_attempts_total", "Attempts by provider and by what came of them", ["provider", "outcome"]
)
PROVIDER_WELL = Gauge(
    "switchboard_provider_well", "0 while a provider is left alone, or tried, for its failures", ["provider"]
)
PROVIDER_PAUSED = Gauge("switchboard_provider_paused", "1 while ops has paused a provider", ["provider"])
HELD = Counter("switchboard_messages_held_total", "Times that a message had to wait for a provider", ["channel"])
STAGES = Histogram(
    "switchboard_message_stage_seconds",
    "How long each stage takes: queued (since the event), claimed, accepted",
    ["stage"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300),
)


async def measure(connection: Connection) -> None:
    """Reads what the database knows."""
    set_counts(UNFINISHED, await queue.count_unfinished(connection))


def observe_queued(messages: Iterable[Message], now: datetime) -> None:
    """How long events took to become messages."""
    for message in messages:
        STAGES.labels("queued").observe(max(0.0, (now - message.envelope.time).total_seconds()))


def observe_claimed(messages: Iterable[queue.Message], now: datetime) -> None:
    """How long messages waited for their first attempt."""
    for message in messages:
        if message.attempts == 1:
            STAGES.labels("claimed").observe((now - message.created_at).total_seconds())


def observe_held(channel: str) -> None:
    """Counts a message that no provider takes now."""
    HELD.labels(channel).inc()


def observe_attempt(provider: str, attempt: Attempt) -> None:
    """Counts what a provider said."""
    trouble = attempt.trouble if isinstance(attempt, (NotNow, Unclear)) else None
    name = type(attempt).__name__.casefold()
    PROVIDER_ATTEMPTS.labels(provider, f"{name} {trouble}" if trouble else name).inc()


def observe(result: Result, message: queue.Message, now: datetime) -> None:
    """Counts one attempt."""
    channel = result.channel or "none"
    MESSAGES.labels(channel, result.status).inc()
    if result.status is MessageStatus.ACCEPTED:
        ACCEPTED_AFTER.labels(channel).observe((now - message.created_at).total_seconds())
        if message.claimed_at is not None:
            STAGES.labels("accepted").observe((now - message.claimed_at).total_seconds())
