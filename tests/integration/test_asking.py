"""Whom the matcher asks, with what the database knows of those who could be."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from schemas.envelope import Envelope
from schemas.event import Event, Item, LineQuantity
from schemas.needs import FirstAsk, NeedCancelled, NeedOpened
from schemas.partners import NationArea, PartnerRecorded, Service
from schemas.responses import (
    ClaimUndone,
    FamilyNotReached,
    HelpCompleted,
    HelpScheduled,
    OfferAccepted,
    OfferDeclined,
    Shortfall,
)
from schemas.taxonomy import Category
from schemas.topics import topic_of
from schemas.vocabulary import (
    AnswerChannel,
    CancelReason,
    DeclineReason,
    EligibilityRule,
    PartnerKind,
    PartOfDay,
    ShortfallCause,
    StuckCause,
    UnmetCause,
)
from services.matcher.directory.index import IndexedDirectory
from services.matcher.domain.eligible import Asked
from services.matcher.domain.state import Need, NeedStatus, OfferStatus
from services.matcher.handlers import Matching
from services.matcher.store.needs import lock_needs
from services.matcher.store.partners import records_of
from services.runtime.database import Connection, open_connection, open_pool
from services.runtime.messages import Message
from services.runtime.tracing import new_traceparent
from tests.parts import DatabaseMaker
from tests.unit.matcher.situation import BEDS, FIRST_WAVE, POLICY, START, terms

pytestmark = pytest.mark.asyncio(loop_scope="session")

PACE = POLICY.urgency[terms().urgency]
RENT = Item(line=2, code="rent.dollars", quantity=200)


@pytest_asyncio.fixture(loop_scope="session")
async def url(postgres: DatabaseMaker) -> str:
    return await postgres("matcher")


@pytest_asyncio.fixture(loop_scope="session")
async def connection(url: str) -> AsyncIterator[Connection]:
    async with open_connection(url) as connection:
        yield connection


class Community:
    """A matcher without a broker: records go in by hand."""

    def __init__(self, connection: Connection, *partners: PartnerRecorded) -> None:
        self.connection = connection
        self.directory = IndexedDirectory(POLICY.ranking)
        self.matching = Matching(POLICY, self.directory)
        self.ids = [partner.partner_id for partner in partners]
        for partner in partners:
            self.directory.apply(partner)

    async def tell(self, subject: UUID, version: int, event: Event) -> None:
        now = datetime.now(UTC)
        envelope = Envelope(uuid4(), event.type, "switchboard/test", now, str(subject), version, new_traceparent())
        async with self.connection.transaction():
            await self.matching.handle(self.connection, [Message(topic_of(event).name, event, envelope)])

    async def open(self, *items: Item, first: Sequence[UUID] = ()) -> UUID:
        now, need_id = datetime.now(UTC), uuid4()
        picked = FirstAsk(partner_ids=tuple(first), until=now + timedelta(hours=24)) if first else None
        consent = terms().consent.model_copy(update={"until": now + timedelta(days=90)})
        facts = {"needed_by": now + timedelta(days=5), "first_ask": picked, "consent": consent}
        await self.tell(need_id, 1, NeedOpened(need_id=need_id, terms=terms(*items).model_copy(update=facts)))
        return need_id

    async def decline(self, need_id: UUID, partner_id: UUID) -> None:
        offer = next(one for one in (await self.read(need_id)).offers if one.partner_id == partner_id)
        about = {"need_id": need_id, "offer_id": offer.offer_id, "partner_id": partner_id, "contact_id": None}
        answer = {"reason": DeclineReason.NO_CAPACITY, "channel": AnswerChannel.LINK}
        await self.tell(need_id, 1, OfferDeclined.model_validate(about | answer))

    async def read(self, need_id: UUID) -> Need:
        async with self.connection.transaction():
            return (await lock_needs(self.connection, [need_id]))[need_id]

    async def asked(self, need_id: UUID) -> list[UUID]:
        return [offer.partner_id for offer in (await self.read(need_id)).offers_in(OfferStatus.OPEN)]


def a_partner(*categories: Category, **facts: object) -> PartnerRecorded:
    service = Service(service_id=uuid4(), categories=categories, area=NationArea(), languages=("en",))
    about = {"partner_id": uuid4(), "name": "Somebody", "kind": PartnerKind.NONPROFIT, "services": (service,)}
    return PartnerRecorded.model_validate(about | facts)


async def test_the_picked_ones_are_asked_alone_and_others_once_they_have_declined(connection: Connection) -> None:
    community = Community(connection, *(a_partner(Category.BEDS) for _ in range(8)))
    picked = community.ids[3:5]
    need_id = await community.open(BEDS, first=picked)
    assert set(await community.asked(need_id)) == set(picked)
    await community.decline(need_id, picked[0])
    assert await community.asked(need_id) == [picked[1]]
    await community.decline(need_id, picked[1])
    others = await community.asked(need_id)
    assert len(others) == FIRST_WAVE
    assert not set(others) & set(picked)


async def test_where_nobody_who_was_picked_may_be_asked_the_others_are(connection: Connection) -> None:
    community = Community(connection, a_partner(Category.FOOD), a_partner(Category.BEDS))
    need_id = await community.open(BEDS, first=community.ids[:1])
    assert await community.asked(need_id) == community.ids[1:]


async def test_a_mixed_need_goes_to_who_can_take_a_part_and_each_is_offered_just_that(connection: Connection) -> None:
    beds = [a_partner(Category.BEDS) for _ in range(6)]
    community = Community(connection, *beds, a_partner(Category.RENT), a_partner(Category.LEGAL))
    need_id = await community.open(BEDS, RENT)
    offered = {offer.partner_id: offer.terms.items for offer in (await community.read(need_id)).offers}
    assert offered[community.ids[6]] == (RENT,)
    assert len(offered) == FIRST_WAVE + 1
    assert all(items == (BEDS,) for partner_id, items in offered.items() if partner_id != community.ids[6])


async def test_what_another_copy_asked_counts_though_the_directory_has_not_heard_of_it(connection: Connection) -> None:
    partners = [a_partner(Category.BEDS, open_offers=1) for _ in range(6)]
    one, other = Community(connection, *partners), Community(connection, *partners)
    first = await one.asked(await one.open(BEDS))
    second = await other.asked(await other.open(BEDS))
    assert len(first) == FIRST_WAVE
    assert set(first) | set(second) == set(one.ids)
    assert not set(first) & set(second)


async def test_who_takes_a_yes_back_as_a_mistake_counts_as_not_asked_and_others_are_asked(
    connection: Connection,
) -> None:
    community = Community(connection, *(a_partner(Category.BEDS) for _ in range(8)))
    need_id = await community.open(BEDS)
    offer = (await community.read(need_id)).offers[0]
    about = {"need_id": need_id, "offer_id": offer.offer_id, "partner_id": offer.partner_id}
    await community.tell(need_id, 2, OfferAccepted(**about, channel=AnswerChannel.LINK))
    assert await community.asked(need_id) == []
    await community.tell(need_id, 3, ClaimUndone(**about, channel=AnswerChannel.LINK))
    assert len(await community.asked(need_id)) == FIRST_WAVE
    record = (await records_of(connection, [offer.partner_id]))[offer.partner_id]
    assert (record.asked, record.said_yes, record.open_offers) == (0, 0, 0)


async def test_what_a_partner_says_on_the_way_to_the_handover_is_kept(connection: Connection) -> None:
    community = Community(connection, *(a_partner(Category.BEDS) for _ in range(8)))
    need_id = await community.open(BEDS)
    offer = (await community.read(need_id)).offers[0]
    about = {"need_id": need_id, "offer_id": offer.offer_id, "partner_id": offer.partner_id}
    answer: dict[str, Any] = {**about, "channel": AnswerChannel.LINK}
    until = datetime.now(UTC) + timedelta(days=2)
    await community.tell(need_id, 2, OfferAccepted(**answer))
    await community.tell(need_id, 3, HelpScheduled(**answer, day=until.date(), part=PartOfDay.EVENING, until=until))
    for attempt in (1, 2, 3):
        await community.tell(need_id, 3 + attempt, FamilyNotReached(**answer, attempt=attempt))
    need = await community.read(need_id)
    claim = need.offers[0]
    assert (claim.status, claim.scheduled, claim.schedules, claim.unreached) == (OfferStatus.CONTACTED, until, 1, 3)
    assert need.stuck is StuckCause.FAMILY_UNREACHABLE
    given, cause = (LineQuantity(line=1, quantity=1),), ShortfallCause.FAMILY_NO_LONGER_NEEDS
    missing = (Shortfall(line=1, quantity=2, cause=cause),)
    await community.tell(need_id, 7, HelpCompleted(**answer, lines=given, shortfalls=missing))
    need = await community.read(need_id)
    assert (need.offers[0].quantities, need.offers[0].waived, need.status) == ({1: 1}, {1: 2}, NeedStatus.CONFIRMING)


async def test_the_directory_learns_who_says_yes(url: str, connection: Connection) -> None:
    community = Community(connection, *(a_partner(Category.BEDS) for _ in range(2)))
    need_id = await community.open(BEDS)
    await community.decline(need_id, community.ids[0])
    fresh = Community(connection)
    for partner_id in community.ids:
        fresh.directory.apply(a_partner(Category.BEDS, partner_id=partner_id))
    async with open_pool(url, 1) as pool:
        await fresh.matching.learn(pool)
    found = fresh.directory.find(Asked(terms(BEDS), (BEDS,), START))
    assert [one.partner_id for one in found] == [community.ids[1], community.ids[0]]
    # One of the two that are counted as usual said yes, and one who was asked did not.
    assert [round(one.reasons.yes_chance, 2) for one in found] == [0.33, 0.22]


async def test_whoever_waits_because_nobody_could_hears_what_leaves_out_the_partners(connection: Connection) -> None:
    community = Community(connection, *(a_partner(Category.FOOD) for _ in range(3)))
    need_id = await community.open(BEDS)
    await community.tell(need_id, 2, NeedCancelled(need_id=need_id, reason=CancelReason.MET_ELSEWHERE))
    rows = await connection.fetch("SELECT value FROM outbox WHERE key = $1 ORDER BY id", str(need_id).encode())
    said = [json.loads(row["value"]) for row in rows]
    stuck = [one["left_out"] for one in said if one.get("cause") == StuckCause.NOBODY_ELIGIBLE]
    assert stuck == [{EligibilityRule.CATEGORY: 3}]
    # Who takes a need back does not ask why nobody could.
    assert [one["left_out"] for one in said if one.get("cause") == UnmetCause.CANCELLED] == [None]
