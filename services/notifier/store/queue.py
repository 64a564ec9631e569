"""The queue of messages: what is due, what is under way, what became of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from services.notifier.domain.choosing import in_turn
from services.notifier.domain.sending import Result
from services.notifier.domain.telling import Draft
from services.runtime.database import Connection, to_columns

LEASE = timedelta(seconds=30)
LONGEST_ATTEMPT = timedelta(seconds=18)
"""Well within the lease: whoever still sends must still hold it."""


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
    problem: DeliveryProblem | None
    """What was the matter when it last did not."""
    deadline: datetime
    provider_id: str | None
    created_at: datetime
    claimed_at: datetime | None
    """None while nobody has it."""
    provider: str | None
    """By whom the newest attempt went."""
    parcel_id: UUID | None
    """What goes out as one; its own id where it goes by itself and waits for no others any more."""
    in_parcel: bool


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


async def claim_due(connection: Connection, limit: int, rooms: Mapping[Channel, int] | None = None) -> list[Message]:
    """Takes messages that are due, urgent ones first: the attempt and its lease are written before any send.

    `rooms` says how many of those that wait for a provider of that channel may come besides. Where both are plenty, a
    fifth are messages that are not urgent. Returns them in the order in which they should go.
    """
    lanes = {"ready": limit} | {str(channel): min(room, limit) for channel, room in (rooms or {}).items()}
    rows = await connection.fetch(
        """
        WITH lanes AS (
            SELECT name, room FROM unnest($1::text[], $2::int[]) AS open (name, room) WHERE room > 0
        ), urgent AS (
            SELECT found.message_id FROM lanes CROSS JOIN LATERAL (
                SELECT message_id FROM messages
                 WHERE status = 'queued' AND lane = lanes.name AND urgent AND due_at <= now()
                 ORDER BY due_at LIMIT lanes.room FOR UPDATE SKIP LOCKED) AS found
        ), others AS (
            SELECT found.message_id FROM lanes CROSS JOIN LATERAL (
                SELECT message_id FROM messages
                 WHERE status = 'queued' AND lane = lanes.name AND NOT urgent AND due_at <= now()
                 ORDER BY due_at LIMIT least(lanes.room, greatest($3 / 5, $3 - (SELECT count(*) FROM urgent)))
                   FOR UPDATE SKIP LOCKED) AS found
        )
        UPDATE messages SET status = 'sending', attempts = attempts + 1, lease_until = now() + $4::interval,
                            lane = 'ready'
          FROM (SELECT message_id FROM urgent UNION ALL SELECT message_id FROM others) AS due
         WHERE messages.message_id = due.message_id
        RETURNING messages.*
        """,
        list(lanes),
        list(lanes.values()),
        limit,
        LEASE,
    )
    claimed = sorted(map(read_message, rows), key=lambda message: message.created_at)
    return [claimed[place] for place in in_turn([message.urgent for message in claimed])]


@dataclass(frozen=True)
class Way:
    """Which way an attempt goes. `parcel_id` is what it has in common with others that go out in the same message."""

    message_id: UUID
    attempts: int
    channel: Channel
    contact_id: UUID | None
    provider: str
    parcel_id: UUID | None
    lane: str
    address_hash: bytes


async def save_ways(connection: Connection, ways: Sequence[Way]) -> set[UUID]:
    """Writes down the ways of sends about to begin. Returns the messages whose lease still holds.

    What perhaps went to another address before has no address any more that a receipt could be about.
    """
    rows = await connection.fetch(
        """
        UPDATE messages
           SET channel = way.channel, contact_id = coalesce(way.contact_id, messages.contact_id), perhaps_sent = true,
               address_hash = CASE WHEN NOT perhaps_sent OR messages.address_hash = way.address_hash
                                   THEN way.address_hash END,
               provider = way.provider, parcel_id = way.parcel_id, lane = way.lane
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::bytea[])
               AS way (message_id, attempts, channel, contact_id, provider, parcel_id, lane, address_hash)
         WHERE messages.message_id = way.message_id AND messages.attempts = way.attempts
           AND messages.status = 'sending' AND messages.lease_until > clock_timestamp() + $9::interval
        RETURNING messages.message_id
        """,
        *to_columns([astuple(way) for way in ways], 8),
        LONGEST_ATTEMPT,
    )
    return {row["message_id"] for row in rows}


async def save_results(connection: Connection, results: Sequence[Result]) -> dict[UUID, int]:
    """Writes what became of attempts whose lease still holds. Returns the new version of each message written."""
    rows = await connection.fetch(
        """
        WITH result AS (
            SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::text[], $6::uuid[],
                                 $7::text[], $8::text[], $9::boolean[], $10::text[])
                   AS result (message_id, attempts, status, due_at, channel, contact_id, provider_id, problem,
                              perhaps_sent, tried)
        ), held AS (
            -- In order, as receipts lock them: two that waited for each other would lose what was sent.
            SELECT message_id FROM messages JOIN result USING (message_id)
             WHERE messages.attempts = result.attempts AND messages.status = 'sending'
             ORDER BY message_id FOR UPDATE OF messages
        )
        UPDATE messages
           SET status = result.status, due_at = result.due_at, provider_id = result.provider_id,
               channel = result.channel, contact_id = coalesce(result.contact_id, messages.contact_id),
               problem = result.problem, perhaps_sent = result.perhaps_sent, lease_until = NULL, version = version + 1,
               tried = CASE WHEN result.tried IS NULL THEN messages.tried
                            ELSE array_append(messages.tried, result.tried) END,
               accepted_at = CASE WHEN result.status = 'accepted' THEN now() END
          FROM result JOIN held USING (message_id)
         WHERE messages.message_id = result.message_id
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
    return [read_message(row) for row in rows]


async def queue_again(connection: Connection, message_ids: Collection[UUID]) -> None:
    """Sends once more what was flagged unknown."""
    await connection.execute(
        "UPDATE messages SET status = 'queued', due_at = now(), version = version + 1 "
        "WHERE message_id = ANY($1::uuid[]) AND status = 'unknown'",
        list(message_ids),
    )


async def try_other_ways(connection: Connection, message_ids: Collection[UUID]) -> set[UUID]:
    """Queues what came back after it was taken, to go by another way, if there is one. Returns which it queued.

    Where there is none, the sender finds out and says that it bounced. It goes under another id, so that what is
    reported of the one way is not taken for the other's.
    """
    rows = await connection.fetch(
        """
        UPDATE messages
           SET status = 'queued', due_at = now(), version = version + 1, provider_id = NULL,
               parcel_id = md5(concat(coalesce(parcel_id, message_id), channel, contact_id))::uuid,
               address_hash = NULL, fate = NULL,
               tried = array_append(tried, channel || ' ' || coalesce(contact_id::text, 'None'))
         WHERE message_id = ANY($1::uuid[]) AND status = 'bounced' AND recipient <> 'family'
           AND purpose <> 'contact_confirmation' AND NOT perhaps_sent AND deadline > now()
        RETURNING message_id
        """,
        list(message_ids),
    )
    return {row["message_id"] for row in rows}


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


def read_message(row: asyncpg.Record) -> Message:
    """A row of `messages`."""
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
        problem=DeliveryProblem(row["problem"]) if row["problem"] else None,
        deadline=row["deadline"],
        provider_id=row["provider_id"],
        created_at=row["created_at"],
        claimed_at=row["lease_until"] and row["lease_until"] - LEASE,
        provider=row["provider"],
        parcel_id=row["parcel_id"],
        in_parcel=row["lane"] == "parcel",
    )
