"""What partners say of who is helped, in words: beside their records, on no topic."""

from collections.abc import Collection, Mapping
from uuid import UUID

from services.runtime.database import Connection


async def save_texts(
    connection: Connection, partner_ids: Collection[UUID], texts: Mapping[UUID, Mapping[UUID, str]]
) -> None:
    """By partner and service: the texts of these partners, these and no others."""
    await connection.execute("DELETE FROM eligibility_texts WHERE partner_id = ANY($1::uuid[])", partner_ids)
    rows = [(partner, service, text) for partner, known in texts.items() for service, text in known.items()]
    await connection.execute(
        "INSERT INTO eligibility_texts (partner_id, service_id, text) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])",
        [partner_id for partner_id, _, _ in rows],
        [service_id for _, service_id, _ in rows],
        [text for *_, text in rows],
    )


async def read_texts(connection: Connection, partner_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], str]:
    """The texts of these partners by partner and service."""
    rows = await connection.fetch(
        "SELECT partner_id, service_id, text FROM eligibility_texts WHERE partner_id = ANY($1::uuid[])", partner_ids
    )
    return {(row["partner_id"], row["service_id"]): row["text"] for row in rows}
