"""A record as a handler sees it, or why no handler will."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID, uuid5
from zlib import crc32

from aiokafka import ConsumerRecord

from schemas.codec import Tombstone, Undecodable, decode
from schemas.envelope import Envelope, Headers
from schemas.event import Event
from schemas.topics import topic_named
from services.runtime.database import Connection

_PLACES = UUID("5b1c2a52-6d0e-4f3c-9f0e-2f6f0b1d7a11")


@dataclass(frozen=True)
class RawRecord:
    """A record's bytes and where they came from."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def place(self) -> UUID:
        """An id of where it stands, for records that have none of their own, or failed under their own.

        The value counts in, so that a topic that is lost and made anew begins anew.
        """
        return uuid5(_PLACES, f"{self.topic}:{self.partition}:{self.offset}:{crc32(self.value or b'')}")


@dataclass(frozen=True)
class Message:
    """One event (or a compacted topic's tombstone) with its envelope."""

    topic: str
    event: Event | Tombstone
    envelope: Envelope


@dataclass(frozen=True)
class Readable:
    """A record that could be read."""

    raw: RawRecord
    message: Message


@dataclass(frozen=True)
class Unreadable:
    """A record that could not, and why."""

    raw: RawRecord
    problem: str


Read: TypeAlias = Readable | Unreadable

Handler: TypeAlias = Callable[[Connection, Sequence[Message]], Awaitable[None]]
"""Applies messages inside the caller's transaction. What it raises is dealt with by `consuming`, and there alone."""


def raw_records(records: Iterable["ConsumerRecord[bytes, bytes]"]) -> list[RawRecord]:
    """The consumer library's records, as ours. A header without a value, which Kafka allows, has an empty one here."""
    return [
        RawRecord(
            record.topic,
            record.partition,
            record.offset,
            record.key,
            record.value,
            tuple((name, value or b"") for name, value in record.headers),
        )
        for record in records
    ]


def read(raw: RawRecord) -> Read:
    """Decodes one record. Never raises: undecodable bytes are a message like any other."""
    try:
        event, envelope = decode(topic_named(raw.topic), raw.key, raw.value, raw.headers)
    except Undecodable as error:
        return Unreadable(raw, str(error))
    return Readable(raw, Message(raw.topic, event, envelope))
