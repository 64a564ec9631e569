"""What of a need and of a partner's record is taken in, and what is refused with the way out."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from schemas.needs import FirstAsk, NeedTerms
from schemas.partners import CountyArea
from schemas.vocabulary import Circumstance, Condition, Fit, HandoverWay, IncomeBand
from services.intake.domain.need import EnteredNeed, to_terms
from services.intake.domain.partner import EnteredPartner, EnteredService
from services.intake.domain.reaching import read_county

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SITE = uuid4()
NEED: dict[str, Any] = {
    "items": [{"code": "bed.twin", "quantity": 2}],
    "zip_code": "11201",
    "consent": {"kind": "spoken"},
    "family": {"name": "A Family"},
}
SERVICE: dict[str, Any] = {"service_id": str(uuid4()), "categories": ["beds"], "area": {"kind": "nation"}}


def terms_of(**changes: Any) -> NeedTerms:
    return to_terms(EnteredNeed.model_validate(NEED | changes), SITE, NOW)


def refusal(model: type[EnteredNeed | EnteredService | EnteredPartner], body: dict[str, Any]) -> tuple[str, str]:
    """The field that is wrong, and what is said of it."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)
    [error] = caught.value.errors()
    return ".".join(map(str, error["loc"])), error["msg"]


def test_a_need_that_says_nothing_of_the_family_leaves_everything_unknown() -> None:
    terms = terms_of()
    assert terms.must_speak
    assert (terms.income, terms.first_ask) == (None, None)
    told = (terms.circumstances, terms.not_circumstances, terms.handover, terms.excluded_conditions, terms.preferences)
    assert told == ((),) * 5


def test_what_is_said_of_the_family_is_in_the_terms() -> None:
    terms = terms_of(
        must_speak=False,
        income="131-150",
        circumstances=["veteran", "single_parent"],
        not_circumstances=["pregnant"],
        handover=["drop_off"],
        excluded_conditions=["worship"],
        preferences=["halal", "step_free"],
    )
    assert not terms.must_speak
    assert terms.income is IncomeBand.UP_TO_150
    assert terms.circumstances == (Circumstance.VETERAN, Circumstance.SINGLE_PARENT)
    assert terms.not_circumstances == (Circumstance.PREGNANT,)
    assert terms.handover == (HandoverWay.DROP_OFF,)
    assert terms.excluded_conditions == (Condition.WORSHIP,)
    assert terms.preferences == (Fit.HALAL, Fit.STEP_FREE)


@pytest.mark.parametrize(("hours", "lasts"), [({}, 24), ({"first_for_hours": 1}, 1), ({"first_for_hours": 168}, 168)])
def test_picked_partners_are_asked_alone_for_as_long_as_was_said(hours: dict[str, int], lasts: int) -> None:
    picked = (UUID(int=1), UUID(int=2))
    terms = terms_of(first_partner_ids=[str(one) for one in picked], **hours)
    assert terms.first_ask == FirstAsk(partner_ids=picked, until=NOW + timedelta(hours=lasts))


@pytest.mark.parametrize(
    ("wrong", "field", "way_out"),
    [
        (
            {"circumstances": ["veteran", "woman"], "not_circumstances": ["man", "veteran"]},
            "not_circumstances",
            "veteran: this stands in circumstances too; leave it in one of the two, or in none",
        ),
        ({"income": "a lot"}, "income", "'0-100', '101-130'"),
        ({"handover": ["by_air"]}, "handover.0", "'pick_up', 'drop_off', 'in_person' or 'remote'"),
        ({"first_for_hours": 0}, "first_for_hours", "greater than or equal to 1"),
        ({"first_for_hours": 169}, "first_for_hours", "less than or equal to 168"),
        ({"first_partner_ids": [str(uuid4())] * 51}, "first_partner_ids", "at most 50"),
    ],
)
def test_what_cannot_be_said_of_a_need_is_named(wrong: dict[str, Any], field: str, way_out: str) -> None:
    named, said = refusal(EnteredNeed, NEED | wrong)
    assert named == field
    assert way_out in said


