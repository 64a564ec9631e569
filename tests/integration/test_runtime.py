"""Outbox, relay, inbox, consuming, parking and dead letters on a real broker and a real database."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.examples import EXAMPLES
from schemas.needs import ConsentWithdrawn
from schemas.partners import PartnerRecorded
from schemas.topics import NEEDS, PARTNERS, ServiceName
from services.runtime.consuming import Consumer
from services.runtime.database import Connection, Pool, open_pool
from services.runtime.messages import Message, RawRecord
from services.runtime.outbox import Outgoing, Record, Removal, publish, put, to_record
from services.runtime.parts import running
from services.runtime.relay import Relay
from services.runtime.replaying import Replay
from services.runtime.settling import BREAKER_LIMIT, MAX_ATTEMPTS, Settlement, TooManyFailures
from services.runtime.topics import create_topics
from services.runtime.tracing import new_traceparent
from switchboard import dead_letters
from tests.parts import DatabaseMaker
from tests.waiting import eventually

NEEDS_DLQ = NEEDS.dead_letters_of(ServiceName.MATCHER)


class Journal:
    """A handler that writes down what it was given, and fails where told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[UUID, int]] = []
        self.poison: set[tuple[UUID, int]] = set()

    async def handle(self, connection: Connection, messages: Sequence[Message]) -> None:
        for message in messages:
            assert isinstance(message.event, ConsentWithdrawn)
            entry = (message.event.need_id, message.envelope.sequence)
            if entry in self.poison:
                raise ValueError("this one cannot be handled")
        await connection.executemany(
            "INSERT INTO journal (need_id, sequence) VALUES ($1, $2)",
            [(UUID(message.envelope.subject), message.envelope.sequence) for message in messages],
        )


class Bench:
    """One service's database and its way to a broker."""

    def __init__(self, kafka: str, database_url: str, pool: Pool) -> None:
        self.kafka, self.database_url, self.pool, self.journal = kafka, database_url, pool, Journal()

    def relay(self) -> Relay:
        return Relay(ServiceName.MATCHER, self.database_url, self.kafka)

    def consumer(self, stalled_after: float = 60) -> Consumer:
        return Consumer(
            ServiceName.MATCHER, [NEEDS], self.kafka, self.pool, self.journal.handle, stalled_after=stalled_after
        )

    async def say(self, need_id: UUID, *sequences: int) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await publish(connection, ServiceName.INTAKE, [withdrawn(need_id, number) for number in sequences])

    async def heard(self, need_id: UUID) -> list[int]:
        # A connection of its own: some tests break those of the pool.
        connection = await asyncpg.connect(self.database_url)
        rows = await connection.fetch("SELECT sequence FROM journal WHERE need_id = $1 ORDER BY id", need_id)
        await connection.close()
        return [row["sequence"] for row in rows]

    async def outbox_size(self) -> int:
        size: int = await self.pool.fetchval("SELECT count(*) FROM outbox")
        return size


def withdrawn(need_id: UUID, sequence: int) -> Outgoing:
    return Outgoing(ConsentWithdrawn(need_id=need_id), need_id, sequence, new_traceparent())


@pytest_asyncio.fixture
async def bench(fresh_kafka: str, postgres: DatabaseMaker) -> AsyncIterator[Bench]:
    database_url = await postgres("runtime")
    await create_topics(fresh_kafka)
    async with open_pool(database_url, 4) as pool:
        await pool.execute(
            "CREATE TABLE journal (id bigint GENERATED ALWAYS AS IDENTITY, need_id uuid, sequence int, "
            "UNIQUE (need_id, sequence))"
        )
        yield Bench(fresh_kafka, database_url, pool)


