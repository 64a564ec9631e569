"""A record as a handler sees it, or why no handler will."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import ConsumerRecord

from schemas.codec import Tombstone, Undecodable, decode
from schemas.envelope import Envelope, Headers
from schemas.event import Event
from schemas.topics import topic_named
from services.runtime.database import Connection


@dataclass(frozen=True)
class RawRecord:
    """A record's bytes and where they came from."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


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
    """The consumer library's records, as ours."""
    return [
        RawRecord(record.topic, record.partition, record.offset, record.key, record.value, tuple(record.headers))
        for record in records
    ]


def read(raw: RawRecord) -> Read:
    """Decodes one record. Never raises: undecodable bytes are a message like any other."""
    try:
        event, envelope = decode(topic_named(raw.topic), raw.key, raw.value, raw.headers)
    except Undecodable as error:
        return Unreadable(raw, str(error))
    return Readable(raw, Message(raw.topic, event, envelope))