@pytest.mark.parametrize(
    ("wrong", "field", "way_out"),
    [
        ({"min_age": 9, "max_age": 5}, "max_age", "below min_age, which is 9; change one of them, or leave one out"),
        (
            {"min_household": 4, "max_household": 3},
            "max_household",
            "below min_household, which is 4; change one of them, or leave one out",
        ),
        (
            {"hours": [{"weekday": 5, "opens": "22:00", "closes": "02:00"}]},
            "hours.0.closes",
            "later than opens, which is 22:00; what goes on after midnight is an opening of the next day",
        ),
        ({"hours": [{"weekday": 5, "opens": "10:00", "closes": "10:00"}]}, "hours.0.closes", "later than opens"),
        (
            {"hours": [{"weekday": 5, "opens": "10:00Z", "closes": "12:00"}]},
            "hours.0.opens",
            "leave the time zone out",
        ),
        ({"hours": [{"weekday": 7, "opens": "10:00", "closes": "12:00"}]}, "hours.0.weekday", "equal to 6"),
        ({"hours": [{"day": 5, "weekday": 5, "opens": "10:00", "closes": "12:00"}]}, "hours.0.day", "not permitted"),
        ({"area": {"kind": "county", "county": "Kings", "state": "NY"}}, "area.county", "near it: Kings County"),
        (
            {"area": {"kind": "county", "county": "Gotham", "state": "NY"}},
            "area.county",
            "no such county in NY; write it in full, like Kings County",
        ),
        (
            {"area": {"kind": "county", "county": "Kings County", "state": "ZZ"}},
            "area.county",
            "no such state; write its two letters, like NY",
        ),
        ({"zip_code": "11200"}, "zip_code", "near it are 11201, 11202"),
    ],
)
def test_what_a_service_cannot_be_is_named(wrong: dict[str, Any], field: str, way_out: str) -> None:
    named, said = refusal(EnteredService, SERVICE | wrong)
    assert named == field
    assert way_out in said


@pytest.mark.parametrize("known", [{"min_age": 5}, {"max_age": 5}, {"min_age": 5, "max_age": 5}])
def test_one_limit_is_enough_and_both_may_be_the_same(known: dict[str, int]) -> None:
    service = EnteredService.model_validate(SERVICE | known)
    assert (service.min_age, service.max_age) == (known.get("min_age"), known.get("max_age"))


@pytest.mark.parametrize(
    ("typed", "state", "near"),
    [
        ("Kngs County", "NY", "Kings County"),
        ("Miami Dade", "FL", "Miami-Dade County"),
        ("Orleans", "LA", "Orleans Parish"),
    ],
)
def test_counties_near_to_what_was_typed_are_named(typed: str, state: str, near: str) -> None:
    with pytest.raises(ValueError, match=near):
        read_county(typed, state)


def test_a_county_is_recorded_as_the_postal_data_has_it() -> None:
    area = {"kind": "county", "county": "KINGS  county", "state": "NY"}
    partner = EnteredPartner.model_validate(
        {"name": "Pantry", "kind": "nonprofit", "services": [SERVICE | {"area": area}]}
    )
    [service] = partner.to_record(uuid4()).services
    assert service.area == CountyArea(county="Kings County", state="NY")


def test_a_partner_may_sleep_until_a_moment_that_says_its_zone() -> None:
    body = {"name": "Pantry", "kind": "nonprofit", "snoozed_until": "2026-12-24T08:00:00-05:00"}
    record = EnteredPartner.model_validate(body).to_record(uuid4())
    assert record.snoozed_until == datetime(2026, 12, 24, 13, tzinfo=UTC)
    named, said = refusal(EnteredPartner, body | {"snoozed_until": "2026-12-24T08:00:00"})
    assert named == "snoozed_until"
    assert "timezone" in said


def test_a_contact_lives_in_a_time_zone_that_exists() -> None:
    contact = {"contact_id": str(uuid4()), "name": "Ada", "time_zone": "America/Brooklyn"}
    named, said = refusal(EnteredPartner, {"name": "Pantry", "kind": "nonprofit", "contacts": [contact]})
    assert named == "contacts.0.time_zone"
    assert "write it like America/New_York" in said
