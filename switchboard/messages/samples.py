"""One sample of each message: each event that causes one, each reason for it, and each way of saying it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from schemas.addresses import Address
from schemas.deliveries import DeliveryEvent
from schemas.event import NeedEvent
from schemas.examples import EXAMPLES
from schemas.links import AddressLink, ContactLink, FamilyLink, LinkKeys, OfferLink
from schemas.offers import OfferEvent, OfferMade, OfferReminded
from schemas.outcomes import (
    ClaimLapsed,
    ClaimRefused,
    ConfirmationRequested,
    NeedFulfilled,
    NeedPartlyFulfilled,
    NeedStuck,
    NeedUnmet,
    ReferralAnswered,
)
from schemas.partners import PartnerRecorded
from schemas.vocabulary import (
    LapseReason,
    MessagePurpose,
    RecipientKind,
    ReferralAnswer,
    RefusalReason,
    ReminderKind,
    StuckCause,
)
from services.notifier.domain.telling import messages_for
from services.notifier.reader import Reader
from services.notifier.rendering import SEVERAL, Renderer, Words

_NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
_EXPIRES = datetime(2027, 1, 24, 15, 0, tzinfo=UTC)
_URL = "https://switchboard.example.org"
_KEYS = LinkKeys({"k1": bytes(32)})
_ID = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0001")
_LINKS = {
    RecipientKind.PARTNER: f"{_URL}/o/{_KEYS.sign(OfferLink(_ID, _ID, _ID, _EXPIRES))}",
    RecipientKind.COORDINATOR: f"{_URL}/needs/{_ID}",
    RecipientKind.BACKUP: f"{_URL}/needs/{_ID}",
    RecipientKind.FAMILY: f"{_URL}/f/{_KEYS.sign(FamilyLink(_ID, _EXPIRES))}",
}
"""As long as real ones: what a text costs depends on it."""
_NAMES = {
    RecipientKind.PARTNER: "Ada Volunteer",
    RecipientKind.COORDINATOR: "Robin Reyes",
    RecipientKind.BACKUP: "Sam Okafor",
    RecipientKind.FAMILY: "Marisol",
}
_QUIET_PLACE = "Kings County, NY"


@dataclass(frozen=True)
class Sample:
    """One message in words. `case` is why, or how, it is said; empty where there is one way."""

    purpose: str
    recipient: RecipientKind
    case: str
    words: Words

    @property
    def title(self) -> str:
        """Such as `claim_lapsed partner need_closed`."""
        return " ".join(filter(None, (self.purpose, self.recipient, self.case)))


def make_samples(renderer: Renderer, language: str) -> list[Sample]:
    """Each message in this language, once for each way in which it is worded."""
    made: dict[tuple[MessagePurpose, RecipientKind, Words], Sample] = {}
    for case, event in _causes():
        for draft in messages_for(event, _NOW):
            for manner, reader in _readers(draft.recipient, language):
                words = renderer.render(draft.purpose, event, reader)
                sample = Sample(draft.purpose, draft.recipient, " ".join(filter(None, (case, manner))), words)
                made.setdefault((draft.purpose, draft.recipient, words), sample)
    order = [str(purpose) for purpose in MessagePurpose]
    order.insert(order.index(MessagePurpose.OFFER) + 1, SEVERAL)
    besides = [*_several(renderer, language), _question(renderer, language)]
    return sorted([*made.values(), *besides], key=lambda one: order.index(one.purpose))


def _question(renderer: Renderer, language: str) -> Sample:
    """Whether an address is its reader's: about no need."""
    [(_, reader)] = _readers(RecipientKind.PARTNER, language)
    link = f"{_URL}/a/{_KEYS.sign(AddressLink(_ID, _EXPIRES))}"
    record = next(event for event in EXAMPLES if isinstance(event, PartnerRecorded))
    asked = replace(reader, link=link, preferences="", coordinator=None)
    words = renderer.render(MessagePurpose.CONTACT_CONFIRMATION, record, asked)
    return Sample(MessagePurpose.CONTACT_CONFIRMATION, RecipientKind.PARTNER, "", words)


def _several(renderer: Renderer, language: str) -> Iterator[Sample]:
    """Offers that go out as one."""
    [(_, reader)] = _readers(RecipientKind.PARTNER, language)
    plain, hidden = (event for _, event in _causes() if isinstance(event, OfferMade))
    another = plain.model_copy(update={"terms": plain.terms.model_copy(update={"number": plain.terms.number + 1})})
    for case, offers in (("", [plain, another]), ("one of them hidden", [plain, hidden])):
        words = renderer.render_offers([(offer, reader) for offer in offers])
        yield Sample(SEVERAL, RecipientKind.PARTNER, case, words)


def _readers(recipient: RecipientKind, language: str) -> Iterator[tuple[str, Reader]]:
    coordinator = Address(
        name="Robin Reyes",
        email="robin@lincoln.example.org",
        phone="+17185550100",
        reference="482913",
        site_name="Lincoln Elementary",
    )
    for discreet in (False, True) if recipient is RecipientKind.FAMILY else (False,):
        yield (
            "discreet" if discreet else "",
            Reader(
                recipient,
                _NAMES[recipient],
                language,
                "America/New_York",
                "Second Street Church",
                _LINKS[recipient],
                coordinator.model_copy(update={"discreet": discreet}),
                code="274913",
                visitor="Ada",
                answered_by="Second Street Church",
                preferences=f"{_URL}/c/{_KEYS.sign(ContactLink(_ID, _ID, _EXPIRES))}"
                if recipient is RecipientKind.PARTNER
                else "",
            ),
        )


def _causes() -> Iterator[tuple[str, NeedEvent]]:
    for event in EXAMPLES:
        if not isinstance(event, NeedEvent):
            continue
        for case, one in _reasons(event):
            yield case, one
            if isinstance(one, OfferEvent):
                terms = one.terms.model_copy(update={"sensitive": True, "place": _QUIET_PLACE, "distance_miles": None})
                yield f"{case} sensitive".strip(), one.model_copy(update={"terms": terms})
            elif isinstance(one, ConfirmationRequested):
                yield "sensitive", one.model_copy(update={"sensitive": True})


def _reasons(event: NeedEvent) -> Iterator[tuple[str, NeedEvent]]:
    match event:
        case OfferReminded():
            yield from (("", event.model_copy(update={"kind": kind})) for kind in ReminderKind)
        case ClaimRefused():
            yield from _each(event, "reason", RefusalReason)
        case ClaimLapsed():
            yield from _each(event, "reason", LapseReason)
        case ReferralAnswered():
            yield from _each(event, "answer", ReferralAnswer)
        case NeedStuck():
            yield from _each(event, "cause", StuckCause)
        case DeliveryEvent():
            asked = {"recipient": RecipientKind.FAMILY, "purpose": MessagePurpose.CONFIRMATION, "partner_id": None}
            yield "", event.model_copy(update=asked)
            yield "", event.model_copy(update={"purpose": MessagePurpose.CONSENT_ENDED})
        case NeedFulfilled() | NeedPartlyFulfilled() | NeedUnmet():
            yield event.type.split(".")[2], event
        case _:
            yield "", event


def _each(event: NeedEvent, field: str, values: type[StrEnum]) -> Iterator[tuple[str, NeedEvent]]:
    return ((value, event.model_copy(update={field: value})) for value in values)
