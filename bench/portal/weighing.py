"""What a page weighs: what a browser that was never here before takes over the line for it."""

import asyncio

from playwright.async_api import BrowserContext, Request, async_playwright

from bench.portal.town import Town
from services.intake.pages.cookies import Cookie
from tests.chromium import find_chromium


async def weigh(public_url: str, town: Town) -> dict[str, tuple[int, int]]:
    """Bytes by page: all that is transferred on the first visit, and the page alone, as on each later one."""
    desk, weights = town.desks[0], dict[str, tuple[int, int]]()
    pages = {
        "board": f"{public_url}/needs",
        "need": f"{public_url}/needs/{desk.needs[0]}",
        "need form": f"{public_url}/needs/new",
        "who could help": f"{public_url}/needs/{desk.needs[0]}/matching",
        "directory": f"{public_url}/partners",
        "offer": town.offers[0],
        "family": town.families[0],
        "raised": town.raised[0],
    }
    chromium = await asyncio.to_thread(find_chromium)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, address in pages.items():
            context = await browser.new_context()
            await context.add_cookies([{"name": Cookie.SESSION, "value": desk.session, "url": public_url}])
            weights[name] = await _weigh_one(context, address)
            await context.close()
        await browser.close()
    return weights


async def _weigh_one(context: BrowserContext, address: str) -> tuple[int, int]:
    page, done = await context.new_page(), list[Request]()
    page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108 - it marks what it is given
    await page.goto(address, wait_until="load")
    bodies = [(request, await request.sizes()) for request in done if not request.url.endswith("/live")]
    sizes = {request.url: size["responseBodySize"] + size["responseHeadersSize"] for request, size in bodies}
    return sum(sizes.values()), sizes[address]
