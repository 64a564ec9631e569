"""Sites, people and roles on pages: who may change whom, and that signing in follows at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from uuid import UUID

import httpx
import pytest_asyncio

from services.intake.pages.cookies import Cookie
from services.intake.store import keys
from services.intake.store.people import Role
from tests.browser.intake import RunningIntake, running_intake
from tests.integration.cases import FORM_MARK
from tests.parts import DatabaseMaker
from tests.waiting import eventually

MARK = "a-mark-of-this-browser"
NEWCOMER = {"name": "Noor New", "email": "noor@school.example.org", "role": "coordinator", "language": "es"}


@dataclass
class Office:
    """Intake with a site, its supervisor and the network's administrator, each signed in."""

    intake: RunningIntake
    site_id: UUID
    emails: dict[Role, str] = field(default_factory=dict)
    sessions: dict[Role, str] = field(default_factory=dict)

    async def ask(self, session: str | None, path: str, **fields: str) -> httpx.Response:
        """Opens a page, or sends its form where there are fields."""
        cookies = {FORM_MARK: MARK} | ({str(Cookie.SESSION): session} if session else {})
        async with httpx.AsyncClient(base_url=self.intake.url, cookies=cookies, timeout=30) as client:
            if fields:
                return await client.post(path, data={FORM_MARK: MARK, **fields})
            return await client.get(path)

    async def change(self, session: str, path: str, **fields: str) -> httpx.Response:
        """Opens a person's or a site's record, and sends its form."""
        return await self.ask(session, path, opened=await self.opened(session, path), **fields)

    async def opened(self, session: str, path: str) -> str:
        """What the form says as it is opened, which it carries."""
        return carried((await self.ask(session, path)).text)

    async def person_id(self, email: str) -> UUID:
        async with self.intake.desk.pool.acquire() as connection:
            found: UUID = await connection.fetchval("SELECT person_id FROM people WHERE email = $1", email)
        return found

    async def letters_to(self, email: str) -> list[str]:
        async def find() -> list[str] | None:
            return self.intake.mailbox.texts.get(email)

        return await eventually(find) or []


def carried(page: str) -> str:
    found = re.search(r'name="opened" value="([^"]+)"', page)
    assert found
    return unescape(found[1])


@pytest_asyncio.fixture
async def office(postgres: DatabaseMaker) -> AsyncIterator[Office]:
    async with running_intake(await postgres("intake")) as intake:
        person = await intake.add_coordinator("robin@school.example.org", "Lincoln")
        made = Office(intake, person.site_id)
        for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
            made.emails[role] = await intake.add_person(role, person.site_id)
            made.sessions[role] = await intake.sign_in(made.emails[role])
        yield made


async def test_a_new_person_is_told_and_signs_in_at_once(office: Office) -> None:
    supervisor = office.sessions[Role.SUPERVISOR]
    answer = await office.ask(supervisor, "/people/new", **NEWCOMER, phone="718 555 0141")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    [letter] = await office.letters_to(NEWCOMER["email"])
    assert "Sam Supervisor le agregó" in letter
    assert f"{office.intake.url}/sign-in" in letter
    session = await office.intake.sign_in(NEWCOMER["email"])
    board = (await office.ask(session, "/needs")).text
    assert ('lang="es"' in board, "Lincoln" in board) == (True, True)
    page = (await office.ask(supervisor, "/people")).text
    assert "Sam Supervisor added Noor New." in page


