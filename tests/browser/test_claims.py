"""From the yes to the handover, as coordinator and partner see it, in a real browser."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.offers import OfferMade
from schemas.outcomes import ClaimLapsed, NeedStuck
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import LapseReason, StuckCause
from services.intake import partners
from services.intake.pages.languages import Words
from tests.browser.intake import RunningIntake, award_of, offer_of, offer_path
from tests.browser.test_journey import EMAIL, enter_need, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_partner_with_phone(intake: RunningIntake) -> tuple[PartnerRecorded, Contact]:
    partner, contact = await intake.add_partner()
    contact = contact.model_copy(update={"phone": "+17185550141"})
    partner = partner.model_copy(update={"contacts": (contact,)})
    await partners.record_partners(intake.desk.pool, intake.desk.seal, [partner])
    return partner, contact


async def test_a_phoned_answer_is_written_down_in_one_tap(intake: RunningIntake, chromium: Browser) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake)
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
    await expect(page.get_by_text("Someone is helping")).to_be_visible()
    assert await intake.events(need_id) == ["needs.opened", *["responses.accepted"] * 2, "responses.declined"]


async def ask_two_people(intake: RunningIntake, page: Page) -> tuple[OfferMade, Contact, Contact]:
    """A need of two beds, offered to a partner of two people."""
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    partner, first = await intake.add_partner()
    second = first.model_copy(
        update={"contact_id": uuid4(), "name": "Ben Volunteer", "email": "ben@church.example.org"}
    )
    partner = partner.model_copy(update={"contacts": (first, second)})
    await partners.record_partners(intake.desk.pool, intake.desk.seal, [partner])
    await sign_in(page, intake)
    await enter_need(page)
    need_id, items = await intake.newest_need()
    made = offer_of(need_id, items, partner)
    await intake.matcher_says(made)
    return made, first, second


async def claim(intake: RunningIntake, page: Page, *, undo_for: timedelta) -> OfferMade:
    """A need of two beds that a partner was awarded; `page` shows it to the first of its two people."""
    made, first, _ = await ask_two_people(intake, page)
    await page.goto(offer_path(made, first))
    await page.get_by_role("button", name="We can take this").click()
    award = award_of(made).model_copy(update={"undo_until": datetime.now(UTC) + undo_for})
    await intake.matcher_says(award)
    await expect(page.get_by_role("heading", name="It is yours. Thank you!")).to_be_visible()
    return made


async def test_a_yes_by_mistake_is_taken_back_without_a_reason(intake: RunningIntake, chromium: Browser) -> None:
    page = await open_page(chromium, intake)
    made = await claim(intake, page, undo_for=timedelta(minutes=10))
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
    about = made.model_dump(include={"need_id", "offer_id", "partner_id", "terms"})
    returned = [{"line": item.line, "quantity": item.quantity} for item in made.terms.items]
    await intake.matcher_says(ClaimLapsed(**about, returned=returned, reason=LapseReason.UNDONE))
    await page.reload()
    await expect(page.get_by_text("That is fine, and it does not count.")).to_be_visible()
    assert (await intake.events(made.need_id))[-1] == "responses.undone"
    await page.goto(f"/needs/{made.need_id}")
    await expect(page.get_by_text("Second Street Church said yes by mistake and took it back.")).to_be_visible()


async def test_after_ten_minutes_there_is_the_hand_back_with_a_reason_alone(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await open_page(chromium, intake)
    made = await claim(intake, page, undo_for=timedelta(seconds=-1))
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    await page.get_by_text("We have to hand it back").click()
    await expect(page.get_by_role("button", name="Hand it back")).to_be_visible()
    assert (await intake.events(made.need_id))[-1] == "responses.accepted"


async def test_a_second_person_of_a_partner_sees_what_the_first_did_and_cannot_double_it(
    intake: RunningIntake, chromium: Browser
) -> None:
    page, other = await open_page(chromium, intake), await open_page(chromium, intake)
    made, first, second = await ask_two_people(intake, page)
    # Both have the page open; one is quicker.
    scriptless = await open_page(chromium, intake, scripts=False)
    await scriptless.goto(offer_path(made, second))
    await page.goto(offer_path(made, first))
    await page.get_by_role("button", name="We can take this").click()
    await expect(page.get_by_role("heading", name="Got it, one moment")).to_be_visible()
    await scriptless.get_by_role("button", name="We can take this").click()
    await expect(scriptless.get_by_role("heading", name="Got it, one moment")).to_be_visible()
    await intake.matcher_says(award_of(made))
    await other.goto(offer_path(made, second))
    await expect(other.get_by_role("heading", name="It is yours. Thank you!")).to_be_visible()
    await other.get_by_role("button", name="I have spoken with the coordinator").click()
    await page.goto(offer_path(made, first))
    await expect(page.get_by_text("You have spoken with the coordinator. Thank you!")).to_be_visible()
    assert await intake.events(made.need_id) == ["needs.opened", "responses.accepted", "responses.contacted"]


async def test_a_part_is_handed_over_and_the_coordinator_reads_why_not_all(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await open_page(chromium, intake)
    made = await claim(intake, page, undo_for=timedelta(minutes=10))
    await page.get_by_role("textbox", name="2 twin beds").fill("1")
    await page.get_by_role("button", name="It is done").click()
    await expect(page.get_by_text("please choose why")).to_be_visible()
    await expect(page.get_by_role("textbox", name="2 twin beds")).to_have_value("1")
    await page.get_by_label("If it is less, why? twin beds").select_option("family_not_home")
    await page.get_by_role("button", name="It is done").click()
    await expect(page.get_by_role("heading", name="Thank you!", exact=True)).to_be_visible()
    await page.goto(f"/needs/{made.need_id}")
    told = "says that a part is done. Not handed over: 1 twin bed (the family was not at home)."
    await expect(page.get_by_text(told)).to_be_visible()
    await page.goto(f"/needs/{made.need_id}?language=es")
    await expect(page.get_by_text("1 cama individual (la familia no estaba en casa)")).to_be_visible()


async def test_who_could_hand_nothing_over_says_why(intake: RunningIntake, chromium: Browser) -> None:
    page = await open_page(chromium, intake)
    made = await claim(intake, page, undo_for=timedelta(minutes=10))
    await page.get_by_role("textbox", name="2 twin beds").fill("0")
    await page.get_by_role("textbox", name="1 set of bedding").fill("0")
    await page.get_by_text("It is less, or nothing?").click()
    await page.get_by_label("If it is less, why? twin beds").select_option("no_time")
    await page.get_by_label("If it is less, why? sets of bedding").select_option("item_unavailable")
    await page.get_by_role("button", name="It is done").click()
    await expect(page.get_by_role("heading", name="Thank you!", exact=True)).to_be_visible()
    await page.goto(f"/needs/{made.need_id}")
    told = "could not hand it over: 2 twin beds (we had no time) and 1 set of bedding (we do not have it after all)."
    await expect(page.get_by_text(told)).to_be_visible()
    async with intake.desk.pool.acquire() as connection:
        facts = await connection.fetchval("SELECT facts FROM answers WHERE kind = 'completed'")
    assert facts["shortfalls"] == [
        {"line": 1, "quantity": 2, "cause": "no_time"},
        {"line": 2, "quantity": 1, "cause": "item_unavailable"},
    ]


async def test_a_partner_says_when_and_the_coordinator_sees_it(intake: RunningIntake, chromium: Browser) -> None:
    page = await open_page(chromium, intake)
    made = await claim(intake, page, undo_for=timedelta(minutes=10))
    await page.get_by_role("button", name="I have spoken with the coordinator").click()
    await page.get_by_label("Day", exact=True).fill((datetime.now(UTC) - timedelta(days=3)).date().isoformat())
    await page.get_by_role("button", name="It is on that day").click()
    await expect(page.get_by_text("Choose a day from today on, within thirty days.")).to_be_visible()
    for days, part in ((3, "in the afternoon"), (4, "in the evening")):
        if days == 4:
            await page.get_by_text("Change the day").click()
        day = (datetime.now(UTC) + timedelta(days=days)).date()
        await page.get_by_label("Day", exact=True).fill(day.isoformat())
        await page.get_by_label(part).check()
        await page.get_by_role("button", name="It is on that day").click()
        await expect(page.get_by_text(f"You have planned it for {Words('en').day(day)}, {part}.")).to_be_visible()
    for language in ("es", "en"):
        await page.goto(f"{page.url.partition('?')[0]}?language={language}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
    await page.goto(f"/needs/{made.need_id}")
    await expect(page.get_by_text(f"plans it for {Words('en').day(day)}, in the evening.")).to_be_visible()
    assert (await intake.events(made.need_id))[-3:] == ["responses.contacted", *["responses.scheduled"] * 2]


async def test_three_tries_on_different_days_hand_the_question_to_the_coordinator(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await open_page(chromium, intake)
    made = await claim(intake, page, undo_for=timedelta(minutes=10))
    for attempt in (1, 2, 3):
        await page.get_by_text("I cannot reach the family").click()
        await page.get_by_role("button", name="I tried and could not reach them").click()
        await page.get_by_text("I cannot reach the family").click()
        await expect(page.get_by_text(f"Tries so far: {attempt}")).to_be_visible()
        await expect(page.get_by_text("Please try again tomorrow.")).to_be_visible()
        async with intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE answers SET at = at - interval '13 hours' WHERE kind = 'not_reached'")
        await page.reload()
    await intake.matcher_says(NeedStuck(need_id=made.need_id, cause=StuckCause.FAMILY_UNREACHABLE))
    await page.goto(f"/needs/{made.need_id}")
    await expect(page.get_by_text("Needs you")).to_be_visible()
    await expect(page.get_by_text("tried three times and could not reach the family")).to_be_visible()
    await expect(page.get_by_text("Try number 3.")).to_be_visible()
    assert (await intake.events(made.need_id)).count("responses.not_reached") == 3


@pytest.mark.parametrize("whole", [True, False], ids=["as a whole", "in parts"])
async def test_money_is_asked_for_in_dollars_and_goes_to_whoever_is_owed_it(
    intake: RunningIntake, chromium: Browser, *, whole: bool
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    partner, contact = await intake.add_partner()
    page = await open_page(chromium, intake)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    await page.get_by_label("Thing 1").select_option("rent.dollars")
    await page.locator("[name=quantity]").fill("1400")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_label("Money helps only as a whole").set_checked(whole)
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_text("$1,400 toward rent")).to_be_visible()
    await expect(page.get_by_text("paid straight to the landlord")).to_be_visible()
    need_id, items = await intake.newest_need()
    assert [item.whole for item in items] == [whole]
    made = offer_of(need_id, items, partner)
    await intake.matcher_says(made)
    await page.goto(offer_path(made, contact))
    await expect(page.get_by_text("paid straight to the landlord")).to_be_visible()
    if whole:
        await expect(page.get_by_label("$1,400 toward rent")).to_be_checked()
    else:
        await page.get_by_label("$1,400 toward rent").fill("500")
    await page.get_by_role("button", name="We can take this").click()
    await expect(page.get_by_role("heading", name="Got it, one moment")).to_be_visible()
    async with intake.desk.pool.acquire() as connection:
        facts = await connection.fetchval("SELECT facts FROM answers WHERE kind = 'accepted'")
    assert facts["lines"] == [{"line": 1, "quantity": 1400 if whole else 500}]


async def test_a_coordinator_changes_a_quantity_and_the_day_on_the_needs_page(
    intake: RunningIntake, chromium: Browser
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake)
    await sign_in(page, intake)
    await enter_need(page)
    need_id, _ = await intake.newest_need()
    form = page.locator('form[action$="/change"]')
    await page.get_by_text("Change quantities or the day").click()
    await form.get_by_label("twin beds").fill("none")
    await form.get_by_role("button", name="Change it").click()
    await expect(page.get_by_text("Write numbers: not less than partners have taken already")).to_be_visible()
    await form.get_by_label("twin beds").fill("3")
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    await form.get_by_label("Needed by").fill(day.isoformat())
    await form.get_by_role("button", name="Change it").click()
    await expect(page.get_by_text("3 twin beds")).to_be_visible()
    await expect(page.get_by_text(f"{Words('en').day(day)}, 11:59")).to_be_visible()
    await expect(page.get_by_text("You changed what is needed.")).to_be_visible()
    assert await intake.events(need_id) == ["needs.opened", "needs.changed"]
