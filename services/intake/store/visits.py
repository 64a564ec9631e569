"""Visits that partners planned, and whose people may make them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class Clearance:
    """That somebody checked a person, what they checked, and until when it counts (that day included)."""

    partner_id: UUID
    contact_id: UUID
    kind: str
    checked_by: str
    until: date


@dataclass(frozen=True)
class Visit:
    """One person of a partner at the family's door, between two times. `told` is whether all who must know do."""

    visit_id: UUID
    need_id: UUID
    offer_id: UUID
    partner_id: UUID
    contact_id: UUID
    begins: datetime
    ends: datetime
    planned_at: datetime
    refused_at: datetime | None
    told: bool


_WITH_TOLD = """
    SELECT visits.*, coalesce((
               SELECT count(DISTINCT recipient) FROM (
                      SELECT DISTINCT ON (facts->>'recipient') facts->>'recipient' AS recipient, what FROM history
                       WHERE history.need_id = visits.need_id AND what LIKE 'deliveries.%'
                         AND facts->>'purpose' = 'visit_planned' AND facts->>'visit_id' = visits.visit_id::text
                       ORDER BY facts->>'recipient', sequence DESC) AS newest
                WHERE what IN ('deliveries.accepted', 'deliveries.delivered')
                  AND recipient IN ('family', 'coordinator')), 0) = 2 AS told
      FROM visits
"""
# A family that cannot be written to is visited by nobody: it could not say no.
_AHEAD = _WITH_TOLD + " WHERE refused_at IS NULL AND ends > now()"


async def save_clearance(connection: Connection, clearance: Clearance, recorded_by: str) -> None:
    """Records a clearance in place of the one before."""
    await connection.execute(
        """
        INSERT INTO clearances (partner_id, contact_id, kind, checked_by, until, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (partner_id, contact_id) DO UPDATE
           SET kind = excluded.kind, checked_by = excluded.checked_by, until = excluded.until,
               recorded_by = excluded.recorded_by, recorded_at = now()
        """,
        clearance.partner_id,
        clearance.contact_id,
        clearance.kind,
        clearance.checked_by,
        clearance.until,
        recorded_by,
    )


async def drop_clearance(connection: Connection, partner_id: UUID, contact_id: UUID) -> bool:
    """Takes a clearance back. Whether there was one."""
    dropped = await connection.fetchval(
        "DELETE FROM clearances WHERE partner_id = $1 AND contact_id = $2 RETURNING true", partner_id, contact_id
    )
    return dropped is not None


async def drop_clearances(connection: Connection, contacts: Collection[tuple[UUID, UUID]]) -> None:
    """Takes back the clearances of these, each (partner, contact)."""
    await connection.execute(
        "DELETE FROM clearances USING unnest($1::uuid[], $2::uuid[]) AS gone (partner_id, contact_id) "
        "WHERE (clearances.partner_id, clearances.contact_id) = (gone.partner_id, gone.contact_id)",
        *to_columns(list(contacts), 2),
    )


async def clearances_of(connection: Connection, partner_id: UUID) -> dict[UUID, Clearance]:
    """By contact, the clearances of a partner's people, also those that have run out."""
    rows = await connection.fetch(
        "SELECT partner_id, contact_id, kind, checked_by, until FROM clearances WHERE partner_id = $1", partner_id
    )
    return {row["contact_id"]: Clearance(**dict(row)) for row in rows}


async def add_visit(connection: Connection, visit: Visit) -> None:
    """Writes a visit down."""
    await connection.execute(
        "INSERT INTO visits (visit_id, need_id, offer_id, partner_id, contact_id, begins, ends, planned_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        visit.visit_id,
        visit.need_id,
        visit.offer_id,
        visit.partner_id,
        visit.contact_id,
        visit.begins,
        visit.ends,
        visit.planned_at,
    )


async def add_restored(connection: Connection, planned: Sequence[Visit]) -> None:
    """Writes visits down that are not here."""
    await connection.execute(
        "INSERT INTO visits (visit_id, need_id, offer_id, partner_id, contact_id, begins, ends, planned_at) "
        "SELECT new.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], "
        "$7::timestamptz[], $8::timestamptz[]) "
        "AS new (visit_id, need_id, offer_id, partner_id, contact_id, begins, ends, planned_at) "
        "JOIN needs USING (need_id) ON CONFLICT DO NOTHING",
        *to_columns(
            [
                (
                    one.visit_id,
                    one.need_id,
                    one.offer_id,
                    one.partner_id,
                    one.contact_id,
                    one.begins,
                    one.ends,
                    one.planned_at,
                )
                for one in planned
            ],
            8,
        ),
    )


async def visits_of(connection: Connection, need_id: UUID) -> list[Visit]:
    """A need's visits, the next one first."""
    rows = await connection.fetch(_WITH_TOLD + " WHERE need_id = $1 ORDER BY begins", need_id)
    return [_read(row) for row in rows]


async def visits_ahead_of(connection: Connection, partner_ids: Collection[UUID]) -> list[Visit]:
    """The visits of these partners' people that are still to come."""
    rows = await connection.fetch(
        _AHEAD + " AND partner_id = ANY($1::uuid[]) ORDER BY begins",
        partner_ids,
    )
    return [_read(row) for row in rows]


async def visits_ahead_in(connection: Connection, need_ids: Sequence[UUID]) -> list[Visit]:
    """The visits of these needs that are still to come."""
    rows = await connection.fetch(
        _AHEAD + " AND need_id = ANY($1::uuid[]) ORDER BY begins",
        need_ids,
    )
    return [_read(row) for row in rows]


async def refuse_visits(connection: Connection, visit_ids: Sequence[UUID], by: str) -> set[UUID]:
    """Takes visits off. Returns those that stood until now."""
    rows = await connection.fetch(
        "UPDATE visits SET refused_at = now(), refused_by = $2 "
        "WHERE visit_id = ANY($1::uuid[]) AND refused_at IS NULL RETURNING visit_id",
        visit_ids,
        by,
    )
    return {row["visit_id"] for row in rows}


def _read(row: asyncpg.Record) -> Visit:
    return Visit(
        visit_id=row["visit_id"],
        need_id=row["need_id"],
        offer_id=row["offer_id"],
        partner_id=row["partner_id"],
        contact_id=row["contact_id"],
        begins=row["begins"],
        ends=row["ends"],
        planned_at=row["planned_at"],
        refused_at=row["refused_at"],
        told=row["told"],
    )
