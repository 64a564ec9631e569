"""What became of an attempt to send, and what follows from it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID

from schemas.vocabulary import Channel, DeliveryProblem


class MessageStatus(StrEnum):
    """Where a message stands."""

    QUEUED = auto()
    SENDING = auto()
    ACCEPTED = auto()
    DELIVERED = auto()
    BOUNCED = auto()
    SUPPRESSED = auto()
    FAILED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Accepted:
    """The provider took it, under this id of its own."""

    provider_id: str


@dataclass(frozen=True)
class Refused:
    """The provider will never take it; with `suppress` it takes nothing for this address."""

    problem: DeliveryProblem
    suppress: bool = False


class Trouble(StrEnum):
    """Why nothing was taken."""

    CONNECTION = auto()
    """Refused, no such host, no TLS, hung up: nobody was spoken to."""
    TIMED_OUT = auto()
    TURNED_AWAY = auto()
    """The provider does not want us: a wrong password, a sender or an account that it does not know."""
    BUSY = auto()
    """The provider has too much to do, or had too much of us."""
    GREYLISTED = auto()
    """Not this address now: a mailbox that is full or busy, a receiver that wants to be asked twice."""
    SERVER_ERROR = auto()


@dataclass(frozen=True)
class NotNow:
    """Nothing was taken; it may be tried again, at the earliest then, or after so long a pause."""

    not_before: datetime | None = None
    trouble: Trouble | None = None
    """None where no provider was asked."""
    pause: timedelta | None = None
    """What the provider asked for."""


@dataclass(frozen=True)
class Unclear:
    """The provider may have taken it."""

    trouble: Trouble = Trouble.TIMED_OUT


@dataclass(frozen=True)
class NotWanted:
    """It is no longer true, or nobody may be told."""

    problem: DeliveryProblem


Attempt = Accepted | Refused | NotNow | Unclear | NotWanted


@dataclass(frozen=True)
class Result:
    """The new state of a message after an attempt."""

    message_id: UUID
    attempts: int
    status: MessageStatus
    due_at: datetime
    channel: Channel | None
    contact_id: UUID | None
    perhaps_sent: bool
    provider_id: str | None = None
    problem: DeliveryProblem | None = None
    tried: str | None = None
    """The way that did not get through, where the message goes on by another."""


_PAUSES = {
    Trouble.GREYLISTED: (timedelta(minutes=1), timedelta(minutes=30)),
    Trouble.TURNED_AWAY: (timedelta(seconds=30), timedelta(minutes=15)),
    Trouble.BUSY: (timedelta(seconds=5), timedelta(minutes=5)),
}
"""The first and the longest, by what was the matter."""
_PAUSES_OTHERWISE = timedelta(seconds=1), timedelta(minutes=5)
_LONGEST_ASKED = timedelta(hours=1)
"""A provider that asks for more is asked again all the same."""


def pause_after(attempts: int, jitter: float, trouble: Trouble | None = None) -> timedelta:
    """1 s, 2 s, 4 s … five minutes, shortened by up to half; `jitter` is from 0 to 1. Longer after some troubles."""
    first, most = _PAUSES.get(trouble, _PAUSES_OTHERWISE) if trouble else _PAUSES_OTHERWISE
    longest: timedelta = min(first * 2.0 ** min(attempts - 1, 20), most)
    return longest * (1 - jitter / 2)


def pause_asked_for(seconds: float, jitter: float) -> timedelta:
    """What a provider asked for, up to an hour, and up to a fifth more, so that not all come back at once."""
    return min(timedelta(seconds=max(0.0, seconds)), _LONGEST_ASKED) * (1 + jitter / 5)


def fails_provider(attempt: "Attempt") -> bool | None:
    """Whether an attempt says that its provider is not well; None where it says nothing of it."""
    match attempt:
        case NotNow(trouble=None):
            return None
        case NotNow(trouble=trouble):
            return trouble is not Trouble.GREYLISTED
    return isinstance(attempt, Unclear)


@dataclass(frozen=True)
class Sent:
    """One attempt that was made: what was tried, by which way, and what came of it."""

    message_id: UUID
    attempts: int
    perhaps_sent: bool
    """Whether an attempt before this one may have reached its receiver."""
    deadline: datetime
    channel: Channel | None
    contact_id: UUID | None
    attempt: Attempt
    others: bool = False
    """Whether there is another way that was not tried."""


def way_key(channel: Channel, contact_id: UUID | None) -> str:
    """What a message remembers of a way that it tried."""
    return f"{channel} {contact_id}"


def conclude(sent: Sent, now: datetime, jitter: float) -> Result:
    """What a message becomes after an attempt."""

    def result(
        status: MessageStatus,
        problem: DeliveryProblem | None = None,
        due_at: datetime = now,
        provider: str | None = None,
    ) -> Result:
        perhaps_sent = sent.perhaps_sent or status is MessageStatus.UNKNOWN
        way = sent.channel, sent.contact_id
        return Result(sent.message_id, sent.attempts, status, due_at, *way, perhaps_sent, provider, problem)

    def give_up(status: MessageStatus, problem: DeliveryProblem) -> Result:
        # Who may have read it must hear of what follows: a message that perhaps went out is never called unsent.
        return result(MessageStatus.UNKNOWN if sent.perhaps_sent else status, problem)

    def go_on(status: MessageStatus, problem: DeliveryProblem) -> Result:
        # Only what surely did not arrive goes by another way: two people must not be told of one thing at once.
        if sent.channel is None or not sent.others or sent.perhaps_sent or now > sent.deadline:
            return give_up(status, problem)
        return replace(result(MessageStatus.QUEUED, problem), tried=way_key(sent.channel, sent.contact_id))

    match sent.attempt:
        case Accepted(provider_id):
            return result(MessageStatus.ACCEPTED, provider=provider_id)
        case Refused(problem):
            return go_on(MessageStatus.BOUNCED, problem)
        case NotWanted(problem):
            return go_on(MessageStatus.SUPPRESSED, problem)
        case Unclear():
            return result(MessageStatus.UNKNOWN, DeliveryProblem.TIMED_OUT_AFTER_SENDING)
        case NotNow(not_before, trouble, asked):
            pause = asked or pause_after(sent.attempts, jitter, trouble)
            due_at = not_before or now + pause
            if due_at > sent.deadline:
                return give_up(MessageStatus.FAILED, DeliveryProblem.DEADLINE_PASSED)
            return result(MessageStatus.QUEUED, due_at=due_at)
