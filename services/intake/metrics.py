"""Intake's figures of its own."""

from prometheus_client import Gauge

from services.intake.store.messages import count_undelivered
from services.runtime.database import Connection
from services.runtime.figures import set_counts

UNDELIVERED = Gauge("switchboard_messages_undelivered", "Messages that did not arrive and wait for a person", ["state"])
UNDELIVERED_OLDEST = Gauge("switchboard_messages_undelivered_oldest_seconds", "How long the first of them has waited")


async def measure(connection: Connection) -> None:
    """Reads what the database knows."""
    counts, oldest = await count_undelivered(connection)
    set_counts(UNDELIVERED, counts)
    UNDELIVERED_OLDEST.set(oldest)
