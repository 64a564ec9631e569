"""A service's database is lost, an older copy restored and reconciled: needs go on, and nobody is told twice."""

import sys
from asyncio.subprocess import PIPE, STDOUT, create_subprocess_exec
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from switchboard.history import Happening, read_history
from switchboard.local.folders import CHECKOUT
from switchboard.local.postgres import BINARIES
from switchboard.people import Person, ids_in, link_in, sign_in_link
from tests.system import SHIPPED_POLICY, System, running_system, what_happened
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARTNERS = 6
MESSAGES = {"offers.made": 1, "offers.withdrawn": 1, "outcomes.claim_awarded": 2, "outcomes.confirmation_requested": 1}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    # The policy as shipped: its hours outlast the test, so nothing expires on the way.
    async with running_system("restore", {"POLICY_FILE": str(SHIPPED_POLICY)}) as running:
        for _ in range(PARTNERS):
            await running.add_partner(messages_per_week=200, open_offers=100)
        yield running


@pytest.mark.parametrize("victim", ["matcher", "notifier", "intake"])
async def test_a_lost_database_comes_back_from_an_older_copy(system: System, victim: str, tmp_path: Path) -> None:
    waiting, claimed = await add_need(system), await add_need(system)
    async with Person() as volunteer:
        assert await volunteer.send(await link_to(system, claimed, 0), "/accept")
    await told_of(system, claimed, "outcomes.claim_awarded")
    begun = datetime.now(UTC)
    await run(BINARIES / "pg_dump", "-Fc", "-f", tmp_path / "dump", system.run.parts.database_urls[victim])
    fresh = await add_need(system)
    await go_on(system, waiting, claimed, fresh)
    before = {need_id: await happenings(system, need_id) for need_id in (waiting, claimed, fresh)}

    exit_code, said = await reconcile(system, victim, begun)
    assert (exit_code, said.count("\n")) == (1, 1)
    assert said.startswith(f"switchboard: {victim} is running")
    process = getattr(system.run, victim)
    await process.stop()
    await lose_and_restore(system, victim, tmp_path / "dump")
    exit_code, said = await reconcile(system, victim, begun)
    assert exit_code == 0, said
    assert set(counts(said).values()) != {0}
    exit_code, said = await reconcile(system, victim, begun)
    assert set(counts(said).values()) == {0}, f"a second time changed something: {said}"
    late = [(await system.add_need())["need_id"]] if victim != "intake" else []
    process.start()
    await process.wait_ready()

    for need_id in late:
        await told_of(system, need_id, "offers.made")
    restored = what_happened(await system.read_need(fresh), "needs.restored")
    assert len(restored) == (victim == "intake")
    if victim == "intake":
        await the_coordinator_is_told(system, fresh)
    await end_well(system, waiting, claimed, fresh)
    for need_id, past in before.items():
        now = await happenings(system, need_id)
        assert now[: len(past)] == past
        for service in ("intake", "matcher"):
            versions = [one.sequence for one in now if one.service == service]
            assert sorted(versions) == list(range(1, len(versions) + 1)), f"{service} used a version twice"
    await nobody_was_told_twice(system)


async def go_on(system: System, waiting: str, claimed: str, fresh: str) -> None:
    """What happens after the backup: offers, yes, no, contact, completion, and the messages about it."""
    async with Person() as first, Person() as second:
        assert await first.send(await link_to(system, waiting, 0), "/decline", {"reason": "no_capacity"})
        assert await second.send(await link_to(system, waiting, 1), "/accept")
        assert await second.send(await link_to(system, fresh, 0), "/accept")
        assert await second.send(await link_to(system, fresh, 0), "/contacted")
        assert await second.send(await link_to(system, claimed, 0), "/completed")
    for need_id in (waiting, fresh):
        await told_of(system, need_id, "outcomes.claim_awarded")
    await told_of(system, claimed, "outcomes.confirmation_requested")


async def end_well(system: System, waiting: str, claimed: str, fresh: str) -> None:
    """Goes on where everything was left; each need ends as it would have."""
    await answer(system, claimed, "confirming")
    async with Person() as volunteer:
        assert await volunteer.send(await link_to(system, waiting, 1), "/contacted")
        assert await volunteer.send(await link_to(system, waiting, 1), "/completed")
        assert await volunteer.send(await link_to(system, fresh, 0), "/completed")
    for need_id in (waiting, fresh):
        await answer(system, need_id, "confirming")


