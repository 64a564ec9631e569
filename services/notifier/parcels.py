"""What goes out as one: a message by itself, or several offers to one contact."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

from schemas.vocabulary import Channel, MessagePurpose
from services.notifier.domain.choosing import Wanted
from services.notifier.domain.gathering import Gathering, gathering_of
from services.notifier.recipients import Destination, hash_address
from services.notifier.store import parcels, queue, waiting
from services.runtime.database import Connection

Going: TypeAlias = tuple[queue.Message, Destination]
"""A message that may go, and where."""


@dataclass(frozen=True)
class Parcel:
    """Messages that go out as one to the same address. Its id is in the Message-ID, the same for every attempt."""

    parcel_id: UUID
    messages: tuple[Going, ...]

    @property
    def channel(self) -> Channel:
        """How it goes."""
        return self.messages[0][1].channel

    @property
    def address(self) -> str:
        """Where it goes."""
        return self.messages[0][1].address

    @property
    def perhaps_sent(self) -> bool:
        """Whether an attempt before this one may have reached its receiver."""
        return any(message.perhaps_sent for message, _ in self.messages)

    @property
    def wanted(self) -> Wanted:
        """What it asks of the providers. A text that perhaps went out is looked up where it went."""
        pinned = self.messages[0][0].provider if self.perhaps_sent and self.channel is Channel.TEXT else None
        return Wanted(self.channel, pinned)

    @property
    def stays_together(self) -> bool:
        """Whether it is tried again as a whole: even when all but one have dropped out of it."""
        return len(self.messages) > 1 or self.messages[0][0].in_parcel

    def ways(self, provider: str) -> list[queue.Way]:
        """The way of each message."""
        lane = "parcel" if self.stays_together else "ready"
        return [
            queue.Way(
                one.message_id,
                one.attempts,
                to.channel,
                to.contact_id,
                provider,
                self._id_of(one),
                lane,
                hash_address(to.address),
            )
            for one, to in self.messages
        ]

    def waits(self, due_at: datetime | None) -> list[waiting.Wait]:
        """How each message waits for a provider. None keeps its place among those that do."""
        lane = "parcel" if self.stays_together else str(self.channel)
        return [
            waiting.Wait(one.message_id, one.attempts, lane, to.contact_id, self._id_of(one), due_at)
            for one, to in self.messages
        ]

    def _id_of(self, message: queue.Message) -> UUID | None:
        return self.parcel_id if message.purpose is MessagePurpose.OFFER else message.parcel_id


async def gather(connection: Connection, going: Sequence[Going], now: datetime, window: timedelta) -> list[Parcel]:
    """Puts together what goes out as one. What waits for more of its kind is given back to the queue."""
    gatherings = [_gathering(message, to, now, window) for message, to in going]
    decided = [one for one, its in zip(going, gatherings, strict=True) if its is None]
    gathered = [(one, its) for one, its in zip(going, gatherings, strict=True) if its is not None]
    if not gathered:
        return _put_together(decided)
    openings = {
        (_contact(to), its.daily): parcels.Opening(uuid4(), _contact(to), its.daily, its.ends)
        for (_, to), its in gathered
    }
    async with connection.transaction():
        there = await parcels.join(connection, list(openings.values()))
        at_once = defaultdict[UUID, list[Going]](list)
        waits = []
        for (message, to), its in gathered:
            opened = there[_contact(to), its.daily]
            if not its.daily and opened == openings[_contact(to), its.daily]:
                # No offer came just before; the window is for those that come next.
                at_once[_contact(to)].append((message, to))
            else:
                waits.append(_wait_in(opened, message))
        several = {uuid4(): contact for contact, offers in at_once.items() if len(offers) > 1}
        if several:
            await parcels.begin(connection, several)
        if waits:
            await waiting.hold(connection, waits)
    alone = [offer for offers in at_once.values() if len(offers) == 1 for offer in offers]
    return [
        *_put_together([*decided, *alone]),
        *(_parcel(parcel_id, at_once[contact]) for parcel_id, contact in several.items()),
    ]


def _gathering(message: queue.Message, to: Destination, now: datetime, window: timedelta) -> Gathering | None:
    if message.purpose is not MessagePurpose.OFFER or message.parcel_id is not None or message.perhaps_sent:
        return None
    return gathering_of(
        urgent=message.urgent,
        respond_by=message.deadline,
        now=now,
        window=window,
        digest_hour=to.digest_hour,
        time_zone=to.reader.time_zone,
    )


def _put_together(going: Sequence[Going]) -> list[Parcel]:
    together = defaultdict[tuple[UUID, str], list[Going]](list)
    for message, to in going:
        together[message.parcel_id or message.message_id, to.address].append((message, to))
    return [_parcel(parcel_id, messages) for (parcel_id, _), messages in together.items()]


def _parcel(parcel_id: UUID, messages: Sequence[Going]) -> Parcel:
    # In the same order each time: a text is found again by its words.
    return Parcel(parcel_id, tuple(sorted(messages, key=lambda one: (one[0].created_at, one[0].message_id))))


def _wait_in(parcel: parcels.Opening, message: queue.Message) -> waiting.Wait:
    return waiting.Wait(
        message.message_id, message.attempts, "parcel", parcel.contact_id, parcel.parcel_id, parcel.due_at
    )


def _contact(to: Destination) -> UUID:
    if to.contact_id is None:
        raise ValueError("an offer goes to a partner's contact")
    return to.contact_id
