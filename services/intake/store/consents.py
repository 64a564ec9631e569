"""What families agreed to, as it was taken down."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from schemas.vocabulary import ConsentKind, IdentityRecord, PartnerKind
from services.intake.domain.consent import Consent, Purpose, SignedHow
from services.runtime.database import Connection


async def add_consent(connection: Connection, need_id: UUID, consent: Consent, signed_by: bytes | None) -> bool:
    """Writes a consent down; whether it is new. `signed_by` is the signer's name, sealed under the family's key."""
    added = await connection.fetchval(
        "INSERT INTO consents (consent_id, need_id, kind, purpose, records, partner_ids, partner_kinds, "
        "excluded_kinds, taken_by, since, until, signed_how, signed_on, signed_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
        "ON CONFLICT (consent_id) DO NOTHING RETURNING true",
        consent.consent_id,
        need_id,
        consent.kind,
        consent.purpose,
        sorted(consent.records),
        sorted(consent.partner_ids),
        sorted(consent.partner_kinds),
        sorted(consent.excluded_kinds),
        consent.taken_by,
        consent.since,
        consent.until,
        consent.signed_how,
        consent.signed_on,
        signed_by,
    )
    return added is not None


async def consents_of(connection: Connection, need_id: UUID) -> list[Consent]:
    """All consents of a need, newest first, also those that count no more."""
    rows = await connection.fetch("SELECT * FROM consents WHERE need_id = $1 ORDER BY since DESC", need_id)
    return [_read(row) for row in rows]


async def end_consents_of(
    connection: Connection, ended: Sequence[tuple[UUID, datetime]], kinds: Sequence[ConsentKind]
) -> set[UUID]:
    """(need, when): families took back what they had agreed to by then. Returns the needs where there was anything."""
    rows = await connection.fetch(
        """
        UPDATE consents SET withdrawn_at = now()
          FROM unnest($1::uuid[], $2::timestamptz[]) AS ended (need_id, at)
         WHERE consents.need_id = ended.need_id AND consents.since <= ended.at
           AND kind = ANY($3::text[]) AND withdrawn_at IS NULL
        RETURNING consents.need_id
        """,
        [need_id for need_id, _ in ended],
        [at for _, at in ended],
        kinds,
    )
    return {row["need_id"] for row in rows}


def _read(row: asyncpg.Record) -> Consent:
    return Consent(
        consent_id=row["consent_id"],
        kind=ConsentKind(row["kind"]),
        purpose=Purpose(row["purpose"]),
        records=frozenset(map(IdentityRecord, row["records"])),
        partner_ids=frozenset(row["partner_ids"]),
        partner_kinds=frozenset(map(PartnerKind, row["partner_kinds"])),
        excluded_kinds=frozenset(map(PartnerKind, row["excluded_kinds"])),
        taken_by=row["taken_by"],
        since=row["since"],
        until=row["until"],
        signed_how=SignedHow(row["signed_how"]) if row["signed_how"] else None,
        signed_on=row["signed_on"],
        withdrawn_at=row["withdrawn_at"],
    )
