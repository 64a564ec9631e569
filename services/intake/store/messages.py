"""Where each message stands, as the notifier last said, and what nobody has dealt with yet."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from services.runtime.database import Connection, to_columns

_UNKNOWN_FOR = timedelta(hours=1)
_EXPECTED = (DeliveryProblem.NO_LONGER_TRUE,)
_ABOUT_OPEN_OFFER = (MessagePurpose.OFFER, MessagePurpose.OFFER_REMINDER)
_ASKED_ELSEWHERE = (MessagePurpose.IDENTITY_CODE, MessagePurpose.CONFIRMATION)
"""Whoever waits for a code asks for another; a family that could not be asked is on its need's page."""

_UNDELIVERED = """
      FROM messages JOIN needs USING (need_id) LEFT JOIN offers USING (offer_id)
     WHERE settled_at IS NULL AND messages.state IN ('bounced', 'failed', 'suppressed', 'unknown')
       AND (messages.state <> 'unknown' OR messages.at < now() - $1::interval)
       AND (messages.state <> 'suppressed' OR messages.problem <> ALL($2::text[]))
       AND (messages.purpose <> ALL($3::text[]) OR offers.state = 'open')
       AND (messages.purpose <> ALL($4::text[]) OR messages.recipient = 'coordinator')
"""
_RULES = (_UNKNOWN_FOR, list(_EXPECTED), list(_ABOUT_OPEN_OFFER), list(_ASKED_ELSEWHERE))


@dataclass(frozen=True)
class MessageRow:
    """One message. `state` is the name of the newest event of it, such as `bounced`; `at` is that event's time."""

    message_id: UUID
    need_id: UUID
    recipient: RecipientKind
    purpose: MessagePurpose
    channel: Channel
    offer_id: UUID | None
    partner_id: UUID | None
    contact_id: UUID | None
    state: str
    problem: DeliveryProblem | None
    version: int
    at: datetime


@dataclass(frozen=True)
class Undelivered:
    """A message that a person is to deal with, and what its need is called."""

    message: MessageRow
    reference: str


async def save_messages(connection: Connection, messages: Sequence[MessageRow]) -> None:
    """Takes in what is newer than what is known; the newest of each is the last."""
    newest = {one.message_id: one for one in messages}
    await connection.execute(
        """
        INSERT INTO messages (message_id, need_id, recipient, purpose, channel, offer_id, partner_id, contact_id, state,
                              problem, version, at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[],
                             $8::uuid[], $9::text[], $10::text[], $11::int[], $12::timestamptz[])
            ON CONFLICT (message_id) DO UPDATE
           SET state = excluded.state, problem = excluded.problem, channel = excluded.channel,
               contact_id = excluded.contact_id, version = excluded.version, at = excluded.at
         WHERE messages.version < excluded.version
        """,
        *to_columns([astuple(newest[key]) for key in sorted(newest)], 12),
    )


async def list_undelivered(
    connection: Connection, site_id: UUID, limit: int, need_id: UUID | None = None
) -> list[Undelivered]:
    """What did not arrive and nobody has dealt with, of that site's needs, or of one of them; oldest first."""
    rows = await connection.fetch(
        f"SELECT messages.*, reference {_UNDELIVERED} AND site_id = $5 AND ($6::uuid IS NULL OR messages.need_id = $6) "
        "ORDER BY messages.at, message_id LIMIT $7",
        *_RULES,
        site_id,
        need_id,
        limit,
    )
    return [Undelivered(_read_message(row), row["reference"]) for row in rows]


async def need_of(connection: Connection, message_id: UUID) -> UUID | None:
    """The need that a message is about; None for no message of ours."""
    need_id: UUID | None = await connection.fetchval("SELECT need_id FROM messages WHERE message_id = $1", message_id)
    return need_id


async def settle(connection: Connection, message_id: UUID, person_id: UUID) -> MessageRow | None:
    """Takes a message off the list, as dealt with by this person; None where it waits no more."""
    row = await connection.fetchrow(
        """
        UPDATE messages SET settled_by = $2, settled_at = now()
         WHERE message_id = $1 AND settled_at IS NULL AND state IN ('bounced', 'failed', 'suppressed', 'unknown')
        RETURNING *
        """,
        message_id,
        person_id,
    )
    return _read_message(row) if row else None


async def count_undelivered(connection: Connection) -> tuple[dict[str, int], float]:
    """How many nobody has dealt with, by state, and for how many seconds the oldest has waited."""
    counted = "SELECT messages.state, count(*) AS count, extract(epoch FROM now() - min(messages.at))::float AS oldest"
    rows = await connection.fetch(f"{counted} {_UNDELIVERED} GROUP BY messages.state", *_RULES)
    return {row["state"]: row["count"] for row in rows}, max((row["oldest"] for row in rows), default=0.0)


def _read_message(row: asyncpg.Record) -> MessageRow:
    return MessageRow(
        row["message_id"],
        row["need_id"],
        RecipientKind(row["recipient"]),
        MessagePurpose(row["purpose"]),
        Channel(row["channel"]),
        row["offer_id"],
        row["partner_id"],
        row["contact_id"],
        row["state"],
        DeliveryProblem(row["problem"]) if row["problem"] else None,
        row["version"],
        row["at"],
    )
