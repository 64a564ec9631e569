"""`switchboard partners key PARTNER_ID`: the key by which a partner refers families."""

import secrets
from uuid import UUID

from services.intake.api.callers import Scope, hash_key
from services.intake.store import keys, partners
from services.intake.store.keys import KeyRow
from services.runtime.database import open_connection
from switchboard.errors import SwitchboardError

_SCOPES = frozenset({Scope.NEEDS_WRITE, Scope.NEEDS_READ})


async def make_key(partner_id: UUID, database_url: str) -> str:
    """A new key, in place of any that the partner had. Raises SwitchboardError where there is no such partner."""
    key = f"sb_{secrets.token_urlsafe(32)}"
    async with open_connection(database_url) as connection, connection.transaction():
        if not await partners.lock_partners(connection, [partner_id]):
            raise SwitchboardError("there is no such partner")
        await keys.remove_keys_of(connection, partner_id)
        await keys.save_key(connection, hash_key(key), KeyRow(f"partner {partner_id}", _SCOPES, None, partner_id))
    return key
