"""A partner refers a family on a phone, in a real browser: with the session gone in the middle, and pressed twice."""

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.taxonomy import Category
from services.intake.pages.cookies import Cookie
from tests.browser.intake import RunningIntake
from tests.browser.matcher import with_matcher
from tests.browser.test_journey import open_page
from tests.browser.walking import Note, Walker

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def come_in(page: Page, intake: RunningIntake) -> None:
    """Signs the browser in as the partner's contact."""
    session = await intake.sign_in("ada@church.example.org")
    await page.context.add_cookies([{"name": str(Cookie.SESSION), "value": session, "url": intake.url}])


async def test_a_family_is_referred_on_a_phone_and_a_session_that_ends_loses_nothing(
    intake: RunningIntake, chromium: Browser, record_property: Note
) -> None:
    await with_matcher(intake).add_partner("Bed Bank", Category.BEDS)
    await intake.add_coordinator("robin@school.example.org", "Lincoln Elementary")
    await intake.add_partner()
    page = await open_page(chromium, intake)
    await page.set_viewport_size({"width": 390, "height": 844})
    await come_in(page, intake)
    hand = Walker(page, 390, record_property)
    await hand.begin("a partner refers a family", "/our")
    await hand.tap("link", "Referrals")
    await expect(page.get_by_text("You have referred no family yet")).to_be_visible()
    await hand.tap("link", "Refer a family")
    await expect(page.get_by_text("Lincoln Elementary looks after it.")).to_be_visible()
    await hand.write("What is needed?", "2 camas")
    await hand.tap("button", "twin beds")
    await expect(page.locator("[name=quantity]")).to_have_value("2")
    await hand.write("ZIP code of the family", "11201")
    await hand.tap("checkbox", "Spanish")
    await expect(page.get_by_text("1 partner could help.")).to_be_visible()
    await expect(page.get_by_text("Bed Bank")).to_have_count(0)
    await hand.tap("radio", "Yes, they told me")
    await hand.write("Name", "Maria Canary")
    assert not [word for word in ("Maria", "Canary") if word in await page.evaluate("JSON.stringify(localStorage)")]
    assert "site_id" in await page.evaluate("JSON.stringify(localStorage)"), "the draft knows the school"
    await hand.step("the form")

    async with intake.desk.pool.acquire() as connection:
        await connection.execute("DELETE FROM sessions")
    await hand.tap("button", "Refer the family")
    await expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    await hand.done(taps=6, fields=3)
    await come_in(page, intake)
    await page.get_by_role("button", name="Send what I wrote").dblclick()
    await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
    await expect(page.get_by_text("2 twin beds")).to_be_visible()
    assert await page.evaluate("localStorage.length") == 0
    async with intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM needs") == 1
