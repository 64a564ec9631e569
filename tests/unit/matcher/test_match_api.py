"""What the matcher answers when intake asks who could help: over HTTP, from a real index."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.applications import Starlette

from schemas.event import Item
from schemas.matching import MatchAnswer, MatchQuestion, PublishedNeed, WhyNotAnswer, WhyNotQuestion
from schemas.needs import FirstAsk, NeedTerms
from schemas.partners import NationArea, PartnerRecorded, Service, StateArea
from schemas.taxonomy import Category
from schemas.vocabulary import AgeBand, EligibilityRule, PartnerKind, PartnerStatus
from services.matcher.api import internal_routes
from services.matcher.directory.index import IndexedDirectory
from services.matcher.domain.programmes import ServiceKey
from tests.unit.matcher.situation import BEDS, POLICY, START, terms

KEY = "key-of-the-matcher"
SHELTER = Item(line=1, code="shelter.night", quantity=1)


def partner(number: int, category: Category = Category.BEDS, **changes: Any) -> PartnerRecorded:
    service = Service(
        service_id=uuid4(), categories=(category,), area=NationArea(), zip_code="11215", languages=("en",)
    )
    record = PartnerRecorded(partner_id=UUID(int=number), name="A", kind=PartnerKind.NONPROFIT, services=(service,))
    return record.model_copy(update=changes)


@pytest.fixture
def directory() -> IndexedDirectory:
    made = IndexedDirectory(POLICY.ranking)
    for record in (partner(1), partner(2), partner(3, Category.FOOD), partner(4, status=PartnerStatus.PAUSED)):
        made.apply(record)
    return made


@pytest.fixture
def closed() -> set[ServiceKey]:
    return set()


@pytest.fixture
def caught_up() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@pytest_asyncio.fixture
async def intake(
    directory: IndexedDirectory, closed: set[ServiceKey], caught_up: asyncio.Event
) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=internal_routes(directory, lambda: frozenset(closed), caught_up.is_set, SecretStr(KEY)))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://matcher", headers=headers
    ) as client:
        yield client


async def ask(client: httpx.AsyncClient, wanted: NeedTerms, **changes: Any) -> MatchAnswer:
    question = MatchQuestion(terms=wanted, **changes)
    answer = await client.post("/internal/v1/match", content=question.model_dump_json())
    assert answer.status_code == 200, answer.text
    return MatchAnswer.model_validate_json(answer.content)


async def test_it_tells_who_may_be_asked_why_and_what_leaves_out_the_others(intake: httpx.AsyncClient) -> None:
    told = await ask(intake, terms(BEDS), asked_before=[UUID(int=2)], partner_id=UUID(int=3))
    assert (told.tally.near, told.tally.eligible, told.directory_position) == (4, 1, 4)
    assert told.tally.left_out == {
        EligibilityRule.STATUS: 1,
        EligibilityRule.CATEGORY: 1,
        EligibilityRule.ASKED_BEFORE: 1,
    }
    [best] = told.best
    assert (best.partner_id, best.items, best.distance_miles) == (UUID(int=1), (BEDS,), 2)
    assert best.reasons.fairness == 1
    assert EligibilityRule.HOURS in best.reasons.to_be_confirmed
    assert [*told.why_not.values()] == [(EligibilityRule.CATEGORY,)]
    near_misses = {one.rule: (one.partners, one.nearest, one.distance_miles) for one in told.near_misses}
    assert near_misses == {
        EligibilityRule.STATUS: (1, UUID(int=4), 2),
        EligibilityRule.CATEGORY: (1, UUID(int=3), 2),
        EligibilityRule.ASKED_BEFORE: (1, UUID(int=2), 2),
    }
    assert (await ask(intake, terms(SHELTER))).near_misses == ()


async def test_whom_the_coordinator_picked_is_the_best_while_that_lasts(intake: httpx.AsyncClient) -> None:
    wanted = terms(BEDS)
    picked = FirstAsk(partner_ids=(UUID(int=2),), until=wanted.consent.until)
    told = await ask(intake, wanted.model_copy(update={"first_ask": picked}), most=1)
    assert [one.partner_id for one in told.best] == [UUID(int=2)]
    assert told.tally.eligible == 2


async def test_a_programme_that_takes_nobody_is_left_out_as_when_partners_are_asked(
    intake: httpx.AsyncClient, directory: IndexedDirectory, closed: set[ServiceKey]
) -> None:
    full = partner(5)
    directory.apply(full)
    closed.add((full.partner_id, full.services[0].service_id))
    told = await ask(intake, terms(BEDS), partner_id=full.partner_id)
    assert {one.partner_id.int for one in told.best} == {1, 2}
    assert (told.tally.eligible, told.tally.left_out[EligibilityRule.CAPACITY]) == (2, 1)
    assert [*told.why_not.values()] == [(EligibilityRule.CAPACITY,)]


async def test_it_counts_what_leaves_one_partner_out_of_many_needs(
    intake: httpx.AsyncClient, directory: IndexedDirectory
) -> None:
    food, beds = partner(5, Category.FOOD).services[0], partner(5).services[0]
    far = food.model_copy(update={"area": StateArea(state="NV")})
    young = beds.model_copy(update={"area": StateArea(state="NY"), "max_age": 3})
    directory.apply(partner(5, services=(far, young)))
    family = {
        age: terms(BEDS).model_copy(update={"household": (age,)}) for age in (AgeBand.AGES_0_2, AgeBand.AGES_25_59)
    }
    alaska = terms(BEDS).model_copy(update={"zip_code": "99501"})
    asked = (family[AgeBand.AGES_25_59], family[AgeBand.AGES_25_59], family[AgeBand.AGES_0_2], alaska)
    needs = tuple(PublishedNeed(terms=one, at=START) for one in asked)
    question = WhyNotQuestion(partner_id=UUID(int=5), needs=needs)
    answer = await intake.post("/internal/v1/why-not", content=question.model_dump_json())
    told = WhyNotAnswer.model_validate_json(answer.content)
    assert (told.in_area, told.eligible, told.left_out) == (3, 1, {EligibilityRule.AGES: 2})


async def test_of_a_sensitive_need_no_distance_is_told(intake: httpx.AsyncClient, directory: IndexedDirectory) -> None:
    directory.apply(partner(5, Category.SHELTER, sensitive_needs=True))
    assert [(one.partner_id.int, one.distance_miles) for one in (await ask(intake, terms(SHELTER))).best] == [(5, None)]


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer another-key", f"Basic {KEY}"])
async def test_another_key_learns_nothing(intake: httpx.AsyncClient, key: str) -> None:
    question = MatchQuestion(terms=terms(BEDS)).model_dump_json()
    answer = await intake.post("/internal/v1/match", content=question, headers={"Authorization": key})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("body", "status"), [("{", 422), ('{"most": 0}', 422), ("x" * 200_000, 413)])
async def test_what_cannot_be_read_is_refused(intake: httpx.AsyncClient, body: str, status: int) -> None:
    answer = await intake.post("/internal/v1/match", content=body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_before_the_directory_is_read_it_says_so(intake: httpx.AsyncClient, caught_up: asyncio.Event) -> None:
    caught_up.clear()
    answer = await intake.post("/internal/v1/match", content=MatchQuestion(terms=terms(BEDS)).model_dump_json())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
