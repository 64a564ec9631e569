"""Who may hear of a sensitive need, or of how a family lives; and that nothing which was raised is lowered."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from schemas.event import Item
from schemas.needs import NeedTerms
from schemas.offers import OfferEvent, OfferMade, OfferWithdrawn
from schemas.outcomes import ConfirmationRequested
from schemas.partners import NationArea, PartnerRecorded, Service
from schemas.taxonomy import ITEM_KINDS, Category
from schemas.vocabulary import Interest, PartnerKind, PartnerStatus
from services.matcher.directory.plain import PlainDirectory
from services.matcher.domain import commands
from services.matcher.domain.eligible import Asked
from services.matcher.domain.state import OfferStatus
from tests.unit.matcher.situation import BEDDING, BEDS, PARTNERS, POLICY, ROOT, START, Situation, given, terms

SHELTER = Item(line=2, code="shelter.night", quantity=2)
# As the promise is given to families, and not as the code has it.
SENSITIVE = {"shelter.night", "safety.advocate", "health.visit", "legal.consultation"}
LIVING_SITUATION = SENSITIVE | {"rent.dollars", "utilities.dollars"}

CODES = st.lists(st.sampled_from(sorted(ITEM_KINDS)), min_size=1, max_size=4, unique=True)
NAMED = st.lists(st.sampled_from(PARTNERS), max_size=3, unique=True)
PARTNER = st.fixed_dictionaries(
    {
        "sensitive_needs": st.booleans(),
        "conflicts": st.lists(st.sampled_from(Interest), max_size=2, unique=True).map(tuple),
        "status": st.sampled_from(PartnerStatus),
        "kind": st.sampled_from(PartnerKind),
    }
)


def does_everything_everywhere(number: int, facts: dict[str, object]) -> PartnerRecorded:
    service = Service(service_id=ROOT, categories=tuple(Category), area=NationArea())
    return PartnerRecorded.model_validate(
        {"partner_id": PARTNERS[number], "name": f"Partner {number}", "services": (service,), **facts}
    )


def about(*codes: str, **changes: object) -> NeedTerms:
    items = tuple(Item(line=line, code=code, quantity=1) for line, code in enumerate(codes, start=1))
    return terms(*items).model_copy(update=changes)


@settings(max_examples=500, deadline=None)
@for_all(
    codes=CODES,
    raised=st.booleans(),
    named=NAMED,
    excluded=st.lists(st.sampled_from(PartnerKind), max_size=2),
    facts=st.lists(PARTNER, max_size=len(PARTNERS)),
    open_lines=st.integers(1, 4),
)
def test_exactly_those_who_may_hear_of_a_need_are_found(
    codes: list[str],
    raised: bool,
    named: list[UUID],
    excluded: list[PartnerKind],
    facts: list[dict[str, object]],
    open_lines: int,
) -> None:
    asked = about(*codes, sensitive=raised)
    consent = asked.consent.model_copy(update={"partner_ids": tuple(named), "excluded_kinds": tuple(excluded)})
    asked = asked.model_copy(update={"consent": consent})
    partners = [does_everything_everywhere(number, one) for number, one in enumerate(facts)]
    directory = PlainDirectory(POLICY.ranking)
    for partner in partners:
        directory.apply(partner)
    # Whatever of it is still open: the rest of the need counts all the same.
    found = {one.partner_id for one in directory.find(Asked(asked, asked.items[:open_lines], START))}

    sensitive = raised or bool(SENSITIVE & set(codes))
    living_situation = sensitive or bool(LIVING_SITUATION & set(codes))
    assert found == {
        one.partner_id
        for one in partners
        if one.status is PartnerStatus.ACTIVE
        and one.kind not in excluded
        and (one.partner_id in named or not named)
        and (one.partner_id in named or one.sensitive_needs or not sensitive)
        and not (one.conflicts and living_situation)
    }


@pytest.mark.parametrize("conflict", Interest)
@pytest.mark.parametrize("code", sorted(LIVING_SITUATION))
def test_no_landlord_or_employer_hears_how_a_family_lives_though_marked_and_named(
    code: str, conflict: Interest
) -> None:
    facts = {"kind": PartnerKind.BUSINESS, "sensitive_needs": True}
    directory = PlainDirectory(POLICY.ranking)
    directory.apply(does_everything_everywhere(0, facts | {"conflicts": (conflict,)}))
    directory.apply(does_everything_everywhere(1, facts))
    named = terms().consent.model_copy(update={"partner_ids": tuple(PARTNERS[:2])})
    asked = about(code, consent=named)
    assert [one.partner_id for one in directory.find(Asked(asked, asked.items, START))] == [PARTNERS[1]]
    bed = about("bed.twin", consent=named)
    assert len(directory.find(Asked(bed, bed.items, START))) == 2


def claimed_and_asked(situation: Situation) -> None:
    situation.accept(situation.first_open(), l1=1)
    assert situation.offers(OfferStatus.OPEN)


def test_what_was_raised_by_hand_is_not_lowered_by_a_change() -> None:
    situation = given(BEDS)
    situation.when(commands.Change(terms(BEDS).model_copy(update={"sensitive": True})))
    situation.when(commands.Change(terms(BEDS, BEDDING)))
    assert situation.need.terms.is_sensitive
    assert len(situation.need.terms.items) == 2
    assert all(offer.terms.sensitive for offer in situation.offers(OfferStatus.OPEN))


def test_a_need_stays_sensitive_when_the_item_is_gone_that_had_made_it_so() -> None:
    situation = given(BEDS, SHELTER)
    same = situation.need
    assert situation.when(commands.Change(same.terms)) == []
    situation.when(commands.Change(terms(BEDS)))
    assert [item.code for item in situation.need.terms.items] == ["bed.twin"]
    assert situation.need.terms.is_sensitive


def test_everything_said_after_a_need_was_raised_says_so_also_about_offers_made_before() -> None:
    situation = given(BEDS)
    claimed_and_asked(situation)
    raised = situation.when(commands.Change(terms(BEDS).model_copy(update={"sensitive": True})))
    assert {type(event) for event in raised} == {OfferWithdrawn, OfferMade}
    later = raised + situation.pass_time(timedelta(days=10))
    assert {event.terms.sensitive for event in later if isinstance(event, OfferEvent)} == {True}


@pytest.mark.parametrize(("items", "sensitive"), [((BEDS, SHELTER), True), ((BEDS, BEDDING), False)])
def test_all_of_a_need_is_sensitive_when_one_item_is(items: tuple[Item, Item], sensitive: bool) -> None:
    situation = given(*items)
    claim = situation.first_open()
    situation.accept(claim, l1=3)
    situation.complete(claim)
    events = situation.events + situation.pass_time(timedelta(days=6))
    assert {event.terms.sensitive for event in events if isinstance(event, OfferEvent)} == {sensitive}
    questions = [event for event in events if isinstance(event, ConfirmationRequested)]
    assert [item.code for item in questions[0].delivered] == ["bed.twin"]
    assert {event.sensitive for event in questions} == {sensitive}
