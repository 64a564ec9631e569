"""`switchboard tail TOPIC`: events as they pass. It joins no group and commits nothing, so nobody's place is moved."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import Undecodable
from schemas.topics import TOPICS, Topic
from switchboard.errors import SwitchboardError
from switchboard.history import Happening, read_happening, shorten
from switchboard.lifetime import run_until_stopped

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_KEY_COLUMN, _TYPE_COLUMN = 8, 32


@dataclass(frozen=True)
class Wanted:
    """Which events to show: of this key, with this in their type."""

    key: UUID | None = None
    type: str = ""

    def takes(self, record: Any) -> bool:  # noqa: ANN401 - aiokafka has no types
        """Whether a record is one of them."""
        kinds = [value for name, value in record.headers if name == "ce_type"]
        return (self.key is None or record.key == str(self.key).encode()) and (
            not self.type or any(self.type.encode() in kind for kind in kinds)
        )


def read_since(text: str, now: datetime) -> datetime:
    """`10m`, `2h`, `3d` ago, or a time such as 2026-11-24T13:00. Raises SwitchboardError."""
    if found := re.fullmatch(r"(\d+)([smhd])", text):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise SwitchboardError(f"--since is not {text!r}: write 30s, 10m, 2h, 3d, or 2026-11-24T13:00") from error


def topic_to_tail(name: str) -> Topic:
    """The topic of that name. Raises SwitchboardError with the names that there are."""
    for topic in TOPICS:
        if topic.name == name:
            return topic
    raise SwitchboardError(f"there is no topic {name!r}; there are {', '.join(topic.name for topic in TOPICS)}")


def tail(
    bootstrap_servers: str,
    topic: Topic,
    wanted: Wanted,
    since: datetime | None,
    *,
    as_json: bool,
    tell: Callable[[str], None],
) -> None:
    """Tells of each event until Ctrl-C. Raises KafkaError."""
    run_until_stopped(_tail(bootstrap_servers, topic, wanted, since, to_json if as_json else to_line, tell))


async def _tail(
    bootstrap_servers: str,
    topic: Topic,
    wanted: Wanted,
    since: datetime | None,
    show: Callable[[Any], str],
    tell: Callable[[str], None],
) -> None:
    partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False) as consumer:
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        if since is not None:
            moment = int(since.timestamp() * 1000)
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, moment))
            for partition, place in found.items():
                if place is not None:
                    consumer.seek(partition, place.offset)
        while True:
            passed = [one for records in (await consumer.getmany(timeout_ms=200)).values() for one in records]
            for record in sorted(passed, key=lambda one: one.timestamp):
                if wanted.takes(record):
                    tell(show(record))


def to_line(record: Any) -> str:  # noqa: ANN401 - aiokafka has no types
    """One line: when, what, about whom, the facts."""
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
    key = (record.key or b"").decode("latin-1")[:_KEY_COLUMN]
    happening = _read(record)
    if isinstance(happening, Undecodable):
        place = f"partition {record.partition}, offset {record.offset}"
        return f"{at} {key:<{_KEY_COLUMN}} cannot be read ({place}): {happening}"
    facts = ", ".join(f"{name} {shorten(value)}" for name, value in happening.facts.items())
    return f"{at} {key:<{_KEY_COLUMN}} {happening.what:<{_TYPE_COLUMN}} {facts}".rstrip()


def to_json(record: Any) -> str:  # noqa: ANN401 - aiokafka has no types
    """One JSON object, with the record's place."""
    place = {"partition": record.partition, "offset": record.offset, "key": (record.key or b"").decode("latin-1")}
    happening = _read(record)
    if isinstance(happening, Undecodable):
        return json.dumps({**place, "problem": str(happening)})
    return json.dumps({**place, **vars(happening), "at": happening.at.isoformat()})


def _read(record: Any) -> Happening | Undecodable:  # noqa: ANN401 - aiokafka has no types
    try:
        return read_happening(record)
    except Undecodable as error:
        return error
