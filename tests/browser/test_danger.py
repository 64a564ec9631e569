"""Someone may be in danger: the page says whom to call, and keeps nothing but a count."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.browser.intake import RunningIntake
from tests.browser.test_journey import EMAIL, open_page, sign_in
from tests.browser.test_strangers import FORM, MINE, OTHERS, enter_need, send, signed_in, visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = "/needs/danger"


async def all_rows(intake: RunningIntake) -> dict[str, list[str]]:
    """Every row of every table, but the count."""
    async with intake.desk.pool.acquire() as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = sorted({row["tablename"] for row in tables} - {"danger_counts"})
        # The names come from the database itself.
        queries = {name: f'SELECT to_jsonb(t) AS row FROM "{name}" AS t' for name in names}  # noqa: S608
        return {
            name: sorted(json.dumps(row["row"]) for row in await connection.fetch(query))
            for name, query in queries.items()
        }


async def counts(intake: RunningIntake) -> dict[tuple[str, str], int]:
    """By site's name and day."""
    async with intake.desk.pool.acquire() as connection:
        rows = await connection.fetch("SELECT name, day, count FROM danger_counts JOIN sites USING (site_id)")
    return {(row["name"], str(row["day"])): row["count"] for row in rows}


async def set_site(intake: RunningIntake, zip_code: str, reporting_steps: str | None = None) -> None:
    async with intake.desk.pool.acquire() as connection:
        await connection.execute("UPDATE sites SET zip_code = $1, reporting_steps = $2", zip_code, reporting_steps)


def today() -> str:
    return str(datetime.now(UTC).astimezone(ZoneInfo("America/New_York")).date())


async def test_pressing_keeps_nothing_but_a_count_and_tells_nobody(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, signed_in(intake, OTHERS, "Grant") as other:
        await enter_need(mine, intake)
        before = await all_rows(intake)
        assert before["needs"]
        assert before["outbox"]
        assert {"families", "history", "idempotency_keys", "sessions", "sites"} <= set(before)
        pressed = await send(mine, PAGE, {**FORM, "name": "Zephyrine Quill", "key": "another"})
        assert (pressed.status_code, pressed.url.path, pressed.history[0].status_code) == (200, PAGE, 303)
        assert "Zephyrine" not in pressed.text
        await send(mine, PAGE, {})
        await send(other, PAGE, {})
        for _ in range(3):
            await mine.get(PAGE)
        assert await all_rows(intake) == before
        assert await counts(intake) == {("Lincoln", today()): 2, ("Grant", today()): 1}


async def test_days_are_counted_one_by_one(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine:
        await send(mine, PAGE, {})
        async with intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE danger_counts SET day = '2026-01-05'")
        await send(mine, PAGE, {})
        assert await counts(intake) == {("Lincoln", "2026-01-05"): 1, ("Lincoln", today()): 1}


async def test_who_is_not_signed_in_sees_and_counts_nothing(intake: RunningIntake) -> None:
    async with visitor(intake) as stranger:
        assert (await stranger.get(PAGE)).url.path == "/sign-in"
        assert (await send(stranger, PAGE, {})).url.path == "/sign-in"
        assert await counts(intake) == {}
    async with signed_in(intake, MINE, "Lincoln") as mine:
        assert (await mine.post(PAGE, data={"form_mark": "guessed"})).status_code == 403
        assert await counts(intake) == {}


async def seen(client: httpx.AsyncClient, language: str = "en") -> str:
    answer = await client.get(f"{PAGE}?language={language}")
    assert answer.status_code == 200
    return answer.text


async def test_the_lines_are_those_of_the_sites_state(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine:
        for zip_code, line in (("11201", "+18003423720"), ("19104", "+18009320313"), ("00901", "+17877491333")):
            await set_site(intake, zip_code)
            text = await seen(mine)
            assert f'href="tel:{line}"' in text
            assert "Childhelp connects you with the right one" not in text
        for zip_code in ("90001", "96910"):
            await set_site(intake, zip_code)
            text = await seen(mine)
            assert "Childhelp connects you with the right one" in text
            for line in ("tel:911", "tel:988", "sms:988", "tel:+18007997233", "tel:+18004224453"):
                assert f'href="{line}"' in text
            assert text.count('href="tel:') == 4


async def test_the_sites_own_steps_stand_in_place_of_the_general_ones(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine:
        assert "tell the person your school names" in await seen(mine)
        assert "avise a la persona que su escuela indica" in await seen(mine, "es")
        assert "Esto no es una denuncia." in await seen(mine, "es")
        await set_site(intake, "11201", "Call Ms. Osei <ext. 12>.")
        text = await seen(mine)
        assert "Call Ms. Osei &lt;ext. 12&gt;." in text
        assert "tell the person your school names" not in text
        assert "This is not a report. Nothing is sent to anyone from this page." in text


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_the_control_leaves_what_was_typed_behind(
    intake: RunningIntake, chromium: Browser, *, scripts: bool
) -> None:
    await intake.add_coordinator(EMAIL, "Lincoln Elementary")
    page = await open_page(chromium, intake, scripts=scripts)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    await sign_in(page, intake)
    await page.goto("/needs/new")
    await page.get_by_label("Name", exact=True).fill("Zephyrine Quill")
    sent.clear()
    await page.get_by_role("button", name="Someone may be in danger").click()
    await expect(page.get_by_text("This is not a report.")).to_be_visible()
    assert len(sent) == 1
    assert [pair.partition("=")[0] for pair in sent[0].split("&")] == ["form_mark"]
    await expect(page.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
    await page.get_by_role("link", name="Back to the form").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("")
