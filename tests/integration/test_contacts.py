"""A partner's contacts speak for themselves: preferences, stop, and addresses that wait for their word."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio

from schemas.links import AddressLink, ContactLink
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Channel, PartnerKind
from services.intake import partners
from services.intake.partners import record_with, stop_texts
from tests.browser.intake import KEYS, SECRET, RunningIntake, running_intake
from tests.integration.cases import send
from tests.parts import DatabaseMaker
from tests.waiting import count_waiting, eventually

EMAIL, PHONE = "ada@church.example.org", "+17185550141"
NEW = "ada@new.example.org"
SOON = timedelta(days=1)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
CHOSEN = {"ways": "email", "rhythm": "at_once", "digest_hour": "17", "language": "en", "time_zone": "America/New_York"}


@dataclass
class Parish:
    """A partner with two contacts, and the first one's browser."""

    intake: RunningIntake
    partner: PartnerRecorded
    browser: httpx.AsyncClient

    @property
    def ada(self) -> Contact:
        return self.partner.contacts[0]

    @property
    def path(self) -> str:
        link = ContactLink(self.partner.partner_id, self.ada.contact_id, datetime.now(UTC) + SOON)
        return f"/c/{KEYS.sign(link)}"

    async def choose(self, **fields: str) -> httpx.Response:
        return await send(self.browser, self.path, self.path, **(CHOSEN | fields))

    async def stop_everything(self) -> httpx.Response:
        return await send(self.browser, self.path, self.path, stop="yes")

    async def comes_in_again(self, **changes: Any) -> None:
        """The list of yesterday, with what else is to be different about the first contact."""
        ada = self.ada.model_copy(update=changes)
        record = self.partner.model_copy(update={"contacts": (ada, *self.partner.contacts[1:])})
        await partners.record_partners(self.intake.desk.pool, self.intake.desk.seal, [record])

    async def now(self) -> Contact:
        record = await partners.read_partner(self.intake.desk.pool, self.partner.partner_id)
        return record.contacts[0]

    async def published(self) -> int:
        key = str(self.partner.partner_id).encode()
        count: int = await self.intake.desk.pool.fetchval("SELECT count(*) FROM outbox WHERE key = $1", key)
        return count

    async def waits(self) -> list[tuple[str, str]]:
        rows = await self.intake.desk.pool.fetch(
            "SELECT coalesce(then_channel, channel) AS about, coalesce(then_address, address) AS new "
            "FROM address_questions WHERE address IS NOT NULL ORDER BY about"
        )
        return [(row["about"], row["new"]) for row in rows]

    async def question(self, channel: Channel = Channel.EMAIL) -> UUID:
        [one] = [one for one in (await self.now()).questions if one.channel is channel]
        return one.question_id

    async def confirm(self, question_id: UUID) -> httpx.Response:
        path = f"/a/{KEYS.sign(AddressLink(question_id, datetime.now(UTC) + SOON))}"
        return await send(self.browser, path, path)

    async def ask_notifiers_door(self, question_id: UUID) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with httpx.AsyncClient(base_url=self.intake.url, headers=headers, timeout=30) as notifier:
            return await notifier.get(f"/internal/v1/questions/{question_id}")


@pytest_asyncio.fixture
async def parish(postgres: DatabaseMaker) -> AsyncIterator[Parish]:
    async with running_intake(await postgres("intake")) as intake:
        ada = Contact(contact_id=uuid4(), name="Ada Volunteer", email=EMAIL, phone=PHONE)
        ben = Contact(contact_id=uuid4(), name="Ben Canary", email="ben@canary.example.org", phone="+17185550188")
        partner = PartnerRecorded(
            partner_id=uuid4(), name="Second Street Church", kind=PartnerKind.CHURCH, contacts=(ada, ben)
        )
        await partners.record_partners(intake.desk.pool, intake.desk.seal, [partner])
        async with httpx.AsyncClient(base_url=intake.url, follow_redirects=True, timeout=30) as browser:
            yield Parish(intake, partner, browser)


