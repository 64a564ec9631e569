"""A partner's contact changes the partner's record: what is typed is told to the others, and nothing else changes."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio

from schemas.offers import OfferMade
from schemas.outcomes import NeedFulfilled
from schemas.partners import Contact, OnCall, PartnerRecorded, RadiusArea, Service
from schemas.taxonomy import Category
from schemas.vocabulary import Channel, Condition, ContactRole, HandoverWay, PartnerKind, PartnerStatus
from services.intake import partners
from services.intake.api.callers import Scope, hash_key
from services.intake.contacts import Wishes, confirm_address, save_wishes
from services.intake.pages.cookies import Cookie
from services.intake.store import contacts, keys, visits
from services.intake.store.keys import KeyRow
from services.intake.store.visits import Clearance
from tests.browser.intake import RunningIntake, award_of, offer_of, running_intake
from tests.integration.cases import FORM_MARK
from tests.parts import DatabaseMaker
from tests.system import need_body
from tests.waiting import eventually

MARK = "a-mark-of-this-browser"
EMAIL, NEW = "ada@church.example.org", "ada@new.example.org"
SERVICE = Service(
    service_id=uuid4(),
    categories=(Category.BEDS, Category.FURNITURE),
    area=RadiusArea(zip_code="11215", miles=5),
    zip_code="11215",
    income_limit=200,
    languages=("en",),
    claims_per_week=3,
)
FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*>(?:[^<]*</textarea>)?|<option[^>]*selected[^>]*>")


@dataclass
class Church:
    """A partner with two contacts, another partner, and the first contact's session."""

    intake: RunningIntake
    partner: PartnerRecorded
    other: PartnerRecorded
    session: str

    @property
    def ada(self) -> Contact:
        return self.partner.contacts[0]

    @property
    def ben(self) -> Contact:
        return self.partner.contacts[1]

    def browser(self) -> httpx.AsyncClient:
        cookies = {FORM_MARK: MARK, str(Cookie.SESSION): self.session}
        return httpx.AsyncClient(base_url=self.intake.url, cookies=cookies, timeout=30)

    async def open(self, path: str) -> str:
        async with self.browser() as browser:
            answer = await browser.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text

    async def send(self, path: str, form: dict[str, Any]) -> httpx.Response:
        async with self.browser() as browser:
            return await browser.post(path, data={FORM_MARK: MARK, **form})

    async def change(self, path: str, **fields: Any) -> httpx.Response:
        """Opens the form, changes these fields of it, and sends it."""
        return await self.send(path, form_on(await self.open(path), path) | fields)

    async def now(self) -> PartnerRecorded:
        return await partners.read_partner(self.intake.desk.pool, self.partner.partner_id)

    async def published(self, partner: PartnerRecorded) -> list[PartnerRecorded]:
        rows = await self.intake.desk.pool.fetch(
            "SELECT value FROM outbox WHERE key = $1 ORDER BY id", str(partner.partner_id).encode()
        )
        return [PartnerRecorded.model_validate_json(row["value"]) for row in rows]

    async def waits(self) -> list[tuple[str, str | None]]:
        """(address asked now, address that would come into use)."""
        rows = await self.intake.desk.pool.fetch(
            "SELECT address, then_address FROM address_questions WHERE address IS NOT NULL ORDER BY asked_at, address"
        )
        return [(row["address"], row["then_address"]) for row in rows]


def form_on(page: str, action: str) -> dict[str, Any]:
    """What a browser would send of the page's form that goes there, if nobody touched it."""
    [form] = re.findall(rf'<form method="post" action="{re.escape(action)}"(.*?)</form>', page, re.DOTALL)[-1:]
    fields: dict[str, Any] = {}
    name = ""
    for tag in FIELD.findall(form):
        marks = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        value = html.unescape(marks.get("value", ""))
        if tag.startswith("<option"):
            fields[name] = value or name
            continue
        name = marks["name"]
        if marks.get("type") in {"checkbox", "radio"}:
            if tag.endswith(" checked>"):
                fields.setdefault(name, []).append(value)
        elif tag.startswith("<select"):
            fields[name] = ""
        else:
            fields[name] = html.unescape(tag[tag.index(">") + 1 : -11]) if tag.startswith("<textarea") else value
    return fields


@pytest_asyncio.fixture
async def church(postgres: DatabaseMaker) -> AsyncIterator[Church]:
    async with running_intake(await postgres("intake")) as intake:
        ada = Contact(contact_id=uuid4(), name="Ada Volunteer", email=EMAIL)
        ben = Contact(contact_id=uuid4(), name="Ben Keys", email="ben@church.example.org", phone="+17185550188")
        record = PartnerRecorded(
            partner_id=uuid4(), name="Second Street Church", kind=PartnerKind.CHURCH, services=(SERVICE,),
            contacts=(ada, ben),
        )  # fmt: skip
        other = record.model_copy(update={"partner_id": uuid4(), "name": "A Pantry", "contacts": ()})
        texts = {record.partner_id: {SERVICE.service_id: "In our words"}}
        await partners.record_partners(intake.desk.pool, intake.desk.seal, [record, other], texts)
        yield Church(intake, record, other, await intake.sign_in(EMAIL))


