"""Every email in a real browser: at the width of a phone and of a desk, in light and in the dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from services.notifier.rendering import Renderer
from services.notifier.wording import LANGUAGES
from switchboard.messages.preview import find_samples, write_pages

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
LOOK = """() => {
  const channel = (part) => { part /= 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4 };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = { scrolls: document.documentElement.scrollWidth > innerWidth, pale: [], small: [], low: [], text: 0 };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const said = walker.currentNode.textContent.trim();
    if (!said || !element.checkVisibility()) continue;
    found.text += 1;
    const style = getComputedStyle(element);
    const [front, back] = [luminance(parts(style.color)), luminance(behind(element))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (contrast < 4.5) found.pale.push(`${said.slice(0, 40)} ${contrast.toFixed(1)}`);
    if (parseFloat(style.fontSize) < 14) found.small.push(said.slice(0, 40));
  }
  for (const button of document.querySelectorAll("a.button"))
    if (button.getBoundingClientRect().height < 44) found.low.push(button.textContent);
  return found;
}"""
GOOD = {"scrolls": False, "pale": [], "small": [], "low": []}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_email_fits_and_is_readable(chromium: Browser, language: str) -> None:
    samples = find_samples(Renderer(), language)[language]
    backgrounds: dict[str, set[str]] = {scheme: set() for scheme in SCHEMES}
    page = await chromium.new_page()
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for sample in samples:
                await page.set_content(sample.words.html)
                found: dict[str, Any] = await page.evaluate(LOOK)
                assert found.pop("text") >= 4
                assert found == GOOD, (sample.title, width, scheme)
                backgrounds[scheme].add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds["light"]) == len(backgrounds["dark"]) == 1
    assert backgrounds["light"] != backgrounds["dark"]
    await page.close()


async def test_an_email_is_as_readable_where_a_mail_program_drops_its_style_sheet(
    chromium: Browser,
) -> None:
    page = await chromium.new_page(color_scheme="dark", viewport={"width": 390, "height": 800})
    for sample in find_samples(Renderer(), "en")["en"][:3]:
        head, _, rest = sample.words.html.partition("<style>")
        await page.set_content(head + rest.partition("</style>")[2])
        found = await page.evaluate(LOOK)
        assert found.pop("text") >= 4
        assert found == GOOD
    await page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_index_shows_each_on_a_phone_and_a_desk_in_light_and_dark(
    chromium: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    found = find_samples(Renderer(), None)
    index = write_pages(found, tmp_path / "out")
    page = await chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})  # type: ignore[arg-type]
    await page.goto(index.as_uri())
    looked = await page.evaluate(LOOK)
    assert looked.pop("text") > 100
    assert looked == GOOD
    frames = page.locator(".frame")
    assert await frames.count() == 4 * sum(map(len, found.values()))
    shades = []
    for number in range(4):
        await frames.nth(number).scroll_into_view_if_needed()
        body = frames.nth(number).locator("iframe").content_frame.locator("body.page")
        await body.wait_for()
        shades.append(await body.evaluate("(body) => getComputedStyle(body).backgroundColor"))
    assert shades[0] == shades[2] != shades[1] == shades[3]
    await page.close()