async def test_opening_the_page_changes_nothing_and_shows_the_own_name_and_nobodys_address(parish: Parish) -> None:
    page = await parish.browser.get(parish.path)
    assert page.status_code == 200
    assert "Ada Volunteer" in page.text
    for secret in (EMAIL, PHONE, "555-0141", "Ben", "canary", "555-0188", "+17185550188"):
        assert secret not in page.text
    await parish.browser.get(f"{parish.path}/stop")
    assert await parish.published() == 1
    assert await parish.now() == parish.ada


async def test_what_a_contact_chooses_is_recorded_and_told_at_once(parish: Parish) -> None:
    until = date.today() + timedelta(days=9)  # noqa: DTZ011 - a day on a form
    page = await parish.choose(
        ways="text_first",
        rhythm="daily",
        digest_hour="8",
        language="es",
        time_zone="America/Denver",
        away_until=until.isoformat(),
        urgent_at_night="yes",
    )
    assert "Guardado" in page.text
    ada = await parish.now()
    assert ada.channels == (Channel.TEXT, Channel.EMAIL)
    assert (ada.digest_hour, ada.language, ada.time_zone, ada.urgent_at_night) == (8, "es", "America/Denver", True)
    assert ada.away_until == datetime(until.year, until.month, until.day, tzinfo=ZoneInfo("America/Denver"))
    assert await parish.published() == 2
    shown = (await parish.browser.get(parish.path)).text
    assert f'value="{until.isoformat()}"' in shown
    assert (ada.email, ada.phone) == (EMAIL, None), "the phone was for calls, and is asked first"
    assert await parish.waits() == [("text", PHONE)]
    await parish.confirm(await parish.question(Channel.TEXT))
    assert (await parish.now()).ways == ((Channel.TEXT, PHONE), (Channel.EMAIL, EMAIL))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"ways": "pigeon"}, "ways"),
        ({"ways": ""}, "ways"),
        ({"rhythm": "daily", "digest_hour": "3"}, "rhythm"),
        ({"rhythm": "daily", "digest_hour": "٨"}, "rhythm"),
        ({"away_until": "2020-01-01"}, "away_until"),
        ({"away_until": "9999-12-31"}, "away_until"),
        ({"away_until": "soon"}, "away_until"),
        ({"email": "ada at church"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"email": "a@example.org\r\nBcc: all@example.org"}, "email"),
    ],
)
async def test_what_cannot_be_is_named_beside_its_field_and_changes_nothing(
    parish: Parish, fields: dict[str, str], named: str
) -> None:
    page = await parish.choose(**fields)
    assert page.status_code == 422
    assert f'id="{named}-problem"' in page.text
    assert await parish.published() == 1
    assert await parish.waits() == []


async def test_a_mail_program_stops_emails_by_itself_and_saying_it_again_changes_nothing(parish: Parish) -> None:
    for _ in range(2):
        async with httpx.AsyncClient(base_url=parish.intake.url, timeout=30) as program:
            assert (await program.post(f"{parish.path}/stop", data=ONE_CLICK)).status_code == 200
    assert (await parish.now()).channels == ()
    assert await parish.published() == 2
    await parish.comes_in_again()
    assert (await parish.now()).channels == (), "an old list does not bring it back"
    someone = Contact(contact_id=uuid4(), name="Ada", email=EMAIL.upper())
    await parish.comes_in_again(contact_id=someone.contact_id, email=someone.email)
    assert (await parish.now()).channels == (), "nor under another name"


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "yes"}, {"form_mark": "x"}])
async def test_what_is_not_a_mail_programs_word_stops_nothing(parish: Parish, body: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=parish.intake.url, timeout=30) as program:
        assert (await program.post(f"{parish.path}/stop", data=body)).status_code == 400
    assert (await parish.now()).channels == (Channel.EMAIL,)


async def test_stop_is_one_tap_and_can_be_taken_back_on_the_same_page(parish: Parish) -> None:
    assert "You get no messages now" in (await parish.stop_everything()).text
    assert (await parish.now()).channels == ()
    await parish.choose(ways="email")
    assert (await parish.now()).channels == (Channel.EMAIL,)
    await parish.comes_in_again()
    assert (await parish.now()).channels == (Channel.EMAIL,)


