"""From Kafka to a handler: the one module that decides acknowledgement.

FastStream runs the consumer. Its own acknowledgement is off (MANUAL), its parser and decoder are replaced by ones
that cannot raise, and no exception leaves the subscriber: in every other mode a batch that fails is lost or spins.
"""

import asyncio
import signal
from collections.abc import Iterable, Sequence
from time import monotonic

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.record import _crecords
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from prometheus_client import Gauge

from schemas.topics import ServiceName, Topic
from services.runtime.database import Pool
from services.runtime.logs import get_logger
from services.runtime.loops import Loop
from services.runtime.messages import Handler, RawRecord, raw_records
from services.runtime.pauses import pauses
from services.runtime.settling import Settlement, TooManyFailures
from services.runtime.stalls import STALLED_AFTER_S, Stall
from services.runtime.topics import missing_topics

_BATCH, _BATCH_WAIT_MS = 500, 20
_RETRY_POLL_S = 0.25
_LOOK_TIMEOUT_S = 10

WAITING = Gauge("switchboard_records_waiting", "Records of a partition that were not read yet", ["topic", "partition"])

_log = get_logger(__name__)


class Consumer:
    """A service's membership in its consumer group, for all the topics it reads."""

    name = "consumer"

    def __init__(
        self,
        service: ServiceName,
        topics: Sequence[Topic],
        bootstrap_servers: str,
        pool: Pool,
        handle: Handler,
        *,
        stalled_after: float = STALLED_AFTER_S,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._topics = [topic.name for topic in topics]
        self._settlement = Settlement(service, pool, handle)
        self._retries = Loop("parked", self._settlement.retry_parked, _RETRY_POLL_S)
        self._stall = Stall(stalled_after)
        self._watch = Loop("watch", self._look_for_stall, stalled_after / 12)
        self._batch_in_hand = asyncio.Lock()
        self._joining: asyncio.Task[None] | None = None
        self._not_consuming: str | None = "not yet in its group"
        self._broker = KafkaBroker(
            bootstrap_servers,
            client_id=str(service),
            apply_types=False,
            logger=None,
            graceful_timeout=20.0,
            allow_auto_create_topics=False,
        )
        self._subscriber = self._broker.subscriber(
            *self._topics,
            group_id=str(service),
            batch=True,
            max_records=_BATCH,
            batch_timeout_ms=_BATCH_WAIT_MS,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            session_timeout_ms=6000,
            heartbeat_interval_ms=2000,
            max_poll_interval_ms=60_000,
            listener=_Handover(self._batch_in_hand),
            parser=_parse,
            decoder=_decode,
        )
        self._subscriber(self._take)

    async def start(self) -> None:
        """Begins to join the group. A broker that is down is waited for: what else the service does goes on."""
        _assert_compiled()
        await self._retries.start()
        await self._watch.start()
        self._joining = asyncio.create_task(self._join(), name="joining")

    async def stop(self) -> None:
        """Takes no more, finishes the batch in hand, commits it, leaves the group."""
        self._not_consuming = "stopping"
        await self._watch.stop()
        if self._joining is not None:
            self._joining.cancel()
            await asyncio.gather(self._joining, return_exceptions=True)
        async with self._batch_in_hand:
            await self._retries.stop()
        await self._broker.stop()

    def problem(self) -> str | None:
        """Why nothing is being consumed."""
        return self._not_consuming or self._retries.problem()

    async def _join(self) -> None:
        waits = pauses()
        while True:
            try:
                missing = await missing_topics(self._bootstrap_servers, self._topics)
                if not missing:
                    await self._broker.start()
                    self._not_consuming = None
                    return
                self._not_consuming = f"topics are missing ({', '.join(missing)}): run `switchboard topics create`"
            except (KafkaError, OSError) as error:
                self._not_consuming = f"Kafka cannot be reached ({type(error).__name__})"
            _log.warning("waiting for Kafka", why=self._not_consuming)
            await asyncio.sleep(next(waits))

    async def _look_for_stall(self) -> int:
        consumer = self._subscriber.consumer
        if consumer is None or self._not_consuming or self._batch_in_hand.locked():
            self._stall.forget()
            return 0
        async with asyncio.timeout(_LOOK_TIMEOUT_S):
            assigned = consumer.assignment()
            ends = await consumer.end_offsets(assigned)
            positions = {partition: await consumer.position(partition) for partition in assigned}
        WAITING.clear()  # what was handed over to another copy is that one's to tell
        for partition, position in positions.items():
            WAITING.labels(partition.topic, partition.partition).set(ends[partition] - position)
        if self._stall.look(positions, ends, monotonic()):
            self._not_consuming = "records waited and nothing moved; joining the group again"
            _log.critical("consumer stalled", why=self._not_consuming)
            self._stall.forget()
            await self._broker.stop()
            self._joining = asyncio.create_task(self._join(), name="joining")
        return 0

    async def _take(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        async with self._batch_in_hand:
            if self._not_consuming:
                return
            raws = raw_records(records)
            try:
                await self._settlement.settle(raws)
            except TooManyFailures as error:
                # It stays stopped, and alive: what else the service does goes on, and a restart would only fail on.
                self._not_consuming = f"{error}: see `switchboard dlq list`, mend, then restart"
                _log.critical("consumer stopped", why=self._not_consuming)
                return
            except Exception as error:  # noqa: BLE001 - what leaves here is swallowed, and the next commit would lose the batch
                self._not_consuming = f"an error that nobody foresaw ({type(error).__name__})"
                _log.critical("service ends, to begin again where it last committed", exc_info=error)
                signal.raise_signal(signal.SIGTERM)
                return
            await _commit(self._subscriber.consumer, raws)


class _Handover(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Lets a rebalance wait for the batch in hand, so that a graceful join redelivers nothing."""

    def __init__(self, batch_in_hand: asyncio.Lock) -> None:
        self._batch_in_hand = batch_in_hand

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        async with self._batch_in_hand:
            _log.debug("partitions revoked", count=len(list(revoked)))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        _log.info("partitions assigned", count=len(list(assigned)))


async def _commit(consumer: AIOKafkaConsumer, raws: Iterable[RawRecord]) -> None:
    # A single partition that was revoked would make the broker refuse the whole commit.
    assigned = consumer.assignment()
    ends = {TopicPartition(raw.topic, raw.partition): raw.offset + 1 for raw in raws}
    mine = {partition: end for partition, end in ends.items() if partition in assigned}
    try:
        if mine:
            await consumer.commit(mine)
    except (CommitFailedError, IllegalStateError, KafkaError) as error:
        # Harmless: what was settled is in the inbox, and is dropped when it comes again.
        _log.warning("offsets not committed", error=type(error).__name__)


async def _parse(records: "tuple[ConsumerRecord[bytes, bytes], ...]") -> KafkaMessage:
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def _decode(message: KafkaMessage) -> "tuple[ConsumerRecord[bytes, bytes], ...]":
    return message.raw_message


def _assert_compiled() -> None:
    # Without its C extension aiokafka parses records four times slower, silently.
    if _crecords is None:
        raise RuntimeError("aiokafka was installed without its C extension; install a wheel for this platform")
