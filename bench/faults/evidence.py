"""All that a storm left behind, read from the databases, the topics, the providers' ledger and people's memory."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bench.faults.neighbours import Neighbour
from bench.faults.people import Posted, Town
from bench.faults.place import Place
from bench.faults.poison import Planted
from bench.faults.providers import Accept
from schemas.topics import DEAD_LETTER_ORIGINS, TOPICS
from switchboard.local.stack import SERVICES
from switchboard.reading import read_to_end


@dataclass(frozen=True)
class Published:
    """A record on a topic. Without `event_id` it has no envelope that can be read."""

    topic: str
    partition: int
    offset: int
    key: str
    event_id: str
    type: str
    sequence: int
    at: datetime | None
    facts: dict[str, Any]

    @property
    def makes_offer(self) -> bool:
        """Whether a partner is asked by it."""
        return self.type.startswith("switchboard.offers.made.")


@dataclass(frozen=True)
class Letter:
    """A dead letter: which service gave up on what."""

    dead_letter_topic: str
    topic: str
    partition: int
    offset: int


Row = dict[str, Any]
Findings: TypeAlias = list[str]
"""What breaks a promise, in words."""
Thing = TypeVar("Thing")
_FAMILY = re.compile(rb"Family[ .]\d|\+1347555\d{4}")
_MATCHED = "SELECT need_id, version, status, stuck, due_at, terms->>'urgency' AS urgency FROM needs"


@dataclass
class Evidence:
    """What is checked."""

    acknowledged: dict[UUID, Posted]
    taken: dict[UUID, float]
    neighbours: dict[UUID, Neighbour]
    planted: list[Planted]
    accepts: list[Accept]
    entered: dict[UUID, Row]
    """Intake's needs."""
    answers: set[tuple[UUID, str]]
    matched: dict[UUID, Row]
    """The matcher's needs."""
    lines: list[Row]
    messages: list[Row]
    backlog: dict[str, dict[str, int]]
    """By service: rows in its outbox, records that are parked, leases that are held, sessions idle in a transaction."""
    lag: dict[tuple[str, str, int], int]
    published: list[Published]
    letters: list[Letter]
    named: list[str]
    """Where something stands that tells who a family is: a topic, a log."""

    def events(self, *topics: str) -> Iterator[Published]:
        """What the services published there, as often as they did."""
        planted = {(one.topic.name, one.partition, one.offset) for one in self.planted}
        for one in self.published:
            if one.topic in topics and one.event_id and (one.topic, one.partition, one.offset) not in planted:
                yield one

    def events_once(self, *topics: str) -> Iterator[Published]:
        """The same without repeats."""
        seen = set()
        for one in self.events(*topics):
            if one.event_id not in seen:
                seen.add(one.event_id)
                yield one


def tells_of_a_family(said: bytes) -> bool:
    """Whether a family of the storm is named, or its phone."""
    return _FAMILY.search(said) is not None


def group_by(key: Callable[[Thing], str], things: Iterable[Thing]) -> dict[str, list[Thing]]:
    """Things that have the same key, in their order."""
    found: defaultdict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found


async def gather(place: Place, town: Town, planted: Sequence[Planted]) -> Evidence:
    """Reads everything."""
    intake, matcher, notifier = [await asyncpg.connect(place.database_urls[service]) for service in SERVICES]
    try:
        answers = await intake.fetch("SELECT offer_id, kind FROM answers")
        evidence = Evidence(
            acknowledged=town.needs,
            taken=town.taken,
            neighbours={one.partner_id: one for one in town.neighbours},
            planted=list(planted),
            accepts=list(place.ledger.accepts),
            entered={row["need_id"]: dict(row) for row in await intake.fetch("SELECT * FROM needs")},
            answers={(row["offer_id"], row["kind"]) for row in answers},
            matched={row["need_id"]: dict(row) for row in await matcher.fetch(_MATCHED)},
            lines=[dict(row) for row in await matcher.fetch("SELECT * FROM need_lines")],
            messages=[dict(row) for row in await notifier.fetch("SELECT * FROM messages")],
            backlog={
                "intake": await _backlog(intake),
                "matcher": await _backlog(matcher),
                "notifier": await _backlog(notifier, "SELECT count(*) FROM messages WHERE status = 'sending'"),
            },
            lag=await read_lag(place.kafka.bootstrap_servers),
            published=[],
            letters=[],
            named=[
                f"the log {one.log_path.name}"
                for one in place.processes
                if tells_of_a_family(one.log_path.read_bytes())
            ],
        )
    finally:
        for connection in (intake, matcher, notifier):
            await connection.close()
    await _read_topics(place.kafka.bootstrap_servers, evidence)
    return evidence


async def read_lag(bootstrap_servers: str) -> dict[tuple[str, str, int], int]:
    """By (group, topic, partition), how many records its group has not committed."""
    lag = {}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        ends = await _read_ends(bootstrap_servers)
        for topic in TOPICS:
            for service in topic.consumers:
                committed = await admin.list_consumer_group_offsets(str(service))
                for number in range(topic.partitions):
                    partition = TopicPartition(topic.name, number)
                    place = committed[partition].offset if partition in committed else 0
                    lag[str(service), topic.name, number] = ends[partition] - max(place, 0)
    finally:
        await admin.close()
    return lag


async def _read_ends(bootstrap_servers: str) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap_servers) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(
            [TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]
        )
    return ends


async def _backlog(connection: "asyncpg.Connection[asyncpg.Record]", leases: str = "SELECT 0") -> dict[str, int]:
    queries = {
        "outbox": "SELECT count(*) FROM outbox",
        "parked": "SELECT count(*) FROM parked",
        "leases": leases,
        "idle in transaction": "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user "
        "AND state LIKE 'idle in transaction%' AND state_change < now() - interval '5 seconds'",
    }
    return {name: await connection.fetchval(query) for name, query in queries.items()}


async def _read_topics(bootstrap_servers: str, evidence: Evidence) -> None:
    places = [(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]
    async for record in read_to_end(bootstrap_servers, [*places, *((name, 0) for name in DEAD_LETTER_ORIGINS)]):
        headers = {name: (value or b"").decode("latin-1") for name, value in record.headers}
        if tells_of_a_family(
            b" ".join((record.key or b"", record.value or b"", *(value for _, value in record.headers)))
        ):
            evidence.named.append(f"{record.topic} {record.partition}:{record.offset}")
        if record.topic.endswith("-dlq"):
            place = headers["dlq_topic"], int(headers["dlq_partition"]), int(headers["dlq_offset"])
            evidence.letters.append(Letter(record.topic, *place))
        else:
            evidence.published.append(_to_published(record, headers))


def _to_published(record: Any, headers: dict[str, str]) -> Published:  # noqa: ANN401 - aiokafka has no types
    at, sequence = headers.get("ce_time"), headers.get("ce_sequence", "")
    readable = at is not None and sequence.isdigit()
    try:
        facts = json.loads(record.value or b"{}")
    except ValueError:
        facts, readable = {}, False
    return Published(
        record.topic,
        record.partition,
        record.offset,
        (record.key or b"").decode("latin-1"),
        headers.get("ce_id", "") if readable else "",
        headers.get("ce_type", ""),
        int(sequence) if readable else 0,
        datetime.fromisoformat(at) if readable and at else None,
        facts if isinstance(facts, dict) else {},
    )
