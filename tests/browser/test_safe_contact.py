"""Reaching a family safely, in a real browser: what is asked, what is shown, and whose turn it is."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.deliveries import MessageSuppressed
from schemas.event import Item
from schemas.outcomes import ConfirmationRequested, NeedFulfilled
from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from services.intake.partners import stop_texts
from tests.browser.intake import RunningIntake, family_path
from tests.browser.looking import answered
from tests.browser.test_journey import EMAIL, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fill_in(page: Page, *, phone: str = "") -> None:
    await page.goto("/needs/new")
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.locator("[name=quantity]").fill("2")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    if phone:
        await page.get_by_label("Mobile phone").fill(phone)
        await page.get_by_label("Text message").check()


async def send(page: Page) -> None:
    async with answered(page):
        await page.get_by_role("button", name="Ask for help").click()


async def coordinator(chromium: Browser, intake: RunningIntake) -> Page:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake)
    await sign_in(page, intake)
    return page


def asked(need_id: UUID, items: tuple[Item, ...]) -> ConfirmationRequested:
    return ConfirmationRequested(need_id=need_id, delivered=items, attempt=1)


def nobody_to_ask(need_id: UUID) -> MessageSuppressed:
    return MessageSuppressed(
        need_id=need_id,
        message_id=uuid4(),
        recipient=RecipientKind.FAMILY,
        purpose=MessagePurpose.CONFIRMATION,
        channel=Channel.TEXT,
        at=datetime.now(UTC),
        problem=DeliveryProblem.OPTED_OUT,
    )


async def test_how_to_reach_a_family_is_asked_for_and_shown_beside_its_phone(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await coordinator(chromium, intake)
    await fill_in(page, phone="718 555 0142")
    await page.get_by_text("Is the phone shared?").click()
    await page.get_by_label("Shared with others").check()
    await page.get_by_label("You may leave a voicemail").check()
    hours = page.get_by_role("group", name="When may we write or call?")
    await hours.get_by_label("From").select_option("17")
    await hours.get_by_label("Until").select_option("9")
    await send(page)

    await expect(hours.get_by_text("Choose two times, the earlier one first.")).to_be_visible()
    await expect(hours.get_by_label("From")).to_have_accessible_description(
        "Choose two times, the earlier one first. Or leave both empty."
    )
    await expect(page.get_by_label("Shared with others")).to_be_checked()
    await expect(page.get_by_label("You may leave a voicemail")).to_be_checked()
    await expect(hours.get_by_label("From")).to_have_value("17")
    await hours.get_by_label("From").select_option("")
    await send(page)
    await expect(hours.get_by_text("Choose two times, the earlier one first.")).to_be_visible()

    await hours.get_by_label("From").select_option("7")
    await send(page)
    await page.get_by_role("link", name="See who they are").click()
    for text in ("(718) 555-0142", "Shared with others", "You may leave a voicemail", "Only from 7 AM to 9 AM"):
        await expect(page.get_by_text(text)).to_be_visible()


async def test_a_form_that_says_nothing_of_it_takes_the_careful_answer(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await coordinator(chromium, intake)
    await fill_in(page, phone="718 555 0142")
    await send(page)
    await page.get_by_role("link", name="See who they are").click()
    for text in ("Their own", "Leave no voicemail", "In the daytime", "Text message"):
        await expect(page.get_by_text(text, exact=True)).to_be_visible()


@pytest.mark.parametrize(("owner", "named"), [("Their own", True), ("Shared with others", False)])
async def test_a_phone_that_others_read_opens_a_page_that_names_nothing(
    intake: RunningIntake, chromium: Browser, owner: str, *, named: bool
) -> None:
    page = await coordinator(chromium, intake)
    await fill_in(page, phone="718 555 0142")
    await page.get_by_text("Is the phone shared?").click()
    await page.get_by_label(owner).check()
    await send(page)
    await expect(page.get_by_text("2 twin beds")).to_be_visible()
    need_id, items = await intake.newest_need()
    await intake.matcher_says(asked(need_id, items))

    family = await open_page(chromium, intake)
    for language in ("en", "es"):
        await family.goto(f"{family_path(need_id)}?language={language}")
        await expect(family.get_by_role("button")).to_have_count(2)
        shown = (await family.content()).casefold()
        assert any(word in shown for word in ("twin", "cama", "bed")) == named
    await expect(family.get_by_role("heading")).to_have_text(
        "¿Llegó la ayuda?" if named else "¿Le llegó lo que pidió a su escuela?"
    )
    await family.get_by_role("button", name="Sí, llegó").click()
    await expect(family.get_by_text("Nos alegra.")).to_be_visible()


async def test_a_family_that_nobody_can_write_to_is_the_coordinators_to_ask_at_once(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await coordinator(chromium, intake)
    await fill_in(page)
    await send(page)
    await page.get_by_role("link", name="See who they are").click()
    await expect(page.get_by_text("Nothing. Please talk with them yourself.")).to_be_visible()
    await page.go_back()
    need_id, items = await intake.newest_need()
    await intake.matcher_says(asked(need_id, items))
    await expect(page.get_by_role("heading", name="Did the help arrive?")).to_be_visible()
    await intake.matcher_says(nobody_to_ask(need_id))
    await expect(page.get_by_text("Ask the family yourself")).to_be_visible()
    await expect(page.get_by_text("We asked the family: did it arrive?")).to_have_count(0)

    board = await page.context.new_page()
    await board.goto("/needs")
    waiting = board.locator("section", has=board.get_by_role("heading", name="Waiting for you"))
    await expect(waiting.get_by_text("Ask the family yourself")).to_be_visible()

    await page.get_by_role("button", name="Yes, it arrived").click()
    await expect(page.get_by_text("You said for the family that it arrived.")).to_be_visible()
    assert await intake.events(need_id) == ["needs.opened", "responses.family_confirmed"]
    await intake.matcher_says(NeedFulfilled(need_id=need_id, met=items))
    await board.reload()
    await expect(board.get_by_text("Ask the family yourself")).to_have_count(0)


async def test_a_phone_that_said_stop_is_shown_as_not_written_to(intake: RunningIntake, chromium: Browser) -> None:
    page = await coordinator(chromium, intake)
    await fill_in(page, phone="718 555 0142")
    await send(page)
    await page.get_by_role("link", name="See who they are").click()
    await expect(page.get_by_text("Text message", exact=True)).to_be_visible()
    async with intake.desk.pool.acquire() as connection, connection.transaction():
        await stop_texts(connection, intake.desk.seal, "+17185550142")
    await page.reload()
    await expect(page.get_by_text("Nothing. Please talk with them yourself.")).to_be_visible()
