"""What the matcher and the notifier say, for people to see: the read model."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas import offers as offer_events
from schemas import outcomes
from schemas.deliveries import DeliveryEvent
from schemas.event import LineQuantity, NeedEvent
from schemas.offers import OfferEvent
from schemas.topics import ServiceName
from services.intake.domain.gaps import UnmetLine, unmet_lines
from services.intake.domain.progress import advance
from services.intake.store import gaps, needs, offers
from services.intake.store.messages import MessageRow, save_messages
from services.intake.store.needs import HistoryEntry, NeedRow
from services.intake.store.offers import OfferRow
from services.intake.visits import call_off_ended
from services.runtime.database import Connection
from services.runtime.messages import Message

_STATES: dict[type[NeedEvent], str] = {
    offer_events.OfferMade: "open",
    offer_events.OfferExpired: "expired",
    offer_events.OfferWithdrawn: "withdrawn",
    outcomes.ClaimAwarded: "awarded",
    outcomes.ClaimRefused: "refused",
    outcomes.ClaimLapsed: "lapsed",
}
_ENDS_VISITS = (outcomes.ClaimLapsed, outcomes.NeedFulfilled, outcomes.NeedPartlyFulfilled, outcomes.NeedUnmet)
_NOT_HISTORY = {"need_id", "terms", "message_id", "at", "service_id", "contact_id", "left_out"}


async def handle(connection: Connection, messages: Sequence[Message]) -> None:
    """Applies a batch. What is not newer than what is known changes nothing, so a replay of everything is harmless."""
    events = [(message, message.event) for message in messages if isinstance(message.event, NeedEvent)]
    found = await needs.lock_needs(connection, sorted({event.need_id for _, event in events}))
    progress = {need_id: need.progress for need_id, need in found.items()}
    rows: list[OfferRow] = []
    for message, event in events:
        if event.need_id in progress and not isinstance(event, DeliveryEvent):
            progress[event.need_id] = advance(progress[event.need_id], event, message.envelope.sequence)
        if isinstance(event, OfferEvent) and type(event) in _STATES:
            rows.append(_offer_row(event, message.envelope.sequence))
    await needs.save_progress(connection, list(progress.items()))
    if unmet := _unmet(events, found):
        await gaps.add_lines(connection, unmet)
    await offers.save_offers(connection, rows)
    made = [(event, message.envelope.time) for message, event in events if isinstance(event, offer_events.OfferMade)]
    await offers.note_making(connection, [(event.offer_id, event.service_id, at) for event, at in made])
    if said := [(message, event) for message, event in events if isinstance(event, DeliveryEvent)]:
        await save_messages(connection, [_message_row(event, message.envelope.sequence) for message, event in said])
    await needs.add_history(connection, [_entry(message, event) for message, event in events])
    # Nobody comes for a claim that is gone, or a need that has ended.
    ended = {
        (event.need_id, event.offer_id if isinstance(event, outcomes.ClaimLapsed) else None)
        for _, event in events
        if event.need_id in found and isinstance(event, _ENDS_VISITS)
    }
    if ended:
        await call_off_ended(connection, found, ended)


def _unmet(events: Sequence[tuple[Message, NeedEvent]], found: Mapping[UUID, NeedRow]) -> list[UnmetLine]:
    return [
        line
        for message, event in events
        if event.need_id in found
        for line in unmet_lines(event, found[event.need_id].terms, message.envelope.time)
    ]


def _offer_row(event: OfferEvent, version: int) -> OfferRow:
    awarded: tuple[LineQuantity, ...] = ()
    contact_by: datetime | None = None
    undo_until: datetime | None = None
    if isinstance(event, outcomes.ClaimAwarded):
        awarded, contact_by, undo_until = event.awarded, event.contact_by, event.undo_until
    return OfferRow(
        event.offer_id,
        event.need_id,
        event.partner_id,
        event.terms.number,
        event.terms,
        _STATES[type(event)],
        awarded,
        contact_by,
        version,
        undo_until,
    )


def _message_row(event: DeliveryEvent, version: int) -> MessageRow:
    return MessageRow(
        event.message_id,
        event.need_id,
        event.recipient,
        event.purpose,
        event.channel,
        event.offer_id,
        event.partner_id,
        event.contact_id,
        _name_of(event).partition(".")[2],
        getattr(event, "problem", None),
        version,
        event.at,
    )


def _name_of(event: NeedEvent) -> str:
    return event.type.removeprefix("switchboard.").removesuffix(".v1")


def _entry(message: Message, event: NeedEvent) -> HistoryEntry:
    delivery = isinstance(event, DeliveryEvent)
    facts: dict[str, Any] = event.model_dump(mode="json", exclude=_NOT_HISTORY, exclude_none=True)
    if isinstance(event, OfferEvent):
        facts["number"] = event.terms.number
    return HistoryEntry(
        need_id=event.need_id,
        source=ServiceName.NOTIFIER if delivery else ServiceName.MATCHER,
        subject=str(event.message_id) if isinstance(event, DeliveryEvent) else "",
        sequence=message.envelope.sequence,
        at=message.envelope.time,
        what=_name_of(event),
        facts=facts,
    )
