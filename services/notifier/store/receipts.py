"""What providers reported, and the messages that it is about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from schemas.receipts import ReceiptReceived
from schemas.vocabulary import Fate
from services.notifier.domain.receipts import Settled, Standing
from services.notifier.domain.sending import MessageStatus
from services.notifier.store.queue import Message, read_message
from services.runtime.database import Connection, to_columns

_REPEATED_WITHIN = timedelta(days=30)
_CALLED_BACK_WITHIN = timedelta(minutes=1)
_LISTED_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Reported:
    """A message that a provider said something about."""

    message: Message
    standing: Standing
    address_hash: bytes | None


async def add_receipts(connection: Connection, receipts: Collection[ReceiptReceived]) -> None:
    """Keeps what was reported; what was reported before stays as it is."""
    in_order = sorted(receipts, key=lambda one: (one.message_id, one.channel, one.fate))
    await connection.execute(
        "INSERT INTO receipts (message_id, channel, fate, problem, at) "
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) "
        "ON CONFLICT DO NOTHING",
        # In one order, as those who hear of the same from elsewhere write it.
        *to_columns([(one.message_id, one.channel, one.fate, one.problem, one.at) for one in in_order], 5),
    )


async def receipts_of(connection: Connection, message_ids: Collection[UUID]) -> list[ReceiptReceived]:
    """All that was reported of these messages, or of what they went out with."""
    rows = await connection.fetch(
        """
        SELECT * FROM receipts
         WHERE message_id = ANY($1::uuid[])
            OR message_id IN (SELECT parcel_id FROM messages WHERE message_id = ANY($1::uuid[]))
        """,
        list(message_ids),
    )
    return [ReceiptReceived.model_validate(dict(row)) for row in rows]


async def lock_reported(connection: Connection, message_ids: Collection[UUID]) -> list[Reported]:
    """What went out under these ids, under row locks, in the order of the messages' own ids."""
    rows = await connection.fetch(
        "SELECT * FROM messages WHERE (message_id = ANY($1::uuid[]) AND parcel_id IS NULL) "
        "OR parcel_id = ANY($1::uuid[]) ORDER BY message_id FOR UPDATE",
        list(message_ids),
    )
    return [
        Reported(
            read_message(row),
            Standing(MessageStatus(row["status"]), row["perhaps_sent"], Fate(row["fate"]) if row["fate"] else None),
            row["address_hash"],
        )
        for row in rows
    ]


async def save_settled(connection: Connection, settled: Mapping[UUID, Settled]) -> dict[UUID, int]:
    """Writes what messages became. Returns the new version of each."""
    rows = await connection.fetch(
        """
        UPDATE messages SET status = new.status, fate = new.fate, problem = new.problem, version = version + 1,
               due_at = now(), accepted_at = coalesce(accepted_at, now())
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS new (message_id, status, fate, problem)
         WHERE messages.message_id = new.message_id
        RETURNING messages.message_id, version
        """,
        *to_columns([(key, one.status, one.fate, one.problem) for key, one in settled.items()], 4),
    )
    return {row["message_id"]: row["version"] for row in rows}


async def texts_nobody_reported(connection: Connection) -> dict[str, UUID]:
    """By the provider's id, accepted texts of the last day whose callback is overdue."""
    rows = await connection.fetch(
        """
        SELECT provider_id, coalesce(parcel_id, message_id) AS message_id FROM messages
         WHERE status = 'accepted' AND channel = 'text' AND provider_id IS NOT NULL
           AND accepted_at BETWEEN now() - $2::interval AND now() - $1::interval
        """,
        _CALLED_BACK_WITHIN,
        _LISTED_FOR,
    )
    return {row["provider_id"]: row["message_id"] for row in rows}


async def forget_old(connection: Connection) -> None:
    """Drops what no provider repeats any more."""
    await connection.execute("DELETE FROM receipts WHERE at < now() - $1::interval", _REPEATED_WITHIN)
