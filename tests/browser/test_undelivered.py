"""What did not arrive, in a real browser: whom to call, and one button once somebody did."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from schemas.deliveries import MessageBounced
from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from tests.browser.intake import RunningIntake, offer_of
from tests.browser.matcher import with_matcher
from tests.browser.test_calling import add_bank, enter
from tests.browser.test_entering import coordinator

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("width", "scripts"), [(390, True), (1280, False)])
async def test_the_board_leads_to_what_did_not_arrive_and_a_tap_takes_it_off(
    intake: RunningIntake, chromium: Browser, width: int, *, scripts: bool
) -> None:
    bank = await add_bank(with_matcher(intake))
    page = await coordinator(chromium, intake, scripts=scripts, width=width)
    need_id = await enter(page, intake)
    _, items = await intake.newest_need()
    made = offer_of(need_id, items, bank)
    await intake.matcher_says(made)
    await intake.matcher_says(
        MessageBounced(
            need_id=need_id,
            message_id=uuid4(),
            recipient=RecipientKind.PARTNER,
            purpose=MessagePurpose.CLAIM_AWARDED,
            channel=Channel.EMAIL,
            offer_id=made.offer_id,
            partner_id=bank.partner_id,
            contact_id=bank.contacts[0].contact_id,
            problem=DeliveryProblem.MAILBOX_FULL,
            at=datetime.now(UTC),
        )
    )
    await page.goto(f"/needs/{need_id}")
    await expect(page.get_by_text("Bed Bank").first).to_be_visible()
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.goto("/needs")
    await page.get_by_role("link", name="Messages that did not arrive: 1").click()
    await expect(page.get_by_text("Their mailbox is full.")).to_be_visible()
    await expect(page.get_by_role("link", name="(718) 555-0111")).to_be_visible()
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.get_by_role("button", name="Dealt with").click()
    await expect(page.get_by_text("Everything got through.")).to_be_visible()
