"""A partner refers a family by its own key: from the need that it enters to the answer that it hears."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from schemas.event import Item, Programme
from schemas.offers import OfferMade
from schemas.outcomes import ClaimRefused, NeedFulfilled, ReferralAnswered
from schemas.partners import Contact, PartnerRecorded
from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS, Category
from schemas.vocabulary import DeclineReason, PartnerKind, PartnerStatus, ReferralAnswer, RefusalReason
from services.intake import needs, partners, signing_in
from services.intake.api.callers import Scope, hash_key
from services.intake.pages.cookies import Cookie
from services.intake.store import keys
from services.intake.store.keys import Coordinator, KeyRow
from switchboard.errors import SwitchboardError
from switchboard.partner_keys import make_key
from tests.browser.intake import RunningIntake, award_of, offer_of, offer_path, running_intake
from tests.integration.cases import NAME, PHONE, knows, send
from tests.parts import DatabaseMaker
from tests.system import need_body

FAMILY = {"name": NAME, "phone": PHONE, "channels": ["text"]}
SEATS = [{"code": "after_school.seat", "quantity": 2}]
TODAY = datetime.now(UTC).date()
PROGRAMME = Programme(seats=20, begins=TODAY, ends=TODAY + timedelta(days=200))


@dataclass
class Clinic:
    """A partner with a key of its own, a school, and an after-school programme."""

    intake: RunningIntake
    database_url: str
    record: PartnerRecorded
    key: str
    person: Coordinator
    programme: PartnerRecorded
    contact: Contact

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return httpx.AsyncClient(base_url=self.intake.url, headers=headers, timeout=30)

    async def refer(self, **changes: Any) -> dict[str, Any]:
        body = need_body(family=FAMILY, items=SEATS, site_id=str(self.person.site_id), **changes)
        async with self.client() as client:
            answer = await client.post("/v1/needs", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def offer(self, need: dict[str, Any]) -> OfferMade:
        """The programme is asked."""
        items = tuple(Item.model_validate(item) for item in need["terms"]["items"])
        made = offer_of(UUID(need["need_id"]), items, self.programme)
        made = made.model_copy(update={"terms": made.terms.model_copy(update={"programme": PROGRAMME})})
        await self.intake.matcher_says(made)
        return made

    async def need_page(self, need_id: str) -> str:
        """The need as its coordinator sees it."""
        pool = self.intake.desk.pool
        await signing_in.ask_for_link(pool, self.person.email, "en", "127.0.0.1")
        token = (await self.intake.sign_in_link(self.person.email)).rpartition("/")[2]
        session = await signing_in.sign_in(pool, token)
        assert session is not None
        async with httpx.AsyncClient(
            base_url=self.intake.url, cookies={str(Cookie.SESSION): session}, timeout=30
        ) as browser:
            return (await browser.get(f"/needs/{need_id}")).text

    async def status(self, status: PartnerStatus) -> None:
        changed = self.record.model_copy(update={"status": status})
        await partners.record_partners(self.intake.desk.pool, self.intake.desk.seal, [changed])


@pytest_asyncio.fixture
async def clinic(postgres: DatabaseMaker) -> AsyncIterator[Clinic]:
    database_url = await postgres("intake")
    async with running_intake(database_url) as intake:
        person = await intake.add_coordinator("ours@school.example.org", "Ours")
        await intake.add_coordinator("theirs@school.example.org", "Theirs")
        programme, contact = await intake.add_partner()
        record = PartnerRecorded(partner_id=uuid4(), name="Harbor Clinic", kind=PartnerKind.AGENCY)
        await partners.record_partners(intake.desk.pool, intake.desk.seal, [record])
        key = await make_key(record.partner_id, database_url)
        yield Clinic(intake, database_url, record, key, person, programme, contact)


async def test_a_referral_carries_who_refers_and_shows_where_it_stands_and_no_family(clinic: Clinic) -> None:
    need = await clinic.refer()
    assert need["terms"]["referred_by"] == str(clinic.record.partner_id)
    async with clinic.client() as client:
        shown = await client.get(f"/v1/needs/{need['need_id']}")
    assert shown.json() == {
        "need_id": need["need_id"],
        "reference": need["reference"],
        "status": "open",
        "created_at": need["created_at"],
    }
    assert not knows(shown.text)


async def test_a_referral_names_its_school(clinic: Clinic) -> None:
    async with clinic.client() as client:
        for changes in ({}, {"site_id": str(uuid4())}):
            answer = await client.post("/v1/needs", json=need_body(family=FAMILY, **changes))
            assert [error["field"] for error in answer.json()["errors"]] == ["site_id"]


async def test_who_refers_is_the_keys_to_say_and_nobody_elses(clinic: Clinic) -> None:
    async with clinic.client() as client:
        body = need_body(site_id=str(clinic.person.site_id), referred_by=str(clinic.programme.partner_id))
        assert (await client.post("/v1/needs", json=body)).status_code == 422
    async with clinic.intake.desk.pool.acquire() as connection:
        school = KeyRow("school", frozenset({Scope.NEEDS_WRITE}), clinic.person.site_id)
        await keys.save_key(connection, hash_key("sb_school"), school)
    async with clinic.client("sb_school") as client:
        entered = await client.post("/v1/needs", json=need_body())
    assert entered.json()["terms"]["referred_by"] is None


async def test_a_partner_sees_no_need_that_it_did_not_refer(clinic: Clinic) -> None:
    need = await clinic.refer()
    other = await make_key(clinic.programme.partner_id, clinic.database_url)
    async with clinic.client(other) as client:
        refused = [await client.get(f"/v1/needs/{one}") for one in (need["need_id"], uuid4())]
        assert [answer.status_code for answer in refused] == [404, 404]
        assert refused[0].json() == refused[1].json()
        assert (await client.get("/v1/needs")).status_code == 403
        assert (await client.post(f"/v1/needs/{need['need_id']}/withdraw-consent")).status_code == 403
    assert await clinic.intake.events(UUID(need["need_id"])) == ["needs.opened"]


async def test_the_same_referral_again_is_the_same_need(clinic: Clinic) -> None:
    body = need_body(family=FAMILY, site_id=str(clinic.person.site_id))
    async with clinic.client() as client:
        answers = [await client.post("/v1/needs", json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


async def test_a_key_ends_with_the_next_one_and_with_its_partner(clinic: Clinic) -> None:
    async def answers_to(key: str) -> int:
        async with clinic.client(key) as client:
            return (await client.get("/v1/taxonomy")).status_code

    new = await make_key(clinic.record.partner_id, clinic.database_url)
    assert [await answers_to(key) for key in (clinic.key, new)] == [401, 200]
    for status, answer in ((PartnerStatus.PAUSED, 200), (PartnerStatus.SUSPENDED, 401), (PartnerStatus.ACTIVE, 200)):
        await clinic.status(status)
        assert await answers_to(new) == answer
    await partners.remove_partner(clinic.intake.desk.pool, clinic.record.partner_id)
    assert await answers_to(new) == 401
    with pytest.raises(SwitchboardError, match="no such partner"):
        await make_key(clinic.record.partner_id, clinic.database_url)
    await clinic.status(PartnerStatus.ACTIVE)
    assert await answers_to(new) == 401, "it came back with its partner"


async def test_an_answer_goes_to_whoever_referred_only_while_it_may_hear_of_the_family(clinic: Clinic) -> None:
    async with clinic.intake.desk.pool.acquire() as connection:
        await keys.save_key(connection, hash_key("sb_notifier"), KeyRow("n", frozenset({Scope.ADDRESSES_READ}), None))
    need, other = await clinic.refer(), await clinic.refer(zip_code="11201")

    async def may_hear(need_id: str) -> bool:
        async with clinic.client("sb_notifier") as client:
            answer = await client.get(f"/internal/v1/needs/{need_id}/addresses/coordinator_for_referrer")
        assert answer.status_code in {200, 404}
        return answer.status_code == 200

    assert await may_hear(need["need_id"])
    for status, may in ((PartnerStatus.PAUSED, True), (PartnerStatus.SUSPENDED, False), (PartnerStatus.ACTIVE, True)):
        await clinic.status(status)
        assert await may_hear(need["need_id"]) is may
    await needs.withdraw_consent(clinic.intake.desk.pool, UUID(need["need_id"]), None)
    assert (await may_hear(need["need_id"]), await may_hear(other["need_id"])) == (False, True)
    await partners.remove_partner(clinic.intake.desk.pool, clinic.record.partner_id)
    assert not await may_hear(other["need_id"])


async def test_a_partner_refers_so_many_families_and_more_when_some_have_an_answer(clinic: Clinic) -> None:
    body = need_body(family=FAMILY, items=SEATS, site_id=str(clinic.person.site_id))
    waiting = [await clinic.refer() for _ in range(17)]
    async with clinic.client() as client:
        at_once = await asyncio.gather(*(client.post("/v1/needs", json=body) for _ in range(6)))
        assert sorted(answer.status_code for answer in at_once) == [201, 201, 201, 422, 422, 422]
        refused = await client.post("/v1/needs", json=body)
        assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["items"])
        assert "20 families that you referred still wait" in refused.json()["errors"][0]["message"]
        ended = UUID(waiting[0]["need_id"])
        met = tuple(Item.model_validate(item) for item in waiting[0]["terms"]["items"])
        await clinic.intake.matcher_says(NeedFulfilled(need_id=ended, met=met))
        assert (await client.post("/v1/needs", json=body)).status_code == 201
        assert (await client.post("/v1/needs", json=body)).status_code == 422
    other = await make_key(clinic.programme.partner_id, clinic.database_url)
    async with clinic.client(other) as client:
        assert (await client.post("/v1/needs", json=body)).status_code == 201


async def test_only_the_hash_of_a_key_is_kept(clinic: Clinic) -> None:
    async with clinic.intake.desk.pool.acquire() as connection:
        kept = await connection.fetchval("SELECT string_agg(api_keys::text, ' ') FROM api_keys")
    assert clinic.key not in kept
    assert hash_key(clinic.key).hex() in kept


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ("Put on the wait list", DeclineReason.WAITLISTED),
        ("Not eligible", DeclineReason.INELIGIBLE),
        ("Not this time", DeclineReason.OTHER),
    ],
)
async def test_a_programme_has_a_button_for_each_no(clinic: Clinic, button: str, reason: DeclineReason) -> None:
    made = await clinic.offer(await clinic.refer())
    async with httpx.AsyncClient(base_url=clinic.intake.url, follow_redirects=True, timeout=30) as browser:
        page = (await browser.get(offer_path(made, clinic.contact))).text
        buttons = dict(re.findall(r'<button name="reason" value="(\w+)"[^>]*>([^<]+)</button>', page))
        assert buttons[reason] == button
        assert ">Enroll</button>" in page
        assert "We do not do this" not in page
        after = await send(browser, offer_path(made, clinic.contact), "/decline", reason=reason)
        assert "Thank you for telling us" in after.text
    async with clinic.intake.desk.pool.acquire() as connection:
        facts = await connection.fetchval("SELECT facts FROM answers WHERE kind = 'declined'")
    assert facts["reason"] == reason


async def test_who_is_no_programme_says_yes_or_no_as_ever(clinic: Clinic) -> None:
    need = await clinic.refer()
    made = offer_of(UUID(need["need_id"]), (Item(line=1, code="after_school.seat", quantity=2),), clinic.programme)
    await clinic.intake.matcher_says(made)
    async with httpx.AsyncClient(base_url=clinic.intake.url, timeout=30) as browser:
        page = (await browser.get(offer_path(made, clinic.contact))).text
    assert "We can take this" in page
    assert not re.search("Enroll|wait list|Not eligible", page)


async def test_from_the_referral_to_the_place_its_coordinator_reads_how_it_went(clinic: Clinic) -> None:
    need = await clinic.refer()
    made = await clinic.offer(need)
    async with httpx.AsyncClient(base_url=clinic.intake.url, follow_redirects=True, timeout=30) as browser:
        await send(browser, offer_path(made, clinic.contact), "/accept", **{"line-1": "2"})
        assert await clinic.intake.events(made.need_id) == ["needs.opened", "responses.accepted"]
        await clinic.intake.matcher_says(award_of(made))
    about = {name: getattr(made, name) for name in ("need_id", "offer_id", "partner_id", "terms")}
    told = ReferralAnswered(**about, referred_by=clinic.record.partner_id, answer=ReferralAnswer.ENROLLED)
    await clinic.intake.matcher_says(told)
    await clinic.intake.matcher_says(told.model_copy(update={"answer": ReferralAnswer.INELIGIBLE}))
    page = await clinic.need_page(need["need_id"])
    assert "Harbor Clinic referred this family." in page
    assert "You asked for help." not in page
    assert "The answer for Harbor Clinic, who referred the family, is yes." in page
    assert "The answer for Harbor Clinic, who referred the family: it is not eligible." in page
    async with clinic.client() as client:
        assert (await client.get(f"/v1/needs/{need['need_id']}")).json()["status"] == "claimed"


async def test_a_yes_beyond_the_seats_is_told_as_that(clinic: Clinic) -> None:
    made = await clinic.offer(await clinic.refer())
    about = {name: getattr(made, name) for name in ("need_id", "offer_id", "partner_id", "terms")}
    await clinic.intake.matcher_says(ClaimRefused(**about, reason=RefusalReason.NO_SEAT_LEFT))
    async with httpx.AsyncClient(base_url=clinic.intake.url, timeout=30) as browser:
        assert "all seats of the term are taken" in (await browser.get(offer_path(made, clinic.contact))).text
    page = await clinic.need_page(str(made.need_id))
    assert "Second Street Church said yes, but has no seat left in this term." in page


async def test_the_taxonomy_says_what_each_category_is_called_elsewhere(clinic: Clinic) -> None:
    async with clinic.client() as client:
        shown = (await client.get("/v1/taxonomy")).json()["categories"]
    assert [one["id"] for one in shown] == list(Category)
    assert {item["code"] for one in shown for item in one["items"]} == set(ITEM_KINDS)
    assert {one["id"]: one["labels"] for one in shown} == CATEGORY_LABELS
    food = shown[0]
    assert food["gravity"]["code"] == "food-insecurity"
    assert food["open_eligibility"] == ["Emergency Food", "Food Pantry"]
