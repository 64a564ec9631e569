"""What can be done with a partner's record."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from schemas.codec import Tombstone
from schemas.partners import PartnerRecorded
from schemas.topics import PARTNERS, ServiceName
from schemas.vocabulary import Channel
from services.intake.domain.contacts import address_of, changed_hands, signed_out
from services.intake.questions import hash_address, take_in_contacts, with_questions
from services.intake.sealing import Seal
from services.intake.store import contacts, eligibility, keys, partners, people, visits
from services.intake.visits import call_off_of
from services.runtime import outbox
from services.runtime.database import Connection, Pool
from services.runtime.tracing import current_traceparent


class PartnerNotFound(LookupError):
    """There is no such partner."""


async def record_partners(
    pool: Pool, seal: Seal, records: Sequence[PartnerRecorded], texts: Mapping[UUID, Mapping[UUID, str]] | None = None
) -> set[UUID]:
    """Writes partners' whole records, all or none, and returns the ids of the new ones.

    `texts` is what stands beside them, by partner and service. Who said STOP is not written to, whatever the record
    says; what a contact chose for themselves stays.
    """
    async with pool.acquire() as connection, connection.transaction():
        return await record_with(connection, seal, records, texts or {})


async def record_with(
    connection: Connection, seal: Seal, records: Sequence[PartnerRecorded], texts: Mapping[UUID, Mapping[UUID, str]]
) -> set[UUID]:
    """As `record_partners`, in the transaction in hand."""
    ids = [record.partner_id for record in records]
    known = await partners.lock_partners(connection, ids)
    taken = await take_in_contacts(connection, seal, records, known)
    await save_records(connection, seal, taken)
    await eligibility.save_texts(connection, ids, texts)
    await end_what_was_theirs(connection, known, taken)
    return set(ids) - known.keys()


async def end_what_was_theirs(
    connection: Connection, before: Mapping[UUID, PartnerRecorded], after: Sequence[PartnerRecorded]
) -> None:
    """What was given to a contact is nobody else's: clearances, visits that were planned with one, and sessions."""
    pairs = [(before[one.partner_id], one) for one in after if one.partner_id in before]
    changed = {(one.partner_id, contact_id) for old, one in pairs for contact_id in changed_hands(old, one)}
    await visits.drop_clearances(connection, changed)
    there = {(one.partner_id, contact.contact_id) for one in after for contact in one.contacts} - changed
    await call_off_of(connection, list(before), lambda visit: (visit.partner_id, visit.contact_id) in there)
    gone = {(one.partner_id, contact_id) for old, one in pairs for contact_id in signed_out(old, one)}
    await people.end_all_of_contacts(connection, gone)


async def remove_partner(pool: Pool, partner_id: UUID) -> None:
    """Removes a partner and its contacts, everywhere. Raises PartnerNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        known = await partners.lock_partners(connection, [partner_id])
        if not known:
            raise PartnerNotFound
        versions = await partners.save_partners(connection, {partner_id: None})
        await partners.save_phones(connection, [partner_id], [])
        await contacts.forget_contacts_of(connection, partner_id)
        await eligibility.save_texts(connection, [partner_id], {})
        # The next import may bring the same partner back; its key, sessions and clearances must not come too.
        await keys.remove_keys_of(connection, partner_id)
        await people.end_all_of_partner(connection, partner_id)
        await visits.drop_clearances(connection, {(partner_id, one.contact_id) for one in known[partner_id].contacts})
        gone = outbox.Removal(PARTNERS, Tombstone(partner_id), versions[partner_id], current_traceparent())
        await outbox.publish(connection, ServiceName.INTAKE, [gone])
        await call_off_of(connection, [partner_id], lambda _: False)


async def read_partner(pool: Pool, partner_id: UUID) -> PartnerRecorded:
    """A partner's record. Raises PartnerNotFound."""
    async with pool.acquire() as connection:
        found = await partners.read_partner(connection, partner_id)
    if found is None:
        raise PartnerNotFound
    return found


