"""Given, when, then: a need in some state, a command, the events that follow."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from schemas.event import Item, NeedEvent
from schemas.needs import Consent, NeedOpened, NeedTerms
from schemas.offers import OfferReasons
from schemas.vocabulary import ConsentKind, Urgency
from services.matcher.clocks import Clock
from services.matcher.domain import commands
from services.matcher.domain.asking import Candidate, already_asked, ask, choose
from services.matcher.domain.deciding import decide
from services.matcher.domain.eligible import Eligible, Reasons
from services.matcher.domain.opening import open_need
from services.matcher.domain.state import Need, Offer, OfferStatus
from services.matcher.policy import Hours, Policy, load_policy

SHIPPED_POLICY = load_policy()
POLICY = SHIPPED_POLICY.model_copy(
    update={
        "urgency": {
            urgency: pace.model_copy(update={"hours": Hours.ALWAYS}) for urgency, pace in SHIPPED_POLICY.urgency.items()
        }
    }
)
"""As shipped, but for clocks that never rest: then a length of time is that length."""
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROOT = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0001")
PARTNERS = [uuid5(ROOT, f"partner {number}") for number in range(12)]
BEDS, BEDDING = Item(line=1, code="bed.twin", quantity=3), Item(line=2, code="bed.bedding", quantity=2)
ALWAYS = Clock("UTC")
FIRST_WAVE = 3
"""How many are asked of this week's need: three who say yes in half of all cases are likely enough to have one yes."""
FITTING = Reasons(proximity=1, fairness=1, yes_chance=0.5, language=1, fit=1, to_be_confirmed=())
REASONS = OfferReasons(**FITTING._asdict(), directory_position=1)


def terms(*items: Item, days: float = 5, urgency: Urgency = Urgency.THIS_WEEK) -> NeedTerms:
    return NeedTerms(
        site_id=ROOT,
        items=items or (BEDS,),
        zip_code="11201",
        urgency=urgency,
        needed_by=START + timedelta(days=days),
        consent=Consent(kind=ConsentKind.SPOKEN, until=START + timedelta(days=90)),
    )


@dataclass
class Situation:
    """One need, asked about among `partners`, with a clock of its own."""

    need: Need
    now: datetime = START
    partners: list[UUID] = field(default_factory=lambda: list(PARTNERS))
    events: list[NeedEvent] = field(default_factory=list)
    policy: Policy = POLICY

    def when(self, command: commands.Command) -> list[NeedEvent]:
        """Puts a command, and asks whoever is to be asked then; returns what happened."""
        decision = decide(self.need, command, self.now, self.policy)
        self.need = decision.need
        happened = list(decision.events)
        if decision.to_ask:
            decision = ask(self.need, self._candidates(decision.to_ask), self.now, self.policy)
            self.need = decision.need
            happened += decision.events
        self.events += happened
        return happened

    def pass_time(self, length: timedelta) -> list[NeedEvent]:
        """Lets time go by, stopping at whatever falls due on the way."""
        end, happened = self.now + length, list[NeedEvent]()
        while (due := self.need.next_due) is not None and due <= end:
            self.now = max(self.now, due)
            happened += self.when(commands.Tick())
        self.now = end
        return happened

    def offers(self, *statuses: OfferStatus) -> list[Offer]:
        return list(self.need.offers_in(*statuses))

    def first_open(self) -> Offer:
        return self.offers(OfferStatus.OPEN)[0]

    def accept(self, offer: Offer, **quantities: int) -> list[NeedEvent]:
        return self.when(commands.Accept(offer.offer_id, None, {int(line[1:]): q for line, q in quantities.items()}))

    def complete(self, offer: Offer) -> list[NeedEvent]:
        return self.when(commands.ReportCompletion(offer.offer_id, {}))

    def _candidates(self, count: int) -> list[Candidate]:
        left = [partner for partner in self.partners if partner not in already_asked(self.need)]
        fitting = [Eligible(partner, ROOT, self.need.open_items, 2, FITTING, 1) for partner in left]
        return [
            Candidate(one.partner_id, ROOT, 10 + number, one.items, "Brooklyn, NY", 2, REASONS, ALWAYS)
            for number, one in enumerate(choose(self.need, fitting, count, self.now, self.policy))
        ]


def given(
    *items: Item,
    partners: int = 12,
    days: float = 5,
    referred_by: UUID | None = None,
    urgency: Urgency = Urgency.THIS_WEEK,
    policy: Policy = POLICY,
) -> Situation:
    """A need that was just opened and asked about."""
    wanted = terms(*items, days=days, urgency=urgency).model_copy(update={"referred_by": referred_by})
    opened = NeedOpened(need_id=ROOT, terms=wanted)
    need = open_need(opened, START, "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "UTC", policy)
    situation = Situation(need, partners=PARTNERS[:partners], policy=policy)
    situation.when(commands.Tick())
    return situation


def names(events: list[NeedEvent]) -> list[str]:
    return [type(event).__name__ for event in events]
