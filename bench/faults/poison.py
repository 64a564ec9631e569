"""Records that no service of ours would write, put on every topic."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.topics import NEED_PARTITIONS, Topic

_ABOUT_A_MEGABYTE = 900_000


class Poison(StrEnum):
    """What a record can be like. Those that can be read are to change nothing; the others are to be dead letters."""

    GARBAGE = auto()
    OVERSIZED = auto()
    UNKNOWN_TYPE = auto()
    NO_HEADERS = auto()
    OLD_VERSION = auto()
    DUPLICATE = auto()

    @property
    def deadly(self) -> bool:
        """Whether it is to end as a dead letter."""
        return self not in {Poison.OLD_VERSION, Poison.DUPLICATE}


@dataclass(frozen=True)
class Planted:
    """A record that was put there, and where it stands."""

    poison: Poison
    topic: Topic
    partition: int
    offset: int


async def plant(
    bootstrap_servers: str, topic: Topic, poison: Poison, chance: random.Random, seen: Sequence[Any]
) -> Planted | None:
    """Writes one; `seen` are records of that topic. None when the broker is away or there is nothing to repeat."""
    partition, key, value = chance.randrange(NEED_PARTITIONS), str(uuid4()).encode(), b"\xff\xfe{not json"
    headers: list[tuple[str, bytes]] = [
        ("ce_id", str(uuid4()).encode()),
        ("ce_type", topic.events[0].type.encode()),
        ("ce_source", b"switchboard/nobody"),
        ("ce_time", b"2026-01-01T00:00:00+00:00"),
        ("ce_subject", key),
        ("ce_sequence", b"1"),
        ("content-type", b"application/json"),
        ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ]
    match poison:
        case Poison.OVERSIZED:
            value = b'{"much": "' + b"x" * _ABOUT_A_MEGABYTE + b'"}'
        case Poison.UNKNOWN_TYPE:
            headers[1], value = ("ce_type", b"switchboard.needs.imagined.v9"), b"{}"
        case Poison.NO_HEADERS:
            headers, value = [], b"{}"
        case Poison.OLD_VERSION | Poison.DUPLICATE:
            if not seen:
                return None
            record = chance.choice(seen)
            partition, key, value, headers = record.partition, record.key, record.value, list(record.headers)
            if poison is Poison.OLD_VERSION and value is not None:
                # As yesterday's writer wrote it: without what has become possible since.
                fields = json.loads(value)
                value = json.dumps({name: had for name, had in fields.items() if had is not None}).encode()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, request_timeout_ms=4000)
    try:
        await producer.start()
        sent = await producer.send_and_wait(topic.name, value, key, partition, headers=headers)
    except (KafkaError, OSError):
        return None
    finally:
        await producer.stop()
    return Planted(poison, topic, sent.partition, sent.offset)
