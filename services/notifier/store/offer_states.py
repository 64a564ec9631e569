"""Which offers are open, who was told of them and what they answered, and which visits were refused."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.vocabulary import Channel, MessagePurpose
from services.runtime.database import Connection, to_columns


async def save_offers(connection: Connection, offers: Iterable[tuple[UUID, int, bool]]) -> None:
    """(offer, version, open): what is older than what is known is left out."""
    newest = {offer_id: (offer_id, version, is_open) for offer_id, version, is_open in offers}
    await connection.execute(
        """
        INSERT INTO offers (offer_id, version, open) SELECT * FROM unnest($1::uuid[], $2::int[], $3::boolean[])
            ON CONFLICT (offer_id) DO UPDATE SET version = excluded.version, open = excluded.open
         WHERE offers.version < excluded.version
        """,
        *to_columns(sorted(newest.values()), 3),
    )


async def open_offers(connection: Connection, offer_ids: Collection[UUID]) -> set[UUID]:
    """Which of these offers are open."""
    rows = await connection.fetch(
        "SELECT offer_id FROM offers WHERE offer_id = ANY($1::uuid[]) AND open", list(offer_ids)
    )
    return {row["offer_id"] for row in rows}


@dataclass(frozen=True)
class Told:
    """Where a message to a partner stands, and the way that it went last."""

    status: str
    channel: Channel | None
    contact_id: UUID | None


async def told_of(connection: Connection, offer_ids: Collection[UUID]) -> dict[tuple[UUID, MessagePurpose], Told]:
    """By offer and purpose, the newest message of those that say who of the partner answers for it."""
    rows = await connection.fetch(
        """
        SELECT offer_id, purpose, status, channel, contact_id FROM messages
         WHERE offer_id = ANY($1::uuid[]) AND purpose IN ('offer', 'offer_reminder', 'claim_awarded')
           AND recipient = 'partner'
         ORDER BY created_at
        """,
        list(offer_ids),
    )
    return {
        (row["offer_id"], MessagePurpose(row["purpose"])): Told(
            row["status"], Channel(row["channel"]) if row["channel"] else None, row["contact_id"]
        )
        for row in rows
    }


async def save_answers(connection: Connection, answers: Collection[tuple[UUID, str, datetime]]) -> None:
    """(offer, type of event, when it was said): of each type the newest counts."""
    newest = {(offer_id, kind): (offer_id, kind, at) for offer_id, kind, at in sorted(answers, key=lambda one: one[2])}
    await connection.execute(
        """
        INSERT INTO answers (offer_id, kind, said_at) SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[])
            ON CONFLICT (offer_id, kind) DO UPDATE SET said_at = greatest(answers.said_at, excluded.said_at)
        """,
        *to_columns([newest[key] for key in sorted(newest)], 3),
    )


async def answers_to(connection: Connection, offer_ids: Collection[UUID]) -> dict[UUID, dict[str, datetime]]:
    """By offer and type of event, when it was last said."""
    rows = await connection.fetch(
        "SELECT offer_id, kind, said_at FROM answers WHERE offer_id = ANY($1::uuid[])", list(offer_ids)
    )
    found: dict[UUID, dict[str, datetime]] = {}
    for row in rows:
        found.setdefault(row["offer_id"], {})[row["kind"]] = row["said_at"]
    return found


async def visits_refused(connection: Connection, need_ids: Collection[UUID]) -> set[str]:
    """The ids of visits of these needs that were refused: each refusal has queued its message."""
    rows = await connection.fetch(
        "SELECT event->>'visit_id' AS visit_id FROM messages "
        "WHERE need_id = ANY($1::uuid[]) AND purpose = 'visit_refused'",
        list(need_ids),
    )
    return {row["visit_id"] for row in rows}
