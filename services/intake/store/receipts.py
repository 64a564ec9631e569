"""What providers have reported."""

from datetime import timedelta
from uuid import UUID

from schemas.vocabulary import Fate
from services.runtime.database import Connection

_REPEATED_WITHIN = timedelta(days=30)


async def add_receipt(connection: Connection, message_id: UUID, fate: Fate) -> bool:
    """Writes down that this was reported. Returns whether it is new."""
    done = await connection.execute(
        "INSERT INTO receipts (message_id, fate) VALUES ($1, $2) ON CONFLICT DO NOTHING", message_id, fate
    )
    return done == "INSERT 0 1"


async def forget_old(connection: Connection) -> None:
    """Drops what no provider repeats any more."""
    await connection.execute("DELETE FROM receipts WHERE since < now() - $1::interval", _REPEATED_WITHIN)
