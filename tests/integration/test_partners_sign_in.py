"""A partner's contact signs in by an emailed link, and is out the moment that the partner's record says so."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest_asyncio

from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import PartnerKind, PartnerStatus
from services.intake import partners, signing_in
from services.intake.pages.cookies import Cookie
from tests.browser.intake import RunningIntake, running_intake
from tests.integration.cases import send
from tests.parts import DatabaseMaker
from tests.waiting import eventually

EMAIL = "Ada@church.example.org"
SMALL = EMAIL.lower()
_LINK = re.compile(r"http\S+(/sign-in/\S+)")


@dataclass
class Town:
    """A running intake, and a church of which Ada is a contact."""

    intake: RunningIntake
    church: PartnerRecorded

    async def record(self, partner: PartnerRecorded) -> PartnerRecorded:
        await partners.record_partners(self.intake.desk.pool, self.intake.desk.seal, [partner])
        return partner

    async def ask(self, email: str = EMAIL) -> str:
        """Asks for links; the text of the email that comes, once nobody waits for one."""
        self.intake.mailbox.texts.clear()
        await self.intake.desk.pool.execute("DELETE FROM sign_in_attempts")
        async with self.browser() as browser:
            answer = await send(browser, "/sign-in", "/sign-in", email=email)
            assert answer.url.path == "/sign-in/sent"

        async def sent() -> bool:
            return not await self.intake.desk.pool.fetchval("SELECT count(*) FROM sign_in_emails")

        await eventually(sent)
        return "".join(text for texts in self.intake.mailbox.texts.values() for text in texts)

    def browser(self, session: str = "") -> httpx.AsyncClient:
        cookies = {str(Cookie.SESSION): session} if session else None
        return httpx.AsyncClient(base_url=self.intake.url, cookies=cookies, follow_redirects=True, timeout=30)

    async def sign_in(self) -> str:
        """A session of Ada's."""
        [link] = _LINK.findall(await self.ask())
        session = await signing_in.sign_in(self.intake.desk.pool, link.rpartition("/")[2])
        assert session is not None
        return session

    async def goes_to(self, session: str) -> str:
        """Where a browser with this session ends up that wants to see /our."""
        async with self.browser(session) as browser:
            return (await browser.get("/our")).url.path


def church_of(*contacts: Contact) -> PartnerRecorded:
    return PartnerRecorded(partner_id=uuid4(), name="Second Street Church", kind=PartnerKind.CHURCH, contacts=contacts)


def ada(**fields: object) -> Contact:
    return Contact.model_validate({"contact_id": uuid4(), "name": "Ada Volunteer", "email": EMAIL} | fields)


@pytest_asyncio.fixture
async def town(postgres: DatabaseMaker) -> AsyncIterator[Town]:
    async with running_intake(await postgres("intake")) as intake:
        made = Town(intake, church_of(ada()))
        await made.record(made.church)
        yield made


async def test_one_email_opens_each_place_where_the_address_is_known(town: Town) -> None:
    await town.intake.add_coordinator(SMALL, "Lincoln")
    pantry = await town.record(church_of(ada(name="Ada V.")).model_copy(update={"name": "A Pantry"}))
    text = await town.ask(SMALL.upper())
    places = ("Lincoln (Robin Reyes)", "A Pantry (Ada V.)", "Second Street Church (Ada Volunteer)")
    assert [text.index(place) for place in places] == sorted(text.index(place) for place in places)
    links = _LINK.findall(text)
    for link, home, sees in zip(
        links, ("/needs", "/our", "/our"), ("Lincoln", "A Pantry", "Second Street"), strict=True
    ):
        async with town.browser() as browser:
            page = await send(browser, link, link)
            assert (page.url.path, sees in page.text) == (home, True)
            assert (await browser.get("/")).url.path == home
            assert (await browser.post(link, data={"form_mark": browser.cookies["form_mark"]})).status_code == 410
            await send(browser, home, "/sign-out")
            assert (await browser.get(home)).url.path == "/sign-in"
    await partners.remove_partner(town.intake.desk.pool, pantry.partner_id)
    assert "A Pantry" not in await town.ask()


async def test_who_is_brought_back_and_who_goes_home(town: Town) -> None:
    for wanted, ends_at in (("/our", "/our"), ("/partners", "/our")):
        [link] = _LINK.findall(await town.ask())
        async with town.browser() as browser:
            await browser.get(wanted, headers={"Accept": "text/html"})
            assert (await send(browser, link, link)).url.path == ends_at


async def test_an_address_that_waits_for_its_readers_word_opens_nothing(town: Town) -> None:
    unsure = ada(email="eve@example.org", confirmed=False)
    known = town.church.contacts[0]
    moved = known.model_copy(update={"email": "moved@example.org", "confirmed": False})
    await town.record(town.church.model_copy(update={"contacts": (moved, unsure)}))
    assert (await town.ask("eve@example.org"), await town.ask("moved@example.org")) == ("", "")
    assert "Second Street Church" in await town.ask()


async def test_who_is_no_contact_any_more_is_out_at_once(town: Town) -> None:
    contact = town.church.contacts[0]
    others: list[dict[str, object]] = [
        {"contacts": (contact.model_copy(update={"email": "new@church.example.org"}),)},
        {"contacts": (ada(),)},
        {"status": PartnerStatus.SUSPENDED},
    ]
    for changes in others:
        await town.intake.desk.pool.execute("DELETE FROM sign_in_attempts")
        session = await town.sign_in()
        [link] = _LINK.findall(await town.ask())
        assert await town.goes_to(session) == "/our"
        await town.record(town.church.model_copy(update=changes))
        assert await town.goes_to(session) == "/sign-in"
        assert await signing_in.sign_in(town.intake.desk.pool, link.rpartition("/")[2]) is None
        await town.record(town.church)
    await town.record(town.church.model_copy(update={"status": PartnerStatus.PAUSED}))
    session = await town.sign_in()
    await partners.remove_partner(town.intake.desk.pool, town.church.partner_id)
    assert await town.goes_to(session) == "/sign-in"
    await town.record(town.church)
    assert await town.goes_to(session) == "/sign-in"
    await town.record(town.church.model_copy(update={"status": PartnerStatus.SUSPENDED}))
    assert await town.ask() == ""
