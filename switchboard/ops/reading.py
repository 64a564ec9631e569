"""Kafka's and the services' figures, read from outside: no group is joined, nothing is changed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import Self

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from prometheus_client.parser import text_string_to_metric_families

from schemas.topics import DEAD_LETTER_ORIGINS, TOPICS
from switchboard.dead_letters import count_open

_TIMEOUT_S = 3
_LOOK_MS = 1500


@dataclass(frozen=True)
class Lag:
    """What one group has not committed of one partition: how many records, and the first one's age in seconds."""

    group: str
    topic: str
    partition: int
    records: int
    seconds: float = 0.0


@dataclass(frozen=True)
class KafkaFigures:
    """One look at Kafka: by topic its end and what each group committed, in records; lags; open dead letters."""

    at: float
    ends: Mapping[str, int]
    committed: Mapping[tuple[str, str], int]
    lags: tuple[Lag, ...]
    dead_letters: Mapping[str, int]


@dataclass(frozen=True)
class ServiceFigures:
    """One look at a service: what keeps it from being ready, and its gauges by name and labels."""

    problems: Mapping[str, str]
    gauges: Mapping[str, Mapping[tuple[str, ...], float]]

    def one(self, name: str) -> float | None:
        """A gauge without labels."""
        return self.gauges.get(name, {}).get(())

    def by_label(self, name: str) -> dict[str, float]:
        """A gauge of one label."""
        return {labels[0]: value for labels, value in self.gauges.get(name, {}).items()}


@dataclass(frozen=True)
class Look:
    """One look at everything. A part that is away is a text that says so."""

    kafka: KafkaFigures | str
    services: Mapping[str, ServiceFigures | str] = field(default_factory=dict)


class Watcher:
    """Looks again and again, over connections that stay open."""

    def __init__(self, bootstrap_servers: str, urls: Mapping[str, str]) -> None:
        self._servers, self._urls = bootstrap_servers, urls
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S)
        self._kafka: KafkaReader | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._let_go()

    async def look(self) -> Look:
        """Reads all of it. Never raises for a part that is away."""
        kafka, services = await asyncio.gather(
            self._look_at_kafka(), asyncio.gather(*(self._look_at_service(url) for url in self._urls.values()))
        )
        return Look(kafka, dict(zip(self._urls, services, strict=True)))

    async def _look_at_kafka(self) -> KafkaFigures | str:
        try:
            async with asyncio.timeout(4 * _TIMEOUT_S):
                if self._kafka is None:
                    self._kafka = await KafkaReader.connect(self._servers)
                return await self._kafka.read()
        except (KafkaError, OSError, TimeoutError) as error:
            await self._let_go()
            return f"away ({type(error).__name__})"

    async def _let_go(self) -> None:
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            await kafka.close()

    async def _look_at_service(self, url: str) -> ServiceFigures | str:
        try:
            ready = await self._client.get(f"{url}/health/ready")
            metrics = await self._client.get(f"{url}/metrics")
            return ServiceFigures(ready.json()["problems"], _read_gauges(metrics.text))
        except (httpx.HTTPError, ValueError, KeyError) as error:
            return f"away ({type(error).__name__})"


@dataclass
class KafkaReader:
    """Open connections to Kafka."""

    servers: str
    consumer: AIOKafkaConsumer
    admin: AIOKafkaAdminClient
    _dead_ends: Mapping[TopicPartition, int] = field(default_factory=dict)
    _dead_letters: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    async def connect(cls, bootstrap_servers: str) -> Self:
        """Raises KafkaError."""
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
        try:
            await consumer.start()
            await admin.start()
        except BaseException:
            await consumer.stop()
            raise
        return cls(bootstrap_servers, consumer, admin)

    async def close(self) -> None:
        """Lets go of them."""
        await self.consumer.stop()
        await self.admin.close()

    async def read(self) -> KafkaFigures:
        """One look. Raises KafkaError."""
        partitions = [TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]
        ends = await self.consumer.end_offsets(partitions)
        committed: dict[tuple[str, str], int] = {}
        lags = []
        for group in sorted({str(service) for topic in TOPICS for service in topic.consumers}):
            offsets = await self.admin.list_consumer_group_offsets(group)
            for topic in (one for one in TOPICS if group in one.consumers):
                mine = [partition for partition in partitions if partition.topic == topic.name]
                places = {one: max(offsets[one].offset, 0) if one in offsets else 0 for one in mine}
                committed[group, topic.name] = sum(places.values())
                lags += [
                    Lag(group, topic.name, one.partition, ends[one] - place)
                    for one, place in places.items()
                    if ends[one] > place
                ]
        return KafkaFigures(
            time(),
            {topic.name: sum(ends[one] for one in partitions if one.topic == topic.name) for topic in TOPICS},
            committed,
            await self._age(lags, ends),
            await self._count_dead_letters(),
        )

    async def _count_dead_letters(self) -> Mapping[str, int]:
        """Reads them again only when one came, or a decision: letters are large and kept for long."""
        ends = await self.consumer.end_offsets([TopicPartition(name, 0) for name in DEAD_LETTER_ORIGINS])
        if ends != self._dead_ends:
            self._dead_letters, self._dead_ends = await count_open(self.servers), ends
        return self._dead_letters

    async def _age(self, lags: Iterable[Lag], ends: Mapping[TopicPartition, int]) -> tuple[Lag, ...]:
        """How old the first record is that waits."""
        aged = []
        for lag in lags:
            partition = TopicPartition(lag.topic, lag.partition)
            self.consumer.assign([partition])
            self.consumer.seek(partition, ends[partition] - lag.records)
            found = await self.consumer.getmany(partition, timeout_ms=_LOOK_MS, max_records=1)
            age = max((time() - one.timestamp / 1000 for one in found.get(partition, [])), default=0.0)
            aged.append(Lag(lag.group, lag.topic, lag.partition, lag.records, max(age, 0.0)))
        return tuple(aged)


def _read_gauges(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
        if family.type == "gauge"
    }