async def test_what_is_typed_of_a_service_is_told_and_what_is_not_on_the_form_stays(church: Church) -> None:
    path = f"/our/services/{SERVICE.service_id}"
    answer = await church.change(
        path,
        categories=["beds"],
        area="zip_codes",
        zip_codes="11201, 11215",
        languages=["en", "ht"],
        conditions=["shows_id"],
        handover=["drop_off"],
        max_age="17",
        **{"opens-5-0": "09:00", "closes-5-0": "12:30"},
    )
    assert answer.headers["location"] == f"{path}?saved=yes", answer.text
    [_, told] = await church.published(church.partner)
    [service] = told.services
    assert service.area.model_dump() == {"kind": "zip_codes", "zip_codes": ("11201", "11215")}
    assert (service.categories, service.languages, service.max_age) == ((Category.BEDS,), ("en", "ht"), 17)
    assert (service.conditions, service.handover) == ((Condition.SHOWS_ID,), (HandoverWay.DROP_OFF,))
    assert [(one.weekday, one.opens.hour, one.closes.minute) for one in service.hours] == [(5, 9, 30)]
    assert (service.income_limit, service.claims_per_week, service.zip_code) == (200, 3, "11215")
    texts = await partners.read_eligibility_texts(church.intake.desk.pool, [church.partner.partner_id])
    assert list(texts.values()) == ["In our words"]
    assert len(await church.published(church.other)) == 1
    assert "Saved." in await church.open(f"{path}?saved=yes")


async def test_what_is_wrong_is_named_and_nothing_typed_is_lost(church: Church) -> None:
    path = f"/our/services/{SERVICE.service_id}"
    answer = await church.change(path, center="11299", min_age="x", fits=["halal"])
    assert answer.status_code == 422
    said = ("There is no ZIP code 11299. Near it are 112", 'value="11299"', 'value="x"', 'value="halal" checked')
    assert all(one in answer.text for one in said)
    answer = await church.change(path, categories=["food"])
    assert (answer.status_code, "At least one has to stay" in answer.text) == (422, True)
    assert len(await church.published(church.partner)) == 1
    assert (await church.send(f"/our/services/{uuid4()}", {})).status_code == 404
    assert (await church.change("/our/services", **{f"week-{SERVICE.service_id}": "many"})).status_code == 422


async def test_capacity_and_a_break_are_told_and_what_is_used_is_shown(church: Church) -> None:
    week, hand = f"week-{SERVICE.service_id}", f"hand-{SERVICE.service_id}"
    assert (await church.change("/our/services", **{week: "", hand: "2", "offers": "1"})).status_code == 303
    record = await church.now()
    assert (record.services[0].claims_per_week, record.services[0].claims_at_once, record.open_offers) == (None, 2, 1)
    made = await take_on(church)
    page = await church.open("/our/services")
    assert ("Taken on in the last 7 days: 1" in page, "In your hands now: 1" in page) == (True, True)
    async with church.browser() as browser:
        offer = f"/our/offers/{made.offer_id}"
        assert (await browser.get(offer)).status_code == 303
        await church.intake.matcher_says(NeedFulfilled(need_id=made.need_id, met=made.terms.items))
        assert (await browser.get(offer)).status_code == 404, "what has ended is opened by no new link"
    until = date.today() + timedelta(days=20)  # noqa: DTZ011 - a day on a form
    form = form_on(page, "/our/services/pause")
    assert (await church.send("/our/services/pause", form | {"until": "2020-01-01"})).status_code == 422
    assert (await church.send("/our/services/pause", form | {"until": until.isoformat()})).status_code == 303
    begins = datetime(until.year, until.month, until.day, tzinfo=ZoneInfo("America/New_York"))
    assert (await church.now()).snoozed_until == begins
    page = await church.open("/our/services")
    assert "You are on pause until" in page
    stale = await church.send("/our/services/pause", form | {"resume": "yes"})
    assert (stale.status_code, "somebody else changed it" in stale.text) == (422, True)
    form = form_on(page, "/our/services/pause")
    assert (await church.send("/our/services/pause", form | {"resume": "yes"})).status_code == 303
    assert (await church.now()).snoozed_until is None