async def test_events_arrive_once_and_in_order_though_they_are_published_twice(bench: Bench) -> None:
    needs = [uuid4() for _ in range(20)]
    async with running([bench.relay(), bench.consumer()]):
        for need_id in needs:
            await bench.say(need_id, *range(1, 31))
        record = to_record(withdrawn(needs[0], 31), ServiceName.INTAKE, (await bench.pool.fetchval("SELECT now()")))
        async with bench.pool.acquire() as connection:
            await put(connection, [record, record, record])

        async def all_heard() -> bool:
            rows = await bench.pool.fetchval("SELECT count(*) FROM journal")
            return bool(rows == 20 * 30 + 1 and await bench.outbox_size() == 0)

        await eventually(all_heard)
    for need_id in needs[1:]:
        assert await bench.heard(need_id) == list(range(1, 31))


async def test_a_record_that_fails_holds_its_key_alone_and_ends_as_a_dead_letter(bench: Bench) -> None:
    sick, well = uuid4(), uuid4()
    bench.journal.poison = {(sick, 2)}
    async with running([bench.relay(), bench.consumer()]):
        await bench.say(sick, 1, 2, 3)
        await bench.say(well, 1, 2, 3)

        async def others_went_on() -> bool:
            return await bench.heard(well) == [1, 2, 3] and await bench.heard(sick) == [1]

        await eventually(others_went_on)
        [letter] = await letters_in(bench.kafka, NEEDS_DLQ, 1)

        async def the_rest_followed() -> bool:
            return await bench.heard(sick) == [1, 3]

        await eventually(the_rest_followed)
    assert letter["dlq_topic"] == "needs"
    assert letter["dlq_problem"] == "ValueError"
    assert letter["dlq_attempts"] == str(MAX_ATTEMPTS)
    assert letter["ce_sequence"] == "2"


async def test_a_dead_letter_is_replayed_once_it_can_be_handled_and_never_twice(bench: Bench) -> None:
    need_id, told = uuid4(), list[str]()
    bench.journal.poison.add((need_id, 1))

    def decide(decision: dead_letters.Decision, *, again: bool = False, dry_run: bool = False) -> list[str]:
        told.clear()
        wanted = dead_letters.Wanted(key=str(need_id), decided=again)
        dead_letters.decide(bench.kafka, NEEDS_DLQ, wanted, decision, dry_run=dry_run, tell=told.append)
        return list(told)

    async with running([bench.relay(), bench.consumer()]):
        await bench.say(need_id, 1, 2)
        await letters_in(bench.kafka, NEEDS_DLQ, 1)
        bench.journal.poison.clear()
        replayed = f"replayed {NEEDS_DLQ} 0 (switchboard.needs.consent_withdrawn.v1, key {need_id})"
        assert await asyncio.to_thread(decide, dead_letters.Decision.REPLAYED, dry_run=True) == [f"would be {replayed}"]
        assert await asyncio.to_thread(decide, dead_letters.Decision.REPLAYED) == [replayed]

        async def both_heard() -> bool:
            return sorted(await bench.heard(need_id)) == [1, 2]

        await eventually(both_heard)
        assert await asyncio.to_thread(decide, dead_letters.Decision.REPLAYED) == ["no dead letters"]
        assert await asyncio.to_thread(decide, dead_letters.Decision.REPLAYED, again=True) == [replayed]
        await bench.say(need_id, 3)

        async def third_heard() -> bool:
            return 3 in await bench.heard(need_id)

        await eventually(third_heard)
    assert sorted(await bench.heard(need_id)) == [1, 2, 3]
    await letters_in(bench.kafka, NEEDS_DLQ, 1)


async def test_bytes_that_nobody_can_read_go_to_the_dead_letters_at_once(bench: Bench) -> None:
    need_id = uuid4()
    good = to_record(withdrawn(need_id, 1), ServiceName.INTAKE, await bench.pool.fetchval("SELECT now()"))
    await send(
        bench.kafka,
        Record("needs", str(need_id).encode(), b"\xff\x00 not json", good.headers),
        Record("needs", None, b"{}", ()),
        Record("needs", None, b"{}", (("a header without a value", None),)),  # type: ignore[arg-type] # Kafka allows it
        Record("needs", str(need_id).encode(), good.value, (("ce_id", b"\xfe"),)),
        good,
    )
    async with running([bench.relay(), bench.consumer()]):
        letters = await letters_in(bench.kafka, NEEDS_DLQ, 4)

        async def good_one_heard() -> bool:
            return await bench.heard(need_id) == [1]

        await eventually(good_one_heard)
    assert {letter["dlq_offset"] for letter in letters} <= {"0", "1", "2", "3"}
    assert all(letter["dlq_problem"] for letter in letters)


