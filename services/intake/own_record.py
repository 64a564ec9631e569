"""A partner's contact changes the partner's own record: one transaction, which tells the other services at once."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Channel
from services.intake.contacts import QUESTIONS_A_DAY, TextsStopped, TooManyAddresses, address_in_use
from services.intake.domain.contacts import address_of
from services.intake.domain.own_record import Changed, NewAddress, find_contact
from services.intake.partners import PartnerNotFound, end_what_was_theirs, save_records
from services.intake.questions import take_in_contacts
from services.intake.sealing import Seal
from services.intake.store import contacts, partners
from services.intake.store.contacts import Question
from services.intake.store.letters import Letter, add_letters
from services.runtime.database import Connection, Pool

_OF_PARTNER_A_DAY = 40
"""Addresses that are asked about for all of a partner's contacts together."""


async def change_record(
    pool: Pool, seal: Seal, partner_id: UUID, by: Contact, change: Callable[[PartnerRecorded], Changed]
) -> None:
    """Saves what `change` makes of the record, which nobody else changes meanwhile; whatever it raises changes nothing.

    Raises PartnerNotFound, TooManyAddresses, TextsStopped, or NoAddress.
    """
    async with pool.acquire() as connection, connection.transaction():
        before = (await partners.lock_partners(connection, [partner_id])).get(partner_id)
        if before is None:
            raise PartnerNotFound
        changed = change(before)
        if changed == Changed(before):
            return
        await _refuse_stopped(connection, seal, before, changed)
        await _forget_mistyped(connection, before, changed.record)
        asked = await contacts.count_asked(connection, partner_id)
        await _ask_both(connection, before, changed.new_addresses)
        taken = await _take_in(connection, seal, before, changed)
        if asked < (now := await contacts.count_asked(connection, partner_id)) and now > _OF_PARTNER_A_DAY:
            raise TooManyAddresses
        await save_records(connection, seal, [taken])
        await end_what_was_theirs(connection, {partner_id: before}, [taken])
        there = {one.contact_id for one in changed.record.contacts}
        await add_letters(connection, [_goodbye(one, before, by) for one in before.contacts if _hears(one, there)])


async def _take_in(connection: Connection, seal: Seal, before: PartnerRecorded, changed: Changed) -> PartnerRecorded:
    """Whoever never answered is asked again by a form about them, and by nothing else."""
    there = changed.record.contacts
    silent = {one.contact_id: one for one in there if not one.confirmed and one.contact_id != changed.asks}
    others = tuple(one for one in there if one.contact_id not in silent)
    record = changed.record.model_copy(update={"contacts": others})
    [taken] = await take_in_contacts(connection, seal, [record], {before.partner_id: before})
    found = silent | {one.contact_id: one for one in taken.contacts}
    return taken.model_copy(update={"contacts": tuple(found[one.contact_id] for one in there)})


async def _ask_both(connection: Connection, before: PartnerRecorded, new: Sequence[NewAddress]) -> None:
    """Asks who reads the address in use, and then who reads the new one: as if the contact had given it themselves."""
    for contact_id in {one.contact_id for one in new}:
        mine = [one for one in new if one.contact_id == contact_id]
        if await contacts.count_asked(connection, before.partner_id, contact_id) + len(mine) > QUESTIONS_A_DAY:
            raise TooManyAddresses
        in_use = address_in_use(find_contact(before, contact_id))
        await contacts.ask(
            connection,
            [Question(uuid4(), before.partner_id, contact_id, *in_use, one.channel, one.address) for one in mine],
        )


async def _forget_mistyped(connection: Connection, before: PartnerRecorded, after: PartnerRecorded) -> None:
    """Whoever reads an address that was corrected before anybody said yes is not to become a contact."""
    unsure = {one.contact_id: one for one in after.contacts if not one.confirmed and one not in before.contacts}
    waiting = await contacts.waiting(connection, [before.partner_id])
    dropped = [
        one.question_id
        for one in waiting
        if one.contact_id in unsure and one.new_address != address_of(unsure[one.contact_id], one.about)
    ]
    await contacts.close(connection, dropped, confirmed=False)


async def _refuse_stopped(connection: Connection, seal: Seal, before: PartnerRecorded, changed: Changed) -> None:
    known = {one.phone for one in before.contacts}
    new = {one.phone for one in changed.record.contacts if Channel.TEXT in one.channels} - known
    new |= {one.address for one in changed.new_addresses if one.channel is Channel.TEXT}
    if await partners.opted_out(connection, [seal.hash_phone(phone) for phone in new if phone]):
        raise TextsStopped


def _hears(contact: Contact, there: set[UUID]) -> bool:
    gone = contact.contact_id not in there
    return gone and any(channel is Channel.EMAIL for channel, _ in contact.ways)


def _goodbye(contact: Contact, partner: PartnerRecorded, by: Contact) -> Letter:
    """Whoever is taken off is told by whom: nobody loses their place without noticing."""
    to = (contact.email or "", contact.name, contact.language)
    return Letter("contact_removed", to=to, facts={"by": by.name, "organization": partner.name})
