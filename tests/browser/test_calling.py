"""From the board to a call, and from the directory to a need, in a real browser."""

from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.partners import Contact, PartnerRecorded
from schemas.taxonomy import Category
from tests.browser.intake import RunningIntake, offer_of
from tests.browser.matcher import Town, with_matcher
from tests.browser.test_entering import coordinator, fill_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_bank(town: Town, name: str = "Bed Bank") -> PartnerRecorded:
    contact = Contact(contact_id=uuid4(), name="Ada Volunteer", phone="+17185550111")
    return await town.add_partner(name, Category.BEDS, contacts=(contact,))


async def enter(page: Page, intake: RunningIntake) -> UUID:
    await page.goto("/needs/new")
    await fill_in(page)
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
    need_id, _ = await intake.newest_need()
    return need_id


async def test_who_is_asked_later_comes_onto_the_call_list_by_itself(intake: RunningIntake, chromium: Browser) -> None:
    bank = await add_bank(with_matcher(intake))
    page = await coordinator(chromium, intake)
    need_id = await enter(page, intake)
    await page.goto(f"/needs/{need_id}/calls")
    await page.get_by_role("button", name="They said yes: ask them now").click()
    await expect(page.get_by_text("Nobody is being asked right now.")).to_be_visible()
    _, items = await intake.newest_need()
    await intake.matcher_says(offer_of(need_id, items, bank))
    await expect(page.get_by_role("button", name="They said yes", exact=True)).to_be_visible()


async def test_a_partner_is_found_and_a_family_referred_to_it(intake: RunningIntake, chromium: Browser) -> None:
    town = with_matcher(intake)
    bank = await add_bank(town)
    await add_bank(town, "Another Bank")
    page = await coordinator(chromium, intake)
    await page.get_by_role("link", name="Partners").click()
    await page.get_by_label("Search").fill("bed bank")
    await page.get_by_label("Search").press("Enter")
    await page.get_by_role("link", name="Bed Bank", exact=True).click()
    await page.get_by_role("link", name="Refer a family").click()
    await expect(page.get_by_role("checkbox", name="Bed Bank")).to_be_checked()
    await fill_in(page)
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
    async with intake.desk.pool.acquire() as connection:
        terms = await connection.fetchval("SELECT terms FROM needs")
    assert terms["first_ask"]["partner_ids"] == [str(bank.partner_id)]
