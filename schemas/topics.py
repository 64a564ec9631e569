"""The whole truth about topics. Creation, documents and tests are made from this table."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Literal

from schemas import deliveries, handovers, needs, offers, outcomes, partners, receipts, responses
from schemas.event import Event

DAY = 24 * 3600
NEED_PARTITIONS = 12
"""One count for all topics keyed by need, so that a need is always in one hand. For life: see ARCHITECTURE.md."""


class ServiceName(StrEnum):
    """The three services, as they appear in groups, sources and topic names."""

    INTAKE = auto()
    MATCHER = auto()
    NOTIFIER = auto()


@dataclass(frozen=True)
class Topic:
    """One topic. `retention` is in seconds; None keeps what compaction keeps."""

    name: str
    key: Literal["need_id", "partner_id", "message_id"]
    producer: ServiceName
    consumers: tuple[ServiceName, ...]
    events: tuple[type[Event], ...]
    partitions: int = NEED_PARTITIONS
    retention: int | None = 14 * DAY
    compacted: bool = False

    def dead_letters_of(self, service: ServiceName) -> str:
        """The topic that takes what `service` gave up on."""
        return f"{self.name}-{service}-dlq"


NEEDS = Topic(
    "needs",
    "need_id",
    ServiceName.INTAKE,
    (ServiceName.MATCHER,),
    (needs.NeedOpened, needs.NeedChanged, needs.NeedCancelled, needs.ConsentWithdrawn),
)
PARTNERS = Topic(
    "partners",
    "partner_id",
    ServiceName.INTAKE,
    (ServiceName.MATCHER, ServiceName.NOTIFIER),
    (partners.PartnerRecorded,),
    retention=None,
    compacted=True,
)
RESPONSES = Topic(
    "responses",
    "need_id",
    ServiceName.INTAKE,
    (ServiceName.MATCHER, ServiceName.NOTIFIER),
    (
        responses.OfferAccepted,
        responses.OfferDeclined,
        responses.FamilyContacted,
        responses.FamilyNotReached,
        responses.HelpScheduled,
        responses.HelpCompleted,
        responses.ClaimReleased,
        responses.ClaimUndone,
        responses.FamilyConfirmed,
        responses.FamilyDisputed,
    ),
)
OFFERS = Topic(
    "offers",
    "need_id",
    ServiceName.MATCHER,
    (ServiceName.NOTIFIER, ServiceName.INTAKE),
    (offers.OfferMade, offers.OfferReminded, offers.OfferWithdrawn, offers.OfferExpired),
)
OUTCOMES = Topic(
    "outcomes",
    "need_id",
    ServiceName.MATCHER,
    (ServiceName.NOTIFIER, ServiceName.INTAKE),
    (
        outcomes.ClaimAwarded,
        outcomes.ClaimRefused,
        outcomes.ClaimLapsed,
        outcomes.ReferralAnswered,
        outcomes.ConfirmationRequested,
        outcomes.NeedStuck,
        outcomes.NeedFulfilled,
        outcomes.NeedPartlyFulfilled,
        outcomes.NeedUnmet,
        outcomes.HelpEnded,
    ),
)
HANDOVERS = Topic(
    "handovers",
    "need_id",
    ServiceName.INTAKE,
    (ServiceName.NOTIFIER,),
    (
        handovers.CodeRequested,
        handovers.VisitPlanned,
        handovers.VisitRefused,
        handovers.ConsentEnded,
        handovers.DisclosureEnded,
        handovers.FamilyErased,
    ),
)
DELIVERIES = Topic(
    "deliveries",
    "need_id",
    ServiceName.NOTIFIER,
    (ServiceName.INTAKE,),
    (
        deliveries.MessageAccepted,
        deliveries.MessageDelayed,
        deliveries.MessageDelivered,
        deliveries.MessageComplained,
        deliveries.MessageBounced,
        deliveries.MessageSuppressed,
        deliveries.MessageFailed,
        deliveries.MessageUnknown,
    ),
)
RECEIPTS = Topic(
    "receipts",
    "message_id",
    ServiceName.INTAKE,
    (ServiceName.NOTIFIER,),
    (receipts.ReceiptReceived,),
)

TOPICS: tuple[Topic, ...] = (NEEDS, PARTNERS, RESPONSES, OFFERS, OUTCOMES, HANDOVERS, DELIVERIES, RECEIPTS)
DEAD_LETTER_RETENTION = 90 * DAY
DEAD_LETTER_ORIGINS = {topic.dead_letters_of(service): topic for topic in TOPICS for service in topic.consumers}
"""By dead-letter topic, the topic whose records it holds."""


def topic_named(name: str) -> Topic:
    """The topic of that name. Raises KeyError when the table has none."""
    return {topic.name: topic for topic in TOPICS}[name]


def topics_read_by(service: ServiceName) -> list[Topic]:
    """The topics that a service consumes."""
    return [topic for topic in TOPICS if service in topic.consumers]


def topic_of(event: Event) -> Topic:
    """The one topic that carries events of this type."""
    return _TOPIC_BY_EVENT[type(event)]


_TOPIC_BY_EVENT = {event: topic for topic in TOPICS for event in topic.events}
