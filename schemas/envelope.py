"""The attributes of an event, as CloudEvents 1.0 in Kafka's binary mode: headers beside a plain JSON value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

CONTENT_TYPE = "application/json"
_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")

Headers = tuple[tuple[str, bytes], ...]


def is_traceparent(text: str) -> bool:
    """Whether this is W3C trace context, version 00."""
    return _TRACEPARENT.match(text) is not None


class BadEnvelope(ValueError):
    """The headers are not those of an event of ours."""


@dataclass(frozen=True)
class Envelope:
    """Who said what, when, about whom. `sequence` is the aggregate's version: newer is larger."""

    id: UUID
    type: str
    source: str
    time: datetime
    subject: str
    sequence: int
    traceparent: str

    def to_headers(self) -> Headers:
        """The headers of a Kafka record."""
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": self.time.isoformat(),
            "ce_subject": self.subject,
            "ce_sequence": str(self.sequence),
            "content-type": CONTENT_TYPE,
            "traceparent": self.traceparent,
        }
        return tuple((name, value.encode()) for name, value in attributes.items())

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> "Envelope":
        """Reads the headers of a record. Raises BadEnvelope, which names the header that is missing or wrong."""
        try:
            found = {name: value.decode() for name, value in headers}
        except (UnicodeDecodeError, AttributeError) as error:
            raise BadEnvelope("a header is not UTF-8") from error
        try:
            time = datetime.fromisoformat(found["ce_time"])
            envelope = cls(
                id=UUID(found["ce_id"]),
                type=found["ce_type"],
                source=found["ce_source"],
                time=time,
                subject=found["ce_subject"],
                sequence=int(found["ce_sequence"]),
                traceparent=found["traceparent"],
            )
        except KeyError as error:
            raise BadEnvelope(f"the header {error.args[0]} is missing") from error
        except ValueError as error:
            raise BadEnvelope(f"a header cannot be read: {error}") from error
        if time.tzinfo is None:
            raise BadEnvelope("the header ce_time has no offset")
        if not is_traceparent(envelope.traceparent):
            raise BadEnvelope("the header traceparent is not W3C trace context")
        return envelope
