"""The end of what is known of a family: when somebody asks, and by itself some time after the need has ended."""

from datetime import timedelta
from uuid import UUID

from schemas.handovers import FamilyErased
from schemas.needs import ConsentWithdrawn
from schemas.vocabulary import ConsentKind, UnmetCause
from services.intake.approving import drop_approval
from services.intake.consents import end_consents
from services.intake.domain.need import NeedNotFound
from services.intake.sealing import Seal
from services.intake.store import codes, erasures, needs
from services.intake.store.erasures import ErasureCause
from services.intake.telling import tell
from services.runtime.database import Connection, Pool

_AT_ONCE = 100
_FIRST = UUID(int=0)


async def erase_family(connection: Connection, need_id: UUID, cause: ErasureCause) -> bool:
    """Destroys the key to a family. False when it was destroyed before. Raises NeedNotFound."""
    async with connection.transaction():
        need = await needs.lock_need(connection, need_id, None)
        if need is None:
            raise NeedNotFound
        if not await erasures.erase_families(connection, [need_id], cause):
            return False
        await codes.close_openings(connection, need_id)
        if not need.progress.status.ended:
            # Whoever asks to be forgotten is looked for no more, and whoever knows them is told.
            await needs.mark_withdrawn(connection, need_id)
            if need.progress.status.unpublished:
                await drop_approval(connection, need, UnmetCause.CONSENT_WITHDRAWN)
            else:
                await tell(connection, need, ConsentWithdrawn(need_id=need_id))
        if cause is ErasureCause.ASKED:
            await end_consents(connection, need, ConsentKind)
        await tell(connection, need, FamilyErased(need_id=need_id))
    return True


async def erase_due(pool: Pool, kept: timedelta) -> int:
    """Erases the families whose needs ended so long ago. Returns how many it found."""
    async with pool.acquire() as connection:
        due = await erasures.ended_before(connection, kept, _AT_ONCE)
        for need_id in due:
            await erase_family(connection, need_id, ErasureCause.KEPT_LONG_ENOUGH)
    return len(due)


async def rewrap_keys(connection: Connection, seal: Seal) -> int:
    """Wraps the keys of all families under the newest service key, so that an older one can go. Returns how many."""
    after, wrapped_again = _FIRST, 0
    while found := await erasures.wrapped_keys(connection, after, _AT_ONCE):
        after = found[-1][0]
        old = [(need_id, key) for need_id, key in found if not seal.keeper.is_newest(key)]
        again = [(need_id, key, await seal.rewrap(key, need_id)) for need_id, key in old]
        await erasures.save_wrapped_keys(connection, again)
        wrapped_again += len(again)
    return wrapped_again