async def test_what_a_contact_chose_stands_against_the_list_of_yesterday(parish: Parish) -> None:
    await parish.choose(ways="email_first", language="es")
    await parish.comes_in_again(name="Ada L. Volunteer", language="en", channels=(Channel.TEXT,))
    ada = await parish.now()
    assert (ada.name, ada.language) == ("Ada L. Volunteer", "es")
    assert ada.channels == (Channel.EMAIL, Channel.TEXT)


async def test_a_phone_that_said_stop_is_texted_again_only_when_it_says_so_itself(parish: Parish) -> None:
    desk = parish.intake.desk
    async with desk.pool.acquire() as connection, connection.transaction():
        await stop_texts(connection, desk.seal, PHONE)
    page = await parish.choose(ways="text")
    assert page.status_code == 422
    assert "START" in page.text
    assert (await parish.now()).channels == (Channel.EMAIL,)


async def test_stop_holds_against_a_list_that_is_written_at_the_same_moment(parish: Parish) -> None:
    desk, phone = parish.intake.desk, "+17185550177"
    ada = parish.ada.model_copy(update={"phone": phone, "channels": (Channel.EMAIL, Channel.TEXT)})
    other = parish.partner.model_copy(update={"partner_id": uuid4(), "contacts": (ada,)})

    async def say_stop() -> None:
        async with desk.pool.acquire() as connection, connection.transaction():
            await stop_texts(connection, desk.seal, phone)

    async with desk.pool.acquire() as connection, connection.transaction():
        await record_with(connection, desk.seal, [other], {})
        stopping = [asyncio.create_task(say_stop()) for _ in range(3)]

        async def all_wait_or_are_done() -> bool:
            return await count_waiting(desk.pool) + sum(one.done() for one in stopping) >= len(stopping)

        await eventually(all_wait_or_are_done)
    await asyncio.gather(*stopping)
    written = await partners.read_partner(desk.pool, other.partner_id)
    assert written.contacts[0].channels == (Channel.EMAIL,)


async def test_a_new_address_is_used_once_its_reader_said_that_it_is_theirs(parish: Parish) -> None:
    page = await parish.choose(ways="email", email=" ada@NEW.example.org ")
    assert "a…@n…" in page.text
    assert NEW not in page.text
    ada = await parish.now()
    assert ada.email == EMAIL, "the old one stays in use"
    assert NEW not in (await parish.intake.desk.pool.fetchval("SELECT string_agg(value::text, '') FROM outbox"))
    first = await parish.question()
    assert (await parish.ask_notifiers_door(first)).json() == {"channel": "email", "address": EMAIL}
    change = f"/a/{KEYS.sign(AddressLink(first, datetime.now(UTC) + SOON))}"
    assert NEW in (await parish.browser.get(change)).text, "whoever is asked sees what would come into use"
    page = await parish.confirm(first)
    assert "Now we write to the new address" in page.text
    assert (await parish.now()).email == EMAIL
    question = await parish.question()
    assert (await parish.ask_notifiers_door(question)).json() == {"channel": "email", "address": NEW}
    # Opening what the message links to is not a word yet: scanners open everything.
    path = f"/a/{KEYS.sign(AddressLink(question, datetime.now(UTC) + SOON))}"
    opened = await parish.browser.get(path)
    assert "Second Street Church" in opened.text
    assert NEW not in opened.text
    assert (await parish.now()).email == EMAIL
    await parish.confirm(question)
    assert "Thank you" in (await parish.browser.get(path)).text
    ada = await parish.now()
    assert (ada.email, ada.questions) == (NEW, ())
    assert (await parish.ask_notifiers_door(question)).status_code == 404
    await parish.comes_in_again()
    assert (await parish.now()).email == NEW, "an old list does not bring the old address back"
    await parish.comes_in_again(email="ada@third.example.org")
    assert (await parish.now()).email == "ada@third.example.org", "what the office newly knows counts"


