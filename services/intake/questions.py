"""Contacts as they come in with a partner's record, and the addresses that wait for their reader's word."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from schemas.partners import AddressQuestion, Contact, PartnerRecorded
from services.intake.domain.contacts import TakenIn, address_of, take_in
from services.intake.sealing import Seal
from services.intake.store import contacts
from services.intake.store.contacts import Question
from services.runtime.database import Connection


def hash_address(seal: Seal, address: str) -> bytes:
    """What an address that was left, or said stop, is known again by."""
    return seal.hash_mark("contact", address.casefold())


async def take_in_contacts(
    connection: Connection, seal: Seal, records: Sequence[PartnerRecorded], known: Mapping[UUID, PartnerRecorded]
) -> list[PartnerRecorded]:
    """Records as others entered them, with what their contacts chose for themselves; asks what has to be asked."""
    chose = await contacts.choices_of(connection, [record.partner_id for record in records])
    taken, questions = [], list[Question]()
    for record in records:
        here = {one.contact_id: one for one in known[record.partner_id].contacts} if record.partner_id in known else {}
        found = [
            _take_in(seal, one, here.get(one.contact_id), chose.get((record.partner_id, one.contact_id)))
            for one in record.contacts
        ]
        taken.append(record.model_copy(update={"contacts": tuple(one.contact for one in found)}))
        questions += [
            Question(uuid4(), record.partner_id, one.contact.contact_id, *about) for one in found for about in one.asked
        ]
    await contacts.ask(connection, questions)
    return taken


def _take_in(seal: Seal, entered: Contact, known: Contact | None, left: set[bytes] | None) -> TakenIn:
    return take_in(entered, known, None if left is None else lambda address: hash_address(seal, address) in left)


async def with_questions(connection: Connection, records: Sequence[PartnerRecorded]) -> list[PartnerRecorded]:
    """Records that say what waits for their contacts' word. What waits for nothing any more is closed."""
    waiting = await contacts.waiting(connection, [record.partner_id for record in records])
    of_contact = {(record.partner_id, one.contact_id): one for record in records for one in record.contacts}
    open_ones = [one for one in waiting if _matters(one, of_contact.get((one.partner_id, one.contact_id)))]
    await contacts.close(connection, {one.question_id for one in waiting if one not in open_ones}, confirmed=False)
    return [
        record.model_copy(update={"contacts": tuple(_marked(record, one, open_ones) for one in record.contacts)})
        for record in records
    ]


def _matters(question: Question, contact: Contact | None) -> bool:
    if contact is None:
        return False
    if question.then_channel is not None:
        # Only the address that is in use may say that another is right.
        return question.address == address_of(contact, question.channel)
    return not contact.confirmed or question.address != address_of(contact, question.channel)


def _marked(record: PartnerRecorded, contact: Contact, waiting: Sequence[Question]) -> Contact:
    mine = [one for one in waiting if (one.partner_id, one.contact_id) == (record.partner_id, contact.contact_id)]
    asked = tuple(AddressQuestion(question_id=one.question_id, channel=one.channel) for one in mine)
    return contact.model_copy(update={"questions": asked})
