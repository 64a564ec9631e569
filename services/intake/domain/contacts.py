"""What a partner's contact says of themselves, beside what others write down about them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Channel, PartnerStatus

ADDRESS_FIELDS = {Channel.EMAIL: "email", Channel.TEXT: "phone"}
_THEIRS_TO_SAY = ("channels", "language", "time_zone", "urgent_at_night", "digest_hour", "away_until")


@dataclass(frozen=True)
class TakenIn:
    """A contact as it is recorded, and the addresses that wait for their reader's word first."""

    contact: Contact
    asked: tuple[tuple[Channel, str], ...] = ()


@dataclass(frozen=True)
class Reached:
    """A partner's contact who is known to be on the page, by a link of their own or signed in."""

    partner: PartnerRecorded
    contact: Contact


def signs_in_by(partner: PartnerRecorded, contact: Contact) -> str | None:
    """The address, in small letters, to which this contact's links to sign in go; None for one who may not.

    Who is paused may: that is their own wish, and how they take it back. Who is suspended may not.
    """
    if partner.status is PartnerStatus.SUSPENDED or not contact.confirmed or contact.email is None:
        return None
    return contact.email.lower()


def take_in(entered: Contact, known: Contact | None, was_left: Callable[[str], bool] | None) -> TakenIn:
    """A contact as somebody else enters it.

    `was_left` is None for one who never chose for themselves; else it says whether they replaced that address.
    """
    if known is not None and was_left is not None:
        entered = _keep_choices(entered, known, was_left)
    if entered.confirmed:
        return TakenIn(entered)
    given = {channel: address_of(entered, channel) for channel in entered.channels}
    if known is None or not known.confirmed:
        return TakenIn(entered, tuple((channel, at) for channel, at in given.items() if at))
    in_use = {field: getattr(known, field) for field in ADDRESS_FIELDS.values()}
    new = tuple((channel, at) for channel, at in given.items() if at and at != address_of(known, channel))
    return TakenIn(entered.model_copy(update={**in_use, "confirmed": True}), new)


def confirm(contact: Contact, channel: Channel, address: str) -> Contact:
    """The contact once they said that an address is theirs.

    Of one who was unsure nothing else stays but a phone for calls: an email opens the sign-in, and what they are
    written to at is not known to be theirs before it said yes itself.
    """
    field = ADDRESS_FIELDS[channel]
    if contact.confirmed:
        return contact.model_copy(update={field: address})
    phone = None if Channel.TEXT in contact.channels else contact.phone
    return contact.model_copy(update={"email": None, "phone": phone, field: address, "confirmed": True})


def turns_on_texts(contact: Contact, channels: Collection[Channel]) -> bool:
    """Whether a phone for calls is to get texts from now on, which nobody asked it about.

    A phone that is their only address is the one that they said yes at. A colleague may have typed any other.
    """
    newly = Channel.TEXT in channels and Channel.TEXT not in contact.channels
    return newly and contact.phone is not None and contact.email is not None


def changed_hands(before: PartnerRecorded, after: PartnerRecorded) -> set[UUID]:
    """Contacts by id whose clearance may be of another person now: who is gone, has another name, or said no yes."""
    names = {one.contact_id: one.name for one in after.contacts if one.confirmed}
    unsure = {one.contact_id for one in after.contacts if not one.confirmed}
    return unsure | {one.contact_id for one in before.contacts if names.get(one.contact_id) != one.name}


def signed_out(before: PartnerRecorded, after: PartnerRecorded) -> set[UUID]:
    """Contacts by id who may sign in no more: who is gone, or all of a partner that is suspended."""
    suspended = after.status is PartnerStatus.SUSPENDED
    there = set() if suspended else {one.contact_id for one in after.contacts}
    return {one.contact_id for one in before.contacts} - there


def address_of(contact: Contact, channel: Channel) -> str | None:
    """Where the channel leads."""
    address: str | None = getattr(contact, ADDRESS_FIELDS[channel])
    return address


def _keep_choices(entered: Contact, known: Contact, was_left: Callable[[str], bool]) -> Contact:
    kept = {field: getattr(known, field) for field in _THEIRS_TO_SAY}
    for field in ADDRESS_FIELDS.values():
        address = getattr(entered, field)
        if address is not None and was_left(address):
            kept[field] = getattr(known, field)
    return entered.model_copy(update=kept)
