"""A need under its lock, as long as something can still be done about it."""

from uuid import UUID

from services.intake.domain.need import NeedEnded, NeedNotFound
from services.intake.store import needs
from services.intake.store.needs import NeedRow
from services.runtime.database import Connection


async def lock_ongoing(connection: Connection, need_id: UUID, site_id: UUID | None) -> NeedRow:
    """The need, of this site where one is named. Raises NeedNotFound, or NeedEnded where it ended or was withdrawn."""
    need = await needs.lock_need(connection, need_id, site_id)
    if need is None:
        raise NeedNotFound
    if need.progress.status.ended or need.withdrawn:
        raise NeedEnded
    return need
