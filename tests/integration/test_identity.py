"""Who a family is, and who may know: consent, code, clearance, visit, log, erasure; on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from schemas.deliveries import MessageBounced
from schemas.outcomes import ClaimLapsed, NeedFulfilled
from schemas.vocabulary import LapseReason, RecipientKind
from services.intake import signing_in
from services.intake.api.callers import Scope, hash_key
from services.intake.domain.disclosure_log import verify
from services.intake.erasing import erase_due, erase_family, rewrap_keys
from services.intake.pages.cookies import Cookie
from services.intake.restoring import restore_intake
from services.intake.sealing import KeyRing, Seal
from services.intake.store import disclosures, families, keys
from services.intake.store.erasures import ErasureCause
from services.intake.store.keys import KeyRow
from services.runtime.headers import headers_from_json
from services.runtime.messages import Message, RawRecord, Readable, read
from tests.browser.intake import award_of, family_path, offer_of, offer_path
from tests.browser.test_strangers import signed_in
from tests.integration.cases import ADDRESS, EMAIL, FORM_MARK, NAME, SIGNED, Case, knows, send
from tests.waiting import count_waiting, eventually


async def test_by_default_an_award_shows_the_coordinator_and_nothing_of_the_family(case: Case) -> None:
    async with case.browser() as browser:
        page = await browser.get(case.path)
        assert "Robin Reyes" in page.text
        assert "/family" not in page.text
        assert (await browser.get(f"{case.path}/family")).status_code == 404
    assert (await case.fetch_code()).status_code == 404
    assert await case.looks() == []


async def test_a_signed_consent_and_a_code_show_what_was_signed_and_no_more(case: Case) -> None:
    assert (await case.sign("name", "phone")).status_code == 201
    async with case.browser() as browser:
        before = await browser.get(f"{case.path}/family")
        assert before.status_code == 200
        assert not knows(before.text)
        assert "a…@c…" in before.text
        opened = await case.open_family(browser)
        assert NAME in opened
        assert "(718) 555-0142" in opened
        assert EMAIL not in opened
        assert ADDRESS not in opened
    [*_, look] = await case.looks()
    assert (look["who_id"], look["records"]) == (str(case.contact.contact_id), ["name", "phone"])
    assert "handovers.code_requested" in await case.intake.events(case.need_id)


async def test_a_forwarded_link_a_shared_phone_a_scanner_show_nothing(case: Case) -> None:
    await case.sign("name", "phone")
    async with case.browser() as owner:
        assert NAME in await case.open_family(owner)
    async with case.browser() as stranger:
        for path in (case.path, f"{case.path}/family", f"{case.path}/live"):
            assert not knows((await stranger.get(path)).text)
        # The code that the owner used is used up, and guessing ends after five tries.
        await send(stranger, f"{case.path}/family", "/family/code")
        code = (await case.fetch_code()).json()["code"]
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        for _ in range(5):
            answer = await send(stranger, f"{case.path}/family", "/family", code=wrong)
            assert answer.status_code == 422
            assert not knows(answer.text)
        late = await stranger.post(
            f"{case.path}/family", data={FORM_MARK: stranger.cookies.get(FORM_MARK), "code": code}
        )
        assert not knows(late.text)
        assert not knows((await stranger.get(f"{case.path}/family")).text)
    head = httpx.AsyncClient(base_url=case.intake.url, timeout=30)
    async with head:
        assert not knows((await head.head(f"{case.path}/family")).text)


async def test_a_code_works_once_in_one_browser_and_for_one_person(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as first, case.browser() as second:
        await send(first, f"{case.path}/family", "/family/code")
        code = (await case.fetch_code()).json()["code"]
        assert NAME in (await send(first, f"{case.path}/family", "/family", code=code)).text
        await send(second, f"{case.path}/family", "/family/code")
        again = await send(second, f"{case.path}/family", "/family", code=code)
        assert not knows(again.text)
        # The cookie of one offer opens no other.
        other = offer_of(case.need_id, case.made.terms.items, case.partner)
        await case.intake.matcher_says(other)
        await case.intake.matcher_says(award_of(other))
        assert not knows((await first.get(f"{offer_path(other, case.contact)}/family")).text)


async def test_a_colleague_of_the_claimant_learns_nothing(case: Case) -> None:
    await case.sign("name")
    colleague = case.contact.model_copy(update={"contact_id": uuid4(), "email": "bob@church.example.org"})
    record = case.partner.model_copy(update={"contacts": (case.contact, colleague)})
    body = record.model_dump(mode="json", exclude={"partner_id"})
    assert (await case.school.put(f"/v1/partners/{record.partner_id}", json=body)).status_code == 200
    async with case.browser() as browser:
        assert (await browser.get(f"{offer_path(case.made, colleague)}/family")).status_code == 404
    assert (await case.fetch_code(colleague)).status_code == 404


async def test_who_asks_for_code_after_code_is_stopped(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        answers = [await send(browser, f"{case.path}/family", "/family/code") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [422] * 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"records": []}, "records"),
        ({"records": ["ssn"]}, "records.0"),
        ({"partner_kinds": []}, "body"),
        ({"signature": {"by": "", "on": "2026-11-01", "how": "on_paper"}}, "signature.by"),
        ({"signature": {"by": "A Parent", "on": "2099-01-01", "how": "on_paper"}}, "signature.on"),
        ({"signature": {"by": "A Parent", "how": "on_paper"}}, "signature.on"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"immigration_status": "any"}, "immigration_status"),
    ],
)
async def test_a_consent_that_is_none_is_refused_by_field(case: Case, changes: dict[str, Any], field: str) -> None:
    answer = await case.sign("name", **changes)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_what_was_not_written_permits_nothing(case: Case) -> None:
    """A spoken consent, one for others, one that ended: each leaves the handover to the coordinator."""
    await case.sign("name", partner_kinds=["agency"])
    await case.sign("name", partner_kinds=[], partner_ids=[str(uuid4())])
    async with case.browser() as browser:
        assert (await browser.get(f"{case.path}/family")).status_code == 404
        await case.sign("name")
        await case.open_family(browser)
        async with case.intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE consents SET since = now() - interval '2 days', until = now()")
        ended = await browser.get(f"{case.path}/family")
        assert (ended.status_code, knows(ended.text)) == (404, False)
    async with case.intake.desk.pool.acquire() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("UPDATE consents SET records = '{name}' WHERE kind = 'spoken'")


@pytest.mark.parametrize("everything", [True, False])
async def test_a_consent_taken_back_ends_it_at_once_and_tells_who_knows(case: Case, everything: bool) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        assert NAME in await case.open_family(browser)
        path = "withdraw-consent" if everything else "consents/take-back"
        assert (await case.school.post(f"/v1/needs/{case.need_id}/{path}")).status_code == 202
        after = await browser.get(f"{case.path}/family")
        assert (after.status_code, knows(after.text)) == (404, False)
    assert (await case.fetch_code()).status_code == 404
    told = await case.intake.events(case.need_id)
    assert told.count("handovers.consent_ended") == 1
    assert ("needs.consent_withdrawn" in told) is everything
    consents = (await case.school.get(f"/v1/needs/{case.need_id}/consents")).json()
    live = {one["kind"] for one in consents if one["withdrawn_at"] is None}
    assert live == (set() if everything else {"spoken"})


async def test_a_claim_that_is_handed_back_lapsed_or_done_shows_nothing_any_more(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        await case.open_family(browser)
        await case.intake.matcher_says(lapse(case))
        assert not knows((await browser.get(f"{case.path}/family")).text)


async def test_an_address_takes_a_clearance_and_a_visit_that_was_told_of(case: Case) -> None:
    await case.sign("name", "address")
    begins = datetime.now(UTC) + timedelta(days=2)
    times = {"day": begins.date().isoformat(), "begins": "10:00", "ends": "11:00"}
    async with case.browser() as browser:
        assert ADDRESS not in await case.open_family(browser)
        assert "current clearance" in (await browser.get(f"{case.path}/family")).text
        await case.clear(until="2020-01-01")
        assert "/visit" not in (await browser.get(f"{case.path}/family")).text
        await case.clear()
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text
        planned = await send(browser, f"{case.path}/family", "/visit", **times)
        assert ADDRESS not in planned.text
        assert "handovers.visit_planned" in await case.intake.events(case.need_id)
        await case.told(RecipientKind.COORDINATOR)
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text
        await case.told(RecipientKind.FAMILY)
        assert ADDRESS in (await browser.get(f"{case.path}/family")).text
        await case.told(RecipientKind.FAMILY, MessageBounced)
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text
        async with case.browser() as family:
            page = await family.get(family_path(case.need_id))
            assert "Ada of Second Street Church" in page.text
            assert "Volunteer" not in page.text
            await send(family, family_path(case.need_id), "/refuse")
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text
    assert "handovers.visit_refused" in await case.intake.events(case.need_id)


async def test_a_visit_does_not_outlive_the_claim_and_is_planned_by_who_entered_the_code_alone(case: Case) -> None:
    await case.sign("name", "address")
    await case.clear()
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    times = {"day": day, "begins": "10:00", "ends": "11:00"}
    async with case.browser() as browser, case.browser() as stranger, case.browser() as family:
        await stranger.get(f"{case.path}/family")
        form = {FORM_MARK: stranger.cookies.get(FORM_MARK, ""), **times}
        assert (await stranger.post(f"{case.path}/family/visit", data=form)).status_code == 422
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", **times)
        assert "Ada of Second Street Church" in (await family.get(family_path(case.need_id))).text
        await case.intake.matcher_says(lapse(case))
        assert "Ada of" not in (await family.get(family_path(case.need_id))).text
    told = await case.intake.events(case.need_id)
    assert (told.count("handovers.visit_planned"), told.count("handovers.visit_refused")) == (1, 1)


async def test_a_family_that_said_no_three_times_is_not_asked_again(case: Case) -> None:
    await case.sign("address")
    await case.clear()
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    async with case.browser() as browser, case.browser() as family:
        await case.open_family(browser)
        for _ in range(3):
            await send(browser, f"{case.path}/family", "/visit", day=day, begins="10:00", ends="11:00")
            await send(family, family_path(case.need_id), "/refuse")
        fourth = await send(browser, f"{case.path}/family", "/visit", day=day, begins="10:00", ends="11:00")
    assert fourth.status_code == 422
    assert (await case.intake.events(case.need_id)).count("handovers.visit_planned") == 3


async def test_a_visit_planned_while_its_clearance_is_taken_back_is_called_off(case: Case) -> None:
    await case.sign("address")
    await case.clear()
    pool, day = case.intake.desk.pool, (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    clearance = f"/v1/partners/{case.partner.partner_id}/contacts/{case.contact.contact_id}/clearance"

    async def wait_for(most: int) -> bool:
        return await count_waiting(pool) >= most

    async with case.browser() as browser:
        await case.open_family(browser)
        async with pool.acquire() as connection, connection.transaction():
            # The visit is written, and cannot be told of yet.
            await connection.execute("LOCK TABLE outbox IN SHARE MODE")
            planning = asyncio.create_task(
                send(browser, f"{case.path}/family", "/visit", day=day, begins="10:00", ends="11:00")
            )
            await eventually(lambda: wait_for(1))
            dropping = asyncio.create_task(case.school.delete(clearance))

            async def dropped_or_waits() -> bool:
                return dropping.done() or await wait_for(2)

            await eventually(dropped_or_waits)
        assert ((await planning).status_code, (await dropping).status_code) == (200, 204)
    assert (await case.intake.events(case.need_id))[-2:] == ["handovers.visit_planned", "handovers.visit_refused"]


def lapse(case: Case) -> ClaimLapsed:
    return ClaimLapsed(
        need_id=case.need_id,
        offer_id=case.made.offer_id,
        partner_id=case.partner.partner_id,
        terms=case.made.terms,
        returned=award_of(case.made).awarded,
        reason=LapseReason.NOT_CONTACTED,
    )


async def test_a_visit_at_no_notice_or_by_somebody_not_cleared_is_refused(case: Case) -> None:
    await case.sign("address")
    await case.clear()
    soon = datetime.now(UTC).date().isoformat()
    async with case.browser() as browser:
        await case.open_family(browser)
        for times in ({"day": soon, "begins": "00:00", "ends": "00:30"}, {"day": "x", "begins": "", "ends": ""}):
            answer = await send(browser, f"{case.path}/family", "/visit", **times)
            assert (answer.status_code, "four hours at the earliest" in answer.text) == (422, True)
    assert "handovers.visit_planned" not in await case.intake.events(case.need_id)


async def test_a_family_in_a_sensitive_need_is_visited_by_nobody_though_it_signed(case: Case) -> None:
    await case.sign("name", "address")
    await case.clear()
    sensitive = case.made.terms.model_copy(update={"sensitive": True})
    made = case.made.model_copy(update={"offer_id": uuid4(), "terms": sensitive})
    await case.intake.matcher_says(made)
    lines = {f"line-{item.line}": str(item.quantity) for item in made.terms.items}
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    async with case.browser() as browser:
        await send(browser, offer_path(made, case.contact), "/accept", **lines)
        await case.intake.matcher_says(award_of(made))
        page = f"{offer_path(made, case.contact)}/family"
        shown = await browser.get(page)
        assert (shown.status_code, "/visit" in shown.text) == (200, False)
        form = {FORM_MARK: browser.cookies.get(FORM_MARK, ""), "day": day, "begins": "10:00", "ends": "11:00"}
        assert (await browser.post(f"{page}/visit", data=form)).status_code == 422
    assert "handovers.visit_planned" not in await case.intake.events(case.need_id)


async def test_the_log_is_only_added_to_and_shows_what_was_changed(case: Case) -> None:
    await case.sign("name")
    session = await case.intake.sign_in("ours@school.example.org")
    async with case.browser() as browser, case.browser() as coordinator:
        await case.open_family(browser)
        coordinator.cookies.set(Cookie.SESSION, session)
        looks = [browser.get(f"{case.path}/family") for _ in range(5)]
        looks += [coordinator.get(f"/needs/{case.need_id}/family") for _ in range(5)]
        assert {answer.status_code for answer in await asyncio.gather(*looks)} == {200}
    pool = case.intake.desk.pool
    async with pool.acquire() as connection:
        entries = [entry async for entry in disclosures.read_log(connection)]
        assert len(entries) >= 11
        assert verify(entries).broken_at is None
        for attack in ("UPDATE disclosures SET who_id = need_id", "DELETE FROM disclosures", "TRUNCATE disclosures"):
            with pytest.raises(asyncpg.RaiseError):
                await connection.execute(attack)
        await connection.execute("ALTER TABLE disclosures DISABLE TRIGGER disclosures_stay")
        await connection.execute("UPDATE disclosures SET records = '{phone}' WHERE sequence = 3")
        assert verify([entry async for entry in disclosures.read_log(connection)]).broken_at == 3
        await connection.execute("DELETE FROM disclosures WHERE sequence = 3")
        assert verify([entry async for entry in disclosures.read_log(connection)]).broken_at == 4


async def test_an_erased_family_is_gone_and_stays_gone(case: Case) -> None:
    await case.sign("name")
    pool = case.intake.desk.pool
    async with case.browser() as browser:
        await case.open_family(browser)
        async with pool.acquire() as connection:
            assert await erase_family(connection, case.need_id, ErasureCause.ASKED)
            assert not await erase_family(connection, case.need_id, ErasureCause.ASKED)
            assert await families.read_family(connection, case.need_id) is None
            tables = await connection.fetch(
                "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
                "WHERE relkind = 'r' AND nspname = 'public'"
            )
            for table in tables:
                rows = await connection.fetch(f'SELECT t::text AS row FROM "{table["relname"]}" AS t')  # noqa: S608
                assert not any(knows(row["row"]) for row in rows), table["relname"]
        assert not knows((await browser.get(f"{case.path}/family")).text)
    assert (await case.fetch_code()).status_code == 404
    told = await case.intake.events(case.need_id)
    assert told[-3:] == ["needs.consent_withdrawn", "handovers.consent_ended", "handovers.family_erased"]


async def test_identity_goes_by_itself_after_the_time_that_it_is_kept(case: Case) -> None:
    pool = case.intake.desk.pool
    assert await erase_due(pool, timedelta(days=90)) == 0
    await case.intake.matcher_says(NeedFulfilled(need_id=case.need_id, met=case.made.terms.items))
    assert await erase_due(pool, timedelta(days=90)) == 0
    async with pool.acquire() as connection:
        await connection.execute("UPDATE needs SET ended_at = ended_at - interval '91 days'")
    assert await erase_due(pool, timedelta(days=90)) == 1
    assert await erase_due(pool, timedelta(days=90)) == 0
    async with pool.acquire() as connection:
        assert await families.read_family(connection, case.need_id) is None


async def test_service_keys_are_changed_without_losing_a_family(case: Case) -> None:
    pool, old = case.intake.desk.pool, case.intake.desk.seal
    assert isinstance(old.keeper, KeyRing)
    both = Seal(KeyRing({"k2": bytes(range(32)), **old.keeper.keys}), old.lookup_key)
    new_alone = Seal(KeyRing({"k2": bytes(range(32))}), old.lookup_key)
    async with pool.acquire() as connection:
        assert await rewrap_keys(connection, both) == 1
        assert await rewrap_keys(connection, both) == 0
        sealed = await families.read_family(connection, case.need_id)
    assert sealed is not None
    assert (await new_alone.open(sealed, case.need_id)).name == NAME
    with pytest.raises(KeyError):
        await old.open(sealed, case.need_id)


async def test_a_coordinators_look_is_in_the_log_too(case: Case) -> None:
    async with signed_in(case.intake, "coordinator@school.example.org", "ours") as coordinator:
        assert (await coordinator.get(f"/needs/{case.need_id}")).status_code == 404
    person = "ours@school.example.org"
    async with case.browser() as coordinator:
        await signing_in.ask_for_link(case.intake.desk.pool, person, "en", "127.0.0.1")
        await send(coordinator, await case.intake.sign_in_link(person), "")
        assert not knows((await coordinator.get(f"/needs/{case.need_id}")).text)
        assert await case.looks() == []
        assert NAME in (await coordinator.get(f"/needs/{case.need_id}/family")).text
        form = {FORM_MARK: coordinator.cookies[FORM_MARK], "key": "one form", "records": "name", "to": "church"}
        form |= {"by": NAME, "how": "on_paper"}
        signing = [coordinator.post(f"/needs/{case.need_id}/consent", data=form) for _ in range(6)]
        assert {answer.status_code for answer in await asyncio.gather(*signing)} == {200}
        consents = (await case.school.get(f"/v1/needs/{case.need_id}/consents")).json()
        assert [one["kind"] for one in consents] == ["written", "spoken"]
        shown = await coordinator.get(f"/needs/{case.need_id}/looks")
        assert "Robin Reyes, of the school, saw" in shown.text
        assert not knows(shown.text)
    [look] = await case.looks()
    assert (look["who"], look["purpose"], len(look["records"])) == ("coordinator", "coordination", 4)


async def test_a_restored_copy_takes_back_what_was_taken_back(case: Case) -> None:
    """A backup from before knows a consent, a visit and a family that are gone by now: the topics say so."""
    await case.sign("name", "address")
    await case.clear()
    begins = datetime.now(UTC) + timedelta(days=2)
    times = {"day": begins.date().isoformat(), "begins": "10:00", "ends": "11:00"}
    async with case.browser() as browser:
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", **times)
    pool = case.intake.desk.pool
    async with pool.acquire() as connection:
        [family] = await connection.fetch("SELECT * FROM families")
    assert (await case.school.post(f"/v1/needs/{case.need_id}/consents/take-back")).status_code == 202
    async with pool.acquire() as connection:
        await erase_family(connection, case.need_id, ErasureCause.ASKED)
        published = await connection.fetch("SELECT topic, key, value, headers FROM outbox ORDER BY id")
        # As the copy has it.
        await connection.copy_records_to_table("families", records=[tuple(family)], columns=[*family.keys()])
        await connection.execute("UPDATE consents SET withdrawn_at = NULL")
        await connection.execute("UPDATE visits SET refused_at = NULL, refused_by = NULL")
        await connection.execute("DELETE FROM erasures")

        counts = await restore_intake(connection, [to_message(row) for row in published], case.intake.desk.seal)
        assert counts["families erased again"] == 1
        assert await families.read_family(connection, case.need_id) is None
        live = "SELECT count(*) FROM consents WHERE kind = 'written' AND withdrawn_at IS NULL"
        assert await connection.fetchval(live) == 0
        assert await connection.fetchval("SELECT count(*) FROM visits WHERE refused_at IS NULL") == 0


def to_message(row: asyncpg.Record) -> Message:
    found = read(RawRecord(row["topic"], 0, 0, row["key"], row["value"], headers_from_json(row["headers"])))
    assert isinstance(found, Readable)
    return found.message


async def test_another_schools_key_reads_and_signs_nothing(case: Case) -> None:
    person = await case.intake.add_coordinator("theirs@school.example.org", "Theirs")
    key = f"sb_{uuid4().hex}"
    async with case.intake.desk.pool.acquire() as connection:
        scopes = frozenset(Scope) - {Scope.ADDRESSES_READ}
        await keys.save_key(connection, hash_key(key), KeyRow("theirs", scopes, person.site_id))
    url = f"/v1/needs/{case.need_id}"
    async with httpx.AsyncClient(
        base_url=case.intake.url, headers={"Authorization": f"Bearer {key}"}, timeout=30
    ) as theirs:
        body = {"records": ["name"], "partner_kinds": ["church"], "signature": SIGNED}
        refused = [
            await theirs.post(f"{url}/consents", json=body),
            await theirs.get(f"{url}/consents"),
            await theirs.post(f"{url}/consents/take-back"),
            await theirs.get(f"{url}/disclosures"),
        ]
    assert [answer.status_code for answer in refused] == [404] * 4
