"""The notifier's figures."""

from prometheus_client import Counter, Gauge, Histogram

from services.notifier.domain.sending import MessageStatus, Result
from services.notifier.store import queue
from services.runtime.database import Connection
from services.runtime.figures import set_counts

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


async def measure(connection: Connection) -> None:
    """Reads what the database knows."""
    set_counts(UNFINISHED, await queue.count_unfinished(connection))


def observe(result: Result, age_s: float) -> None:
    """Counts one attempt."""
    channel = result.channel or "none"
    MESSAGES.labels(channel, result.status).inc()
    if result.status is MessageStatus.ACCEPTED:
        ACCEPTED_AFTER.labels(channel).observe(age_s)
