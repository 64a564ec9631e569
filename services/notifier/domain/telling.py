"""Who is told what: from an event to the messages that it causes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from schemas import deliveries, handovers, offers, outcomes
from schemas.event import NeedEvent
from schemas.handovers import HandoverEvent
from schemas.offers import OfferEvent
from schemas.partners import PartnerRecorded
from schemas.vocabulary import (
    Answerer,
    DeliveryProblem,
    LapseReason,
    MessagePurpose,
    RecipientKind,
    ReminderKind,
    StuckCause,
    Urgency,
    WithdrawalReason,
)

_OTHERWISE_WITHIN = timedelta(days=3)
"""A message about something without a deadline of its own is worth sending for so long."""
_TONIGHT = timedelta(hours=8)
_CANNOT_WAIT = {Urgency.TONIGHT, Urgency.TODAY}
_MUST_BE_KNOWN = {MessagePurpose.VISIT_REFUSED, MessagePurpose.CONSENT_ENDED}
"""Where these do not get through to a partner, its coordinator has to call them."""
_TO_SAY_NO = timedelta(hours=2)
"""So long before it begins a visit is told of at the latest."""
_SOON = timedelta(hours=18)
"""A visit that begins sooner cannot wait for the end of the night to be told of."""


@dataclass(frozen=True)
class Draft:
    """One message to be: who, about what, and until when it is worth sending."""

    recipient: RecipientKind
    purpose: MessagePurpose
    deadline: datetime
    urgent: bool = False
    offer_id: UUID | None = None
    partner_id: UUID | None = None
    contact_id: UUID | None = None


_REMINDERS = {
    ReminderKind.ANSWER: MessagePurpose.OFFER_REMINDER,
    ReminderKind.CONTACT: MessagePurpose.CONTACT_REMINDER,
    ReminderKind.COMPLETE: MessagePurpose.COMPLETE_REMINDER,
}
_SAID_BY_PARTNER = {LapseReason.RELEASED, LapseReason.UNDONE, LapseReason.NOT_DELIVERED}
"""The page has thanked whoever said so."""
_SILENT_WITHDRAWALS = {WithdrawalReason.PARTNER_UNAVAILABLE}


def messages_for(event: NeedEvent, at: datetime) -> list[Draft]:  # noqa: PLR0911 - one for each kind of event
    """The messages that an event causes."""
    match event:
        case offers.OfferMade():
            return [to_partner(event, MessagePurpose.OFFER, event.terms.respond_by)]
        case offers.OfferReminded(kind=kind, due=due):
            return [to_partner(event, _REMINDERS[kind], due)]
        case offers.OfferWithdrawn(reason=reason):
            if reason in _SILENT_WITHDRAWALS:
                return []
            return [to_partner(event, MessagePurpose.OFFER_WITHDRAWN, at + _OTHERWISE_WITHIN)]
        case outcomes.ClaimAwarded(contact_id=contact_id, contact_by=contact_by):
            return [
                to_partner(event, MessagePurpose.CLAIM_AWARDED, contact_by, contact_id),
                to_coordinator(MessagePurpose.CLAIM_AWARDED, at, event),
            ]
        case outcomes.ClaimRefused(contact_id=contact_id):
            return [to_partner(event, MessagePurpose.CLAIM_REFUSED, at + _OTHERWISE_WITHIN, contact_id)]
        case outcomes.ClaimLapsed(reason=reason):
            told = []
            if reason is not LapseReason.NEED_CLOSED:
                # How the need ended is told by itself, and nobody else is asked.
                told.append(to_coordinator(MessagePurpose.CLAIM_LAPSED, at, event))
            if reason not in _SAID_BY_PARTNER:
                told.append(to_partner(event, MessagePurpose.CLAIM_LAPSED, at + _OTHERWISE_WITHIN))
            return told
        case outcomes.ReferralAnswered():
            return [_to_referrer(event, at)]
        case outcomes.ConfirmationRequested():
            return [Draft(RecipientKind.FAMILY, MessagePurpose.CONFIRMATION, at + _OTHERWISE_WITHIN)]
        case outcomes.NeedStuck(cause=cause):
            return _about_stuck(cause, at)
        case outcomes.NeedFulfilled() | outcomes.NeedPartlyFulfilled() | outcomes.NeedUnmet() | outcomes.HelpEnded():
            return [_about_end(event, at)]
        case deliveries.MessageSuppressed() | deliveries.MessageBounced() | deliveries.MessageFailed():
            return _after_failure(event, at)
    return _about_handover(event, at)


def _about_end(event: NeedEvent, at: datetime) -> Draft:
    if not isinstance(event, outcomes.HelpEnded):
        return to_coordinator(MessagePurpose.NEED_CLOSED, at)
    # Thanks can wait for the morning, however much hurry there was.
    thanks = to_partner(event, MessagePurpose.HELP_ENDED, at + _OTHERWISE_WITHIN, event.contact_id)
    return replace(thanks, urgent=False)


def questions_for(record: PartnerRecorded, at: datetime) -> list[tuple[UUID, Draft]]:
    """By id, what the partner's people are asked about their addresses."""
    return [
        (
            question.question_id,
            Draft(
                RecipientKind.PARTNER,
                MessagePurpose.CONTACT_CONFIRMATION,
                at + _OTHERWISE_WITHIN,
                partner_id=record.partner_id,
                contact_id=contact.contact_id,
            ),
        )
        for contact in record.contacts
        for question in contact.questions
    ]


