"""Who answers for a partner, and which addresses a provider refused for good."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from schemas.partners import Contact, OnCall
from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class PartnerContacts:
    """A partner's name and the people who answer for it, with their turns; nobody once it is removed."""

    name: str
    contacts: tuple[Contact, ...]
    on_call: OnCall | None


async def save_partners(
    connection: Connection, partners: Iterable[tuple[UUID, int, bool, str, str, str | None]]
) -> None:
    """(partner, version, removed, name, contacts and who is on call as JSON): what is older than known is left out."""
    newest = {row[0]: row for row in partners}
    await connection.execute(
        """
        INSERT INTO partners (partner_id, version, removed, name, contacts, on_call)
        SELECT partner_id, version, removed, name, contacts::jsonb, on_call::jsonb
          FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::text[], $5::text[], $6::text[])
               AS new (partner_id, version, removed, name, contacts, on_call)
            ON CONFLICT (partner_id) DO UPDATE
           SET version = excluded.version, removed = excluded.removed, name = excluded.name,
               contacts = excluded.contacts, on_call = excluded.on_call
         WHERE partners.version < excluded.version
        """,
        *to_columns([newest[key] for key in sorted(newest)], 6),
    )


async def partners_named(connection: Connection, partner_ids: Collection[UUID]) -> dict[UUID, PartnerContacts]:
    """The contacts of these partners; a partner nobody has told us of yet is left out."""
    rows = await connection.fetch(
        "SELECT partner_id, name, contacts, on_call FROM partners WHERE partner_id = ANY($1::uuid[])",
        list(partner_ids),
    )
    return {
        row["partner_id"]: PartnerContacts(
            row["name"],
            tuple(Contact.model_validate(one) for one in row["contacts"]),
            OnCall.model_validate(row["on_call"]) if row["on_call"] else None,
        )
        for row in rows
    }


async def suppressed(connection: Connection, address_hashes: Collection[bytes]) -> set[tuple[bytes, str]]:
    """Which (address, channel) a provider refused for good."""
    rows = await connection.fetch(
        "SELECT address_hash, channel FROM suppressions WHERE address_hash = ANY($1::bytea[])", list(address_hashes)
    )
    return {(row["address_hash"], row["channel"]) for row in rows}


async def suppress(connection: Connection, addresses: Sequence[tuple[bytes, str]]) -> None:
    """Writes to these no more."""
    await connection.execute(
        "INSERT INTO suppressions (address_hash, channel) SELECT * FROM unnest($1::bytea[], $2::text[]) "
        "ON CONFLICT DO NOTHING",
        # In one order: two senders that waited for each other would lose what was sent.
        *to_columns(sorted(addresses), 2),
    )
