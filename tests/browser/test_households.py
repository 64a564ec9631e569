"""The hint that a household may have asked before, as a coordinator sees it on a phone, in both languages."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.intake import RunningIntake
from tests.browser.test_strangers import FORM, send, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = "718 555 0177"
WORDS = {
    "en": (
        "There may be an open need for this household already",
        "Another school may be helping this household.",
        "It is the same household",
        "They are linked",
        "Not the same after all",
    ),
    "es": (
        "Quizás ya hay un pedido abierto para este hogar",
        "Puede ser que otra escuela ya esté ayudando a este hogar.",
        "Es el mismo hogar",
        "Están unidos",
        "Al final no es el mismo",
    ),
}


@pytest.mark.parametrize("language", WORDS)
async def test_a_coordinator_is_told_links_and_unlinks(intake: RunningIntake, chromium: Browser, language: str) -> None:
    may_be, elsewhere, same, linked, not_same = WORDS[language]
    async with (
        signed_in(intake, "kim@grant.example.org", "Grant Canary") as other,
        signed_in(intake, "robin@lincoln.example.org", "Lincoln") as own,
    ):
        crib = FORM | {"key": "theirs", "item": "bed.crib", "phone": PHONE}
        await send(other, "/needs/new", crib)
        await send(own, "/needs/new", FORM | {"key": "first", "phone": PHONE})
        first, _ = await intake.newest_need()
        page = await open_phone(chromium, intake, own.cookies["session"])
        await enter_again(page, language)

        hint = page.get_by_role("region", name=may_be)
        await expect(hint).to_contain_text(elsewhere)
        await expect(hint.get_by_role("link")).to_have_attribute("href", f"/needs/{first}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await hint.get_by_role("button", name=same).click()
        links = page.get_by_role("region", name=linked)
        await expect(links.get_by_role("link")).to_have_attribute("href", f"/needs/{first}")
        await expect(hint).to_contain_text(elsewhere)
        await expect(hint.get_by_role("button")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await links.get_by_role("button", name=not_same).click()
        await expect(links).to_have_count(0)
        await expect(hint.get_by_role("button", name=same)).to_be_visible()
        content = await page.content()
        assert [word for word in ("Canary", "crib", "cuna") if word in content.replace("Maria Canary", "")] == []


async def open_phone(chromium: Browser, intake: RunningIntake, session: str) -> Page:
    context = await chromium.new_context(base_url=intake.url, viewport={"width": 360, "height": 800})
    await context.add_cookies([{"name": "session", "value": session, "url": intake.url}])
    return await context.new_page()


async def enter_again(page: Page, language: str) -> None:
    await page.goto(f"/needs/new?language={language}")
    await page.locator("[name=item]").select_option("bed.bedding")
    await page.locator("#family-more > summary").click()
    for name in ("zip_code", "phone", "name", "birth_year"):
        typed = {"zip_code": "11201", "phone": PHONE, "name": "Maria Canary", "birth_year": "1985"}[name]
        await page.locator(f"[name={name}]").fill(typed)
    await page.locator("[name=languages][value=es]").check()
    await page.locator("[name=consent][value=spoken]").check()
    await page.locator("[name=name]").press("Enter")
