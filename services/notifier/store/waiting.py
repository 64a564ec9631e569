"""Messages that go back into the queue untried, and those that wait for nothing any more."""

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class Wait:
    """A message that goes back into the queue untried: it is as if nobody had taken it."""

    message_id: UUID
    attempts: int
    lane: str
    contact_id: UUID | None
    parcel_id: UUID | None
    due_at: datetime | None
    """None keeps its place."""


async def hold(connection: Connection, waits: Sequence[Wait]) -> None:
    """Gives messages back, for what stands in their way: no attempt was made."""
    await connection.execute(
        """
        UPDATE messages
           SET status = 'queued', attempts = messages.attempts - 1, lease_until = NULL, lane = wait.lane,
               contact_id = coalesce(wait.contact_id, messages.contact_id), parcel_id = wait.parcel_id,
               due_at = coalesce(wait.due_at, messages.due_at)
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[])
               AS wait (message_id, attempts, lane, contact_id, parcel_id, due_at)
         WHERE messages.message_id = wait.message_id AND messages.attempts = wait.attempts
           AND messages.status = 'sending'
        """,
        *to_columns([astuple(wait) for wait in waits], 6),
    )


async def let_go(connection: Connection, offer_ids: Collection[UUID]) -> None:
    """What waits to tell of these offers, which have ended, waits no more: it is looked at now, and not sent."""
    await connection.execute(
        "UPDATE messages SET due_at = now(), lane = 'ready', parcel_id = NULL "
        "WHERE offer_id = ANY($1::uuid[]) AND purpose = 'offer' AND status = 'queued' AND NOT perhaps_sent",
        list(offer_ids),
    )


async def let_go_late(connection: Connection) -> int:
    """What waits for a provider beyond its deadline is looked at now, and given up. Returns of how many."""
    rows = await connection.fetch(
        "UPDATE messages SET lane = 'ready', due_at = least(due_at, now()) "
        "WHERE status = 'queued' AND lane IN ('email', 'text') AND deadline < now() RETURNING message_id"
    )
    return len(rows)
