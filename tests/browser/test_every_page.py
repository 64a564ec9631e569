"""Every page that there is, filled, in each language, at each width, once in the dark: whoever has to use it, can."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page

from services.intake.pages.cookies import Cookie
from switchboard.local.folders import find_home
from tests.axe import find_axe
from tests.browser import looking
from tests.browser.looking import AT_200_PERCENT, HEIGHT, NARROWEST
from tests.browser.town import Town, living_town
from tests.browser.walk import Stop, stops
from tests.parts import DatabaseMaker

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE, DESK = 390, 1280
MOST_BYTES = 150_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(postgres: DatabaseMaker) -> AsyncIterator[Town]:
    async with living_town(await postgres("intake")) as living:
        yield living


@dataclass
class Walk:
    """Through all pages in one language. What is wrong is kept until the end, so that one walk tells all of it."""

    town: Town
    chromium: Browser
    language: str
    axe: str
    at: str = ""
    pages: dict[tuple[Any, ...], Page] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    assets: dict[str, int] = field(default_factory=dict)

    async def stop_at(self, stop: Stop) -> None:
        """Looks at it from all sides."""
        self.at, page = stop.name, await self.page_of(stop)
        answer = await page.goto(stop.path)
        landed = urlsplit(page.url).path
        if answer is None or answer.status != stop.status or landed != urlsplit(stop.path).path:
            self.wrong.append(f"{stop.name}: is not shown, but {answer and answer.status} at {landed}")
            return
        if stop.act:
            await stop.act(page)
            await page.wait_for_load_state()
        await page.wait_for_function(looking.QUIET)
        self.weights[stop.name] = await looking.weigh(page, self.assets)
        found = await looking.look_at_shape(page, self.language)
        await page.evaluate(self.axe)
        if self.language == "en":
            # Colours are the same in every language.
            found += await looking.look_for_barriers(page, "dark")
            await self._draw("dark", stop, page)
        found += await looking.look_for_barriers(page, "light")
        await self._draw(str(PHONE), stop, page)
        for width in (NARROWEST, AT_200_PERCENT, DESK):
            found += await looking.look_at_width(page, width)
        if self.language == "en":
            await self._draw(str(DESK), stop, page)
        found += await looking.look_at_width(page, PHONE)
        self.wrong += [f"{stop.name}: {one}" for one in found]
        # What it still says by itself is not the next one's.
        await page.goto("about:blank")
        await self._keep_session(stop, page)

    async def page_of(self, stop: Stop) -> Page:
        whose, url = (stop.who, stop.cookies, stop.act), self.town.case.intake.url
        if whose not in self.pages:
            context = await self.chromium.new_context(base_url=url, viewport={"width": PHONE, "height": HEIGHT})
            self.pages[whose] = page = await context.new_page()
            page.on("console", self._note)
            page.on("pageerror", lambda error: self.wrong.append(f"{self.at}: fails: {error}"))
        cookies = dict(stop.cookies) | {Cookie.LANGUAGE: self.language}
        if stop.who:
            cookies[Cookie.SESSION] = self.town.house.sessions[stop.who]
        page = self.pages[whose]
        await page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        return page

    async def _keep_session(self, stop: Stop, page: Page) -> None:
        """Its token is another each hour, and the walk may take longer."""
        for cookie in await page.context.cookies():
            if stop.who and cookie["name"] == Cookie.SESSION:
                self.town.house.sessions[stop.who] = cookie["value"]

    def _note(self, message: ConsoleMessage) -> None:
        # To the console, a page that answers 404 is an error, and so is a stream of live updates that ended.
        if message.type == "error" and "status of" not in message.text and message.text != "[object Event]":
            self.wrong.append(f"{self.at}: says {message.text}")

    async def _draw(self, shape: str, stop: Stop, page: Page) -> None:
        path = find_home() / "screenshots" / shape / self.language / f"{stop.name}.jpeg"
        await page.screenshot(path=path, full_page=True, type="jpeg", quality=80)


@pytest.mark.parametrize("language", ["en", "es"])
async def test_every_page_can_be_used_by_whoever_has_to(town: Town, chromium: Browser, language: str) -> None:
    walk = Walk(town, chromium, language, find_axe().read_text())
    async for stop in stops(town):
        await walk.stop_at(stop)
    for page in walk.pages.values():
        await page.context.close()
    weights = sorted(walk.weights.values())
    sys.stdout.write(f"{len(weights)} pages, bytes: {weights[0]} to {weights[-1]}, median {median(weights):.0f}\n")
    assert walk.wrong == []
    assert {name: weight for name, weight in walk.weights.items() if weight >= MOST_BYTES} == {}


async def test_the_walk_notices_what_keeps_people_out(chromium: Browser) -> None:
    page = await chromium.new_page(viewport={"width": PHONE, "height": HEIGHT})
    await page.set_content(
        "<html lang=en><title>x</title><main style='width: 500px; background: white'>"
        "<input><p style='color: #ddd'>Pale</p><button></button></main>"
    )
    await page.evaluate(find_axe().read_text())
    barriers = [one.partition(" at ")[0] for one in await looking.look_for_barriers(page, "light")]
    assert barriers == ["light: button-name", "light: color-contrast", "light: label"]
    shape = await looking.look_at_shape(page, "es")
    assert [one.partition(":")[0] for one in shape] == ["language", "headings", "skip"]
    [wide] = await looking.look_at_width(page, NARROWEST)
    assert wide.startswith("wider than 320 pixels: main")
    await page.close()
