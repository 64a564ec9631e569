"""What happened to a need, told to the other services and written into its history, in one transaction."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from schemas.event import NeedEvent
from schemas.topics import ServiceName
from services.intake.store import needs
from services.intake.store.needs import HistoryEntry, NeedRow
from services.runtime import outbox
from services.runtime.database import Connection


async def tell(connection: Connection, need: NeedRow, event: NeedEvent) -> None:
    """Publishes an event as the need's next one. The need's row must be locked, or new."""
    version = await needs.next_version(connection, need.need_id)
    await outbox.publish(
        connection, ServiceName.INTAKE, [outbox.Outgoing(event, need.need_id, version, need.traceparent)]
    )
    what = event.type.removeprefix("switchboard.").removesuffix(".v1")
    facts = event.model_dump(mode="json", exclude={"need_id", "terms", "offer_id", "contact_id"})
    entry = HistoryEntry(need.need_id, ServiceName.INTAKE, "", version, datetime.now(UTC), what, facts)
    await needs.add_history(connection, [entry])


async def note(connection: Connection, need: NeedRow, what: str, facts: Mapping[str, Any]) -> None:
    """Writes into a need's history what no other service has to know."""
    entry = HistoryEntry(
        need.need_id, ServiceName.INTAKE, str(uuid4()), need.version, datetime.now(UTC), what, dict(facts)
    )
    await needs.add_history(connection, [entry])