def _about_stuck(cause: StuckCause, at: datetime) -> list[Draft]:
    if cause is not StuckCause.NOBODY_YET:
        return [to_coordinator(MessagePurpose.NEED_STUCK, at)]
    return [
        Draft(recipient, MessagePurpose.NEED_STUCK, at + _TONIGHT, urgent=True)
        for recipient in (RecipientKind.COORDINATOR, RecipientKind.BACKUP)
    ]


def _about_handover(event: NeedEvent, at: datetime) -> list[Draft]:
    match event:
        case handovers.CodeRequested(expires=expires):
            return [_to_contact(event, MessagePurpose.IDENTITY_CODE, expires)]
        case handovers.VisitPlanned(begins=begins):
            return [
                Draft(recipient, MessagePurpose.VISIT_PLANNED, begins - _TO_SAY_NO, urgent=begins - at < _SOON)
                for recipient in (RecipientKind.FAMILY, RecipientKind.COORDINATOR)
            ]
        case handovers.VisitRefused(by=by):
            told = [_to_contact(event, MessagePurpose.VISIT_REFUSED, at + _OTHERWISE_WITHIN)]
            if by is Answerer.FAMILY:
                told.append(to_coordinator(MessagePurpose.VISIT_REFUSED, at))
            return told
        case handovers.ConsentEnded():
            return [_to_contact(event, MessagePurpose.CONSENT_ENDED, at + _OTHERWISE_WITHIN)]
    return []


def _to_contact(event: HandoverEvent, purpose: MessagePurpose, deadline: datetime) -> Draft:
    return Draft(
        RecipientKind.PARTNER,
        purpose,
        deadline,
        urgent=True,
        offer_id=event.offer_id,
        partner_id=event.partner_id,
        contact_id=event.contact_id,
    )


def _after_failure(
    event: deliveries.MessageSuppressed | deliveries.MessageBounced | deliveries.MessageFailed, at: datetime
) -> list[Draft]:
    if event.purpose in _MUST_BE_KNOWN and event.recipient is RecipientKind.PARTNER:
        return [to_coordinator(MessagePurpose.NOT_TOLD, at)]
    asked = event.recipient is RecipientKind.FAMILY and event.purpose is MessagePurpose.CONFIRMATION
    # Whoever has no address any more said stop, or is not known since a failure: nobody is sent to ask them.
    unasked = asked and event.problem is not DeliveryProblem.NO_ADDRESS
    return [to_coordinator(MessagePurpose.CONFIRMATION, at)] if unasked else []


def to_partner(event: OfferEvent, purpose: MessagePurpose, deadline: datetime, contact_id: UUID | None = None) -> Draft:
    """A message to the partner of an offer: to the contact who answered, or whoever is first."""
    return Draft(
        RecipientKind.PARTNER,
        purpose,
        deadline,
        event.terms.urgency in _CANNOT_WAIT,
        event.offer_id,
        event.partner_id,
        contact_id,
    )


def _to_referrer(event: outcomes.ReferralAnswered, at: datetime) -> Draft:
    return Draft(
        RecipientKind.PARTNER,
        MessagePurpose.REFERRAL_ANSWERED,
        at + _OTHERWISE_WITHIN,
        offer_id=event.offer_id,
        partner_id=event.referred_by,
    )


def to_coordinator(purpose: MessagePurpose, at: datetime, about: OfferEvent | None = None) -> Draft:
    """A message to the coordinator of the need."""
    urgent = about is not None and about.terms.urgency in _CANNOT_WAIT
    return Draft(RecipientKind.COORDINATOR, purpose, at + _OTHERWISE_WITHIN, urgent, about.offer_id if about else None)
