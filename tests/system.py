"""The whole system from outside: what a coordinator, a partner and a family do, for tests."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

import services.matcher
import switchboard.demo.run
from switchboard.local.folders import claimed_run_folder
from switchboard.people import ids_in, link_in
from switchboard.up import RunningSwitchboard, running_switchboard
from tests.waiting import eventually

DEMO_POLICY = Path(switchboard.demo.run.__file__).parent / "policy.toml"
SHIPPED_POLICY = Path(services.matcher.__file__).parent / "policy.toml"

Json = dict[str, Any]
ENDED = ("fulfilled", "partly_fulfilled", "unmet")


@dataclass
class System:
    """A running Switchboard, and a client that holds its API key."""

    run: RunningSwitchboard
    client: httpx.AsyncClient

    @property
    def sinks_url(self) -> str:
        assert self.run.sinks is not None
        return self.run.sinks.url

    async def add_partner(self, **changes: Any) -> Json:
        mark = uuid4().hex[:8]
        record = {
            "name": f"Partner {mark}",
            "kind": "church",
            "services": [
                {
                    "service_id": str(uuid4()),
                    "categories": ["beds"],
                    "area": {"kind": "state", "state": "NY"},
                    "zip_code": "11215",
                    "languages": ["en", "es"],
                }
            ],
            "contacts": [
                {
                    "contact_id": str(uuid4()),
                    "name": f"Contact {mark}",
                    "email": f"{mark}@partner.example.org",
                    "channels": ["email"],
                }
            ],
        } | changes
        answer = await self.client.put(f"{self.run.public_url}/v1/partners/{uuid4()}", json=record)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def partners(self) -> list[Json]:
        answer = await self.client.get(f"{self.run.public_url}/v1/partners", params={"limit": 500})
        return list(answer.json()["partners"])

    async def remove_partner(self, partner: Json) -> None:
        answer = await self.client.delete(f"{self.run.public_url}/v1/partners/{partner['partner_id']}")
        assert answer.status_code == 204, answer.text

    async def add_need(self, key: str | None = None, **changes: Any) -> Json:
        body = need_body(**changes)
        headers = {"Idempotency-Key": key or str(uuid4())}
        answer = await self.client.post(f"{self.run.public_url}/v1/needs", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def read_need(self, need_id: str) -> Json:
        answer = await self.client.get(f"{self.run.public_url}/v1/needs/{need_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def need_reaches(self, need_id: str, *statuses: str) -> Json:
        async def there() -> Json | None:
            need = await self.read_need(need_id)
            return need if need["status"] in statuses else None

        found = await eventually(there)
        assert found is not None
        return found

    async def end_needs(self) -> None:
        """Cancels every need that is open, and waits until it has ended."""
        answer = await self.client.get(f"{self.run.public_url}/v1/needs", params={"limit": 200})
        for need in answer.json()["needs"]:
            if need["status"] not in ENDED:
                await self.client.post(
                    f"{self.run.public_url}/v1/needs/{need['need_id']}/cancel", json={"reason": "entered_by_mistake"}
                )
                await self.need_reaches(need["need_id"], *ENDED)

    async def emails(self, to: str | None = None) -> list[Json]:
        answer = await self.client.get(f"{self.sinks_url}/api/emails", params={"to": to} if to else {})
        return list(answer.json()["messages"])

    async def texts(self, to: str | None = None) -> list[Json]:
        answer = await self.client.get(f"{self.sinks_url}/api/texts", params={"to": to} if to else {})
        return [message for message in answer.json()["messages"] if not message["incoming"]]

    async def reply(self, sender: str, body: str) -> str:
        answer = await self.client.post(f"{self.sinks_url}/api/texts/reply", json={"from": sender, "body": body})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["reply"])

    async def offer_link(self, to: str, need_id: str, subject: str = "") -> str:
        """The link in the email about a need that this person got."""

        async def arrived() -> str | None:
            for message in await self.emails(to):
                link = link_in(message["text"])
                if link and ids_in(link)[0] == UUID(need_id) and subject in message["subject"]:
                    return link
            return None

        found = await eventually(arrived)
        assert found is not None
        return found


def need_body(**changes: Any) -> Json:
    return {
        "items": [{"code": "bed.twin", "quantity": 2}],
        "zip_code": "11201",
        "urgency": "this_week",
        "needed_by": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
        "consent": {"kind": "spoken"},
        "family": {"name": "A Family", "phone": "+17185550199", "channels": ["text"]},
    } | changes


def what_happened(need: Json, what: str) -> list[Json]:
    return [entry for entry in need["history"] if entry["what"] == what]


def number_in(body: str) -> str:
    found = re.search(r"(?:YES|SI) (\d+)", body)
    assert found is not None, body
    return found[1]


def patient_policy(folder: Path) -> Path:
    """The demo's, whose hours are seconds; but nobody loses an offer or a claim because the machine is slow."""
    policy = folder / "policy.toml"
    waits = re.compile(r'^(respond_within|contact_within|wait) = "\d+ seconds"$', re.MULTILINE)
    text, changed = waits.subn(r'\1 = "5 minutes"', DEMO_POLICY.read_text())
    assert changed
    policy.write_text(text)
    return policy


@asynccontextmanager
async def running_system(name: str, named: dict[str, str] | None = None) -> AsyncIterator[System]:
    with claimed_run_folder(name, fresh=True) as folder:
        settings = {"POLICY_FILE": str(patient_policy(folder)), "QUIET_HOURS": "off", "OFFER_WINDOW_MINUTES": "0"}
        async with running_switchboard(folder, settings | (named or {})) as run:
            headers = {"Authorization": f"Bearer {run.api_key}"}
            async with httpx.AsyncClient(headers=headers, timeout=30) as client:
                yield System(run, client)


def addresses(partners: Sequence[Json]) -> list[str]:
    return [partner["contacts"][0]["email"] for partner in partners]
