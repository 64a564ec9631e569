"""Texts that come in: an answer to an offer, a family's word, HELP, STOP. Each gets one reply."""

from dataclasses import dataclass
from uuid import UUID

from schemas.event import OfferTerms
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import AnswerChannel, Answerer, DeclineReason
from services.intake import answers, needs, partners
from services.intake.desk import Desk
from services.intake.domain.texting import Said, Word, is_spanish, understand
from services.intake.store import families, keys, offers
from services.intake.store import partners as partner_rows
from services.intake.store.offers import OfferRow
from services.intake.text_replies import REPLIES

_REFERENCE_FROM = 100_000


@dataclass(frozen=True)
class TextIn:
    """A text as the provider hands it over; `sender` is in E.164."""

    message_sid: str
    sender: str
    body: str


@dataclass(frozen=True)
class _Sender:
    phone_hash: bytes
    contacts: dict[UUID, UUID]
    """By partner, the contact who has this phone."""
    language: str


async def receive_text(desk: Desk, text: TextIn) -> str:
    """Does what a text says, and returns the reply."""
    async with desk.pool.acquire() as connection:
        known = await keys.find_reply(connection, text.message_sid)
        if known is not None:
            return known
    reply = await _answer(desk, text)
    async with desk.pool.acquire() as connection:
        return await keys.save_reply(connection, text.message_sid, reply)


async def _answer(desk: Desk, text: TextIn) -> str:
    sender = await _find_sender(desk, text)
    replies = REPLIES[sender.language]
    match understand(text.body):
        case None:
            return replies["not_understood"]
        case Said(Word.HELP):
            return replies["help"]
        case Said(Word.STOP):
            async with desk.pool.acquire() as connection, connection.transaction():
                await partners.stop_texts(connection, desk.seal, text.sender)
            return replies["stopped"]
        case Said(Word.START):
            async with desk.pool.acquire() as connection, connection.transaction():
                await partners.start_texts(connection, desk.seal, text.sender)
            return replies["started"]
        case Said(word, number) if number is not None and number < _REFERENCE_FROM:
            return await _answer_offer(desk, sender, word, number)
        case Said(word, number):
            return await _answer_unnumbered(desk, sender, word, number)


async def _find_sender(desk: Desk, text: TextIn) -> _Sender:
    phone_hash = desk.seal.hash_phone(text.sender)
    async with desk.pool.acquire() as connection:
        contacts = dict(await partner_rows.contacts_with_phone(connection, phone_hash))
        language = "es" if is_spanish(text.body) else "en"
        for partner_id, contact_id in contacts.items():
            record = await partner_rows.read_partner(connection, partner_id)
            spoken = [one.language for one in record.contacts if one.contact_id == contact_id] if record else []
            language = spoken[0] if spoken else language
        waiting = [] if contacts else await families.needs_awaiting_family(connection, phone_hash)
        sealed = await families.read_family(connection, waiting[0].need_id) if waiting else None
    if sealed is not None:
        language = (await desk.seal.open(sealed, waiting[0].need_id)).language
    return _Sender(phone_hash, contacts, language if language in REPLIES else "en")


async def _answer_offer(desk: Desk, sender: _Sender, word: Word, number: int) -> str:
    async with desk.pool.acquire() as connection:
        offer = await offers.find_by_number(connection, list(sender.contacts), number)
    if offer is None:
        return REPLIES[sender.language]["no_such_number"].format(number=number)
    return await _say_to_offer(desk, sender, word, offer)


async def _answer_unnumbered(desk: Desk, sender: _Sender, word: Word, reference: int | None) -> str:
    """YES or NO with a need's reference, or alone where just one thing is open for this phone."""
    async with desk.pool.acquire() as connection:
        waiting = await families.needs_awaiting_family(connection, sender.phone_hash)
        open_offers = await offers.open_for(connection, list(sender.contacts)) if reference is None else []
    if reference is not None:
        waiting = [need for need in waiting if need.reference == str(reference)]
    replies = REPLIES[sender.language]
    if len(waiting) == 1 and not open_offers:
        need_id, said = waiting[0].need_id, word is Word.YES
        _, arrived = await needs.answer_for_family(desk.pool, need_id, None, Answerer.FAMILY, arrived=said)
        return replies["arrived" if arrived else "not_arrived"]
    if len(open_offers) == 1 and not waiting:
        return await _say_to_offer(desk, sender, word, open_offers[0])
    return replies["which_one"] if waiting or open_offers else replies["nothing_open"]


async def _say_to_offer(desk: Desk, sender: _Sender, word: Word, offer: OfferRow) -> str:
    replies = REPLIES[sender.language]
    who = answers.Answering(offer.need_id, offer.offer_id, sender.contacts[offer.partner_id], AnswerChannel.TEXT)
    if offer.terms.sensitive and word is Word.YES:
        return replies["see_link"]
    if word is Word.YES:
        await answers.accept_offer(desk.pool, who, {})
        return replies["taken"].format(items=_name_items(offer.terms, sender.language), number=offer.number)
    handed_back = await answers.say_no(desk.pool, who, DeclineReason.OTHER)
    return replies["handed_back" if handed_back else "declined"].format(number=offer.number)


def _name_items(terms: OfferTerms, language: str) -> str:
    return ", ".join(ITEM_KINDS[item.code].label(item.quantity, language) for item in terms.items)
