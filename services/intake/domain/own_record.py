"""What a partner changes of its own record. What the network decides about it stays out of reach.

That is its name and kind, whether it is paused or suspended by the network, what it hears of sensitive needs, and any
further kind of help.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from schemas.partners import Contact, OnCall, PartnerRecorded, Service
from schemas.vocabulary import Channel, ContactRole
from services.intake.domain.contacts import ADDRESS_FIELDS, address_of
from services.intake.domain.need import NotPossible
from services.intake.domain.partner import fit_into_one_record

MOST_CONTACTS = 20


class Gone(LookupError):
    """The partner has no such service or contact any more."""


@dataclass(frozen=True)
class Limits:
    """How much a partner takes on. None is as much as comes; `of_services` is (a week, at once) by service."""

    of_services: Mapping[UUID, tuple[int | None, int | None]]
    messages_per_week: int
    open_offers: int


@dataclass(frozen=True)
class NewAddress:
    """An address that is said to be a contact's, in place of the one in use."""

    contact_id: UUID
    channel: Channel
    address: str


@dataclass(frozen=True)
class Changed:
    """The record as it is to be, and the addresses that wait for two people's word: who reads the old and the new."""

    record: PartnerRecorded
    new_addresses: tuple[NewAddress, ...] = ()
    asks: UUID | None = None
    """The contact who is asked whether they are meant. Others who never answered are left alone."""


def limit(record: PartnerRecorded, limits: Limits) -> PartnerRecorded:
    """With other limits. A service that came meanwhile keeps its own."""

    def limited(service: Service) -> Service:
        usual = service.claims_per_week, service.claims_at_once
        per_week, at_once = limits.of_services.get(service.service_id, usual)
        return service.model_copy(update={"claims_per_week": per_week, "claims_at_once": at_once})

    services = tuple(limited(one) for one in record.services)
    own = {"messages_per_week": limits.messages_per_week, "open_offers": limits.open_offers}
    return record.model_copy(update={**own, "services": services})


def pause(record: PartnerRecorded, until: datetime | None) -> PartnerRecorded:
    """Asked for nothing before then; None is asked again."""
    return record.model_copy(update={"snoozed_until": until})


def find_service(record: PartnerRecorded, service_id: UUID) -> Service:
    """Raises Gone."""
    found = [one for one in record.services if one.service_id == service_id]
    if not found:
        raise Gone
    return found[0]


def find_contact(record: PartnerRecorded, contact_id: UUID) -> Contact:
    """Raises Gone."""
    found = [one for one in record.contacts if one.contact_id == contact_id]
    if not found:
        raise Gone
    return found[0]


def change_service(record: PartnerRecorded, service: Service) -> PartnerRecorded:
    """With this service as it is said to be now.

    Raises Gone, or NotPossible for a kind of help that is new to it, or more than one record holds.
    """
    before = find_service(record, service.service_id)
    if not set(service.categories) <= set(before.categories):
        raise NotPossible("categories", "a new kind of help is for the network's administrator to add")
    services = tuple(service if one is before else one for one in record.services)
    if not fit_into_one_record(services):
        raise NotPossible("too_much", "these are more ZIP codes than one record holds")
    return record.model_copy(update={"services": services})


def add_contact(record: PartnerRecorded, contact: Contact) -> Changed:
    """With one more, whose addresses are unsure until their reader says yes. The same one again changes nothing.

    Raises NotPossible, which names the field.
    """
    if any(one.contact_id == contact.contact_id for one in record.contacts):
        return Changed(record)
    _refuse_twice(record, contact)
    if len(record.contacts) >= MOST_CONTACTS:
        raise NotPossible("form", f"a partner has at most {MOST_CONTACTS} contacts")
    unsure = contact.model_copy(update={"confirmed": False})
    return Changed(record.model_copy(update={"contacts": (*record.contacts, unsure)}), asks=contact.contact_id)


def change_contact(record: PartnerRecorded, entered: Contact) -> Changed:
    """With what one contact says of another. Raises Gone, or NotPossible, which names the field.

    An address in use stays so until its own reader agrees: else a colleague, or who holds their phone, could read
    what is meant for them. For the same reason nobody turns on for others a way that they do not use.
    """
    before = find_contact(record, entered.contact_id)
    _refuse_twice(record, entered)
    if not before.confirmed:
        return Changed(_with(record, entered), asks=entered.contact_id)
    given = [(channel, address_of(entered, channel)) for channel in ADDRESS_FIELDS]
    moved = [NewAddress(entered.contact_id, how, to) for how, to in given if to and to != address_of(before, how)]
    known = {how for how in entered.channels if address_of(before, how)}
    if known - set(before.channels):
        raise NotPossible("channels", "a way that they do not use now is theirs to choose")
    changed = _with(record, entered.model_copy(update=_in_use(before, entered)))
    _refuse_unreachable(record, changed, "roles")
    return Changed(changed, tuple(moved))


def remove_contact(record: PartnerRecorded, contact_id: UUID) -> PartnerRecorded:
    """Without that one, in the turns too. Raises Gone, or NotPossible where nobody could be asked any more."""
    gone = find_contact(record, contact_id)
    kept = tuple(one for one in record.contacts if one is not gone)
    changed = record.model_copy(update={"contacts": kept, "on_call": _turns_of(record.on_call, kept)})
    _refuse_unreachable(record, changed, "last")
    return changed


def take_turns(record: PartnerRecorded, contact_ids: Sequence[UUID], since: date, days: int) -> PartnerRecorded:
    """These are asked first in turns, the first of them from that day on. None is asked in their order, always."""
    there = {one.contact_id for one in record.contacts}
    turns = tuple(one for one in contact_ids if one in there)
    on_call = OnCall(contact_ids=turns, since=since, days=days) if turns else None
    return record.model_copy(update={"on_call": on_call})


def can_be_asked(record: PartnerRecorded) -> bool:
    """Whether there is anybody to ask."""
    return any(one.ways and one.takes(ContactRole.REQUESTS) for one in record.contacts)


def _in_use(before: Contact, entered: Contact) -> dict[str, str | None]:
    """The addresses that stay for now. One that is written to is not taken away from somebody by a colleague."""
    kept: dict[str, str | None] = {}
    for channel, field in ADDRESS_FIELDS.items():
        kept[field] = address_of(before, channel)
        if kept[field] and not address_of(entered, channel):
            if channel in entered.channels:
                raise NotPossible(field, "they are written to there")
            kept[field] = None
    return kept


def _refuse_twice(record: PartnerRecorded, contact: Contact) -> None:
    others = {one.email.casefold() for one in record.contacts if one.email and one.contact_id != contact.contact_id}
    if contact.email and contact.email.casefold() in others:
        raise NotPossible("twice", "somebody else here has this address")


def _refuse_unreachable(before: PartnerRecorded, after: PartnerRecorded, field: str) -> None:
    if can_be_asked(before) and not can_be_asked(after):
        raise NotPossible(field, "somebody has to stay who can be asked")


def _turns_of(on_call: OnCall | None, contacts: Sequence[Contact]) -> OnCall | None:
    there = {one.contact_id for one in contacts}
    left = tuple(one for one in on_call.contact_ids if one in there) if on_call else ()
    return on_call.model_copy(update={"contact_ids": left}) if on_call and left else None


def _with(record: PartnerRecorded, contact: Contact) -> PartnerRecorded:
    there = tuple(contact if one.contact_id == contact.contact_id else one for one in record.contacts)
    return record.model_copy(update={"contacts": there})
