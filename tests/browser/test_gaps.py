"""What nobody could do, as a coordinator and the district see it, on a phone and on a desk."""

from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.intake import gaps, signing_in
from services.intake.pages.cookies import Cookie
from services.intake.store import keys
from services.intake.store.keys import Coordinator
from services.intake.store.people import Role
from tests.browser.intake import RunningIntake
from tests.unit.matcher.situation import terms

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = {
    "en": ("What nobody could do", "Beds and bedding", "All others together", "In all", "at least"),
    "es": ("Lo que nadie pudo hacer", "Camas y ropa de cama", "Todo lo demás junto", "En total", "al menos"),
}
LACKED = {
    Category.BEDS: 41,
    Category.FOOD: 30,
    Category.RENT: 22,
    Category.FURNITURE: 10,
    Category.LEGAL: 7,
    Category.BABY: 6,
}
CLEAR_OF_EACH_OTHER = """() => [...document.querySelectorAll("svg.chart > svg")].every(row => {
    const [name, bar, number] = [...row.children].map(part => part.getBoundingClientRect());
    const all = row.closest("svg.chart").getBoundingClientRect();
    return bar.right + 4 < number.left && name.right <= all.right && number.right <= all.right + 1;
})"""


async def go_without(intake: RunningIntake, site_id: UUID) -> None:
    """So many needs of a site ended without help in the first quarters of 2026, which are reported."""
    categories = [category for category, count in LACKED.items() for _ in range(count)]
    rules = [*([EligibilityRule.CONFLICT, EligibilityRule.ASKED_BEFORE] * 5), EligibilityRule.CONDITIONS]
    async with intake.desk.pool.acquire() as connection:
        await connection.execute(
            """
            WITH lacking AS (
                SELECT gen_random_uuid() AS need_id, number, category
                  FROM unnest($1::text[]) WITH ORDINALITY AS one (category, number)
            ), need AS (
                INSERT INTO needs (need_id, reference, site_id, version, terms, traceparent, status)
                SELECT need_id, lpad(number::text, 6, '0'), $2, 1, $3::jsonb, '', 'unmet' FROM lacking
            )
            INSERT INTO gaps (need_id, line, month, category, zip_code, language, cause, rule)
            SELECT need_id, 1, make_date(2026, 1 + (number % 5)::int, 1), category,
                   (ARRAY['11201', '11215'])[1 + number % 2], (ARRAY['en', 'es', 'es'])[1 + number % 3],
                   'nobody_eligible', ($4::text[])[1 + number % 11]
              FROM lacking
            """,
            categories * 2,
            site_id,
            terms().model_copy(update={"site_id": site_id}).model_dump(mode="json"),
            rules,
        )
    while await gaps.report_due(intake.desk.pool):
        pass


async def open_gaps(
    chromium: Browser,
    intake: RunningIntake,
    email: str,
    width: int = 390,
    color_scheme: Literal["light", "dark"] = "light",
) -> Page:
    await signing_in.ask_for_link(intake.desk.pool, email, "en", "127.0.0.1")
    link = await intake.sign_in_link(email)
    session = await signing_in.sign_in(intake.desk.pool, link.rpartition("/")[2])
    assert session is not None
    context = await chromium.new_context(
        base_url=intake.url,
        java_script_enabled=False,
        viewport={"width": width, "height": 900},
        color_scheme=color_scheme,
    )
    await context.add_cookies([{"name": Cookie.SESSION, "value": session, "url": intake.url}])
    page = await context.new_page()
    await page.goto("/gaps")
    return page


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig").splitlines()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light")])
async def test_a_chart_and_a_table_say_the_same_on_any_screen_in_both_languages_without_javascript(
    intake: RunningIntake, chromium: Browser, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    person = await intake.add_coordinator("robin@school.example.org", "Lincoln Elementary")
    await go_without(intake, person.site_id)
    page = await open_gaps(chromium, intake, "robin@school.example.org", width, scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for language, (title, beds, others, total, at_least) in WORDS.items():
        for by in ("category", "zip_code", "language", "rule", "month"):
            await page.goto(f"/gaps?by={by}&from=2026-01&to=2026-06&language={language}")
            await expect(page.get_by_role("heading", name=title)).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (by, language)
            assert await page.evaluate(CLEAR_OF_EACH_OTHER), (by, language)
            drawn = await page.locator("svg.chart > svg").all_text_contents()
            told = await page.locator("tbody tr").all_text_contents()
            assert ["".join(one.split()) for one in drawn] == ["".join(one.split()) for one in told]
            assert await page.evaluate("getComputedStyle(document.querySelector('.chart text')).fill") == (
                "rgb(28, 36, 48)" if scheme == "light" else "rgb(237, 240, 244)"
            )
            assert any(at_least in one for one in told) is (by in {"category", "rule"})
            if by == "category":
                await expect(page.get_by_role("row").filter(has_text=beds)).to_contain_text("82")
                await expect(page.get_by_role("row").filter(has_text=others)).to_be_visible()
                await expect(page.get_by_role("row").filter(has_text=total)).to_contain_text("232")
            await page.screenshot(path=tmp_path / f"{by}-{language}.png", full_page=True)
    assert complaints == []


async def test_what_is_chosen_is_shown_and_downloaded(intake: RunningIntake, chromium: Browser) -> None:
    person = await intake.add_coordinator("robin@school.example.org", "Lincoln Elementary")
    await go_without(intake, person.site_id)
    page = await open_gaps(chromium, intake, "robin@school.example.org")
    await page.get_by_label("Sorted by").select_option("Month")
    await page.get_by_label("From").select_option("2026-01")
    await page.get_by_label("To", exact=True).select_option("2026-03")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("row").filter(has_text="January 2026")).to_be_visible()
    await expect(page.get_by_label("To", exact=True)).to_have_value("2026-03")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download as a spreadsheet").click()
    download = await downloading.value
    assert download.suggested_filename == "gaps-by-month.csv"
    assert lines_of(await download.path())[:2] == ["Code,What,How often,Exact", "2026-01,January 2026,46,yes"]


async def test_where_there_is_nothing_the_page_says_so(intake: RunningIntake, chromium: Browser) -> None:
    person = await intake.add_coordinator("robin@school.example.org", "Lincoln Elementary")
    officer = Coordinator(uuid4(), person.site_id, "Dana", "dana@example.org", None, "en", "Lincoln", person.time_zone)
    async with intake.desk.pool.acquire() as connection:
        await keys.save_person(connection, officer, Role.DISTRICT)
    page = await open_gaps(chromium, intake, "robin@school.example.org")
    await expect(page.get_by_role("heading", name="Nothing to report yet")).to_be_visible()
    await page.get_by_role("link", name="Needs").click()
    await page.get_by_role("link", name="Gaps").click()
    page = await open_gaps(chromium, intake, "dana@example.org")
    await expect(page.get_by_text("families of all sites")).to_be_visible()
    await page.get_by_role("link", name="Who has looked").click()
    await page.get_by_role("link", name="Gaps").click()
    await expect(page.get_by_role("heading", name="Nothing to report yet")).to_be_visible()