def unreadable(offset: int) -> RawRecord:
    return RawRecord("needs", 0, offset, b"key", b"no json", ())


async def test_what_was_given_up_on_is_one_dead_letter_though_it_comes_again(bench: Bench) -> None:
    settlement = Settlement(ServiceName.MATCHER, bench.pool, bench.journal.handle)
    for _ in range(2):
        await settlement.settle([unreadable(1), unreadable(2)])
    assert await bench.outbox_size() == 2

    bench.journal.poison.add((need_id := uuid4(), 1))
    record = to_record(withdrawn(need_id, 1), ServiceName.INTAKE, await bench.pool.fetchval("SELECT now()"))
    poison = RawRecord("needs", 0, 3, record.key, record.value, record.headers)
    for _ in range(2):
        await settlement.settle([poison])
        await bench.pool.execute("UPDATE parked SET due_at = now(), attempts = $1", MAX_ATTEMPTS - 1)
        await settlement.retry_parked()
    assert await bench.outbox_size() == 3


async def test_a_flood_of_dead_letters_stops_the_consumer_and_says_so(bench: Bench) -> None:
    settlement = Settlement(ServiceName.MATCHER, bench.pool, bench.journal.handle)
    await settlement.settle([unreadable(offset) for offset in range(BREAKER_LIMIT - 1)])
    with pytest.raises(TooManyFailures, match="200 records failed within 60 s"):
        await settlement.settle([unreadable(BREAKER_LIMIT)])

    await send(bench.kafka, *(Record("needs", b"key", f"no json {n}".encode(), ()) for n in range(BREAKER_LIMIT)))
    consumer = bench.consumer()
    async with running([consumer]):

        async def stopped() -> bool:
            return "switchboard dlq list" in (consumer.problem() or "")

        await eventually(stopped)


async def test_a_consumer_that_stands_still_joins_again(bench: Bench) -> None:
    need_id = uuid4()
    consumer = bench.consumer(stalled_after=2)
    async with running([bench.relay(), consumer]):
        await bench.say(need_id, 1)

        async def heard(*sequences: int) -> bool:
            return await bench.heard(need_id) == list(sequences)

        await eventually(partial(heard, 1))
        standing = consumer._subscriber.consumer  # noqa: SLF001 - the fault itself: it fetches nothing, and says nothing
        assert standing is not None
        standing.pause(*standing.assignment())
        await bench.say(need_id, 2)
        await eventually(partial(heard, 1, 2))
        assert consumer.problem() is None


async def test_an_error_that_nobody_foresaw_ends_the_service_and_loses_nothing(bench: Bench) -> None:
    need_id, ended = uuid4(), list[int]()
    before = signal.signal(signal.SIGTERM, lambda sign, _frame: ended.append(sign))
    await bench.pool.execute("ALTER TABLE parked RENAME TO gone")
    try:
        async with running([bench.relay(), bench.consumer()]):
            await bench.say(need_id, 1, 2)

            async def asked_to_end() -> bool:
                return ended == [signal.SIGTERM]

            await eventually(asked_to_end)
    finally:
        signal.signal(signal.SIGTERM, before)
    await bench.pool.execute("ALTER TABLE gone RENAME TO parked")
    async with running([bench.consumer()]):

        async def all_heard() -> bool:
            return await bench.heard(need_id) == [1, 2]

        await eventually(all_heard)


