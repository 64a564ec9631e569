"""Partners, and the offers that they are to be told of."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from schemas.envelope import Envelope
from schemas.event import Item, OfferTerms
from schemas.offers import OfferMade, OfferReasons
from schemas.partners import Contact, NationArea, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import Channel, PartnerKind, RecipientKind, Urgency

PARTNERS, _BY_TEXT = 1000, 0.3
_TRACE = "00-" + "1" * 32 + "-" + "1" * 16 + "-00"


@dataclass(frozen=True)
class Ask:
    """One offer, and the partner who is to hear of it."""

    event_id: UUID
    offer: OfferMade
    partner: PartnerRecorded

    @property
    def contact(self) -> Contact:
        """Whoever hears of it."""
        return self.partner.contacts[0]

    @property
    def message_id(self) -> UUID:
        """The notifier's id of the message, which the receivers' ledger has."""
        return uuid5(self.event_id, RecipientKind.PARTNER)


def invent_partners(chance: random.Random) -> list[PartnerRecorded]:
    """Most are told by email, some by text; at any hour."""
    return [_invent_partner(number, by_text=chance.random() < _BY_TEXT) for number in range(PARTNERS)]


def _invent_partner(number: int, *, by_text: bool) -> PartnerRecorded:
    contact = Contact(
        contact_id=uuid4(),
        name=f"Person {number}",
        email=f"person{number}@example.org",
        phone=f"+1718555{number:04}",
        channels=(Channel.TEXT if by_text else Channel.EMAIL,),
        urgent_at_night=True,
        language="es" if number % 4 == 0 else "en",
    )
    service = Service(service_id=uuid4(), categories=(Category.BEDS,), area=NationArea())
    return PartnerRecorded(
        partner_id=uuid4(),
        name=f"Partner {number}",
        kind=PartnerKind.NONPROFIT,
        services=(service,),
        contacts=(contact,),
    )


def invent_asks(partners: Sequence[PartnerRecorded], count: int, chance: random.Random) -> list[Ask]:
    """Offers for today: none of them waits for another, for a digest or for the morning."""
    return [_invent_ask(chance.choice(partners), number) for number in range(count)]


def _invent_ask(partner: PartnerRecorded, number: int) -> Ask:
    now = datetime.now(UTC)
    offer = OfferMade(
        need_id=uuid4(),
        offer_id=uuid4(),
        partner_id=partner.partner_id,
        service_id=partner.services[0].service_id,
        wave=1,
        reasons=OfferReasons(proximity=0.8, fairness=1, yes_chance=0.5, language=1, directory_position=200),
        terms=OfferTerms(
            number=1 + number % 9999,
            items=(Item(line=1, code="bed.twin", quantity=1 + number % 3),),
            place="Brooklyn, NY",
            distance_miles=3,
            urgency=Urgency.TODAY,
            needed_by=now + timedelta(hours=12),
            respond_by=now + timedelta(hours=4),
        ),
    )
    return Ask(uuid4(), offer, partner)


def envelope_of(event_id: UUID, event: OfferMade | PartnerRecorded) -> Envelope:
    """As the services write it."""
    return Envelope(event_id, event.type, "switchboard/bench", datetime.now(UTC), str(event.key), 1, _TRACE)
