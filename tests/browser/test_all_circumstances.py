"""Pages as they are met: by keyboard alone, without a connection, without live updates, on paper, in two languages."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from schemas.outcomes import NeedFulfilled
from services.intake.pages.cookies import Cookie
from tests.browser.looking import QUIET
from tests.browser.matcher import with_matcher
from tests.browser.test_calling import add_bank
from tests.integration.cases import Case, awarded_case
from tests.parts import DatabaseMaker
from tests.system import need_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

_AT = """() => {
    const one = document.activeElement;
    const {outlineStyle, outlineWidth} = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && box.width > 0 && box.left >= 0;
    return {place: one.outerHTML.slice(0, 160), seen, over: one === document.body};
}"""
_BREATHES = "getComputedStyle(document.querySelector('.moment'), '::before').animationName"
_ON_PAPER = """() => [...document.querySelectorAll(".top, .foot, button, .button, input, select, textarea, summary")]
    .filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 160))"""


@dataclass
class Desk:
    """The case, and a session of the coordinator who looks after it."""

    case: Case
    session: str


@dataclass
class Window:
    """A coordinator's browser."""

    desk: Desk
    context: BrowserContext

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        await page.goto(path.format(need_id=self.desk.case.need_id, offer=self.desk.case.path))
        # What comes by itself has come: it would take the focus away from whoever is there.
        await page.wait_for_function(QUIET)
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(postgres: DatabaseMaker) -> AsyncIterator[Desk]:
    async with awarded_case(await postgres("intake")) as case:
        await add_bank(with_matcher(case.intake))
        yield Desk(case, await case.intake.sign_in("ours@school.example.org"))


@pytest_asyncio.fixture(loop_scope="session")
async def window(desk: Desk, chromium: Browser) -> AsyncIterator[Window]:
    url = desk.case.intake.url
    context = await chromium.new_context(base_url=url, viewport={"width": 390, "height": 844})
    await context.add_cookies([{"name": Cookie.SESSION, "value": desk.session, "url": url}])
    yield Window(desk, context)
    await context.close()


@pytest.mark.parametrize("path", ["/needs/new", "/partners", "/needs/{need_id}", "{offer}"])
async def test_whoever_goes_by_tab_always_sees_where_they_are(window: Window, path: str) -> None:
    page = await window.open(path)
    places = []
    while True:
        await page.keyboard.press("Tab")
        at = await page.evaluate(_AT)
        if at["over"]:
            break
        assert at["seen"], at["place"]
        places.append(at["place"])
    assert 'class="skip"' in places[0]
    assert len(places) > 5
    assert "?language=es" in "".join(places[-2:])


async def test_who_wants_less_motion_gets_none(window: Window) -> None:
    page = await window.open("/needs")
    assert await page.evaluate(_BREATHES) == "breathe"
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate(_BREATHES) == "none"


@pytest.mark.parametrize("path", ["/partners?print=yes", "/needs/{need_id}", "/needs/{need_id}/calls"])
async def test_paper_has_what_is_to_be_read_and_nothing_to_press(window: Window, path: str) -> None:
    page = await window.open(path)
    await page.emulate_media(media="print")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await page.evaluate(_ON_PAPER) == []


async def test_the_other_language_is_of_the_same_page_and_stays(window: Window) -> None:
    page = await window.open("/partners?q=bed&near=11201")
    await page.get_by_role("link", name="Español").click()
    await expect(page.get_by_label("Buscar")).to_have_value("bed")
    await page.goto("/needs")
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    # Where only a form goes, its page is shown.
    await page.goto(f"/needs/{window.desk.case.need_id}/change?language=en")
    await expect(page).to_have_url(f"{window.desk.case.intake.url}/needs/{window.desk.case.need_id}?language=en")
    await page.goto("/nowhere")
    await expect(page.get_by_role("heading", name="We cannot find this page")).to_be_visible()
    await page.get_by_role("link", name="To the start").click()
    await expect(page.get_by_role("heading", name="Needs of Ours")).to_be_visible()


async def test_without_a_connection_nothing_that_was_typed_is_lost(window: Window) -> None:
    page = await window.open("/needs/{need_id}/cancel")
    await page.get_by_label("It is not needed any more").check()
    await window.context.set_offline(offline=True)
    await expect(page.get_by_text("There is no connection right now.")).to_be_visible()
    await page.get_by_role("button", name="Cancel the need").click()
    await expect(page.get_by_label("It is not needed any more")).to_be_checked()
    await window.context.set_offline(offline=False)
    await expect(page.get_by_text("There is no connection right now.")).to_be_hidden()


async def test_what_takes_a_while_is_said(window: Window) -> None:
    page = await window.open("/needs/new")
    waiting, name = page.get_by_role("status").filter(has_text="One moment"), page.get_by_label("Name", exact=True)

    async def hold(route: Route) -> None:
        await expect(waiting).to_be_visible()
        # It would be lost with the answer, and the form be sent again.
        await page.keyboard.type(" Canary")
        await page.keyboard.press("Enter")
        assert await name.input_value() == "Maria"
        await route.continue_()

    await page.route("**/needs/new", hold)
    await name.press_sequentially("Maria")
    await name.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="Something is missing")).to_be_visible()
    await expect(waiting).to_be_hidden()
    await expect(name).to_be_focused()
    await page.keyboard.type(" Canary")
    await expect(name).to_have_value("Maria Canary")


async def test_who_types_before_the_script_came_finds_things_all_the_same(window: Window) -> None:
    page, typed = await window.context.new_page(), asyncio.Event()

    async def hold(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await page.route("**/static/htmx.min.js", hold)
    await page.goto("/needs/new", wait_until="commit")
    await page.get_by_label("What is needed?").fill("cuna")
    typed.set()
    await expect(page.get_by_role("button", name="cribs")).to_be_visible()


async def test_a_page_without_live_updates_still_tells_what_is_new(window: Window) -> None:
    case = window.desk.case
    await case.school.post("/v1/needs", json=need_body())
    need_id, items = await case.intake.newest_need()
    await window.context.add_init_script("delete window.EventSource")
    page = await window.open(f"/needs/{need_id}")
    await expect(page.get_by_text("All of it arrived.")).to_have_count(0)
    # What says nothing new takes the focus from nobody.
    link = page.get_by_role("link", name="Cancel")
    await link.focus()
    async with page.expect_response(f"**/needs/{need_id}"):
        await page.evaluate("htmx.trigger('#need', 'sse:changed')")
    await page.wait_for_function(QUIET)
    await expect(link).to_be_focused()
    await case.intake.matcher_says(NeedFulfilled(need_id=need_id, met=items))
    await expect(page.get_by_text("All of it arrived.")).to_be_visible()
