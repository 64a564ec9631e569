"""Answers by phone: whom a coordinator can call about a need, and what they said, written down for them."""

from dataclasses import dataclass
from uuid import UUID

from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import AnswerChannel
from services.intake.answers import Answering, OfferNotFound
from services.intake.domain.need import NeedNotFound, NotPossible
from services.intake.store import needs, offers, partners
from services.intake.store.offers import OfferRow
from services.runtime.database import Connection, Pool


@dataclass(frozen=True)
class Asked:
    """A partner that is asked and has not answered, and its person to call: the first who has a phone."""

    offer: OfferRow
    partner: PartnerRecorded
    contact: Contact


async def list_asked(connection: Connection, need_id: UUID) -> list[Asked]:
    """Everybody who could be called about a need now."""
    unanswered = await offers.unanswered_of(connection, need_id)
    records = await partners.read_partners(connection, [offer.partner_id for offer in unanswered])
    return [
        Asked(offer, partner, partner_contact)
        for offer in unanswered
        if (partner := records.get(offer.partner_id)) is not None
        and (partner_contact := person_to_call(partner)) is not None
    ]


async def answer_by_phone(
    pool: Pool, need_id: UUID, site_id: UUID | None, offer_id: UUID, contact_id: UUID | None = None
) -> tuple[Answering, OfferRow]:
    """Who it was that said something by phone to a coordinator of that site, about which offer.

    Raises NeedNotFound, OfferNotFound, or NotPossible for a contact that is none of the partner's.
    """
    async with pool.acquire() as connection:
        if await needs.read_need(connection, need_id, site_id) is None:
            raise NeedNotFound
        offer = await offers.read_offer(connection, offer_id)
        if offer is None or offer.need_id != need_id:
            raise OfferNotFound
        partner = await partners.read_partner(connection, offer.partner_id)
    said_by = [one for one in partner.contacts if one.contact_id == contact_id] if partner else []
    contact = person_to_call(partner) if partner and contact_id is None else next(iter(said_by), None)
    if contact is None:
        raise NotPossible("contact_id", "the partner has no such person; leave it out to mean the first with a phone")
    return Answering(need_id, offer_id, contact.contact_id, AnswerChannel.PHONE, site_id), offer


def person_to_call(partner: PartnerRecorded) -> Contact | None:
    """The first of its people who has a phone, else the first; None where it has nobody."""
    return next(iter(sorted(partner.contacts, key=lambda one: one.phone is None)), None)
