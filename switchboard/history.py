"""`switchboard need NEED_ID`: everything that happened to one need, in order, read from the topics themselves."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka.partitioner import DefaultPartitioner
from rich.console import Console
from rich.table import Table

from schemas.codec import Tombstone, Undecodable, decode
from schemas.deliveries import DeliveryEvent
from schemas.event import Event
from schemas.topics import NEED_PARTITIONS, TOPICS, topic_named
from switchboard.errors import SwitchboardError
from switchboard.reading import read_to_end

_TOPICS = [topic.name for topic in TOPICS if topic.key == "need_id"]
_LEFT_OUT = {"need_id", "terms", "reasons", "at", "message_id", "service_id", "contact_id"}
_SHORT_ID = 8


@dataclass(frozen=True)
class Happening:
    """One event of a need."""

    at: datetime
    sequence: int
    service: str
    what: str
    facts: dict[str, Any]
    trace_id: str
    message_id: str | None = None
    """The message that it tells of, where it tells of one."""


def print_history(bootstrap_servers: str, need_id: UUID, *, as_json: bool) -> None:
    """Prints the events of a need, oldest first. Raises SwitchboardError when there are none."""
    happenings = asyncio.run(read_history(bootstrap_servers, need_id))
    if not happenings:
        raise SwitchboardError(f"no topic holds anything about the need {need_id}")
    if as_json:
        for one in happenings:
            print(json.dumps({**vars(one), "at": one.at.isoformat()}))  # noqa: T201 - for machines
    else:
        console = Console()
        console.print(_to_table(need_id, happenings))
        if any(one.message_id for one in happenings):
            console.print(_to_messages(happenings))


async def read_history(bootstrap_servers: str, need_id: UUID) -> list[Happening]:
    """All events of a need: only the partition that its key falls into is read."""
    key = str(need_id).encode()
    everywhere = list(range(NEED_PARTITIONS))
    partition = DefaultPartitioner()(key, everywhere, everywhere)
    places = [(topic, partition) for topic in _TOPICS]
    found = [
        one
        async for record in read_to_end(bootstrap_servers, places)
        if record.key == key and (one := _read_if_possible(record)) is not None
    ]
    return sorted(found, key=lambda one: (one.at, one.sequence))


def _read_if_possible(record: Any) -> Happening | None:  # noqa: ANN401 - aiokafka has no types
    try:
        return read_happening(record)
    except Undecodable:
        return None


def read_happening(record: Any) -> Happening:  # noqa: ANN401 - aiokafka has no types
    """What a record tells. Raises Undecodable."""
    headers = tuple((name, value or b"") for name, value in record.headers)
    event, envelope = decode(topic_named(record.topic), record.key, record.value, headers)
    facts = _facts(event)
    service = envelope.source.rpartition("/")[2]
    what = envelope.type.removeprefix("switchboard.").removesuffix(".v1")
    trace_id = envelope.traceparent[3:35]
    message_id = str(event.message_id) if isinstance(event, DeliveryEvent) else None
    return Happening(envelope.time, envelope.sequence, service, what, facts, trace_id, message_id)


def _facts(event: Event | Tombstone) -> dict[str, Any]:
    if isinstance(event, Tombstone):
        return {}
    facts = event.model_dump(mode="json", exclude=_LEFT_OUT, exclude_none=True)
    terms = getattr(event, "terms", None)
    if terms is not None:
        facts["items"] = ", ".join(f"{item.quantity} {item.code}" for item in terms.items)
        if hasattr(terms, "number"):
            facts["number"] = terms.number
    return facts


def _to_table(need_id: UUID, happenings: list[Happening]) -> Table:
    table = Table(title=f"Need {need_id}\ntrace {happenings[0].trace_id}", title_justify="left")
    for heading in ("at (UTC)", "after", "service", "what", "facts"):
        table.add_column(heading, no_wrap=heading != "facts")
    first = happenings[0].at
    for one in happenings:
        facts = ", ".join(f"{name} {shorten(value)}" for name, value in one.facts.items())
        after = f"+{(one.at - first).total_seconds():.2f} s"
        table.add_row(one.at.strftime("%H:%M:%S.%f")[:-3], after, one.service, one.what, facts)
    return table


def _to_messages(happenings: list[Happening]) -> Table:
    """Each message by itself: to whom, about what, and how far it came."""
    table = Table(title="Its messages", title_justify="left")
    for heading in ("to", "about", "by", "how far it came", "problem"):
        table.add_column(heading, no_wrap=heading != "how far it came")
    first = happenings[0].at
    by_message: dict[str, list[Happening]] = {}
    for one in happenings:
        if one.message_id:
            by_message.setdefault(one.message_id, []).append(one)
    for steps in by_message.values():
        last = steps[-1].facts
        to = " ".join(shorten(last[name]) for name in ("recipient", "partner_id") if name in last)
        came = ", ".join(f"{one.what.partition('.')[2]} +{(one.at - first).total_seconds():.2f} s" for one in steps)
        table.add_row(to, last["purpose"], last["channel"], came, last.get("problem", ""))
    return table


def shorten(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A fact in few letters: ids by their beginning, lists and objects flat."""
    if isinstance(value, list):
        return "; ".join(shorten(one) for one in value) or "all"
    if isinstance(value, dict):
        return " x ".join(str(one) for one in value.values())
    try:
        return str(UUID(str(value)))[:_SHORT_ID]
    except ValueError:
        return str(value)
