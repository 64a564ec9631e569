"""`switchboard partners import` into a real intake, as a shell runs it."""

import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from services.intake.api.callers import Scope, hash_key
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from switchboard.local.folders import CHECKOUT
from tests.browser.intake import RunningIntake, running_intake
from tests.parts import DatabaseMaker
from tests.unit.directory_import.sources import write_csv, write_package

SCOPES = frozenset({Scope.PARTNERS_WRITE, Scope.PARTNERS_READ})
ROW = {"Agency": "Canary Pantry", "Services": "Food", "Zip": "11215", "Email": "ada@pantry.example.org"}


@dataclass
class Office:
    """A running intake, and a key of its administrator."""

    intake: RunningIntake
    client: httpx.AsyncClient
    key: str

    async def run(self, *arguments: str, key: str | None = None) -> tuple[int | None, str, str]:
        process = await create_subprocess_exec(
            *(sys.executable, "-m", "switchboard", "partners", "import", *arguments),
            cwd=CHECKOUT,
            env={"PUBLIC_URL": self.intake.url, "SWITCHBOARD_API_KEY": key or self.key},
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    async def partners(self) -> dict[str, Any]:
        page = (await self.client.get("/v1/partners", params={"limit": 500})).json()
        assert page["next"] is None
        return {one["name"]: one for one in page["partners"]}

    async def add_key(self, scopes: frozenset[Scope]) -> str:
        key = f"sb_{uuid4().hex}"
        async with self.intake.desk.pool.acquire() as connection:
            await keys.save_key(connection, hash_key(key), KeyRow("admin", scopes, None))
        return key


@pytest_asyncio.fixture
async def office(postgres: DatabaseMaker) -> AsyncIterator[Office]:
    async with (
        running_intake(await postgres("intake")) as intake,
        httpx.AsyncClient(base_url=intake.url, timeout=30) as client,
    ):
        made = Office(intake, client, "")
        made.key = await made.add_key(SCOPES)
        client.headers["Authorization"] = f"Bearer {made.key}"
        yield made


async def test_an_import_twice_doubles_nothing_and_keeps_what_was_decided(office: Office, tmp_path: Path) -> None:
    eligibility = "Families of Canary Row"
    rows = [ROW | {"Eligibility": eligibility}, ROW | {"Agency": "Bingo", "Services": "Bingo"}]
    source = str(write_csv(tmp_path / "list.csv", rows))
    code, out, err = await office.run(source)
    assert (code, err) == (1, "switchboard: 1 of list.csv's 2 rows were refused (see above)\n")
    assert "list.csv, line 3: no category: looked at 'Bingo'" in out
    assert "status paused: 1; nobody is written to before they are made active" in out
    assert out.endswith("list.csv: 1 partners taken, 1 new and 0 replaced\n")
    first = await office.partners()
    assert {name: one["status"] for name, one in first.items()} == {"Canary Pantry": "paused"}
    path = f"/v1/partners/{first['Canary Pantry']['partner_id']}"
    record = (await office.client.get(path)).json()
    assert record["services"][0]["eligibility_text"] == eligibility

    decided = record | {"status": "active", "sensitive_needs": True}
    assert (await office.client.put(path, json=decided)).status_code == 200
    code, out, _ = await office.run(source)
    assert (code, out.endswith("list.csv: 1 partners taken, 0 new and 1 replaced\n")) == (1, True)
    assert await office.partners() == {
        "Canary Pantry": first["Canary Pantry"] | {"status": "active", "sensitive_needs": True}
    }


async def test_what_a_person_entered_outlives_an_import(office: Office, tmp_path: Path) -> None:
    source = str(write_csv(tmp_path / "list.csv", [{name: ROW[name] for name in ROW if name != "Email"}]))
    assert (await office.run(source))[0] == 0
    record = (await office.partners())["Canary Pantry"]
    contact = {"contact_id": str(uuid4()), "name": "Bo Volunteer", "email": "bo@pantry.example.org"}
    service = {**record["services"][0], "claims_per_week": 3, "eligibility_text": "Neighbors of Canary Row"}
    entered = record | {"services": [service], "contacts": [contact]}
    assert (await office.client.put("/v1/partners", json={"partners": [entered]})).is_success
    before = await office.partners()
    code, _, err = await office.run(source)
    assert (code, err) == (0, "")
    assert await office.partners() == before
    [kept] = before["Canary Pantry"]["services"]
    assert (kept["claims_per_week"], kept["eligibility_text"]) == (3, "Neighbors of Canary Row")


async def test_a_preview_needs_no_intake_and_sends_nothing(office: Office, tmp_path: Path) -> None:
    code, out, err = await office.run(str(write_csv(tmp_path / "list.csv", [ROW])), "--preview", "--url", "nonsense")
    assert (code, err) == (0, "")
    assert "  Services -> categories" in out
    assert await office.partners() == {}


async def test_partners_who_agreed_are_made_active(office: Office, tmp_path: Path) -> None:
    source = str(write_csv(tmp_path / "list.csv", [ROW]))
    assert (await office.run(source))[0] == 0
    assert (await office.partners())["Canary Pantry"]["status"] == "paused"
    assert (await office.run(source, "--active"))[0] == 0
    assert (await office.partners())["Canary Pantry"]["status"] == "active"


async def test_more_partners_than_fit_into_a_request_are_sent_in_several(office: Office, tmp_path: Path) -> None:
    count = 1001
    organizations = [{"id": str(number), "name": f"Pantry {number}"} for number in range(count)]
    services = [
        {"id": str(number), "organization_id": str(number), "name": "Food", "areas": "Kings County, NY"}
        for number in range(count)
    ]
    source = write_package(tmp_path / "package", organizations=organizations, services=services)
    code, out, err = await office.run(str(source))
    assert (code, err) == (0, "")
    assert f"rows in: {2 * count} = " in out
    assert out.endswith(f"package: {count} partners taken, {count} new and 0 replaced\n")


async def test_a_key_that_may_not_read_what_was_decided_takes_nothing(office: Office, tmp_path: Path) -> None:
    source = str(write_csv(tmp_path / "list.csv", [ROW]))
    code, _, err = await office.run(source, key=await office.add_key(frozenset({Scope.PARTNERS_WRITE})))
    assert (code, err.count("\n")) == (1, 1)
    assert "the key needs partners:read too" in err
    code, _, err = await office.run(source, key="nonsense")
    assert (code, "Send a key that is good" in err, err.count("\n")) == (1, True, 1)
    assert await office.partners() == {}
