"""What the API says to fields that it does not take: by name, with the way out, and never with what they held."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from services.intake.api.callers import Scope, hash_key
from services.intake.domain.asked import fields_in
from services.intake.domain.need import EnteredNeed
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from tests.browser.intake import RunningIntake, running_intake
from tests.parts import DatabaseMaker
from tests.system import need_body

CANARY = "Zephyrine-7731-Quill"
NEVER = "this is never asked; leave it out"


@pytest_asyncio.fixture
async def intake(postgres: DatabaseMaker) -> AsyncIterator[RunningIntake]:
    async with running_intake(await postgres("intake")) as running:
        yield running


@pytest_asyncio.fixture
async def caller(intake: RunningIntake) -> AsyncIterator[httpx.AsyncClient]:
    person = await intake.add_coordinator("robin@school.example.org", "Ours")
    key = f"sb_{uuid4().hex}"
    async with intake.desk.pool.acquire() as connection:
        scopes = frozenset(Scope) - {Scope.ADDRESSES_READ}
        await keys.save_key(connection, hash_key(key), KeyRow("Ours", scopes, person.site_id))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=intake.url, headers=headers, timeout=30) as client:
        yield client


async def refused(caller: httpx.AsyncClient, body: Any, path: str = "/v1/needs") -> dict[str, str]:
    answer = await caller.request("POST" if path == "/v1/needs" else "PUT", path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert CANARY not in answer.text
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


async def test_what_is_never_asked_is_refused_by_name_wherever_it_stands(caller: httpx.AsyncClient) -> None:
    family = need_body()["family"]
    for name in ("immigration_status", "ssn", "placeOfBirth", "Visa"):
        assert await refused(caller, need_body(**{name: CANARY})) == {name: NEVER}
        assert await refused(caller, need_body(family=family | {name: CANARY})) == {f"family.{name}": NEVER}
        items = [{"code": "bed.twin", "quantity": 1, name: CANARY}]
        assert (await refused(caller, need_body(items=items)))[f"items.0.{name}"] == NEVER
        mother = await refused(caller, need_body(family=family | {"mother": {name: {"is": CANARY}}}))
        assert mother.pop(f"family.mother.{name}") == NEVER
        assert mother["family.mother"].startswith("this is not one of the fields")
        contact = {"contact_id": str(uuid4()), "name": "Bo", name: CANARY}
        partner = {"name": "Closet", "kind": "church", "contacts": [contact]}
        assert await refused(caller, partner, f"/v1/partners/{uuid4()}") == {f"contacts.0.{name}": NEVER}


async def test_an_unknown_field_is_answered_with_those_there_are(caller: httpx.AsyncClient) -> None:
    top = await refused(caller, need_body(school=CANARY))
    assert top["school"].startswith("this is not one of the fields; the fields are site_id, items, zip_code")
    assert "quantity" not in top["school"]
    item = await refused(caller, need_body(items=[{"code": "bed.twin", "quantity": 1, "color": CANARY}]))
    assert item["items.0.color"] == "this is not one of the fields; the fields are code, quantity, whole"
    family = await refused(caller, need_body(family={"name": "A", "nickname": CANARY}))
    assert "language, channels, notes, partner_notes" in family["family.nickname"]


@pytest.mark.parametrize("value", [CANARY, {CANARY: 1}, [CANARY], CANARY * 200], ids=["text", "object", "list", "long"])
async def test_no_refusal_holds_what_was_sent(caller: httpx.AsyncClient, value: Any) -> None:
    takes_any_text = {"family.name", "family.address", "family.notes"}
    paths = {path for path, _ in fields_in(EnteredNeed)} - (takes_any_text if value == CANARY else set())
    assert len(paths) > 15
    for path in paths:
        answer = await caller.post("/v1/needs", json=with_field(need_body(), path, value))
        assert answer.status_code == 422, path
        # A field is named, also one whose name is the canary; what it held is not.
        assert not [error for error in answer.json()["errors"] if CANARY in error["message"]], path


def with_field(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *places, name = path.split(".")
    within: Any = body
    for place in places:
        within = within[place][0] if place == "items" else within.setdefault(place, {})
    within[name] = value
    return body


async def test_a_zip_code_that_does_not_exist_is_not_said_again(caller: httpx.AsyncClient) -> None:
    assert "11200" not in (await refused(caller, need_body(zip_code="11200")))["zip_code"]


async def test_partner_notes_that_may_say_who_they_are_are_refused_until_somebody_has_looked(
    caller: httpx.AsyncClient, intake: RunningIntake
) -> None:
    family = {"name": "Maria Canary", "partner_notes": f"Maria is home at noon, {CANARY}"}
    told = await refused(caller, need_body(family=family))
    assert told == {
        "family.partner_notes": "this may say who they are (the family's name, a long number); "
        "take it out, or send partner_notes_checked: true to keep it so"
    }
    async with intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM needs") == 0
    kept = await caller.post("/v1/needs", json=need_body(family=family, partner_notes_checked=True))
    assert kept.status_code == 201
    assert await intake.events(kept.json()["need_id"]) == ["needs.opened"]
    assert "noon" not in kept.text
    reached = family | {"partner_notes": "Call 718-555-0177"}
    told = await refused(caller, need_body(family=reached, partner_notes_checked=True))
    assert told == {"family.partner_notes": "this may say who they are (a phone number); take it out"}
    plain = family | {"partner_notes": "size 8 shoes, two bunk beds, after 5 pm, ages 6 and 9"}
    assert (await caller.post("/v1/needs", json=need_body(family=plain))).status_code == 201
    long = family | {"partner_notes": "x" * 501}
    assert set(await refused(caller, need_body(family=long))) == {"family.partner_notes"}
