"""Needs that partners referred, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.vocabulary import ReferralAnswer
from services.intake.store.needs import NeedRow, read_row
from services.runtime.database import Connection


@dataclass(frozen=True)
class Answered:
    """What a partner that was asked said to a referral."""

    need_id: UUID
    at: datetime
    partner_id: UUID
    answer: ReferralAnswer


async def count_open(connection: Connection, partner_id: UUID) -> int:
    """How many needs that this partner referred have not ended."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM needs WHERE terms->>'referred_by' = $1 AND ended_at IS NULL", str(partner_id)
    )
    return count


async def list_of(connection: Connection, partner_id: UUID, limit: int) -> list[NeedRow]:
    """What this partner referred, newest first."""
    rows = await connection.fetch(
        "SELECT * FROM needs WHERE terms->>'referred_by' = $1 ORDER BY created_at DESC, need_id LIMIT $2",
        str(partner_id),
        limit,
    )
    return [read_row(row) for row in rows]


async def answers_to(connection: Connection, need_ids: Sequence[UUID]) -> list[Answered]:
    """Each yes and no to these, oldest first."""
    rows = await connection.fetch(
        """
        SELECT need_id, at, facts->>'partner_id' AS partner_id, facts->>'answer' AS answer FROM history
         WHERE need_id = ANY($1::uuid[]) AND what = 'outcomes.referral_answered' ORDER BY at, sequence
        """,
        need_ids,
    )
    return [Answered(one["need_id"], one["at"], UUID(one["partner_id"]), ReferralAnswer(one["answer"])) for one in rows]
