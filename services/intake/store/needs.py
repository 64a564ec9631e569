"""Needs, families, history, idempotency."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from schemas.needs import NeedTerms
from schemas.vocabulary import StuckCause, UnmetCause
from services.intake.domain.progress import NeedProgress, Progress
from services.intake.sealing import SealedFamily
from services.runtime.database import Connection


@dataclass(frozen=True)
class NeedRow:
    """A need as intake knows it; nothing of the family."""

    need_id: UUID
    reference: str
    site_id: UUID
    entered_by: UUID | None
    version: int
    terms: NeedTerms
    traceparent: str
    created_at: datetime
    withdrawn: bool
    progress: Progress


@dataclass(frozen=True)
class HistoryEntry:
    """One thing that happened: `what` is a code such as `offers.made`, `facts` hold codes and numbers."""

    need_id: UUID
    source: str
    subject: str
    sequence: int
    at: datetime
    what: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class NeedFilter:
    """Which needs to list. `site_id` None means all sites."""

    site_id: UUID | None = None
    statuses: tuple[NeedProgress, ...] = ()
    stuck: bool | None = None
    urgency: str | None = None


async def add_need(connection: Connection, need: NeedRow, family: SealedFamily) -> bool:
    """Writes a need with its family. False when the reference is taken: try another."""
    added = await connection.fetchval(
        """
        WITH need AS (
            INSERT INTO needs (need_id, reference, site_id, entered_by, version, terms, traceparent, created_at,
                               status)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $12) ON CONFLICT (reference) DO NOTHING RETURNING need_id
        )
        INSERT INTO families (need_id, wrapped_key, sealed, phone_hash)
        SELECT need_id, $9, $10, $11 FROM need RETURNING need_id
        """,
        need.need_id,
        need.reference,
        need.site_id,
        need.entered_by,
        need.version,
        need.terms.model_dump(mode="json"),
        need.traceparent,
        need.created_at,
        family.wrapped_key,
        family.sealed,
        family.phone_hash,
        need.progress.status,
    )
    return added is not None


async def remember_key(connection: Connection, caller: str, key: str, body_hash: bytes, need_id: UUID) -> None:
    """Ties an idempotency key to the need that it made. Raises UniqueViolationError for the second of two at once."""
    await connection.execute(
        "INSERT INTO idempotency_keys (caller, key, body_hash, need_id) VALUES ($1, $2, $3, $4)",
        caller,
        key,
        body_hash,
        need_id,
    )


async def find_key(connection: Connection, caller: str, key: str) -> tuple[bytes, UUID] | None:
    """The body's hash and the need that an idempotency key made."""
    row = await connection.fetchrow(
        "SELECT body_hash, need_id FROM idempotency_keys WHERE caller = $1 AND key = $2", caller, key
    )
    return (row["body_hash"], row["need_id"]) if row else None


async def read_need(connection: Connection, need_id: UUID, site_id: UUID | None) -> NeedRow | None:
    """A need of that site (None: of any); None when there is none."""
    row = await connection.fetchrow(
        "SELECT * FROM needs WHERE need_id = $1 AND ($2::uuid IS NULL OR site_id = $2)", need_id, site_id
    )
    return read_row(row) if row else None


async def read_needs(connection: Connection, need_ids: Sequence[UUID]) -> dict[UUID, NeedRow]:
    """Needs by id."""
    rows = await connection.fetch("SELECT * FROM needs WHERE need_id = ANY($1::uuid[])", need_ids)
    return {row["need_id"]: read_row(row) for row in rows}


async def lock_need(connection: Connection, need_id: UUID, site_id: UUID | None) -> NeedRow | None:
    """As `read_need`, locked until the transaction ends."""
    # Not its key: a look at the family is written down by whoever has the log's lock, not the need's.
    row = await connection.fetchrow(
        "SELECT * FROM needs WHERE need_id = $1 AND ($2::uuid IS NULL OR site_id = $2) FOR NO KEY UPDATE",
        need_id,
        site_id,
    )
    return read_row(row) if row else None


async def lock_needs(connection: Connection, need_ids: Sequence[UUID]) -> dict[UUID, NeedRow]:
    """Needs by id, locked in id order."""
    rows = await connection.fetch(
        "SELECT * FROM needs WHERE need_id = ANY($1::uuid[]) ORDER BY need_id FOR NO KEY UPDATE", need_ids
    )
    return {row["need_id"]: read_row(row) for row in rows}


