"""Intake's API, address door and text webhook, on a real database; Kafka is away, and nobody waits for it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from schemas.offers import OfferWithdrawn
from schemas.vocabulary import AnswerChannel, WithdrawalReason
from services.intake import answers
from services.intake.answers import Answering
from services.intake.api.callers import Scope, hash_key
from services.intake.api.texts import sign
from services.intake.gate import AT_ONCE
from services.intake.store import keys
from services.intake.store.keys import KeyRow
from services.intake.store.people import Role
from tests.browser.intake import SECRET, RunningIntake, award_of, offer_of, running_intake
from tests.parts import DatabaseMaker
from tests.system import need_body

Json = dict[str, Any]
PHONE = "+17185550142"


@dataclass
class Office:
    """A running intake with two sites, and a client for each site's key."""

    intake: RunningIntake
    ours: httpx.AsyncClient
    theirs: httpx.AsyncClient
    notifier: httpx.AsyncClient

    async def add_need(self, **changes: Any) -> Json:
        answer = await self.ours.post("/v1/needs", json=need_body(**changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def text(self, body: str, sid: str | None = None, sender: str = PHONE) -> httpx.Response:
        form = {"MessageSid": sid or uuid4().hex, "From": sender, "To": "+15005550006", "Body": body}
        signature = sign(SECRET, f"{self.intake.url}/webhooks/texts", form)
        return await self.ours.post("/webhooks/texts", data=form, headers={"X-Twilio-Signature": signature})


@pytest_asyncio.fixture
async def office(postgres: DatabaseMaker) -> AsyncIterator[Office]:
    async with running_intake(await postgres("intake")) as intake:
        site_keys = []
        for site in ("Ours", "Theirs"):
            person = await intake.add_coordinator(f"{site}@school.example.org", site)
            site_keys.append(f"sb_{site}_{uuid4().hex}")
            async with intake.desk.pool.acquire() as connection:
                scopes = frozenset(Scope) - {Scope.ADDRESSES_READ}
                await keys.save_key(connection, hash_key(site_keys[-1]), KeyRow(site, scopes, person.site_id))
        async with (
            client(intake, site_keys[0]) as ours,
            client(intake, site_keys[1]) as theirs,
            client(intake, SECRET) as notifier,
        ):
            yield Office(intake, ours, theirs, notifier)


def client(intake: RunningIntake, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=intake.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


async def test_the_same_key_and_body_at_once_make_one_need(office: Office) -> None:
    body, headers = need_body(), {"Idempotency-Key": "one"}
    answers = await asyncio.gather(*(office.ours.post("/v1/needs", json=body, headers=headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len((await office.ours.get("/v1/needs")).json()["needs"]) == 1
    assert await office.intake.events(answers[0].json()["need_id"]) == ["needs.opened"]
    other = await office.ours.post("/v1/needs", json=need_body(zip_code="11215"), headers=headers)
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    stranger = await office.theirs.post("/v1/needs", json=body, headers=headers)
    assert stranger.json()["need_id"] != answers[0].json()["need_id"]


async def test_a_need_that_waits_for_approval_says_so_at_once_and_again(office: Office) -> None:
    async with office.intake.desk.pool.acquire() as connection:
        await connection.execute("UPDATE sites SET approval = 'all'")
    body, headers = need_body(), {"Idempotency-Key": "one"}
    answers = [await office.ours.post("/v1/needs", json=body, headers=headers) for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["approval", "approval"]
    assert answers[0].json() == answers[1].json()


async def test_another_sites_key_sees_and_changes_nothing(office: Office) -> None:
    need = await office.add_need()
    path = f"/v1/needs/{need['need_id']}"
    refused = [
        await office.theirs.get(path),
        await office.theirs.post(f"{path}/cancel", json={"reason": "met_elsewhere"}),
        await office.theirs.post(f"{path}/confirmation", json={"arrived": True}),
        await office.theirs.post(f"{path}/withdraw-consent"),
    ]
    assert [answer.status_code for answer in refused] == [404] * 4
    assert len({answer.text for answer in refused}) == 1
    assert (await office.theirs.get("/v1/needs")).json()["needs"] == []
    site = need["terms"]["site_id"]
    assert (await office.theirs.get("/v1/needs", params={"site_id": site})).json()["needs"] == []
    entered = await office.theirs.post("/v1/needs", json=need_body(site_id=site))
    assert [error["field"] for error in entered.json()["errors"]] == ["site_id"]
    assert await office.intake.events(need["need_id"]) == ["needs.opened"]


async def test_each_mistake_is_named_with_the_way_out(office: Office) -> None:
    async def errors(**changes: Any) -> dict[str, str]:
        answer = await office.ours.post("/v1/needs", json=need_body(**changes))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        return {error["field"]: error["message"] for error in answer.json()["errors"]}

    assert "11201" in (await errors(zip_code="11200"))["zip_code"]
    assert "at most 20" in (await errors(items=[{"code": "bed.twin", "quantity": 21}]))["items"]
    assert "leave it out" in (await errors(immigration_status="any"))["immigration_status"]
    assert "phone number" in (await errors(family={"name": "A", "phone": "12"}))["family.phone"]
    assert "passed" in (await errors(needed_by="2020-01-01T00:00:00Z"))["needed_by"]
    refused = await office.ours.post("/v1/needs", json=need_body(family={"name": "Zephyrine", "phone": "55"}))
    assert "Zephyrine" not in refused.text
    assert (await office.ours.get("/v1/needs", params={"cursor": "!"})).json()["errors"][0]["field"] == "cursor"


async def test_pages_of_needs_follow_one_another(office: Office) -> None:
    entered = [(await office.add_need())["need_id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = (await office.ours.get("/v1/needs", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [need["need_id"] for need in page["needs"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == entered[::-1]


async def test_a_family_is_reached_only_as_it_agreed_and_by_the_notifier_alone(office: Office) -> None:
    need = await office.add_need(family={"name": "A", "phone": PHONE, "channels": ["text"], "language": "es"})
    path = f"/internal/v1/needs/{need['need_id']}/addresses/family"
    assert (await office.ours.get(path)).status_code == 403
    found = (await office.notifier.get(path)).json()
    assert (found["phone"], found["language"], found["channels"]) == (PHONE, "es", ["text"])
    assert (await office.notifier.get("/v1/needs")).status_code == 403
    await office.text("STOP")
    assert (await office.notifier.get(path)).json()["channels"] == []
    await office.ours.post(f"/v1/needs/{need['need_id']}/withdraw-consent")
    assert (await office.notifier.get(path)).status_code == 404


async def test_who_stands_in_is_whom_the_site_names_or_another_coordinator_of_it(office: Office) -> None:
    need = await office.add_need()
    path, site_id = f"/internal/v1/needs/{need['need_id']}/addresses/backup", UUID(need["terms"]["site_id"])
    assert (await office.ours.get(path)).status_code == 403
    assert (await office.notifier.get(path)).status_code == 404
    async with office.intake.desk.pool.acquire() as connection:
        first = await keys.coordinator_of(connection, UUID(need["need_id"]))
        assert first is not None
        other, named = (replace(first, person_id=uuid4(), email=f"{name}@school.example.org") for name in ("b", "c"))
        await keys.save_person(connection, other)
        found = (await office.notifier.get(path)).json()
        assert (found["email"], found["channels"]) == (other.email, ["email", "text"])
        await keys.save_person(connection, named, Role.DISTRICT)
        await connection.execute("UPDATE sites SET backup_id = $2 WHERE site_id = $1", site_id, named.person_id)
        assert (await office.notifier.get(path)).json()["email"] == named.email


async def test_how_a_family_is_reached_safely_is_told_to_the_notifier_and_stands_on_no_topic(office: Office) -> None:
    safe = {"phone_of": "shared", "voicemail": True, "contact_hours": {"start": 9, "end": 17}}
    need = await office.add_need(family={"name": "A", "phone": PHONE, "channels": ["text"]} | safe)
    found = (await office.notifier.get(f"/internal/v1/needs/{need['need_id']}/addresses/family")).json()
    assert (found["discreet"], found["contact_hours"]) == (True, {"start": 9, "end": 17})
    other = await office.add_need(family={"name": "B", "phone": PHONE, "channels": ["text"]})
    found = (await office.notifier.get(f"/internal/v1/needs/{other['need_id']}/addresses/family")).json()
    assert (found["discreet"], found["contact_hours"]) == (False, None)
    async with office.intake.desk.pool.acquire() as connection:
        told = await connection.fetchval("SELECT string_agg(convert_from(value, 'UTF8'), ' ') FROM outbox")
        kept = await connection.fetchval("SELECT string_agg(needs::text, ' ') FROM needs")
        sealed = await connection.fetchval("SELECT string_agg(families::text, ' ') FROM families")
    for name in ("voicemail", "phone_of", "shared", "contact_hours"):
        assert name not in told + kept + sealed


@pytest.mark.parametrize(
    ("wrong", "field", "way_out"),
    [
        ({"contact_hours": {"start": 17, "end": 9}}, "family.contact_hours", "the first hour comes before the last"),
        ({"contact_hours": {"start": 9, "end": 25}}, "family.contact_hours.end", "less than or equal to 24"),
        ({"contact_hours": {"start": 9}}, "family.contact_hours.end", "this is needed"),
        (
            {"contact_hours": {"start": 9, "end": 17, "zone": "UTC"}},
            "family.contact_hours.zone",
            "not one of the fields",
        ),
        ({"phone_of": "nobody"}, "family.phone_of", "'own', 'shared' or 'someone_else'"),
        ({"voicemail": "perhaps"}, "family.voicemail", "boolean"),
    ],
)
async def test_what_cannot_be_kept_about_reaching_a_family_is_named(
    office: Office, wrong: Json, field: str, way_out: str
) -> None:
    answer = await office.ours.post("/v1/needs", json=need_body(family={"name": "A", "phone": PHONE} | wrong))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert way_out in error["message"]


@pytest.mark.parametrize(
    ("wrong", "field", "way_out"),
    [
        (
            {"circumstances": ["veteran"], "not_circumstances": ["veteran"]},
            "not_circumstances",
            "veteran: this stands in circumstances too",
        ),
        ({"income": "60000"}, "income", "'0-100', '101-130'"),
        ({"first_for_hours": 200}, "first_for_hours", "less than or equal to 168"),
        ({"zip_code": "11200"}, "zip_code", "there is no such ZIP code; near it are 11201, 11202"),
        ({"preference": ["halal"]}, "preference", "preferences"),
    ],
)
async def test_what_cannot_fit_a_family_is_named(office: Office, wrong: Json, field: str, way_out: str) -> None:
    answer = await office.ours.post("/v1/needs", json=need_body(**wrong))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert way_out in error["message"]


async def test_what_would_fit_a_family_goes_to_the_matcher_as_it_was_said(office: Office) -> None:
    said = {
        "must_speak": False,
        "income": "131-150",
        "circumstances": ["single_parent"],
        "not_circumstances": ["veteran"],
        "handover": ["drop_off"],
        "excluded_conditions": ["worship"],
        "preferences": ["halal"],
    }
    picked = [str(uuid4())]
    need = await office.add_need(**said, first_partner_ids=picked)
    assert said.items() <= need["terms"].items()
    assert need["terms"]["first_ask"]["partner_ids"] == picked
    async with office.intake.desk.pool.acquire() as connection:
        event = json.loads(
            await connection.fetchval("SELECT value FROM outbox WHERE key = $1", need["need_id"].encode())
        )
    assert event["terms"] == need["terms"]


@pytest.mark.parametrize(
    ("wrong", "field", "way_out"),
    [
        ({"min_age": 9, "max_age": 5}, "services.0.max_age", "below min_age, which is 9"),
        ({"min_household": 9, "max_household": 5}, "services.0.max_household", "below min_household, which is 9"),
        (
            {"hours": [{"weekday": 0, "opens": "17:00", "closes": "09:00"}]},
            "services.0.hours.0.closes",
            "later than opens, which is 17:00",
        ),
        (
            {"area": {"kind": "county", "county": "Kings", "state": "NY"}},
            "services.0.area.county",
            "no such county in NY; near it: Kings County",
        ),
    ],
)
async def test_what_a_partners_service_cannot_be_is_named(
    office: Office, wrong: Json, field: str, way_out: str
) -> None:
    service = {"service_id": str(uuid4()), "categories": ["beds"], "area": {"kind": "nation"}} | wrong
    record = {"name": "Pantry", "kind": "nonprofit", "services": [service]}
    answer = await office.ours.put(f"/v1/partners/{uuid4()}", json=record)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert way_out in error["message"]


async def test_a_partner_sleeps_until_the_moment_that_was_said(office: Office) -> None:
    record = {"name": "Pantry", "kind": "nonprofit", "snoozed_until": "2026-12-24T08:00:00-05:00"}
    partner_id = uuid4()
    await office.ours.put(f"/v1/partners/{partner_id}", json=record)
    kept = (await office.ours.get(f"/v1/partners/{partner_id}")).json()
    assert datetime.fromisoformat(kept["snoozed_until"]) == datetime(2026, 12, 24, 13, tzinfo=UTC)
    assert kept["status"] == "active"


async def test_what_was_read_of_a_partner_can_be_sent_back_to_where_it_was_read(office: Office) -> None:
    service = {
        "service_id": str(uuid4()),
        "categories": ["beds"],
        "area": {"kind": "nation"},
        "eligibility_text": "All",
    }
    path = f"/v1/partners/{uuid4()}"
    await office.ours.put(path, json={"name": "Pantry", "kind": "nonprofit", "services": [service]})
    read = (await office.ours.get(path)).json()
    again = await office.ours.put(path, json=read)
    assert (again.status_code, again.json()) == (200, read)
    elsewhere = await office.ours.put(f"/v1/partners/{uuid4()}", json=read)
    [error] = elsewhere.json()["errors"]
    assert (elsewhere.status_code, error["field"]) == (422, "partner_id")
    assert "another partner's than the path's" in error["message"]


async def test_a_text_without_the_providers_signature_does_nothing(office: Office) -> None:
    form = {"MessageSid": "SM1", "From": PHONE, "To": "+15005550006", "Body": "STOP"}
    good = sign(SECRET, f"{office.intake.url}/webhooks/texts", form)
    forged = sign("other", f"{office.intake.url}/webhooks/texts", form)
    for signature in (b"", b"AAAA", b"\xff", good.swapcase().encode(), forged.encode()):
        answer = await office.ours.post("/webhooks/texts", data=form, headers={b"X-Twilio-Signature": signature})
        assert answer.status_code == 403
    changed = await office.ours.post(
        "/webhooks/texts", data=form | {"Body": "START"}, headers={"X-Twilio-Signature": good}
    )
    assert changed.status_code == 403
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM text_opt_outs") == 0


async def test_a_text_answers_its_own_offer_once(office: Office) -> None:
    need = await office.add_need()
    partner, _ = await office.intake.add_partner()
    record = {"name": partner.name, "kind": "church", "contacts": [
        {"contact_id": str(uuid4()), "name": "Ada", "phone": PHONE, "channels": ["text"]}
    ]}  # fmt: skip
    assert (await office.ours.put(f"/v1/partners/{partner.partner_id}", json=record)).status_code == 200
    need_id, items = await office.intake.newest_need()
    made = offer_of(need_id, items, partner)
    await office.intake.matcher_says(made)
    stranger = await office.text("YES 41", sender="+17185550143")
    assert "no open number" in stranger.text
    first = await office.text("YES 41", sid="SM7")
    again = await office.text("YES 41", sid="SM7")
    later = await office.text("yes 41!")
    assert "2 twin beds" in first.text
    assert first.text == again.text == later.text
    assert await office.intake.events(need["need_id"]) == ["needs.opened", "responses.accepted"]
    await office.intake.matcher_says(award_of(made))
    assert "handed number 41 back" in (await office.text("NO 41")).text
    assert (await office.intake.events(need["need_id"]))[2:] == ["responses.released"]


async def test_a_text_about_a_sensitive_offer_is_answered_without_a_word_of_what_it_is(office: Office) -> None:
    partner, _ = await office.intake.add_partner()
    contact = {"contact_id": str(uuid4()), "name": "Ada", "phone": PHONE, "channels": ["text"]}
    record = {"name": partner.name, "kind": "church", "contacts": [contact]}
    await office.ours.put(f"/v1/partners/{partner.partner_id}", json=record)
    offered = []
    for number in (41, 42):
        await office.add_need(items=[{"code": "shelter.night", "quantity": 3}])
        need_id, items = await office.intake.newest_need()
        made = offer_of(need_id, items, partner)
        sensitive = made.terms.model_copy(update={"sensitive": True, "number": number, "distance_miles": None})
        offered.append(made.model_copy(update={"terms": sensitive}))
    first, second = offered
    await office.intake.matcher_says(first)
    replies = [(await office.text(body)).text for body in ("YES 41", "yes")]
    assert all("by the link" in reply for reply in replies)
    await office.intake.matcher_says(second)
    replies.append((await office.text("YES")).text)
    assert "Which one?" in replies[-1]
    assert await office.intake.events(first.need_id) == ["needs.opened"], "a text says no yes to what it does not name"
    replies.append((await office.text("NO 41")).text)
    assert await office.intake.events(first.need_id) == ["needs.opened", "responses.declined"]
    who = Answering(second.need_id, second.offer_id, uuid4(), AnswerChannel.LINK)
    await answers.accept_offer(office.intake.desk.pool, who, {})
    await office.intake.matcher_says(award_of(second))
    replies.append((await office.text("NO 42")).text)
    assert "handed number 42 back" in replies[-1]
    assert not re.search("shelter|night|Kings|Brooklyn|11201", " ".join(replies), re.IGNORECASE)


async def test_a_need_is_raised_by_hand_and_a_partners_conflicts_are_kept(office: Office) -> None:
    assert (await office.add_need())["terms"]["sensitive"] is False
    assert (await office.add_need(sensitive=True))["terms"]["sensitive"] is True
    path, record = f"/v1/partners/{uuid4()}", {"name": "Homes", "kind": "business", "conflicts": ["landlord"]}
    assert (await office.ours.put(path, json=record)).json()["conflicts"] == ["landlord"]
    assert (await office.ours.get(path)).json()["conflicts"] == ["landlord"]
    refused = await office.ours.put(path, json=record | {"conflicts": ["dragon"]})
    assert [error["field"] for error in refused.json()["errors"]] == ["conflicts.0"]


async def test_what_comes_again_or_late_turns_nothing_back(office: Office) -> None:
    await office.add_need()
    need_id, items = await office.intake.newest_need()
    partner, _ = await office.intake.add_partner()
    made = offer_of(need_id, items, partner)
    for event in (made, award_of(made)):
        await office.intake.matcher_says(event)
    shown = (await office.ours.get(f"/v1/needs/{need_id}")).json()
    office.intake.versions[need_id] = 0
    for event in (made, award_of(made)):
        await office.intake.matcher_says(event)
    assert (await office.ours.get(f"/v1/needs/{need_id}")).json() == shown
    office.intake.versions[need_id] = 0
    late = OfferWithdrawn(
        need_id=need_id,
        offer_id=made.offer_id,
        partner_id=made.partner_id,
        terms=made.terms,
        reason=WithdrawalReason.FILLED,
    )
    await office.intake.matcher_says(late)
    assert (await office.ours.get(f"/v1/needs/{need_id}")).json()["status"] == "claimed"


async def test_partners_are_recorded_read_and_removed(office: Office) -> None:
    path = f"/v1/partners/{uuid4()}"
    record = {"name": "A Pantry", "kind": "nonprofit", "contacts": [], "services": []}
    assert [(await office.ours.put(path, json=record)).status_code for _ in range(2)] == [201, 200]
    assert (await office.ours.get(path)).json()["name"] == "A Pantry"
    assert [(await office.ours.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await office.ours.get(path)).status_code == 404
    bad = record | {"services": [{"service_id": str(uuid4()), "categories": ["food"], "area": {"kind": "moon"}}]}
    assert (await office.ours.put(path, json=bad)).json()["errors"][0]["field"].startswith("services.0.area")


async def test_several_partners_are_recorded_all_or_none(office: Office) -> None:
    good = {"partner_id": str(uuid4()), "name": "Pantry", "kind": "nonprofit"}
    phone = {"contact_id": str(uuid4()), "name": "Bo", "phone": "12", "channels": ["text"]}
    bad = {"partner_id": str(uuid4()), "name": "Closet", "kind": "church", "contacts": [phone]}
    refused = await office.ours.put("/v1/partners", json={"partners": [good, bad, {"kind": "dragon"}]})
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {
        "partners.1.contacts.0.phone",
        "partners.2.name",
        "partners.2.kind",
        "partners.2.partner_id",
    }
    twice = await office.ours.put("/v1/partners", json={"partners": [good, good]})
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (422, "partners")
    assert (await office.ours.get("/v1/partners")).json()["partners"] == []

    bad["contacts"] = [phone | {"phone": "(718) 555-0142"}]
    for expected in ({"new": 2, "replaced": 0}, {"new": 0, "replaced": 2}):
        taken = await office.ours.put("/v1/partners", json={"partners": [good, bad]})
        assert (taken.status_code, taken.json()) == (200, expected)
    recorded = (await office.ours.get(f"/v1/partners/{bad['partner_id']}")).json()
    assert recorded["contacts"][0]["phone"] == PHONE
    async with office.intake.desk.pool.acquire() as connection:
        versions = await connection.fetch("SELECT version FROM partners")
    assert [row["version"] for row in versions] == [2, 2]


async def test_who_said_stop_is_not_texted_whatever_an_import_says(office: Office) -> None:
    contact = {"contact_id": str(uuid4()), "name": "Bo", "phone": PHONE, "channels": ["text"]}
    partner = {"partner_id": str(uuid4()), "name": "Closet", "kind": "church", "contacts": [contact]}
    await office.ours.put("/v1/partners", json={"partners": [partner]})
    await office.text("STOP")
    await office.ours.put("/v1/partners", json={"partners": [partner]})
    recorded = (await office.ours.get(f"/v1/partners/{partner['partner_id']}")).json()
    assert recorded["contacts"][0]["channels"] == []


async def test_a_body_that_is_too_large_or_of_unknown_length_is_refused(office: Office) -> None:
    large = await office.ours.post("/v1/needs", content=b" " * 70_000)
    assert (large.status_code, large.headers["content-type"]) == (413, "application/problem+json")

    async def endless() -> AsyncIterator[bytes]:
        yield b"{}"

    assert (await office.ours.post("/v1/needs", content=endless())).status_code == 411


async def test_past_what_it_can_take_callers_are_asked_to_come_again_and_nothing_taken_is_lost(office: Office) -> None:
    limits = httpx.Limits(max_connections=4 * AT_ONCE)
    async with httpx.AsyncClient(
        base_url=office.intake.url, headers=office.ours.headers, limits=limits, timeout=60
    ) as crowd:
        answers = await asyncio.gather(*(crowd.post("/v1/needs", json=need_body()) for _ in range(4 * AT_ONCE)))
        page = await crowd.get("/health/ready")
    taken = [answer for answer in answers if answer.status_code == 201]
    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert len(taken) + len(turned_away) == len(answers)
    assert len(taken) >= AT_ONCE
    assert turned_away
    assert {answer.headers["retry-after"] for answer in turned_away} == {"1"}
    assert {answer.headers["content-type"] for answer in turned_away} == {"application/problem+json"}
    assert page.json()["status"]
    async with office.intake.desk.pool.acquire() as connection:
        stored = {str(row["need_id"]) for row in await connection.fetch("SELECT need_id FROM needs")}
    assert stored == {answer.json()["need_id"] for answer in taken}


async def test_what_nobody_repeats_any_more_is_forgotten(office: Office) -> None:
    body, key = need_body(), {"Idempotency-Key": "again"}
    first = await office.ours.post("/v1/needs", json=body, headers=key)
    await office.text("HELP", sid="one")
    async with office.intake.desk.pool.acquire() as connection:
        await keys.forget_old(connection)
        assert (await office.ours.post("/v1/needs", json=body, headers=key)).json() == first.json()
        await connection.execute("UPDATE idempotency_keys SET since = since - interval '31 days'")
        await connection.execute("UPDATE texts_in SET since = since - interval '31 days'")
        await keys.forget_old(connection)
        assert await keys.find_reply(connection, "one") is None
    assert (await office.ours.post("/v1/needs", json=body, headers=key)).json() != first.json()


async def test_the_openapi_document_is_there_with_examples(office: Office) -> None:
    document = (await office.ours.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    example = document["paths"]["/v1/needs"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert {"voicemail", "phone_of", "contact_hours"} <= set(example["family"])
    assert (await office.ours.post("/v1/needs", json=example)).status_code == 201
    assert not [path for path in document["paths"] if path.startswith(("/internal", "/webhooks", "/o/"))]
    assert (await office.ours.get("/v1/nothing")).headers["content-type"] == "application/problem+json"


async def test_what_a_partner_says_of_who_is_helped_is_kept_beside_its_record_and_goes_with_it(office: Office) -> None:
    partner_id, service_id = uuid4(), str(uuid4())
    service = {"service_id": service_id, "categories": ["food"], "area": {"kind": "nation"}}
    said = {"eligibility_text": "Families of Canary Row, by appointment"}
    path, record = f"/v1/partners/{partner_id}", {"name": "A Pantry", "kind": "nonprofit", "services": [service | said]}
    assert (await office.ours.put(path, json=record)).json()["services"][0]["eligibility_text"] == said[
        "eligibility_text"
    ]
    read = (await office.ours.get(path)).json()
    assert read["services"][0]["eligibility_text"] == said["eligibility_text"]
    listed = {"partners": [read]}
    assert (await office.ours.put("/v1/partners", json=listed)).status_code == 200  # what is read can be sent back
    assert (await office.ours.get(path)).json() == read
    async with office.intake.desk.pool.acquire() as connection:
        sent = await connection.fetch("SELECT value FROM outbox")
        assert sent
        assert not any(b"Canary" in row["value"] for row in sent)
    await office.ours.put(path, json=record | {"services": [service]})
    assert (await office.ours.get(path)).json()["services"][0]["eligibility_text"] is None
    await office.ours.put(path, json=record)
    await office.ours.delete(path)
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM eligibility_texts") == 0
    too_long = record | {"services": [service | {"eligibility_text": "x" * 2001}]}
    assert (await office.ours.put(path, json=too_long)).status_code == 422
