"""A partner's contact on a phone: signs in, sees what waits, answers it, and follows what they promised."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from schemas.event import Item
from schemas.offers import OfferMade, OfferWithdrawn
from schemas.outcomes import HelpEnded
from schemas.partners import PartnerRecorded
from schemas.vocabulary import Arrival, WithdrawalReason
from services.intake import partners
from services.intake.api.callers import Scope, hash_key
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from tests.browser.intake import A_DAY, RunningIntake, award_of, offer_of
from tests.system import need_body

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def enter_need(intake: RunningIntake) -> tuple[UUID, tuple[Item, ...]]:
    """A need that its school entered by the API."""
    person = await intake.add_coordinator(f"{uuid4().hex}@school.example.org", "Lincoln")
    async with intake.desk.pool.acquire() as connection:
        scopes = frozenset({Scope.NEEDS_WRITE, Scope.NEEDS_READ})
        await keys.save_key(connection, hash_key("sb_lincoln"), KeyRow("lincoln", scopes, person.site_id))
    headers = {"Authorization": "Bearer sb_lincoln"}
    async with httpx.AsyncClient(base_url=intake.url, headers=headers, timeout=30) as school:
        answer = await school.post("/v1/needs", json=need_body())
    assert answer.status_code < 300, answer.text
    return await intake.newest_need()


async def add_church(intake: RunningIntake) -> PartnerRecorded:
    """A partner of Ada and Ben."""
    partner, ada = await intake.add_partner()
    ben = ada.model_copy(update={"contact_id": uuid4(), "name": "Ben Canary", "email": "ben@church.example.org"})
    record = partner.model_copy(update={"contacts": (ada, ben)})
    await partners.record_partners(intake.desk.pool, intake.desk.seal, [record])
    return record


def has_ended(made: OfferMade) -> HelpEnded:
    about = made.model_dump(include={"need_id", "offer_id", "partner_id", "terms"})
    delivered = [{"line": item.line, "quantity": item.quantity} for item in made.terms.items]
    return HelpEnded(**about, delivered=delivered, arrival=Arrival.ARRIVED, all_met=True)


async def test_from_the_emailed_link_to_what_has_arrived(intake: RunningIntake, chromium: Browser) -> None:
    church = await add_church(intake)
    need_id, items = await enter_need(intake)
    made = offer_of(need_id, items, church)
    await intake.matcher_says(made)
    context = await chromium.new_context(base_url=intake.url, viewport={"width": 390, "height": 844})
    page = await context.new_page()

    await page.goto("/our")
    await page.get_by_label("Your email").fill("ben@church.example.org")
    await page.get_by_role("button", name="Send me a link").click()
    await page.goto(await intake.sign_in_link("ben@church.example.org"))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Second Street Church")).to_be_visible()
    await expect(page.get_by_text("Brooklyn, NY")).to_be_visible()
    assert "/o/" not in await page.content()

    discreet = offer_of(need_id, items, church)
    hidden = discreet.terms.model_copy(update={"number": 42, "sensitive": True, "place": "Kings County, NY"})
    discreet = discreet.model_copy(update={"terms": hidden})
    await intake.matcher_says(discreet)
    await expect(page.get_by_role("link", name="A request that asks for discretion, number 42").first).to_be_visible()
    await expect(page.get_by_text("2 twin beds")).to_have_count(1)
    about = discreet.model_dump(include={"need_id", "offer_id", "partner_id", "terms"})
    await intake.matcher_says(OfferWithdrawn(**about, reason=WithdrawalReason.FILLED))
    await expect(page.get_by_text("number 42")).to_have_count(0)

    await page.get_by_role("link", name="Look and answer").click()
    await page.get_by_role("button", name="We can take this").click()
    await page.get_by_role("link", name="All that you were asked").click()
    await expect(page.get_by_text("We are settling who takes it")).to_be_visible()
    late = award_of(made).model_copy(update={"contact_by": datetime.now(UTC) - A_DAY})
    await intake.matcher_says(late)
    await expect(page.get_by_text("Please call now, or hand it back")).to_be_visible()
    await expect(page.get_by_text("taken by you")).to_be_visible()

    await page.get_by_role("link", name="Make contact").click()
    await page.get_by_role("button", name="I have spoken with the coordinator").click()
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    await page.get_by_label("Day").fill(tomorrow.date().isoformat())
    await page.get_by_role("button", name="It is on that day").click()
    await expect(page.get_by_role("button", name="It is on that day")).to_be_hidden()
    await page.get_by_role("link", name="All that you were asked").click()
    await page.get_by_role("link", name="Say how it went").click()
    await page.get_by_role("button", name="It is done").click()
    await page.get_by_role("link", name="All that you were asked").click()
    await expect(page.get_by_text("We are asking whether it arrived")).to_be_visible()
    await intake.matcher_says(has_ended(made))
    await expect(page.get_by_text("It arrived. Thank you.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/our")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await context.close()
