"""The same household asks twice, at one school or at two, on a real database: who is shown what, and what is kept."""

import asyncio
import re
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest_asyncio

from schemas.outcomes import NeedUnmet
from schemas.vocabulary import UnmetCause
from services.intake import households, needs
from services.intake.api.callers import Scope, hash_key
from services.intake.domain.need import EnteredNeed
from services.intake.needs import Entry
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from services.runtime.database import open_pool
from switchboard.local.postgres import BINARIES
from tests.browser.intake import RunningIntake, running_intake
from tests.browser.test_strangers import send, signed_in
from tests.parts import DatabaseMaker
from tests.system import need_body

Json = dict[str, Any]
MOTHER = {
    "name": "Zephyrine Quillfeather",
    "phone": "+13475550177",
    "email": "quillfeather@family.example.org",
    "address": "7 Hollow Lane, Apt 4",
    "birth_year": 1985,
    "notes": "canary-note",
}
IN_CLEAR = ("Zephyrine", "Quillfeather", "quillfeather", "5550177", "Hollow", "hollow", "canary-note", "1985")
ELSEWHERE = {"en": "Another school may be helping this household.", "es": "otra escuela ya esté ayudando a este hogar"}
ALREADY = {"en": "There may be an open need for this household already", "es": "ya hay un pedido abierto para este"}


