"""How far things have come: for each one short text, which differs when there is something new to see."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias
from uuid import UUID

from services.runtime.database import Connection

ReadMarks: TypeAlias = Callable[[Connection, Collection[UUID]], Awaitable[dict[UUID, str]]]
"""Reads the marks of things of one kind, by id; there is none of what is not there."""


async def read_mark(connection: Connection, read_marks: ReadMarks, subject: UUID) -> str:
    """Of one of them."""
    return (await read_marks(connection, [subject])).get(subject, "")


async def need_marks(connection: Connection, need_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of needs' pages."""
    rows = await connection.fetch(
        "SELECT need_id, concat_ws('-', version, matcher_version, "
        "(SELECT count(*) FROM history WHERE history.need_id = needs.need_id)) AS mark "
        "FROM needs WHERE need_id = ANY($1::uuid[])",
        list(need_ids),
    )
    return {row["need_id"]: row["mark"] for row in rows}


async def offer_marks(connection: Connection, offer_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of offers' pages."""
    rows = await connection.fetch(
        "SELECT offer_id, concat_ws('-', version, "
        "(SELECT concat_ws('-', count(*), extract(epoch FROM max(at))) FROM answers "
        "WHERE answers.offer_id = offers.offer_id)) AS mark "
        "FROM offers WHERE offer_id = ANY($1::uuid[])",
        list(offer_ids),
    )
    return {row["offer_id"]: row["mark"] for row in rows}


async def partner_marks(connection: Connection, partner_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of what partners were asked and hold."""
    rows = await connection.fetch(
        "SELECT partner_id, concat_ws('-', count(*), sum(offers.version), sum(matcher_version), "
        "(SELECT concat_ws('-', count(*), extract(epoch FROM max(at))) "
        "FROM answers WHERE offer_id = ANY(array_agg(offers.offer_id)))) AS mark "
        "FROM offers JOIN needs USING (need_id) "
        "WHERE partner_id = ANY($1::uuid[]) AND state IN ('open', 'awarded') GROUP BY partner_id",
        list(partner_ids),
    )
    return {row["partner_id"]: row["mark"] for row in rows}
