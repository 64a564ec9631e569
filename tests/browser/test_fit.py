"""What would fit a family, in a real browser: nobody has to say it, and nothing that was said is lost."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from schemas.needs import NeedTerms
from schemas.vocabulary import Circumstance, Condition, Fit, HandoverWay, IncomeBand
from services.intake.domain.need import EnteredNeed
from services.intake.needs import Entry, open_need, read_need
from tests.browser.intake import RunningIntake
from tests.browser.test_journey import EMAIL, fill_form, open_page, sign_in
from tests.system import need_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENGLISH = {
    "section": "What would fit the family",
    "checked": ("Someone can bring it", "Halal food", "No stairs", "ask to attend worship"),
    "unchecked": "Only partners who speak one of these languages",
    "answers": {"a veteran": "No", "a single parent": "Yes"},
    "income": ("What they earn", "131 to 150 percent"),
}
SPANISH = {
    "section": "Qué le viene bien a la familia",
    "checked": ("Alguien puede llevarla", "Comida halal", "Sin escaleras", "piden asistir a un culto religioso"),
    "unchecked": "Solo organizaciones que hablan uno de estos idiomas",
    "answers": {"es veterano o veterana": "No", "cría a sus hijos sin pareja": "Sí"},
    "income": ("Cuánto gana la familia", "Del 131 al 150 por ciento"),
}


async def coordinator(chromium: Browser, intake: RunningIntake, *, scripts: bool = True) -> Page:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake, scripts=scripts)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    return page


async def newest_terms(intake: RunningIntake) -> NeedTerms:
    need_id, _ = await intake.newest_need()
    return (await read_need(intake.desk.pool, need_id, None))[0].terms


def section(page: Page) -> Locator:
    return page.locator("details#fit")


async def fill_in(page: Page, words: dict[str, Any]) -> None:
    await page.get_by_text(words["section"]).click()
    for label in words["checked"]:
        await page.get_by_label(label).check()
    await page.get_by_label(words["unchecked"]).uncheck()
    for label, answer in words["answers"].items():
        await page.get_by_label(label, exact=True).select_option(label=answer)
    label, band = words["income"]
    await page.get_by_label(label).select_option(label=band)


async def test_who_says_nothing_of_it_sees_it_closed_and_leaves_it_unknown(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await coordinator(chromium, intake)
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(section(page)).not_to_have_attribute("open", "")
    await page.goto("/needs/new")
    await fill_form(page)
    terms = await newest_terms(intake)
    assert terms.must_speak
    assert (terms.income, terms.first_ask) == (None, None)
    told = (terms.circumstances, terms.not_circumstances, terms.handover, terms.excluded_conditions, terms.preferences)
    assert told == ((),) * 5
    for text in ("What they earn", "Asked first", "We ask others too"):
        await expect(page.get_by_text(text)).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_nothing_that_was_said_is_lost_when_something_else_is_wrong_and_all_of_it_is_shown(
    intake: RunningIntake, chromium: Browser, *, scripts: bool
) -> None:
    page = await coordinator(chromium, intake, scripts=scripts)
    await fill_in(page, ENGLISH)
    await page.get_by_role("button", name="Add one more thing").click()
    await page.get_by_role("button", name="Ask for help").click()
    await expect(page.get_by_role("alert")).to_be_visible()

    await expect(section(page)).to_have_attribute("open", "")
    for label in ENGLISH["checked"]:
        await expect(page.get_by_label(label)).to_be_checked()
    await expect(page.get_by_label("Only partners who speak one of these languages")).not_to_be_checked()
    await expect(page.get_by_label("a veteran", exact=True)).to_have_value("no")
    await expect(page.get_by_label("pregnant", exact=True)).to_have_value("")
    await expect(page.get_by_label("What they earn")).to_have_value("131-150")

    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")
    await page.get_by_role("button", name="Ask for help").click()
    for text in (
        "Someone can bring it",
        "Halal food",
        "No stairs",
        "ask to attend worship",
        "131 to 150 percent",
        "We ask others too, but later.",
    ):
        await expect(page.get_by_text(text)).to_be_visible()
    for name, who in (("Someone is", "a single parent"), ("Nobody is", "a veteran")):
        await expect(page.locator("dt", has_text=name).locator("+ dd")).to_have_text(who)
    terms = await newest_terms(intake)
    assert not terms.must_speak
    assert terms.income is IncomeBand.UP_TO_150
    assert terms.circumstances == (Circumstance.SINGLE_PARENT,)
    assert terms.not_circumstances == (Circumstance.VETERAN,)
    assert terms.handover == (HandoverWay.DROP_OFF,)
    assert terms.excluded_conditions == (Condition.WORSHIP,)
    assert terms.preferences == (Fit.HALAL, Fit.STEP_FREE)


async def test_the_section_speaks_spanish(intake: RunningIntake, chromium: Browser) -> None:
    page = await coordinator(chromium, intake)
    await page.goto("/needs/new?language=es")
    await fill_in(page, SPANISH)
    await page.get_by_label("Cosa 1").select_option("bed.twin")
    await page.get_by_label("Código postal").fill("11201")
    await page.get_by_label("español").check()
    await page.get_by_label("Sí, me lo dijo").check()
    await page.get_by_label("Nombre", exact=True).fill("Maria Canary")
    await page.get_by_role("button", name="Pedir ayuda").click()
    for text in (
        "Alguien puede llevarla",
        "Comida halal",
        "Sin escaleras",
        "piden asistir a un culto religioso",
        "cría a sus hijos sin pareja",
        "es veterano o veterana",
        "Del 131 al 150 por ciento",
    ):
        await expect(page.get_by_text(text)).to_be_visible()
    assert (await newest_terms(intake)).preferences == (Fit.HALAL, Fit.STEP_FREE)


async def test_what_a_form_never_offered_is_named_where_it_stands(intake: RunningIntake, chromium: Browser) -> None:
    page = await coordinator(chromium, intake)
    await page.evaluate("document.querySelector('#fit [value=halal]').value = 'dragon meat'")
    await page.get_by_text("What would fit the family").click()
    await page.get_by_label("Halal food").check()
    await page.get_by_role("button", name="Ask for help").click()
    await expect(section(page)).to_have_attribute("open", "")
    wanted = page.get_by_role("group", name="What would be good for them?")
    await expect(wanted).to_have_accessible_description(re.compile("Choose from the list"))


async def test_the_page_names_whom_the_coordinator_picked_and_until_when(
    intake: RunningIntake, chromium: Browser
) -> None:
    page = await coordinator(chromium, intake)
    partner, _ = await intake.add_partner()
    body = need_body(first_partner_ids=[str(partner.partner_id), str(uuid4())], first_for_hours=2)
    async with intake.desk.pool.acquire() as connection:
        site_id = await connection.fetchval("SELECT site_id FROM sites")
    need = await open_need(
        intake.desk.pool, intake.desk.seal, EnteredNeed.model_validate(body), Entry("a key", site_id)
    )
    assert need.terms.first_ask is not None
    assert timedelta(hours=1) < need.terms.first_ask.until - datetime.now(UTC) <= timedelta(hours=2)
    await page.goto(f"/needs/{need.need_id}")
    await expect(page.get_by_text("Second Street Church and A partner, until to")).to_be_visible()
