"""The queue of messages: what is due, what is under way, what became of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from schemas.vocabulary import Channel, MessagePurpose, RecipientKind
from services.notifier.domain.sending import Result
from services.notifier.domain.telling import Draft
from services.runtime.database import Connection, to_columns

LEASE = timedelta(seconds=30)
LONGEST_ATTEMPT = timedelta(seconds=12)
"""Well within the lease: whoever still sends must still hold it."""
_ADOPTING = 7_041_003
_LISTED_AFTER = timedelta(seconds=10)
"""What the provider took is in its listing by then."""


@dataclass(frozen=True)
class Message:
    """A message that is about to be sent, or whose fate is being learned."""

    message_id: UUID
    recipient: RecipientKind
    purpose: MessagePurpose
    need_id: UUID | None
    """None is about no need."""
    offer_id: UUID | None
    partner_id: UUID | None
    contact_id: UUID | None
    channel: Channel | None
    event: dict[str, Any]
    event_type: str
    urgent: bool
    traceparent: str
    version: int
    attempts: int
    perhaps_sent: bool
    """Whether an attempt before this one may have reached its receiver."""
    tried: frozenset[str]
    """The ways that did not get through."""
    deadline: datetime
    provider_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class NewMessage:
    """A draft with the event that causes it."""

    message_id: UUID
    event_id: UUID
    need_id: UUID | None
    event: dict[str, Any]
    event_type: str
    traceparent: str
    draft: Draft


async def add_messages(connection: Connection, messages: Sequence[NewMessage]) -> None:
    """Queues messages; one that an event already caused for that recipient is left as it is."""
    await connection.execute(
        """
        INSERT INTO messages (message_id, event_id, need_id, event, event_type, traceparent, recipient, purpose,
                              deadline, urgent, offer_id, partner_id, contact_id)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[], $5::text[], $6::text[], $7::text[],
                             $8::text[], $9::timestamptz[], $10::boolean[], $11::uuid[], $12::uuid[], $13::uuid[])
            ON CONFLICT DO NOTHING
        """,
        *to_columns(
            [
                (
                    one.message_id,
                    one.event_id,
                    one.need_id,
                    one.event,
                    one.event_type,
                    one.traceparent,
                    one.draft.recipient,
                    one.draft.purpose,
                    one.draft.deadline,
                    one.draft.urgent,
                    one.draft.offer_id,
                    one.draft.partner_id,
                    one.draft.contact_id,
                )
                for one in messages
            ],
            13,
        ),
    )


async def claim_due(connection: Connection, limit: int) -> list[Message]:
    """Takes messages that are due, urgent ones first: the attempt and its lease are written before any send."""
    rows = await connection.fetch(
        """
        WITH due AS (
            SELECT message_id FROM messages WHERE status = 'queued' AND due_at <= now()
             ORDER BY urgent DESC, due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE messages SET status = 'sending', attempts = attempts + 1, lease_until = now() + $2::interval
          FROM due WHERE messages.message_id = due.message_id
        RETURNING messages.*
        """,
        limit,
        LEASE,
    )
    return [_read_message(row) for row in rows]


async def save_ways(connection: Connection, ways: Sequence[tuple[UUID, int, Channel, UUID | None]]) -> set[UUID]:
    """(message, attempt, channel, contact) of sends about to begin. Returns those whose lease still holds."""
    rows = await connection.fetch(
        """
        UPDATE messages
           SET channel = way.channel, contact_id = coalesce(way.contact_id, messages.contact_id), perhaps_sent = true
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[]) AS way (message_id, attempts, channel, contact_id)
         WHERE messages.message_id = way.message_id AND messages.attempts = way.attempts
           AND messages.status = 'sending' AND messages.lease_until > clock_timestamp() + $5::interval
        RETURNING messages.message_id
        """,
        *to_columns(ways, 4),
        LONGEST_ATTEMPT,
    )
    return {row["message_id"] for row in rows}


async def save_results(connection: Connection, results: Sequence[Result]) -> dict[UUID, int]:
    """Writes what became of attempts whose lease still holds. Returns the new version of each message written."""
    rows = await connection.fetch(
        """
        UPDATE messages
           SET status = result.status, due_at = result.due_at, provider_id = result.provider_id,
               channel = result.channel, contact_id = coalesce(result.contact_id, messages.contact_id),
               problem = result.problem, perhaps_sent = result.perhaps_sent, lease_until = NULL, version = version + 1,
               tried = CASE WHEN result.tried IS NULL THEN messages.tried
                            ELSE array_append(messages.tried, result.tried) END,
               accepted_at = CASE WHEN result.status = 'accepted' THEN now() END
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::text[], $6::uuid[], $7::text[],
                      $8::text[], $9::boolean[], $10::text[])
               AS result (message_id, attempts, status, due_at, channel, contact_id, provider_id, problem,
                          perhaps_sent, tried)
         WHERE messages.message_id = result.message_id AND messages.attempts = result.attempts
           AND messages.status = 'sending'
        RETURNING messages.message_id, messages.version
        """,
        *to_columns(
            [
                (
                    one.message_id,
                    one.attempts,
                    one.status,
                    one.due_at,
                    one.channel,
                    one.contact_id,
                    one.provider_id,
                    one.problem,
                    one.perhaps_sent,
                    one.tried,
                )
                for one in results
            ],
            10,
        ),
    )
    return {row["message_id"]: row["version"] for row in rows}


async def expire_leases(connection: Connection, limit: int) -> list[Message]:
    """Messages whose sender went away between its claim and its word.

    Those that had set out are unknown now: nobody knows whether they arrived. The others wait again.
    """
    rows = await connection.fetch(
        """
        WITH gone AS (
            SELECT message_id FROM messages WHERE status = 'sending' AND lease_until < now()
             ORDER BY message_id LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE messages
           SET status = CASE WHEN perhaps_sent THEN 'unknown' ELSE 'queued' END, lease_until = NULL,
               version = version + 1, due_at = now()
          FROM gone WHERE messages.message_id = gone.message_id
        RETURNING messages.*
        """,
        limit,
    )
    return [_read_message(row) for row in rows]


async def queue_again(connection: Connection, message_ids: Collection[UUID]) -> None:
    """Sends once more what was flagged unknown."""
    await connection.execute(
        "UPDATE messages SET status = 'queued', due_at = now(), version = version + 1 "
        "WHERE message_id = ANY($1::uuid[]) AND status = 'unknown'",
        list(message_ids),
    )


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


async def conclude_texts(connection: Connection, arrived: Mapping[str, bool]) -> list[Message]:
    """Accepted texts, by the provider's id, become delivered or bounced; returns those that were still in transit."""
    rows = await connection.fetch(
        """
        UPDATE messages
           SET status = CASE WHEN final.arrived THEN 'delivered' ELSE 'bounced' END, version = version + 1,
               due_at = now()
          FROM unnest($1::text[], $2::boolean[]) AS final (provider_id, arrived)
         WHERE messages.provider_id = final.provider_id AND status = 'accepted' AND channel = 'text'
        RETURNING messages.*
        """,
        list(arrived),
        list(arrived.values()),
    )
    return [_read_message(row) for row in rows]


async def try_other_ways(connection: Connection, message_ids: Collection[UUID]) -> set[UUID]:
    """Queues what came back after it was taken, to go by another way, if there is one. Returns which it queued.

    Where there is none, the sender finds out and says that it bounced.
    """
    rows = await connection.fetch(
        """
        UPDATE messages
           SET status = 'queued', due_at = now(), version = version + 1, provider_id = NULL,
               tried = array_append(tried, channel || ' ' || coalesce(contact_id::text, 'None'))
         WHERE message_id = ANY($1::uuid[]) AND status = 'bounced' AND recipient <> 'family'
           AND purpose <> 'contact_confirmation' AND NOT perhaps_sent AND deadline > now()
        RETURNING message_id
        """,
        list(message_ids),
    )
    return {row["message_id"] for row in rows}


async def adopt_text(
    connection: Connection, message_id: UUID, attempts: int, provider_ids: Sequence[str]
) -> str | None:
    """Makes the first of these texts at the provider this message's own, if it is no other's. In a transaction."""
    # One after the other: two messages with the same words must not both take the one text that went out.
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _ADOPTING)
    adopted: str | None = await connection.fetchval(
        """
        UPDATE messages SET provider_id = (
            SELECT listed.provider_id FROM unnest($3::text[]) WITH ORDINALITY AS listed (provider_id, place)
             WHERE NOT EXISTS (SELECT FROM messages AS other
                                WHERE other.provider_id = listed.provider_id AND other.channel = 'text')
             ORDER BY place LIMIT 1)
         WHERE message_id = $1 AND attempts = $2 AND status = 'sending'
        RETURNING provider_id
        """,
        message_id,
        attempts,
        list(provider_ids),
    )
    return adopted


