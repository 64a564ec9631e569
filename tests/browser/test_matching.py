"""Who could help, as a coordinator sees it, in a real browser."""

from dataclasses import replace

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from schemas.outcomes import ConfirmationRequested, NeedFulfilled, NeedStuck
from schemas.taxonomy import Category
from schemas.vocabulary import Condition, StuckCause
from services.intake.matching import Matcher
from tests.browser.intake import RunningIntake, offer_of
from tests.browser.matcher import Town, with_matcher
from tests.browser.test_journey import EMAIL, enter_need, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def coordinator(chromium: Browser, intake: RunningIntake, *, scripts: bool = True) -> Page:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake, scripts=scripts)
    await sign_in(page, intake)
    return page


async def settle(town: Town) -> None:
    await town.add_partner("Bed Bank", Category.BEDS, conditions=(Condition.SHOWS_ID,))
    await town.add_partner("Crib Circle", Category.BEDS)
    await town.add_partner("Food Bank", Category.FOOD)


async def sees_who_can_help(page: Page, place: str = "#matching-found") -> None:
    found = page.locator(place)
    await expect(found).to_contain_text("3 partners near you or serving this place: 2 can help.")
    await expect(found.get_by_text("1 of them asks to see an ID")).to_be_visible()
    await expect(found.get_by_text("1 does not do this kind of help")).to_be_visible()
    bank = found.get_by_role("listitem").filter(has_text="Bed Bank")
    await expect(bank).to_contain_text("2 miles away, has done little this week, speaks Spanish, asks to see an ID;")
    await expect(found.get_by_text("Food Bank")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_before_and_after_a_need_is_entered_its_coordinator_sees_who_can_help(
    intake: RunningIntake, chromium: Browser, *, scripts: bool
) -> None:
    await settle(with_matcher(intake))
    page = await coordinator(chromium, intake, scripts=scripts)
    await page.goto("/needs/new")
    await expect(page.get_by_text("then we can look")).to_be_visible()
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    if not scripts:
        await page.get_by_role("button", name="Who could help?").click()
    await expect(page.get_by_text("About 2 partners could help. First asked:")).to_be_visible()
    # Once all that was typed is taken into account, it stays open.
    await expect(page.locator("#preview")).to_contain_text("speaks Spanish")
    await page.get_by_text("All of them, and why not the others").click()
    await sees_who_can_help(page, "#preview")
    await expect(page.get_by_label("ZIP code")).to_have_value("11201")
    async with intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM needs") == 0

    await page.goto("/needs")
    await enter_need(page)
    if not scripts:
        await page.get_by_role("link", name="See who can help").click()
    await sees_who_can_help(page)


async def test_the_panel_looks_once_however_much_happens_and_goes_when_the_need_ends(
    intake: RunningIntake, chromium: Browser
) -> None:
    await settle(with_matcher(intake))
    page = await coordinator(chromium, intake)
    looked: list[str] = []
    page.on("request", lambda request: looked.append(request.url) if request.url.endswith("/matching") else None)
    await enter_need(page)
    await sees_who_can_help(page)
    need_id, items = await intake.newest_need()
    partner, _ = await intake.add_partner()
    for event, words in (
        (offer_of(need_id, items, partner), "We asked Second Street Church."),
        (NeedStuck(need_id=need_id, cause=StuckCause.NOBODY_LEFT, open_items=items), "Needs you"),
        (ConfirmationRequested(need_id=need_id, delivered=items, attempt=1), "Did the help arrive?"),
    ):
        await intake.matcher_says(event)
        await expect(page.get_by_text(words).first).to_be_visible()
        await sees_who_can_help(page)
    assert len(looked) == 1
    await intake.matcher_says(NeedFulfilled(need_id=need_id, met=items))
    await expect(page.get_by_text("All of it arrived.").first).to_be_visible()
    await expect(page.locator("#matching-found")).to_have_count(0)


async def test_while_the_matcher_is_away_the_page_says_so_and_is_whole(
    intake: RunningIntake, chromium: Browser
) -> None:
    away = Matcher(httpx.AsyncClient(), "http://127.0.0.1:1", "key")
    intake.app.state.desk = replace(intake.desk, matcher=away)
    page = await coordinator(chromium, intake)
    await enter_need(page)
    await expect(page.get_by_text("We cannot look right now.")).to_be_visible()
    await expect(page.get_by_text("You asked for help.")).to_be_visible()


async def test_the_panel_fits_a_phone_in_both_languages(intake: RunningIntake, chromium: Browser) -> None:
    await settle(with_matcher(intake))
    page = await coordinator(chromium, intake)
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # To the console, a stream of live updates that ended is an error, though it comes again.
        if message.type == "error" and message.text != "[object Event]":
            complaints.append(message.text)

    page.on("console", note)
    await enter_need(page)
    need_id, _ = await intake.newest_need()
    for path in (f"/needs/{need_id}", f"/needs/{need_id}/matching"):
        for language, head in (("en", "2 can help."), ("es", "2 pueden ayudar.")):
            await page.goto(f"{path}?language={language}")
            await expect(page.get_by_text(head)).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, language)
    assert complaints == []
