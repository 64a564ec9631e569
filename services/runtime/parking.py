"""Records that failed by themselves wait here, and later records of the same key behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.runtime.database import Connection
from services.runtime.headers import headers_from_json, headers_to_json
from services.runtime.messages import RawRecord

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0


@dataclass(frozen=True)
class Parked:
    """A record that waits, and how often it was tried."""

    id: int
    raw: RawRecord
    attempts: int


async def parked_keys(connection: Connection, raws: Iterable[RawRecord]) -> set[tuple[str, bytes]]:
    """Which (topic, key) of these records already have one waiting."""
    pairs = {(raw.topic, raw.key or b"") for raw in raws}
    rows = await connection.fetch(
        "SELECT DISTINCT topic, key FROM parked JOIN unnest($1::text[], $2::bytea[]) AS asked (topic, key) "
        "USING (topic, key)",
        [topic for topic, _ in pairs],
        [key for _, key in pairs],
    )
    return {(row["topic"], row["key"]) for row in rows}


async def park(connection: Connection, raws: Sequence[RawRecord], attempts: int, problem: str) -> None:
    """Sets records aside, in their order. A record that is already here stays as it is."""
    await connection.execute(
        """
        INSERT INTO parked (topic, record_partition, record_offset, key, value, headers, attempts, due_at, problem)
        SELECT record.*, $7, now() + $8::interval, $9
          FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[]) AS record
            ON CONFLICT DO NOTHING
        """,
        [raw.topic for raw in raws],
        [raw.partition for raw in raws],
        [raw.offset for raw in raws],
        [raw.key or b"" for raw in raws],
        [raw.value for raw in raws],
        [headers_to_json(raw.headers) for raw in raws],
        attempts,
        pause_after(attempts),
        problem,
    )


async def take_due(connection: Connection) -> Parked | None:
    """Locks one record that is due and first of its key; None when there is none."""
    row = await connection.fetchrow(
        """
        SELECT * FROM parked
         WHERE due_at <= now()
           AND NOT EXISTS (SELECT FROM parked AS earlier
                            WHERE earlier.topic = parked.topic AND earlier.key = parked.key AND earlier.id < parked.id)
         ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )
    if row is None:
        return None
    headers = headers_from_json(row["headers"])
    raw = RawRecord(
        row["topic"], row["record_partition"], row["record_offset"], row["key"] or None, row["value"], headers
    )
    return Parked(row["id"], raw, row["attempts"])


async def postpone(connection: Connection, parked: Parked, problem: str) -> None:
    """Leaves it where it is, for later."""
    attempts = parked.attempts + 1
    await connection.execute(
        "UPDATE parked SET attempts = $2, due_at = now() + $3::interval, problem = $4 WHERE id = $1",
        parked.id,
        attempts,
        pause_after(attempts),
        problem,
    )


async def unpark(connection: Connection, parked: Parked) -> None:
    """Removes it: it was handled, or given up on."""
    await connection.execute("DELETE FROM parked WHERE id = $1", parked.id)


def pause_after(attempts: int) -> timedelta:
    """Nothing before the first attempt, then 0.5 s, 1 s, 2 s … one minute."""
    if attempts == 0:
        return timedelta()
    return timedelta(seconds=min(_FIRST_PAUSE_S * 2 ** (attempts - 1), _LONGEST_PAUSE_S))
