"""Partners as they were recorded, their contacts' phones, and who said STOP."""

from collections.abc import Sequence
from uuid import UUID

from schemas.partners import PartnerRecorded
from services.runtime.database import Connection


async def lock_partner(connection: Connection, partner_id: UUID) -> PartnerRecorded | None:
    """A partner's record, locked; None when there is none (a new one is locked all the same)."""
    await connection.execute(
        "INSERT INTO partners (partner_id, version, removed) VALUES ($1, 0, true) ON CONFLICT DO NOTHING", partner_id
    )
    record = await connection.fetchval("SELECT record FROM partners WHERE partner_id = $1 FOR UPDATE", partner_id)
    return PartnerRecorded.model_validate(record) if record else None


async def save_partner(connection: Connection, partner_id: UUID, record: PartnerRecorded | None) -> int:
    """Writes a partner's record, or its removal, and returns its new version. The row must be locked."""
    version: int = await connection.fetchval(
        "UPDATE partners SET record = $2, removed = $3, version = version + 1 WHERE partner_id = $1 RETURNING version",
        partner_id,
        record.model_dump(mode="json") if record else None,
        record is None,
    )
    return version


async def save_phones(connection: Connection, partner_id: UUID, phones: Sequence[tuple[bytes, UUID]]) -> None:
    """(phone hash, contact) of a partner: these and no others."""
    await connection.execute("DELETE FROM contact_phones WHERE partner_id = $1", partner_id)
    await connection.execute(
        "INSERT INTO contact_phones (phone_hash, partner_id, contact_id) "
        "SELECT phone_hash, $1, contact_id FROM unnest($2::bytea[], $3::uuid[]) AS new (phone_hash, contact_id) "
        "ON CONFLICT DO NOTHING",
        partner_id,
        [phone_hash for phone_hash, _ in phones],
        [contact_id for _, contact_id in phones],
    )


async def read_partner(connection: Connection, partner_id: UUID) -> PartnerRecorded | None:
    """A partner's record; None when there is none, or it was removed."""
    record = await connection.fetchval("SELECT record FROM partners WHERE partner_id = $1", partner_id)
    return PartnerRecorded.model_validate(record) if record else None


async def partner_names(connection: Connection, partner_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Partners' names by id."""
    rows = await connection.fetch(
        "SELECT partner_id, record->>'name' AS name FROM partners WHERE partner_id = ANY($1::uuid[]) AND NOT removed",
        partner_ids,
    )
    return {row["partner_id"]: row["name"] for row in rows}


async def list_partners(connection: Connection, limit: int, after: UUID | None) -> list[PartnerRecorded]:
    """Partners by id, after the one given."""
    rows = await connection.fetch(
        "SELECT record FROM partners WHERE NOT removed AND ($1::uuid IS NULL OR partner_id > $1) "
        "ORDER BY partner_id LIMIT $2",
        after,
        limit,
    )
    return [PartnerRecorded.model_validate(row["record"]) for row in rows]


async def contacts_with_phone(connection: Connection, phone_hash: bytes) -> list[tuple[UUID, UUID]]:
    """(partner, contact) for a phone."""
    rows = await connection.fetch(
        "SELECT partner_id, contact_id FROM contact_phones WHERE phone_hash = $1 ORDER BY partner_id", phone_hash
    )
    return [(row["partner_id"], row["contact_id"]) for row in rows]


async def opt_out(connection: Connection, phone_hash: bytes) -> None:
    """No more texts to this phone."""
    await connection.execute("INSERT INTO text_opt_outs (phone_hash) VALUES ($1) ON CONFLICT DO NOTHING", phone_hash)


async def opt_in(connection: Connection, phone_hash: bytes) -> None:
    """Texts to this phone again."""
    await connection.execute("DELETE FROM text_opt_outs WHERE phone_hash = $1", phone_hash)


async def opted_out(connection: Connection, phone_hashes: Sequence[bytes]) -> set[bytes]:
    """Which of these phones said STOP."""
    rows = await connection.fetch(
        "SELECT phone_hash FROM text_opt_outs WHERE phone_hash = ANY($1::bytea[])", phone_hashes
    )
    return {row["phone_hash"] for row in rows}
