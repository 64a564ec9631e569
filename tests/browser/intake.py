"""Intake with its pages, running in this process; the test plays matcher and mail provider. Kafka is away."""

import asyncio
import base64
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from uuid import UUID, uuid4

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI

from schemas.codec import encode
from schemas.event import Item, NeedEvent, OfferTerms
from schemas.links import FamilyLink, LinkKeys, OfferLink
from schemas.offers import OfferMade, OfferReasons
from schemas.outcomes import ClaimAwarded
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import PartnerKind, Urgency
from services.intake import partners, signing_in
from services.intake.app import create_app
from services.intake.desk import Desk
from services.intake.handlers import handle
from services.intake.settings import IntakeSettings
from services.intake.store import keys
from services.intake.store.keys import Coordinator
from services.intake.store.people import Role
from services.runtime.messages import RawRecord, Readable, read
from services.runtime.outbox import Outgoing, to_record
from services.runtime.tracing import new_traceparent
from switchboard.local.ports import find_free_port
from tests.waiting import eventually

KEYS = LinkKeys.parse("test:" + base64.b64encode(secrets.token_bytes(32)).decode())
SECRET = base64.b64encode(secrets.token_bytes(32)).decode()
A_DAY = timedelta(days=1)


@dataclass
class Mailbox:
    """What a mail server was given, by recipient."""

    texts: dict[str, list[str]] = field(default_factory=dict)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = message.get_content()
        for recipient in envelope.rcpt_tos:
            # In one step: this runs in a thread of its own, and a test may look in between.
            self.texts[recipient] = [*self.texts.get(recipient, []), text]
        return "250 OK"


@dataclass
class RunningIntake:
    app: FastAPI
    url: str
    desk: Desk
    mailbox: Mailbox
    versions: dict[UUID, int] = field(default_factory=dict)

    async def add_coordinator(self, email: str, site: str) -> Coordinator:
        person = Coordinator(uuid4(), uuid4(), "Robin Reyes", email, "+17185550123", "en", site, "America/New_York")
        async with self.desk.pool.acquire() as connection:
            await keys.save_site(connection, person.site_id, site, person.time_zone, "11201")
            await keys.save_person(connection, person)
        return person

    async def add_person(self, role: Role, site_id: UUID, email: str | None = None) -> str:
        """Somebody of a site that there is, in that role; returns the email address."""
        address = email or f"{role}-{uuid4().hex[:8]}@school.example.org"
        person = Coordinator(uuid4(), site_id, f"Sam {role.title()}", address, None, "en", "", "America/New_York")
        async with self.desk.pool.acquire() as connection:
            await keys.save_person(connection, person, role)
        return address

    async def sign_in(self, email: str) -> str:
        """The token of a new session of whoever has this address."""
        link = await self.new_sign_in_link(email)
        session = await signing_in.sign_in(self.desk.pool, link.rpartition("/")[2])
        assert session is not None
        return session

    async def add_partner(self, language: str = "en") -> tuple[PartnerRecorded, Contact]:
        contact = Contact(contact_id=uuid4(), name="Ada Volunteer", email="ada@church.example.org", language=language)
        partner = PartnerRecorded(
            partner_id=uuid4(), name="Second Street Church", kind=PartnerKind.CHURCH, contacts=(contact,)
        )
        await partners.record_partners(self.desk.pool, self.desk.seal, [partner])
        return partner, contact

    async def matcher_says(self, event: NeedEvent) -> None:
        """Takes an event in through intake's own handler, as if it came from Kafka."""
        version = self.versions[event.need_id] = self.versions.get(event.need_id, 0) + 1
        record = to_record(Outgoing(event, event.need_id, version, new_traceparent()), "matcher", datetime.now(UTC))
        read_back = read(RawRecord(record.topic, 0, version, record.key, encode(event), record.headers))
        assert isinstance(read_back, Readable)
        async with self.desk.pool.acquire() as connection, connection.transaction():
            await handle(connection, [read_back.message])

    async def events(self, need_id: UUID) -> list[str]:
        """The types of a need's events that wait for Kafka."""
        async with self.desk.pool.acquire() as connection:
            rows = await connection.fetch(
                "SELECT headers FROM outbox WHERE key = $1 ORDER BY id", str(need_id).encode()
            )
        found = [re.search(r"switchboard\.([a-z_.]+)\.v1", row["headers"]) for row in rows]
        return [match[1] for match in found if match]

    async def newest_need(self) -> tuple[UUID, tuple[Item, ...]]:
        async with self.desk.pool.acquire() as connection:
            row = await connection.fetchrow("SELECT need_id, terms FROM needs ORDER BY created_at DESC LIMIT 1")
        assert row is not None
        return row["need_id"], tuple(Item.model_validate(item) for item in row["terms"]["items"])

    async def new_sign_in_link(self, email: str) -> str:
        """Asks for a link, and returns it; not one that came before."""
        self.mailbox.texts.pop(email, None)
        await signing_in.ask_for_link(self.desk.pool, email, "en", "127.0.0.1")
        return await self.sign_in_link(email)

    async def sign_in_link(self, email: str) -> str:
        """The link in the newest email to this address."""

        async def find() -> str | None:
            # The mail server works on a thread of its own: the list may be there before the text that belongs into it.
            texts = self.mailbox.texts.get(email) or [""]
            found = re.search(r"http\S+/sign-in/\S+", texts[-1])
            return found[0] if found else None

        link = await eventually(find)
        assert link is not None
        return link


