"""Needs, with their lines and offers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from schemas.needs import NeedTerms
from schemas.vocabulary import StuckCause
from services.matcher.directory.places import zone_of
from services.matcher.domain.state import Need, NeedStatus, Offer
from services.matcher.store.offers import offers_of, save_offers
from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class OpenNeeds:
    """How many needs are open, by state; stuck, by cause; overdue, and since how many seconds the first is."""

    by_state: dict[str, int]
    by_cause: dict[str, int]
    overdue: int
    overdue_oldest_s: float


async def count_open_needs(connection: Connection) -> OpenNeeds:
    """Counts what has not ended."""
    rows = await connection.fetch("SELECT status, stuck, count(*) FROM needs WHERE status <> 'closed' GROUP BY 1, 2")
    by_state: Counter[str] = Counter()
    by_cause: Counter[str] = Counter()
    for row in rows:
        by_state[row["status"]] += row["count"]
        if row["stuck"] is not None:
            by_cause[row["stuck"]] += row["count"]
    overdue = await connection.fetch(
        "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float AS oldest "
        "FROM needs WHERE due_at <= clock_timestamp()"
    )
    return OpenNeeds(by_state, by_cause, overdue[0]["count"], overdue[0]["oldest"])


async def lock_needs(connection: Connection, need_ids: Collection[UUID]) -> dict[UUID, Need]:
    """The needs that there are, with their offers, locked until the transaction ends."""
    rows = await connection.fetch(
        "SELECT * FROM needs WHERE need_id = ANY($1::uuid[]) ORDER BY need_id FOR UPDATE", list(need_ids)
    )
    return await _with_offers(connection, rows)


async def lock_due_needs(connection: Connection, limit: int) -> dict[UUID, Need]:
    """Needs with something due, passing over those that somebody else has in hand."""
    rows = await connection.fetch(
        "SELECT * FROM needs WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED", limit
    )
    return await _with_offers(connection, rows)


async def intake_versions(connection: Connection, need_ids: Collection[UUID]) -> dict[UUID, int]:
    """By need, the newest of intake's versions that was applied."""
    rows = await connection.fetch(
        "SELECT need_id, intake_version FROM needs WHERE need_id = ANY($1::uuid[])", list(need_ids)
    )
    return {row["need_id"]: row["intake_version"] for row in rows}


async def save_needs(connection: Connection, needs: Sequence[Need], intake_versions: Mapping[UUID, int]) -> None:
    """Writes needs with their lines and offers."""
    await connection.execute(
        """
        INSERT INTO needs (need_id, version, intake_version, traceparent, terms, deadline, status, stuck, wave,
                           attempt, confirm_by, look_again_at, alert_at, due_at)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::text[],
                             $8::text[], $9::int[], $10::int[], $11::timestamptz[], $12::timestamptz[],
                             $13::timestamptz[], $14::timestamptz[])
            ON CONFLICT (need_id) DO UPDATE
           SET version = excluded.version, intake_version = greatest(needs.intake_version, excluded.intake_version),
               terms = excluded.terms, deadline = excluded.deadline, status = excluded.status, stuck = excluded.stuck,
               wave = excluded.wave, attempt = excluded.attempt, confirm_by = excluded.confirm_by,
               look_again_at = excluded.look_again_at, alert_at = excluded.alert_at, due_at = excluded.due_at
        """,
        *to_columns([_need_row(need, intake_versions.get(need.need_id, 0)) for need in needs], 14),
    )
    await save_offers(connection, [(need.need_id, offer) for need in needs for offer in need.offers])
    await _save_lines(connection, needs)


async def _save_lines(connection: Connection, needs: Sequence[Need]) -> None:
    lines = [
        (need.need_id, item.line, item.quantity, held[item.line])
        for need in needs
        for held in (need.held,)
        for item in need.terms.items
    ]
    await connection.execute(
        """
        INSERT INTO need_lines (need_id, line, quantity, held)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[])
            ON CONFLICT (need_id, line) DO UPDATE SET quantity = excluded.quantity, held = excluded.held
        """,
        *to_columns(lines, 4),
    )


def _need_row(need: Need, intake_version: int) -> tuple[Any, ...]:
    return (
        need.need_id,
        need.version,
        intake_version,
        need.traceparent,
        need.terms.model_dump(mode="json"),
        need.deadline,
        need.status,
        need.stuck,
        need.wave,
        need.attempt,
        need.confirm_by,
        need.look_again_at,
        need.alert_at,
        need.next_due,
    )


async def _with_offers(connection: Connection, rows: Sequence[asyncpg.Record]) -> dict[UUID, Need]:
    offers = await offers_of(connection, [row["need_id"] for row in rows])
    return {row["need_id"]: _read_need(row, offers[row["need_id"]]) for row in rows}


def _read_need(row: asyncpg.Record, offers: tuple[Offer, ...]) -> Need:
    terms = NeedTerms.model_validate(row["terms"])
    return Need(
        need_id=row["need_id"],
        traceparent=row["traceparent"],
        version=row["version"],
        terms=terms,
        zone=zone_of(terms.zip_code),
        deadline=row["deadline"],
        status=NeedStatus(row["status"]),
        stuck=StuckCause(row["stuck"]) if row["stuck"] else None,
        wave=row["wave"],
        attempt=row["attempt"],
        confirm_by=row["confirm_by"],
        look_again_at=row["look_again_at"],
        alert_at=row["alert_at"],
        offers=offers,
    )