async def take_on(church: Church) -> OfferMade:
    """Has the church take on a need."""
    intake = church.intake
    person = await intake.add_coordinator("robin@school.example.org", "Lincoln")
    async with intake.desk.pool.acquire() as connection:
        await keys.save_key(connection, hash_key("sb_key"), KeyRow("key", frozenset(Scope), person.site_id))
    async with httpx.AsyncClient(base_url=intake.url, headers={"Authorization": "Bearer sb_key"}, timeout=30) as school:
        assert (await school.post("/v1/needs", json=need_body())).status_code == 201
    made = offer_of(*await intake.newest_need(), church.partner).model_copy(update={"service_id": SERVICE.service_id})
    await intake.matcher_says(made)
    await intake.matcher_says(award_of(made))
    return made


async def test_of_two_who_change_a_service_at_once_neither_loses_anything(church: Church) -> None:
    path = f"/our/services/{SERVICE.service_id}"
    form = form_on(await church.open(path), path)
    at_once = await asyncio.gather(*(church.send(path, form | {"miles": miles}) for miles in ("6", "7")))
    assert sorted(one.status_code for one in at_once) == [303, 422]
    form = form_on(await church.open(path), path)
    assert (await church.change(path, miles="20", languages=["en", "es"])).status_code == 303
    stale = await church.send(path, form | {"miles": "8", "min_age": "3"})
    assert stale.status_code == 422
    assert "somebody else changed it" in stale.text
    assert "<strong>How many miles:</strong> 20. You wrote: 8." in stale.text
    assert "<strong>Languages you speak:</strong> English and Spanish" in stale.text
    assert len(await church.published(church.partner)) == 3, "nothing is saved before they have looked"
    again = form_on(stale.text, path)
    assert (again["miles"], again["min_age"], again["languages"]) == ("8", "3", ["en", "es"])
    assert (await church.send(path, again)).status_code == 303
    [service] = (await church.now()).services
    assert service.area == RadiusArea(zip_code="11215", miles=8)
    assert (service.languages, service.min_age) == (("en", "es"), 3)


async def test_who_is_added_is_written_to_once_they_say_yes(church: Church) -> None:
    cleo = {"name": "Cleo New", "email": "CLEO@new.example.org", "about": "requests", "ways": "email", "language": "es"}
    refused = await church.change("/our/contacts/new", **(cleo | {"ways": "text"}))
    assert (refused.status_code, "we need a mobile number" in refused.text) == (422, True)
    assert 'value="Cleo New"' in refused.text
    assert (await church.change("/our/contacts/new", **cleo)).status_code == 303
    contact = (await church.now()).contacts[2]
    assert (contact.confirmed, contact.ways, contact.roles) == (False, (), (ContactRole.REQUESTS,))
    assert await church.waits() == [("CLEO@new.example.org", None)]
    await church.intake.desk.pool.execute("DELETE FROM address_questions")
    path = f"/our/contacts/{contact.contact_id}"
    assert "has not said yes yet" in await church.open(path)
    assert (await church.change(f"/our/contacts/{church.ben.contact_id}", name="Ben K.")).status_code == 303
    assert await church.waits() == [], "a form about somebody else asks nobody again"
    assert (await church.change(path)).status_code == 303
    assert await church.waits() == [("CLEO@new.example.org", None)], "who never answered is asked again"
    assert (await church.change(path, email="cleo@right.example.org")).status_code == 303
    assert await church.waits() == [("cleo@right.example.org", None)], "who reads the mistyped one is asked no more"


async def test_what_asks_nobody_is_saved_however_many_were_asked_today(church: Church) -> None:
    await church.intake.desk.pool.execute(
        "INSERT INTO address_questions (question_id, partner_id, contact_id, channel) "
        "SELECT gen_random_uuid(), $1, gen_random_uuid(), 'email' FROM generate_series(1, 41)",
        church.partner.partner_id,
    )
    assert (await church.change("/our/services", offers="1")).status_code == 303
    dan = {"name": "Dan New", "email": NEW, "about": "requests", "ways": "email", "language": "en"}
    assert (await church.change("/our/contacts/new", **dan)).status_code == 422
    assert (len((await church.now()).contacts), await church.waits()) == (2, [])


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.TEXT])
async def test_nobody_takes_a_colleagues_place_by_changing_their_address(church: Church, channel: Channel) -> None:
    path = f"/our/contacts/{church.ben.contact_id}"
    field, address = ("email", NEW) if channel is Channel.EMAIL else ("phone", "+17185550199")
    assert (await church.change(path, **{field: address, "name": "Ben K."})).status_code == 303
    ben = (await church.now()).contacts[1]
    assert (ben.name, ben.email, ben.phone) == ("Ben K.", church.ben.email, church.ben.phone)
    assert await church.waits() == [("ben@church.example.org", address)], "who reads the one in use is asked first"
    assert "New address, not sure yet" in await church.open("/our/contacts")
    assert (await church.change(path, ways="email_first")).status_code == 422, "nor turns on texts for them"


