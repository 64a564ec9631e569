"""Whatever comes, in whatever order, however often: the state stays legal."""

from datetime import timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from schemas.outcomes import HelpEnded, NeedFulfilled, NeedPartlyFulfilled, NeedUnmet
from schemas.vocabulary import Answerer, DeclineReason, ReleaseReason
from services.matcher.domain import commands
from services.matcher.domain.state import HOLDING, Need, NeedStatus, OfferStatus
from tests.unit.matcher.situation import BEDDING, BEDS, PARTNERS, START, given, terms

WHICH = st.integers(0, 30)
QUANTITIES = st.dictionaries(st.integers(1, 3), st.integers(0, 5), max_size=2)


class AnyOrder(RuleBasedStateMachine):
    """Random commands, duplicates and late ones included, at random times."""

    def __init__(self) -> None:
        super().__init__()
        self.situation = given(BEDS, BEDDING, partners=8)
        self.ended: Need | None = None

    def put(self, command: commands.Command) -> None:
        before = self.situation.need
        events = self.situation.when(command)
        assert self.situation.need.version == before.version + len(events)
        if before.status is NeedStatus.CLOSED:
            assert {type(event).__name__ for event in events} <= {"ClaimRefused"}
        after = self.situation.need
        self.situation.when(command)
        if not isinstance(command, commands.Confirm | commands.Dispute | commands.ReportContact):
            assert self.situation.need == after, "the same command again changed something"

    @rule(which=WHICH, quantities=QUANTITIES)
    def accept(self, which: int, quantities: dict[int, int]) -> None:
        if offers := self.situation.need.offers:
            self.put(commands.Accept(offers[which % len(offers)].offer_id, None, quantities))

    @rule(which=WHICH, kind=st.sampled_from(["decline", "contact", "not_reached", "schedule", "release", "undo"]))
    def answer(self, which: int, kind: str) -> None:
        if offers := self.situation.need.offers:
            offer_id = offers[which % len(offers)].offer_id
            made: dict[str, commands.Command] = {
                "decline": commands.Decline(offer_id, DeclineReason.OTHER),
                "contact": commands.ReportContact(offer_id),
                "undo": commands.Undo(offer_id),
                "schedule": commands.ReportSchedule(offer_id, START + timedelta(days=1 + which % 9), 1 + which % 4),
                "not_reached": commands.ReportNotReached(offer_id, 1 + which % 4),
                "release": commands.Release(offer_id, ReleaseReason.NOT_A_FIT),
            }
            self.put(made[kind])

    @rule(which=WHICH, quantities=QUANTITIES, not_needed=st.frozensets(st.integers(1, 3), max_size=2))
    def complete(self, which: int, quantities: dict[int, int], not_needed: frozenset[int]) -> None:
        if offers := self.situation.need.offers:
            self.put(commands.ReportCompletion(offers[which % len(offers)].offer_id, quantities, not_needed))

    @rule(hours=st.floats(0, 60), slept_through=st.booleans())
    def pass_time(self, hours: float, slept_through: bool) -> None:
        if slept_through:
            self.situation.now += timedelta(hours=hours)
            self.situation.when(commands.Tick())
        else:
            self.situation.pass_time(timedelta(hours=hours))

    @rule(by=st.sampled_from(list(Answerer)), arrived=st.booleans())
    def family_answers(self, by: Answerer, arrived: bool) -> None:
        self.put(commands.Confirm(by) if arrived else commands.Dispute(by))

    @rule(partner=st.sampled_from(PARTNERS[:8]))
    def lose_partner(self, partner: UUID) -> None:
        self.put(commands.LosePartner(partner))

    @rule(beds=st.integers(1, 5), bedding=st.integers(0, 3), sensitive=st.sampled_from([False] * 4 + [True]))
    def change(self, beds: int, bedding: int, sensitive: bool) -> None:
        items = [BEDS.model_copy(update={"quantity": beds})]
        if bedding:
            items.append(BEDDING.model_copy(update={"quantity": bedding}))
        before = self.situation.need
        self.put(commands.Change(terms(*items).model_copy(update={"sensitive": sensitive})))
        after = self.situation.need
        raised = sensitive and before.status is not NeedStatus.CLOSED
        assert after.terms.is_sensitive == (before.terms.is_sensitive or raised)

    @rule(consent=st.booleans())
    def stop(self, consent: bool) -> None:
        self.put(commands.WithdrawConsent() if consent else commands.Cancel())

    @invariant()
    def never_more_than_is_needed(self) -> None:
        need = self.situation.need
        for item in need.terms.items:
            assert sum(o.quantities.get(item.line, 0) for o in need.offers_in(*HOLDING)) <= item.quantity

    @invariant()
    def nothing_waits_silently(self) -> None:
        need = self.situation.need
        assert need.status is NeedStatus.CLOSED or need.next_due is not None or need.stuck is not None

    @invariant()
    def what_is_due_has_been_done(self) -> None:
        self.situation.pass_time(timedelta())
        due = self.situation.need.next_due
        assert due is None or due > self.situation.now

    @invariant()
    def a_partner_has_one_live_offer_at_most(self) -> None:
        live = self.situation.offers(OfferStatus.OPEN, OfferStatus.CLAIMED, OfferStatus.CONTACTED)
        assert len({offer.partner_id for offer in live}) == len(live)
        assert len({offer.offer_id for offer in self.situation.need.offers}) == len(self.situation.need.offers)

    @invariant()
    def no_claim_is_alive_while_the_family_is_asked(self) -> None:
        if self.situation.need.status is NeedStatus.CONFIRMING:
            assert self.situation.offers(OfferStatus.OPEN, OfferStatus.CLAIMED, OfferStatus.CONTACTED) == []

    @invariant()
    def the_end_is_the_end(self) -> None:
        endings = [e for e in self.situation.events if isinstance(e, NeedFulfilled | NeedPartlyFulfilled | NeedUnmet)]
        assert len(endings) == (self.situation.need.status is NeedStatus.CLOSED)
        told = [event.partner_id for event in self.situation.events if isinstance(event, HelpEnded)]
        assert len(told) == len(set(told))
        assert endings or not told, "who helped hears how it ended once it has"
        if endings:
            helped = self.situation.offers(OfferStatus.COMPLETED, OfferStatus.DISPUTED)
            assert set(told) == {offer.partner_id for offer in helped if any(offer.quantities.values())}
            assert self.situation.offers(OfferStatus.OPEN, OfferStatus.CLAIMED, OfferStatus.CONTACTED) == []


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
