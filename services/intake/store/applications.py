"""Organizations that ask to join, and what was decided about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.runtime.database import Connection

_KEPT = timedelta(days=90)
"""After it was decided: who was accepted is a partner, who was refused is forgotten."""


@dataclass(frozen=True)
class ApplicationRow:
    """What an organization said of itself, and what became of it."""

    application_id: UUID
    applied_at: datetime
    entered: dict[str, Any]
    state: str
    reason: str | None


@dataclass(frozen=True)
class Decision:
    """Who decided what; a refusal has its reason."""

    state: Literal["accepted", "refused"]
    by_id: UUID
    reason: str | None


async def add_application(connection: Connection, application_id: UUID, entered: dict[str, Any]) -> bool:
    """Has it wait, and forgets what was decided long ago. False when it is here already."""
    await connection.execute("DELETE FROM applications WHERE decided_at < now() - $1::interval", _KEPT)
    status = await connection.execute(
        "INSERT INTO applications (application_id, entered) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        application_id,
        entered,
    )
    return status == "INSERT 0 1"


async def list_waiting(connection: Connection) -> list[ApplicationRow]:
    """What waits, the oldest first."""
    rows = await connection.fetch(
        "SELECT application_id, applied_at, entered, state, reason FROM applications WHERE state = 'waiting' "
        "ORDER BY applied_at LIMIT 200"
    )
    return [ApplicationRow(**row) for row in rows]


async def read_application(connection: Connection, application_id: UUID) -> ApplicationRow | None:
    """One; None for none."""
    row = await connection.fetchrow(
        "SELECT application_id, applied_at, entered, state, reason FROM applications WHERE application_id = $1",
        application_id,
    )
    return ApplicationRow(**row) if row else None


async def decide(connection: Connection, application_id: UUID, decision: Decision) -> bool:
    """Decides it; False when it was decided before."""
    status = await connection.execute(
        "UPDATE applications SET state = $2, decided_by = $3, reason = $4, decided_at = now() "
        "WHERE application_id = $1 AND state = 'waiting'",
        application_id,
        decision.state,
        decision.by_id,
        decision.reason,
    )
    return status == "UPDATE 1"
