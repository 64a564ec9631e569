"""Offers to one contact that go out as one message: what is open to be joined, and what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.notifier.store.queue import LEASE, Message, read_message
from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class Opening:
    """A parcel that is opened for a contact where none is open; daily ones are of their own."""

    parcel_id: UUID
    contact_id: UUID
    daily: bool
    due_at: datetime


async def join(connection: Connection, openings: Sequence[Opening]) -> dict[tuple[UUID, bool], Opening]:
    """By (contact, daily), the parcel that is open now: the one given, or the one that was there.

    In a transaction: until its end nobody closes them.
    """
    rows = await connection.fetch(
        """
        INSERT INTO parcels AS parcel (parcel_id, contact_id, daily, due_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[])
            ON CONFLICT (contact_id, daily) WHERE NOT closed DO UPDATE SET due_at = parcel.due_at
        RETURNING parcel_id, contact_id, daily, due_at
        """,
        *to_columns([astuple(one) for one in sorted(openings, key=lambda one: (one.contact_id, one.daily))], 4),
    )
    return {(row["contact_id"], row["daily"]): Opening(*row) for row in rows}


async def begin(connection: Connection, parcels: Mapping[UUID, UUID]) -> None:
    """Writes down parcels (with their contact) that are about to go out, so that they are tried again as a whole."""
    await connection.execute(
        "INSERT INTO parcels (parcel_id, contact_id, daily, due_at, closed) "
        "SELECT parcel_id, contact_id, false, now() + $3::interval, true "
        "FROM unnest($1::uuid[], $2::uuid[]) AS begun (parcel_id, contact_id)",
        list(parcels),
        list(parcels.values()),
        LEASE,
    )


async def claim_due(connection: Connection, limit: int, window: timedelta) -> list[Message]:
    """Takes the messages of parcels that are due, whole parcels at a time; what comes next waits for so long again."""
    async with connection.transaction():
        due = await connection.fetch(
            "SELECT parcel_id, contact_id, daily, closed FROM parcels WHERE due_at <= now() "
            "ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED",
            limit,
        )
        if not due:
            return []
        ids = {row["parcel_id"] for row in due}
        # A statement of its own: one that waited for the lock would not see what joined in the meantime.
        rows = await connection.fetch(
            "UPDATE messages SET status = 'sending', attempts = attempts + 1, lease_until = now() + $2::interval "
            "WHERE parcel_id = ANY($1::uuid[]) AND status = 'queued' AND lane = 'parcel' RETURNING *",
            list(ids),
            LEASE,
        )
        full = {row["parcel_id"] for row in rows}
        await connection.execute("DELETE FROM parcels WHERE parcel_id = ANY($1::uuid[])", list(ids - full))
        await connection.execute(
            "UPDATE parcels SET closed = true, due_at = now() + $2::interval WHERE parcel_id = ANY($1::uuid[])",
            list(full),
            LEASE,
        )
        following = [
            row["contact_id"] for row in due if row["parcel_id"] in full and not (row["daily"] or row["closed"])
        ]
        await connection.execute(
            "INSERT INTO parcels (parcel_id, contact_id, daily, due_at) "
            "SELECT parcel_id, contact_id, false, now() + $3::interval "
            "FROM unnest($1::uuid[], $2::uuid[]) AS next (parcel_id, contact_id) ON CONFLICT DO NOTHING",
            [uuid4() for _ in following],
            following,
            window,
        )
    return [read_message(row) for row in rows]


async def delay(connection: Connection, until: Mapping[UUID, datetime]) -> None:
    """When parcels are tried again."""
    await connection.execute(
        "UPDATE parcels SET due_at = later.due_at FROM unnest($1::uuid[], $2::timestamptz[]) "
        "AS later (parcel_id, due_at) WHERE parcels.parcel_id = later.parcel_id",
        list(until),
        list(until.values()),
    )


async def revive(connection: Connection) -> int:
    """Messages that are to go again with a parcel that was taken for done, or was lost with a restored copy, go.

    Returns how many parcels that are.
    """
    rows = await connection.fetch(
        """
        INSERT INTO parcels (parcel_id, contact_id, daily, due_at, closed)
        SELECT DISTINCT ON (parcel_id) parcel_id, contact_id, false, due_at, true FROM messages
         WHERE status = 'queued' AND lane = 'parcel'
           AND NOT EXISTS (SELECT FROM parcels WHERE parcels.parcel_id = messages.parcel_id)
         ORDER BY parcel_id, due_at
            ON CONFLICT DO NOTHING
        RETURNING parcel_id
        """
    )
    return len(rows)
