"""What a service gave up on: the original bytes and headers, with what failed and where."""

from schemas.topics import ServiceName, topic_named
from services.runtime.messages import RawRecord
from services.runtime.outbox import Record


def to_dead_letter(service: ServiceName, raw: RawRecord, problem: str, attempts: int) -> Record:
    """The record for the dead-letter topic. It leaves through the outbox: giving up is as durable as success."""
    why = {
        "dlq_topic": raw.topic,
        "dlq_partition": str(raw.partition),
        "dlq_offset": str(raw.offset),
        "dlq_problem": problem,
        "dlq_attempts": str(attempts),
    }
    added = tuple((name, value.encode()) for name, value in why.items())
    return Record(topic_named(raw.topic).dead_letters_of(service), raw.key, raw.value, raw.headers + added)
