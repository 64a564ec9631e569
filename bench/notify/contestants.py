"""The two that send: ours, from Kafka; and Procrastinate, from a table of jobs on the same PostgreSQL."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from aiokafka import AIOKafkaProducer
from procrastinate import App
from procrastinate.types import JSONDict

from bench.notify.load import Ask, envelope_of
from bench.notify.procrastinated import TASK, make_app
from schemas.codec import encode
from schemas.offers import OfferMade
from schemas.partners import PartnerRecorded
from schemas.topics import OFFERS, PARTNERS, Topic
from switchboard.local.databases import create_database
from switchboard.local.ports import find_free_port
from switchboard.processes import ChildProcess, ServiceProcess, running_together
from switchboard.up import RunningSwitchboard

WORKERS = 2


class Contestant(Protocol):
    """Whoever is handed events, and sends."""

    name: str
    processes: Sequence[ChildProcess]

    async def hand_over(self, asks: Sequence[Ask]) -> None:
        """Gives it what is to be told; returns when it is safe."""


@dataclass
class Ours:
    """Two notifiers; intake and the matcher run beside them, as they always do."""

    producer: AIOKafkaProducer
    processes: Sequence[ChildProcess]
    name: str = "ours"

    async def hand_over(self, asks: Sequence[Ask]) -> None:
        """Publishes the offers."""
        await self._publish(OFFERS, [(ask.event_id, ask.offer) for ask in asks])

    async def tell_of(self, partners: Sequence[PartnerRecorded]) -> None:
        """Publishes the partners."""
        await self._publish(PARTNERS, [(partner.partner_id, partner) for partner in partners])

    async def _publish(self, topic: Topic, events: Sequence[tuple[UUID, OfferMade | PartnerRecorded]]) -> None:
        sent = [
            await self.producer.send(
                topic.name,
                key=str(event.key).encode(),
                value=encode(event),
                headers=list(envelope_of(event_id, event).to_headers()),
            )
            for event_id, event in events
        ]
        await asyncio.gather(*sent)


@dataclass
class Procrastinate:
    """Two workers."""

    app: App
    processes: Sequence[ChildProcess]
    name: str = "procrastinate"

    async def hand_over(self, asks: Sequence[Ask]) -> None:
        """Defers a job for each."""
        jobs: list[JSONDict] = [
            {
                "message_id": str(ask.message_id),
                "event": ask.offer.model_dump_json(),
                "contact": ask.contact.model_dump_json(),
                "partner": ask.partner.name,
            }
            for ask in asks
        ]
        await self.app.configure_task(TASK).batch_defer_async(*jobs)


@asynccontextmanager
async def running_ours(run: RunningSwitchboard) -> AsyncIterator[Ours]:
    """All services run already: one more notifier is started."""
    second = ServiceProcess(
        "notifier", run.environment | {"NOTIFIER_PORT": str(find_free_port())}, run.folder / "logs" / "notifier-2.log"
    )
    producer = AIOKafkaProducer(bootstrap_servers=run.parts.bootstrap_servers, acks="all", linger_ms=5)
    async with running_together([second]), producer:
        yield Ours(producer, [run.notifier, second])


@asynccontextmanager
async def running_procrastinate(run: RunningSwitchboard) -> AsyncIterator[Procrastinate]:
    """Its table, and its workers."""
    postgres = run.parts.postgres
    if postgres is None:
        raise ValueError("this bench starts a PostgreSQL of its own: unset the *_DATABASE_URL variables")
    url = await create_database(postgres.admin_url, "procrastinate")
    app = make_app(url)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        command = [sys.executable, "-m", "bench.notify.procrastinated", url]
        workers = [
            ChildProcess(f"worker {number}", command, run.environment, run.folder / "logs" / f"worker-{number}.log")
            for number in range(1, WORKERS + 1)
        ]
        async with running_together(workers):
            yield Procrastinate(app, workers)
