"""What providers report of messages, told to the notifier: each thing once, however often it is reported."""

from datetime import UTC, datetime

from schemas.receipts import ReceiptReceived
from schemas.topics import ServiceName
from schemas.vocabulary import Channel
from services.intake.domain.receipts import Report
from services.intake.store import receipts
from services.runtime import outbox
from services.runtime.database import Pool
from services.runtime.tracing import new_traceparent


async def take_report(pool: Pool, channel: Channel, report: Report) -> bool:
    """Publishes what is new. Returns whether it was."""
    async with pool.acquire() as connection, connection.transaction():
        if not await receipts.add_receipt(connection, report.message_id, report.fate):
            return False
        event = ReceiptReceived(
            message_id=report.message_id,
            channel=channel,
            fate=report.fate,
            problem=report.problem,
            at=datetime.now(UTC),
        )
        # A message has no versions here: its fates outweigh one another, in whichever order they come.
        await outbox.publish(connection, ServiceName.INTAKE, [outbox.Outgoing(event, event.key, 0, new_traceparent())])
    return True
