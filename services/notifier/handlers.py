"""From events to queued messages."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from schemas import offers, outcomes
from schemas.codec import Tombstone
from schemas.event import NeedEvent
from schemas.partners import PartnerRecorded
from schemas.receipts import ReceiptReceived
from schemas.responses import PartnerResponse
from services.notifier import metrics
from services.notifier.domain.reminding import is_answer
from services.notifier.domain.telling import Draft, messages_for, questions_for
from services.notifier.receiving import take_receipts
from services.notifier.store import contacts, offer_states, queue, waiting
from services.runtime.database import Connection
from services.runtime.messages import Message

_ENDS_OFFER = (
    offers.OfferWithdrawn,
    offers.OfferExpired,
    outcomes.ClaimAwarded,
    outcomes.ClaimRefused,
)


async def handle(connection: Connection, messages: Sequence[Message]) -> None:
    """Keeps partners' contacts, the state of offers and receipts, and queues what there is to tell."""
    partners = [row for message in messages if (row := _partner_row(message)) is not None]
    if partners:
        await contacts.save_partners(connection, partners)
    about_offers = [
        (message.event.offer_id, message.envelope.sequence, isinstance(message.event, offers.OfferMade))
        for message in messages
        if isinstance(message.event, (offers.OfferMade, *_ENDS_OFFER))
    ]
    if about_offers:
        await offer_states.save_offers(connection, about_offers)
        if ended := [offer_id for offer_id, _, is_open in about_offers if not is_open]:
            await waiting.let_go(connection, ended)
    answers = [
        (message.event.offer_id, message.event.type, message.envelope.time)
        for message in messages
        if isinstance(message.event, PartnerResponse | outcomes.ClaimLapsed) and is_answer(message.event)
    ]
    if answers:
        await offer_states.save_answers(connection, answers)
    new = [
        _to_question(message, message.event, question_id, draft)
        for message in messages
        if isinstance(message.event, PartnerRecorded)
        for question_id, draft in questions_for(message.event, message.envelope.time)
    ]
    new += [
        _to_message(message, message.event, draft)
        for message in messages
        if isinstance(message.event, NeedEvent)
        for draft in messages_for(message.event, message.envelope.time)
    ]
    if new:
        await queue.add_messages(connection, new)
        metrics.observe_queued(messages, datetime.now(UTC))
    if reported := [message.event for message in messages if isinstance(message.event, ReceiptReceived)]:
        await take_receipts(connection, reported)


def _partner_row(message: Message) -> tuple[UUID, int, bool, str, str, str | None] | None:
    version = message.envelope.sequence
    match message.event:
        case PartnerRecorded() as partner:
            # As text: the driver would take a list of lists for an array of two dimensions.
            contacts = json.dumps([contact.model_dump(mode="json") for contact in partner.contacts])
            on_call = partner.on_call.model_dump_json() if partner.on_call else None
            return partner.partner_id, version, False, partner.name, contacts, on_call
        case Tombstone(partner_id):
            return partner_id, version, True, "", "[]", None
    return None


def _to_question(message: Message, record: PartnerRecorded, question_id: UUID, draft: Draft) -> queue.NewMessage:
    """The question is the message: however often the record comes, it is asked once."""
    return queue.NewMessage(
        message_id=question_id,
        event_id=question_id,
        need_id=None,
        event=record.model_dump(mode="json", include={"partner_id", "name", "kind"}),
        event_type=record.type,
        traceparent=message.envelope.traceparent,
        draft=draft,
    )


def _to_message(message: Message, event: NeedEvent, draft: Draft) -> queue.NewMessage:
    event_id = message.envelope.id
    return queue.NewMessage(
        message_id=uuid5(event_id, draft.recipient),
        event_id=event_id,
        need_id=event.need_id,
        event=event.model_dump(mode="json"),
        event_type=event.type,
        traceparent=message.envelope.traceparent,
        draft=draft,
    )
