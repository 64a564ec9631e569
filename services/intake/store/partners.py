"""Partners as they were recorded, their contacts' phones, and who said STOP."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from schemas.partners import PartnerRecorded
from services.runtime.database import Connection

_WRITING = 7_041_012


async def lock_partners(connection: Connection, partner_ids: Collection[UUID]) -> dict[UUID, PartnerRecorded]:
    """The records there are of these partners. All are locked, those that are new too, in the order of their ids."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _WRITING)
    await connection.execute(
        "INSERT INTO partners (partner_id, version, removed) SELECT partner_id, 0, true "
        "FROM unnest($1::uuid[]) AS new (partner_id) ORDER BY partner_id ON CONFLICT DO NOTHING",
        partner_ids,
    )
    rows = await connection.fetch(
        "SELECT partner_id, record FROM partners WHERE partner_id = ANY($1::uuid[]) "
        "ORDER BY partner_id FOR NO KEY UPDATE",
        partner_ids,
    )
    return {row["partner_id"]: PartnerRecorded.model_validate(row["record"]) for row in rows if row["record"]}


async def lock_all(connection: Connection) -> None:
    """Waits until no record is being written, and lets none be before the transaction ends, not even a new one.

    Whoever has a phone said STOP: a record that is written at the same moment has no row yet to be found by it.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _WRITING)


async def save_partners(connection: Connection, records: Mapping[UUID, PartnerRecorded | None]) -> dict[UUID, int]:
    """Writes partners' records, or their removal (None), and returns the new versions. The rows must be locked."""
    rows = await connection.fetch(
        """
        UPDATE partners
           SET record = new.record::jsonb, removed = new.record IS NULL, version = version + 1
          FROM unnest($1::uuid[], $2::text[]) AS new (partner_id, record)
         WHERE partners.partner_id = new.partner_id
        RETURNING partners.partner_id, version
        """,
        list(records),
        [record.model_dump_json() if record else None for record in records.values()],
    )
    return {row["partner_id"]: row["version"] for row in rows}


async def save_phones(
    connection: Connection, partner_ids: Collection[UUID], phones: Collection[tuple[bytes, UUID, UUID]]
) -> None:
    """(phone hash, partner, contact) of these partners: these and no others."""
    await connection.execute("DELETE FROM contact_phones WHERE partner_id = ANY($1::uuid[])", partner_ids)
    await connection.execute(
        "INSERT INTO contact_phones (phone_hash, partner_id, contact_id) "
        "SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::uuid[]) ON CONFLICT DO NOTHING",
        [phone_hash for phone_hash, _, _ in phones],
        [partner_id for _, partner_id, _ in phones],
        [contact_id for _, _, contact_id in phones],
    )


async def read_partner(connection: Connection, partner_id: UUID) -> PartnerRecorded | None:
    """A partner's record; None when there is none, or it was removed."""
    record = await connection.fetchval("SELECT record FROM partners WHERE partner_id = $1", partner_id)
    return PartnerRecorded.model_validate(record) if record else None


async def read_partners(connection: Connection, partner_ids: Sequence[UUID]) -> dict[UUID, PartnerRecorded]:
    """Partners' records by id, of those that are there."""
    rows = await connection.fetch(
        "SELECT partner_id, record FROM partners WHERE partner_id = ANY($1::uuid[]) AND NOT removed", partner_ids
    )
    return {row["partner_id"]: PartnerRecorded.model_validate(row["record"]) for row in rows}


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
