"""Rates, health and choice of providers, and what each class of trouble leads to: rules without a clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.vocabulary import Channel, DeliveryProblem
from services.notifier.domain.buckets import Bucket, burst, refill, take
from services.notifier.domain.choosing import Choice, Room, Wanted, choose, in_turn
from services.notifier.domain.health import Health, begin_to_try, learn, most_at_once
from services.notifier.domain.sending import (
    Accepted,
    Attempt,
    MessageStatus,
    NotNow,
    NotWanted,
    Refused,
    Sent,
    Trouble,
    Unclear,
    conclude,
    fails_provider,
    pause_after,
    pause_asked_for,
)
from services.notifier.settings import NotifierSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RATES = st.floats(0.01, 1000)


@given(rate=RATES, steps=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 2000)), max_size=30))
def test_a_bucket_never_gives_more_than_its_rate_and_one_burst(rate: float, steps: Sequence[tuple[float, int]]) -> None:
    bucket, now, given_out = refill(None, rate, NOW), NOW, 0
    for passed, wanted in steps:
        now += timedelta(seconds=passed)
        bucket = refill(bucket, rate, now)
        count = min(wanted, int(bucket.tokens))
        bucket, given_out = take(bucket, count), given_out + count
        assert 0 <= bucket.tokens <= burst(rate)
    assert given_out <= burst(rate) + rate * (now - NOW).total_seconds() + 1e-3


def test_a_clock_that_goes_back_gives_nothing_and_nobody_takes_what_is_not_there() -> None:
    empty = Bucket(0, NOW)
    assert refill(empty, 10, NOW - timedelta(hours=1)) == empty
    with pytest.raises(ValueError, match="1 of"):
        take(empty, 1)


ROOMS = st.lists(
    st.builds(
        Room,
        name=st.uuids().map(str),
        channel=st.sampled_from(Channel),
        weight=st.floats(0.1, 10),
        messages=st.integers(0, 20),
        numbers=st.lists(st.tuples(st.uuids().map(str), st.integers(0, 10)), max_size=3).map(tuple),
    ),
    max_size=5,
)


@given(rooms=ROOMS, channels=st.lists(st.sampled_from(Channel), max_size=50), draws=st.randoms(use_true_random=False))
def test_nobody_is_given_more_than_it_takes_and_nobody_waits_while_there_is_room(
    rooms: list[Room], channels: list[Channel], draws: "object"
) -> None:
    chance = iter(draws.random, None)  # type: ignore[attr-defined]
    choices = choose([Wanted(channel) for channel in channels], rooms, chance)
    for room in rooms:
        own = [one for one in choices if one and one.provider == room.name]
        assert len(own) <= room.messages
        for number, most in room.numbers:
            assert sum(one.number == number for one in own) <= most
    for channel in Channel:
        fit = sum(
            min(room.messages, sum(most for _, most in room.numbers)) if room.numbers else room.messages
            for room in rooms
            if room.channel is channel
        )
        went = sum(one is not None for one, asked in zip(choices, channels, strict=True) if asked is channel)
        assert went == min(fit, channels.count(channel))


def test_weights_are_shares_and_what_is_pinned_goes_nowhere_else() -> None:
    rooms = [Room("a", Channel.EMAIL, 3, 1000), Room("b", Channel.EMAIL, 1, 1000)]
    draws = iter([number / 400 for number in range(400)])
    names = [one.provider for one in choose([Wanted(Channel.EMAIL)] * 400, rooms, draws) if one]
    assert names.count("a") == 300
    assert choose([Wanted(Channel.EMAIL, "b")], rooms, repeat(0.0)) == [Choice("b")]
    assert choose([Wanted(Channel.EMAIL, "gone")], rooms, repeat(0.0)) == [None]


@given(st.lists(st.booleans(), max_size=60))
def test_urgent_ones_go_first_and_each_fifth_turn_is_anothers(urgent: list[bool]) -> None:
    turns = in_turn(urgent)
    assert sorted(turns) == list(range(len(urgent)))
    hurry = [urgent[place] for place in turns]
    both = min(sum(urgent) * 5 // 4, (len(urgent) - sum(urgent)) * 5)
    for place in range(both // 5 * 5):
        assert hurry[place] is (place % 5 != 4)


def test_a_provider_that_fails_rests_is_tried_with_one_message_and_comes_back() -> None:
    health, now = Health(), NOW
    for _ in range(5):
        assert most_at_once(health, now) is None
        health = learn(health, now, 0, failed=True)
    rests = []
    for _ in range(6):
        assert most_at_once(health, now) == 0
        assert health.rests_until is not None
        rests.append((health.rests_until - now).total_seconds())
        now = health.rests_until
        assert most_at_once(health, now) == 1
        health = begin_to_try(health, now)
        assert most_at_once(health, now) == 0, "one is enough to know"
        health = learn(health, now, 0, failed=True)
    assert rests == [2, 4, 8, 16, 30, 30]
    assert health.rests_until is not None
    health = begin_to_try(health, health.rests_until)
    assert learn(health, now, 0, failed=False) == Health()


def test_a_trial_of_which_nothing_is_heard_is_followed_by_another() -> None:
    health = begin_to_try(Health((), NOW, 1), NOW)
    assert most_at_once(health, NOW + timedelta(seconds=19)) == 0
    assert most_at_once(health, NOW + timedelta(seconds=20)) == 1


def test_a_few_failures_among_many_leave_nobody_alone() -> None:
    health = Health()
    for number in range(100):
        health = learn(health, NOW, 0, failed=number % 3 == 0)
    assert health.well


TRIED = Sent(uuid4(), 1, False, NOW + timedelta(days=1), Channel.EMAIL, None, Unclear())  # noqa: FBT003


@pytest.mark.parametrize(
    ("attempt", "status", "fails", "pause"),
    [
        (Accepted("1"), MessageStatus.ACCEPTED, False, 0),
        (Refused(DeliveryProblem.ADDRESS_REFUSED, suppress=True), MessageStatus.BOUNCED, False, 0),
        (NotWanted(DeliveryProblem.OPTED_OUT), MessageStatus.SUPPRESSED, False, 0),
        (Unclear(Trouble.TIMED_OUT), MessageStatus.UNKNOWN, True, 0),
        (Unclear(Trouble.SERVER_ERROR), MessageStatus.UNKNOWN, True, 0),
        (NotNow(), MessageStatus.QUEUED, None, 1),
        (NotNow(trouble=Trouble.CONNECTION), MessageStatus.QUEUED, True, 1),
        (NotNow(trouble=Trouble.TIMED_OUT), MessageStatus.QUEUED, True, 1),
        (NotNow(trouble=Trouble.BUSY), MessageStatus.QUEUED, True, 5),
        (NotNow(trouble=Trouble.TURNED_AWAY), MessageStatus.QUEUED, True, 30),
        (NotNow(trouble=Trouble.GREYLISTED), MessageStatus.QUEUED, False, 60),
        (NotNow(trouble=Trouble.BUSY, pause=timedelta(seconds=90)), MessageStatus.QUEUED, True, 90),
    ],
)
def test_each_class_of_trouble_has_its_own_consequence(
    attempt: Attempt, status: MessageStatus, fails: bool | None, pause: float
) -> None:
    tried = Sent(TRIED.message_id, 1, False, TRIED.deadline, TRIED.channel, None, attempt)  # noqa: FBT003
    result = conclude(tried, NOW, 0)
    assert (result.status, fails_provider(attempt)) == (status, fails)
    assert (result.due_at - NOW).total_seconds() == pause


@given(attempts=st.integers(1, 1000), jitter=st.floats(0, 1), trouble=st.sampled_from([None, *Trouble]))
def test_pauses_grow_have_jitter_and_an_end(attempts: int, jitter: float, trouble: Trouble | None) -> None:
    longest = pause_after(attempts, 0, trouble)
    assert longest / 2 <= pause_after(attempts, jitter, trouble) <= longest <= timedelta(minutes=30)
    assert longest <= pause_after(attempts + 1, 0, trouble)


def test_what_a_provider_asks_for_is_kept_and_an_hour_is_the_most() -> None:
    assert pause_asked_for(30, 0) == timedelta(seconds=30)
    assert timedelta(seconds=30) <= pause_asked_for(30, 1) <= timedelta(seconds=36)
    assert pause_asked_for(10**8, 0) == timedelta(hours=1)
    assert pause_asked_for(-5, 0) == timedelta(0)


GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "NOTIFIER_DATABASE_URL": "postgresql://notifier@postgres/notifier",
    "PUBLIC_URL": "https://switchboard.example.org",
    "INTAKE_INTERNAL_URL": "http://intake:8080",
    "NOTIFIER_API_KEY": "key",
    "EMAIL_FROM": "switchboard@example.org",
    "LINK_KEYS": "k1:" + "c2Vj" * 11,
    "SMTP_URL": "smtp://mail:25",
    "SMS_API_URL": "http://texts",
    "SMS_ACCOUNT_SID": "AC1",
    "SMS_AUTH_TOKEN": "token",
    "SMS_FROM": "+15005550006",
}
TOML = """[
  {name = "relay", url = "smtps://me:secret-word@relay.example.org", weight = 3, per_second = 20},
  {name = "spare", url = "smtp://spare.example.org"},
]"""
JSON = (
    '[{"name": "one", "url": "http://one", "account": "AC1", "token": "secret-word", "per_second": 10,'
    ' "numbers": [{"number": "+15005550006", "per_second": 1}, {"number": "+15005550007"}]}]'
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_one_provider_of_each_kind_without_a_limit_is_the_simplest(environment: pytest.MonkeyPatch) -> None:
    del environment
    settings = NotifierSettings()
    assert [(one.name, one.per_second) for one in settings.mail_carriers] == [("email", None)]
    assert [one.numbers[0].number for one in settings.text_carriers] == ["+15005550006"]


def test_several_stand_in_a_list_in_toml_or_json(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("EMAIL_PROVIDERS", TOML)
    environment.setenv("TEXT_PROVIDERS", JSON)
    for name in ("SMTP_URL", "SMS_API_URL"):
        environment.delenv(name)
    settings = NotifierSettings()
    assert [(one.name, one.weight, one.per_second) for one in settings.mail_carriers] == [
        ("relay", 3, 20),
        ("spare", 1, None),
    ]
    [one] = settings.text_carriers
    assert [(each.number, each.per_second) for each in one.numbers] == [("+15005550006", 1), ("+15005550007", None)]
    assert "secret-word" not in repr(settings)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense", "a list of tables in TOML or JSON"),
        ('[{name = "relay"}]', "url"),
        ('[{name = "relay", url = "smtp://a", wait = 3}]', "wait"),
        ('[{name = "Re lay", url = "smtp://a"}]', "name"),
        ('[{name = "relay", url = "smtp://a", per_second = 0}]', "per_second"),
        ('[{name = "relay", url = "smtp://a"}, {name = "relay", url = "smtp://b"}]', "the same name"),
        ("[]", "SMTP_URL or EMAIL_PROVIDERS"),
    ],
)
def test_a_wrong_list_is_named_and_not_shown(environment: pytest.MonkeyPatch, value: str, said: str) -> None:
    environment.delenv("SMTP_URL")
    environment.setenv("EMAIL_PROVIDERS", value)
    with pytest.raises(ValidationError) as caught:
        NotifierSettings()
    assert said in str(caught.value)
    assert "smtp://a" not in str(caught.value)
