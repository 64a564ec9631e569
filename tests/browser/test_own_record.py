"""A partner's contact changes the own record on a phone, without scripts."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from schemas.partners import Contact, PartnerRecorded, RadiusArea, Service, ZipListArea
from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind
from services.intake import partners
from services.intake.pages.cookies import Cookie
from tests.browser.intake import RunningIntake
from tests.browser.test_office import OVERFLOWS, SMALL

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVICE = Service(
    service_id=uuid4(),
    categories=(Category.BEDS, Category.FURNITURE),
    area=RadiusArea(zip_code="11215", miles=5),
    languages=("en",),
)
ADA = Contact(contact_id=uuid4(), name="Ada Volunteer", email="ada@church.example.org")
CLEO = Contact(
    contact_id=uuid4(),
    name="Cleo Maria Fernandez-Quintanilla",
    email="cleo.fernandez@a-long-name-of-a-church.example.org",
    phone="+17185550177",
    confirmed=False,
)
CHURCH = PartnerRecorded(
    partner_id=uuid4(),
    name="Second Street Church",
    kind=PartnerKind.CHURCH,
    services=(SERVICE,),
    contacts=(ADA, CLEO),
)
OUR_SERVICE = f"/our/services/{SERVICE.service_id}"


async def open_phone(chromium: Browser, intake: RunningIntake) -> Page:
    context = await chromium.new_context(
        base_url=intake.url, java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    session = await intake.sign_in("ada@church.example.org")
    await context.add_cookies([{"name": Cookie.SESSION, "value": session, "url": intake.url}])
    return await context.new_page()


async def test_a_contact_says_where_they_help_and_how_much_on_a_phone(intake: RunningIntake, chromium: Browser) -> None:
    await partners.record_partners(intake.desk.pool, intake.desk.seal, [CHURCH])
    page = await open_phone(chromium, intake)
    contacts = ("/our/contacts", "/our/contacts/new", f"/our/contacts/{ADA.contact_id}")
    for path in ("/our/services", OUR_SERVICE, *contacts, f"/our/contacts/{CLEO.contact_id}"):
        for language in ("es", "en"):
            await page.goto(f"{path}?language={language}")
            await expect(page.locator("h1")).to_have_count(1)
            assert not await page.evaluate(OVERFLOWS), path
            assert await page.evaluate(SMALL) == [], path

    await page.goto("/our/services")
    await page.get_by_label("Families a week").fill("2")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_have_text("Saved.")
    await page.get_by_role("link", name="Area, languages, conditions and hours").click()
    area = page.get_by_role("group", name="Where do the families live that you help?")
    await expect(area.get_by_label("How many miles")).to_be_visible()
    await area.get_by_label("In these ZIP codes").check()
    await expect(area.get_by_label("How many miles")).to_be_hidden()
    await area.get_by_label("ZIP codes", exact=True).fill("11215, 11299")
    await page.get_by_label("An interview first").check()
    await page.get_by_role("button", name="Save").click()
    wrong = re.compile("There is no ZIP code 11299. Near it are 112")
    await expect(area.get_by_label("ZIP codes", exact=True)).to_have_accessible_description(wrong)
    await area.get_by_label("ZIP codes", exact=True).fill("11215, 11201")
    await page.get_by_text("Hours", exact=True).click()
    await page.get_by_label("Sat, opens").fill("09:00")
    await page.get_by_label("Sat, closes").fill("12:00")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_have_text("Saved.")
    [service] = (await partners.read_partner(intake.desk.pool, CHURCH.partner_id)).services
    assert (service.area, service.claims_per_week) == (ZipListArea(zip_codes=("11215", "11201")), 2)
    assert [(one.weekday, one.opens.hour) for one in service.hours] == [(5, 9)]
