"""Messages that did not arrive: whom to call instead, and that somebody did."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from schemas.partners import Contact, PartnerRecorded
from services.intake.domain.need import NeedNotFound
from services.intake.store import messages, needs, partners
from services.intake.store.messages import MessageRow, Undelivered
from services.intake.store.people import Person
from services.intake.telling import note
from services.runtime.database import Connection, Pool

_MOST = 200


@dataclass(frozen=True)
class ToDealWith:
    """A message that did not arrive, with the partner's person to call; nobody for those to others, or long gone."""

    message: MessageRow
    reference: str
    partner: PartnerRecorded | None
    contact: Contact | None


async def list_to_deal_with(connection: Connection, site_id: UUID, need_id: UUID | None = None) -> list[ToDealWith]:
    """What waits for a person, of a site or of one of its needs; oldest first."""
    found = await messages.list_undelivered(connection, site_id, _MOST, need_id)
    ids = [one.message.partner_id for one in found if one.message.partner_id]
    records = await partners.read_partners(connection, ids) if ids else {}
    return [_with_person(one, records.get(one.message.partner_id) if one.message.partner_id else None) for one in found]


def _with_person(one: Undelivered, partner: PartnerRecorded | None) -> ToDealWith:
    return ToDealWith(one.message, one.reference, partner, _person_to_call(partner.contacts, one) if partner else None)


def _person_to_call(contacts: Sequence[Contact], one: Undelivered) -> Contact | None:
    """Whoever it was meant for, if they have a phone; otherwise the first who has one."""
    meant = one.message.contact_id
    ranked = sorted(contacts, key=lambda contact: (contact.phone is None, contact.contact_id != meant))
    return next(iter(ranked), None)


async def settle(pool: Pool, message_id: UUID, person: Person) -> None:
    """Writes down that this coordinator dealt with it; what waits no more stays as it is. Raises NeedNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        need_id = await messages.need_of(connection, message_id)
        # The need before its message, as what the notifier says takes them.
        need = await needs.lock_need(connection, need_id, person.site_id) if need_id else None
        if need is None:
            raise NeedNotFound
        message = await messages.settle(connection, message_id, person.person_id)
        if message is None:
            return
        facts = {"recipient": message.recipient, "purpose": message.purpose, "person_id": str(person.person_id)}
        partner = {"partner_id": str(message.partner_id)} if message.partner_id else {}
        await note(connection, need, "messages.settled", facts | partner)
