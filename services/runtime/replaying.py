"""A whole compacted topic in every copy's memory: read from the start, then followed."""

import asyncio
from collections.abc import Callable
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.topics import ServiceName, Topic
from services.runtime.logs import get_logger
from services.runtime.messages import Message, Readable, Unreadable, raw_records, read
from services.runtime.pauses import pauses

_SAY_EVERY_S = 5.0

_log = get_logger(__name__)


class Replay:
    """Calls `apply` with each record of a topic, oldest first. No group: every copy reads everything.

    Not ready before it has read up to the ends that it saw at its start.
    """

    def __init__(
        self, service: ServiceName, topic: Topic, bootstrap_servers: str, apply: Callable[[Event | Tombstone], None]
    ) -> None:
        self.name = f"replay of {topic.name}"
        self.position = 0
        """How many records have been read so far."""
        self.caught_up = asyncio.Event()
        self._service = service
        self._topic = topic
        self._bootstrap_servers = bootstrap_servers
        self._apply = apply
        self._newest: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to read; `caught_up` tells when the past is in."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Stops reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def problem(self) -> str | None:
        """Until the past is in, answers would be wrong."""
        return None if self.caught_up.is_set() else f"{self.position} records of {self._topic.name} read so far"

    async def _run(self) -> None:
        waits = pauses()
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                _log.warning("reading again from the start", topic=self._topic.name, error=type(error).__name__)
                await asyncio.sleep(next(waits))

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id=f"{self._service}-replay",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            partitions = [TopicPartition(self._topic.name, number) for number in range(self._topic.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            await self._read_on(consumer, await consumer.end_offsets(partitions))
        finally:
            await consumer.stop()

    async def _read_on(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        said_at = monotonic()
        while True:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for raw in raw_records(records):
                    self._read_one(read(raw))
            if not self.caught_up.is_set() and monotonic() - said_at > _SAY_EVERY_S:
                said_at = monotonic()
                _log.info("reading", topic=self._topic.name, records=self.position, of=sum(ends.values()))
            if not self.caught_up.is_set() and await self._reached(consumer, ends):
                _log.info("caught up", topic=self._topic.name, records=self.position)
                self.caught_up.set()

    def _read_one(self, item: Readable | Unreadable) -> None:
        self.position += 1
        match item:
            case Readable(_, message):
                # A relay that lost its lock in mid-flight may repeat an older record after a newer one.
                if message.envelope.sequence >= self._newest.get(message.envelope.subject, 0):
                    self._newest[message.envelope.subject] = message.envelope.sequence
                    self._apply_one(message)
            case Unreadable(raw, problem):
                # The consumer group dead-letters it; here it can only be passed over.
                _log.error("record passed over", topic=raw.topic, offset=raw.offset, problem=problem)

    def _apply_one(self, message: Message) -> None:
        try:
            self._apply(message.event)
        except Exception as error:  # noqa: BLE001 - one record that cannot be taken in must not hold all the others
            subject, problem = message.envelope.subject, type(error).__name__
            _log.error("record passed over", topic=self._topic.name, subject=subject, problem=problem, exc_info=error)

    @staticmethod
    async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
        positions = [await consumer.position(partition) >= end for partition, end in ends.items()]
        return all(positions)
