"""The pages of supervisors, administrators and colleagues: on a phone, on a desk, in two languages, without scripts."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind, Urgency
from services.intake import importing, raising
from services.intake.applying import EnteredApplication, apply
from services.intake.approving import approval_link, ask_for_approval
from services.intake.pages.cookies import Cookie
from services.intake.raising import EnteredRaised, raise_need, status_link
from services.intake.store import approvals, needs, people, raised
from services.intake.store.people import Person, Role
from tests.browser.intake import KEYS, RunningIntake
from tests.unit.matcher.situation import terms

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHEET = b"Agency,Services,Zip,Email\nCanary Pantry,Food,11215,ada@pantry.example.org\n,Food,11215,\n"
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"
SMALL = """() => [...document.querySelectorAll("main :is(a.button, button, select, input:not([type=hidden]))")]
    .filter(one => one.offsetParent && one.closest("label") === null && one.getBoundingClientRect().height < 24)
    .map(one => one.outerHTML)"""


@dataclass
class Office:
    """A site with its people, what waits for each of them, and the pages that each may see."""

    intake: RunningIntake
    emails: dict[Role, str]
    pages: dict[Role | None, list[str]]


@pytest_asyncio.fixture(loop_scope="session")
async def office(intake: RunningIntake) -> AsyncIterator[Office]:
    desk = intake.desk
    robin = await intake.add_coordinator("robin@school.example.org", "Lincoln Elementary School")
    emails = {Role.COORDINATOR: robin.email}
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        emails[role] = await intake.add_person(role, robin.site_id)
    await intake.add_coordinator("far@school.example.org", "Roosevelt High School of the Arts and Sciences")
    administrator = await intake.sign_in(emails[Role.ADMINISTRATOR])
    async with desk.pool.acquire() as connection:
        person = await people.find_session(connection, hash_of(administrator))
        await connection.execute("UPDATE sites SET approval = 'all' WHERE site_id = $1", robin.site_id)
    assert isinstance(person, Person)
    await raising.renew_link(desk.pool, robin.site_id, person, None)
    said = EnteredRaised(
        what="A bed for two brothers",
        student="S-4711",
        urgency=Urgency.TODAY,
        name="Tess Teacher",
        email="tess@example.org",
    )
    row = await raise_need(desk.pool, desk.seal, robin.site_id, said, "key", "en")
    import_id = await importing.keep_upload(desk.pool, "pantries of the county.csv", SHEET, person, active=False)
    organization = EnteredApplication(
        name="Canary Row Furniture Bank", kind=PartnerKind.NONPROFIT,
        categories=(Category.BEDS, Category.FURNITURE), zip_code="11215", miles=5,
        languages=("en", "es"), about="Twin beds and new mattresses.\nOn Saturdays.", contact_name="Ada Volunteer",
        email="ada@beds.example.org", phone="718 555 0177",
    )  # fmt: skip
    await apply(desk.pool, organization, "key")
    waiting, returned = await enter_needs(intake, robin.site_id, robin.person_id)
    async with desk.pool.acquire() as connection:
        site = await raised.read_link(connection, robin.site_id)
        application = await connection.fetchval("SELECT application_id FROM applications")
        decider = (await approvals.list_deciders(connection, waiting))[0].person_id
        approval = await approvals.read_approval(connection, waiting)
    assert site is not None
    assert site.link_id is not None
    assert site.link_since is not None
    assert approval is not None
    link = KEYS.sign(raising.site_link(site.site_id, site.link_id, site.link_since))
    pages: dict[Role | None, list[str]] = {
        None: [
            f"/r/{link}",
            f"/raised/{KEYS.sign(status_link(row.raised_id, row.raised_at))}",
            f"/approve/{KEYS.sign(approval_link(waiting, decider, approval.expires_at))}",
            f"/approve/{KEYS.sign(approval_link(returned, decider, approval.expires_at))}",
            "/join",
            "/join/sent",
        ],
        Role.COORDINATOR: [
            "/needs",
            "/raised-needs",
            f"/raised-needs/{row.raised_id}",
            f"/needs/new?raised={row.raised_id}",
            f"/sites/{robin.site_id}/link",
            f"/needs/{waiting}",
            f"/needs/{returned}",
            "/approvals",
        ],
        Role.SUPERVISOR: ["/people", "/people/new", "/sites", "/approvals", f"/approvals/{waiting}", "/gaps"],
        Role.ADMINISTRATOR: [
            "/people",
            f"/people/{robin.person_id}",
            "/sites",
            "/sites/new",
            f"/sites/{robin.site_id}",
            "/imports",
            f"/imports/{import_id}",
            "/applications",
            f"/applications/{application}",
            "/approvals",
        ],
    }
    yield Office(intake, emails, pages)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def enter_needs(intake: RunningIntake, site_id: UUID, person_id: UUID) -> tuple[UUID, UUID]:
    """One need that waits for approval, and one that was sent back."""
    async with intake.desk.pool.acquire() as connection:
        made = [
            await connection.fetchval(
                "INSERT INTO needs (need_id, reference, site_id, entered_by, version, terms, traceparent, status) "
                "VALUES (gen_random_uuid(), $1, $2, $3, 0, $4, '', $5) RETURNING need_id",
                reference,
                site_id,
                person_id,
                terms().model_copy(update={"site_id": site_id}).model_dump(mode="json"),
                status,
            )
            for reference, status in (("482913", "approval"), ("482914", "sent_back"))
        ]
        for need_id in made:
            need = await needs.read_need(connection, need_id, None)
            assert need is not None
            await ask_for_approval(connection, need)
        await connection.execute(
            "UPDATE approvals SET state = 'sent_back', decided_at = now(), reason = $2, decided_by = "
            "(SELECT person_id FROM people WHERE role = 'supervisor') WHERE need_id = $1",
            made[1],
            "Is it for both children?\nPlease ask the family.",
        )
    return made[0], made[1]


def note(complaints: list[str], message: ConsoleMessage) -> None:
    complaints.append(message.text)


async def open_browser(
    chromium: Browser, office: Office, role: Role | None, width: int, *, javascript: bool = False
) -> Page:
    context = await chromium.new_context(
        base_url=office.intake.url, java_script_enabled=javascript, viewport={"width": width, "height": 900}
    )
    if role is not None:
        session = await office.intake.sign_in(office.emails[role])
        await context.add_cookies([{"name": Cookie.SESSION, "value": session, "url": office.intake.url}])
    return await context.new_page()


async def test_the_printed_sheet_is_the_code_and_the_link_alone(office: Office, chromium: Browser) -> None:
    page = await open_browser(chromium, office, Role.COORDINATOR, 1280)
    await page.goto(office.pages[Role.COORDINATOR][4])
    await page.emulate_media(media="print")
    await expect(page.locator("svg.qr")).to_be_visible()
    await expect(page.get_by_role("button")).to_have_count(0)
    background = await page.evaluate("getComputedStyle(document.querySelector('svg.qr')).backgroundColor")
    assert background == "rgb(255, 255, 255)"