async def test_of_two_new_addresses_one_after_the_other_the_last_waits(parish: Parish) -> None:
    await parish.choose(email="first@example.org")
    first = await parish.question()
    await parish.choose(email=NEW)
    assert await parish.waits() == [("email", NEW)]
    assert (await parish.ask_notifiers_door(await parish.question())).json()["address"] == EMAIL
    path = f"/a/{KEYS.sign(AddressLink(first, datetime.now(UTC) + SOON))}"
    assert (await parish.browser.get(path)).status_code == 410
    for _ in ("in use", "new"):
        await parish.confirm(await parish.question())
    assert (await parish.now()).email == NEW


async def test_whoever_was_forwarded_the_link_takes_no_place_in_which_codes_arrive(parish: Parish) -> None:
    await parish.choose(email="stranger@example.org", phone="+17185550199", ways="text_first")
    asked = [one.question_id for one in (await parish.now()).questions]
    assert len(asked) == 2
    for question in asked:
        assert (await parish.ask_notifiers_door(question)).json() == {"channel": "email", "address": EMAIL}
    ada = await parish.now()
    assert ada.ways == ((Channel.EMAIL, EMAIL),), "nor is the phone for calls texted meanwhile"
    await parish.comes_in_again(email="ada@office.example.org")
    for question in asked:
        path = f"/a/{KEYS.sign(AddressLink(question, datetime.now(UTC) + SOON))}"
        assert (await parish.browser.get(path)).status_code == 410, "an address that is in use no more decides nothing"


async def test_who_has_no_address_is_sent_to_the_coordinator(parish: Parish) -> None:
    await parish.comes_in_again(email=None, phone=None)
    page = await parish.choose(email=NEW)
    assert page.status_code == 422
    assert "tell your school" in page.text


async def test_strangers_are_not_asked_over_and_over(parish: Parish) -> None:
    for number in range(5):
        assert (await parish.choose(email=f"stranger{number}@example.org")).status_code == 200
    page = await parish.choose(email="stranger5@example.org")
    assert page.status_code == 422
    assert "try again tomorrow" in page.text
    assert await parish.waits() == [("email", "stranger4@example.org")]


async def test_a_contact_who_comes_in_unconfirmed_is_asked_once_and_then_reached(parish: Parish) -> None:
    both = (Channel.EMAIL, Channel.TEXT)
    someone = {"contact_id": uuid4(), "email": NEW, "phone": "+17185550177", "channels": both, "confirmed": False}
    for _ in range(2):
        await parish.comes_in_again(**someone)
    contact = await parish.now()
    assert (contact.confirmed, contact.ways) == (False, ())
    assert await parish.waits() == [("email", NEW), ("text", "+17185550177")]
    asked = {one.question_id for one in contact.questions}
    await parish.comes_in_again(**someone)
    assert {one.question_id for one in (await parish.now()).questions} == asked, "it is the same question"
    await parish.confirm(await parish.question())
    contact = await parish.now()
    assert (contact.confirmed, contact.ways) == (True, ((Channel.EMAIL, NEW),)), "the phone is not known to be theirs"
    await parish.comes_in_again(**someone)
    assert (await parish.now()).confirmed, "their word is not forgotten with the next list"
    await parish.confirm(await parish.question(Channel.TEXT))
    assert (await parish.now()).ways == ((Channel.EMAIL, NEW), (Channel.TEXT, "+17185550177"))
    assert await parish.waits() == []


async def test_what_the_office_confirms_waits_no_more(parish: Parish) -> None:
    someone = {"contact_id": uuid4(), "email": NEW, "phone": None, "confirmed": False}
    await parish.comes_in_again(**someone)
    question = await parish.question()
    await parish.comes_in_again(**(someone | {"confirmed": True}))
    assert ((await parish.now()).ways, await parish.waits()) == (((Channel.EMAIL, NEW),), [])
    assert (await parish.ask_notifiers_door(question)).status_code == 404


async def test_with_the_partner_goes_all_that_its_contacts_said(parish: Parish) -> None:
    await parish.choose(email=NEW)
    path, question = parish.path, await parish.question()
    await partners.remove_partner(parish.intake.desk.pool, parish.partner.partner_id)
    assert (await parish.browser.get(path)).status_code == 404
    assert (await parish.ask_notifiers_door(question)).status_code == 404
    for table in ("own_choices", "address_questions"):
        assert await parish.intake.desk.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608
