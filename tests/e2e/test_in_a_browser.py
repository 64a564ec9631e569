"""The whole running system, as a coordinator and a volunteer see it on their phones."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from switchboard.people import ids_in, sign_in_link
from tests.system import System, what_happened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def open_phone(chromium: Browser, system: System) -> Page:
    context = await chromium.new_context(base_url=system.run.public_url, viewport={"width": 390, "height": 800})
    return await context.new_page()


async def test_a_coordinator_enters_a_need_a_partner_claims_it_and_the_coordinator_sees_it(
    system: System, chromium: Browser
) -> None:
    partner = await system.add_partner()
    email = partner["contacts"][0]["email"]
    coordinator = await open_phone(chromium, system)
    link = await sign_in_link(
        system.run.public_url, system.sinks_url, system.run.environment["BOOTSTRAP_COORDINATOR_EMAIL"]
    )
    assert link is not None
    await coordinator.goto(link)
    await coordinator.get_by_role("button", name="Sign in").click()
    await coordinator.get_by_role("link", name="Ask for help").click()
    await coordinator.get_by_label("Thing 1").select_option("bed.twin")
    await coordinator.locator("[name=quantity]").fill("2")
    await coordinator.get_by_label("ZIP code").fill("11201")
    await coordinator.get_by_label("Spanish").check()
    await coordinator.get_by_label("Yes, they told me").check()
    await coordinator.get_by_label("Name", exact=True).fill("A Family")
    await coordinator.get_by_role("button", name="Ask for help").click()
    await expect(coordinator).to_have_url(re.compile(r"/needs/[0-9a-f-]{36}"))
    need_id = coordinator.url.rpartition("/")[2].partition("?")[0]
    await expect(coordinator.get_by_text(f"We asked {partner['name']}.")).to_be_visible()

    volunteer = await open_phone(chromium, system)
    offer = await system.offer_link(email, need_id)
    await volunteer.goto(offer)
    await volunteer.get_by_role("button", name="We can take this").click()
    await expect(volunteer.get_by_role("heading", name="It is yours. Thank you!")).to_be_visible()
    await expect(coordinator.get_by_text("Someone is helping").first).to_be_visible()

    need = await system.read_need(need_id)
    assert need["status"] == "claimed"
    [award] = what_happened(need, "outcomes.claim_awarded")
    assert award["facts"]["offer_id"] == str(ids_in(offer)[1])
