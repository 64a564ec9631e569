"""Each service alone, in a process of its own, on a real Kafka and a real PostgreSQL: topics in, topics out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.codec import decode
from schemas.deliveries import MessageAccepted
from schemas.event import Event, Item, LineQuantity
from schemas.examples import EXAMPLES
from schemas.needs import NeedOpened, NeedTerms
from schemas.offers import OfferMade
from schemas.outcomes import ClaimAwarded, ClaimRefused, NeedStuck
from schemas.partners import PartnerRecorded, StateArea
from schemas.responses import OfferAccepted
from schemas.topics import topic_named, topic_of
from schemas.vocabulary import Interest, StuckCause
from services.runtime.migrations import migrate
from services.runtime.outbox import Outgoing, to_record
from services.runtime.tracing import new_traceparent
from switchboard.local.stack import SERVICES, Parts
from switchboard.processes import running
from switchboard.up import RunningSwitchboard, make_processes
from tests.parts import DatabaseMaker, Kind, new_kafka
from tests.system import SHIPPED_POLICY, need_body
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

EventT = TypeVar("EventT", bound=Event)

OPENED = next(one for one in EXAMPLES if isinstance(one, NeedOpened))
MADE = next(one for one in EXAMPLES if isinstance(one, OfferMade))
PARTNER = next(one for one in EXAMPLES if isinstance(one, PartnerRecorded))
VOLUNTEERS, UNITS = 200, 3


@dataclass
class Stage:
    """Topics to write to and to read from, and the processes that may be started between them."""

    processes: RunningSwitchboard
    producer: AIOKafkaProducer

    async def tell(self, *told: tuple[UUID, Event], times: int = 1) -> None:
        """Publishes (key, event), each as often as said, as its relay would after a crash: the very same record."""
        records = [
            to_record(Outgoing(event, key, number, new_traceparent()), "test", datetime.now(UTC))
            for number, (key, event) in enumerate(told, start=1)
        ]
        for record in records * times:
            await self.producer.send(record.topic, record.value, record.key, headers=list(record.headers))
        await self.producer.flush()

    async def heard(self, kind: type[EventT], need_id: UUID) -> list[EventT]:
        """All events of one kind about a need, from the first record on."""
        topic = topic_of(kind.model_construct())
        consumer = AIOKafkaConsumer(bootstrap_servers=self.processes.parts.bootstrap_servers, enable_auto_commit=False)
        await consumer.start()
        try:
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            found: list[Event] = []
            while not all([await consumer.position(place) >= end for place, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    found += [_event_of(record) for record in records if record.key == str(need_id).encode()]
        finally:
            await consumer.stop()
        return [event for event in found if isinstance(event, kind)]

    async def wait_for(self, kind: type[EventT], need_id: UUID, count: int) -> list[EventT]:
        async def enough() -> list[EventT]:
            found = await self.heard(kind, need_id)
            return found if len(found) >= count else []

        return await eventually(enough)


def _event_of(record: object) -> Event:
    event, _ = decode(topic_named(record.topic), record.key, record.value, record.headers)  # type: ignore[attr-defined]
    assert isinstance(event, Event)
    return event


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_kafka(parts: Kind, run_folder: Path) -> AsyncIterator[str]:
    """The services' consumer groups have fixed names, so these tests share a broker with nobody."""
    async with new_kafka(parts, run_folder / "services") as bootstrap_servers:
        yield bootstrap_servers


@asynccontextmanager
async def a_stage(kafka: str, postgres: DatabaseMaker, folder: Path) -> AsyncIterator[Stage]:
    urls = {service: await postgres(service) for service in SERVICES}
    await asyncio.gather(*(migrate(url, service) for service, url in urls.items()))
    policy = folder / "policy.toml"
    everybody = f"ask_until_chance = 1\nask_at_most = {VOLUNTEERS}\nask_in_all = {VOLUNTEERS}"
    shipped = "ask_until_chance = 0.8\nask_at_most = 8\nask_in_all = 20"
    policy.write_text(SHIPPED_POLICY.read_text().replace(shipped, everybody))
    named = {"POLICY_FILE": str(policy), "QUIET_HOURS": "off", "OFFER_WINDOW_MINUTES": "0"}
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        yield Stage(make_processes(folder, Parts(kafka, urls, None, None), named), producer)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(own_kafka: str, postgres: DatabaseMaker, tmp_path: Path) -> AsyncIterator[Stage]:
    async with a_stage(own_kafka, postgres, tmp_path) as stage:
        yield stage


def partners(count: int) -> Sequence[PartnerRecorded]:
    service = PARTNER.services[0]
    return [
        PARTNER.model_copy(
            update={
                "partner_id": uuid4(),
                "services": (service.model_copy(update={"service_id": uuid4(), "area": StateArea(state="NY")}),),
                "contacts": (
                    PARTNER.contacts[0].model_copy(
                        update={"contact_id": uuid4(), "email": f"{uuid4().hex}@partner.example.org"}
                    ),
                ),
            }
        )
        for _ in range(count)
    ]


def terms_now(*items: Item) -> NeedTerms:
    now = datetime.now(UTC)
    consent = OPENED.terms.consent.model_copy(update={"until": now + timedelta(days=30), "excluded_kinds": ()})
    return OPENED.terms.model_copy(
        update={"items": items, "needed_by": now + timedelta(days=5), "consent": consent},
    )