def offer_of(need_id: UUID, items: tuple[Item, ...], partner: PartnerRecorded) -> OfferMade:
    now = datetime.now(UTC)
    return OfferMade(
        need_id=need_id,
        offer_id=uuid4(),
        partner_id=partner.partner_id,
        service_id=uuid4(),
        wave=1,
        terms=OfferTerms(
            number=41,
            items=items,
            place="Brooklyn, NY",
            distance_miles=3,
            urgency=Urgency.THIS_WEEK,
            needed_by=now + 3 * A_DAY,
            respond_by=now + A_DAY,
        ),
        reasons=OfferReasons(proximity=1, fairness=1, yes_chance=1, language=1, directory_position=1),
    )


def award_of(made: OfferMade) -> ClaimAwarded:
    return ClaimAwarded(
        need_id=made.need_id,
        offer_id=made.offer_id,
        partner_id=made.partner_id,
        terms=made.terms,
        awarded=tuple({"line": item.line, "quantity": item.quantity} for item in made.terms.items),
        contact_by=datetime.now(UTC) + A_DAY,
    )


def offer_path(made: OfferMade, contact: Contact, lasts: timedelta = A_DAY) -> str:
    return "/o/" + KEYS.sign(OfferLink(made.need_id, made.offer_id, contact.contact_id, datetime.now(UTC) + lasts))


def family_path(need_id: UUID) -> str:
    return "/f/" + KEYS.sign(FamilyLink(need_id, datetime.now(UTC) + A_DAY))


@asynccontextmanager
async def running_intake(database_url: str) -> AsyncIterator[RunningIntake]:
    mailbox, port = Mailbox(), find_free_port()
    mail = Controller(mailbox, hostname="127.0.0.1", port=find_free_port())
    mail.start()
    key, secret = next(iter(KEYS.keys.items()))
    settings = IntakeSettings(
        kafka_bootstrap_servers=f"127.0.0.1:{find_free_port()}",
        intake_database_url=database_url,
        intake_port=port,
        public_url=f"http://127.0.0.1:{port}",
        smtp_url=f"smtp://127.0.0.1:{mail.port}",
        email_from="switchboard@example.org",
        sms_auth_token=SECRET,
        mail_webhook_secret=SECRET,
        link_keys=f"{key}:{base64.b64encode(secret).decode()}",
        service_keys=f"k1:{SECRET}",
        lookup_key=SECRET,
        notifier_api_key=SECRET,
        matcher_internal_url=f"http://127.0.0.1:{find_free_port()}",
        matcher_api_key=SECRET,
    )
    app = create_app(settings)
    server = uvicorn.Server(
        uvicorn.Config(app, "127.0.0.1", port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    try:
        await eventually(started)
        yield RunningIntake(app, settings.public_url, app.state.desk, mailbox)
    finally:
        server.should_exit = True
        await serving
        mail.stop()
