"""A family's need that a partner was awarded, with everybody who may or may not know who the family is."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from schemas.deliveries import DeliveryEvent, MessageAccepted, MessageBounced
from schemas.offers import OfferMade
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from services.intake.api.callers import Scope, hash_key
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from tests.browser.intake import A_DAY, SECRET, RunningIntake, award_of, offer_of, offer_path, running_intake
from tests.system import need_body

NAME, PHONE, EMAIL, ADDRESS = "Zephyrine Quillfeather", "+17185550142", "zq@example.org", "77 Canary Row"
SIGNED = {"by": NAME, "on": "2026-11-01", "how": "on_paper"}
FORM_MARK = "form_mark"


@dataclass
class Case:
    """A family's need that a partner was awarded, the partner's person, and a key of the family's school."""

    intake: RunningIntake
    school: httpx.AsyncClient
    notifier: httpx.AsyncClient
    need_id: UUID
    partner: PartnerRecorded
    contact: Contact
    made: OfferMade

    @property
    def path(self) -> str:
        return offer_path(self.made, self.contact)

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.intake.url, follow_redirects=True, timeout=30)

    async def sign(self, *records: str, **changes: Any) -> httpx.Response:
        body = {"records": records, "partner_kinds": ["church"], "signature": SIGNED} | changes
        return await self.school.post(f"/v1/needs/{self.need_id}/consents", json=body)

    async def fetch_code(self, contact: Contact | None = None) -> httpx.Response:
        """As the notifier does, just before it sends the code."""
        contact_id = (contact or self.contact).contact_id
        return await self.notifier.post(f"/internal/v1/offers/{self.made.offer_id}/contacts/{contact_id}/code")

    async def open_family(self, browser: httpx.AsyncClient) -> str:
        """Asks for a code, enters it, and returns the page that this opens."""
        await send(browser, f"{self.path}/family", "/family/code")
        code = (await self.fetch_code()).json()["code"]
        return (await send(browser, f"{self.path}/family", "/family", code=code)).text

    async def looks(self) -> list[dict[str, Any]]:
        return list((await self.school.get(f"/v1/needs/{self.need_id}/disclosures")).json())

    async def clear(self, until: str = "2099-01-01") -> None:
        url = f"/v1/partners/{self.partner.partner_id}/contacts/{self.contact.contact_id}/clearance"
        answer = await self.school.put(url, json={"kind": "fingerprints", "checked_by": "The city", "until": until})
        assert answer.status_code == 200, answer.text

    async def told(self, recipient: RecipientKind, became: type[DeliveryEvent] = MessageAccepted) -> None:
        """What became of the message about the newest visit."""
        async with self.intake.desk.pool.acquire() as connection:
            visit_id = await connection.fetchval("SELECT visit_id FROM visits ORDER BY planned_at DESC LIMIT 1")
        event = became(
            need_id=self.need_id,
            message_id=uuid4(),
            recipient=recipient,
            purpose=MessagePurpose.VISIT_PLANNED,
            channel=Channel.EMAIL,
            visit_id=visit_id,
            at=datetime.now(UTC),
            **({"problem": DeliveryProblem.ADDRESS_REFUSED} if became is MessageBounced else {}),
        )
        await self.intake.matcher_says(event)


async def send(browser: httpx.AsyncClient, page: str, ending: str, **fields: str) -> httpx.Response:
    """Opens a page, and sends the form of it whose address ends so."""
    shown = await browser.get(page)
    actions = re.findall(r'<form method="post" action="([^"]+)"', shown.text)
    action = next(one for one in actions if one.endswith(ending))
    mark = re.search(r'name="form_mark" value="([^"]+)"', shown.text)
    assert mark
    return await browser.post(action, data={FORM_MARK: mark[1], **fields})


@asynccontextmanager
async def awarded_case(database_url: str) -> AsyncIterator[Case]:
    """Intake, with that need, until the block ends."""
    async with running_intake(database_url) as intake:
        person = await intake.add_coordinator("ours@school.example.org", "Ours")
        key = f"sb_{uuid4().hex}"
        async with intake.desk.pool.acquire() as connection:
            scopes = frozenset(Scope) - {Scope.ADDRESSES_READ}
            await keys.save_key(connection, hash_key(key), KeyRow("ours", scopes, person.site_id))
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx.AsyncClient(base_url=intake.url, headers=headers, timeout=30) as school,
            httpx.AsyncClient(
                base_url=intake.url, headers={"Authorization": f"Bearer {SECRET}"}, timeout=30
            ) as notifier,
        ):
            family = {"name": NAME, "phone": PHONE, "email": EMAIL, "address": ADDRESS, "channels": ["text"]}
            needed_by = (datetime.now(UTC) + 3 * A_DAY).isoformat()
            await school.post("/v1/needs", json=need_body(family=family, needed_by=needed_by))
            need_id, items = await intake.newest_need()
            partner, contact = await intake.add_partner()
            made = offer_of(need_id, items, partner)
            await intake.matcher_says(made)
            case = Case(intake, school, notifier, need_id, partner, contact, made)
            async with case.browser() as browser:
                await send(browser, case.path, "/accept", **{f"line-{one.line}": str(one.quantity) for one in items})
            await intake.matcher_says(award_of(made))
            yield case


def knows(text: str) -> bool:
    """Whether a text tells anything of who the family is."""
    return any(one in text for one in (*NAME.split(), PHONE, PHONE[-7:], "555-0142", EMAIL, ADDRESS, "Canary"))
