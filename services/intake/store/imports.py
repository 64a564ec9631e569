"""Files of partners that were uploaded and not yet taken in."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.runtime.database import Connection

_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Upload:
    """A file as it came. `active` is whether its partners agreed to be asked."""

    import_id: UUID
    name: str
    raw: bytes
    active: bool


async def add_upload(connection: Connection, upload: Upload, by_id: UUID) -> None:
    """Keeps a file, and drops those of the same person before and all that are too old."""
    await connection.execute(
        "DELETE FROM imports WHERE uploaded_by = $1 OR uploaded_at < now() - $2::interval", by_id, _KEPT
    )
    await connection.execute(
        "INSERT INTO imports (import_id, uploaded_by, name, raw, active) VALUES ($1, $2, $3, $4, $5)",
        upload.import_id,
        by_id,
        upload.name,
        upload.raw,
        upload.active,
    )


async def read_upload(connection: Connection, import_id: UUID) -> Upload | None:
    """A file that waits; None for one that was taken, or has waited too long."""
    row = await connection.fetchrow(
        "SELECT import_id, name, raw, active FROM imports WHERE import_id = $1 AND uploaded_at > now() - $2::interval",
        import_id,
        _KEPT,
    )
    return Upload(**row) if row else None


async def drop_upload(connection: Connection, import_id: UUID) -> bool:
    """It was taken in; whether it still waited."""
    found = await connection.fetchval("DELETE FROM imports WHERE import_id = $1 RETURNING true", import_id)
    return found is not None
