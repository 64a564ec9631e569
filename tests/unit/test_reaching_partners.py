"""Which of a partner's people hears, by which way, and what stops a reminder: rules of the notifier, by themselves."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import outcomes, responses
from schemas.partners import Contact, OnCall
from schemas.vocabulary import Channel, ContactRole, DeliveryProblem, MessagePurpose
from services.notifier.domain.on_call import order_on_call
from services.notifier.domain.reaching import begin_after, ways_to
from services.notifier.domain.reminding import is_answered
from services.notifier.domain.sending import Attempt, MessageStatus, NotNow, NotWanted, Refused, Sent, Unclear, conclude

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
OFFER, AWARD, REMINDER = MessagePurpose.OFFER, MessagePurpose.CLAIM_AWARDED, MessagePurpose.OFFER_REMINDER
BOTH = (Channel.EMAIL, Channel.TEXT)


def person(name: str, **changes: object) -> Contact:
    contact = Contact(contact_id=uuid4(), name=name, email=f"{name}@example.org", phone="+17185550141", channels=BOTH)
    return contact.model_copy(update=changes)


ADA, BEN, CLEO = person("ada"), person("ben"), person("cleo")


def reached(
    *contacts: Contact, purpose: MessagePurpose = OFFER, first: UUID | None = None, on_call: OnCall | None = None
) -> list[str]:
    return [f"{way.contact.name} {way.channel}" for way in ways_to(contacts, on_call, purpose, first, NOW)]


TURNS = st.builds(
    OnCall,
    contact_ids=st.lists(st.uuids(), min_size=1, max_size=8, unique=True).map(tuple),
    since=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(1, 31),
)


@given(turns=TURNS, rounds=st.integers(0, 50))
def test_in_each_round_everybody_has_one_turn_of_so_many_days_in_their_order(turns: OnCall, rounds: int) -> None:
    length = turns.days * len(turns.contact_ids)
    begins = turns.since + timedelta(days=rounds * length)
    firsts = [order_on_call(turns, begins + timedelta(days=day))[0] for day in range(length)]
    assert firsts == [one for one in turns.contact_ids for _ in range(turns.days)]


@given(turns=TURNS, day=st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_nobody_is_lost_and_who_comes_next_has_the_next_turn(turns: OnCall, day: date) -> None:
    order = order_on_call(turns, day)
    if day < turns.since:
        assert order == ()
        return
    assert sorted(order) == sorted(turns.contact_ids)
    later = order_on_call(turns, day + timedelta(days=turns.days))
    assert later == order[1:] + order[:1]


def test_a_turn_changes_at_midnight_where_the_first_of_them_lives() -> None:
    ada = person("ada", time_zone="Pacific/Honolulu")
    turns = OnCall(contact_ids=(ada.contact_id, BEN.contact_id), since=date(2026, 11, 23), days=1)

    def first(moment: str) -> str:
        ways = ways_to((ada, BEN), turns, OFFER, None, datetime.fromisoformat(moment).replace(tzinfo=UTC))
        return ways[0].contact.name

    # In Hawaii the 24th begins at ten in the morning, UTC.
    assert [first("2026-11-24T09:59"), first("2026-11-24T10:00")] == ["ada", "ben"]


def test_contacts_are_tried_in_their_order_each_by_their_channels_best_first() -> None:
    ben = person("ben", channels=(Channel.TEXT, Channel.EMAIL))
    assert reached(ADA, ben) == ["ada email", "ada text", "ben text", "ben email"]


def test_who_is_on_call_goes_first_and_who_is_not_in_turns_last() -> None:
    turns = OnCall(contact_ids=(CLEO.contact_id, uuid4(), BEN.contact_id), since=NOW.date(), days=7)
    assert reached(ADA, BEN, CLEO, on_call=turns)[::2] == ["cleo email", "ben email", "ada email"]


def test_who_answered_stays_the_one_whoever_is_on_call() -> None:
    turns = OnCall(contact_ids=(CLEO.contact_id,), since=NOW.date(), days=7)
    ways = reached(ADA, BEN, CLEO, purpose=AWARD, first=BEN.contact_id, on_call=turns)
    assert ways[::2] == ["ben email", "cleo email", "ada email"]


def test_who_takes_requests_alone_is_asked_and_who_follows_through_hears_first_what_comes_after() -> None:
    asks, follows = (
        person("asks", roles=(ContactRole.REQUESTS,)),
        person("follows", roles=(ContactRole.FOLLOW_THROUGH,)),
    )
    assert reached(follows, asks) == ["asks email", "asks text"]
    assert reached(follows) == []
    assert reached(asks, follows, ADA, purpose=AWARD)[::2] == ["follows email", "ada email", "asks email"]


def test_who_is_away_is_asked_for_nothing_new_and_hears_last_what_follows() -> None:
    away = person("away", away_until=NOW + timedelta(seconds=1))
    assert reached(away, BEN) == ["ben email", "ben text"]
    assert reached(away, BEN, purpose=AWARD)[0] == "ben email"
    assert reached(away, BEN, purpose=AWARD, first=away.contact_id)[0] == "away email"
    assert reached(person("back", away_until=NOW)) == ["back email", "back text"]


@pytest.mark.parametrize("changes", [{"confirmed": False}, {"channels": ()}, {"email": None, "phone": None}])
def test_nobody_is_written_to_who_did_not_say_so(changes: dict[str, object]) -> None:
    for purpose in (*MessagePurpose,):
        assert reached(person("ada", **changes), purpose=purpose, first=None) == []


def test_a_code_goes_to_the_own_email_and_never_beside() -> None:
    ada = person("ada", channels=(Channel.TEXT,))
    assert reached(BEN, ada, purpose=MessagePurpose.IDENTITY_CODE, first=ada.contact_id) == ["ada email"]
    assert reached(BEN, ada, purpose=MessagePurpose.IDENTITY_CODE) == []


def test_a_reminder_begins_after_the_way_that_was_silent_and_comes_back_to_it_last() -> None:
    ways = ways_to((ADA, BEN), None, REMINDER, None, NOW)
    turned = begin_after(ways, ways[1].key)
    assert [f"{way.contact.name} {way.channel}" for way in turned] == [
        "ben email",
        "ben text",
        "ada email",
        "ada text",
    ]
    assert begin_after(ways, "email of nobody") == ways
    assert begin_after(ways[:1], ways[0].key) == ways[:1]


BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("purpose", "heard", "said_at", "stops"),
    [
        (REMINDER, responses.OfferAccepted, BEFORE, True),
        (REMINDER, responses.OfferDeclined, AFTER, True),
        (OFFER, responses.OfferDeclined, AFTER, True),
        (MessagePurpose.CONTACT_REMINDER, responses.FamilyContacted, AFTER, True),
        (MessagePurpose.CONTACT_REMINDER, responses.FamilyContacted, BEFORE, True),
        (MessagePurpose.CONTACT_REMINDER, responses.HelpScheduled, BEFORE, True),
        (MessagePurpose.CONTACT_REMINDER, responses.HelpCompleted, AFTER, True),
        (MessagePurpose.CONTACT_REMINDER, responses.OfferAccepted, BEFORE, False),
        (MessagePurpose.CONTACT_REMINDER, responses.FamilyNotReached, AFTER, True),
        (MessagePurpose.CONTACT_REMINDER, responses.FamilyNotReached, BEFORE, False),
        (MessagePurpose.CONTACT_REMINDER, outcomes.ClaimLapsed, AFTER, True),
        (MessagePurpose.COMPLETE_REMINDER, responses.HelpCompleted, AFTER, True),
        (MessagePurpose.COMPLETE_REMINDER, responses.FamilyContacted, BEFORE, False),
        (MessagePurpose.COMPLETE_REMINDER, outcomes.ClaimLapsed, AFTER, True),
        # The day was said before, and is over: that is what the reminder is about.
        (MessagePurpose.COMPLETE_REMINDER, responses.HelpScheduled, BEFORE, False),
        (MessagePurpose.COMPLETE_REMINDER, responses.HelpScheduled, AFTER, True),
        (AWARD, responses.OfferAccepted, BEFORE, False),
        (MessagePurpose.CLAIM_LAPSED, outcomes.ClaimLapsed, BEFORE, False),
    ],
)
def test_what_was_answered_is_not_reminded_of(
    purpose: MessagePurpose, heard: type[responses.PartnerResponse], said_at: datetime, *, stops: bool
) -> None:
    assert is_answered(purpose, NOW, {heard.type: said_at}) is stops


@pytest.mark.parametrize(
    ("attempt", "perhaps_sent", "others", "becomes"),
    [
        (Refused(DeliveryProblem.ADDRESS_REFUSED), False, True, MessageStatus.QUEUED),
        (Refused(DeliveryProblem.ADDRESS_REFUSED), False, False, MessageStatus.BOUNCED),
        (NotWanted(DeliveryProblem.OPTED_OUT), False, True, MessageStatus.QUEUED),
        (NotWanted(DeliveryProblem.OPTED_OUT), False, False, MessageStatus.SUPPRESSED),
        # It may have arrived: nobody else is told of the same thing.
        (Refused(DeliveryProblem.ADDRESS_REFUSED), True, True, MessageStatus.UNKNOWN),
        (Unclear(), False, True, MessageStatus.UNKNOWN),
        (NotNow(NOW + timedelta(days=9)), False, True, MessageStatus.FAILED),
    ],
)
def test_only_what_surely_did_not_arrive_goes_on_by_another_way(
    attempt: Attempt, becomes: MessageStatus, *, perhaps_sent: bool, others: bool
) -> None:
    sent = Sent(uuid4(), 1, perhaps_sent, NOW + timedelta(days=1), Channel.EMAIL, ADA.contact_id, attempt, others)
    result = conclude(sent, NOW, 0)
    assert result.status is becomes
    assert result.tried == (f"email {ADA.contact_id}" if becomes is MessageStatus.QUEUED else None)
    late = conclude(Sent(uuid4(), 1, perhaps_sent, NOW, Channel.EMAIL, None, attempt, others), NOW + timedelta(1), 0)
    assert late.status is not MessageStatus.QUEUED
