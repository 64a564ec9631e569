"""When one-time codes were asked for, and the browsers in which one was entered. The codes stand nowhere."""

from datetime import datetime, timedelta
from uuid import UUID

from services.runtime.database import Connection

CODE_LASTS = timedelta(minutes=10)
OPENING_LASTS = timedelta(minutes=15)
MOST_TRIES = 5
_COUNT_FOR = timedelta(hours=24)
_MOST_CODES = 6


async def ask_for_code(connection: Connection, offer_id: UUID, contact_id: UUID) -> datetime | None:
    """Makes room for a new code; the one before counts no more. Until when it is good; None after too many in a day."""
    expires: datetime | None = await connection.fetchval(
        """
        INSERT INTO codes AS known (offer_id, contact_id, expires_at, asked_at)
        VALUES ($1, $2, now() + $3::interval, ARRAY[now()])
            ON CONFLICT (offer_id, contact_id) DO UPDATE
           SET tries = 0, expires_at = excluded.expires_at,
               asked_at = ARRAY(SELECT at FROM unnest(known.asked_at) AS at WHERE at > now() - $4::interval) || now()
         WHERE (SELECT count(*) FROM unnest(known.asked_at) AS at WHERE at > now() - $4::interval) < $5
        RETURNING expires_at
        """,
        offer_id,
        contact_id,
        CODE_LASTS,
        _COUNT_FOR,
        _MOST_CODES,
    )
    return expires


async def asked_at(connection: Connection, offer_id: UUID, contact_id: UUID) -> datetime | None:
    """When the code was asked for that can still be entered; None where there is none."""
    at: datetime | None = await connection.fetchval(
        "SELECT asked_at[cardinality(asked_at)] FROM codes "
        "WHERE offer_id = $1 AND contact_id = $2 AND expires_at > now() AND tries < $3",
        offer_id,
        contact_id,
        MOST_TRIES,
    )
    return at


async def try_code(connection: Connection, offer_id: UUID, contact_id: UUID) -> datetime | None:
    """Counts a try. When the code was asked for that it is to be held against; None after too many, or too late."""
    at: datetime | None = await connection.fetchval(
        "UPDATE codes SET tries = tries + 1 WHERE offer_id = $1 AND contact_id = $2 AND expires_at > now() "
        "AND tries < $3 RETURNING asked_at[cardinality(asked_at)]",
        offer_id,
        contact_id,
        MOST_TRIES,
    )
    return at


async def use_up(connection: Connection, offer_id: UUID, contact_id: UUID) -> None:
    """The code was right, and is good no more."""
    # As if each try had been spent: now() is when a transaction began, so one that waited for this row, and began
    # before, would take a code that expires "now" for good.
    await connection.execute(
        "UPDATE codes SET tries = $3 WHERE offer_id = $1 AND contact_id = $2", offer_id, contact_id, MOST_TRIES
    )


async def add_opening(connection: Connection, token_hash: bytes, offer_id: UUID, contact_id: UUID) -> None:
    """Remembers a browser in which the code was entered."""
    await connection.execute(
        "INSERT INTO openings (token_hash, offer_id, contact_id, expires_at) VALUES ($1, $2, $3, now() + $4::interval)",
        token_hash,
        offer_id,
        contact_id,
        OPENING_LASTS,
    )


async def opening_until(connection: Connection, token_hash: bytes, offer_id: UUID, contact_id: UUID) -> datetime | None:
    """How long this browser may still be shown what this offer's code opens."""
    until: datetime | None = await connection.fetchval(
        "SELECT expires_at FROM openings WHERE token_hash = $1 AND offer_id = $2 AND contact_id = $3",
        token_hash,
        offer_id,
        contact_id,
    )
    return until


async def close_openings(connection: Connection, need_id: UUID) -> None:
    """Nobody is shown anything of this need's family any more; codes on their way are worth nothing."""
    await connection.execute(
        "DELETE FROM openings WHERE offer_id IN (SELECT offer_id FROM offers WHERE need_id = $1)", need_id
    )
    await connection.execute(
        "DELETE FROM codes WHERE offer_id IN (SELECT offer_id FROM offers WHERE need_id = $1)", need_id
    )


async def forget_old(connection: Connection) -> None:
    """Drops what counts no more."""
    await connection.execute("DELETE FROM openings WHERE expires_at < now()")
    await connection.execute("DELETE FROM codes WHERE expires_at < now() - $1::interval", _COUNT_FOR)
