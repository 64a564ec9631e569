"""Notes for the partner: looked at before they are kept, and read by whoever was awarded the need alone."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.intake import RunningIntake, award_of, offer_of, offer_path
from tests.browser.looking import answered
from tests.browser.test_journey import EMAIL, open_page, sign_in
from tests.browser.test_strangers import FORM, MINE, send, signed_in, visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTES = "size 8 shoes, two bunk beds, after 5 pm, ages 6 and 9"


async def test_only_the_partner_who_was_awarded_it_reads_the_notes(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, visitor(intake) as partner_page:
        await send(mine, "/needs/new", {**FORM, "notes": "canary-note", "partner_notes": NOTES})
        need_id, items = await intake.newest_need()
        assert NOTES in (await mine.get(f"/needs/{need_id}/family")).text
        partner, contact = await intake.add_partner()
        other, other_contact = await intake.add_partner()
        made, lost = offer_of(need_id, items, partner), offer_of(need_id, items, other)
        for event in (made, lost):
            await intake.matcher_says(event)
        path, other_path = offer_path(made, contact), offer_path(lost, other_contact)

        async def reads(where: str) -> bool:
            page = await partner_page.get(where)
            assert page.status_code == 200
            assert not [word for word in ("Canary", "canary-note") if word in page.text]
            return NOTES in page.text

        assert not await reads(path)
        await send(partner_page, path + "/accept", {"line-1": "2"})
        assert not await reads(path)
        await intake.matcher_says(award_of(made))
        assert await reads(path)
        assert not await reads(other_path)
        await send(partner_page, path + "/completed", {"line-1": "2"})
        assert await reads(path)

        async with intake.desk.pool.acquire() as connection:
            written = await connection.fetch("SELECT value::text FROM outbox")
            told = await connection.fetch("SELECT facts::text FROM history")
        assert written
        assert not [row for row in (*written, *told) if "bunk" in str(row)]

        await send(mine, f"/needs/{need_id}/withdraw-consent", {})
        assert not await reads(path)


async def test_a_claim_that_was_handed_back_shows_no_notes(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, visitor(intake) as partner_page:
        await send(mine, "/needs/new", {**FORM, "partner_notes": NOTES})
        need_id, items = await intake.newest_need()
        partner, contact = await intake.add_partner()
        made = offer_of(need_id, items, partner)
        for event in (made, award_of(made)):
            await intake.matcher_says(event)
        path = offer_path(made, contact)
        assert NOTES in (await partner_page.get(path)).text
        await send(partner_page, path + "/release", {"reason": "not_a_fit"})
        assert NOTES not in (await partner_page.get(path)).text


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_notes_that_may_say_who_they_are_come_back_once(
    intake: RunningIntake, chromium: Browser, *, scripts: bool
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake, scripts=scripts)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("María Canary")
    notes = page.get_by_label("Notes for the partner")
    await notes.fill("Ring twice, maria is home.\nCall 718-555-0177")
    await expect(page.get_by_label("Keep it so")).to_have_count(0)
    await page.get_by_role("button", name="Ask for help").click()

    warning = "a partner must not read it here: “maria”, “718-555-0177”"
    await expect(page.get_by_text(warning)).to_be_visible()
    await expect(notes).to_have_accessible_description(re.compile(f"^Sizes.*{warning}$"))
    await expect(notes).to_have_value("Ring twice, maria is home.\nCall 718-555-0177")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("María Canary")
    async with intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM needs") == 0

    async with answered(page):
        await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_text(warning)).to_be_visible()
    await page.get_by_label("Keep it so").check()
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_text("Please take this out")).to_be_visible()
    await notes.fill("Ring twice, maria is home.")
    await page.get_by_role("button", name="Ask for help").click()
    await page.get_by_role("link", name="See who they are").click()
    await expect(page.get_by_text("Ring twice, maria is home.")).to_be_visible()
