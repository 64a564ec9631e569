"""A school with its coordinator, and a partner nearby: whose journeys are walked."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from playwright.async_api import Browser, Page, expect

from schemas.event import Item
from schemas.offers import OfferMade
from schemas.partners import Contact, PartnerRecorded
from schemas.taxonomy import Category
from services.intake.pages.cookies import Cookie
from services.intake.store.people import Role
from tests.browser.intake import RunningIntake, award_of, offer_of
from tests.browser.matcher import Town, with_matcher
from tests.browser.walking import Note, Walker, walking
from tests.waiting import eventually


@dataclass
class School:
    """A site with a coordinator and a partner nearby, in an intake that others use too."""

    intake: RunningIntake
    chromium: Browser
    width: int
    note: Note
    name: str
    email: str
    site_id: UUID
    town: Town
    bank: PartnerRecorded

    @asynccontextmanager
    async def somebody(self, email: str | None = None, *, scripts: bool = True) -> AsyncIterator[Walker]:
        """With a browser of their own; signed in, where an address is given."""
        async with walking(self.chromium, self.intake, self.width, self.note, scripts=scripts) as walker:
            if email:
                session = await self.intake.sign_in(email)
                await walker.page.context.add_cookies(
                    [{"name": Cookie.SESSION, "value": session, "url": self.intake.url}]
                )
            yield walker

    async def add_person(self, role: Role) -> str:
        return await self.intake.add_person(role, self.site_id)

    async def enter(self, walker: Walker) -> tuple[UUID, tuple[Item, ...]]:
        """A need of two beds, in the shortest way."""
        await walker.page.goto("/needs/new")
        await fill_in(walker.page)
        await walker.page.get_by_role("button", name="Ask for help").click()
        await expect(walker.page.get_by_role("heading", name="What is needed")).to_be_visible()
        return await self.intake.newest_need()

    async def offered(self) -> OfferMade:
        """Two beds, which the bank was asked for."""
        async with self.somebody(self.email) as coordinator:
            need_id, _ = await self.enter(coordinator)
        return await self.offer(need_id)

    async def offer(self, need_id: UUID) -> OfferMade:
        """Asks the bank for all of the newest need."""
        _, items = await self.intake.newest_need()
        made = offer_of(need_id, items, self.bank)
        await self.intake.matcher_says(made)
        return made

    async def awarded(self, walker: Walker, made: OfferMade) -> None:
        """What the matcher says to a yes."""
        await walker.see("Got it, one moment")
        await self.intake.matcher_says(award_of(made))
        await walker.see("It is yours. Thank you!")


async def fill_in(page: Page) -> None:
    await page.get_by_label("Thing 1").select_option("bed.twin")
    await page.locator("[name=quantity]").fill("2")
    await fill_in_family(page)


async def fill_in_family(page: Page) -> None:
    await page.get_by_label("ZIP code").fill("11201")
    await page.get_by_label("Spanish").check()
    await page.get_by_label("Yes, they told me").check()
    await page.get_by_label("Name", exact=True).fill("Maria Canary")


async def letter_link(intake: RunningIntake, email: str, path: str) -> str:
    """The link to such a page in the newest email to this address."""

    async def find() -> str | None:
        found = re.search(rf"http\S+{path}\S+", (intake.mailbox.texts.get(email) or [""])[-1])
        return found[0] if found else None

    link = await eventually(find)
    assert link is not None
    return link


async def found_school(intake: RunningIntake, chromium: Browser, width: int, note: Note) -> School:
    """A new one. Its matcher knows its partner alone."""
    name, email = f"School {uuid4().hex[:6]}", f"robin-{uuid4().hex[:6]}@school.example.org"
    robin = await intake.add_coordinator(email, name)
    town = with_matcher(intake)
    address = f"ada-{uuid4().hex[:6]}@beds.example.org"
    ada = Contact(contact_id=uuid4(), name="Ada Volunteer", phone="+17185550111", email=address)
    bank = await town.add_partner("Bed Bank", Category.BEDS, contacts=(ada,))
    return School(intake, chromium, width, note, name, email, robin.site_id, town, bank)