@dataclass
class School:
    """One site, with its coordinator's browser and a program of its district."""

    page: httpx.AsyncClient
    program: httpx.AsyncClient

    async def enter(self, family: Json, **changes: Any) -> Json:
        answer = await self.program.post("/v1/needs", json=need_body(family=family, **changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def duplicates(self, need: Json) -> Json:
        return dict((await self.program.get(f"/v1/needs/{need['need_id']}")).json()["possible_duplicates"])

    async def look(self, need: Json, language: str = "en") -> str:
        answer = await self.page.get(f"/needs/{need['need_id']}", params={"language": language})
        assert answer.status_code == 200
        return answer.text

    async def say(self, what: str, need: Json, other: Json) -> int:
        path = f"/needs/{need['need_id']}/households/{other['need_id']}/{what}"
        return (await send(self.page, path, {})).status_code


@dataclass
class District:
    intake: RunningIntake
    lincoln: School
    grant: School
    office: httpx.AsyncClient

    async def query(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async with self.intake.desk.pool.acquire() as connection:
            return list(await connection.fetch(statement, *values))


@pytest_asyncio.fixture
async def district(postgres: DatabaseMaker) -> AsyncIterator[District]:
    async with (
        running_intake(await postgres("intake")) as intake,
        signed_in(intake, "robin@lincoln.example.org", "Lincoln Canary") as lincoln,
        signed_in(intake, "kim@grant.example.org", "Grant") as grant,
        program(intake, "Lincoln Canary") as lincolns,
        program(intake, "Grant") as grants,
        program(intake, None) as office,
    ):
        yield District(intake, School(lincoln, lincolns), School(grant, grants), office)


@asynccontextmanager
async def program(intake: RunningIntake, site: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key is good for one site, or for all."""
    key = f"sb_{uuid4().hex}"
    async with intake.desk.pool.acquire() as connection:
        site_id = await connection.fetchval("SELECT site_id FROM sites WHERE name = $1", site)
        scopes = frozenset({Scope.NEEDS_READ, Scope.NEEDS_WRITE})
        await keys.save_key(connection, hash_key(key), KeyRow(site or "office", scopes, site_id))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=intake.url, headers=headers, timeout=30) as client:
        yield client


async def test_a_sibling_at_another_school_is_noticed_and_nothing_of_the_other_need_is_told(
    district: District,
) -> None:
    theirs = await district.lincoln.enter(MOTHER, items=[{"code": "bed.crib", "quantity": 3}], zip_code="10001")
    father = {"name": "Orla Quillfeather", "address": "7 hollow ln #4, Brooklyn"}
    own = await district.grant.enter(father)
    assert await district.grant.duplicates(own) == {"own_site": [], "elsewhere": True}
    assert await district.lincoln.duplicates(theirs) == {"own_site": [], "elsewhere": True}

    before = {language: await district.grant.look(own, language) for language in ELSEWHERE}
    for language, page in before.items():
        assert ALREADY[language] in page
        assert page.count(ELSEWHERE[language]) == 1
    answer = await district.grant.program.get(f"/v1/needs/{own['need_id']}")
    told = [answer.text, *before.values(), str(answer.headers)]
    secrets = [theirs["need_id"], theirs["reference"], theirs["terms"]["site_id"], "bed.crib", "crib", "cuna", "10001"]
    for canary in [*secrets, "Lincoln", "Robin", "robin@", "Zephyrine", "5550177", "1985"]:
        assert [text for text in told if canary in text.replace("Robin Reyes", "")] == [], canary

    # Nor how many there are, or since when.
    for _ in range(2):
        await district.lincoln.enter(MOTHER, items=[{"code": "bed.crib", "quantity": 3}])
    assert {language: await district.grant.look(own, language) for language in ELSEWHERE} == before
    assert await district.grant.duplicates(own) == {"own_site": [], "elsewhere": True}


async def test_a_key_for_all_sites_sees_all_as_its_own(district: District) -> None:
    first, second = await district.lincoln.enter(MOTHER), await district.grant.enter(MOTHER)
    shown = (await district.office.get(f"/v1/needs/{second['need_id']}")).json()["possible_duplicates"]
    assert shown == {"own_site": [first["need_id"]], "elsewhere": False}


async def test_who_shares_nothing_is_shown_nothing(district: District) -> None:
    await district.grant.enter(MOTHER)
    await district.lincoln.enter(MOTHER)
    only_a_name = await district.grant.enter({"name": MOTHER["name"]})
    stranger = await district.grant.enter({"name": "Kim Park", "phone": "+13475550178", "address": "7 Hollow Lane"})
    for need in (only_a_name, stranger):
        assert await district.grant.duplicates(need) == {"own_site": [], "elsewhere": False}
        assert ALREADY["en"] not in await district.grant.look(need)
    marks = await district.query("SELECT need_id FROM household_marks WHERE need_id = $1", UUID(only_a_name["need_id"]))
    assert marks == []


async def test_only_needs_that_are_open_and_whose_family_is_known_count(district: District) -> None:
    own = await district.grant.enter(MOTHER)
    for end in ("ended", "withdrawn", "erased"):
        others = [await school.enter(MOTHER) for school in (district.grant, district.lincoln)]
        assert await district.grant.duplicates(own) == {"own_site": [others[0]["need_id"]], "elsewhere": True}
        for other in others:
            await close(district, other, end)
        assert await district.grant.duplicates(own) == {"own_site": [], "elsewhere": False}, end
        assert ALREADY["en"] not in await district.grant.look(own)

    # And one that has ended itself is compared with none any more.
    await district.grant.enter(MOTHER)
    await district.lincoln.enter(MOTHER)
    await close(district, own, "ended")
    assert await district.grant.duplicates(own) == {"own_site": [], "elsewhere": False}


async def close(district: District, need: Json, how: str) -> None:
    need_id = UUID(need["need_id"])
    if how == "ended":
        unmet = tuple(need["terms"]["items"])
        await district.intake.matcher_says(NeedUnmet(need_id=need_id, unmet=unmet, cause=UnmetCause.NO_CAPACITY))
    elif how == "withdrawn":
        await needs.withdraw_consent(district.intake.desk.pool, need_id, None)
    else:
        assert len(await district.query("SELECT FROM household_marks WHERE need_id = $1", need_id)) == 5
        await district.query("DELETE FROM families WHERE need_id = $1", need_id)
        assert await district.query("SELECT FROM household_marks WHERE need_id = $1", need_id) == []


async def test_needs_of_one_school_are_linked_by_hand_and_unlinked(district: District) -> None:
    grant = district.grant
    first = await grant.enter(MOTHER, items=[{"code": "bed.crib", "quantity": 3}])
    second = await grant.enter(MOTHER | {"name": "Somebody Else"})
    assert await grant.duplicates(second) == {"own_site": [first["need_id"]], "elsewhere": False}
    page = await grant.look(second)
    assert (ALREADY["en"] in page, ELSEWHERE["en"] in page) == (True, False)
    for shown in (f'href="/needs/{first["need_id"]}"', first["reference"], "3 cribs", "One moment"):
        assert shown in page
    assert "3 cunas" in await grant.look(second, "es")

    # Twice at once, and from either end, is one link; it is there from either end.
    said = [grant.say("link", one, other) for one, other in ((first, second), (second, first), (second, first))]
    assert await asyncio.gather(*said) == [200] * 3
    for one, other in ((first, second), (second, first)):
        page = await grant.look(one)
        assert "They are linked" in page
        assert ALREADY["en"] not in page
        assert f'href="/needs/{other["need_id"]}"' in page
    assert await grant.duplicates(second) == {"own_site": [first["need_id"]], "elsewhere": False}

    # What was linked stays in sight after the other need has ended, until somebody unlinks it.
    await close(district, second, "ended")
    assert f'href="/needs/{second["need_id"]}"' in await grant.look(first)
    for _ in range(2):
        assert await grant.say("unlink", first, second) == 200
    assert "They are linked" not in await grant.look(first)
    assert await grant.say("link", second, first) == 200
    assert "They are linked" in await grant.look(first)
    links = await district.query(
        "SELECT people.email, unlinked_by = linked_by AS unlinked, unlinked_at > linked_at AS later "
        "FROM household_links JOIN people ON person_id = linked_by ORDER BY linked_at"
    )
    assert [tuple(link) for link in links] == [
        ("kim@grant.example.org", True, True),
        ("kim@grant.example.org", None, None),
    ]


async def test_nobody_links_or_unlinks_needs_of_another_school(district: District) -> None:
    grant, lincoln = district.grant, district.lincoln
    theirs = [await lincoln.enter(MOTHER) for _ in range(3)]
    own = await grant.enter(MOTHER)
    assert await lincoln.say("link", theirs[0], theirs[1]) == 200
    before = await district.query("SELECT * FROM household_links")
    nowhere = {"need_id": str(uuid4())}
    pairs = [(theirs[0], theirs[1]), (theirs[1], theirs[2]), (own, theirs[0]), (theirs[0], own), (own, nowhere)]
    answers = set()
    for need, other in [*pairs, (own, own)]:
        for what in ("link", "unlink"):
            path = f"/needs/{need['need_id']}/households/{other['need_id']}/{what}"
            answer = await send(grant.page, path, {})
            answers.add((answer.status_code, re.sub(r"/needs/[^?\"]+|value=\"[^\"]+\"", "", answer.text)))
    assert len(answers) == 1, "a need of another school differs from one that does not exist"
    assert answers.pop()[0] == 404
    assert await district.query("SELECT * FROM household_links") == before
    async with httpx.AsyncClient(base_url=district.intake.url, follow_redirects=True, timeout=30) as stranger:
        await stranger.get("/sign-in")
        path = f"/needs/{theirs[1]['need_id']}/households/{theirs[2]['need_id']}/link"
        assert (await send(stranger, path, {})).url.path == "/sign-in"
    assert await district.query("SELECT * FROM household_links") == before


async def test_a_dump_of_the_database_holds_no_family_in_clear(district: District) -> None:
    first, second = await district.grant.enter(MOTHER), await district.grant.enter(MOTHER)
    await district.lincoln.enter(MOTHER)
    assert await district.grant.say("link", first, second) == 200
    url = district.intake.desk.settings.intake_database_url
    process = await create_subprocess_exec(BINARIES / "pg_dump", "--inserts", url, stdout=PIPE)
    dump = (await process.communicate())[0].decode()
    assert process.returncode == 0
    assert first["reference"] in dump
    assert dump.count("'name_and_birth_year', '\\x") == 3
    hashes = re.findall(r"'\\x([0-9a-f]+)'", dump)
    for word in IN_CLEAR[:-1]:
        assert word not in dump
        assert [one for one in hashes if word.encode().hex() in one] == []
    published = await district.query("SELECT value FROM outbox")
    assert published
    assert [row for row in published if b"birth_year" in bytes(row["value"])] == []


async def test_a_birth_year_is_checked_and_shown_to_its_own_school_alone(district: District) -> None:
    answer = await district.grant.program.post("/v1/needs", json=need_body(family=MOTHER | {"birth_year": 85}))
    assert [error["field"] for error in answer.json()["errors"]] == ["family.birth_year"]
    form = {
        "item": "bed.twin",
        "quantity": "2",
        "zip_code": "11201",
        "urgency": "this_week",
        "languages": "es",
        "consent": "spoken",
        "name": "Ana García",
        "family_language": "es",
    }
    for wrong in ("85", "19855", "last"):
        page = await send(district.grant.page, "/needs/new", form | {"birth_year": wrong})
        assert (page.status_code, "Write a year in four digits" in page.text) == (422, True)
        assert f'value="{wrong}"' in page.text
    entered = await send(district.grant.page, "/needs/new", form | {"birth_year": "1985"})
    family = await district.grant.page.get(f"{entered.url.path}/family")
    assert "<dd>1985</dd>" in family.text
    again = await send(district.grant.page, "/needs/new", form | {"name": "GARCIA, ANA", "birth_year": "1985"})
    assert ALREADY["en"] in again.text


async def test_a_need_costs_one_more_statement_to_enter_and_two_more_to_look_at(district: District) -> None:
    desk = district.intake.desk
    entered = EnteredNeed.model_validate(need_body(family=MOTHER))
    said: list[str] = []
    async with open_pool(desk.settings.intake_database_url, 1) as pool:
        async with pool.acquire() as connection:
            site_id = await connection.fetchval("SELECT site_id FROM sites WHERE name = 'Grant'")
            connection.add_query_logger(lambda record: said.append(record.query))
        for _ in range(3):
            need = await needs.open_need(pool, desk.seal, entered, Entry("test", site_id))
        assert len([query for query in said if "household" in query]) == 3
        assert len([query for query in said if "INSERT INTO needs" in query]) == 3
        said.clear()
        # The second reads what may be shown; the first finds all, of which most may be of other sites.
        found = await households.find_household(pool, need, site_id)
    assert len(found.possible) == 2
    assert len([query for query in said if "SELECT" in query and "pg_advisory" not in query]) == 2
