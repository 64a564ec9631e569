"""What a partner's contact can do about themselves: each one transaction, which tells the other services at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Channel
from services.intake.domain.contacts import address_of, confirm, turns_on_texts
from services.intake.partners import PartnerNotFound, save_records
from services.intake.questions import hash_address
from services.intake.sealing import Seal
from services.intake.store import contacts, partners, visits
from services.intake.store.contacts import Question
from services.intake.visits import call_off_of
from services.runtime.database import Connection, Pool

QUESTIONS_A_DAY = 5


class TextsStopped(Exception):
    """The phone said STOP, and only the phone can take it back."""


class TooManyAddresses(Exception):
    """Strangers are not to be asked whether they are somebody, over and over."""


class NoAddress(Exception):
    """There is no address in use that could say whether a new one is right."""


@dataclass(frozen=True)
class Wishes:
    """How a contact wants to be written to. An address is given where it is new."""

    channels: tuple[Channel, ...]
    language: str
    time_zone: str
    urgent_at_night: bool
    digest_hour: int | None
    away_until: datetime | None
    email: str | None = None
    phone: str | None = None


async def save_wishes(pool: Pool, seal: Seal, partner_id: UUID, contact_id: UUID, wishes: Wishes) -> None:
    """Raises TextsStopped, TooManyAddresses, NoAddress, or PartnerNotFound when they are no contact any more."""
    async with pool.acquire() as connection, connection.transaction():
        record, contact = await _lock(connection, partner_id, contact_id)
        await _refuse_stopped(connection, seal, contact, wishes)
        asked = _questions(partner_id, contact, wishes)
        if asked and await contacts.count_asked(connection, partner_id, contact_id) + len(asked) > QUESTIONS_A_DAY:
            raise TooManyAddresses
        await contacts.ask(connection, asked)
        if contact.email and Channel.EMAIL in wishes.channels:
            await contacts.start_emails(connection, hash_address(seal, contact.email))
        await contacts.add_choice(connection, partner_id, contact_id, [])
        chosen = {
            "channels": wishes.channels,
            "language": wishes.language,
            "time_zone": wishes.time_zone,
            "urgent_at_night": wishes.urgent_at_night,
            "digest_hour": wishes.digest_hour,
            "away_until": wishes.away_until,
            "phone": None if turns_on_texts(contact, wishes.channels) else contact.phone,
        }
        await _save(connection, seal, record, contact.model_copy(update=chosen))


async def stop(pool: Pool, seal: Seal, partner_id: UUID, contact_id: UUID, channels: Collection[Channel]) -> None:
    """Nothing more by these channels. Saying it again changes nothing. Raises PartnerNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        record, contact = await _lock(connection, partner_id, contact_id)
        if contact.email and Channel.EMAIL in channels:
            await contacts.stop_emails(connection, hash_address(seal, contact.email))
        kept = tuple(one for one in contact.channels if one not in channels)
        if kept != contact.channels:
            await contacts.add_choice(connection, partner_id, contact_id, [])
            await _save(connection, seal, record, contact.model_copy(update={"channels": kept}))


async def read_question(pool: Pool, question_id: UUID) -> tuple[Question, PartnerRecorded] | None:
    """A question with the partner whose contact it asks; None when there is none."""
    async with pool.acquire() as connection:
        question = await contacts.read_question(connection, question_id)
        record = await partners.read_partner(connection, question.partner_id) if question else None
    return (question, record) if question and record else None


async def find_address(pool: Pool, seal: Seal, question_id: UUID) -> tuple[Channel, str] | None:
    """Where a question goes right now; None when it waits no more, or nothing may go there."""
    async with pool.acquire() as connection:
        question = await contacts.read_question(connection, question_id)
        if question is None or question.address is None:
            return None
        if question.channel is Channel.TEXT:
            stopped = await partners.opted_out(connection, [seal.hash_phone(question.address)])
        else:
            stopped = await contacts.emails_stopped(connection, [hash_address(seal, question.address)])
    return None if stopped else (question.channel, question.address)


async def confirm_address(pool: Pool, seal: Seal, question: Question) -> None:
    """Whoever reads the address says that it is theirs: from now on it is used. Raises PartnerNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        record, contact = await _lock(connection, question.partner_id, question.contact_id)
        waiting = await contacts.waiting(connection, [question.partner_id])
        asked = next((one for one in waiting if one.question_id == question.question_id), None)
        if asked is None or asked.address is None:
            # Another address came in its place, or it was answered a moment ago.
            return
        await contacts.close(connection, [asked.question_id], confirmed=True)
        if asked.then_channel is not None:
            key = uuid4(), asked.partner_id, asked.contact_id
            await contacts.ask(connection, [Question(*key, asked.then_channel, asked.then_address)])
            await _save(connection, seal, record, contact)
            return
        before, now = address_of(contact, asked.channel), confirm(contact, asked.channel, asked.address)
        if before is not None and before != asked.address:
            await contacts.add_choice(connection, record.partner_id, contact.contact_id, [hash_address(seal, before)])
            # Who was checked is known by where codes arrived: whoever reads the new address is checked again.
            await visits.drop_clearances(connection, {(record.partner_id, contact.contact_id)})
            await call_off_of(connection, [record.partner_id], lambda one: one.contact_id != contact.contact_id)
        await _save(connection, seal, record, now)


def address_in_use(contact: Contact) -> tuple[Channel, str]:
    """Where codes for this contact go. Raises NoAddress."""
    for channel in (Channel.EMAIL, Channel.TEXT):
        if (address := address_of(contact, channel)) is not None:
            return channel, address
    raise NoAddress


def _questions(partner_id: UUID, contact: Contact, wishes: Wishes) -> list[Question]:
    """What has to be asked first. Raises NoAddress."""
    new = {Channel.EMAIL: wishes.email, Channel.TEXT: wishes.phone}
    asked = [
        # Whoever was forwarded the link must not take a place in which codes arrive: the one in use is asked first.
        Question(uuid4(), partner_id, contact.contact_id, *address_in_use(contact), channel, address)
        for channel, address in new.items()
        if address and address != address_of(contact, channel)
    ]
    if turns_on_texts(contact, wishes.channels) and all(one.about is not Channel.TEXT for one in asked):
        asked.append(Question(uuid4(), partner_id, contact.contact_id, Channel.TEXT, contact.phone))
    return asked


async def _refuse_stopped(connection: Connection, seal: Seal, contact: Contact, wishes: Wishes) -> None:
    phone = wishes.phone or (contact.phone if Channel.TEXT in wishes.channels else None)
    if phone and await partners.opted_out(connection, [seal.hash_phone(phone)]):
        raise TextsStopped


async def _lock(connection: Connection, partner_id: UUID, contact_id: UUID) -> tuple[PartnerRecorded, Contact]:
    record = (await partners.lock_partners(connection, [partner_id])).get(partner_id)
    found = [one for one in record.contacts if one.contact_id == contact_id] if record else []
    if record is None or not found:
        raise PartnerNotFound
    return record, found[0]


async def _save(connection: Connection, seal: Seal, record: PartnerRecorded, contact: Contact) -> None:
    there = tuple(contact if one.contact_id == contact.contact_id else one for one in record.contacts)
    await save_records(connection, seal, [record.model_copy(update={"contacts": there})])
