"""A programme's seats, in the matcher's real database: asked while some are free, never awarded beyond them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from schemas.codec import Tombstone
from schemas.envelope import Envelope
from schemas.event import Event, Item, Programme
from schemas.needs import NeedOpened
from schemas.partners import NationArea, PartnerRecorded, Service
from schemas.responses import ClaimReleased, OfferAccepted, OfferDeclined
from schemas.taxonomy import Category
from schemas.topics import PARTNERS, topic_of
from schemas.vocabulary import AnswerChannel, DeclineReason, PartnerKind, ReleaseReason
from services.matcher.directory.index import IndexedDirectory
from services.matcher.handlers import Matching
from services.runtime.database import Pool, open_pool
from services.runtime.messages import Message
from services.runtime.tracing import new_traceparent
from tests.parts import DatabaseMaker
from tests.unit.matcher.situation import POLICY, terms

pytestmark = pytest.mark.asyncio(loop_scope="session")

TODAY = datetime.now(UTC).date()
A_TERM = timedelta(days=100)


@dataclass
class Matcher:
    """The matcher's handler on a database of its own, and one partner with a programme."""

    pool: Pool
    matching: Matching
    directory: IndexedDirectory
    partner_id: UUID = field(default_factory=uuid4)
    service_id: UUID = field(default_factory=uuid4)
    versions: "count[int]" = field(default_factory=lambda: count(1))

    async def take(self, *events: Event, subject: UUID | None = None) -> None:
        """A batch, as from Kafka."""
        messages = [
            Message(
                topic_of(event).name,
                event,
                Envelope(
                    uuid4(),
                    event.type,
                    "switchboard/test",
                    datetime.now(UTC),
                    str(subject or getattr(event, topic_of(event).key)),
                    next(self.versions),
                    new_traceparent(),
                ),
            )
            for event in events
        ]
        async with self.pool.acquire() as connection, connection.transaction():
            await self.matching.handle(connection, messages)

    async def record(self, seats: int, begins: date = TODAY, ends: date = TODAY + A_TERM, **changes: object) -> None:
        """The partner, with so many seats in this term."""
        service = Service(
            service_id=self.service_id,
            categories=(Category.AFTER_SCHOOL,),
            area=NationArea(),
            programme=Programme(seats=seats, begins=begins, ends=ends),
        )
        partner = PartnerRecorded.model_validate(
            {
                "partner_id": self.partner_id,
                "name": "After School",
                "kind": PartnerKind.SCHOOL_PROGRAMME,
                "services": (service,),
                "messages_per_week": 200,
                "open_offers": 100,
                **changes,
            }
        )
        self.directory.apply(partner)
        await self.take(partner)

    async def refer(self, seats: int = 1) -> UUID:
        """A need for seats. Returns its id."""
        now = datetime.now(UTC)
        asked = terms(Item(line=1, code="after_school.seat", quantity=seats))
        consent = asked.consent.model_copy(update={"until": now + A_TERM})
        changed = {"referred_by": uuid4(), "needed_by": now + timedelta(days=5), "consent": consent}
        need_id = uuid4()
        await self.take(NeedOpened(need_id=need_id, terms=asked.model_copy(update=changed)))
        return need_id

    async def offer_of(self, need_id: UUID) -> asyncpg.Record | None:
        async with self.pool.acquire() as connection:
            return await connection.fetchrow("SELECT * FROM offers WHERE need_id = $1", need_id)

    async def answer(self, need_id: UUID) -> dict[str, object]:
        """What every answer to the need's offer says."""
        offer = await self.offer_of(need_id)
        assert offer is not None
        return {
            "need_id": need_id,
            "offer_id": offer["offer_id"],
            "partner_id": self.partner_id,
            "channel": AnswerChannel.LINK,
        }

    async def enroll(self, need_id: UUID) -> None:
        await self.take(OfferAccepted.model_validate(await self.answer(need_id)))

    async def status(self, need_id: UUID) -> str:
        offer = await self.offer_of(need_id)
        return str(offer["status"]) if offer is not None else "not asked"

    async def told(self, need_id: UUID, what: str) -> int:
        """How many events of a need of that type wait for Kafka."""
        async with self.pool.acquire() as connection:
            found: int = await connection.fetchval(
                "SELECT count(*) FROM outbox WHERE key = $1 AND headers LIKE '%' || $2 || '%'",
                str(need_id).encode(),
                f"switchboard.outcomes.{what}.v1",
            )
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def matcher(postgres: DatabaseMaker) -> AsyncIterator[Matcher]:
    url = await postgres("matcher")
    directory = IndexedDirectory(POLICY.ranking)
    async with open_pool(url, 6) as pool:
        yield Matcher(pool, Matching(POLICY, directory), directory)


async def test_an_offer_of_a_programme_says_its_term(matcher: Matcher) -> None:
    await matcher.record(seats=2)
    offer = await matcher.offer_of(await matcher.refer())
    assert offer is not None
    assert offer["terms"]["programme"] == {
        "seats": 2,
        "begins": TODAY.isoformat(),
        "ends": (TODAY + A_TERM).isoformat(),
    }


