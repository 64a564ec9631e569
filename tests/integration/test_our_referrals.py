"""A partner's contact refers a family by the coordinator's own form, and learns what was answered, and no more."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest_asyncio

from schemas.outcomes import ReferralAnswered
from schemas.partners import Contact, NationArea, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind, PartnerStatus, ReferralAnswer
from services.intake import needs, partners
from services.intake.pages.cookies import Cookie
from services.intake.store.keys import Coordinator
from tests.browser.intake import RunningIntake, offer_of, running_intake
from tests.browser.matcher import Town, with_matcher
from tests.integration.cases import FORM_MARK, NAME, PHONE, knows
from tests.parts import DatabaseMaker

MARK = "a-mark-of-this-browser"
ADA, OTTO = "ada@clinic.example.org", "otto@pantry.example.org"
FORM = {
    "key": "one",
    "item": "after_school.seat",
    "quantity": "2",
    "zip_code": "11201",
    "urgency": "this_week",
    "languages": "en",
    "must_speak": "yes",
    "consent": "spoken",
    "name": NAME,
    "phone": PHONE,
    "channels": "text",
    "family_language": "en",
    "notes": f"{NAME} asked for it",
}


@dataclass
class Harbor:
    """A clinic and a pantry, each with a contact who is signed in; a school; an after-school programme."""

    town: Town
    school: Coordinator
    clinic: PartnerRecorded
    programme: PartnerRecorded
    sessions: dict[str, str]

    @property
    def intake(self) -> RunningIntake:
        return self.town.intake

    async def ask(self, email: str, path: str, **fields: str) -> httpx.Response:
        """Opens a page as somebody, or sends its form where there are fields."""
        cookies = {FORM_MARK: MARK, str(Cookie.SESSION): self.sessions[email]}
        async with httpx.AsyncClient(base_url=self.intake.url, cookies=cookies, timeout=60) as client:
            return await (client.post(path, data={FORM_MARK: MARK, **fields}) if fields else client.get(path))

    async def refer(self, **changes: str) -> UUID:
        answer = await self.ask(ADA, "/our/refer", **{**FORM, "site_id": str(self.school.site_id), **changes})
        assert answer.status_code == 303, answer.text
        return UUID(answer.headers["location"].removeprefix("/our/referrals/"))


@pytest_asyncio.fixture
async def harbor(postgres: DatabaseMaker) -> AsyncIterator[Harbor]:
    async with running_intake(await postgres("intake")) as intake:
        town = with_matcher(intake)
        school = await intake.add_coordinator("robin@school.example.org", "Lincoln")
        seats = Service(service_id=uuid4(), categories=(Category.AFTER_SCHOOL,), area=NationArea(), languages=("en",))
        records = [
            PartnerRecorded(
                partner_id=uuid4(),
                name=name,
                kind=PartnerKind.AGENCY,
                services=(seats.model_copy(update={"service_id": uuid4()}),),
                contacts=(Contact(contact_id=uuid4(), name="Ada Volunteer", email=email),),
                status=status,
            )
            for name, email, status in (
                ("Harbor Clinic", ADA, PartnerStatus.ACTIVE),
                ("A Pantry", OTTO, PartnerStatus.ACTIVE),
                ("After School Club", "club@school.example.org", PartnerStatus.ACTIVE),
                ("Away Club", "away@school.example.org", PartnerStatus.PAUSED),
            )
        ]
        await partners.record_partners(intake.desk.pool, intake.desk.seal, records)
        for record in records:
            town.directory.apply(record)
        sessions = {email: await intake.sign_in(email) for email in (ADA, OTTO, school.email)}
        yield Harbor(town, school, records[0], records[2], sessions)


async def test_a_partner_refers_by_the_coordinators_form_and_hears_each_answer(harbor: Harbor) -> None:
    need_id = await harbor.refer()
    assert await harbor.refer() == need_id
    assert await harbor.intake.events(need_id) == ["needs.opened"]
    async with harbor.intake.desk.pool.acquire() as connection:
        row = await connection.fetchrow("SELECT terms, entered_by FROM needs")
        topics = await connection.fetch("SELECT encode(value, 'escape') AS value FROM outbox WHERE value IS NOT NULL")
    assert row is not None
    assert (row["terms"]["referred_by"], row["entered_by"]) == (str(harbor.clinic.partner_id), None)
    assert not [one for one in topics if knows(one["value"])]

    items = await harbor.intake.newest_need()
    made = offer_of(need_id, items[1], harbor.programme)
    await harbor.intake.matcher_says(made)
    about = {name: getattr(made, name) for name in ("need_id", "offer_id", "partner_id", "terms")}
    told = ReferralAnswered(**about, referred_by=harbor.clinic.partner_id, answer=ReferralAnswer.WAITLISTED)
    await harbor.intake.matcher_says(told)
    page = (await harbor.ask(ADA, f"/our/referrals/{need_id}")).text
    assert "Partners are being asked." in page
    assert "After School Club: It is on the wait list." in page
    assert all(text in page for text in ("Robin Reyes", "robin@school.example.org", "Lincoln"))
    listed = (await harbor.ask(ADA, "/our/referrals")).text
    assert ("It is on the wait list." in listed, str(need_id) in listed) == (True, True)
    assert not knows(page + listed)
    assert "Harbor Clinic referred this family." in (await harbor.ask(harbor.school.email, f"/needs/{need_id}")).text

    await needs.withdraw_consent(harbor.intake.desk.pool, need_id, None)
    page = (await harbor.ask(ADA, f"/our/referrals/{need_id}")).text
    assert ("It has ended." in page, "Robin Reyes" in page) == (True, False)


async def test_anothers_referral_is_as_if_it_were_not(harbor: Harbor) -> None:
    need_id = await harbor.refer()
    assert "You have referred no family yet" in (await harbor.ask(OTTO, "/our/referrals")).text
    answers = [await harbor.ask(OTTO, f"/our/referrals/{one}") for one in (need_id, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({re.sub(r"[0-9a-f-]{36}", "", answer.text) for answer in answers}) == 1
    for path in ("/our/refer", "/our/referrals", f"/our/referrals/{need_id}", "/our/directory"):
        assert (await harbor.ask(harbor.school.email, path)).status_code == 404, path
    for path in ("/needs/new", f"/needs/{need_id}", "/partners"):
        assert (await harbor.ask(ADA, path)).status_code == 404, path


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(harbor: Harbor) -> None:
    await harbor.intake.add_coordinator("theirs@school.example.org", "Theirs")
    answer = await harbor.ask(ADA, "/our/refer", **FORM | {"zip_code": "1"})
    assert (answer.status_code, 'id="zip_code-problem"' in answer.text) == (422, True)
    assert re.search(r'id="site_id-problem">Choose the school\.<', answer.text)
    assert all(text in answer.text for text in (NAME, PHONE, "Theirs", "Lincoln", "asked for it"))
    await harbor.refer()
    async with harbor.intake.desk.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO needs SELECT (jsonb_populate_record(needs, jsonb_build_object('need_id', gen_random_uuid(), "
            "'reference', 900000 + number))).* FROM needs, generate_series(1, 19) AS number"
        )
    answer = await harbor.ask(ADA, "/our/refer", **FORM | {"key": "two"}, site_id=str(harbor.school.site_id))
    assert (answer.status_code, "20 families that you referred still wait" in answer.text) == (422, True)


async def test_a_partner_reads_how_many_could_help_and_of_the_others_what_they_do(harbor: Harbor) -> None:
    # Its own service would fit as well, and is not asked: the family comes from there.
    site = {"site_id": str(harbor.school.site_id)}
    seen = (await harbor.ask(ADA, "/our/refer/preview", **FORM, **site)).text
    assert "2 partners could help." in seen
    assert not re.search("Club|Pantry|Clinic", seen)
    picked = {"first": str(harbor.programme.partner_id)}
    assert "cannot be asked" not in (await harbor.ask(ADA, "/our/refer/preview", **FORM, **site, **picked)).text
    no_help = {**FORM, **site, **picked, "item": "bed.twin"}
    assert "cannot be asked for this now" in (await harbor.ask(ADA, "/our/refer/preview", **no_help)).text
    sensitive = (await harbor.ask(ADA, "/our/refer/preview", **FORM, **site, sensitive="yes")).text
    assert ("could help" in sensitive, "trusted" in sensitive) == (False, True)

    found = (await harbor.ask(ADA, "/our/directory?print=yes")).text
    assert all(text in found for text in ("After School Club", "A Pantry", "/our/refer?first="))
    assert not [text for text in ("Away Club", "Harbor Clinic</h2>", OTTO, "Ada Volunteer;") if text in found]
    await harbor.intake.desk.pool.execute("UPDATE sites SET time_zone = 'Pacific/Honolulu'")
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    await harbor.refer(needed_by=day.isoformat())
    ends = await harbor.intake.desk.pool.fetchval("SELECT terms->>'needed_by' FROM needs")
    last = datetime.combine(day, time(23, 59), ZoneInfo("Pacific/Honolulu"))
    assert datetime.fromisoformat(ends) == last, "the last day ends by the school's clock"
    form = (await harbor.ask(ADA, f"/our/refer?first={harbor.programme.partner_id}")).text
    assert re.search(rf'name="first" value="{harbor.programme.partner_id}" checked', form)
