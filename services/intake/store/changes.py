"""How far something has come, as one short text that differs when there is something new to see."""

from uuid import UUID

from services.runtime.database import Connection


async def need_mark(connection: Connection, need_id: UUID) -> str:
    """Of a need's page."""
    mark: str = await connection.fetchval(
        "SELECT concat_ws('-', version, matcher_version, "
        "(SELECT count(*) FROM history WHERE need_id = $1)) FROM needs WHERE need_id = $1",
        need_id,
    )
    return mark


async def offer_mark(connection: Connection, offer_id: UUID) -> str:
    """Of an offer's page."""
    mark: str = await connection.fetchval(
        "SELECT concat_ws('-', version, "
        "(SELECT concat_ws('-', count(*), extract(epoch FROM max(at))) FROM answers WHERE offer_id = $1)) "
        "FROM offers WHERE offer_id = $1",
        offer_id,
    )
    return mark


async def partner_mark(connection: Connection, partner_id: UUID) -> str:
    """Of what a partner was asked and holds."""
    mark: str = await connection.fetchval(
        "SELECT concat_ws('-', count(*), sum(offers.version), sum(matcher_version), "
        "(SELECT concat_ws('-', count(*), extract(epoch FROM max(at))) "
        "FROM answers WHERE offer_id = ANY(array_agg(offers.offer_id)))) "
        "FROM offers JOIN needs USING (need_id) WHERE partner_id = $1",
        partner_id,
    )
    return mark
