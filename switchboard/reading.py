"""Topics from their first record to the last one there is now. In no group, so nobody's place in them is moved."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


async def read_to_end(bootstrap_servers: str, places: Iterable[tuple[str, int]]) -> AsyncIterator[Any]:
    """All records of these (topic, partition), each partition in its order. Raises KafkaError."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    partitions = [TopicPartition(topic, number) for topic, number in places]
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while not all([await consumer.position(partition) >= end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    # What comes after the end as it was is for the next who asks: a busy topic must not hold us.
                    if record.offset < ends[partition]:
                        yield record
    finally:
        await consumer.stop()
