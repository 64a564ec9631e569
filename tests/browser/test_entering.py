"""A need is written down in under a minute, and what was typed is not lost, in a real browser."""

import re

import pytest
from playwright.async_api import Browser, Page, Route, expect

from schemas.taxonomy import Category
from tests.browser.intake import RunningIntake
from tests.browser.matcher import with_matcher
from tests.browser.test_journey import EMAIL, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def coordinator(chromium: Browser, intake: RunningIntake, *, scripts: bool = True, width: int = 390) -> Page:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake, scripts=scripts)
    await page.set_viewport_size({"width": width, "height": 844})
    await sign_in(page, intake)
    return page


async def fill_in(page: Page) -> None:
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")


async def test_words_find_things_with_the_keyboard_alone(intake: RunningIntake, chromium: Browser) -> None:
    page = await coordinator(chromium, intake)
    await page.goto("/needs/new")
    await page.get_by_label("What is needed?").fill("3 literas")
    await page.get_by_label("What is needed?").press("Enter")
    await expect(page.get_by_label("Thing 1")).to_have_value("bed.bunk")
    await expect(page.locator("[name=quantity]")).to_have_value("3")
    await expect(page.get_by_label("What is needed?")).to_have_value("")
    await page.get_by_label("What is needed?").fill("xyzzy")
    await page.get_by_label("What is needed?").press("Enter")
    await expect(page.get_by_label("What is needed?")).to_have_accessible_description(
        "Write it in your own words, in English or Spanish: 2 beds, luz, rent. Or choose from the list below. "
        "We know no thing by this word. Try another word, or choose from the list below."
    )
    await expect(page.get_by_label("Thing 1")).to_have_value("bed.bunk")


async def test_the_preview_is_asked_without_anything_of_the_family(intake: RunningIntake, chromium: Browser) -> None:
    await with_matcher(intake).add_partner("Bed Bank", Category.BEDS)
    page = await coordinator(chromium, intake)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(f"{one.url} {one.post_data}"))
    await page.goto("/needs/new")
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_label("Mobile phone").fill("718 555 0142")
    await fill_in(page)
    await page.get_by_label("What is needed?").fill("cuna")
    await page.get_by_role("button", name="cribs").click()
    await expect(page.get_by_text("1 partner could help. First asked: Bed Bank")).to_be_visible()
    asked = [one for one in sent if "/needs/" in one and "POST" not in one]
    assert any("/needs/new/preview" in one for one in asked)
    assert not [one for one in asked if "Canary" in one or "555" in one]
    async with intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM needs") == 0


async def test_a_lost_connection_loses_nothing_and_the_draft_tells_nobody_who_the_family_is(
    intake: RunningIntake, chromium: Browser
) -> None:
    town = with_matcher(intake)
    before, picked = [await town.add_partner(name, Category.BEDS) for name in ("Bed Bank", "Sleep Well")]
    page = await coordinator(chromium, intake)
    await page.goto(f"/needs/new?first={before.partner_id}")
    await fill_in(page)

    async def cut(route: Route) -> None:
        await route.abort("internetdisconnected")

    await page.route("**/needs/new", cut)
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_text("It did not go through")).to_be_visible()
    await expect(page.get_by_role("button", name="Ask for help")).to_be_focused()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Maria Canary")
    kept = await page.evaluate("JSON.stringify(localStorage)")
    assert "bed.twin" in kept
    assert "11201" in kept
    assert not [word for word in ("Maria", "Canary", "name") if word in kept]
    await page.unroute("**/needs/new")

    await page.goto(f"/needs/new?first={picked.partner_id}")
    await page.get_by_role("button", name="Go on with it").click()
    await expect(page.get_by_role("group", name="Asked first")).to_have_text(re.compile("Sleep Well"))
    await expect(page.get_by_text("Bed Bank", exact=True)).to_have_count(0)
    await expect(page.get_by_label("Thing 1")).to_have_value("bed.twin")
    await expect(page.get_by_label("ZIP code")).to_have_value("11201")
    await expect(page.get_by_label("Spanish")).to_be_checked()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("")
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
    assert await page.evaluate("localStorage.length") == 0


async def test_a_draft_goes_when_it_is_thrown_away_and_with_whoever_signs_out(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await coordinator(chromium, intake)
    await page.goto("/needs/new")
    await fill_in(page)
    await page.reload()
    await page.get_by_role("button", name="Throw it away").click()
    assert await page.evaluate("localStorage.length") == 0
    await fill_in(page)
    assert await page.evaluate("localStorage.length") == 1
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Your email")).to_be_visible()
    assert await page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_session_that_ends_in_the_middle_of_the_form_loses_nothing(
    intake: RunningIntake, chromium: Browser, *, scripts: bool
) -> None:
    page = await coordinator(chromium, intake, scripts=scripts)
    await page.goto("/needs/new")
    await fill_in(page)
    async with intake.desk.pool.acquire() as connection:
        await connection.execute("DELETE FROM sessions")
    intake.mailbox.texts.clear()
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Sign in").click()
    beside = await opened.value
    await sign_in(beside, intake)
    await page.get_by_role("button", name="Send what I wrote").click()
    await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
    await page.get_by_role("link", name="See who they are").click()
    await expect(page.get_by_text("Maria Canary")).to_be_visible()
