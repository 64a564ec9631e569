"""What the pages show of a sensitive need: how it is raised, and what a partner and a family see of it."""

import re

import pytest
from playwright.async_api import Browser, expect

from schemas.needs import NeedTerms
from schemas.offers import OfferMade, OfferWithdrawn
from schemas.outcomes import ConfirmationRequested
from schemas.vocabulary import WithdrawalReason
from services.intake.needs import read_need
from tests.browser.intake import RunningIntake, award_of, family_path, offer_of, offer_path
from tests.browser.test_journey import EMAIL, enter_need, fill_form, open_page, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = re.compile("bed|cama|sábanas", re.IGNORECASE)


def sensitive(made: OfferMade) -> OfferMade:
    terms = {"sensitive": True, "place": "Kings County, NY", "distance_miles": None}
    return made.model_copy(update={"terms": made.terms.model_copy(update=terms)})


async def newest_terms(intake: RunningIntake) -> NeedTerms:
    need_id, _ = await intake.newest_need()
    return (await read_need(intake.desk.pool, need_id, None))[0].terms


async def test_a_coordinator_raises_a_need_by_hand(intake: RunningIntake, chromium: Browser) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    await page.get_by_label("Treat as sensitive").check()
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("Treat as sensitive")).to_be_checked()
    await page.goto("/needs/new")
    await expect(page.get_by_label("Treat as sensitive")).not_to_be_checked()
    await fill_form(page)
    assert not (await newest_terms(intake)).is_sensitive
    await page.goto("/needs/new")
    await page.get_by_label("Treat as sensitive").check()
    await fill_form(page)
    assert (await newest_terms(intake)).sensitive
    await expect(page.get_by_text("Sensitive: only partners who are trusted with it")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_partner_sees_the_county_and_the_coordinator_and_afterwards_nothing(
    intake: RunningIntake, chromium: Browser, language: str
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    partner, contact = await intake.add_partner(language)
    coordinator = await open_page(chromium, intake)
    await sign_in(coordinator, intake)
    await enter_need(coordinator)
    need_id, items = await intake.newest_need()
    asked, helps = sensitive(offer_of(need_id, items, partner)), sensitive(offer_of(need_id, items, partner))
    await intake.matcher_says(asked)
    await intake.matcher_says(helps)
    await intake.matcher_says(award_of(helps))
    page = await open_page(chromium, intake)
    no_visit = {"en": "please do not visit the family", "es": "por favor no visiten a la familia"}[language]
    for made in (asked, helps):
        await page.goto(offer_path(made, contact))
        await expect(page.get_by_text("Kings County, NY")).to_be_visible()
        await expect(page.get_by_text(no_visit)).to_be_visible()
        assert not re.search("11201|Brooklyn|mile|milla|Lincoln", await page.content())
    alone = {"en": "with the coordinator, and with nobody else", "es": "con la persona coordinadora, y con nadie más"}
    await expect(page.get_by_text(alone[language])).to_be_visible()
    await expect(page.get_by_text("Robin Reyes")).to_be_visible()
    need, _ = await read_need(intake.desk.pool, need_id, None)
    await expect(page.get_by_text(need.reference)).to_be_visible()

    withdrawn = asked.model_dump(include={"need_id", "offer_id", "partner_id", "terms"})
    await intake.matcher_says(OfferWithdrawn(**withdrawn, reason=WithdrawalReason.FILLED))
    await page.goto(offer_path(asked, contact))
    main = await page.locator("main").inner_text()
    assert not re.search(f"Kings|{ITEMS.pattern}", main, re.IGNORECASE)


async def test_a_family_is_asked_without_a_word_of_what_it_is(intake: RunningIntake, chromium: Browser) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    coordinator = await open_page(chromium, intake)
    await sign_in(coordinator, intake)
    family = await open_page(chromium, intake)
    for raised in (False, True):
        await coordinator.goto("/needs/new")
        if raised:
            await coordinator.get_by_label("Treat as sensitive").check()
        await fill_form(coordinator)
        need_id, items = await intake.newest_need()
        question = ConfirmationRequested(need_id=need_id, delivered=items, attempt=1, sensitive=raised)
        await intake.matcher_says(question)
        await family.goto(family_path(need_id))
        await expect(family.get_by_role("button", name="Yes, it arrived")).to_be_visible()
        assert bool(ITEMS.search(await family.locator("main").inner_text())) is not raised
