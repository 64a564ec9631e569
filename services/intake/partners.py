"""What can be done with a partner's record."""

from collections.abc import Sequence
from uuid import UUID

from schemas.codec import Tombstone
from schemas.partners import Contact, PartnerRecorded
from schemas.topics import PARTNERS, ServiceName
from schemas.vocabulary import Channel
from services.intake.sealing import Seal
from services.intake.store import partners
from services.runtime import outbox
from services.runtime.database import Connection, Pool
from services.runtime.tracing import current_traceparent


class PartnerNotFound(LookupError):
    """There is no such partner."""


async def record_partner(pool: Pool, seal: Seal, record: PartnerRecorded) -> bool:
    """Writes a partner's whole record. True when it is new. Who said STOP is not texted, whatever the record says."""
    async with pool.acquire() as connection, connection.transaction():
        known = await partners.lock_partner(connection, record.partner_id)
        await _save(connection, seal, record)
    return known is None


async def remove_partner(pool: Pool, partner_id: UUID) -> None:
    """Removes a partner and its contacts, everywhere. Raises PartnerNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        if await partners.lock_partner(connection, partner_id) is None:
            raise PartnerNotFound
        version = await partners.save_partner(connection, partner_id, None)
        await partners.save_phones(connection, partner_id, [])
        gone = outbox.Removal(PARTNERS, Tombstone(partner_id), version, current_traceparent())
        await outbox.publish(connection, ServiceName.INTAKE, [gone])


async def read_partner(pool: Pool, partner_id: UUID) -> PartnerRecorded:
    """A partner's record. Raises PartnerNotFound."""
    async with pool.acquire() as connection:
        found = await partners.read_partner(connection, partner_id)
    if found is None:
        raise PartnerNotFound
    return found


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
    for partner_id in sorted(
        {partner_id for partner_id, _ in await partners.contacts_with_phone(connection, phone_hash)}
    ):
        record = await partners.lock_partner(connection, partner_id)
        if record is not None:
            contacts = tuple(_with_texts(contact) if contact.phone == phone else contact for contact in record.contacts)
            await _save(connection, seal, record.model_copy(update={"contacts": contacts}))


def _with_texts(contact: Contact) -> Contact:
    if Channel.TEXT in contact.channels:
        return contact
    return contact.model_copy(update={"channels": (*contact.channels, Channel.TEXT)})


async def _save(connection: Connection, seal: Seal, record: PartnerRecorded) -> None:
    phones = [(seal.hash_phone(contact.phone), contact.contact_id) for contact in record.contacts if contact.phone]
    stopped = await partners.opted_out(connection, [phone_hash for phone_hash, _ in phones])
    record = record.model_copy(update={"contacts": _without_stopped(seal, record.contacts, stopped)})
    version = await partners.save_partner(connection, record.partner_id, record)
    await partners.save_phones(connection, record.partner_id, phones)
    outgoing = outbox.Outgoing(record, record.partner_id, version, current_traceparent())
    await outbox.publish(connection, ServiceName.INTAKE, [outgoing])


def _without_stopped(seal: Seal, contacts: Sequence[Contact], stopped: set[bytes]) -> tuple[Contact, ...]:
    return tuple(
        contact.model_copy(update={"channels": tuple(one for one in contact.channels if one is not Channel.TEXT)})
        if contact.phone and seal.hash_phone(contact.phone) in stopped
        else contact
        for contact in contacts
    )