async def count_unfinished(connection: Connection) -> dict[str, int]:
    """How many messages are queued, being sent, or texts of unknown fate that are still looked up.

    Each count has an index of its own.
    """
    rows = await connection.fetch(
        """
        SELECT 'queued' AS state, count(*) FROM messages WHERE status = 'queued'
        UNION ALL SELECT 'sending', count(*) FROM messages WHERE status = 'sending'
        UNION ALL SELECT 'unknown text', count(*) FROM messages
         WHERE status = 'unknown' AND channel = 'text' AND problem = 'timed_out_after_sending' AND deadline > now()
        """
    )
    return {row["state"]: row["count"] for row in rows}


def _read_message(row: asyncpg.Record) -> Message:
    return Message(
        message_id=row["message_id"],
        recipient=RecipientKind(row["recipient"]),
        purpose=MessagePurpose(row["purpose"]),
        need_id=row["need_id"],
        offer_id=row["offer_id"],
        partner_id=row["partner_id"],
        contact_id=row["contact_id"],
        channel=Channel(row["channel"]) if row["channel"] else None,
        event=row["event"],
        event_type=row["event_type"],
        urgent=row["urgent"],
        traceparent=row["traceparent"],
        version=row["version"],
        attempts=row["attempts"],
        perhaps_sent=row["perhaps_sent"],
        tried=frozenset(row["tried"]),
        deadline=row["deadline"],
        provider_id=row["provider_id"],
        created_at=row["created_at"],
    )