async def test_what_a_contact_chose_stays_theirs(church: Church) -> None:
    desk, ids = church.intake.desk, (church.partner.partner_id, church.ben.contact_id)
    await save_wishes(
        desk.pool, desk.seal, *ids,
        Wishes(channels=(Channel.EMAIL,), language="es", time_zone="America/Denver", urgent_at_night=False,
               digest_hour=8, away_until=None),
    )  # fmt: skip
    path = f"/our/contacts/{church.ben.contact_id}"
    assert "Only they can change that" in await church.open(path)
    assert (await church.change(path, language="en", ways="text", about="follow_through")).status_code == 303
    ben = (await church.now()).contacts[1]
    assert (ben.language, ben.digest_hour, ben.channels) == ("es", 8, (Channel.EMAIL,))
    assert ben.roles == (ContactRole.FOLLOW_THROUGH,)
    assert "/c/" in await church.open(f"/our/contacts/{church.ada.contact_id}"), "the own choices are a tap away"


async def test_who_is_taken_away_hears_of_it_and_the_last_one_stays(church: Church) -> None:
    everybody = [str(one.contact_id) for one in church.partner.contacts]
    page = await church.open("/our/contacts")
    turns = form_on(page, "/our/contacts/turns") | {"turns": everybody, "first": everybody[1], "since": "2026-11-02"}
    assert (await church.send("/our/contacts/turns", turns | {"days": "0"})).status_code == 422
    assert (await church.send("/our/contacts/turns", turns)).status_code == 303
    ids = (church.ben.contact_id, church.ada.contact_id)
    assert (await church.now()).on_call == OnCall(contact_ids=ids, since=date(2026, 11, 2), days=7)
    church.intake.mailbox.texts.clear()
    assert (await church.send(f"/our/contacts/{church.ben.contact_id}/remove", {})).status_code == 303
    record = await church.now()
    assert (record.contacts, record.on_call and record.on_call.contact_ids) == ((church.ada,), (church.ada.contact_id,))
    assert "Ada Volunteer took you off" in (await letter_to(church, "ben@church.example.org"))
    answer = await church.send(f"/our/contacts/{church.ada.contact_id}/remove", {})
    assert (answer.status_code, "Nobody else here can be asked" in answer.text) == (422, True)
    async with church.intake.desk.pool.acquire() as connection:
        assert await contacts.waiting(connection, [church.partner.partner_id]) == []
    assert (await church.send(f"/our/contacts/{uuid4()}/remove", {})).status_code == 404


async def test_a_clearance_and_a_session_end_with_the_person_to_whom_they_were_given(church: Church) -> None:
    desk, partner_id = church.intake.desk, church.partner.partner_id

    async def clear() -> None:
        async with desk.pool.acquire() as connection:
            for one in church.partner.contacts:
                checked = Clearance(partner_id, one.contact_id, "fingerprints", "The city", date(2099, 1, 1))
                await visits.save_clearance(connection, checked, "robin")

    async def cleared() -> set[str]:
        async with desk.pool.acquire() as connection:
            ids = await visits.clearances_of(connection, partner_id)
        return {one.name for one in church.partner.contacts if one.contact_id in ids}

    async def signed_in() -> list[UUID]:
        rows = await desk.pool.fetch("SELECT contact_id FROM sessions UNION ALL SELECT contact_id FROM sign_in_links")
        return [row["contact_id"] for row in rows]

    await church.intake.sign_in("ben@church.example.org")
    await clear()
    ben, ada = (f"/our/contacts/{one.contact_id}" for one in (church.ben, church.ada))
    assert (await church.change(ben, name="Eve Else")).status_code == 303
    assert await cleared() == {"Ada Volunteer"}
    await clear()
    assert (await church.send(f"{ben}/remove", {})).status_code == 303
    assert (await cleared(), await signed_in()) == ({"Ada Volunteer"}, [church.ada.contact_id])
    assert (await church.change(ada, email=NEW)).status_code == 303
    for stands in ({"Ada Volunteer"}, set[str]()):
        async with desk.pool.acquire() as connection:
            [question] = await contacts.waiting(connection, [partner_id])
        await confirm_address(desk.pool, desk.seal, question)
        assert await cleared() == stands
    suspended = (await church.now()).model_copy(update={"status": PartnerStatus.SUSPENDED})
    await partners.record_partners(desk.pool, desk.seal, [suspended])
    assert await signed_in() == []


async def letter_to(church: Church, email: str) -> str:
    async def find() -> list[str]:
        return church.intake.mailbox.texts.get(email, [])

    return "".join(await eventually(find))
