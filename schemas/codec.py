"""Between an event and the bytes of a Kafka record."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from schemas.envelope import BadEnvelope, Envelope
from schemas.event import Event
from schemas.topics import Topic


class Undecodable(ValueError):
    """A record that this version cannot read, and why. The text names fields, never values."""


@dataclass(frozen=True)
class Tombstone:
    """A compacted topic's removal of a key."""

    key: UUID


def encode(event: Event) -> bytes:
    """The value of a record: plain JSON, UTF-8."""
    return event.model_dump_json().encode()


def decode(
    topic: Topic, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]
) -> tuple[Event | Tombstone, Envelope]:
    """Reads one record. Raises Undecodable when its headers, type, key or value are not as the topics table says."""
    try:
        envelope = Envelope.from_headers(headers)
        record_key = UUID((key or b"").decode())
    except BadEnvelope as error:
        raise Undecodable(str(error)) from error
    except ValueError as error:
        raise Undecodable("the key is not a UUID") from error
    if value is None:
        if not topic.compacted:
            raise Undecodable(f"the topic {topic.name} takes no tombstones")
        return Tombstone(record_key), envelope
    event = _parse(topic, envelope.type, value)
    if getattr(event, topic.key) != record_key:
        raise Undecodable(f"the key is not the event's {topic.key}")
    return event, envelope


def _parse(topic: Topic, type_name: str, value: bytes) -> Event:
    model = next((model for model in topic.events if model.type == type_name), None)
    if model is None:
        raise Undecodable(f"the topic {topic.name} has no event type {type_name!r}")
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        places = ", ".join(
            ".".join(str(part) for part in problem["loc"]) + ": " + problem["type"] for problem in error.errors()
        )
        raise Undecodable(f"{type_name}: {places}") from error
