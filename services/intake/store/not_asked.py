"""What a partner was not asked about, and the figures of it that were made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from schemas.matching import PublishedNeed
from schemas.needs import NeedTerms
from schemas.vocabulary import EligibilityRule
from services.intake.domain.not_asked import Figures
from services.runtime.database import Connection

_STAND_FOR = timedelta(days=1)


@dataclass(frozen=True)
class MadeFigures:
    """Figures, and when they were made."""

    figures: Figures
    looked_at: datetime


async def read_figures(connection: Connection, partner_id: UUID) -> MadeFigures | None:
    """Those that were made within a day."""
    row = await connection.fetchrow(
        "SELECT * FROM not_asked WHERE partner_id = $1 AND looked_at > now() - $2::interval", partner_id, _STAND_FOR
    )
    if row is None:
        return None
    left_out = {EligibilityRule(rule): count for rule, count in row["left_out"].items()}
    return MadeFigures(Figures(row["asked"], row["in_area"], left_out), row["looked_at"])


async def save_figures(connection: Connection, partner_id: UUID, figures: Figures) -> None:
    """Keeps figures for a day. Of two that are made at once, the first stand."""
    await connection.execute(
        """
        INSERT INTO not_asked (partner_id, asked, in_area, left_out) VALUES ($1, $2, $3, $4)
            ON CONFLICT (partner_id) DO UPDATE
           SET looked_at = now(), asked = excluded.asked, in_area = excluded.in_area, left_out = excluded.left_out
         WHERE not_asked.looked_at <= now() - $5::interval
        """,
        partner_id,
        figures.asked,
        figures.in_area,
        dict(figures.left_out),
        _STAND_FOR,
    )


async def forget_old(connection: Connection) -> None:
    """Drops figures that are made anew when somebody looks."""
    await connection.execute("DELETE FROM not_asked WHERE looked_at < now() - $1::interval", _STAND_FOR)


async def count_asked(connection: Connection, partner_id: UUID, since: datetime) -> int:
    """About how many needs of since then a partner was asked."""
    count: int = await connection.fetchval(
        "SELECT count(DISTINCT need_id) FROM offers JOIN needs USING (need_id) "
        "WHERE partner_id = $1 AND created_at > $2",
        partner_id,
        since,
    )
    return count


async def needs_not_asked(connection: Connection, partner_id: UUID, since: datetime, most: int) -> list[PublishedNeed]:
    """The newest needs that went out since then and that the partner neither heard of nor referred."""
    rows = await connection.fetch(
        """
        SELECT terms, created_at FROM needs
         WHERE created_at > $2 AND status NOT IN ('approval', 'sent_back')
           AND terms->>'referred_by' IS DISTINCT FROM $1::uuid::text
           AND NOT EXISTS (SELECT FROM offers WHERE offers.need_id = needs.need_id AND partner_id = $1)
         ORDER BY created_at DESC LIMIT $3
        """,
        partner_id,
        since,
        most,
    )
    return [PublishedNeed(terms=NeedTerms.model_validate(row["terms"]), at=row["created_at"]) for row in rows]
