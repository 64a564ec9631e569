"""To whom a message goes right now, or why it goes to nobody: asked just before the send, for a whole set at once."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from schemas.addresses import Address, Who
from schemas.links import AddressLink, ContactLink, FamilyLink, LinkKeys, OfferLink
from schemas.partners import Contact
from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from services.notifier.addresses import Addresses, AddressesAway
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.domain.reaching import Way, begin_after, ways_to
from services.notifier.domain.reminding import is_answered
from services.notifier.domain.sending import Attempt, NotNow, NotWanted, Refused, way_key
from services.notifier.reader import Reader
from services.notifier.store import contacts, offer_states, queue
from services.runtime.database import Connection

_LINK_LIFE = timedelta(days=60)
_PREFERENCES_LIFE = timedelta(days=5 * 365)
"""Whoever finds an old email can still stop what comes."""
_WHILE_OFFER_GOES_OUT = timedelta(seconds=1)
_PARTNER_UNKNOWN_YET = timedelta(seconds=1)
_ABOUT_OPEN_OFFER = {MessagePurpose.OFFER, MessagePurpose.OFFER_REMINDER}
_NAMES_COORDINATOR = {
    MessagePurpose.CLAIM_AWARDED: Who.COORDINATOR,
    MessagePurpose.REFERRAL_ANSWERED: Who.COORDINATOR_FOR_REFERRER,
}
_ANSWERS_FOR_IT = (MessagePurpose.CLAIM_AWARDED, MessagePurpose.OFFER_REMINDER, MessagePurpose.OFFER)
"""Whoever got the first of these, of an offer, is the one for what follows."""
_WENT_OUT = {"accepted", "delivered", "unknown"}
_STILL_GOING_OUT = {"queued", "sending"}


@dataclass(frozen=True)
class Destination:
    """Where a message goes, and who reads it there."""

    channel: Channel
    address: str
    contact_id: UUID | None
    reader: Reader
    digest_hour: int | None = None
    others: bool = False
    """Whether there is another way, should this one fail."""


def hash_address(address: str) -> bytes:
    """What a suppression remembers of an address."""
    return hashlib.sha256(address.casefold().encode()).digest()


@dataclass(frozen=True)
class Known:
    """What the database says about a set of messages."""

    partners: Mapping[UUID, contacts.PartnerContacts]
    open_offers: frozenset[UUID]
    told: Mapping[tuple[UUID, MessagePurpose], offer_states.Told]
    answers: Mapping[UUID, Mapping[str, datetime]]
    refused_visits: frozenset[str]

    @classmethod
    async def load(cls, connection: Connection, messages: Sequence[queue.Message]) -> "Known":
        """Reads it in four queries; in one more where visits are told of."""
        planned = [_required(one.need_id) for one in messages if one.purpose is MessagePurpose.VISIT_PLANNED]
        offer_ids = [one.offer_id for one in messages if one.offer_id]
        named = {UUID(one.event["partner_id"]) for one in messages if "partner_id" in one.event}
        named |= {one.partner_id for one in messages if one.partner_id}
        return cls(
            await contacts.partners_named(connection, named),
            frozenset(await offer_states.open_offers(connection, offer_ids)),
            await offer_states.told_of(connection, offer_ids),
            await offer_states.answers_to(connection, offer_ids),
            frozenset(await offer_states.visits_refused(connection, planned)) if planned else frozenset(),
        )


class Recipients:
    """Finds destinations for one set of messages. Each address is asked for once."""

    def __init__(
        self, known: Known, addresses: Addresses, keys: LinkKeys, public_url: str, quiet: QuietHours, now: datetime
    ) -> None:
        self._known, self._addresses, self._keys = known, addresses, keys
        self._public_url, self._quiet, self._now = public_url, quiet, now
        self._asked: dict[tuple[UUID, Who], asyncio.Task[Address | None]] = {}

    async def find(self, message: queue.Message) -> Destination | Attempt:
        """Where a message goes; otherwise what becomes of it."""
        if (reason := self._why_not(message)) is not None:
            return reason
        try:
            if message.recipient is RecipientKind.PARTNER:
                return await self._find_contact(message)
            return await self._find_person(message)
        except AddressesAway:
            return NotNow()

    def _why_not(self, message: queue.Message) -> Attempt | None:
        offer_id = message.offer_id
        if message.purpose in _ABOUT_OPEN_OFFER and offer_id not in self._known.open_offers:
            return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
        if offer_id and is_answered(message.purpose, message.created_at, self._known.answers.get(offer_id, {})):
            return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
        if message.purpose is MessagePurpose.VISIT_PLANNED and message.event["visit_id"] in self._known.refused_visits:
            return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
        if message.purpose is MessagePurpose.OFFER_WITHDRAWN and offer_id is not None:
            told = {purpose: self._known.told.get((offer_id, purpose)) for purpose in _ANSWERS_FOR_IT}
            asked = told[MessagePurpose.OFFER]
            if asked is not None and asked.status in _STILL_GOING_OUT:
                return NotNow(self._now + _WHILE_OFFER_GOES_OUT)
            if not any(one is not None and one.status in _WENT_OUT for one in told.values()):
                return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
        return None

    async def _find_contact(self, message: queue.Message) -> Destination | Attempt:
        partner = self._known.partners.get(message.partner_id) if message.partner_id else None
        if partner is None:
            return NotNow(self._now + _PARTNER_UNKNOWN_YET)
        if message.purpose is MessagePurpose.CONTACT_CONFIRMATION:
            return await self._find_asked(message, partner)
        ways = self._ways_to(partner, message)
        if not ways:
            return _nowhere(message)
        contact = ways[0].contact
        code = ""
        if message.purpose is MessagePurpose.IDENTITY_CODE:
            # Asked for a moment ago, by somebody who waits for it: at night too.
            made = await self._addresses.make_code(_required(message.offer_id), contact.contact_id)
            if made is None:
                return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
            code = made
        elif (wait := self._quiet.wait_until(self._now, contact.time_zone)) and not (
            message.purpose is MessagePurpose.VISIT_REFUSED or (message.urgent and contact.urgent_at_night)
        ):
            return NotNow(wait)
        coordinator = None
        if (who := _NAMES_COORDINATOR.get(message.purpose)) is not None:
            coordinator = await self._ask(_required(message.need_id), who)
            if coordinator is None:
                return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
        reader = Reader(
            message.recipient,
            contact.name,
            contact.language,
            contact.time_zone,
            partner.name,
            self._offer_link(message, contact),
            coordinator,
            code=code,
            answered_by=self._name_of(message.event["partner_id"]),
            preferences=self._preferences_link(message, contact),
        )
        return Destination(
            ways[0].channel,
            ways[0].address,
            contact.contact_id,
            reader,
            contact.digest_hour,
            others=len(ways) > 1,
        )

    def _ways_to(self, partner: contacts.PartnerContacts, message: queue.Message) -> list[Way]:
        """The ways that were not tried, best first."""
        purpose, offer_id = message.purpose, message.offer_id
        first = self._who_answers(message)
        ways = ways_to(partner.contacts, partner.on_call, purpose, first, self._now)
        asked = self._known.told.get((offer_id, MessagePurpose.OFFER)) if offer_id else None
        if purpose is MessagePurpose.OFFER_REMINDER and asked is not None and asked.channel is not None:
            # Whoever was silent may have another way, or somebody beside them.
            ways = begin_after(ways, way_key(asked.channel, asked.contact_id))
        if message.perhaps_sent and message.channel is not None:
            # It may have arrived: it goes there once more, or nowhere.
            return [way for way in ways if way.key == way_key(message.channel, message.contact_id)]
        return [way for way in ways if way.key not in message.tried]

    def _who_answers(self, message: queue.Message) -> UUID | None:
        """The one of a partner's people that a message is meant for, if it is meant for one."""
        if message.purpose is MessagePurpose.OFFER_REMINDER:
            return None
        if message.contact_id is not None or message.offer_id is None:
            return message.contact_id
        told = [self._known.told.get((message.offer_id, purpose)) for purpose in _ANSWERS_FOR_IT]
        return next((one.contact_id for one in told if one is not None and one.status in _WENT_OUT), None)

    async def _find_asked(self, message: queue.Message, partner: contacts.PartnerContacts) -> Destination | Attempt:
        contact = next((one for one in partner.contacts if one.contact_id == message.contact_id), None)
        asked = await self._addresses.find_asked(message.message_id)
        if contact is None or asked is None:
            return NotWanted(DeliveryProblem.NO_LONGER_TRUE)
        if wait := self._quiet.wait_until(self._now, contact.time_zone):
            return NotNow(wait)
        link = f"{self._public_url}/a/{self._keys.sign(AddressLink(message.message_id, self._link_end(message)))}"
        reader = Reader(message.recipient, contact.name, contact.language, contact.time_zone, partner.name, link)
        return Destination(asked.channel, asked.address, contact.contact_id, reader)

    async def _find_person(self, message: queue.Message) -> Destination | Attempt:
        need_id, family = _required(message.need_id), message.recipient is RecipientKind.FAMILY
        address = await self._ask(need_id, Who(message.recipient))
        if address is None:
            return NotWanted(DeliveryProblem.NO_ADDRESS)
        reachable = [
            (channel, at)
            for channel in address.channels
            if (at := _at(address, channel)) is not None and way_key(channel, None) not in message.tried
        ]
        if not reachable:
            return _nowhere(message) if message.tried else NotWanted(DeliveryProblem.OPTED_OUT)
        # Urgent is no reason to write when somebody may be near who should not know.
        quiet = QuietHours(0, 0) if message.urgent else self._quiet
        if wait := quiet.wait_until(self._now, address.time_zone, address.contact_hours):
            return NotNow(wait)
        path = f"needs/{need_id}"
        if family:
            path = f"f/{self._keys.sign(FamilyLink(need_id, self._link_end(message)))}"
        named = message.event.get("partner_id")
        partner = self._known.partners.get(UUID(named)) if named else None
        reader = Reader(
            message.recipient,
            address.name,
            address.language,
            address.time_zone,
            partner.name if partner else "",
            f"{self._public_url}/{path}",
            address,
            visitor=_first_name(partner, message) if partner else "",
        )
        if message.urgent and message.purpose is MessagePurpose.NEED_STUCK:
            # Nobody reads email at night.
            reachable.sort(key=lambda way: way[0] is not Channel.TEXT)
        channel, at = reachable[0]
        # Of a family's silence its coordinator hears at once: nothing goes on by itself.
        return Destination(channel, at, None, reader, others=not family and len(reachable) > 1)

    def _offer_link(self, message: queue.Message, contact: Contact) -> str:
        if message.purpose is MessagePurpose.REFERRAL_ANSWERED:
            # The offer is another partner's.
            return ""
        need_id, offer_id = _required(message.need_id), _required(message.offer_id)
        link = OfferLink(need_id, offer_id, contact.contact_id, self._link_end(message))
        return f"{self._public_url}/o/{self._keys.sign(link)}"

    def _preferences_link(self, message: queue.Message, contact: Contact) -> str:
        expires = message.deadline + _PREFERENCES_LIFE
        link = ContactLink(_required(message.partner_id), contact.contact_id, expires)
        return f"{self._public_url}/c/{self._keys.sign(link)}"

    def _name_of(self, partner_id: str) -> str:
        known = self._known.partners.get(UUID(partner_id))
        return known.name if known else ""

    async def _ask(self, need_id: UUID, who: Who) -> Address | None:
        if (need_id, who) not in self._asked:
            self._asked[need_id, who] = asyncio.ensure_future(self._addresses.find(need_id, who))
        return await self._asked[need_id, who]

    @staticmethod
    def _link_end(message: queue.Message) -> datetime:
        # From the message, so that trying again gives the same link.
        return message.deadline + _LINK_LIFE


def _nowhere(message: queue.Message) -> Attempt:
    """What becomes of a message that no way is left for."""
    if message.perhaps_sent:
        return NotWanted(DeliveryProblem.OPTED_OUT)
    return Refused(DeliveryProblem.ADDRESS_REFUSED) if message.tried else NotWanted(DeliveryProblem.NO_ADDRESS)


def _first_name(partner: contacts.PartnerContacts, message: queue.Message) -> str:
    named = message.event.get("contact_id")
    return next((one.name.split()[0] for one in partner.contacts if str(one.contact_id) == named), "")


def _at(address: Address, channel: Channel) -> str | None:
    return address.email if channel is Channel.EMAIL else address.phone


def _required(key: UUID | None) -> UUID:
    if key is None:
        raise ValueError("a message to a partner names it, and is about an offer")
    return key