async def test_the_last_seat_goes_to_one_of_many_that_say_yes_at_once(matcher: Matcher) -> None:
    await matcher.record(seats=2)
    needs = [await matcher.refer() for _ in range(6)]
    await asyncio.gather(*(matcher.enroll(need_id) for need_id in needs))
    assert sorted([await matcher.status(need_id) for need_id in needs]) == ["claimed"] * 2 + ["refused"] * 4
    assert [await matcher.told(need_id, "referral_answered") for need_id in needs] == [1] * 6


async def test_within_one_batch_the_seats_are_counted_too(matcher: Matcher) -> None:
    await matcher.record(seats=3)
    needs = [await matcher.refer(seats=2) for _ in range(3)]
    answers = [OfferAccepted.model_validate(await matcher.answer(need_id)) for need_id in needs]
    await matcher.take(*answers, answers[0])
    offers = [await matcher.offer_of(need_id) for need_id in needs]
    assert [offer and (offer["status"], offer["quantities"]) for offer in offers] == [
        ("claimed", {"1": 2}),
        ("claimed", {"1": 1}),
        ("refused", {}),
    ]


async def test_a_full_programme_is_not_asked_until_a_seat_is_free(matcher: Matcher) -> None:
    await matcher.record(seats=1)
    first = await matcher.refer()
    await matcher.enroll(first)
    assert await matcher.status(await matcher.refer()) == "not asked"
    await matcher.take(
        ClaimReleased.model_validate({**await matcher.answer(first), "reason": ReleaseReason.NO_LONGER_ABLE})
    )
    assert await matcher.status(await matcher.refer()) == "open"


async def test_a_new_term_begins_with_all_its_seats_and_more_seats_count_at_once(matcher: Matcher) -> None:
    await matcher.record(seats=1, begins=TODAY - A_TERM, ends=TODAY)
    await matcher.enroll(await matcher.refer())
    assert await matcher.status(await matcher.refer()) == "not asked"
    await matcher.record(seats=1, begins=TODAY + timedelta(days=1))
    await matcher.enroll(await matcher.refer())
    waiting = await matcher.refer()
    assert await matcher.status(waiting) == "not asked"
    await matcher.record(seats=2, begins=TODAY + timedelta(days=2))
    assert await matcher.status(await matcher.refer()) == "open"


async def test_a_programme_whose_term_has_ended_is_not_asked(matcher: Matcher) -> None:
    await matcher.record(seats=9, begins=TODAY - A_TERM, ends=TODAY - timedelta(days=1))
    assert await matcher.status(await matcher.refer()) == "not asked"


async def test_which_programmes_take_nobody_is_known_to_whoever_asks_who_could_help(matcher: Matcher) -> None:
    over = (matcher.partner_id, matcher.service_id)
    await matcher.record(seats=9, begins=TODAY - A_TERM, ends=TODAY - timedelta(days=1))
    matcher.partner_id, matcher.service_id = uuid4(), uuid4()
    full = (matcher.partner_id, matcher.service_id)
    await matcher.record(seats=1)
    need_id = await matcher.refer()
    await matcher.matching.learn(matcher.pool)
    assert matcher.matching.closed == {over}
    await matcher.enroll(need_id)
    await matcher.matching.learn(matcher.pool)
    assert matcher.matching.closed == {over, full}
    freed = {**await matcher.answer(need_id), "reason": ReleaseReason.NO_LONGER_ABLE}
    await matcher.take(ClaimReleased.model_validate(freed))
    await matcher.matching.learn(matcher.pool)
    assert matcher.matching.closed == {over}


async def test_full_programmes_stand_in_nobodys_way(matcher: Matcher) -> None:
    for _ in range(12):
        matcher.partner_id, matcher.service_id = uuid4(), uuid4()
        await matcher.record(seats=1)
        await matcher.enroll(await matcher.refer())
    matcher.partner_id, matcher.service_id = uuid4(), uuid4()
    await matcher.record(seats=1)
    assert await matcher.status(await matcher.refer()) == "open"


async def test_a_no_twice_is_told_once(matcher: Matcher) -> None:
    await matcher.record(seats=1)
    need_id = await matcher.refer()
    no = OfferDeclined.model_validate({**await matcher.answer(need_id), "reason": DeclineReason.WAITLISTED})
    await matcher.take(no)
    await matcher.take(no)
    assert await matcher.told(need_id, "referral_answered") == 1


async def test_a_partner_that_is_removed_leaves_no_programme(matcher: Matcher) -> None:
    await matcher.record(seats=1)
    tombstone = Message(
        PARTNERS.name,
        Tombstone(matcher.partner_id),
        Envelope(uuid4(), "", "switchboard/test", datetime.now(UTC), str(matcher.partner_id), 99, new_traceparent()),
    )
    async with matcher.pool.acquire() as connection:
        async with connection.transaction():
            await matcher.matching.handle(connection, [tombstone])
        assert await connection.fetchval("SELECT count(*) FROM programmes") == 0
