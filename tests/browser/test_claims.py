"""From the yes to the handover, as coordinator and partner see it, in a real browser."""

import pytest
from playwright.async_api import Browser, expect

from schemas.offers import OfferMade
from schemas.partners import Contact, PartnerRecorded
from services.intake import partners
from tests.browser.intake import RunningIntake, award_of, offer_of
from tests.browser.test_journey import EMAIL, enter_need, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_partner_with_phone(intake: RunningIntake) -> tuple[PartnerRecorded, Contact]:
    partner, contact = await intake.add_partner()
    contact = contact.model_copy(update={"phone": "+17185550141"})
    partner = partner.model_copy(update={"contacts": (contact,)})
    await partners.record_partners(intake.desk.pool, intake.desk.seal, [partner])
    return partner, contact


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_phoned_answer_is_written_down_in_one_tap(
    intake: RunningIntake, chromium: Browser, *, scripts: bool
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake, scripts=scripts)
    await sign_in(page, intake)
    await enter_need(page)
    need_id, items = await intake.newest_need()
    offers: list[OfferMade] = []
    for _ in range(3):
        partner, _ = await add_partner_with_phone(intake)
        offers.append(offer_of(need_id, items, partner))
        await intake.matcher_says(offers[-1])
    await page.reload()
    forms = {one.offer_id: page.locator(f'form[action$="/offers/{one.offer_id}/phoned"]') for one in offers}
    yes, part, no = (forms[one.offer_id] for one in offers)
    await expect(yes).to_contain_text("Ada Volunteer")
    await expect(yes.get_by_role("link", name="(718) 555-0141")).to_have_attribute("href", "tel:+17185550141")

    await part.get_by_text("They take a part").click()
    await part.get_by_label("2 twin beds").fill("9")
    await part.get_by_role("button", name="They said yes").click()
    await expect(page.get_by_text("Write a number from 0 to the number asked for")).to_be_visible()
    await part.get_by_label("2 twin beds").fill("1")

    await part.get_by_role("button", name="They said yes").click()
    await expect(page.get_by_text("Second Street Church said to you by phone: we can take it.")).to_be_visible()
    await expect(part).to_have_count(0)
    await yes.get_by_role("button", name="They said yes").click()
    await expect(yes).to_have_count(0)
    await no.get_by_role("button", name="They said no").click()
    await expect(page.get_by_text("Second Street Church said to you by phone: not this time.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Who is asked right now")).to_have_count(0)

    await intake.matcher_says(award_of(offers[0]))
    if not scripts:
        await page.reload()
    await expect(page.get_by_text("Someone is helping")).to_be_visible()
    assert await intake.events(need_id) == ["needs.opened", *["responses.accepted"] * 2, "responses.declined"]
