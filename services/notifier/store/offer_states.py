"""Which offers are open, whether their recipient was told of them, and which visits were refused."""

from collections.abc import Collection, Iterable
from uuid import UUID

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


async def offers_told(connection: Connection, offer_ids: Collection[UUID]) -> dict[UUID, str]:
    """By offer, where the message that made it stands."""
    rows = await connection.fetch(
        "SELECT offer_id, status FROM messages WHERE offer_id = ANY($1::uuid[]) AND purpose = 'offer'", list(offer_ids)
    )
    return {row["offer_id"]: row["status"] for row in rows}


async def visits_refused(connection: Connection, need_ids: Collection[UUID]) -> set[str]:
    """The ids of visits of these needs that were refused: each refusal has queued its message."""
    rows = await connection.fetch(
        "SELECT event->>'visit_id' AS visit_id FROM messages "
        "WHERE need_id = ANY($1::uuid[]) AND purpose = 'visit_refused'",
        list(need_ids),
    )
    return {row["visit_id"] for row in rows}
