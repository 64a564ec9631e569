"""One example of every event: what the documents show, and what readers of every version are tried on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from schemas import deliveries, handovers, needs, offers, outcomes, partners, receipts, responses
from schemas.event import Event, Item, LineQuantity, OfferTerms
from schemas.taxonomy import Category
from schemas.vocabulary import (
    AgeBand,
    AnswerChannel,
    Answerer,
    Arrival,
    CancelReason,
    Channel,
    ConsentKind,
    ContactRole,
    DeclineReason,
    DeliveryProblem,
    EligibilityRule,
    Fate,
    LapseReason,
    MessagePurpose,
    PartnerKind,
    PartOfDay,
    RecipientKind,
    ReferralAnswer,
    RefusalReason,
    ReleaseReason,
    ReminderKind,
    ShortfallCause,
    StuckCause,
    UnmetCause,
    Urgency,
    WithdrawalReason,
)

_NEED = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0001")
_SITE = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0002")
_PARTNER = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0003")
_SERVICE = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0004")
_CONTACT = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0005")
_OFFER = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0006")
_MESSAGE = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0007")
_VISIT = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0008")
_REFERRER = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0009")
_QUESTION = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0010")

_NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
_UNDO_UNTIL = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
_RESPOND_BY = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
_NEEDED_BY = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)

_BEDS = Item(line=1, code="bed.twin", quantity=2)
_BEDDING = Item(line=2, code="bed.bedding", quantity=2)
_ONE_BED = LineQuantity(line=1, quantity=1)

_NO_BED = responses.Shortfall(line=1, quantity=1, cause=ShortfallCause.ITEM_UNAVAILABLE)

_TERMS = needs.NeedTerms(
    site_id=_SITE,
    items=(_BEDS, _BEDDING),
    zip_code="11201",
    urgency=Urgency.THIS_WEEK,
    needed_by=_NEEDED_BY,
    languages=("es", "en"),
    household=(AgeBand.AGES_25_59, AgeBand.AGES_6_12, AgeBand.AGES_3_5),
    consent=needs.Consent(kind=ConsentKind.SPOKEN, until=_NEEDED_BY, excluded_kinds=(PartnerKind.BUSINESS,)),
)
_OFFER_TERMS = OfferTerms(
    number=41,
    items=(_BEDS, _BEDDING),
    place="Brooklyn, NY",
    distance_miles=3,
    urgency=Urgency.THIS_WEEK,
    needed_by=_NEEDED_BY,
    respond_by=_RESPOND_BY,
)
_SENT = deliveries.MessageAccepted(
    need_id=_NEED,
    message_id=_MESSAGE,
    recipient=RecipientKind.PARTNER,
    purpose=MessagePurpose.OFFER,
    channel=Channel.EMAIL,
    offer_id=_OFFER,
    partner_id=_PARTNER,
    contact_id=_CONTACT,
    at=_NOW,
)
_ANSWER = {"need_id": _NEED, "offer_id": _OFFER, "partner_id": _PARTNER, "contact_id": _CONTACT}
_HANDOVER = {"need_id": _NEED, "offer_id": _OFFER, "partner_id": _PARTNER, "contact_id": _CONTACT}
_OFFERED = {"need_id": _NEED, "offer_id": _OFFER, "partner_id": _PARTNER, "terms": _OFFER_TERMS}
_MESSAGE_SENT = _SENT.model_dump()

EXAMPLES: tuple[Event, ...] = (
    needs.NeedOpened(need_id=_NEED, terms=_TERMS),
    needs.NeedChanged(need_id=_NEED, terms=_TERMS.model_copy(update={"items": (_BEDS,)})),
    needs.NeedCancelled(need_id=_NEED, reason=CancelReason.MET_ELSEWHERE),
    needs.ConsentWithdrawn(need_id=_NEED),
    partners.PartnerRecorded(
        partner_id=_PARTNER,
        name="Second Street Church",
        kind=PartnerKind.CHURCH,
        services=(
            partners.Service(
                service_id=_SERVICE,
                categories=(Category.BEDS, Category.FURNITURE),
                area=partners.RadiusArea(zip_code="11215", miles=10),
                zip_code="11215",
                languages=("en", "es"),
                claims_per_week=3,
            ),
        ),
        contacts=(
            partners.Contact(
                contact_id=_CONTACT,
                name="Ada Volunteer",
                email="ada@church.example.org",
                phone="+17185550141",
                channels=(Channel.EMAIL, Channel.TEXT),
                roles=(ContactRole.REQUESTS,),
                questions=(partners.AddressQuestion(question_id=_QUESTION, channel=Channel.TEXT),),
            ),
        ),
        on_call=partners.OnCall(contact_ids=(_CONTACT,), since=_RESPOND_BY.date(), days=7),
    ),
    responses.OfferAccepted(**_ANSWER, channel=AnswerChannel.LINK, lines=(_ONE_BED,)),
    responses.OfferDeclined(**_ANSWER, channel=AnswerChannel.TEXT, reason=DeclineReason.NO_CAPACITY),
    responses.FamilyContacted(**_ANSWER, channel=AnswerChannel.LINK),
    responses.FamilyNotReached(**_ANSWER, channel=AnswerChannel.LINK, attempt=1),
    responses.HelpScheduled(
        **_ANSWER,
        channel=AnswerChannel.LINK,
        day=_RESPOND_BY.date(),
        part=PartOfDay.MORNING,
        until=_RESPOND_BY,
    ),
    responses.HelpCompleted(**_ANSWER, channel=AnswerChannel.LINK, lines=(_ONE_BED,), shortfalls=(_NO_BED,)),
    responses.ClaimReleased(**_ANSWER, channel=AnswerChannel.LINK, reason=ReleaseReason.NO_LONGER_ABLE),
    responses.ClaimUndone(**_ANSWER, channel=AnswerChannel.LINK),
    responses.FamilyConfirmed(need_id=_NEED, by=Answerer.FAMILY),
    responses.FamilyDisputed(need_id=_NEED, by=Answerer.COORDINATOR),
    offers.OfferMade(
        **_OFFERED,
        service_id=_SERVICE,
        wave=1,
        reasons=offers.OfferReasons(
            proximity=0.8,
            fairness=1.0,
            yes_chance=0.5,
            language=1.0,
            to_be_confirmed=(EligibilityRule.AGES,),
            directory_position=200,
        ),
    ),
    offers.OfferReminded(**_OFFERED, kind=ReminderKind.ANSWER, due=_RESPOND_BY),
    offers.OfferWithdrawn(**_OFFERED, reason=WithdrawalReason.FILLED),
    offers.OfferExpired(**_OFFERED),
    outcomes.ClaimAwarded(
        **_OFFERED, contact_id=_CONTACT, awarded=(_ONE_BED,), contact_by=_RESPOND_BY, undo_until=_UNDO_UNTIL
    ),
    outcomes.ClaimRefused(**_OFFERED, contact_id=_CONTACT, reason=RefusalReason.ALREADY_FILLED),
    outcomes.ClaimLapsed(**_OFFERED, returned=(_ONE_BED,), reason=LapseReason.NOT_CONTACTED),
    outcomes.ReferralAnswered(
        **_OFFERED, referred_by=_REFERRER, answer=ReferralAnswer.WAITLISTED, reason=DeclineReason.WAITLISTED
    ),
    outcomes.ConfirmationRequested(need_id=_NEED, delivered=(_BEDS,), attempt=1),
    outcomes.NeedStuck(
        need_id=_NEED, cause=StuckCause.NOBODY_LEFT, open_items=(_BEDDING,), left_out={EligibilityRule.AREA: 4}
    ),
    outcomes.NeedFulfilled(need_id=_NEED, met=(_BEDS, _BEDDING)),
    outcomes.NeedPartlyFulfilled(
        need_id=_NEED,
        met=(_BEDS,),
        unmet=(_BEDDING,),
        cause=UnmetCause.NOBODY_ANSWERED,
        left_out={EligibilityRule.CATEGORY: 12, EligibilityRule.ASKED_BEFORE: 3},
    ),
    outcomes.NeedUnmet(
        need_id=_NEED,
        unmet=(_BEDS, _BEDDING),
        cause=UnmetCause.NOBODY_ELIGIBLE,
        left_out={EligibilityRule.CATEGORY: 15},
    ),
    outcomes.HelpEnded(**_OFFERED, contact_id=_CONTACT, delivered=(_ONE_BED,), arrival=Arrival.ARRIVED, all_met=False),
    handovers.CodeRequested(**_HANDOVER, expires=_RESPOND_BY),
    handovers.VisitPlanned(**_HANDOVER, visit_id=_VISIT, begins=_RESPOND_BY, ends=_NEEDED_BY),
    handovers.VisitRefused(**_HANDOVER, visit_id=_VISIT, begins=_RESPOND_BY, by=Answerer.FAMILY),
    handovers.ConsentEnded(**_HANDOVER),
    handovers.DisclosureEnded(need_id=_NEED),
    handovers.FamilyErased(need_id=_NEED),
    _SENT,
    deliveries.MessageDelayed(**_MESSAGE_SENT, problem=DeliveryProblem.MAILBOX_FULL),
    deliveries.MessageComplained(**_MESSAGE_SENT, problem=DeliveryProblem.COMPLAINED),
    deliveries.MessageDelivered(**_MESSAGE_SENT),
    deliveries.MessageBounced(**_MESSAGE_SENT, problem=DeliveryProblem.ADDRESS_REFUSED),
    deliveries.MessageSuppressed(**_MESSAGE_SENT, problem=DeliveryProblem.OPTED_OUT),
    deliveries.MessageFailed(**_MESSAGE_SENT, problem=DeliveryProblem.TRIES_EXHAUSTED),
    deliveries.MessageUnknown(**_MESSAGE_SENT, problem=DeliveryProblem.TIMED_OUT_AFTER_SENDING),
    receipts.ReceiptReceived(
        message_id=_MESSAGE,
        channel=Channel.EMAIL,
        fate=Fate.BOUNCED,
        problem=DeliveryProblem.ADDRESS_REFUSED,
        at=_NOW,
    ),
)

EXAMPLE_BY_TYPE: Mapping[str, Event] = {example.type: example for example in EXAMPLES}
