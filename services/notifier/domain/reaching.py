"""By which ways a partner is reached for a message, best first: which of its people, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.partners import Contact, OnCall
from schemas.vocabulary import Channel, ContactRole, MessagePurpose
from services.notifier.domain.on_call import order_on_call
from services.notifier.domain.sending import way_key

_ASKS = {MessagePurpose.OFFER, MessagePurpose.OFFER_REMINDER}
_FOR_ONE_CONTACT = {MessagePurpose.IDENTITY_CODE, MessagePurpose.VISIT_REFUSED, MessagePurpose.CONSENT_ENDED}
"""About what one person did or knows: nobody else of the partner gets it."""


@dataclass(frozen=True)
class Way:
    """One person by one channel."""

    contact: Contact
    channel: Channel
    address: str

    @property
    def key(self) -> str:
        """What a message remembers of a way that was tried."""
        return way_key(self.channel, self.contact.contact_id)


def ways_to(
    contacts: Sequence[Contact],
    on_call: OnCall | None,
    purpose: MessagePurpose,
    first: UUID | None,
    now: datetime,
) -> list[Way]:
    """All ways, best first. `first` is the contact that the message is meant for, if any."""
    return [
        Way(contact, channel, address)
        for contact in _order(contacts, on_call, purpose, first, now)
        for channel, address in _channels(contact, purpose)
    ]


def begin_after(ways: Sequence[Way], used: str) -> list[Way]:
    """The ways in another order: what comes after the one that was used, and that one last."""
    place = next((number for number, way in enumerate(ways, start=1) if way.key == used), 0)
    return [*ways[place:], *ways[:place]]


def _order(
    contacts: Sequence[Contact], on_call: OnCall | None, purpose: MessagePurpose, first: UUID | None, now: datetime
) -> list[Contact]:
    if purpose in _FOR_ONE_CONTACT:
        return [one for one in contacts if one.contact_id == first]
    turns = _turns(contacts, on_call, now)

    def rank(contact: Contact) -> tuple[bool, bool, bool, int]:
        return (
            contact.contact_id != first,
            _is_away(contact, now),
            not contact.takes(ContactRole.REQUESTS if purpose in _ASKS else ContactRole.FOLLOW_THROUGH),
            turns.index(contact.contact_id) if contact.contact_id in turns else len(turns),
        )

    # Who is not asked for anything new still hears what follows, where nobody else can.
    meant = [one for one in contacts if purpose not in _ASKS or may_be_asked(one, now)]
    return sorted(meant, key=rank)


def may_be_asked(contact: Contact, now: datetime) -> bool:
    """Whether they are asked for anything new now."""
    return contact.takes(ContactRole.REQUESTS) and not _is_away(contact, now)


def _is_away(contact: Contact, now: datetime) -> bool:
    return contact.away_until is not None and contact.away_until > now


def _turns(contacts: Sequence[Contact], on_call: OnCall | None, now: datetime) -> tuple[UUID, ...]:
    if on_call is None:
        return ()
    zones = {contact.contact_id: contact.time_zone for contact in contacts}
    zone = next((zones[one] for one in on_call.contact_ids if one in zones), "UTC")
    return order_on_call(on_call, now.astimezone(ZoneInfo(zone)).date())


def _channels(contact: Contact, purpose: MessagePurpose) -> Sequence[tuple[Channel, str]]:
    if purpose is MessagePurpose.IDENTITY_CODE and contact.confirmed and contact.email:
        # The phone that got the link may lie on any table, and shows a text when it is locked.
        return [(Channel.EMAIL, contact.email)]
    return contact.ways