async def the_coordinator_is_told(system: System, need_id: str) -> None:
    """Signs in, and finds on the pages of a need that its family is not known any more."""
    link = await sign_in_link(system.run.public_url, system.sinks_url, "coordinator@example.org")
    assert link is not None
    async with Person() as coordinator:
        assert await coordinator.send(link, urlsplit(link).path)
        assert (await coordinator.open(f"{system.run.public_url}/needs")).html.count("Whose?") == 1
        page = (await coordinator.open(f"{system.run.public_url}/needs/{need_id}")).html
        assert "we no longer know which family" in page
        assert "This need was restored" in page


async def answer(system: System, need_id: str, status: str) -> None:
    await system.need_reaches(need_id, status)
    confirmed = await system.client.post(
        f"{system.run.public_url}/v1/needs/{need_id}/confirmation", json={"arrived": True}
    )
    assert confirmed.status_code == 202
    await system.need_reaches(need_id, "fulfilled")


async def link_to(system: System, need_id: str, place: int) -> str:
    """The link of the partner who was asked in that place."""
    emails = {one["partner_id"]: one["contacts"][0]["email"] for one in await system.partners()}
    made = what_happened(await system.read_need(need_id), "offers.made")
    return await system.offer_link(emails[made[place]["facts"]["partner_id"]], need_id)


async def add_need(system: System) -> str:
    need_id = str((await system.add_need())["need_id"])
    await told_of(system, need_id, "offers.made")
    return need_id


async def told_of(system: System, need_id: str, what: str) -> None:
    """Waits until it happened, and all messages that the need causes were taken, or came too late to be sent."""

    async def told() -> bool:
        need = await system.read_need(need_id)
        to_come = sum(MESSAGES.get(entry["what"], 0) for entry in need["history"])
        settled = [
            one for fate in ("accepted", "suppressed", "unknown") for one in what_happened(need, f"deliveries.{fate}")
        ]
        return bool(what_happened(need, what)) and len(settled) == to_come

    await eventually(told)


async def happenings(system: System, need_id: str) -> list[Happening]:
    return await read_history(system.run.parts.bootstrap_servers, UUID(need_id))


async def nobody_was_told_twice(system: System) -> None:
    emails = [email for email in await system.emails() if "Message-ID" in email["headers"]]  # all but sign-in links
    assert [
        one for one, count in Counter(email["headers"]["Message-ID"] for email in emails).items() if count > 1
    ] == []
    about = Counter(
        (email["to"], email["subject"], ids_in(link)[1]) for email in emails if (link := link_in(email["text"]))
    )
    assert [one for one, count in about.items() if count > 1] == []
    texts = Counter((text["to"], text["text"]) for text in await system.texts())
    assert [one for one, count in texts.items() if count > 1] == []


async def lose_and_restore(system: System, victim: str, dump: Path) -> None:
    assert system.run.parts.postgres is not None
    connection = await asyncpg.connect(system.run.parts.postgres.admin_url)
    await connection.execute(f'DROP DATABASE "{victim}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{victim}" OWNER "{victim}"')
    await connection.close()
    url = system.run.parts.database_urls[victim]
    exit_code, said = await run(BINARIES / "pg_restore", "--no-owner", "--exit-on-error", "-d", url, dump)
    assert exit_code == 0, said


async def reconcile(system: System, victim: str, since: datetime) -> tuple[int, str]:
    command = (sys.executable, "-m", "switchboard", "reconcile", victim, "--since", since.isoformat())
    return await run(*command, environment=system.run.environment)


async def run(*command: str | Path, environment: dict[str, str] | None = None) -> tuple[int, str]:
    process = await create_subprocess_exec(*command, cwd=CHECKOUT, env=environment, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def counts(said: str) -> dict[str, int]:
    """What `reconcile` printed, without what it finds each time anew."""
    lines = (line.strip().partition(" ") for line in said.splitlines())
    return {what: int(count) for count, _, what in lines if what != "messages still to be sent"}
