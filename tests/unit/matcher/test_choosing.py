"""Which of those who may be asked are asked: each kind of help in turn, and whom a coordinator picked first."""

from dataclasses import replace
from datetime import timedelta

from schemas.event import Item
from schemas.needs import FirstAsk
from schemas.vocabulary import DeclineReason
from services.matcher.domain import commands
from services.matcher.domain.asking import choose
from services.matcher.domain.eligible import Eligible, Reasons
from services.matcher.domain.state import Need, OfferStatus, picked_to_be_first
from tests.unit.matcher.situation import BEDS, PARTNERS, POLICY, ROOT, START, given, names, terms

GOOD = Reasons(1.0, 1.0, 0.5, 1.0, 1.0, ())
RENT = Item(line=2, code="rent.dollars", quantity=200)


def ranked(*items: tuple[Item, ...]) -> list[Eligible]:
    """One partner for each, the first being the best."""
    return [Eligible(PARTNERS[number], ROOT, able, 1.0, GOOD, 10.0 - number) for number, able in enumerate(items)]


def a_need(*items: Item) -> Need:
    wanted = terms(*items)
    return Need(ROOT, "00-" + "a" * 32 + "-" + "b" * 16 + "-01", 0, wanted, wanted.needed_by)


def test_of_a_mixed_need_each_kind_of_help_is_asked_for_before_any_is_asked_for_twice() -> None:
    need = a_need(BEDS, RENT)
    able = ranked((BEDS,), (BEDS,), (BEDS,), (RENT,), (BEDS, RENT))
    assert [one.partner_id for one in choose(need, able, 3, START, POLICY)] == [PARTNERS[0], PARTNERS[3], PARTNERS[1]]


def test_what_is_being_asked_for_already_comes_last() -> None:
    need = replace(a_need(BEDS, RENT), offers=given(BEDS).need.offers)
    able = ranked((BEDS,), (RENT,))
    assert [one.items for one in choose(need, able, 1, START, POLICY)] == [(RENT,)]


def test_nobody_is_chosen_where_nobody_may_be_asked() -> None:
    assert choose(a_need(BEDS), [], 3, START, POLICY) == []


def test_whom_a_coordinator_picked_stands_alone_until_their_time_is_over() -> None:
    first = FirstAsk(partner_ids=tuple(PARTNERS[:2]), until=START + timedelta(hours=24))
    need = replace(a_need(BEDS), terms=terms(BEDS).model_copy(update={"first_ask": first}))
    assert picked_to_be_first(need.terms, START) == frozenset(PARTNERS[:2])
    assert picked_to_be_first(need.terms, first.until) is None
    assert picked_to_be_first(a_need(BEDS).terms, START) is None


def test_nobody_else_is_looked_for_while_one_who_was_picked_may_still_answer_and_then_at_once() -> None:
    situation = given(BEDS, partners=2)
    first = FirstAsk(partner_ids=tuple(PARTNERS[:2]), until=situation.now + timedelta(minutes=20))
    wanted = situation.need.terms.model_copy(update={"first_ask": first})
    situation.when(commands.Change(wanted))
    assert situation.need.look_again_at == first.until
    situation.partners = PARTNERS[:5]
    one, other = situation.offers(OfferStatus.OPEN)
    assert situation.when(commands.Decline(one.offer_id, DeclineReason.NO_CAPACITY)) == []
    assert names(situation.when(commands.Decline(other.offer_id, DeclineReason.NO_CAPACITY))) == ["OfferMade"] * 3
