"""SIGKILL of each service in turn, mid-stream: nothing acknowledged is lost, and nothing happens twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from switchboard.people import ids_in, link_in
from tests.system import SHIPPED_POLICY, System, need_body, number_in, running_system, what_happened
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEEDS, PARTNERS = 40, 4
PHONES = [f"+17185556{number:03d}" for number in range(PARTNERS)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    # The policy as shipped: its hours outlast any lease, so nothing expires while a service is away.
    async with running_system("faults", {"POLICY_FILE": str(SHIPPED_POLICY)}) as running:
        for phone in PHONES:
            contact = {"contact_id": str(uuid4()), "name": "Bo", "phone": phone, "channels": ["text"]}
            await running.add_partner(contacts=[contact], messages_per_week=200, open_offers=100)
        yield running


@pytest.mark.parametrize("victim", ["intake", "matcher", "notifier"])
async def test_a_killed_service_loses_and_doubles_nothing(system: System, victim: str) -> None:
    process = getattr(system.run, victim)
    known = {need["need_id"] for need in await all_needs(system)}
    answering = asyncio.create_task(answer_every_offer(system, await newest_message(system)))
    posting = asyncio.create_task(post_needs(system))
    for _ in range(2):
        await eventually(partial(something_new, system, frozenset(known)))
        known |= {need["need_id"] for need in await all_needs(system)}
        process.kill()
        process.start()
        await process.wait_ready()
    acknowledged = await posting

    async def all_claimed() -> bool:
        return all([(await system.read_need(need_id))["status"] != "open" for need_id in acknowledged]) and all(
            [what_happened(await system.read_need(need_id), "outcomes.claim_awarded") for need_id in acknowledged]
        )

    await eventually(all_claimed)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert len(set(acknowledged)) == NEEDS
    for need_id in acknowledged:
        await nothing_is_doubled(system, need_id)


async def something_new(system: System, known: frozenset[str]) -> bool:
    return len({need["need_id"] for need in await all_needs(system)} - known) >= NEEDS // 4


async def all_needs(system: System) -> list[dict[str, str]]:
    answer = await system.client.get(f"{system.run.public_url}/v1/needs", params={"limit": 200})
    assert answer.status_code == 200
    return list(answer.json()["needs"])


async def post_needs(system: System) -> list[str]:
    """Posts needs one after the other, each until it is acknowledged, as a careful client does."""
    return [await post_need(system, str(uuid4())) for _ in range(NEEDS)]


async def post_need(system: System, key: str) -> str:
    body = need_body()

    async def posted() -> str | None:
        try:
            answer = await system.client.post(
                f"{system.run.public_url}/v1/needs", json=body, headers={"Idempotency-Key": key}
            )
        except httpx.HTTPError:
            return None
        assert answer.status_code in {201, 500, 503}, answer.text
        return str(answer.json()["need_id"]) if answer.status_code == 201 else None

    need_id = await eventually(posted)
    assert need_id is not None
    await asyncio.sleep(0.05)  # the load's own pace, not a wait for anything
    return need_id


async def newest_message(system: System) -> int:
    sent = await system.client.get(f"{system.sinks_url}/api/stream")
    return max((message["number"] for message in sent.json()["messages"]), default=0)


async def answer_every_offer(system: System, after: int) -> None:
    """Says YES to every offer since then, by text, again and again until the text is taken."""
    waiting: list[tuple[str, str]] = []
    while True:
        answer = await system.client.get(f"{system.sinks_url}/api/stream", params={"after": after, "wait": 0.2})
        for message in answer.json()["messages"]:
            after = message["number"]
            if not message["incoming"] and "Reply YES" in message["text"] and message["to"] in PHONES:
                waiting.append((message["to"], f"YES {number_in(message['text'])}"))
        kept = []
        for sender, body in waiting:
            said = await system.client.post(f"{system.sinks_url}/api/texts/reply", json={"from": sender, "body": body})
            if said.status_code != 200 or "no open number" in said.json()["reply"]:
                kept.append((sender, body))
        waiting = kept


async def nothing_is_doubled(system: System, need_id: str) -> None:
    need = await system.read_need(need_id)
    offers = [entry["facts"]["partner_id"] for entry in what_happened(need, "offers.made")]
    assert len(offers) == len(set(offers)), "a partner was asked twice"
    awarded = Counter[int]()
    for entry in what_happened(need, "outcomes.claim_awarded"):
        awarded.update({line["line"]: line["quantity"] for line in entry["facts"]["awarded"]})
    for entry in what_happened(need, "outcomes.claim_lapsed"):
        awarded.subtract({line["line"]: line["quantity"] for line in entry["facts"]["returned"]})
    assert all(awarded[item["line"]] <= item["quantity"] for item in need["terms"]["items"])
    flagged = Counter(
        entry["facts"]["offer_id"]
        for entry in what_happened(need, "deliveries.unknown")
        if entry["facts"]["purpose"] == "offer"
    )
    sent = Counter(
        str(ids_in(link)[1])
        for message in await system.texts()
        if "Reply YES" in message["text"]
        and "Still open" not in message["text"]
        and (link := link_in(message["text"]))
        and ids_in(link)[0] == UUID(need_id)
    )
    assert all(count <= 1 + flagged[offer_id] for offer_id, count in sent.items()), "sent twice, unflagged"
