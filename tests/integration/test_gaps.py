"""What nobody could do: from the matcher's outcome to the portal, the spreadsheet and the API."""

import csv
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from schemas.envelope import Envelope
from schemas.event import Item
from schemas.outcomes import NeedUnmet
from schemas.vocabulary import EligibilityRule, UnmetCause
from services.intake import gaps, signing_in
from services.intake.api.callers import Scope, hash_key
from services.intake.domain.gaps import Dimension, unmet_lines
from services.intake.domain.quarters import Quarter
from services.intake.handlers import handle
from services.intake.pages.cookies import Cookie
from services.intake.store import gaps as store
from services.intake.store import keys, needs
from services.intake.store.keys import Coordinator, KeyRow
from services.intake.store.people import Role
from services.runtime.messages import Message
from services.runtime.tracing import new_traceparent
from tests.browser.intake import RunningIntake, running_intake
from tests.parts import DatabaseMaker
from tests.system import need_body

Json = dict[str, Any]
BEDS, BEDDING, RENT, FOOD = ("bed.twin", "bed.bedding", "rent.dollars", "food.box")
BEFORE = Quarter.of(datetime.now(UTC).date()).after(-2)
"""A quarter that ended long enough ago, whenever this runs."""


@dataclass
class District:
    """Two sites, with a key of each, a key of all, and the district's officer."""

    intake: RunningIntake
    clients: dict[str, httpx.AsyncClient]
    needs: list[tuple[UUID, tuple[Item, ...]]] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)

    async def enter(self, site: str, *codes: str, **changes: Any) -> UUID:
        items = [{"code": code, "quantity": 1} for code in codes]
        answer = await self.clients[site].post("/v1/needs", json=need_body(items=items, **changes))
        assert answer.status_code == 201, answer.text
        need_id, kept = await self.intake.newest_need()
        self.needs.append((need_id, kept))
        return need_id

    async def end(self, need_id: UUID, cause: UnmetCause = UnmetCause.NOBODY_ELIGIBLE, **left_out: int) -> NeedUnmet:
        items = dict(self.needs)[need_id]
        event = NeedUnmet(
            need_id=need_id,
            unmet=items,
            cause=cause,
            left_out={EligibilityRule(rule): count for rule, count in left_out.items()} or None,
        )
        await self.intake.matcher_says(event)
        return event

    async def go_without(self, site: str, count: int, *codes: str, **changes: Any) -> None:
        """So many needs of a site end unmet in the quarter before."""
        for _ in range(count):
            await self.end(await self.enter(site, *codes, **changes), area=3, category=1)
        await self.turn_back(BEFORE)

    async def turn_back(self, quarter: Quarter) -> None:
        """What ended now ended in that quarter."""
        async with self.intake.desk.pool.acquire() as connection:
            await connection.execute(
                "UPDATE gaps SET month = $1 WHERE month > $2", quarter.months[1], BEFORE.after().first
            )

    async def report(self) -> list[Quarter]:
        """Reports what is due; returns all quarters that are reported now."""
        while await gaps.report_due(self.intake.desk.pool):
            pass
        return await gaps.read_quarters(self.intake.desk.pool)

    async def ask(self, who: str, by: str = "category", quarter: Quarter = BEFORE) -> Json:
        answer = await self.clients[who].get("/v1/gaps", params={"by": by} | period_of(quarter))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def page(self, who: str, path: str = "/gaps") -> httpx.Response:
        if who not in self.sessions:
            self.sessions[who] = await self._sign_in(f"{who}@school.example.org")
        cookies = {str(Cookie.SESSION): self.sessions[who]}
        async with httpx.AsyncClient(base_url=self.intake.url, cookies=cookies, timeout=30) as browser:
            return await browser.get(path)

    async def rows(self) -> list[Json]:
        async with self.intake.desk.pool.acquire() as connection:
            return [dict(row) for row in await connection.fetch("SELECT * FROM gaps ORDER BY need_id, line")]

    async def _sign_in(self, email: str) -> str:
        await signing_in.ask_for_link(self.intake.desk.pool, email, "en", "127.0.0.1")
        link = await self.intake.sign_in_link(email)
        session = await signing_in.sign_in(self.intake.desk.pool, link.rpartition("/")[2])
        assert session is not None
        return session


def period_of(quarter: Quarter) -> dict[str, str]:
    return {"from": f"{quarter.first:%Y-%m}", "to": f"{quarter.months[2]:%Y-%m}"}


