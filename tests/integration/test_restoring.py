"""What a restored copy of a database takes from topics, where the whole system seldom gets: stale words, and gaps."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest
import pytest_asyncio

from schemas.deliveries import MessageSuppressed
from schemas.envelope import Envelope
from schemas.event import Event
from schemas.examples import EXAMPLES
from schemas.needs import NeedOpened
from schemas.offers import OfferMade
from schemas.outcomes import ClaimAwarded, ConfirmationRequested, NeedStuck
from schemas.partners import PartnerRecorded
from schemas.responses import FamilyDisputed, HelpCompleted
from schemas.topics import ServiceName, topic_of
from schemas.vocabulary import (
    Answerer,
    Channel,
    DeliveryProblem,
    MessagePurpose,
    PartnerStatus,
    RecipientKind,
    StuckCause,
)
from services.matcher.directory.plain import PlainDirectory
from services.matcher.domain.state import NeedStatus, OfferStatus
from services.matcher.handlers import Matching
from services.matcher.restoring import restore_matcher
from services.matcher.store.needs import lock_needs
from services.notifier.restoring import restore_notifier
from services.runtime import inbox, outbox
from services.runtime.database import Connection, open_connection
from services.runtime.headers import headers_from_json
from services.runtime.messages import Message
from services.runtime.outbox import Outgoing
from services.runtime.tracing import new_traceparent
from tests.parts import DatabaseMaker
from tests.unit.matcher.situation import BEDS, POLICY, START, terms

pytestmark = pytest.mark.asyncio(loop_scope="session")

MADE = next(one for one in EXAMPLES if isinstance(one, OfferMade))
PARTNER = next(one for one in EXAMPLES if isinstance(one, PartnerRecorded))


@pytest_asyncio.fixture(loop_scope="session")
async def connection(postgres: DatabaseMaker) -> AsyncIterator[Connection]:
    url = await postgres("matcher")
    async with open_connection(url) as connection:
        yield connection


@dataclass
class Topics:
    """What the topics hold, oldest first, a minute apart."""

    messages: list[Message] = field(default_factory=list)

    def hold(self, subject: UUID, version: int, event: Event) -> Message:
        at = START + timedelta(minutes=len(self.messages))
        envelope = Envelope(uuid4(), event.type, "switchboard/test", at, str(subject), version, new_traceparent())
        self.messages.append(Message(topic_of(event).name, event, envelope))
        return self.messages[-1]


def a_claim_handed_over(topics: Topics, need_id: UUID, version: int, partner_id: UUID) -> None:
    """An offer, a yes and a completion; the family is asked."""
    about = {
        "need_id": need_id,
        "offer_id": uuid4(),
        "partner_id": partner_id,
        "terms": MADE.terms.model_copy(update={"items": (BEDS,)}),
    }
    topics.hold(need_id, version, OfferMade(**about, service_id=uuid4(), wave=version, reasons=MADE.reasons))
    awarded = ({"line": 1, "quantity": BEDS.quantity},)
    topics.hold(
        need_id,
        version + 1,
        ClaimAwarded.model_validate(about | {"awarded": awarded, "contact_by": START + timedelta(days=1)}),
    )
    topics.hold(need_id, version, HelpCompleted.model_validate(about | {"channel": "link"}))
    topics.hold(need_id, version + 2, ConfirmationRequested(need_id=need_id, delivered=(BEDS,), attempt=1))


async def test_an_answer_to_an_earlier_question_is_not_heard_again(connection: Connection) -> None:
    topics, need_id = Topics(), uuid4()
    topics.hold(need_id, 1, NeedOpened(need_id=need_id, terms=terms(BEDS)))
    a_claim_handed_over(topics, need_id, 1, uuid4())
    answer = topics.hold(need_id, 5, FamilyDisputed(need_id=need_id, by=Answerer.FAMILY))
    topics.hold(need_id, 4, NeedStuck(need_id=need_id, cause=StuckCause.FAMILY_DISPUTED, open_items=(BEDS,)))
    a_claim_handed_over(topics, need_id, 5, uuid4())
    async with connection.transaction():
        counts = await restore_matcher(connection, topics.messages, POLICY)
    need = (await lock_needs(connection, [need_id]))[need_id]
    assert (need.status, need.version, need.stuck) == (NeedStatus.CONFIRMING, 7, None)
    assert [offer.status for offer in need.offers] == [OfferStatus.DISPUTED, OfferStatus.COMPLETED]
    assert await inbox.seen(connection, [answer.envelope.id]) == {answer.envelope.id}
    assert counts == {
        "needs opened again": 1,
        "needs brought up to date": 0,
        "offers made since": 2,
        "needs of which an event is missing": 0,
    }


async def test_a_pause_that_is_over_takes_no_offer_back(connection: Connection) -> None:
    topics, need_id, partner_id = Topics(), uuid4(), uuid4()
    paused, active = (
        topics.hold(partner_id, version, PARTNER.model_copy(update={"partner_id": partner_id, "status": status}))
        for version, status in enumerate((PartnerStatus.PAUSED, PartnerStatus.ACTIVE), start=2)
    )
    topics.hold(need_id, 1, NeedOpened(need_id=need_id, terms=terms(BEDS)))
    a_claim_handed_over(topics, need_id, 1, partner_id)
    async with connection.transaction():
        await restore_matcher(connection, topics.messages[:5], POLICY)
        await Matching(POLICY, PlainDirectory(POLICY.ranking)).handle(connection, [paused])
        await Matching(POLICY, PlainDirectory(POLICY.ranking)).handle(connection, [active])
    need = (await lock_needs(connection, [need_id]))[need_id]
    assert [offer.status for offer in need.offers] == [OfferStatus.CLAIMED]
    assert await connection.fetchval("SELECT offers_made FROM partners WHERE partner_id = $1", partner_id) == 1


async def test_that_a_family_could_not_be_asked_is_still_told_to_its_coordinator(postgres: DatabaseMaker) -> None:
    topics, need_id = Topics(), uuid4()
    asked = topics.hold(need_id, 1, ConfirmationRequested(need_id=need_id, delivered=(BEDS,), attempt=1))
    refused = MessageSuppressed(
        need_id=need_id,
        message_id=uuid5(asked.envelope.id, RecipientKind.FAMILY),
        recipient=RecipientKind.FAMILY,
        purpose=MessagePurpose.CONFIRMATION,
        channel=Channel.TEXT,
        at=START,
        problem=DeliveryProblem.OPTED_OUT,
    )
    topics.hold(need_id, 1, refused)
    url = await postgres("notifier")
    async with open_connection(url) as connection:
        for _ in range(2):
            async with connection.transaction():
                await restore_notifier(connection, topics.messages)
        rows = await connection.fetch("SELECT recipient, status FROM messages ORDER BY recipient")
    assert [tuple(row) for row in rows] == [("coordinator", "queued"), ("family", "suppressed")]


async def test_an_event_that_no_topic_holds_any_more_is_counted(connection: Connection) -> None:
    topics, need_id = Topics(), uuid4()
    topics.hold(need_id, 1, NeedOpened(need_id=need_id, terms=terms(BEDS)))
    a_claim_handed_over(topics, need_id, 3, uuid4())
    async with connection.transaction():
        counts = await restore_matcher(connection, topics.messages, POLICY)
    assert counts["needs of which an event is missing"] == 1


async def test_what_was_published_since_leaves_the_outbox(connection: Connection) -> None:
    events = [MADE, NeedStuck(need_id=MADE.need_id, cause=StuckCause.NOBODY_LEFT)]
    await outbox.publish(
        connection,
        ServiceName.MATCHER,
        [Outgoing(event, MADE.need_id, version, new_traceparent()) for version, event in enumerate(events, start=1)],
    )
    ids = [
        Envelope.from_headers(headers_from_json(row["headers"])).id
        for row in await connection.fetch("SELECT headers FROM outbox ORDER BY id")
    ]
    assert await outbox.drop_published(connection, {ids[0], uuid4()}) == 1
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 1
