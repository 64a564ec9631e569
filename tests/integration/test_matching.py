"""Who could help, from a real matcher's index to intake's API; and what is told when the matcher is away."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from rich.console import Console

import switchboard
from schemas.partners import StateArea
from schemas.taxonomy import Category
from schemas.vocabulary import Condition, PartnerStatus
from services.intake import partners
from services.intake.api.callers import Scope, hash_key
from services.intake.matching import Matcher
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from switchboard.errors import SwitchboardError
from switchboard.matching import explain
from tests.browser.intake import award_of, offer_of, running_intake
from tests.browser.matcher import KEY, Town, with_matcher
from tests.parts import DatabaseMaker
from tests.system import need_body

Json = dict[str, Any]
EXAMPLE = Path(switchboard.__file__).parent / "need_example.json"


@dataclass
class Office:
    """A town, and a key of a site."""

    town: Town
    school: httpx.AsyncClient

    async def match(self, language: str = "en", **changes: Any) -> Json:
        body = {name: value for name, value in need_body(**changes).items() if name != "family"}
        answer = await self.school.post("/v1/matching", json=body, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def rows(self) -> int:
        async with self.town.intake.desk.pool.acquire() as connection:
            return int(await connection.fetchval("SELECT (SELECT count(*) FROM needs) + (SELECT count(*) FROM outbox)"))


@pytest_asyncio.fixture
async def office(postgres: DatabaseMaker) -> AsyncIterator[Office]:
    async with running_intake(await postgres("intake")) as intake:
        person = await intake.add_coordinator("ours@school.example.org", "Ours")
        async with intake.desk.pool.acquire() as connection:
            for key, scopes, site_id in (
                ("sb_ours", frozenset(Scope) - {Scope.ADDRESSES_READ}, person.site_id),
                ("sb_writes", frozenset({Scope.NEEDS_WRITE}), person.site_id),
                ("sb_reads", frozenset({Scope.NEEDS_READ}), person.site_id),
            ):
                await keys.save_key(connection, hash_key(key), KeyRow(key, scopes, site_id))
        headers = {"Authorization": "Bearer sb_ours"}
        async with httpx.AsyncClient(base_url=intake.url, headers=headers, timeout=30) as school:
            yield Office(with_matcher(intake), school)


async def test_a_need_that_nobody_entered_is_explained_and_nothing_is_kept(office: Office) -> None:
    helper = await office.town.add_partner("Bed Bank", conditions=(Condition.SHOWS_ID,))
    await office.town.add_partner("Food Bank", Category.FOOD)
    await office.town.add_partner("Soup Kitchen", Category.FOOD)
    await office.town.add_partner("Closed", status=PartnerStatus.PAUSED)
    before = await office.rows()
    told = await office.match(languages=["es"])
    assert told["summary"] == (
        "4 partners near you or serving this place: 1 can help; "
        "2 do not do this kind of help, 1 does not take requests right now, or we may write to nobody there"
    )
    assert [(one["rule"], one["count"]) for one in told["tally"]["left_out"]] == [("category", 2), ("status", 1)]
    [best] = told["best"]
    assert (best["partner_id"], best["name"]) == (str(helper.partner_id), "Bed Bank")
    assert best["because"].startswith(
        "2 miles away, has done little this week, speaks Spanish, asks to see an ID; to be confirmed: "
    )
    assert (best["conditions"], best["score"] > 0) == (["shows_id"], True)
    assert "opening hours" in best["because"]
    spanish = await office.match("es-US,es;q=0.9", languages=["es"])
    assert spanish["summary"].startswith("4 organizaciones cerca o que atienden este lugar: 1 puede ayudar; 2 no dan")
    assert spanish["best"][0]["because"].startswith("A 2 millas, ha hecho poco esta semana, habla español, pide una")
    assert await office.rows() == before


async def test_the_same_json_as_for_a_need_may_be_sent_and_unknown_fields_may_not(office: Office) -> None:
    assert (await office.school.post("/v1/matching", json=need_body())).status_code == 200
    for wrong, field in (({"color": "red"}, "color"), ({"immigration_status": "x"}, "immigration_status")):
        answer = await office.school.post("/v1/matching", json=need_body() | wrong)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    past = await office.school.post("/v1/matching", json=need_body(needed_by="2020-01-01T00:00:00Z"))
    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "needed_by")
    writes = {"Authorization": "Bearer sb_writes"}
    assert (await office.school.post("/v1/matching", json=need_body(), headers=writes)).status_code == 403


async def test_of_a_need_it_is_told_who_was_asked_and_why_one_partner_was_or_was_not(office: Office) -> None:
    asked, near, far = (
        await office.town.add_partner("Asked"),
        await office.town.add_partner("Near"),
        await office.town.add_partner("Far", area=StateArea(state="TX")),
    )
    await office.school.post("/v1/needs", json=need_body())
    need_id, items = await office.town.intake.newest_need()
    made = offer_of(need_id, items, asked)
    await office.town.intake.matcher_says(made)

    async def why(partner_id: UUID) -> Json:
        answer = await office.school.get(f"/v1/needs/{need_id}/matching", params={"partner_id": str(partner_id)})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    told = await why(asked.partner_id)
    assert [one["name"] for one in told["best"]] == ["Near"]
    assert {"rule": "asked_before", "count": 1, "words": "1 was asked already"} in told["tally"]["left_out"]
    assert told["partner"]["asked_at"]
    assert told["partner"]["because"].startswith("Was asked: is close by, has done little this week")
    assert (await why(near.partner_id))["partner"]["because"] == "Can help, and was not asked yet"
    left_out = (await why(far.partner_id))["partner"]
    assert (left_out["because"], left_out["asked_at"]) == ("Does not serve this ZIP code", None)
    assert left_out["left_out_by"] == {str(far.services[0].service_id): ["area"]}
    nobody = await office.school.get(f"/v1/needs/{need_id}/matching", params={"partner_id": str(uuid4())})
    assert nobody.status_code == 404

    await office.town.intake.matcher_says(award_of(made))
    assert (await why(near.partner_id))["best"][0]["items"][0]["quantity"] == items[0].quantity


async def test_of_a_sensitive_need_no_partner_is_named_and_no_small_count_told(office: Office) -> None:
    shelter = await office.town.add_partner("Safe House", Category.SHELTER, sensitive_needs=True)
    for number in range(5):
        await office.town.add_partner(f"Food {number}", Category.FOOD)
    await office.town.add_partner("Not marked", Category.SHELTER)
    told = await office.match(items=[{"code": "shelter.night", "quantity": 1}])
    assert told["summary"].startswith("This need is treated as sensitive")
    assert (told["tally"]["near"], told["tally"]["eligible"]) == (None, None)
    assert (told["best"], [one["rule"] for one in told["tally"]["left_out"]]) == ([], ["category"])
    entered = await office.school.post("/v1/needs", json=need_body(items=[{"code": "shelter.night", "quantity": 1}]))
    url = f"/v1/needs/{entered.json()['need_id']}/matching"
    answer = await office.school.get(url, params={"partner_id": str(shelter.partner_id)})
    assert (answer.status_code, answer.json()["partner"]) == (200, None)
    assert "Safe House" not in answer.text


async def test_whom_intake_has_paused_since_is_not_named(office: Office) -> None:
    record = await office.town.add_partner("Bed Bank")
    paused = record.model_copy(update={"status": PartnerStatus.PAUSED})
    await partners.record_partners(office.town.intake.desk.pool, office.town.intake.desk.seal, [paused])
    assert (await office.match())["best"] == []


async def test_who_may_not_read_partners_is_told_of_none(office: Office) -> None:
    await office.town.add_partner("Bed Bank")
    need = (await office.school.post("/v1/needs", json=need_body())).json()
    headers = {"Authorization": "Bearer sb_reads"}
    for answer in (
        await office.school.post("/v1/matching", json=need_body(), headers=headers),
        await office.school.get(f"/v1/needs/{need['need_id']}/matching", headers=headers),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (403, "This key lacks the scope partners:read.")


@asynccontextmanager
async def silent_matcher() -> AsyncIterator[str]:
    """Takes every connection, and never answers."""
    ended = asyncio.Event()

    async def keep(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    async with await asyncio.start_server(keep, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
        ended.set()


@pytest.mark.parametrize("trouble", ["away", "silent", "another key"])
async def test_without_the_matcher_it_says_so_and_everything_else_goes_on(office: Office, trouble: str) -> None:
    desk = office.town.intake.desk
    async with httpx.AsyncClient() as client, silent_matcher() as silent:
        matchers = {
            "away": Matcher(client, "http://127.0.0.1:1", KEY),
            "silent": Matcher(client, silent, KEY),
            "another key": replace(office.town.intake.app.state.desk.matcher, api_key="another key"),
        }
        office.town.intake.app.state.desk = replace(desk, matcher=matchers[trouble])
        answer = await office.school.post("/v1/matching", json=need_body())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await office.school.post("/v1/needs", json=need_body())).status_code == 201


async def test_the_command_prints_the_tally_the_score_in_numbers_and_why(office: Office) -> None:
    await office.town.add_partner("Bed Bank")
    other = await office.town.add_partner("Food Bank", Category.FOOD)
    shell = StringIO()
    await asyncio.to_thread(
        explain, EXAMPLE, office.town.intake.url, "sb_ours", other.partner_id, Console(file=shell, width=200)
    )
    printed = shell.getvalue()
    assert "2 partners near or serving the place, 1 can help." in printed
    assert "1 does not do this kind of help" in printed
    assert re.search(r"1 │ Bed Bank │ +2 │ 0\.\d\d │ 1\.00 │ 0\.50 │ +1\.00 │ 1\.00 │ +\d\.\d\d", printed)
    assert "1. Bed Bank: 2 miles away, has done little this week, speaks Spanish and English" in printed
    assert "Food Bank: Does not do this kind of help" in printed
    with pytest.raises(SwitchboardError, match="lacks the scope needs:read"):
        await asyncio.to_thread(explain, EXAMPLE, office.town.intake.url, "sb_writes", None, Console(file=shell))
