"""Families, sealed, and which needs wait for theirs."""

from collections.abc import Sequence
from uuid import UUID

from services.intake.sealing import SealedFamily
from services.intake.store.needs import NeedRow, read_row
from services.runtime.database import Connection

NOT_DELIVERED = frozenset({"deliveries.suppressed", "deliveries.bounced", "deliveries.failed"})
"""What happened to a message that its receiver never got."""


async def read_family(connection: Connection, need_id: UUID) -> SealedFamily | None:
    """The sealed family of a need; None once it was erased."""
    row = await connection.fetchrow("SELECT wrapped_key, sealed, phone_hash FROM families WHERE need_id = $1", need_id)
    return SealedFamily(**dict(row)) if row else None


async def needs_without_family(connection: Connection, need_ids: Sequence[UUID]) -> set[UUID]:
    """Of which of these needs nobody knows any more whose they are."""
    rows = await connection.fetch(
        "SELECT need_id FROM unnest($1::uuid[]) AS asked (need_id) EXCEPT SELECT need_id FROM families", need_ids
    )
    return {row["need_id"] for row in rows}


async def needs_not_asked(connection: Connection, need_ids: Sequence[UUID]) -> set[UUID]:
    """Of which of these needs the family could not be asked, when it was last to be, whether help arrived."""
    rows = await connection.fetch(
        """
        SELECT need_id FROM (
            SELECT DISTINCT ON (need_id) need_id, what FROM history
             WHERE need_id = ANY($1::uuid[]) AND facts->>'recipient' = 'family' AND facts->>'purpose' = 'confirmation'
             ORDER BY need_id, at DESC, sequence DESC
        ) AS newest
         WHERE what = ANY($2::text[])
        """,
        need_ids,
        list(NOT_DELIVERED),
    )
    return {row["need_id"] for row in rows}


async def needs_awaiting_family(connection: Connection, phone_hash: bytes) -> list[NeedRow]:
    """The needs whose family has this phone and is being asked whether help arrived."""
    rows = await connection.fetch(
        "SELECT needs.* FROM needs JOIN families USING (need_id) "
        "WHERE phone_hash = $1 AND status = 'confirming' AND NOT withdrawn ORDER BY created_at DESC",
        phone_hash,
    )
    return [read_row(row) for row in rows]
