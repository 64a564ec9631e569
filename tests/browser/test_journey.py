"""One need, as people see it, in a real browser."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.intake import RunningIntake

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL = "robin@school.example.org"


async def open_page(chromium: Browser, intake: RunningIntake, *, scripts: bool = True) -> Page:
    context = await chromium.new_context(
        base_url=intake.url, java_script_enabled=scripts, viewport={"width": 390, "height": 800}
    )
    return await context.new_page()


async def sign_in(page: Page, intake: RunningIntake) -> None:
    await page.goto("/")
    await page.get_by_label("Your email").fill(EMAIL)
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_text("a link is on its way")).to_be_visible()
    await page.goto(await intake.sign_in_link(EMAIL))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Needs of Lincoln Elementary")).to_be_visible()


async def enter_need(page: Page) -> None:
    await page.get_by_role("link", name="Ask for help").click()
    await fill_form(page)


async def fill_form(page: Page) -> None:
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.locator("[name=quantity]").fill("2")
    await page.get_by_role("button", name="Add one more thing").click()
    await page.get_by_label("Thing 2").select_option("bed.bedding")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_text("2 twin beds")).to_be_visible()


async def test_a_form_with_mistakes_keeps_what_was_typed_and_says_what_is_wrong(
    intake: RunningIntake, chromium: Browser
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.locator("[name=quantity]").fill("500")
    await page.get_by_label("ZIP code").fill("00000")
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_label("Text message").check()
    await page.get_by_role("button", name="Ask for help").click()

    await expect(page.get_by_text("Choose a number from 1 to 20.")).to_be_visible()
    await expect(page.get_by_label("ZIP code")).to_have_accessible_description(
        "Write the 5 digits of a ZIP code that exists, like 11201."
    )
    await expect(page.get_by_text("To write to them this way")).to_be_visible()
    await expect(page.get_by_text("Choose one. If the family has not agreed yet")).to_be_visible()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Maria Canary")
    await expect(page.locator("[name=quantity]")).to_have_value("500")


async def test_enter_in_a_field_sends_the_form_and_adds_no_line(intake: RunningIntake, chromium: Browser) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    await page.get_by_label("ZIP code").press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("Thing 2")).to_have_count(0)
