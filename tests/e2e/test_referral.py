"""A referral over HTTP and SMTP, with every service in a process of its own: from a partner's key to what it hears."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.taxonomy import ITEM_KINDS
from services.intake.bootstrap import SITE_ID
from switchboard.partner_keys import make_key
from switchboard.people import Person
from tests.system import System, need_body, what_happened
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEAT = [{"code": "after_school.seat", "quantity": 1}]


async def add_programme(system: System, seats: int) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    term = {"seats": seats, "begins": today.isoformat(), "ends": (today + timedelta(days=100)).isoformat()}
    service = {"service_id": str(uuid4()), "categories": ["after_school"], "area": {"kind": "nation"}}
    return await system.add_partner(kind="school_programme", services=[service | {"programme": term}])


async def heard(system: System, email: str, reference: str, answer: str) -> None:
    """Waits until this person was written to about that referral."""

    async def arrived() -> bool:
        texts = [message["text"] for message in await system.emails(email)]
        return any(reference in text and answer in text for text in texts)

    assert await eventually(arrived)


async def test_a_partner_refers_two_families_and_hears_of_the_one_seat_and_of_the_wait_list(system: System) -> None:
    clinic = await system.add_partner(services=[])
    email = clinic["contacts"][0]["email"]
    full = await add_programme(system, seats=1)
    key = await make_key(UUID(clinic["partner_id"]), system.run.parts.database_urls["intake"])
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(base_url=system.run.public_url, headers=headers, timeout=30) as client,
        Person() as person,
    ):

        async def refer() -> dict[str, Any]:
            answer = await client.post("/v1/needs", json=need_body(items=SEAT, site_id=str(SITE_ID)))
            assert answer.status_code == 201, answer.text
            return dict(answer.json())

        first = await refer()
        link = await system.offer_link(full["contacts"][0]["email"], first["need_id"])
        assert await person.send(link, "/accept")
        await heard(system, email, first["reference"], "yes, the family is enrolled.")
        assert (await client.get(f"/v1/needs/{first['need_id']}")).json()["status"] == "claimed"

        other = await add_programme(system, seats=5)
        second = await refer()
        link = await system.offer_link(other["contacts"][0]["email"], second["need_id"])
        assert await person.send(link, "/decline", {"reason": "waitlisted"})
        await heard(system, email, second["reference"], "the family is on the wait list.")

    told = await system.read_need(second["need_id"])
    assert {made["facts"]["partner_id"] for made in what_happened(told, "offers.made")} == {other["partner_id"]}
    assert [one["facts"]["answer"] for one in what_happened(told, "outcomes.referral_answered")] == ["waitlisted"]
    words = ITEM_KINDS["after_school.seat"].labels["en"][0]
    assert not [one for one in await system.emails(email) if "A Family" in one["text"] or words in one["text"]]