async def test_an_outage_of_the_database_is_waited_for_and_kills_no_record(bench: Bench) -> None:
    need_id = uuid4()
    admin = await asyncpg.connect(bench.database_url)
    async with running([bench.relay(), bench.consumer()]):
        for sequence in range(1, 41):
            async with admin.transaction():
                await publish(admin, ServiceName.INTAKE, [withdrawn(need_id, sequence)])
            if sequence % 10 == 0:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        async def all_heard() -> bool:
            return await bench.heard(need_id) == list(range(1, 41))

        await eventually(all_heard)
        assert await bench.pool.fetchval("SELECT count(*) FROM parked") == 0
    await admin.close()


async def test_a_second_relay_takes_over_when_the_first_loses_its_connection(bench: Bench) -> None:
    need_id = uuid4()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running([bench.relay(), bench.relay(), bench.consumer()]))
        await bench.say(need_id, 1)

        async def first_heard() -> bool:
            return await bench.heard(need_id) == [1]

        await eventually(first_heard)
        await bench.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'matcher-relay'"
        )
        await bench.say(need_id, 2)

        async def second_heard() -> bool:
            return await bench.heard(need_id) == [1, 2]

        await eventually(second_heard)


async def test_a_replay_has_the_whole_compacted_topic_before_it_is_ready(bench: Bench) -> None:
    partner = next(example for example in EXAMPLES if isinstance(example, PartnerRecorded))
    records = [partner.model_copy(update={"partner_id": uuid4()}) for _ in range(50)]
    gone = records[0].partner_id
    async with bench.pool.acquire() as connection, connection.transaction():
        await publish(
            connection,
            ServiceName.INTAKE,
            [Outgoing(record, record.partner_id, 1, new_traceparent()) for record in records],
        )
        await publish(connection, ServiceName.INTAKE, [Removal(PARTNERS, Tombstone(gone), 2, new_traceparent())])
        # What a relay that lost its lock had still in flight.
        await publish(connection, ServiceName.INTAKE, [Outgoing(records[0], gone, 1, new_traceparent())])
    there: dict[UUID, Event] = {}

    def apply(event: Event | Tombstone) -> None:
        if isinstance(event, Tombstone):
            there.pop(event.key, None)
        elif isinstance(event, PartnerRecorded):
            there[event.partner_id] = event

    async with running([bench.relay()]):

        async def published() -> bool:
            return await bench.outbox_size() == 0

        await eventually(published)
    replay = Replay(ServiceName.MATCHER, PARTNERS, bench.kafka, apply)
    async with running([replay]):

        async def caught_up() -> bool:
            return replay.problem() is None

        await eventually(caught_up)
        assert there.keys() == {record.partner_id for record in records[1:]}
        assert replay.position == 52


async def test_a_consumer_waits_for_its_topics_and_says_which(bench: Bench) -> None:
    absent = replace(NEEDS, name=f"not-made-yet-{uuid4().hex}")
    consumer = Consumer(ServiceName.MATCHER, [absent], bench.kafka, bench.pool, bench.journal.handle)
    async with running([consumer]):

        async def says_so() -> bool:
            return absent.name in (consumer.problem() or "")

        await eventually(says_so)
        admin = AIOKafkaAdminClient(bootstrap_servers=bench.kafka)
        await admin.start()
        await admin.create_topics([NewTopic(absent.name, 1, 1)])
        await admin.close()

        async def is_ready() -> bool:
            return consumer.problem() is None

        await eventually(is_ready)


async def letters_in(kafka: str, topic: str, count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    async with consuming_from_start(kafka, topic) as consumer:

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                headers = ({name: value.decode("latin-1") for name, value in record.headers} for record in records)
                found.extend(one for one in headers if "dlq_topic" in one)
            return len(found) >= count

        await eventually(enough)
    assert len(found) == count
    return found


@asynccontextmanager
async def consuming_from_start(kafka: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        yield consumer
    finally:
        await consumer.stop()


async def send(kafka: str, *records: Record) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for record in records:
            await producer.send_and_wait(
                record.topic, key=record.key, value=record.value, headers=list(record.headers), partition=0
            )