async def read_eligibility_texts(pool: Pool, partner_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], str]:
    """What partners say of who is helped, by partner and service."""
    async with pool.acquire() as connection:
        return await eligibility.read_texts(connection, partner_ids)


async def list_partners(pool: Pool, limit: int, after: UUID | None) -> list[PartnerRecorded]:
    """Partners by id, after the one given."""
    async with pool.acquire() as connection:
        return await partners.list_partners(connection, limit, after)


async def stop_texts(connection: Connection, seal: Seal, phone: str) -> None:
    """No more texts to this phone, whoever has it."""
    phone_hash = seal.hash_phone(phone)
    await partners.opt_out(connection, phone_hash)
    await _record_again(connection, seal, phone_hash, phone)


async def start_texts(connection: Connection, seal: Seal, phone: str) -> None:
    """Texts to this phone again."""
    phone_hash = seal.hash_phone(phone)
    await partners.opt_in(connection, phone_hash)
    await _record_again(connection, seal, phone_hash, phone)


async def _record_again(connection: Connection, seal: Seal, phone_hash: bytes, phone: str) -> None:
    await partners.lock_all(connection)
    reached = {partner_id for partner_id, _ in await partners.contacts_with_phone(connection, phone_hash)}
    known = await partners.lock_partners(connection, reached)
    await save_records(connection, seal, [_with_texts(record, phone) for record in known.values()])


def _with_texts(record: PartnerRecorded, phone: str) -> PartnerRecorded:
    again = tuple(
        contact.model_copy(update={"channels": (*contact.channels, Channel.TEXT)})
        if contact.phone == phone and Channel.TEXT not in contact.channels
        else contact
        for contact in record.contacts
    )
    return record.model_copy(update={"contacts": again})


def phones_of(seal: Seal, records: Sequence[PartnerRecorded]) -> list[tuple[bytes, UUID, UUID]]:
    """(phone hash, partner, contact) of all contacts who have one."""
    return [
        (seal.hash_phone(contact.phone), record.partner_id, contact.contact_id)
        for record in records
        for contact in record.contacts
        if contact.phone
    ]


async def save_records(connection: Connection, seal: Seal, records: Sequence[PartnerRecorded]) -> None:
    """Writes records and tells the other services. Their rows must be locked."""
    phones = phones_of(seal, records)
    stopped = await _find_stopped(connection, seal, records)
    marked = await with_questions(connection, records)
    kept = {record.partner_id: _without_stopped(record, stopped) for record in marked}
    versions = await partners.save_partners(connection, kept)
    await partners.save_phones(connection, kept.keys(), phones)
    trace = current_traceparent()
    changed = [outbox.Outgoing(record, key, versions[key], trace) for key, record in kept.items()]
    await outbox.publish(connection, ServiceName.INTAKE, changed)


async def _find_stopped(
    connection: Connection, seal: Seal, records: Sequence[PartnerRecorded]
) -> set[tuple[Channel, str]]:
    """Which of their contacts' addresses said STOP."""
    there = [one for record in records for one in record.contacts]
    phones = {seal.hash_phone(one.phone): one.phone for one in there if one.phone}
    emails = {hash_address(seal, one.email): one.email for one in there if one.email}
    texts = await partners.opted_out(connection, list(phones))
    return {(Channel.TEXT, phones[one]) for one in texts} | {
        (Channel.EMAIL, emails[one]) for one in await contacts.emails_stopped(connection, list(emails))
    }


def _without_stopped(record: PartnerRecorded, stopped: set[tuple[Channel, str]]) -> PartnerRecorded:
    kept = []
    for contact in record.contacts:
        channels = tuple(one for one in contact.channels if (one, address_of(contact, one)) not in stopped)
        kept.append(contact.model_copy(update={"channels": channels}))
    return record.model_copy(update={"contacts": tuple(kept)})
