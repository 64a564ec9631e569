"""Who a family is, over the whole running system: signed for, shown with a code, taken back, erased, found nowhere."""

import re
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from switchboard.local.postgres import BINARIES
from switchboard.people import Page, Person
from tests.e2e.test_commands import run
from tests.e2e.test_whole_loop import CANARY, CANARY_WORDS, no_canary_anywhere
from tests.system import SHIPPED_POLICY, Json, System, running_system, what_happened
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESS = "7 Hollow Lane"
FAMILY = CANARY | {"address": ADDRESS, "notes": "canary-note", "channels": ["text"]}
STAGES = ("asked", "claimed", "contacted", "done")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running() -> AsyncIterator[System]:
    """One with the policy as it is shipped: here a claim must not run out while somebody reads an email."""
    async with running_system("handover", {"POLICY_FILE": str(SHIPPED_POLICY)}) as system:
        yield system


class Volunteer(Person):
    """A partner's person who claimed a need."""

    def __init__(self, system: System, partner: Json, need: Json) -> None:
        super().__init__()
        self.system, self.partner, self.need = system, partner, need
        self.contact = partner["contacts"][0]
        self.link = ""

    async def claim(self, upto: str = "claimed") -> None:
        """Takes the need as far as this."""
        self.link = await self.system.offer_link(self.contact["email"], self.need["need_id"])
        if upto == "asked":
            return
        assert await self.send(self.link, "/accept")
        await self.system.need_reaches(self.need["need_id"], "claimed")
        for step in ("contacted", "done")[: STAGES.index(upto) - 1]:
            assert await self.send(self.link, "/contacted" if step == "contacted" else "/completed")

    async def family_page(self) -> Page:
        return await self.open(f"{self.link}/family")

    async def enter_code(self) -> str:
        """Asks for a code, reads it in the email, enters it. Returns the page that this opens."""
        before = len(await self.codes())
        assert await self.send(f"{self.link}/family", "/family/code")

        async def arrived() -> str | None:
            codes = await self.codes()
            return codes[0] if len(codes) > before else None

        code = await eventually(arrived)
        assert code is not None
        assert await self.send(f"{self.link}/family", "/family", {"code": code})
        return (await self.family_page()).html

    async def codes(self) -> list[str]:
        """Newest first."""
        emails = await self.system.emails(self.contact["email"])
        found = [re.search(r"Your code is (\d{6})", email["text"]) for email in emails]
        return [one[1] for one in found if one]


async def sign(system: System, need: Json, *records: str) -> None:
    body = {
        "records": records,
        "partner_kinds": ["church"],
        "signature": {"by": CANARY["name"], "on": "2026-11-01", "how": "on_screen"},
    }
    answer = await system.client.post(f"{system.run.public_url}/v1/needs/{need['need_id']}/consents", json=body)
    assert answer.status_code == 201, answer.text


async def email_about(system: System, to: str, words: str) -> Json:
    async def arrived() -> Json | None:
        return next((one for one in await system.emails(to) if words in one["subject"]), None)

    found = await eventually(arrived)
    assert found is not None
    return found


async def test_a_family_that_signed_is_reached_visited_if_it_likes_and_forgotten_when_it_says_so(
    system: System,
) -> None:
    partner = await system.add_partner()
    contact = partner["contacts"][0]
    clearance = f"/v1/partners/{partner['partner_id']}/contacts/{contact['contact_id']}/clearance"
    checked = {"kind": "fingerprints", "checked_by": "The city", "until": "2099-01-01"}
    assert (await system.client.put(system.run.public_url + clearance, json=checked)).is_success
    need = await system.add_need(family=FAMILY, items=[{"code": "bed.crib", "quantity": 1}])
    async with Volunteer(system, partner, need) as volunteer:
        await volunteer.claim()
        assert "/family" not in (await volunteer.open(volunteer.link)).html
        await sign(system, need, "name", "phone", "address")
        opened = await volunteer.enter_code()
        assert CANARY["name"] in opened
        assert "(347) 555-0177" in opened
        assert ADDRESS not in opened
        day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        times = {"day": day, "begins": "10:00", "ends": "11:30"}
        assert await volunteer.send(f"{volunteer.link}/family", "/visit", times)

        async def told() -> bool:
            return ADDRESS in (await volunteer.family_page()).html

        await eventually(told)
        await email_about(system, "coordinator@example.org", f"Need {need['reference']}: a visit is planned")
        [text] = [one for one in await system.texts(CANARY["phone"]) if "would like to come" in one["text"]]
        family_link = re.search(r"https?://\S+/f/\S+", text["text"])
        assert family_link is not None
        async with Person() as family:
            assert partner["name"] in (await family.open(family_link[0])).html
            assert await family.send(family_link[0], "/refuse")
        await email_about(system, contact["email"], "Please do not come on")
        assert ADDRESS not in (await volunteer.family_page()).html

        url = f"{system.run.public_url}/v1/needs/{need['need_id']}"
        looks = (await system.client.get(f"{url}/disclosures")).json()
        assert {look["who_id"] for look in looks} == {contact["contact_id"]}
        assert (await system.client.post(f"{url}/consents/take-back")).status_code == 202
        forget = await email_about(system, contact["email"], "Please do not get in touch")
        assert not knows(str(forget))
        assert not knows((await volunteer.family_page()).html)
    await no_canary_anywhere(system)
    await no_canary_in_figures(system)


