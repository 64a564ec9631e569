"""`switchboard reconcile SERVICE`: a restored copy of a service's database, brought up to what the topics hold.

Runs while the service is stopped. First the copy takes in what the topics say that it does not know, in one
transaction. Then the service's place in what it reads is set back to before the backup, so that it consumes the rest
again; its inbox drops what the copy had seen.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.topics import TOPICS, ServiceName
from services.intake.restoring import restore_intake
from services.intake.settings import IntakeSettings
from services.matcher.policy import load_policy
from services.matcher.restoring import restore_matcher
from services.matcher.settings import MatcherSettings
from services.notifier.restoring import restore_notifier
from services.notifier.settings import NotifierSettings
from services.runtime import outbox
from services.runtime.database import Connection, open_connection
from services.runtime.messages import Message, Readable, raw_records, read
from switchboard.errors import SwitchboardError
from switchboard.reading import offsets_at, read_to_end

MARGIN = timedelta(hours=1)
"""What the service may have been behind when the backup was made, and what clocks may differ."""

Counts = dict[str, int]

_NOBODY_IN_IT = {"Empty", "Dead"}
"""States of a consumer group."""


@dataclass(frozen=True)
class Copy:
    """A restored database, and what brings it up to its topics."""

    service: ServiceName
    bootstrap_servers: str
    database_url: str
    restore: Callable[[Connection, Sequence[Message]], Awaitable[Counts]]


def find_copy(service: ServiceName) -> Copy:
    """The database that a service's own settings name. Raises ValidationError for a variable that is missing."""
    match service:
        case ServiceName.INTAKE:
            intake = IntakeSettings()
            restore = partial(restore_intake, seal=intake.seal)
            return Copy(service, intake.kafka_bootstrap_servers, intake.intake_database_url, restore)
        case ServiceName.MATCHER:
            matcher = MatcherSettings()
            restore = partial(restore_matcher, policy=load_policy(matcher.policy_file))
            return Copy(service, matcher.kafka_bootstrap_servers, matcher.matcher_database_url, restore)
        case ServiceName.NOTIFIER:
            notifier = NotifierSettings()
            return Copy(service, notifier.kafka_bootstrap_servers, notifier.notifier_database_url, restore_notifier)


def reconcile(service: ServiceName, since: datetime, tell: Callable[[str], None]) -> None:
    """Brings a restored copy up to the topics. Raises SwitchboardError while the service runs."""
    if since.tzinfo is None or since > datetime.now(UTC):
        raise SwitchboardError("--since: write when the backup was begun, with its zone, such as 2026-11-24T03:00:00Z")
    for what, count in asyncio.run(_reconcile(find_copy(service), since - MARGIN)).items():
        tell(f"{count:>7} {what}")


async def _reconcile(copy: Copy, since: datetime) -> Counts:
    await _refuse_while_running(copy)
    messages, unreadable = await _read(copy, since)
    own = {topic.name for topic in TOPICS if topic.producer is copy.service}
    async with open_connection(copy.database_url) as connection, connection.transaction():
        counts = await copy.restore(connection, messages)
        published = {message.envelope.id for message in messages if message.topic in own}
        counts["events in the outbox that were published"] = await outbox.drop_published(connection, published)
    counts["records that nobody can read"] = unreadable
    counts["records to be consumed again"] = await _set_back(copy, since)
    return counts


async def _refuse_while_running(copy: Copy) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=copy.bootstrap_servers)
    try:
        await admin.start()
        (answer,) = await admin.describe_consumer_groups([str(copy.service)])
    finally:
        await admin.close()
    _, _, state, *_ = answer.groups[0]
    if state not in _NOBODY_IN_IT:
        raise SwitchboardError(
            f"{copy.service} is running: stop all its copies first (one that was killed counts for six seconds more)"
        )


async def _read(copy: Copy, since: datetime) -> tuple[list[Message], int]:
    """What the service wrote and read since then, oldest first, and how many records cannot be read."""
    topics = [topic for topic in TOPICS if topic.producer is copy.service or copy.service in topic.consumers]
    places = [(topic.name, number) for topic in topics for number in range(topic.partitions)]
    items = [
        read(raw)
        async for record in read_to_end(copy.bootstrap_servers, places, since)
        for raw in raw_records([record])
    ]
    messages = [item.message for item in items if isinstance(item, Readable)]
    messages.sort(key=lambda message: (message.envelope.time, message.envelope.sequence))
    return messages, len(items) - len(messages)


async def _set_back(copy: Copy, since: datetime) -> int:
    """Never forward. Returns how many records the service will see again."""
    partitions = [
        TopicPartition(topic.name, number)
        for topic in TOPICS
        if copy.service in topic.consumers
        for number in range(topic.partitions)
    ]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=copy.bootstrap_servers, group_id=str(copy.service), enable_auto_commit=False
    )
    try:
        await consumer.start()
        consumer.assign(partitions)
        first = await offsets_at(consumer, partitions, since)
        places = {partition: await consumer.committed(partition) or 0 for partition in partitions}
        back = {partition: offset for partition, offset in first.items() if offset < places[partition]}
        if back:
            await consumer.commit(back)
    finally:
        await consumer.stop()
    return sum(places[partition] - offset for partition, offset in back.items())
