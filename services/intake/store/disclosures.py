"""The log of who looked. It is only ever added to."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from schemas.vocabulary import IdentityRecord
from services.intake.domain.disclosure_log import BEGINNING, Entry, Look, LookPurpose, Who, chain
from services.runtime.database import Connection

_APPENDING = 7_041_011


@dataclass(frozen=True)
class Shown:
    """A look, in words for people: the need's number, who, of which organization, and what they saw."""

    sequence: int
    at: datetime
    need_id: UUID
    reference: str
    site_name: str
    who: Who
    who_id: UUID
    name: str | None
    partner_id: UUID | None
    partner_name: str | None
    records: Sequence[IdentityRecord]
    purpose: LookPurpose
    signed: bool


async def add_look(connection: Connection, look: Look) -> Entry:
    """Adds one look, after all there are: one at a time, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _APPENDING)
    last = await connection.fetchrow("SELECT sequence, hash FROM disclosures ORDER BY sequence DESC LIMIT 1")
    entry = chain(look, last["sequence"] + 1 if last else 1, last["hash"] if last else BEGINNING)
    await connection.execute(
        "INSERT INTO disclosures (sequence, at, need_id, who, who_id, partner_id, records, purpose, consent_id, "
        "previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        entry.sequence,
        look.at,
        look.need_id,
        look.who,
        look.who_id,
        look.partner_id,
        sorted(look.records),
        look.purpose,
        look.consent_id,
        entry.previous,
        entry.hash,
    )
    return entry


async def count_looks(connection: Connection, need_id: UUID, who_id: UUID, since: datetime) -> int:
    """How often one person looked at one family since then."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM disclosures WHERE need_id = $1 AND who_id = $2 AND at >= $3", need_id, who_id, since
    )
    return count


async def read_log(connection: Connection) -> AsyncIterator[Entry]:
    """The whole log, from its beginning."""
    async with connection.transaction(readonly=True):
        async for row in connection.cursor("SELECT * FROM disclosures ORDER BY sequence"):
            yield _read(row)


async def list_looks(connection: Connection, need_id: UUID | None, limit: int, before: int | None) -> list[Shown]:
    """Looks, newest first, at one need's family or at all; of entries older than `before`."""
    rows = await connection.fetch(
        """
        SELECT sequence, looked.at, looked.need_id, needs.reference, sites.name AS site_name, who, who_id,
               people.name AS person, partners.record AS record, looked.partner_id, records, purpose,
               consent_id IS NOT NULL AS signed
          FROM disclosures AS looked
          JOIN needs USING (need_id) JOIN sites USING (site_id)
          LEFT JOIN people ON who = 'coordinator' AND person_id = who_id
          LEFT JOIN partners ON partners.partner_id = looked.partner_id
         WHERE ($1::uuid IS NULL OR looked.need_id = $1) AND ($2::bigint IS NULL OR sequence < $2)
         ORDER BY sequence DESC LIMIT $3
        """,
        need_id,
        before,
        limit,
    )
    return [_show(row) for row in rows]


async def contacts_who_know(connection: Connection, need_id: UUID) -> list[tuple[UUID, UUID]]:
    """(partner, contact) of everybody outside the school who was shown who this family is."""
    rows = await connection.fetch(
        "SELECT DISTINCT partner_id, who_id FROM disclosures WHERE need_id = $1 AND who = 'contact'", need_id
    )
    return [(row["partner_id"], row["who_id"]) for row in rows]


def _read(row: asyncpg.Record) -> Entry:
    look = Look(
        at=row["at"],
        need_id=row["need_id"],
        who=Who(row["who"]),
        who_id=row["who_id"],
        partner_id=row["partner_id"],
        records=frozenset(map(IdentityRecord, row["records"])),
        purpose=LookPurpose(row["purpose"]),
        consent_id=row["consent_id"],
    )
    return Entry(row["sequence"], look, row["previous"], row["hash"])


def _show(row: asyncpg.Record) -> Shown:
    record = row["record"] or {}
    names = {contact["contact_id"]: contact["name"] for contact in record.get("contacts", [])}
    return Shown(
        sequence=row["sequence"],
        at=row["at"],
        need_id=row["need_id"],
        reference=row["reference"],
        site_name=row["site_name"],
        who=Who(row["who"]),
        who_id=row["who_id"],
        name=row["person"] or names.get(str(row["who_id"])),
        partner_id=row["partner_id"],
        partner_name=record.get("name"),
        records=[IdentityRecord(one) for one in row["records"]],
        purpose=LookPurpose(row["purpose"]),
        signed=row["signed"],
    )
