"""When a partner's person is not reached, the next way gets it: one at a time, and never a way that was tried."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from schemas.event import NeedEvent
from schemas.links import ContactLink, LinkKeys
from schemas.offers import OfferReminded
from schemas.outcomes import ClaimAwarded, ClaimLapsed, NeedStuck
from schemas.partners import AddressQuestion, Contact, OnCall, PartnerRecorded
from schemas.responses import FamilyContacted, OfferDeclined, PartnerResponse
from schemas.vocabulary import (
    AnswerChannel,
    Channel,
    DeclineReason,
    LapseReason,
    PartnerKind,
    ReminderKind,
    StuckCause,
)
from services.notifier.addresses import Addresses
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.recipients import Destination, Known, Recipients
from services.notifier.store import queue
from tests.integration.test_notifier import MADE, PostRoom, offer, open_post_room, withdrawal_of
from tests.parts import DatabaseMaker
from tests.waiting import eventually

BOTH = (Channel.EMAIL, Channel.TEXT)
ADA = Contact(contact_id=uuid4(), name="Ada", email="ada@church.example.org", phone="+17185550141", channels=BOTH)
BEN = Contact(contact_id=uuid4(), name="Ben", email="ben@church.example.org", phone="+17185550188", channels=BOTH)


@pytest_asyncio.fixture
async def room(postgres: DatabaseMaker) -> AsyncIterator[PostRoom]:
    async with open_post_room(await postgres("notifier")) as opened:
        yield opened


def church(*contacts: Contact, **changes: Any) -> PartnerRecorded:
    record = PartnerRecorded(
        partner_id=MADE.partner_id, name="Second Street", kind=PartnerKind.CHURCH, contacts=contacts
    )
    return record.model_copy(update=changes)


def about(made: Any) -> dict[str, Any]:
    return {name: getattr(made, name) for name in ("need_id", "offer_id", "partner_id", "terms")}


def reminder(made: Any, kind: ReminderKind = ReminderKind.ANSWER) -> OfferReminded:
    return OfferReminded(**about(made), kind=kind, due=made.terms.respond_by)


def award(made: Any, **changes: Any) -> ClaimAwarded:
    by = datetime.now(UTC) + timedelta(hours=3)
    return ClaimAwarded(**about(made), awarded=({"line": 1, "quantity": 1},), contact_by=by, **changes)


def answer(kind: type[PartnerResponse], made: Any, **facts: Any) -> PartnerResponse:
    ids = {name: getattr(made, name) for name in ("need_id", "offer_id", "partner_id")}
    return kind(**ids, channel=AnswerChannel.LINK, **facts)


def receivers(room: PostRoom) -> list[str]:
    """Where things arrived: emails first, each kind in order."""
    emails = [str(message_from_bytes(raw, policy=policy.default)["To"]) for raw in room.mail.taken]
    return [one.split("<")[-1].rstrip(">") for one in emails] + [text["To"] for text in room.providers.texts]


async def settle(room: PostRoom) -> None:
    """Sends until nothing is due."""

    async def nothing_left() -> bool:
        return await room.sender.send_due() == 0

    await eventually(nothing_left)


async def test_a_bounced_email_goes_on_by_text_to_the_same_person_and_once(room: PostRoom) -> None:
    room.mail.rcpt = "550 no such user"
    await room.hears(church(ADA, BEN), offer())
    await settle(room)
    assert receivers(room) == [ADA.phone]
    assert await room.statuses() == ["accepted"]
    told = await room.deliveries()
    assert told.count("switchboard.deliveries.accepted.v1") == 1
    assert "bounced" not in told, "it is one message, and it arrived"


async def test_where_no_way_of_one_works_the_next_person_gets_it_and_the_last_failure_is_told_once(
    room: PostRoom,
) -> None:
    room.mail.rcpt, room.providers.text_status = "550 no such user", 400
    await room.hears(church(ADA, BEN), offer())
    await settle(room)
    assert receivers(room) == []
    assert [text["To"] for text in room.providers.asked] == [ADA.phone, BEN.phone]
    assert await room.statuses() == ["bounced"]
    assert (await room.deliveries()).count("switchboard.deliveries.bounced.v1") == 1
    tried = await room.pool.fetchval("SELECT tried FROM messages")
    assert len(tried) == len(set(tried)) == 3, "the last way ended it"


async def test_what_perhaps_arrived_goes_to_nobody_else(room: PostRoom) -> None:
    room.mail.drop_after_data = True
    await room.hears(church(ADA, BEN), offer())
    for _ in range(3):
        await room.sender.send_due()
    assert await room.statuses() == ["unknown"]
    assert room.providers.asked == []
    assert receivers(room) == [ADA.email]


async def test_what_is_sent_once_more_goes_where_it_perhaps_went_whoever_is_on_call_since(room: PostRoom) -> None:
    room.providers.text_status = 500
    texts = [one.model_copy(update={"channels": (Channel.TEXT,)}) for one in (ADA, BEN)]
    await room.hears(church(*texts), offer())
    await room.sender.send_due()
    assert await room.statuses() == ["unknown"]
    turns = OnCall(contact_ids=(BEN.contact_id, ADA.contact_id), since=datetime.now(UTC).date(), days=7)
    await room.hears(church(*texts, on_call=turns.model_copy(update={"since": turns.since - timedelta(days=2)})))
    await room.pool.execute("UPDATE messages SET due_at = due_at - interval '11 seconds'")
    room.providers.text_status = 201
    assert await room.resolver.look_up_texts() == 1
    await settle(room)
    assert receivers(room) == [ADA.phone]


async def test_a_text_that_comes_back_later_goes_on_to_the_next_way(room: PostRoom) -> None:
    room.providers.final_status = "undelivered"
    ada = ADA.model_copy(update={"channels": (Channel.TEXT,)})
    await room.hears(church(ada, BEN), offer())
    await room.sender.send_due()
    assert await room.statuses() == ["accepted"]
    await room.resolver.learn_texts()
    assert await room.statuses() == ["queued"]
    await settle(room)
    assert receivers(room) == [BEN.email, ADA.phone]
    assert await room.statuses() == ["accepted"]
    assert "bounced" not in await room.deliveries()


async def test_a_text_that_comes_back_with_no_way_left_has_bounced(room: PostRoom) -> None:
    room.providers.final_status = "undelivered"
    await room.hears(church(ADA.model_copy(update={"channels": (Channel.TEXT,)})), offer())
    await room.sender.send_due()
    await room.resolver.learn_texts()
    await settle(room)
    assert await room.statuses() == ["bounced"]
    assert len(room.providers.texts) == 1
    assert (await room.deliveries()).count("switchboard.deliveries.bounced.v1") == 1


async def test_a_suppressed_address_is_passed_over(room: PostRoom) -> None:
    room.mail.rcpt = "550 no such user"
    emails = [one.model_copy(update={"channels": (Channel.EMAIL,)}) for one in (ADA, BEN)]
    await room.hears(church(emails[0]), offer())
    await settle(room)
    room.mail.rcpt = "250 OK"
    await room.hears(church(*emails), offer().model_copy(update={"offer_id": uuid4()}))
    await settle(room)
    assert receivers(room) == [BEN.email]


async def test_a_coordinator_whose_email_is_dead_is_texted(room: PostRoom) -> None:
    room.mail.rcpt = "550 no such user"
    await room.hears(NeedStuck(need_id=MADE.need_id, cause=StuckCause.NOBODY_LEFT, open_items=MADE.terms.items))
    await settle(room)
    assert await room.outcomes() == {"coordinator": ["accepted"]}
    assert len(room.providers.texts) == 1


async def test_a_reminder_goes_to_the_way_after_the_one_that_was_silent(room: PostRoom) -> None:
    ada = ADA.model_copy(update={"channels": (Channel.EMAIL,)})
    made = offer()
    await room.hears(church(ada, BEN), made)
    await settle(room)
    await room.hears(reminder(made))
    await settle(room)
    assert receivers(room) == [ADA.email, BEN.email]
    await room.hears(withdrawal_of(made))
    await settle(room)
    assert receivers(room)[2:] == [BEN.email], "one hears that it is over: whoever was written to last"


async def test_a_reminder_of_somebody_alone_with_one_way_comes_the_same_way(room: PostRoom) -> None:
    made = offer()
    await room.hears(church(ADA.model_copy(update={"channels": (Channel.EMAIL,)})), made)
    await settle(room)
    await room.hears(reminder(made))
    await settle(room)
    assert receivers(room) == [ADA.email] * 2


async def test_whoever_answered_is_the_one_for_all_that_follows(room: PostRoom) -> None:
    made = offer()
    await room.hears(church(ADA, BEN), made)
    await settle(room)
    await room.hears(award(made, contact_id=BEN.contact_id))
    await settle(room)
    await room.hears(reminder(made, ReminderKind.CONTACT))
    await settle(room)
    partners = [one for one in receivers(room) if one.endswith("church.example.org")]
    assert partners == [ADA.email, BEN.email, BEN.email]


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        (ReminderKind.ANSWER, lambda made: answer(OfferDeclined, made, reason=DeclineReason.OTHER)),
        (ReminderKind.CONTACT, lambda made: answer(FamilyContacted, made)),
        (
            ReminderKind.COMPLETE,
            lambda made: ClaimLapsed(
                **about(made), returned=({"line": 1, "quantity": 1},), reason=LapseReason.NOT_COMPLETED
            ),
        ),
    ],
)
@pytest.mark.parametrize("before", [True, False], ids=["heard before", "heard while it waits"])
async def test_a_reminder_after_the_answer_is_never_sent(
    room: PostRoom, kind: ReminderKind, heard: Any, *, before: bool
) -> None:
    made = offer()
    await room.hears(church(ADA), made)
    await settle(room)
    events: list[NeedEvent] = [reminder(made, kind), heard(made)]
    await room.hears(*(reversed(events) if before else events))
    await settle(room)
    became = await room.pool.fetchval("SELECT status || ' ' || problem FROM messages WHERE purpose LIKE '%_reminder'")
    assert became == "suppressed no_longer_true"


async def test_an_address_is_asked_once_and_no_topic_hears_of_it(room: PostRoom) -> None:
    question = AddressQuestion(question_id=uuid4(), channel=Channel.EMAIL)
    room.providers.questions[str(question.question_id)] = {"channel": "email", "address": "new@example.org"}
    asked = ADA.model_copy(update={"confirmed": False, "questions": (question,)})
    for _ in range(2):
        await room.hears(church(asked))
        await settle(room)
    await room.hears(offer())
    await settle(room)
    assert receivers(room) == ["new@example.org"], "they get that one question, and nothing else"
    [raw] = room.mail.taken
    email = message_from_bytes(raw, policy=policy.default)
    plain = email.get_body(("plain",))
    assert plain is not None
    assert "https://switchboard.example.org/a/" in plain.get_content()
    assert "/c/" not in plain.get_content()
    assert await room.pool.fetchval("SELECT status FROM messages WHERE need_id IS NULL") == "accepted"
    told = await room.deliveries()
    assert str(question.question_id) not in told
    kept = await room.pool.fetchval("SELECT string_agg(messages::text, ' ') FROM messages WHERE need_id IS NULL")
    assert "new@example.org" not in kept, "the address is intake's alone"


async def test_a_question_that_waits_no_more_is_not_asked(room: PostRoom) -> None:
    question = AddressQuestion(question_id=uuid4(), channel=Channel.TEXT)
    await room.hears(church(ADA.model_copy(update={"questions": (question,)})))
    await settle(room)
    assert receivers(room) == []
    assert await room.statuses() == ["suppressed"]
    assert await room.deliveries() == ""


async def test_each_message_to_a_contact_knows_the_way_to_their_own_preferences(room: PostRoom) -> None:
    await room.hears(church(ADA), offer())
    async with room.pool.acquire() as connection:
        [message] = await queue.claim_due(connection, 10)
        known = await Known.load(connection, [message])
    keys, addresses = LinkKeys({"k1": b"s" * 32}), Addresses(httpx.AsyncClient(), "http://nowhere", "key")

    async def find(now: datetime) -> str:
        found = await Recipients(known, addresses, keys, "https://us.example.org", QuietHours(0, 0), now).find(message)
        assert isinstance(found, Destination)
        return found.reader.preferences

    now = datetime.now(UTC)
    first, again = await find(now), await find(now + timedelta(hours=1))
    assert first == again, "trying again gives the same link"
    link = keys.verify(first.removeprefix("https://us.example.org/c/"), now + timedelta(days=4 * 365))
    assert isinstance(link, ContactLink)
    assert (link.partner_id, link.contact_id) == (MADE.partner_id, ADA.contact_id)