@pytest.mark.parametrize("stage", STAGES)
async def test_consent_taken_back_at_any_stage_stops_everything(system: System, stage: str) -> None:
    partner = await system.add_partner()
    await system.add_partner()
    need = await system.add_need(family=FAMILY, items=[{"code": "bed.twin", "quantity": 1}])
    if stage != "asked":
        await sign(system, need, "name")
    async with Volunteer(system, partner, need) as volunteer:
        await volunteer.claim(stage)
        if stage in {"claimed", "contacted"}:
            assert CANARY["name"] in await volunteer.enter_code()
        if stage == "done":
            await eventually(lambda: questions(system, need))
        url = f"{system.run.public_url}/v1/needs/{need['need_id']}"
        assert (await system.client.post(f"{url}/withdraw-consent")).status_code == 202
        ended = await system.need_reaches(need["need_id"], "unmet")
        assert ended["cause"] == "consent_withdrawn"
        assert not knows((await volunteer.family_page()).html)
        assert not await volunteer.send(volunteer.link, "/accept")
    withdrawn_at = next(one["at"] for one in ended["history"] if one["what"] == "needs.consent_withdrawn")

    async def nothing_is_on_its_way() -> bool:
        now = await system.read_need(need["need_id"])
        closed = what_happened(now, "deliveries.accepted")
        return any(one["facts"]["purpose"] == "need_closed" for one in closed)

    await eventually(nothing_is_on_its_way)
    after = [
        entry["facts"]["purpose"]
        for entry in what_happened(await system.read_need(need["need_id"]), "deliveries.accepted")
        if entry["at"] > withdrawn_at
    ]
    # Whoever was asked, had it or brought it is told that it is over; nobody is asked, and the family is left in peace.
    assert set(after) <= {"offer_withdrawn", "claim_lapsed", "consent_ended", "help_ended", "need_closed"}
    assert len(await questions(system, need)) == (1 if stage == "done" else 0)


async def questions(system: System, need: Json) -> list[Json]:
    """What the family was asked about this need."""
    return [text for text in await system.texts(CANARY["phone"]) if need["reference"] in text["text"]]


async def test_an_erased_family_is_found_nowhere_and_the_log_stays_whole(system: System, tmp_path: Path) -> None:
    name, phone = f"Ottoline Farthingale{uuid4().hex[:6]}", f"+1917555{uuid4().int % 9000 + 1000}"
    family = {"name": name, "phone": phone, "address": "19 Vellum Court", "notes": "wants-a-quiet-word"}
    partner = await system.add_partner()
    need = await system.add_need(family=family, items=[{"code": "bed.crib", "quantity": 1}])
    await sign(system, need, "name", "phone")
    async with Volunteer(system, partner, need) as volunteer:
        await volunteer.claim()
        assert name in await volunteer.enter_code()
    status, head, problem = await run(system, "audit", "verify")
    assert (status, problem) == (0, "")
    dump = tmp_path / "dump.sql"
    searched = ("--search", str(system.run.folder / "logs"), "--search", str(dump))

    await dump_databases(system, dump)
    status, said, problem = await run(system, "family", "erase", need["reference"], "--yes", *searched)
    assert (status, problem) == (0, ""), problem
    assert said.count(", 0 with something of") == 6, said
    assert not any(word in said for word in (name, phone, "Vellum"))
    status, _, problem = await run(system, "family", "erase", need["reference"], "--yes")
    assert (status, "erased already" in problem) == (1, True)
    status, _, problem = await run(system, "audit", "verify", "--expect", head.strip())
    assert (status, problem) == (0, "")
    status, _, problem = await run(system, "audit", "verify", "--expect", f"1:{'0' * 64}")
    assert (status, "was changed" in problem) == (1, True)
    again = await system.add_need(family=family, items=[{"code": "bed.crib", "quantity": 1}])
    (tmp_path / "left.log").write_text(f"somebody wrote {name} down")
    status, said, problem = await run(
        system, "family", "erase", again["need_id"], "--yes", "--search", str(tmp_path / "left.log")
    )
    assert (status, "left.log" in problem) == (1, True)
    assert name not in said + problem


def knows(text: str) -> bool:
    return any(word in text for word in CANARY_WORDS)


async def dump_databases(system: System, target: Path) -> None:
    with target.open("wb") as file:
        for url in system.run.parts.database_urls.values():
            process = await create_subprocess_exec(BINARIES / "pg_dump", "--inserts", url, stdout=PIPE)
            out, _ = await process.communicate()
            assert process.returncode == 0
            file.write(out)


async def no_canary_in_figures(system: System) -> None:
    """Nothing of a family is in a figure, a health answer, or the answer to a wrong call."""
    urls = [
        f"{system.run.environment[f'{name}_URL']}{path}"
        for name in ("INTAKE", "MATCHER", "NOTIFIER")
        for path in ("/metrics", "/health/ready", "/nowhere")
    ]
    async with httpx.AsyncClient(timeout=30) as client:
        texts = {url: (await client.get(url)).text for url in urls}
    assert [url for url, text in texts.items() for word in CANARY_WORDS if word in text] == []