async def test_a_paused_person_is_out_at_once_and_no_link_of_theirs_is_good(office: Office) -> None:
    supervisor = office.sessions[Role.SUPERVISOR]
    session = await office.intake.sign_in("robin@school.example.org")
    robin = await office.person_id("robin@school.example.org")
    office.intake.mailbox.texts.clear()
    await office.ask(None, "/sign-in", email="robin@school.example.org")
    link = await office.intake.sign_in_link("robin@school.example.org")
    assert (await office.ask(supervisor, f"/people/{robin}/pause", paused="yes")).status_code == 303
    assert (await office.ask(session, "/needs")).headers["location"] == "/sign-in"
    assert (await office.ask(None, link.removeprefix(office.intake.url))).status_code == 410
    assert (await office.ask(None, link.removeprefix(office.intake.url), go="1")).status_code == 410
    assert (await office.ask(None, "/sign-in", email="robin@school.example.org")).headers["location"] == "/sign-in/sent"
    assert await office.intake.desk.pool.fetchval("SELECT count(*) FROM sign_in_emails") == 0
    assert "Nobody follows the needs of Lincoln" in (await office.ask(supervisor, "/people")).text
    assert (await office.ask(supervisor, f"/people/{robin}/pause", paused="no")).status_code == 303
    assert (await office.ask(session, "/needs")).headers["location"] == "/sign-in"
    again = await office.intake.sign_in("robin@school.example.org")
    assert (await office.ask(again, "/needs")).status_code == 200


async def test_another_address_ends_what_the_old_one_opened(office: Office) -> None:
    session = await office.intake.sign_in("robin@school.example.org")
    robin = await office.person_id("robin@school.example.org")
    changed = {**NEWCOMER, "name": "Robin Reyes", "email": "reyes@school.example.org"}
    assert (await office.change(office.sessions[Role.SUPERVISOR], f"/people/{robin}", **changed)).status_code == 303
    assert (await office.ask(session, "/needs")).headers["location"] == "/sign-in"
    page = (await office.ask(office.sessions[Role.SUPERVISOR], "/people")).text
    noted = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Sam Supervisor changed the record of Robin Reyes. (email, phone, language)" in noted


async def test_of_leaders_who_change_one_record_at_once_nobody_loses_anything(office: Office) -> None:
    sessions, robin = office.sessions, await office.person_id("robin@school.example.org")
    opened = await office.opened(sessions[Role.SUPERVISOR], f"/people/{robin}")
    record = {**NEWCOMER, "email": "robin@school.example.org", "site_id": str(office.site_id), "opened": opened}
    sent = [
        office.ask(sessions[role], f"/people/{robin}", **record | {"name": f"Robin of the {role}"})
        for role in (Role.SUPERVISOR, Role.ADMINISTRATOR) * 3
    ]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [303, 303, 303, 422, 422, 422]
    later = next(answer for answer in answers if answer.status_code == 422)
    assert "somebody else changed it" in later.text
    assert all(f"Robin of the {role}" in later.text for role in (Role.SUPERVISOR, Role.ADMINISTRATOR))
    again = record | {"name": "Robin Reyes", "opened": carried(later.text)}
    assert (await office.ask(sessions[Role.SUPERVISOR], f"/people/{robin}", **again)).status_code == 303


async def test_nobody_changes_the_own_role_and_the_last_administrator_stays(office: Office) -> None:
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        own = await office.person_id(office.emails[role])
        answer = await office.ask(office.sessions[role], f"/people/{own}/pause", paused="yes")
        assert (answer.status_code, "Nobody can pause themselves" in answer.text) == (422, True)
        lower = {**NEWCOMER, "email": office.emails[role]}
        answer = await office.change(office.sessions[role], f"/people/{own}", **lower)
        assert (answer.status_code, "Nobody can pause themselves" in answer.text) == (422, True)


async def test_a_supervisor_gives_no_role_above_the_own_and_no_other_site(office: Office) -> None:
    supervisor = office.sessions[Role.SUPERVISOR]
    other = await office.intake.add_coordinator("theirs@school.example.org", "Theirs")
    for wrong in ({"role": "administrator"}, {"role": "district"}, {"role": "x"}, {"site_id": str(other.site_id)}):
        answer = await office.ask(supervisor, "/people/new", **{**NEWCOMER, **wrong})
        assert answer.status_code == 422, wrong
    for email in ("theirs@school.example.org", office.emails[Role.ADMINISTRATOR]):
        person_id = await office.person_id(email)
        assert (await office.ask(supervisor, f"/people/{person_id}", **NEWCOMER)).status_code == 404
        assert (await office.ask(supervisor, f"/people/{person_id}/pause", paused="yes")).status_code == 404
    answer = await office.ask(office.sessions[Role.ADMINISTRATOR], "/people/new", **{**NEWCOMER, "role": "district"})
    assert answer.status_code == 303


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(office: Office) -> None:
    wrong = {"name": "", "email": "robin at school", "phone": "12", "role": "coordinator", "language": "en"}
    answer = await office.ask(office.sessions[Role.SUPERVISOR], "/people/new", **wrong)
    assert answer.status_code == 422
    assert all(text in answer.text for text in ("Write a name.", "Write an email like", "Write a number with area"))
    assert 'value="robin at school"' in answer.text
    known = {**NEWCOMER, "email": "Robin@School.example.org"}
    answer = await office.ask(office.sessions[Role.SUPERVISOR], "/people/new", **known)
    assert (answer.status_code, "Somebody has this email already." in answer.text) == (422, True)