@pytest_asyncio.fixture
async def district(postgres: DatabaseMaker) -> AsyncIterator[District]:
    async with running_intake(await postgres("intake")) as intake:
        sites: dict[str, UUID | None] = {"all": None}
        for name in ("ours", "theirs"):
            sites[name] = (await intake.add_coordinator(f"{name}@school.example.org", name.title())).site_id
        ours = sites["ours"]
        assert ours is not None
        officer = Coordinator(
            uuid4(), ours, "Dana", "officer@school.example.org", None, "en", "Ours", "America/New_York"
        )
        async with intake.desk.pool.acquire() as connection:
            await keys.save_person(connection, officer, Role.DISTRICT)
        async with with_clients(intake, sites) as clients:
            yield District(intake, clients)


@asynccontextmanager
async def with_clients(
    intake: RunningIntake, sites: dict[str, UUID | None]
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    clients = {}
    for name, site_id in sites.items():
        key = f"sb_{uuid4().hex}"
        async with intake.desk.pool.acquire() as connection:
            scopes = frozenset({Scope.NEEDS_READ, Scope.NEEDS_WRITE})
            await keys.save_key(connection, hash_key(key), KeyRow(name, scopes, site_id))
        headers = {"Authorization": f"Bearer {key}"}
        clients[name] = httpx.AsyncClient(base_url=intake.url, headers=headers, timeout=30)
    yield clients
    for client in clients.values():
        await client.aclose()


async def test_each_unmet_line_is_kept_once_with_the_rule_that_left_out_most(district: District) -> None:
    need_id = await district.enter("ours", BEDS, RENT, languages=["es", "en"])
    event = await district.end(need_id, area=2, languages=5)
    await district.intake.matcher_says(event)
    district.intake.versions.clear()
    await district.intake.matcher_says(event)
    kept = await district.rows()
    assert [(row["line"], row["category"], row["rule"]) for row in kept] == [
        (1, "beds", "languages"),
        (2, "rent", "languages"),
    ]
    assert {(row["zip_code"], row["language"], row["cause"]) for row in kept} == {("11201", "es", "nobody_eligible")}
    assert {(row["month"].day, row["month"].month) for row in kept} == {(1, datetime.now(UTC).month)}
    history = (await district.clients["ours"].get(f"/v1/needs/{need_id}")).json()["history"]
    # Of a sensitive need, small numbers by rule would tell which partners hear of such needs.
    assert "left_out" not in str(history)


@pytest.mark.parametrize("cause", [UnmetCause.CANCELLED, UnmetCause.CONSENT_WITHDRAWN])
async def test_what_was_taken_back_is_no_gap(district: District, cause: UnmetCause) -> None:
    await district.end(await district.enter("ours", BEDS), cause)
    assert await district.rows() == []


async def test_an_outcome_and_its_gaps_are_one_transaction(district: District) -> None:
    need_id = await district.enter("ours", BEDS)
    event = NeedUnmet(need_id=need_id, unmet=dict(district.needs)[need_id], cause=UnmetCause.NOBODY_ELIGIBLE)
    envelope = Envelope(uuid4(), event.type, "switchboard/test", datetime.now(UTC), str(need_id), 1, new_traceparent())
    async with district.intake.desk.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await handle(connection, [Message("outcomes", event, envelope)])
        assert await connection.fetchval("SELECT count(*) FROM gaps") == 1
        await transaction.rollback()
        need = await needs.read_need(connection, need_id, None)
    assert await district.rows() == []
    assert need is not None
    assert not need.progress.status.ended


async def test_the_api_tells_a_site_its_own_and_the_district_all(district: District) -> None:
    await district.go_without("ours", 14, BEDS, BEDDING)
    await district.go_without("ours", 12, FOOD, zip_code="11215", languages=["es"])
    await district.go_without("theirs", 11, FOOD)
    assert BEFORE in await district.report()
    ours, theirs, both = [await district.ask(who) for who in ("ours", "theirs", "all")]
    assert [(row["value"], row["gaps"], row["whole"]) for row in both["rows"]] == [
        ("food", 23, True),
        ("beds", 14, True),
    ]
    assert (ours["total"], theirs["total"], both["total"]) == (26, 11, 37)
    assert ours["quarters"] == [{"from": f"{BEFORE.first:%Y-%m}", "to": f"{BEFORE.months[2]:%Y-%m}", "state": "told"}]
    months = await district.ask("all", "month")
    assert [(row["value"], row["gaps"]) for row in months["rows"]] == [(f"{BEFORE.months[1]:%Y-%m}", 37)]
    assert [row["value"] for row in (await district.ask("all", "rule"))["rows"]] == ["area"]


async def test_a_small_count_is_not_told_nor_what_would_give_it_away(district: District) -> None:
    await district.go_without("ours", 30, BEDS)
    await district.go_without("ours", 14, FOOD)
    await district.go_without("ours", 3, RENT)
    await district.go_without("theirs", 4, BEDS)
    await district.report()
    ours, theirs, both = [await district.ask(who) for who in ("ours", "theirs", "all")]
    # Of two sites, one with four: the other's sum would tell them.
    assert (ours["total"], theirs["total"]) == (0, 0)
    assert {one["quarters"][0]["state"] for one in (ours, theirs)} == {"too_few"}
    assert [(row["value"], row["gaps"]) for row in both["rows"]] == [("beds", 34)]
    assert (both["total"], both["others"]) == (51, 17)


async def test_a_quarter_is_told_once_and_what_comes_later_counts_in_the_next(district: District) -> None:
    await district.go_without("ours", 12, BEDS)
    await district.go_without("theirs", 12, BEDS)
    reported = await district.report()
    asked = {by: await district.ask("all", by) for by in Dimension}
    need_id = await district.enter("ours", BEDS)
    async with district.intake.desk.pool.acquire() as connection:
        need = await needs.read_need(connection, need_id, None)
        assert need is not None
        event = NeedUnmet(need_id=need_id, unmet=need.terms.items, cause=UnmetCause.NOBODY_ELIGIBLE)
        then = datetime.combine(BEFORE.months[1], datetime.min.time(), UTC)
        await store.add_lines(connection, unmet_lines(event, need.terms, then))
    assert [row["month"] for row in await district.rows() if row["need_id"] == need_id] == [reported[-1].after().first]
    assert await district.report() == reported
    assert {by: await district.ask("all", by) for by in Dimension} == asked


async def test_no_quarter_is_told_before_it_is_over(district: District) -> None:
    for _ in range(12):
        await district.end(await district.enter("ours", BEDS))
    assert await district.report() == []
    this = Quarter.of(datetime.now(UTC).date())
    found = await district.ask("ours", quarter=this)
    assert (found["total"], found["quarters"]) == (0, [period_of(this) | {"state": "not_yet"}])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"by": "name"}, "by"),
        ({}, "by"),
        ({"by": "month", "from": "2026-02", "to": "2026-03"}, "from"),
        ({"by": "month", "from": "2026-01", "to": "2026-04"}, "to"),
        ({"by": "month", "from": "2026-01"}, "to"),
        ({"by": "month", "from": "last year", "to": "2026-03"}, "from"),
    ],
)
async def test_what_is_wrong_with_a_question_is_named(district: District, query: dict[str, str], field: str) -> None:
    answer = await district.clients["ours"].get("/v1/gaps", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [one["field"].removeprefix("query.") for one in answer.json()["errors"]] == [field]


async def test_page_spreadsheet_and_api_say_the_same(district: District) -> None:
    await district.go_without("ours", 14, BEDS)
    await district.go_without("ours", 12, FOOD)
    await district.go_without("theirs", 11, RENT)
    await district.report()
    for person, key in (("ours", "ours"), ("theirs", "theirs"), ("officer", "all")):
        told = await district.ask(key)
        query = f"from={BEFORE.first:%Y-%m}&to={BEFORE.months[2]:%Y-%m}"
        page = await district.page(person, f"/gaps?{query}")
        sheet = await district.page(person, f"/gaps.csv?by=category&{query}")
        assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
        assert re.findall(r'<td class="number">(\d+)</td>', page.text) == [
            str(number) for number in [*(row["gaps"] for row in told["rows"]), told["others"], told["total"]] if number
        ]
        lines = list(csv.reader(StringIO(sheet.content.decode("utf-8-sig"))))[1:]
        assert [(line[0], int(line[2])) for line in lines] == [
            *((row["value"], row["gaps"]) for row in told["rows"]),
            ("", told["others"]),
            ("", told["total"]),
        ]


async def test_a_period_that_is_none_leads_back_to_the_page(district: District) -> None:
    answer = await district.page("ours", "/gaps?from=2026-02&to=2026-03")
    assert (answer.status_code, answer.headers["location"]) == (303, "/gaps")
    assert "Nothing to report yet" in (await district.page("ours")).text