async def list_needs(
    connection: Connection, wanted: NeedFilter, limit: int, after: tuple[datetime, UUID] | None
) -> list[NeedRow]:
    """Needs, newest first, after the one given."""
    rows = await connection.fetch(
        """
        SELECT * FROM needs
         WHERE ($1::uuid IS NULL OR site_id = $1)
           AND (cardinality($2::text[]) = 0 OR status = ANY($2))
           AND ($3::boolean IS NULL OR (stuck IS NOT NULL) = $3)
           AND ($4::text IS NULL OR terms->>'urgency' = $4)
           AND ($5::timestamptz IS NULL OR (created_at, need_id) < ($5, $6::uuid))
         ORDER BY created_at DESC, need_id DESC LIMIT $7
        """,
        wanted.site_id,
        list(wanted.statuses),
        wanted.stuck,
        wanted.urgency,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [read_row(row) for row in rows]


async def next_version(connection: Connection, need_id: UUID) -> int:
    """Counts one more event of a need. The row must be locked."""
    version: int = await connection.fetchval(
        "UPDATE needs SET version = version + 1 WHERE need_id = $1 RETURNING version", need_id
    )
    return version


async def save_terms(connection: Connection, need_id: UUID, terms: NeedTerms) -> None:
    """What is asked from now on. The row must be locked."""
    await connection.execute("UPDATE needs SET terms = $2 WHERE need_id = $1", need_id, terms.model_dump(mode="json"))


async def mark_withdrawn(connection: Connection, need_id: UUID) -> None:
    """The family agrees no longer."""
    await connection.execute("UPDATE needs SET withdrawn = true WHERE need_id = $1", need_id)


async def save_status(connection: Connection, need_id: UUID, status: NeedProgress) -> None:
    """Where a need stands that waited for approval. The row must be locked."""
    await connection.execute("UPDATE needs SET status = $2 WHERE need_id = $1", need_id, status)


async def end_unpublished(connection: Connection, need_id: UUID, cause: UnmetCause) -> None:
    """Ends a need that never went out. The row must be locked."""
    await connection.execute(
        "UPDATE needs SET status = $2, cause = $3, ended_at = now() WHERE need_id = $1",
        need_id,
        NeedProgress.UNMET,
        cause,
    )


async def save_progress(connection: Connection, progress: Sequence[tuple[UUID, Progress]]) -> None:
    """Where needs stand now."""
    await connection.execute(
        """
        UPDATE needs
           SET status = new.status, stuck = new.stuck, cause = new.cause,
               matcher_version = new.version, asked_version = new.asked_version,
               ended_at = CASE WHEN new.status = ANY($7::text[]) THEN coalesce(ended_at, now()) END
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[])
               AS new (need_id, status, stuck, cause, version, asked_version)
         WHERE needs.need_id = new.need_id
           AND (needs.matcher_version, needs.asked_version) IS DISTINCT FROM (new.version, new.asked_version)
        """,
        [need_id for need_id, _ in progress],
        [one.status for _, one in progress],
        [one.stuck for _, one in progress],
        [one.cause for _, one in progress],
        [one.version for _, one in progress],
        [one.asked_version for _, one in progress],
        [status for status in NeedProgress if status.ended],
    )


async def add_history(connection: Connection, entries: Sequence[HistoryEntry]) -> None:
    """Writes what happened; what is known already is left as it is, and so are events of needs that are not ours."""
    await connection.execute(
        """
        INSERT INTO history (need_id, source, subject, sequence, at, what, facts)
        SELECT entry.* FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::text[],
                                   $7::jsonb[])
                       AS entry (need_id, source, subject, sequence, at, what, facts)
          JOIN needs USING (need_id)
            ON CONFLICT DO NOTHING
        """,
        [entry.need_id for entry in entries],
        [entry.source for entry in entries],
        [entry.subject for entry in entries],
        [entry.sequence for entry in entries],
        [entry.at for entry in entries],
        [entry.what for entry in entries],
        [entry.facts for entry in entries],
    )


async def read_history(connection: Connection, need_id: UUID) -> list[HistoryEntry]:
    """All that happened to a need, oldest first."""
    rows = await connection.fetch("SELECT * FROM history WHERE need_id = $1 ORDER BY at, sequence", need_id)
    return [HistoryEntry(**dict(row)) for row in rows]


def to_cursor(need: NeedRow) -> str:
    """Where a page ended, in a form that travels in a URL."""
    return base64.urlsafe_b64encode(json.dumps([need.created_at.isoformat(), str(need.need_id)]).encode()).decode()


def from_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Where to go on. Raises ValueError for what is no cursor."""
    created_at, need_id = json.loads(base64.urlsafe_b64decode(cursor))
    return datetime.fromisoformat(created_at), UUID(need_id)


def read_row(row: asyncpg.Record) -> NeedRow:
    """A need from a row of all its columns."""
    return NeedRow(
        need_id=row["need_id"],
        reference=row["reference"],
        site_id=row["site_id"],
        entered_by=row["entered_by"],
        version=row["version"],
        terms=NeedTerms.model_validate(row["terms"]),
        traceparent=row["traceparent"],
        created_at=row["created_at"],
        withdrawn=row["withdrawn"],
        progress=Progress(
            NeedProgress(row["status"]),
            StuckCause(row["stuck"]) if row["stuck"] else None,
            UnmetCause(row["cause"]) if row["cause"] else None,
            row["matcher_version"],
            row["asked_version"],
        ),
    )