async def test_an_administrator_adds_a_site_and_its_supervisor_names_who_stands_in(office: Office) -> None:
    administrator, supervisor = office.sessions[Role.ADMINISTRATOR], office.sessions[Role.SUPERVISOR]
    site = {"name": "Roosevelt High", "zip_code": "60614", "time_zone": "America/Chicago", "approval": "none"}
    sent = [office.ask(administrator, "/sites/new", **site, key="one form") for _ in range(6)]
    assert {answer.status_code for answer in await asyncio.gather(*sent)} == {303}
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM administration WHERE what = 'site_added'") == 1
    assert "Roosevelt High" in (await office.ask(administrator, "/sites")).text
    assert "Roosevelt High" not in (await office.ask(supervisor, "/sites")).text
    assert (await office.ask(supervisor, "/sites/new", **site)).status_code == 404
    deputy = await office.person_id(office.emails[Role.SUPERVISOR])
    own = {
        "name": "Lincoln",
        "zip_code": "11201",
        "time_zone": "America/New_York",
        "backup_id": str(deputy),
        "approval": "none",
    }
    lincoln = f"/sites/{office.site_id}"
    assert (await office.change(supervisor, lincoln, **own)).status_code == 303
    assert "Backup: Sam Supervisor" in (await office.ask(supervisor, "/sites")).text
    robin = await office.person_id("robin@school.example.org")
    record = {
        **NEWCOMER,
        "phone": "(718) 555-0141",
        "site_id": str(office.site_id),
        "opened": await office.opened(administrator, f"/people/{robin}"),
    }
    at_once = [office.ask(administrator, f"/people/{robin}", **record) for _ in range(3)]
    own["opened"] = await office.opened(administrator, lincoln)
    at_once += [office.ask(administrator, lincoln, **own | {"zip_code": f"1121{n}"}) for n in range(3)]
    *people, one, two, three = await asyncio.gather(*at_once)
    assert {answer.status_code for answer in people} == {303}
    first, second, third = sorted((one, two, three), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in (first, second, third)] == [303, 422, 422]
    assert all("ZIP code of the site:</strong> 1121" in answer.text for answer in (second, third))
    stranger = await office.intake.add_coordinator("theirs@school.example.org", "Theirs")
    own["backup_id"] = str(stranger.person_id)
    del own["opened"]
    answer = await office.change(supervisor, lincoln, **own)
    assert (answer.status_code, "Choose somebody of this site" in answer.text) == (422, True)


async def test_who_is_paused_is_written_to_about_no_need(office: Office) -> None:
    need = {"items": [{"code": "bed.twin", "quantity": 1}], "zip_code": "11201"}
    async with office.intake.desk.pool.acquire() as connection:
        need_id = await connection.fetchval(
            "INSERT INTO needs (need_id, reference, site_id, version, terms, traceparent) "
            "VALUES (gen_random_uuid(), '123456', $1, 1, $2, '') RETURNING need_id",
            office.site_id,
            need,
        )
        assert await keys.coordinator_of(connection, need_id) is not None
    robin = await office.person_id("robin@school.example.org")
    await office.ask(office.sessions[Role.ADMINISTRATOR], f"/people/{robin}/pause", paused="yes")
    async with office.intake.desk.pool.acquire() as connection:
        assert await keys.coordinator_of(connection, need_id) is None
