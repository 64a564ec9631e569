"""What somebody sees who has no business here, and what looking does: nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.outcomes import ConfirmationRequested
from tests.browser.intake import RunningIntake, family_path, offer_of, offer_path

pytestmark = pytest.mark.asyncio(loop_scope="session")

MINE, OTHERS = "robin@lincoln.example.org", "kim@grant.example.org"
FORM = {
    "key": "form-1",
    "item": "bed.twin",
    "quantity": "2",
    "zip_code": "11201",
    "urgency": "this_week",
    "languages": "es",
    "consent": "spoken",
    "name": "Maria Canary",
    "family_language": "es",
}


@asynccontextmanager
async def visitor(intake: RunningIntake) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=intake.url, follow_redirects=True, timeout=30) as client:
        yield client


@asynccontextmanager
async def signed_in(intake: RunningIntake, email: str, site: str) -> AsyncIterator[httpx.AsyncClient]:
    await intake.add_coordinator(email, site)
    async with visitor(intake) as client:
        await client.get("/sign-in")
        await send(client, "/sign-in", {"email": email})
        link = await intake.sign_in_link(email)
        assert (await client.get(link)).status_code == 200
        board = await send(client, link, {})
        assert site in board.text
        yield client


async def send(client: httpx.AsyncClient, path: str, form: dict[str, str]) -> httpx.Response:
    return await client.post(path, data={**form, "form_mark": client.cookies.get("form_mark", "")})


async def enter_need(client: httpx.AsyncClient, intake: RunningIntake) -> UUID:
    await send(client, "/needs/new", FORM)
    need_id, _ = await intake.newest_need()
    return need_id


async def test_a_coordinator_of_another_site_finds_nothing_and_changes_nothing(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, signed_in(intake, OTHERS, "Grant") as other:
        need_id = await enter_need(mine, intake)
        _, items = await intake.newest_need()
        await intake.matcher_says(ConfirmationRequested(need_id=need_id, delivered=items, attempt=1))
        assert "Canary" not in (await mine.get(f"/needs/{need_id}")).text
        assert "Maria Canary" in (await mine.get(f"/needs/{need_id}/family")).text
        for path in ("", "/live", "/cancel", "/withdraw-consent"):
            answer = await other.get(f"/needs/{need_id}{path}")
            assert (answer.status_code, "Canary" in answer.text) == (404, False), path
        for path in ("/arrived", "/cancel", "/withdraw-consent"):
            form = {"arrived": "yes", "reason": "met_elsewhere"}
            assert (await send(other, f"/needs/{need_id}{path}", form)).status_code == 404
        assert str(need_id) not in (await other.get("/needs")).text
        assert await intake.events(need_id) == ["needs.opened"]


async def test_who_is_not_signed_in_is_asked_to(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, visitor(intake) as stranger:
        need_id = await enter_need(mine, intake)
        for path in ("/", "/needs", "/needs/new", f"/needs/{need_id}", f"/needs/{need_id}/live"):
            assert (await stranger.get(path)).url.path == "/sign-in"


async def test_forged_and_old_links_show_a_kind_page_and_nothing_else(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, visitor(intake) as stranger:
        need_id = await enter_need(mine, intake)
        _, items = await intake.newest_need()
        partner, contact = await intake.add_partner()
        made = offer_of(need_id, items, partner)
        await intake.matcher_says(made)
        good = offer_path(made, contact)
        for path, status in (
            (good[:-4] + "AAAA", 404),
            ("/o/nonsense", 404),
            ("/f/" + good.removeprefix("/o/"), 404),
            ("/o/" + family_path(need_id).removeprefix("/f/"), 404),
            (offer_path(made, contact.model_copy(update={"contact_id": need_id})), 404),
            (offer_path(made, contact, timedelta(days=-1)), 410),
        ):
            answer = await stranger.get(path)
            assert (answer.status_code, "twin" in answer.text) == (status, False), path
            assert (await send(stranger, path + "/accept", {"line-1": "2"})).status_code in {404, 410}
        assert await intake.events(need_id) == ["needs.opened"]


async def test_looking_changes_nothing_and_answering_twice_answers_once(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine, visitor(intake) as partner_page:
        need_id = await enter_need(mine, intake)
        _, items = await intake.newest_need()
        partner, contact = await intake.add_partner("es")
        made = offer_of(need_id, items, partner)
        await intake.matcher_says(made)
        path = offer_path(made, contact)
        for suffix in ("", "/accept", "/decline", "/contacted", "/completed", "/release"):
            await partner_page.get(path + suffix)
        await mine.get(f"/needs/{need_id}/cancel")
        assert await intake.events(need_id) == ["needs.opened"]
        assert "Podemos hacerlo" in (await partner_page.get(path)).text

        too_many = await send(partner_page, path + "/accept", {"line-1": "3"})
        assert (too_many.status_code, "Escriba un número de 0" in too_many.text) == (422, True)
        for _ in range(2):
            await send(partner_page, path + "/accept", {"line-1": "1"})
            await send(partner_page, path + "/decline", {"reason": "too_far"})
        assert await intake.events(need_id) == ["needs.opened", "responses.accepted"]


async def test_a_form_that_another_site_made_is_refused(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine:
        assert (await mine.post("/needs/new", data=FORM)).status_code == 403
        assert (await mine.post("/needs/new", data={**FORM, "form_mark": "guessed"})).status_code == 403
        marked = {**FORM, "form_mark": mine.cookies["form_mark"]}
        cross_site = {"sec-fetch-site": "cross-site"}
        assert (await mine.post("/needs/new", data=marked, headers=cross_site)).status_code == 403


async def test_a_form_sent_twice_makes_one_need(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine:
        first, second = await send(mine, "/needs/new", FORM), await send(mine, "/needs/new", FORM)
        assert first.url == second.url
        changed = await send(mine, "/needs/new", {**FORM, "quantity": "3"})
        assert (changed.status_code, "You sent this form a moment ago" in changed.text) == (422, True)


async def test_sign_in_says_the_same_to_everybody_and_a_link_works_once(intake: RunningIntake) -> None:
    await intake.add_coordinator(MINE, "Lincoln")
    async with visitor(intake) as client:
        await client.get("/sign-in")
        known = await send(client, "/sign-in", {"email": MINE.upper()})
        unknown = await send(client, "/sign-in", {"email": "nobody@lincoln.example.org"})
        assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        link = await intake.sign_in_link(MINE)
        for _ in range(2):  # Mail scanners look first.
            assert (await client.get(link)).status_code == 200
        assert "Lincoln" in (await send(client, link, {})).text
        client.cookies.delete("session")
        assert (await send(client, link, {})).status_code == 410
        assert (await client.get("/needs")).url.path == "/sign-in"
        assert set(intake.mailbox.texts) == {MINE}


async def test_an_address_gets_few_links_however_often_they_are_asked_for(intake: RunningIntake) -> None:
    await intake.add_coordinator(MINE, "Lincoln")
    async with visitor(intake) as client:
        await client.get("/sign-in")
        for _ in range(6):
            answer = await send(client, "/sign-in", {"email": MINE})
        assert answer.status_code == 200
        async with intake.desk.pool.acquire() as connection:
            await connection.execute("DELETE FROM sign_in_emails")
        await send(client, "/sign-in", {"email": MINE})
        async with intake.desk.pool.acquire() as connection:
            assert await connection.fetchval("SELECT count(*) FROM sign_in_emails") == 0
        for number in range(40):
            answer = await send(client, "/sign-in", {"email": f"guess-{number}@lincoln.example.org"})
        assert answer.status_code == 429


async def test_a_session_changes_its_token_and_ends(intake: RunningIntake) -> None:
    async with signed_in(intake, MINE, "Lincoln") as mine:
        first = mine.cookies["session"]
        async with intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE sessions SET rotated_at = now() - interval '2 hours'")
        assert (await mine.get(f"/needs/{uuid4()}/live")).status_code == 404
        assert mine.cookies["session"] == first, "a page that only lies open is nobody at work"
        assert (await mine.get("/needs")).status_code == 200
        assert mine.cookies["session"] != first
        async with intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE sessions SET rotated_at = now() - interval '2 minutes'")
        async with visitor(intake) as thief:
            thief.cookies.set("session", first, domain="127.0.0.1")
            assert (await thief.get("/needs")).url.path == "/sign-in"
        renewed = mine.cookies["session"]
        await send(mine, "/sign-out", {})
        mine.cookies.set("session", renewed, domain="127.0.0.1")
        assert (await mine.get("/needs")).url.path == "/sign-in"


async def test_every_page_is_private(intake: RunningIntake) -> None:
    async with visitor(intake) as client:
        for path in ("/sign-in", "/o/forged", "/f/forged", "/sign-in/used-up"):
            headers = (await client.get(path)).headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
            assert "noindex" in headers["x-robots-tag"]
