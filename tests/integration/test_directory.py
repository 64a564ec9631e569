"""The directory, the call list and the board, as a coordinator's browser gets them."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from schemas.event import Programme
from schemas.outcomes import ConfirmationRequested, NeedFulfilled, NeedStuck
from schemas.partners import (
    Contact,
    CountyArea,
    NationArea,
    PartnerRecorded,
    RadiusArea,
    Service,
    StateArea,
    ZipListArea,
)
from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind, PartnerStatus, StuckCause
from services.intake import partners
from services.intake.directory import Question, Sort, search
from tests.browser.intake import RunningIntake, offer_of, running_intake
from tests.browser.matcher import Town, with_matcher
from tests.browser.test_strangers import MINE, OTHERS, enter_need, send, signed_in
from tests.parts import DatabaseMaker


@dataclass
class Desk:
    """A coordinator who is signed in, and the town around the school."""

    town: Town
    browser: httpx.AsyncClient

    @property
    def intake(self) -> RunningIntake:
        return self.town.intake

    async def add(self, name: str, *services: Service, **changes: Any) -> PartnerRecorded:
        record = PartnerRecorded.model_validate(
            {"partner_id": uuid4(), "name": name, "kind": PartnerKind.NONPROFIT, "services": services, **changes}
        )
        await partners.record_partners(self.intake.desk.pool, self.intake.desk.seal, [record])
        self.town.directory.apply(record)
        return record

    async def found(self, **question: Any) -> list[str]:
        answer = await search(self.intake.desk.pool, Question(**question))
        assert answer.total >= len(answer.listings)
        return [one.partner.name for one in answer.listings]


def service(*categories: Category, **changes: Any) -> Service:
    return Service.model_validate(
        {"service_id": uuid4(), "categories": categories, "area": NationArea(), "zip_code": "11215", **changes}
    )


@pytest_asyncio.fixture
async def desk(postgres: DatabaseMaker) -> AsyncIterator[Desk]:
    async with running_intake(await postgres("intake")) as intake, signed_in(intake, MINE, "Lincoln") as browser:
        yield Desk(with_matcher(intake), browser)


async def test_partners_are_found_by_name_words_place_and_each_filter(desk: Desk) -> None:
    term = Programme(seats=20, begins=date(2026, 9, 1), ends=date(2026, 12, 18))
    await desk.add("Bed Bank", service(Category.BEDS, languages=("es",), area=RadiusArea(zip_code="11215", miles=5)))
    await desk.add("Albany Beds", service(Category.BEDS, zip_code="12207", area=StateArea(state="NY")))
    await desk.add("Kids Club", service(Category.AFTER_SCHOOL, programme=term), kind=PartnerKind.SCHOOL_PROGRAMME)
    await desk.add("100% Food_Bank", service(Category.FOOD, area=ZipListArea(zip_codes=("11201",))))
    await desk.add("Queens Coats", service(Category.CLOTHING, area=CountyArea(county="Queens County", state="NY")))
    await desk.add("Paper Partner")
    await desk.add("Suspended Beds", service(Category.BEDS), status=PartnerStatus.SUSPENDED)
    await desk.add("Paused Soup", service(Category.FOOD), status=PartnerStatus.PAUSED)

    assert await desk.found(text="bank") == ["100% Food_Bank", "Bed Bank"]
    assert await desk.found(text="100%") == ["100% Food_Bank"]
    assert await desk.found(text="d_b") == ["100% Food_Bank"]
    assert await desk.found(text="cama") == ["Albany Beds", "Bed Bank"]
    assert await desk.found(text="colchón Albany") == ["Albany Beds"]
    assert await desk.found(text="brooklyn beds") == ["Bed Bank"]
    assert await desk.found(text="paper") == ["Paper Partner"]
    assert await desk.found(category=Category.FOOD) == ["100% Food_Bank", "Paused Soup"]
    assert await desk.found(sort=Sort.ACTIVITY) == ["Kids Club"]
    assert "Kids Club" not in await desk.found(sort=Sort.SUPPORT)
    assert await desk.found(kind=PartnerKind.SCHOOL_PROGRAMME) == ["Kids Club"]
    assert await desk.found(language="es") == ["Bed Bank"]
    assert await desk.found(zip_code="11201", category=Category.BEDS) == ["Bed Bank", "Albany Beds"]
    assert await desk.found(zip_code="12207", category=Category.BEDS) == ["Albany Beds"]
    assert "Queens Coats" in await desk.found(zip_code="11354")
    assert "Queens Coats" not in await desk.found(zip_code="11201")
    assert len(await desk.found()) == 7
    assert await desk.found(text="xyzzy") == []


async def test_a_partner_learns_of_no_shelter_where_it_is(desk: Desk) -> None:
    # Both are in Kings County, eight miles apart.
    shelter = service(Category.SHELTER, zip_code="11215", area=RadiusArea(zip_code="11215", miles=3))
    await desk.add("Safe House", shelter)
    await desk.add("Bed Bank", service(Category.BEDS, area=RadiusArea(zip_code="11215", miles=3)))
    asked_by = uuid4()
    for near in ("11215", "11201", "11239"):
        found = await search(desk.intake.desk.pool, Question(zip_code=near, asked_by=asked_by))
        assert [one.miles for one in found.listings if one.partner.name == "Safe House"] == [None], near
    assert await desk.found(zip_code="11239") == []
    for text in ("11215", "brooklyn", "shelter 11215", "kings county"):
        assert "Safe House" in await desk.found(text=text), "a coordinator finds it"
        assert "Safe House" not in await desk.found(text=text, asked_by=asked_by)
    assert await desk.found(text="shelter", asked_by=asked_by) == ["Safe House"]
    assert await desk.found(text="brooklyn", asked_by=asked_by) == ["Bed Bank"]
    assert await desk.found(zip_code="12207", asked_by=asked_by) == []


async def test_the_directory_is_paged_and_printed_whole(desk: Desk) -> None:
    for number in range(30):
        await desk.add(f"Partner {number:02}", service(Category.FOOD))
    first = (await desk.browser.get("/partners?q=partner&help=food")).text
    assert (first.count('<li class="card listing">'), "30 partners." in first) == (25, True)
    following = re.search(r'href="(/partners\?[^"]*page=2)"', first)
    assert following
    second = (await desk.browser.get(following[1].replace("&amp;", "&"))).text
    assert (second.count('<li class="card listing">'), "Partner 29" in second) == (5, True)
    printed = (await desk.browser.get("/partners?print=yes")).text
    assert printed.count('<li class="card listing">') == 30


@pytest.mark.parametrize(
    "asked",
    ["page=0", "page=99999", "page=x", "page=-1", "help=cars", "kind=x", "near=99999", "near=x", "q=%00", "q=%25"],
)
async def test_whatever_is_asked_for_a_page_comes(desk: Desk, asked: str) -> None:
    assert (await desk.browser.get(f"/partners?{asked}")).status_code == 200


async def test_a_partners_page_says_whom_to_call_and_begins_a_need_for_it(desk: Desk) -> None:
    contact = Contact(contact_id=uuid4(), name="Sam Okafor", phone="+17185550122", email="sam@example.org")
    shelter = service(Category.SHELTER, zip_code="11215")
    made = await desk.add("Safe House", shelter, contacts=(contact,))
    texts = {made.partner_id: {shelter.service_id: "<b>Women</b> with children"}}
    await partners.record_partners(desk.intake.desk.pool, desk.intake.desk.seal, [made], texts)
    page = (await desk.browser.get(f"/partners/{made.partner_id}")).text
    for text in ("Sam Okafor", "(718) 555-0122", "sam@example.org", "&lt;b&gt;Women", "Kings County, NY"):
        assert text in page
    assert "Brooklyn" not in page
    form = (await desk.browser.get(f"/needs/new?first={made.partner_id}")).text
    assert "Safe House" in form
    assert re.search(rf'name="first" value="{made.partner_id}" checked', form)
    assert (await desk.browser.get(f"/partners/{uuid4()}")).status_code == 404
    await desk.add("Safe House", shelter, partner_id=made.partner_id, status=PartnerStatus.SUSPENDED)
    assert (await desk.browser.get(f"/partners/{made.partner_id}")).status_code == 404


async def test_a_partner_that_was_picked_is_asked_first_and_the_preview_says_if_it_cannot(desk: Desk) -> None:
    bank = await desk.add("Bed Bank", service(Category.BEDS))
    food = await desk.add("Food Bank", service(Category.FOOD))
    typed = {"item": "bed.twin", "quantity": "1", "zip_code": "11201", "urgency": "this_week"}
    good = (await send(desk.browser, "/needs/new/preview", typed | {"first": str(bank.partner_id)})).text
    assert "1 partner could help." in good
    assert "would not be asked" not in good
    bad = (await send(desk.browser, "/needs/new/preview", typed | {"first": str(food.partner_id)})).text
    assert "The partner you picked would not be asked: Does not do this kind of help" in bad
    more = {"languages": "es", "consent": "spoken", "name": "Maria Canary", "family_language": "es", "key": "one"}
    await send(desk.browser, "/needs/new", typed | more | {"first": str(bank.partner_id)})
    async with desk.intake.desk.pool.acquire() as connection:
        terms = await connection.fetchval("SELECT terms FROM needs")
    assert terms["first_ask"]["partner_ids"] == [str(bank.partner_id)]


async def test_whom_the_family_does_not_want_asked_is_left_out(desk: Desk) -> None:
    await desk.add("Bed Church", service(Category.BEDS), kind=PartnerKind.CHURCH)
    form = NEED | {"key": "three", "excluded_kinds": "church"}
    assert "We know of nobody who could help" in (await send(desk.browser, "/needs/new/preview", form)).text
    await send(desk.browser, "/needs/new", form)
    async with desk.intake.desk.pool.acquire() as connection:
        terms = await connection.fetchval("SELECT terms FROM needs")
    assert terms["consent"]["excluded_kinds"] == ["church"]


async def call_list(desk: Desk, need_id: UUID) -> str:
    answer = await desk.browser.get(f"/needs/{need_id}/calls")
    assert answer.status_code == 200
    return answer.text


async def test_the_call_list_has_who_is_asked_then_who_is_next_and_nothing_of_the_family(desk: Desk) -> None:
    people = {
        name: (Contact(contact_id=uuid4(), name=f"{name} Person", phone=f"+1718555010{number}"),)
        for number, name in enumerate(("Asked", "Next"))
    }
    asked = await desk.add("Asked", service(Category.BEDS), contacts=people["Asked"])
    following = await desk.add("Next", service(Category.BEDS), contacts=people["Next"])
    need_id = await enter_need(desk.browser, desk.intake)
    _, items = await desk.intake.newest_need()
    made = offer_of(need_id, items, asked)
    await desk.intake.matcher_says(made)
    page = await call_list(desk, need_id)
    assert re.search(r"1\. Asked.*\(718\) 555-0100.*2\. Next.*\(718\) 555-0101", page, re.DOTALL)
    assert "this is Robin Reyes from Lincoln. A family near Brooklyn needs 2 twin beds" in page
    assert "Canary" not in page

    answer = await send(
        desk.browser, f"/needs/{need_id}/offers/{made.offer_id}/phoned", {"said": "no", "back": "calls"}
    )
    assert answer.url.path == f"/needs/{need_id}/calls"
    assert "Nobody is being asked right now." in answer.text
    await send(desk.browser, f"/needs/{need_id}/calls/{following.partner_id}", {})
    assert (await desk.intake.events(need_id)) == ["needs.opened", "responses.declined", "needs.changed"]
    async with desk.intake.desk.pool.acquire() as connection:
        terms = await connection.fetchval("SELECT terms FROM needs")
    assert terms["first_ask"]["partner_ids"] == [str(following.partner_id)]
    nobody = await send(desk.browser, f"/needs/{need_id}/calls/{uuid4()}", {})
    assert nobody.status_code == 404


async def test_what_is_said_of_a_sensitive_need_names_no_school(desk: Desk) -> None:
    people = (Contact(contact_id=uuid4(), name="Ada", phone="+17185550101", language="es"),)
    await desk.add("Refuge", service(Category.SHELTER), contacts=people, sensitive_needs=True)
    form = {
        "item": "shelter.night", "quantity": "2", "zip_code": "11201", "urgency": "tonight", "languages": "es",
        "consent": "spoken", "name": "Maria Canary", "family_language": "es", "key": "two",
    }  # fmt: skip
    await send(desk.browser, "/needs/new", form)
    need_id, _ = await desk.intake.newest_need()
    page = await call_list(desk, need_id)
    said = re.search(r'<blockquote lang="es">(.*?)</blockquote>', page)
    assert said
    assert "2 noches de refugio, en Kings County, NY" in said[1]
    assert not [one for one in ("Lincoln", "Brooklyn", "11201", "Canary") if one in said[1]]


async def test_the_board_has_what_presses_most_first_each_with_one_step(desk: Desk) -> None:
    needs = {}
    for key in ("asked", "tonight", "unreachable", "moving", "done"):
        await send(desk.browser, "/needs/new", NEED | {"key": key})
        needs[key], items = await desk.intake.newest_need()
    say = desk.intake.matcher_says
    await say(ConfirmationRequested(need_id=needs["asked"], delivered=items, attempt=1))
    await say(NeedStuck(need_id=needs["tonight"], cause=StuckCause.NOBODY_YET, open_items=items))
    await say(NeedStuck(need_id=needs["unreachable"], cause=StuckCause.FAMILY_UNREACHABLE, open_items=items))
    await say(NeedFulfilled(need_id=needs["done"], met=items))
    page = (await desk.browser.get("/needs")).text
    steps = re.findall(r'<a class="button" href="/needs/([0-9a-f-]{36})([^"]*)"', page)
    assert steps == [
        (str(needs["tonight"]), "/calls"),
        (str(needs["unreachable"]), "/family"),
        (str(needs["asked"]), "#arrived"),
    ]
    assert str(needs["moving"]) in page
    assert str(needs["done"]) not in page
    assert str(needs["done"]) in (await desk.browser.get("/needs?ended=yes")).text


NEED = {
    "item": "bed.twin", "quantity": "2", "zip_code": "11201", "urgency": "this_week", "languages": "es",
    "consent": "spoken", "name": "Maria Canary", "family_language": "es",
}  # fmt: skip


async def test_another_site_sees_no_call_list_and_has_nobody_asked(desk: Desk) -> None:
    need_id = await enter_need(desk.browser, desk.intake)
    bank = await desk.add("Bed Bank", service(Category.BEDS))
    async with signed_in(desk.intake, OTHERS, "Grant") as other:
        assert (await other.get(f"/needs/{need_id}/calls")).status_code == 404
        assert (await send(other, f"/needs/{need_id}/calls/{bank.partner_id}", {})).status_code == 404
    assert await desk.intake.events(need_id) == ["needs.opened"]


async def test_what_was_typed_comes_back_to_whoever_was_signed_out_and_stands_nowhere(desk: Desk) -> None:
    async with desk.intake.desk.pool.acquire() as connection:
        await connection.execute("DELETE FROM sessions")
    answer = await send(desk.browser, "/needs/new", NEED | {"notes": 'says "<b>now</b>"'})
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    assert 'name="name" value="Maria Canary"' in answer.text
    assert 'name="notes" value="says &#34;&lt;b&gt;now&lt;/b&gt;&#34;"' in answer.text
    empty = await desk.browser.post(
        "/needs/new", data={"form_mark": desk.browser.cookies["form_mark"]}, follow_redirects=False
    )
    assert (empty.status_code, empty.headers["location"]) == (303, "/sign-in")
    part = await desk.browser.get("/needs", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-refresh"], part.text) == (401, "true", "")
    foreign = await desk.browser.post("/needs/new", data=NEED | {"form_mark": "another"})
    assert (foreign.status_code, "Canary" in foreign.text) == (403, False)


async def test_thousands_of_partners_are_searched_in_a_moment(desk: Desk) -> None:
    records = [
        PartnerRecorded(
            partner_id=uuid4(),
            name=f"Partner {number}",
            kind=PartnerKind.NONPROFIT,
            services=(service(Category.BEDS, area=RadiusArea(zip_code="11215", miles=5)), service(Category.FOOD)),
        )
        for number in range(2000)
    ]
    await partners.record_partners(desk.intake.desk.pool, desk.intake.desk.seal, records)
    began = time.monotonic()
    assert len(await desk.found(text="cama", zip_code="11201")) == 25
    took = time.monotonic() - began
    assert took < 5, took
