"""What a page is looked at for: who cannot see, cannot use a mouse, has a small screen, or waits for it on a bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias

from playwright.async_api import Page, expect

Scheme: TypeAlias = Literal["light", "dark"]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOR = ["color-contrast", "link-in-text-block"]
SERIOUS = {"serious", "critical"}
NARROWEST = 320
"""What is left of 1280 pixels at 400 %."""
AT_200_PERCENT = 640
HEIGHT = 844

_AXE = """async rules => {
    const options = rules.tags ? {runOnly: {type: "tag", values: rules.tags}} : {runOnly: rules.only};
    const found = await axe.run(document, {...options, resultTypes: ["violations"]});
    const places = nodes => nodes.map(one => one.target.join(" "));
    return found.violations.map(({id, impact, nodes}) => ({id, impact, places: places(nodes)}));
}"""
_WIDER = """() => {
    const {scrollWidth, clientWidth} = document.documentElement;
    return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > clientWidth + 1)
    .map(one => one.tagName.toLowerCase() + (one.id && "#" + one.id) + (one.className && "." + one.className));
}"""
_SHAPE = """() => ({
    language: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll("h1").length,
    skip: document.querySelector("body > a:first-child")?.getAttribute("href"),
    ids: [...document.querySelectorAll("[id]")].map(one => one.id).filter((id, at, all) => all.indexOf(id) < at),
})"""
_ASKS_FOR = """() => [...document.querySelectorAll("link[href], script[src], img[src]")]
    .map(one => one.href || one.src)"""
_SENT = "performance.getEntriesByType('navigation')[0].encodedBodySize"
QUIET = "() => !document.querySelector('.htmx-request')"


@asynccontextmanager
async def answered(page: Page) -> AsyncIterator[None]:
    """What is pressed in the block has its answer when it ends, though that may show the same words."""
    await page.locator("main").evaluate("main => main.toggleAttribute('data-before', true)")
    yield
    await expect(page.locator("main[data-before]")).to_have_count(0)


async def look_for_barriers(page: Page, scheme: Scheme) -> list[str]:
    """What axe-core, which is loaded, finds in light, and what of it may be else in dark: rule and places."""
    await page.emulate_media(color_scheme=scheme)
    found = await page.evaluate(_AXE, {"tags": TAGS} if scheme == "light" else {"only": OF_COLOR})
    return [f"{scheme}: {one['id']} at {'; '.join(one['places'][:5])}" for one in found if one["impact"] in SERIOUS]


async def look_at_shape(page: Page, language: str) -> list[str]:
    """What every page has to have."""
    shape = await page.evaluate(_SHAPE)
    wanted = {"language": language, "headings": 1, "skip": "#main", "ids": []}
    return [f"{name}: {shape[name]}" for name, value in wanted.items() if shape[name] != value]


async def look_at_width(page: Page, width: int) -> list[str]:
    """What stands out at that width; the page keeps it."""
    await page.set_viewport_size({"width": width, "height": HEIGHT})
    wider = await page.evaluate(_WIDER)
    return [f"wider than {width} pixels: {', '.join(wider[:4]) or 'something'}"] if wider else []


async def weigh(page: Page, known: dict[str, int]) -> int:
    """Bytes as they are sent to somebody who comes for the first time: the page, and all that it asks for.

    `known` is what was weighed before, by address.
    """
    addresses: set[str] = set(await page.evaluate(_ASKS_FOR))
    for address in addresses - known.keys():
        known[address] = len(await (await page.request.get(address)).body())
    return int(await page.evaluate(_SENT)) + sum(known[address] for address in addresses)
