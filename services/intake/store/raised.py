"""Needs that were raised by a site's link, and that link."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID

from services.runtime.database import Connection


class Closed(StrEnum):
    """Why a raised need became no need."""

    KNOWN = auto()
    SETTLED = auto()
    NOT_REACHED = auto()
    NOT_WANTED = auto()
    MISTAKEN = auto()
    NOT_LOOKED_AT = auto()
    """Nobody did anything for a month."""


@dataclass(frozen=True)
class RaisedRow:
    """What was raised: sealed while it waits, then with the need that it became or why it became none."""

    raised_id: UUID
    site_id: UUID
    raised_at: datetime
    urgency: str
    name: str
    email: str
    language: str
    wrapped_key: bytes | None
    sealed: bytes | None
    need_id: UUID | None
    closed: Closed | None


@dataclass(frozen=True)
class SiteOfLink:
    """A site and the link by which needs are raised there."""

    site_id: UUID
    name: str
    link_id: UUID | None
    link_since: datetime | None


_COLUMNS = "raised_id, site_id, raised_at, urgency, name, email, language, wrapped_key, sealed, need_id, closed"


async def save_link(connection: Connection, site_id: UUID, link_id: UUID) -> None:
    """This is the site's link from now on. The row must be locked."""
    await connection.execute(
        "UPDATE sites SET link_id = $2, link_since = date_trunc('second', now()) WHERE site_id = $1", site_id, link_id
    )


async def read_link(connection: Connection, site_id: UUID) -> SiteOfLink | None:
    """A site with its link; None where there is no such site."""
    row = await connection.fetchrow("SELECT site_id, name, link_id, link_since FROM sites WHERE site_id = $1", site_id)
    return SiteOfLink(**row) if row else None


async def add_raised(connection: Connection, row: RaisedRow) -> bool:
    """Writes one that waits; False when it is there already."""
    status = await connection.execute(
        "INSERT INTO raised_needs (raised_id, site_id, raised_at, urgency, name, email, language, wrapped_key, sealed) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        row.raised_id,
        row.site_id,
        row.raised_at,
        row.urgency,
        row.name,
        row.email,
        row.language,
        row.wrapped_key,
        row.sealed,
    )
    return status == "INSERT 0 1"


async def read_raised(connection: Connection, raised_id: UUID) -> RaisedRow | None:
    """What was raised; None for nothing."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM raised_needs WHERE raised_id = $1", raised_id)  # noqa: S608
    return _row(dict(row)) if row else None


async def list_waiting(connection: Connection, site_id: UUID) -> list[RaisedRow]:
    """What waits for a coordinator of this site: the most urgent first, then the oldest."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM raised_needs WHERE site_id = $1 AND ended_at IS NULL "  # noqa: S608
        "ORDER BY array_position(ARRAY['tonight', 'today', 'this_week', 'routine'], urgency), raised_at LIMIT 200",
        site_id,
    )
    return [_row(dict(row)) for row in rows]


async def count_waiting(connection: Connection, site_id: UUID) -> int:
    """How many wait for a coordinator of this site."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM raised_needs WHERE site_id = $1 AND ended_at IS NULL", site_id
    )
    return count


async def end_raised(
    connection: Connection,
    raised_id: UUID,
    site_id: UUID,
    by: UUID | None,
    *,
    need_id: UUID | None = None,
    closed: Closed | None = None,
) -> bool:
    """It became that need, or none for this reason: what was sealed is destroyed. False when it waits no more."""
    status = await connection.execute(
        "UPDATE raised_needs SET ended_at = now(), ended_by = $3, need_id = $4, closed = $5, wrapped_key = NULL, "
        "sealed = NULL WHERE raised_id = $1 AND site_id = $2 AND ended_at IS NULL",
        raised_id,
        site_id,
        by,
        need_id,
        closed,
    )
    return status == "UPDATE 1"


async def close_old(connection: Connection, waited: timedelta, kept: timedelta) -> int:
    """Closes what has waited so long, and forgets what ended so long ago. Returns how many it closed."""
    await connection.execute("DELETE FROM raised_needs WHERE ended_at < now() - $1::interval", kept)
    status = await connection.execute(
        "UPDATE raised_needs SET ended_at = now(), closed = 'not_looked_at', wrapped_key = NULL, sealed = NULL "
        "WHERE ended_at IS NULL AND raised_at < now() - $1::interval",
        waited,
    )
    return int(status.rpartition(" ")[2])


def _row(row: dict[str, object]) -> RaisedRow:
    return RaisedRow(**{**row, "closed": Closed(row["closed"]) if row["closed"] else None})  # type: ignore[arg-type]
