"""Events leave with the transaction that made them: rows here, published by the relay."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from schemas.codec import Tombstone, encode
from schemas.envelope import Envelope, Headers
from schemas.event import Event
from schemas.topics import Topic, topic_of
from services.runtime.database import Connection
from services.runtime.headers import headers_from_json, headers_to_json
from services.runtime.tracing import child_of


@dataclass(frozen=True)
class Outgoing:
    """An event on its way out. `sequence` is its aggregate's version, `traceparent` the trace it belongs to."""

    event: Event
    key: UUID
    sequence: int
    traceparent: str


@dataclass(frozen=True)
class Removal:
    """A tombstone on its way out, for a compacted topic."""

    topic: Topic
    tombstone: Tombstone
    sequence: int
    traceparent: str


@dataclass(frozen=True)
class Record:
    """What the relay publishes."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


def to_record(outgoing: Outgoing | Removal, source: str, now: datetime) -> Record:
    """The record of an event, with an envelope of its own."""
    value: bytes | None
    match outgoing:
        case Outgoing(event, key):
            topic, type_name, value = topic_of(event), event.type, encode(event)
        case Removal(topic, Tombstone(key)):
            type_name, value = f"switchboard.{topic.name}.removed.v1", None
    envelope = Envelope(
        id=uuid4(),
        type=type_name,
        source=f"switchboard/{source}",
        time=now,
        subject=str(key),
        sequence=outgoing.sequence,
        traceparent=child_of(outgoing.traceparent),
    )
    return Record(topic.name, str(key).encode(), value, envelope.to_headers())


async def publish(connection: Connection, source: str, outgoing: Iterable[Outgoing | Removal]) -> None:
    """Writes events to the outbox, inside the caller's transaction, in their order.

    The caller holds the row lock of each event's aggregate: that is what keeps order for each key.
    """
    now = datetime.now(UTC)
    await put(connection, [to_record(one, source, now) for one in outgoing])


async def put(connection: Connection, records: Sequence[Record]) -> None:
    """Writes records to the outbox as they are."""
    if not records:
        return
    await connection.execute(
        """
        INSERT INTO outbox (topic, key, value, headers)
        SELECT topic, key, value, headers
          FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[])
          WITH ORDINALITY AS record (topic, key, value, headers, position)
         ORDER BY position
        """,
        [record.topic for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [headers_to_json(record.headers) for record in records],
    )


async def drop_published(connection: Connection, event_ids: Collection[UUID]) -> int:
    """Deletes what a restored copy still held back, though its topic has it: an old record must not become the newest.

    Returns how many rows.
    """
    rows = await connection.fetch("SELECT id, headers FROM outbox")
    published = {str(event_id).encode() for event_id in event_ids}
    known = [row["id"] for row in rows if dict(headers_from_json(row["headers"])).get("ce_id") in published]
    await connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", known)
    return len(known)
