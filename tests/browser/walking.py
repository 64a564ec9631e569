"""What a way through the pages takes somebody: taps, fields, keystrokes and seconds; with a picture of each step."""

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from switchboard.local.folders import find_home
from tests.browser.intake import RunningIntake

WIDTHS = (390, 1280)
_PROPERTY = "journey"
"""Under this name a report carries what `Taken` holds."""
Note = Callable[[str, object], None]
"""`record_property` of pytest."""
Role = Literal["button", "checkbox", "link", "radio"]

_MOST_TABS = 120


class Taken(NamedTuple):
    """What one journey took. A stroke is a key that was pressed; seconds are the pages' own, nobody thinks."""

    journey: str
    width: int
    taps: int
    fields: int
    strokes: int
    seconds: float


@dataclass
class Walker:
    """Somebody with a browser of their own, who counts each tap, each field that is filled in, and each key."""

    page: Page
    width: int
    note: Note
    journey: str = ""
    taps: int = 0
    fields: int = 0
    strokes: int = 0
    _steps: int = 0
    _began: float = 0
    _in_pictures: float = field(default=0)

    async def begin(self, journey: str, address: str | None = None) -> None:
        """From here on it is counted. Begins on the page at `address`, else on the one that is open."""
        self.journey, self.taps, self.fields, self.strokes, self._steps = journey, 0, 0, 0, 0
        self._began, self._in_pictures = time.monotonic(), 0
        if address:
            await self.page.goto(address)

    async def tap(self, role: Role, name: str) -> None:
        await self.tap_on(self.page.get_by_role(role, name=name).first)

    async def tap_on(self, place: Locator) -> None:
        self.taps += 1
        await place.click()

    async def write(self, label: str, text: str) -> None:
        """Types into the field of that label, in place of what stands there."""
        await self.write_into(self.page.get_by_label(label, exact=True).first, text)

    async def write_into(self, place: Locator, text: str) -> None:
        self.fields += 1
        self.strokes += len(text)
        # The browser's own editor for a day is not typed into as people do.
        if await place.get_attribute("type") == "date":
            await place.fill(text)
        else:
            await place.clear()
            await place.press_sequentially(text)

    async def tab_to(self, place: Locator) -> None:
        """By the keyboard alone, as often as it takes."""
        for _ in range(_MOST_TABS):
            await self.press("Tab")
            if await place.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"{place} is not reached by the keyboard")

    async def type(self, text: str) -> None:
        """Into the field that has the focus, in place of what stands there."""
        self.fields += 1
        self.strokes += len(text)
        await self.page.keyboard.type(text)

    async def press(self, key: str) -> None:
        self.strokes += 1
        await self.page.keyboard.press(key)

    async def see(self, text: str) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def step(self, name: str) -> None:
        """Keeps a picture of the page as it is. It fits its screen, or this fails."""
        began = time.monotonic()
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (self.journey, name)
        self._steps += 1
        folder = find_home() / "screenshots" / "journeys" / str(self.width) / _slug(self.journey)
        await self.page.screenshot(path=folder / f"{self._steps}-{_slug(name)}.png", full_page=True)
        self._in_pictures += time.monotonic() - began

    async def done(self, taps: int, fields: int, strokes: int | None = None) -> None:
        """The journey ends here, and took as much as it may. More, or less, is a change to look at."""
        seconds = time.monotonic() - self._began - self._in_pictures
        await self.step("done")
        taken = Taken(self.journey, self.width, self.taps, self.fields, self.strokes, round(seconds, 2))
        self.note(_PROPERTY, list(taken))
        assert (taken.taps, taken.fields) == (taps, fields), taken
        assert strokes is None or taken.strokes <= strokes, taken


@asynccontextmanager
async def walking(
    chromium: Browser, intake: RunningIntake, width: int, note: Note, *, scripts: bool = True
) -> AsyncIterator[Walker]:
    """Somebody new, until the block ends."""
    context = await chromium.new_context(
        base_url=intake.url, java_script_enabled=scripts, viewport={"width": width, "height": 844}
    )
    page = await context.new_page()
    yield Walker(page, width, note)
    await context.close()


def walked_in(report: pytest.TestReport) -> list[Taken]:
    """The journeys that a test noted; none in what is reported of its setup."""
    noted = report.user_properties if report.when == "call" else []
    return [Taken(*value) for name, value in noted if name == _PROPERTY and isinstance(value, list)]


def table(journeys: Sequence[Taken]) -> list[str]:
    """The lines of a table."""
    rows = [Taken._fields, *sorted(journeys)]
    longest = max(len(str(row[0])) for row in rows)
    return [f"{row[0]!s:<{longest}}" + "".join(f"{one!s:>9}" for one in row[1:]) for row in rows]


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")
