"""A directory that an administrator uploads: looked at, then taken in, and nothing of what was entered here lost."""

import asyncio
import io
import zipfile

import httpx
import pytest

from services.intake.pages.cookies import Cookie
from services.intake.partners import save_records
from services.intake.store import partners as partner_rows
from services.intake.store.people import Role
from tests.integration.cases import FORM_MARK
from tests.integration.test_staff import MARK, Office, office
from tests.waiting import count_waiting, eventually

__all__ = ["office"]

SHEET = b"Agency,Services,Zip,Email\nCanary Pantry,Food,11215,ada@pantry.example.org\n,Food,11215,\n"


async def upload(
    office: Office, name: str, raw: bytes, *, role: Role = Role.ADMINISTRATOR, **fields: str
) -> httpx.Response:
    cookies = {FORM_MARK: MARK, str(Cookie.SESSION): office.sessions[role]}
    headers = {"accept": "text/html"}
    async with httpx.AsyncClient(base_url=office.intake.url, cookies=cookies, headers=headers, timeout=60) as client:
        return await client.post("/imports", data={FORM_MARK: MARK, **fields}, files={"file": (name, raw)})


async def partners(office: Office) -> dict[str, str]:
    async with office.intake.desk.pool.acquire() as connection:
        rows = await connection.fetch("SELECT record->>'name' AS name, record->>'status' AS status FROM partners")
    return {row["name"]: row["status"] for row in rows}


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(f"{name}.csv", raw)
    return out.getvalue()


async def test_a_file_is_looked_at_before_it_is_taken_in_and_again_doubles_nothing(office: Office) -> None:
    administrator = office.sessions[Role.ADMINISTRATOR]
    for _ in range(2):
        seen = await upload(office, "C:\\\\lists\\\\pantries.csv", SHEET)
        page = (await office.ask(administrator, seen.headers["location"])).text
        assert "What pantries.csv would bring" in page
        assert all(text in page for text in ("Partners: 1. Services: 1.", "no name of an organization", "read as"))
        spanish = (await office.ask(administrator, f"{seen.headers['location']}?language=es")).text
        assert all(text in spanish for text in ("falta el nombre de la organización", "se leyó como"))
        taken = await office.ask(administrator, seen.headers["location"], go="1")
        assert taken.headers["location"] == "/imports?taken=1"
        assert (await office.ask(administrator, seen.headers["location"])).status_code == 404
    assert await partners(office) == {"Canary Pantry": "paused"}
    await take_in_while_somebody_raises_a_limit(office)
    assert "took partners in from pantries.csv (1)." in (await office.ask(administrator, "/people")).text


async def take_in_while_somebody_raises_a_limit(office: Office) -> None:
    desk, seen = office.intake.desk, await upload(office, "again.csv", SHEET)
    [partner_id] = [row["partner_id"] for row in await desk.pool.fetch("SELECT partner_id FROM partners")]
    async with desk.pool.acquire() as connection, connection.transaction():
        record = (await partner_rows.lock_partners(connection, [partner_id]))[partner_id]
        location = seen.headers["location"]
        taking = asyncio.create_task(office.ask(office.sessions[Role.ADMINISTRATOR], location, go="1"))

        async def waits() -> bool:
            return await count_waiting(desk.pool) > 0

        await eventually(waits)
        await save_records(connection, desk.seal, [record.model_copy(update={"messages_per_week": 3})])
    assert (await taking).headers["location"] == "/imports?taken=1"
    kept = await desk.pool.fetchval("SELECT record->>'messages_per_week' FROM partners")
    assert kept == "3"


async def test_looking_takes_nothing_in(office: Office) -> None:
    seen = await upload(office, "pantries.csv", SHEET)
    await office.ask(office.sessions[Role.ADMINISTRATOR], seen.headers["location"])
    assert await partners(office) == {}


async def test_partners_that_agreed_become_active_and_a_suspended_one_stays_so(office: Office) -> None:
    administrator = office.sessions[Role.ADMINISTRATOR]
    for expected in ("active", "suspended"):
        seen = await upload(office, "pantries.csv", SHEET, active="yes")
        await office.ask(administrator, seen.headers["location"], go="1")
        assert await partners(office) == {"Canary Pantry": expected}
        async with office.intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE partners SET record = jsonb_set(record, '{status}', '\"suspended\"')")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("list.csv", b"%PDF-1.7 \n...", "is no spreadsheet, JSON or zip"),
        ("list.csv", b"\x89PNG\r\n\x1a\n", "is no spreadsheet, JSON or zip"),
        ("list.csv", b"a,b\x00\x01\x02", "is no spreadsheet, JSON or zip"),
        ("list.json", b'{"a": ', "this is not JSON"),
        ("list.csv", b"", "has no partners in it"),
        ("bomb.zip", packed(a=b"0" * 30_000_000), "unpacks to more than 24 MB"),
        ("cut.zip", packed(a=SHEET)[:-30], "cannot be unpacked"),
        ("large.csv", b"x" * (4 * 1024 * 1024 + 1), "too large"),
        ("<script>.csv", b"%PDF", "&lt;script&gt;.csv is no spreadsheet"),
    ],
)
async def test_what_is_no_directory_is_refused_with_its_reason(
    office: Office, name: str, raw: bytes, said: str
) -> None:
    answer = await upload(office, name, raw)
    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM imports") == 0


async def test_what_is_far_too_large_is_not_even_read(office: Office) -> None:
    answer = await upload(office, "large.csv", b"x" * (6 * 1024 * 1024))
    assert (answer.status_code, "This is too large" in answer.text) == (413, True)


async def test_a_supervisor_takes_nothing_in(office: Office) -> None:
    assert (await upload(office, "pantries.csv", SHEET, role=Role.SUPERVISOR)).status_code == 404
