"""Topics up to the last record there is now. In no group, so nobody's place in them is moved."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


async def read_to_end(
    bootstrap_servers: str, places: Iterable[tuple[str, int]], since: datetime | None = None
) -> AsyncIterator[Any]:
    """All records of these (topic, partition) since then, each partition in its order. Raises KafkaError."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    partitions = [TopicPartition(topic, number) for topic, number in places]
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        if since is not None:
            first = await offsets_at(consumer, partitions, since)
            for partition, end in ends.items():
                consumer.seek(partition, first.get(partition, end))
        while not all([await consumer.position(partition) >= end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    # What comes after the end as it was is for the next who asks: a busy topic must not hold us.
                    if record.offset < ends[partition]:
                        yield record
    finally:
        await consumer.stop()


async def offsets_at(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition], moment: datetime
) -> dict[TopicPartition, int]:
    """By partition, where the first record of that moment or later stands; without those that have none."""
    milliseconds = int(moment.timestamp() * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, milliseconds))
    return {partition: one.offset for partition, one in found.items() if one is not None}
