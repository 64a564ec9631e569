"""What is said of a partner: from the parts of its score to a sentence."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.event import Item, LineQuantity, OfferTerms
from schemas.matching import Match, MatchAnswer, MatchTally, NearMiss
from schemas.needs import Consent, NeedTerms
from schemas.offers import OfferReasons
from schemas.partners import Contact, NationArea, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import Condition, ConsentKind, EligibilityRule, Fit, PartnerKind, Urgency
from services.intake.explaining import Explanation, explain_asked, explain_not_asked
from services.intake.matching import Matching, still_open
from services.intake.pages.languages import Words
from services.intake.store.offers import OfferRow

LATER = datetime(2099, 1, 1, tzinfo=UTC)
BEDS = Item(line=1, code="bed.twin", quantity=3)
PARTS = {"proximity": 0.5, "fairness": 0.6, "yes_chance": 0.5, "language": 0.5, "fit": 1.0}
SERVICE = Service(service_id=uuid4(), categories=(Category.BEDS,), area=NationArea())
ENGLISH, SPANISH = Words("en"), Words("es")


def terms(**changes: Any) -> NeedTerms:
    consent = Consent(kind=ConsentKind.SPOKEN, until=LATER)
    need = NeedTerms(
        site_id=uuid4(), items=(BEDS,), zip_code="11201", urgency=Urgency.ROUTINE, needed_by=LATER, consent=consent
    )
    return need.model_copy(update=changes)


def matching(
    left_out: Mapping[EligibilityRule, int], need: NeedTerms, service: Service = SERVICE, **parts: Any
) -> Matching:
    miles = parts.pop("miles", None)
    reasons = OfferReasons.model_validate({**PARTS, **parts, "directory_position": 1})
    partner = PartnerRecorded(partner_id=uuid4(), name="Bed Bank", kind=PartnerKind.NONPROFIT, services=(service,))
    match = Match(
        partner_id=partner.partner_id,
        service_id=SERVICE.service_id,
        items=need.items,
        distance_miles=miles,
        reasons=reasons,
        score=1,
    )
    tally = MatchTally(near=1 + sum(left_out.values()), eligible=1, left_out=dict(left_out))
    answer = MatchAnswer(tally=tally, best=(match,), why_not={}, directory_position=1)
    return Matching(need, answer, {partner.partner_id: partner})


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({}, "Serves this place"),
        ({"miles": 0}, "Less than a mile away"),
        ({"miles": 1, "fairness": 1.0}, "1 mile away, has done little this week"),
        ({"fairness": 0.4, "yes_chance": 0.8}, "Has done much this week, often says yes"),
        ({"yes_chance": 0.1, "language": 0.0}, "Seldom says yes, speaks none of the family's languages"),
        (
            {"to_be_confirmed": ("hours", "ages")},
            "Serves this place; to be confirmed: opening hours, which ages it helps",
        ),
    ],
)
def test_the_parts_of_a_score_in_words(parts: dict[str, Any], says: str) -> None:
    [named] = Explanation(matching({}, terms(), **parts), ENGLISH).best
    assert named.because == says


def test_what_its_record_says_is_told_with_it() -> None:
    service = SERVICE.model_copy(
        update={"languages": ("es", "ht"), "fits": (Fit.HALAL, Fit.KOSHER), "conditions": (Condition.WORSHIP,)}
    )
    need = terms(languages=("es", "ht"), preferences=(Fit.HALAL, Fit.STEP_FREE))
    told = Explanation(matching({}, need, service, language=1.0), ENGLISH)
    assert told.best[0].because == (
        "Speaks Spanish and Haitian Creole, good for the family: halal food, asks to attend worship"
    )
    assert told.conditions == ["1 of them asks to attend worship"]
    changed = service.model_copy(update={"service_id": uuid4()})
    assert Explanation(matching({}, need, changed, language=1.0), ENGLISH).best[0].because == "Serves this place"


def test_what_a_coordinator_can_change_is_suggested_with_whom_to_call() -> None:
    found = matching({EligibilityRule.HOURS: 2}, terms())
    [partner] = found.partners.values()
    contact = Contact(contact_id=uuid4(), name="Ada", phone="+17185550123")
    misses = [
        NearMiss(rule=rule, partners=count, nearest=partner.partner_id, distance_miles=12)
        for rule, count in ((EligibilityRule.AREA, 1), (EligibilityRule.HOURS, 2), (EligibilityRule.CONSENT, 9))
    ]
    answer = found.answer.model_copy(update={"near_misses": tuple(misses), "best": ()})
    known = {partner.partner_id: partner.model_copy(update={"contacts": (contact,)})}
    suggested = Explanation(replace(found, answer=answer, partners=known), ENGLISH).suggestions
    nearest = "The nearest: Bed Bank, 12 miles away."
    assert [one.words for one in suggested] == [
        f"They are closed until then: would a later day do? 2 more partners. {nearest}",
        f"Not at this ZIP code, but near: could the family go there? One more partner. {nearest}",
    ]
    assert {one.phone for one in suggested} == {contact.phone}
    assert Explanation(replace(found, answer=answer, partners={}), ENGLISH).suggestions == []


def test_what_leaves_out_the_others_is_told_biggest_first_with_one_and_many() -> None:
    left_out = {EligibilityRule.CAPACITY: 2, EligibilityRule.CATEGORY: 30, EligibilityRule.AREA: 1}
    assert Explanation(matching(left_out, terms()), ENGLISH).summary == (
        "34 partners near you or serving this place: 1 can help; "
        "30 do not do this kind of help, 2 are full this week, 1 does not serve this ZIP code"
    )
    assert Explanation(matching(left_out, terms()), SPANISH).summary == (
        "34 organizaciones cerca o que atienden este lugar: 1 puede ayudar; "
        "30 no dan este tipo de ayuda, 2 no tienen más lugar esta semana, 1 no atiende este código postal"
    )


def test_of_a_sensitive_need_no_rule_with_fewer_than_five_is_told() -> None:
    left_out = {EligibilityRule.SENSITIVE: 4, EligibilityRule.CATEGORY: 5}
    told = Explanation(matching(left_out, terms(sensitive=True)), ENGLISH)
    assert [cause.rule for cause in told.causes] == [EligibilityRule.CATEGORY]


@pytest.mark.parametrize(
    ("why_not", "says"),
    [
        ({}, "We know of nothing that it does"),
        ({uuid4(): ["area", "capacity"], uuid4(): ["category"]}, "Does not do this kind of help"),
        ({uuid4(): ["area", "capacity"]}, "Does not serve this ZIP code, is full this week"),
        ({uuid4(): ["area"], uuid4(): []}, "Can help, and was not asked yet"),
    ],
)
def test_why_one_partner_was_not_asked(why_not: Mapping[UUID, list[str]], says: str) -> None:
    rules = {service: [EligibilityRule(rule) for rule in found] for service, found in why_not.items()}
    assert explain_not_asked(rules, ENGLISH) == says


def test_an_offer_of_which_no_reasons_are_kept_was_asked_all_the_same() -> None:
    assert explain_asked({}, ENGLISH) == "Was asked"
    reasons = {**PARTS, "proximity": 0.1, "directory_position": 1}
    assert explain_asked({"reasons": reasons}, ENGLISH) == "Was asked"
    assert explain_asked({"reasons": reasons | {"language": 1}}, SPANISH) == (
        "Ya le preguntamos: habla un idioma de la familia"
    )


@pytest.mark.parametrize(
    ("state", "awarded", "left"), [("awarded", 2, 1), ("awarded", 3, 3), ("lapsed", 2, 3), ("open", 0, 3)]
)
def test_what_is_asked_about_is_what_nobody_has_taken_and_all_of_it_once_all_is(
    state: str, awarded: int, left: int
) -> None:
    offered = OfferTerms(
        number=1, items=(BEDS,), place="Brooklyn, NY", urgency=Urgency.ROUTINE, needed_by=LATER, respond_by=LATER
    )
    taken = (LineQuantity(line=1, quantity=awarded),)
    offer = OfferRow(uuid4(), uuid4(), uuid4(), 1, offered, state, taken, None, 1)
    assert [item.quantity for item in still_open(terms(), [offer]).items] == [left]