async def test_of_200_partners_who_accept_at_once_and_twice_as_many_win_as_there_are_units(stage: Stage) -> None:
    need_id = uuid4()
    terms = terms_now(Item(line=1, code="bed.twin", quantity=UNITS))
    async with running(stage.processes.matcher):
        await stage.tell(*[(partner.partner_id, partner) for partner in partners(VOLUNTEERS)])
        await stage.tell((need_id, NeedOpened(need_id=need_id, terms=terms)), times=2)
        made = await stage.wait_for(OfferMade, need_id, VOLUNTEERS)
        accepts = [
            OfferAccepted(
                need_id=need_id,
                offer_id=offer.offer_id,
                partner_id=offer.partner_id,
                channel="link",
                lines=(LineQuantity(line=1, quantity=1),),
            )
            for offer in made
        ]
        await stage.tell(*[(need_id, accept) for accept in accepts], times=2)
        refused = await stage.wait_for(ClaimRefused, need_id, VOLUNTEERS - UNITS)
        await stage.processes.matcher.stop()
    won = await stage.heard(ClaimAwarded, need_id)
    assert len(made) == len({offer.partner_id for offer in made}) == VOLUNTEERS
    assert [[line.quantity for line in one.awarded] for one in won] == [[1]] * UNITS
    assert {one.offer_id for one in won} | {one.offer_id for one in refused} == {one.offer_id for one in made}
    assert len(refused) == VOLUNTEERS - UNITS


async def test_the_bed_of_a_family_that_needs_shelter_is_offered_to_who_may_hear_of_it_and_by_county(
    stage: Stage,
) -> None:
    trusted, landlord, anybody = partners(3)
    trusted = trusted.model_copy(update={"sensitive_needs": True})
    landlord = landlord.model_copy(update={"sensitive_needs": True, "conflicts": (Interest.LANDLORD,)})
    bed, shelter = Item(line=1, code="bed.twin", quantity=1), Item(line=2, code="shelter.night", quantity=3)
    needs = {uuid4(): terms_now(bed, shelter), uuid4(): terms_now(bed).model_copy(update={"sensitive": True})}
    async with running(stage.processes.matcher):
        await stage.tell(*[(partner.partner_id, partner) for partner in (anybody, landlord, trusted)])
        await stage.tell(*[(need_id, NeedOpened(need_id=need_id, terms=terms)) for need_id, terms in needs.items()])
        for need_id in needs:
            await stage.wait_for(OfferMade, need_id, 1)
        await stage.processes.matcher.stop()
    for need_id in needs:
        [made] = await stage.heard(OfferMade, need_id)
        assert (made.partner_id, made.terms.items) == (trusted.partner_id, (bed,))
        assert (made.terms.sensitive, made.terms.place) == (True, "Kings County, NY")
        assert made.terms.distance_miles is None


async def test_an_offer_on_the_topic_twice_is_one_email_and_one_word_that_it_was_taken(stage: Stage) -> None:
    [partner] = partners(1)
    need_id = uuid4()
    soon = datetime.now(UTC) + timedelta(days=1)
    terms = MADE.terms.model_copy(update={"respond_by": soon, "needed_by": soon})
    made = MADE.model_copy(
        update={"need_id": need_id, "offer_id": uuid4(), "partner_id": partner.partner_id, "terms": terms}
    )
    assert stage.processes.sinks is not None
    async with (
        running(stage.processes.sinks),
        running(stage.processes.notifier),
        httpx.AsyncClient(timeout=30) as client,
    ):
        await stage.tell((partner.partner_id, partner))
        await stage.tell((need_id, made), times=2)
        [taken] = await stage.wait_for(MessageAccepted, need_id, 1)
        await stage.processes.notifier.stop()
        answer = await client.get(
            f"{stage.processes.sinks.url}/api/emails", params={"to": partner.contacts[0].email or ""}
        )
    [email] = answer.json()["messages"]
    assert f"{stage.processes.public_url}/o/" in email["text"]
    assert str(taken.message_id) in email["headers"]["Message-ID"]
    assert len(await stage.heard(MessageAccepted, need_id)) == 1


async def test_a_posted_need_is_on_its_topic_and_what_the_matcher_says_is_seen(stage: Stage) -> None:
    run, need = stage.processes, need_body()
    headers = {"Authorization": f"Bearer {run.api_key}", "Idempotency-Key": str(uuid4())}
    async with running(run.intake), httpx.AsyncClient(base_url=run.public_url, headers=headers, timeout=30) as client:
        first, second = [await client.post("/v1/needs", json=need) for _ in range(2)]
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        need_id = UUID(first.json()["need_id"])
        [opened] = await stage.wait_for(NeedOpened, need_id, 1)
        assert "A Family" not in opened.model_dump_json()

        await stage.tell(
            (need_id, NeedStuck(need_id=need_id, cause=StuckCause.NOBODY_LEFT, open_items=opened.terms.items))
        )

        async def stuck() -> bool:
            return bool((await client.get(f"/v1/needs/{need_id}")).json()["stuck"] == "nobody_left")

        await eventually(stuck)
    assert len(await stage.heard(NeedOpened, need_id)) == 1
