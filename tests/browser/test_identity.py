"""Who may see a family, as people meet it in a browser."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from services.intake import identity
from tests.browser.intake import RunningIntake, award_of, offer_of, offer_path
from tests.browser.test_journey import EMAIL, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def enter_need(page: Page) -> None:
    await page.goto("/needs/new")
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("they sign now").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_label("Mobile phone").fill("(718) 555-0142")
    await page.get_by_role("button", name="Ask for help").click()


async def test_a_stranger_with_a_forwarded_link_meets_a_question_for_a_code(
    intake: RunningIntake, chromium: Browser
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    coordinator = await open_page(chromium, intake)
    await sign_in(coordinator, intake)
    await enter_need(coordinator)
    await expect(coordinator.get_by_role("heading", name="You may be contacted directly")).to_be_visible()
    await coordinator.get_by_role("button", name="I agree").click()
    await expect(coordinator.get_by_text("Choose who may know.")).to_be_visible()
    for label in ("Name", "Phone", "A church or faith group", "Here, on this screen"):
        await coordinator.get_by_label(label, exact=label in {"Name", "Phone"}).check()
    await coordinator.get_by_label("Name of whoever signs").fill("Maria Canary")
    await coordinator.get_by_role("button", name="I agree").click()
    await expect(coordinator.get_by_text("The family signed that whoever helps may know: Name, Phone.")).to_be_visible()
    assert "Canary" not in await coordinator.content()

    need_id, items = await intake.newest_need()
    partner, contact = await intake.add_partner()
    made = offer_of(need_id, items, partner)
    await intake.matcher_says(made)
    link = offer_path(made, contact)
    volunteer, stranger = await open_page(chromium, intake), await open_page(chromium, intake)
    await volunteer.goto(link)
    await volunteer.get_by_role("button", name="We can take this").click()
    await intake.matcher_says(award_of(made))
    await volunteer.get_by_role("link", name="See how to reach them").click()
    await volunteer.get_by_role("button", name="Send me a code (a…@c…)").click()
    await expect(volunteer.get_by_text("We sent a code to a…@c…")).to_be_visible()
    code = await identity.make_code(intake.desk.pool, intake.desk.seal, made.offer_id, contact.contact_id)
    await volunteer.get_by_label("The six digits").fill("12345")
    await volunteer.get_by_role("button", name="Show me").click()
    await expect(volunteer.get_by_label("The six digits")).to_have_accessible_description(re.compile("not the code"))
    await volunteer.get_by_label("The six digits").fill(code)
    await volunteer.get_by_role("button", name="Show me").click()
    await expect(volunteer.get_by_text("Maria Canary")).to_be_visible()
    await expect(volunteer.get_by_text("(718) 555-0142")).to_be_visible()

    for path in (link, f"{link}/family"):
        await stranger.goto(path)
        assert "Canary" not in await stranger.content()
        assert "555-0142" not in await stranger.content()
    await expect(stranger.get_by_role("button", name="Send me a code")).to_be_visible()

    await coordinator.reload()
    await expect(coordinator.get_by_text("Ada Volunteer (Second Street Church)")).to_be_visible()
    await coordinator.get_by_role("button", name="The family takes this back").click()
    await expect(coordinator.get_by_text("Everything goes through you")).to_be_visible()
    await volunteer.reload()
    assert "Canary" not in await volunteer.content()
