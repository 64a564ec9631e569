"""Makes the topics of the table in `schemas/topics.py`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from schemas.topics import DEAD_LETTER_RETENTION, TOPICS


async def create_topics(bootstrap_servers: str, replication: int = 1) -> list[str]:
    """Creates what is missing and returns its names. Never changes a topic that is there."""
    async with _administration(bootstrap_servers) as admin:
        there = set(await admin.list_topics())
        missing = [topic for topic in _new_topics(replication) if topic.name not in there]
        if not missing:
            return []
        answer = await admin.create_topics(missing)
    for name, code, message in answer.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)(f"{name}: {message}")
    return [topic.name for topic in missing]


async def missing_topics(bootstrap_servers: str, names: Sequence[str]) -> list[str]:
    """Which of these topics are not there. Raises KafkaError when the broker cannot be reached."""
    async with _administration(bootstrap_servers) as admin:
        there = set(await admin.list_topics())
    return [name for name in names if name not in there]


@asynccontextmanager
async def _administration(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def _new_topics(replication: int) -> list[NewTopic]:
    made = []
    for topic in TOPICS:
        configs = {"cleanup.policy": "compact" if topic.compacted else "delete"}
        if topic.retention is not None:
            configs["retention.ms"] = str(topic.retention * 1000)
        made.append(NewTopic(topic.name, topic.partitions, replication, topic_configs=configs))
        made += [
            NewTopic(
                topic.dead_letters_of(consumer),
                1,
                replication,
                topic_configs={"retention.ms": str(DEAD_LETTER_RETENTION * 1000)},
            )
            for consumer in topic.consumers
        ]
    return made
