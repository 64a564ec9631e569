"""Why a partner was not asked, from a real matcher's index to the partner's page."""

from dataclasses import replace
from uuid import uuid4

import httpx
from starlette.applications import Starlette

from schemas.partners import Contact, PartnerRecorded
from schemas.taxonomy import Category
from services.intake.api.callers import Scope, hash_key
from services.intake.matching import Matcher
from services.intake.pages.cookies import Cookie
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from tests.browser.intake import RunningIntake, running_intake
from tests.browser.matcher import KEY, with_matcher
from tests.parts import DatabaseMaker
from tests.system import need_body

EMAIL = "otto@pantry.example.org"


async def enter(intake: RunningIntake, count: int, code: str) -> None:
    async with httpx.AsyncClient(
        base_url=intake.url, headers={"Authorization": "Bearer sb_ours"}, timeout=30
    ) as school:
        for _ in range(count):
            answer = await school.post("/v1/needs", json=need_body(items=[{"code": code, "quantity": 1}]))
            assert answer.status_code == 201, answer.text


async def test_it_is_told_of_many_needs_once_a_day_and_of_no_sensitive_one(postgres: DatabaseMaker) -> None:
    async with running_intake(await postgres("intake")) as intake:
        site = await intake.add_coordinator("ours@school.example.org", "Ours")
        async with intake.desk.pool.acquire() as connection:
            key = KeyRow("ours", frozenset({Scope.NEEDS_WRITE}), site.site_id)
            await keys.save_key(connection, hash_key("sb_ours"), key)
        town = with_matcher(intake)
        contact = Contact(contact_id=uuid4(), name="Otto", email=EMAIL)
        pantry = await town.add_partner("Pantry", Category.FOOD, contacts=(contact,))
        cookies = {str(Cookie.SESSION): await intake.sign_in(EMAIL)}
        async with httpx.AsyncClient(base_url=intake.url, cookies=cookies, timeout=30) as browser:

            async def look() -> str:
                return (await browser.get("/our/not-asked")).text

            async def look_tomorrow() -> str:
                await intake.desk.pool.execute("UPDATE not_asked SET looked_at = looked_at - interval '25 hours'")
                return await look()

            there = intake.app.state.desk
            away = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette()))
            intake.app.state.desk = replace(there, matcher=Matcher(away, "http://matcher", KEY))
            await enter(intake, 1, "bed.twin")
            assert "We cannot look right now" in await look()
            intake.app.state.desk = there

            await enter(intake, 8, "bed.twin")
            await enter(intake, 12, "shelter.night")
            assert "Few families near you" in await look()
            await enter(intake, 3, "bed.twin")
            assert "Few families near you" in await look()
            page = await look_tomorrow()
            assert "at least 10 families" in page
            assert "You were asked about 0 of them" in page
            assert "They needed something that you do not offer" in page
            assert "To change it, please tell whoever looks after the network" in page, "no form of ours has it"
            assert page.count("need-card") == 1

            beds = pantry.services[0].model_copy(update={"categories": (Category.BEDS,)})
            town.directory.apply(pantry.model_copy(update={"services": (beds,)}))
            assert await look() == page
            assert "Nothing in your record left you out" in await look_tomorrow()
            town.directory.apply(PartnerRecorded.model_validate({**pantry.model_dump(), "services": ()}))
            assert "Few families near you" in await look_tomorrow()
