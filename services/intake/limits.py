"""How often somebody without an account may send something. Who it was is kept as a hash, for a quarter of an hour."""

import hashlib
from collections.abc import Mapping

from services.intake.store import people
from services.runtime.database import Pool


class TooOften(Exception):
    """Too many came from there in a quarter of an hour."""


async def check_limits(pool: Pool, most: Mapping[str, int]) -> None:
    """Counts one more of each subject, such as "join client 10.0.0.1". Raises TooOften past what it may."""
    hashes = {hashlib.sha256(subject.encode()).digest(): limit for subject, limit in most.items()}
    async with pool.acquire() as connection:
        await people.forget_old(connection)
        counted = await people.count_attempts(connection, list(hashes))
    if any(counted[subject] > limit for subject, limit in hashes.items()):
        raise TooOften
