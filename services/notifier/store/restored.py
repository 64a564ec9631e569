"""What a restored copy of the database is told by the topics."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from schemas.vocabulary import Channel, DeliveryProblem
from services.notifier.domain.sending import MessageStatus
from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class Fate:
    """What the topic says that became of a message."""

    message_id: UUID
    version: int
    status: MessageStatus
    channel: Channel
    contact_id: UUID | None
    problem: DeliveryProblem | None
    at: datetime


async def save_fates(connection: Connection, fates: Sequence[Fate]) -> int:
    """Writes what the topic says that became of messages, where it is newer. Returns of how many."""
    rows = await connection.fetch(
        """
        UPDATE messages
           SET status = fate.status, version = fate.version, channel = fate.channel, problem = fate.problem,
               contact_id = coalesce(fate.contact_id, messages.contact_id), lease_until = NULL, due_at = fate.at,
               perhaps_sent = messages.perhaps_sent OR fate.status = 'unknown',
               accepted_at = CASE WHEN fate.status IN ('accepted', 'delivered') THEN coalesce(accepted_at, fate.at) END
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::timestamptz[])
               AS fate (message_id, version, status, channel, contact_id, problem, at)
         WHERE messages.message_id = fate.message_id AND messages.version < fate.version
        RETURNING messages.message_id
        """,
        *to_columns([astuple(fate) for fate in fates], 7),
    )
    return len(rows)


async def look_before_sending(connection: Connection) -> int:
    """Nobody knows whether what waits was tried already: a text is looked up first. Returns how many wait."""
    rows = await connection.fetch(
        "UPDATE messages SET perhaps_sent = true WHERE status IN ('queued', 'sending') RETURNING message_id"
    )
    return len(rows)
