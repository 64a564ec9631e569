"""Texts that a provider may have taken: when they are looked for, and whose the ones are that are found."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from services.runtime.database import Connection

_ADOPTING = 7_041_003
_LISTED_AFTER = timedelta(seconds=10)
"""What the provider took is in its listing by then."""


async def queue_unknown_texts(connection: Connection) -> int:
    """Texts of unknown fate are looked up, and sent where the provider does not know them, while it is worth it.

    Not those that were given up on since: their problem is another.
    """
    rows = await connection.fetch(
        """
        UPDATE messages SET status = 'queued', due_at = now(), version = version + 1
         WHERE status = 'unknown' AND channel = 'text' AND problem = 'timed_out_after_sending'
           AND due_at < now() - $1::interval AND deadline > now()
        RETURNING message_id
        """,
        _LISTED_AFTER,
    )
    return len(rows)


async def adopt_text(connection: Connection, messages: Mapping[UUID, int], provider_ids: Sequence[str]) -> str | None:
    """Makes the first of these texts at the provider these messages' own, if it is no other's. In a transaction.

    `messages` are those that went out as one, with their attempts.
    """
    # One after the other: two messages with the same words must not both take the one text that went out.
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _ADOPTING)
    rows = await connection.fetch(
        """
        UPDATE messages SET provider_id = (
            SELECT listed.provider_id FROM unnest($3::text[]) WITH ORDINALITY AS listed (provider_id, place)
             WHERE NOT EXISTS (SELECT FROM messages AS other
                                WHERE other.provider_id = listed.provider_id AND other.channel = 'text'
                                  AND other.message_id <> ALL($1::uuid[]))
             ORDER BY place LIMIT 1)
          FROM unnest($1::uuid[], $2::int[]) AS own (message_id, attempts)
         WHERE messages.message_id = own.message_id AND messages.attempts = own.attempts AND status = 'sending'
        RETURNING provider_id
        """,
        list(messages),
        list(messages.values()),
        list(provider_ids),
    )
    return next((row["provider_id"] for row in rows if row["provider_id"]), None)
