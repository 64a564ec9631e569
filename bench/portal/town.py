"""What is there before anybody looks: 20 schools with their coordinators and needs, 2,000 partners, and their links."""

import asyncio
import hashlib
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from schemas.links import FamilyLink, Link, LinkKeys
from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind
from services.intake.raising import site_link, status_link
from services.intake.store import keys, raised
from services.intake.store.keys import Coordinator
from services.runtime.database import Pool, open_pool
from switchboard.people import Person, link_in
from switchboard.up import RunningSwitchboard

SITES, COORDINATORS, NEEDS_PER_SITE, RAISED = 20, 3, 10, 12
ZIP_CODES = ("11201", "11215", "11216", "11206", "11221", "11238", "10002", "10025", "11101", "11432", "10451", "10301")
_AT_ONCE, _WITHIN_S = 12, 120.0


@dataclass(frozen=True)
class Desk:
    """A coordinator who is signed in, and the needs of the site."""

    session: str
    needs: Sequence[UUID]


@dataclass(frozen=True)
class Town:
    """Who may look at what."""

    sites: Sequence[UUID]
    desks: Sequence[Desk]
    offers: Sequence[str]
    """Addresses of offers' pages, as they stood in emails."""
    families: Sequence[str]
    raised: Sequence[str]


class Founder:
    """Makes all of it, mostly as anybody would from outside."""

    def __init__(self, run: RunningSwitchboard, client: httpx.AsyncClient, chance: random.Random) -> None:
        self._run, self._client, self._chance = run, client, chance
        self._links = LinkKeys.parse(run.environment["LINK_KEYS"])
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def found(self, partners: int) -> Town:
        """All there is. Takes a minute."""
        await asyncio.gather(*(self._add_partner(number) for number in range(partners)))
        async with open_pool(self._run.environment["INTAKE_DATABASE_URL"], 4) as pool:
            sites = [uuid4() for _ in range(SITES)]
            sessions = [await self._add_site(pool, site_id, number) for number, site_id in enumerate(sites)]
            wanted = [site_id for site_id in sites for _ in range(NEEDS_PER_SITE)]
            ids = await asyncio.gather(*(self._add_need(site_id) for site_id in wanted))
            desks = [
                Desk(session, ids[number * NEEDS_PER_SITE : (number + 1) * NEEDS_PER_SITE])
                for number, signed_in in enumerate(sessions)
                for session in signed_in
            ]
            return Town(
                sites,
                desks,
                offers=await self._read_offers(),
                families=[self._address("f", FamilyLink(need_id, _tomorrow())) for need_id in ids],
                raised=await self._raise_some(pool, sites[0]),
            )

    async def _add_partner(self, number: int) -> None:
        chance, kind = self._chance, self._chance.choice(list(PartnerKind))
        record = {
            "name": f"{chance.choice(ZIP_CODES)} {kind.value.replace('_', ' ').title()} {number}",
            "kind": kind,
            "services": [_service(chance) for _ in range(chance.randint(1, 3))],
            "contacts": [
                {
                    "contact_id": str(uuid4()),
                    "name": f"Contact {number}",
                    "email": f"contact{number}@example.org",
                    "phone": f"+1718555{number:04}",
                    "channels": ["email"],
                }
            ],
            "messages_per_week": 200,
            "open_offers": 100,
        }
        async with self._gate:
            answer = await self._client.put(f"{self._run.public_url}/v1/partners/{uuid4()}", json=record)
        answer.raise_for_status()

    async def _add_site(self, pool: Pool, site_id: UUID, number: int) -> list[str]:
        """The sessions of its coordinators, as if each had signed in by email."""
        tokens = [secrets.token_urlsafe(32) for _ in range(COORDINATORS)]
        async with pool.acquire() as connection:
            await keys.save_site(connection, site_id, f"School {number}", "America/New_York", "11201")
            for place, token in enumerate(tokens):
                email = f"coordinator{number}-{place}@school.example.org"
                person = Coordinator(
                    uuid4(), site_id, f"Coordinator {place}", email, "+17185550100", "en", "", "America/New_York"
                )
                await keys.save_person(connection, person)
                await connection.execute(
                    "INSERT INTO sessions (token_hash, person_id) VALUES ($1, $2)",
                    hashlib.sha256(token.encode()).digest(),
                    person.person_id,
                )
        return tokens

    async def _add_need(self, site_id: UUID) -> UUID:
        async with self._gate:
            answer = await self._client.post(f"{self._run.public_url}/v1/needs", json=need_body(site_id, self._chance))
        answer.raise_for_status()
        return UUID(answer.json()["need_id"])

    async def _read_offers(self) -> list[str]:
        """The links in the emails that went out for these needs."""
        sinks, deadline = self._run.sinks, asyncio.get_running_loop().time() + _WITHIN_S
        assert sinks is not None
        while True:
            answer = await self._client.get(f"{sinks.url}/api/emails")
            links = [link for one in answer.json()["messages"] if (link := link_in(one["text"]))]
            if len(links) >= SITES * NEEDS_PER_SITE or asyncio.get_running_loop().time() > deadline:
                return links
            await asyncio.sleep(1)

    async def _raise_some(self, pool: Pool, site_id: UUID) -> list[str]:
        """Where those who raised something see how far it has come."""
        async with pool.acquire() as connection:
            await raised.save_link(connection, site_id, uuid4())
            site = await raised.read_link(connection, site_id)
        assert site is not None
        assert site.link_id is not None
        assert site.link_since is not None
        form = self._address("r", site_link(site.site_id, site.link_id, site.link_since))
        said = {"what": "A bed for two", "student": "S-1", "name": "Tess Teacher", "email": "tess@example.org"}
        async with Person() as teacher:
            for _ in range(RAISED):
                await teacher.send(form, form.rpartition("/")[2], said)
        async with pool.acquire() as connection:
            rows = await raised.list_waiting(connection, site_id)
        return [self._address("raised", status_link(row.raised_id, row.raised_at)) for row in rows]

    def _address(self, page: str, link: Link) -> str:
        return f"{self._run.public_url}/{page}/{self._links.sign(link)}"


def need_body(site_id: UUID, chance: random.Random) -> dict[str, Any]:
    """A need of food or beds, as the API takes it."""
    code = chance.choice(("food.box", "bed.twin", "bed.bedding"))
    return {
        "site_id": str(site_id),
        "items": [{"code": code, "quantity": chance.randint(1, 3)}],
        "zip_code": chance.choice(ZIP_CODES[:6]),
        "urgency": "this_week",
        "consent": {"kind": "spoken"},
        # A number of its own: else all of the town would be one household.
        "family": {"name": "Bench Family", "phone": f"+1718555{chance.randint(0, 9999):04}", "channels": ["text"]},
    }


def _service(chance: random.Random) -> dict[str, Any]:
    zip_code = chance.choice(ZIP_CODES)
    return {
        "service_id": str(uuid4()),
        "categories": chance.sample([one.value for one in Category], chance.randint(1, 4)),
        "area": {"kind": "radius", "zip_code": zip_code, "miles": chance.choice((2, 5, 10, 25))},
        "zip_code": zip_code,
        "languages": chance.sample(["en", "es", "fr", "zh", "ar"], chance.randint(1, 3)),
    }


def _tomorrow() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
