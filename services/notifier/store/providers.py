"""Which providers there are, which of them ops has paused, and what each may still take."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.vocabulary import Channel
from services.notifier.domain.buckets import Bucket
from services.runtime.database import Connection

_TAKING = 7_041_004


async def register(connection: Connection, providers: Mapping[str, Channel]) -> None:
    """Writes down the providers there are now; those that were paused stay so."""
    await connection.execute(
        "INSERT INTO providers (name, channel) SELECT * FROM unnest($1::text[], $2::text[]) "
        "ON CONFLICT (name) DO UPDATE SET channel = excluded.channel",
        list(providers),
        list(providers.values()),
    )


@dataclass(frozen=True)
class Outlook:
    """What there is to know before a set is claimed: the time, whom ops has paused, whether a parcel is due."""

    now: datetime
    paused: frozenset[str]
    parcel_due: bool


async def look(connection: Connection) -> Outlook:
    """Reads it in one query."""
    row = await connection.fetchrow(
        """
        SELECT clock_timestamp() AS now,
               ARRAY(SELECT name FROM providers WHERE paused_since IS NOT NULL) AS paused,
               EXISTS (SELECT FROM parcels WHERE due_at <= now()) AS parcel_due
        """
    )
    if row is None:
        raise LookupError("a query without a table has one row")
    return Outlook(row["now"], frozenset(row["paused"]), row["parcel_due"])


@dataclass(frozen=True)
class Standing:
    """A provider as ops sees it. `waiting` is what waits for any provider of its channel."""

    name: str
    channel: Channel
    paused_since: datetime | None
    waiting: int


async def standing(connection: Connection) -> list[Standing]:
    """All that were ever registered, by channel and name."""
    rows = await connection.fetch(
        """
        SELECT name, channel, paused_since,
               (SELECT count(*) FROM messages WHERE status = 'queued' AND lane = providers.channel) AS waiting
          FROM providers ORDER BY channel, name
        """
    )
    return [Standing(row["name"], Channel(row["channel"]), row["paused_since"], row["waiting"]) for row in rows]


async def pause(connection: Connection, name: str, *, paused: bool) -> bool:
    """Pauses a provider, or lets it go on; a pause keeps its beginning. Returns whether there is such a one."""
    known: str | None = await connection.fetchval(
        "UPDATE providers SET paused_since = CASE WHEN $2 THEN coalesce(paused_since, now()) END "
        "WHERE name = $1 RETURNING name",
        name,
        paused,
    )
    return known is not None


async def buckets(connection: Connection, names: Collection[str]) -> dict[str, Bucket]:
    """What was left in these; one that nobody has used yet is left out."""
    rows = await connection.fetch("SELECT name, tokens, at FROM buckets WHERE name = ANY($1::text[])", list(names))
    return {row["name"]: Bucket(row["tokens"], row["at"]) for row in rows}


async def lock_buckets(connection: Connection) -> None:
    """Nobody else takes from any before the transaction ends, which has to be soon."""
    # Whoever is stopped in the middle must not stop the others.
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = '2s'")
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _TAKING)


async def save_buckets(connection: Connection, left: Mapping[str, Bucket]) -> None:
    """Writes down what is left."""
    await connection.execute(
        "INSERT INTO buckets (name, tokens, at) SELECT * FROM unnest($1::text[], $2::float8[], $3::timestamptz[]) "
        "ON CONFLICT (name) DO UPDATE SET tokens = excluded.tokens, at = excluded.at",
        list(left),
        [bucket.tokens for bucket in left.values()],
        [bucket.at for bucket in left.values()],
    )
