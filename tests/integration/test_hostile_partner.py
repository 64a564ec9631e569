"""A hostile partner with a good link, later a good award: learns no more than was signed for, and disturbs nobody."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.deliveries import MessageAccepted, MessageDelivered, MessageFailed
from schemas.outcomes import ClaimLapsed, ConfirmationRequested, NeedFulfilled
from schemas.vocabulary import (
    Channel,
    DeliveryProblem,
    LapseReason,
    MessagePurpose,
    PartnerStatus,
    RecipientKind,
)
from services.intake import signing_in
from services.intake.api.texts import sign
from services.intake.erasing import erase_family
from services.intake.gate import AT_ONCE
from services.intake.pages.cookies import Cookie
from services.intake.store import codes
from services.intake.store.erasures import ErasureCause
from tests.browser.intake import SECRET, award_of, family_path, offer_of, offer_path
from tests.integration.cases import ADDRESS, FORM_MARK, NAME, PHONE, Case, knows, send
from tests.waiting import eventually

MARK = "a-mark-of-this-browser"
PARTS = (("form_mark", "m"), ("code", "+2AA-"))
"""The code is half a character, in the charset that the form names."""
ALL = ("name", "phone", "email", "address")


def times(days: int = 2, begins: str = "10:00", ends: str = "11:00") -> dict[str, str]:
    return {"day": (datetime.now(UTC) + timedelta(days=days)).date().isoformat(), "begins": begins, "ends": ends}


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Sends a form that no page shows, with a mark that fits."""
    browser.cookies.set(FORM_MARK, MARK)
    return await browser.post(path, data={FORM_MARK: MARK, **fields})


async def ask_and_fetch(case: Case, browser: httpx.AsyncClient) -> str:
    await post(browser, f"{case.path}/family/code")
    return str((await case.fetch_code()).json()["code"])


async def planned(case: Case) -> list[UUID]:
    async with case.intake.desk.pool.acquire() as connection:
        rows = await connection.fetch("SELECT visit_id FROM visits ORDER BY planned_at")
    return [row["visit_id"] for row in rows]


async def refuse_as_family(case: Case) -> None:
    async with case.browser() as family:
        await send(family, family_path(case.need_id), "/refuse")


# Codes


async def test_guesses_sent_at_the_same_instant_count_one_by_one(case: Case) -> None:
    await case.sign(*ALL)
    async with case.browser() as browser:
        code = await ask_and_fetch(case, browser)
        guesses = [f"{(int(code) + step) % 1_000_000:06}" for step in range(1, 31)]
        answers = await asyncio.gather(*(post(browser, f"{case.path}/family", code=guess) for guess in guesses))
        assert {answer.status_code for answer in answers} == {422}
        async with case.intake.desk.pool.acquire() as connection:
            assert await connection.fetchval("SELECT tries FROM codes") == 5
        assert not knows((await post(browser, f"{case.path}/family", code=code)).text)


async def test_a_right_code_sent_from_many_browsers_at_once_opens_one(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as first:
        code = await ask_and_fetch(case, first)
        answers = await asyncio.gather(*(post(first, f"{case.path}/family", code=code) for _ in range(20)))
        async with case.intake.desk.pool.acquire() as connection:
            assert await connection.fetchval("SELECT count(*) FROM openings") == 1
    assert sum(answer.history != [] for answer in answers) == 1


async def test_a_code_that_was_used_is_good_no_more_even_to_who_began_before(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        await ask_and_fetch(case, browser)
    offer_id, contact_id = case.made.offer_id, case.contact.contact_id
    pool = case.intake.desk.pool
    async with pool.acquire() as first, pool.acquire() as second, first.transaction():
        began = await first.fetchval("SELECT now()")
        async with second.transaction():
            assert await second.fetchval("SELECT now()") > began
            assert await codes.try_code(second, offer_id, contact_id) is not None
            await codes.use_up(second, offer_id, contact_id)
        assert await codes.try_code(first, offer_id, contact_id) is None


async def test_a_day_leaves_thirty_guesses_in_a_million_however_often_a_code_is_asked_for(case: Case) -> None:
    await case.sign("name")
    guessed = 0
    async with case.browser() as browser:
        for _ in range(9):
            await post(browser, f"{case.path}/family/code")
            code = (await case.fetch_code()).json().get("code")
            for step in range(1, 8):
                wrong = f"{(int(code or 0) + step) % 1_000_000:06}"
                before = await tries(case)
                await post(browser, f"{case.path}/family", code=wrong)
                guessed += await tries(case) - before
    assert guessed == 30


async def tries(case: Case) -> int:
    async with case.intake.desk.pool.acquire() as connection:
        return int(await connection.fetchval("SELECT coalesce(sum(tries), 0) FROM codes"))


async def test_odd_codes_are_wrong_codes_and_break_nothing(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        code = await ask_and_fetch(case, browser)
        arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
        for odd in (arabic, f"{code}\0", "' OR true --", "9" * 10_000):
            answer = await post(browser, f"{case.path}/family", code=odd)
            assert (answer.status_code, knows(answer.text)) == (422, False), odd[:20]
        # Before the code is made there is none to guess, not even an empty one.
        await post(browser, f"{case.path}/family/code")
        assert (await post(browser, f"{case.path}/family", code="")).status_code == 422


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", "form_mark=%C3%A9"),
        ("multipart/form-data; boundary=b", "no parts"),
        ("multipart/form-data", "x"),
        ("application/x-www-form-urlencoded", "form_mark=m&" + "a&" * 5000),
        (
            "multipart/form-data; boundary=b; charset=utf-7",
            "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in PARTS)
            + "--b--\r\n",
        ),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused_and_is_no_fault_of_ours(case: Case, kind: str, body: str) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        headers = {"Content-Type": kind, "Cookie": f"{FORM_MARK}=m"}
        answer = await browser.post(f"{case.path}/family", content=body, headers=headers)
    assert answer.status_code == 403


# Visits


async def test_whoever_has_the_link_and_no_code_plans_no_visit_and_hears_of_none(case: Case) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as stranger, case.browser() as owner:
        assert "/visit" not in (await stranger.get(f"{case.path}/family")).text
        answer = await post(stranger, f"{case.path}/family/visit", **times())
        assert (answer.status_code, await planned(case)) == (422, [])
        await case.open_family(owner)
        await send(owner, f"{case.path}/family", "/visit", **times())
        assert len(await planned(case)) == 1
        assert "You would come" in (await owner.get(f"{case.path}/family")).text
        assert "You would come" not in (await stranger.get(f"{case.path}/family")).text


async def test_a_family_is_asked_three_times_at_most_whatever_it_answers(case: Case) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser:
        await case.open_family(browser)
        for _ in range(5):
            await post(browser, f"{case.path}/family/visit", **times())
            await refuse_as_family(case) if len(await planned(case)) < 3 else None
            async with case.intake.desk.pool.acquire() as connection:
                await connection.execute("UPDATE visits SET refused_at = now(), refused_by = 'family'")
        # Nor under another offer of the same need.
        other = offer_of(case.need_id, case.made.terms.items, case.partner)
        await case.intake.matcher_says(other)
        lines = {f"line-{one.line}": str(one.quantity) for one in other.terms.items}
        await send(browser, offer_path(other, case.contact), "/accept", **lines)
        await case.intake.matcher_says(award_of(other))
        await post(browser, f"{offer_path(other, case.contact)}/family/visit", **times())
    assert len(await planned(case)) == 3
    assert (await case.intake.events(case.need_id)).count("handovers.visit_planned") == 3


async def test_visits_planned_at_the_same_instant_are_one(case: Case) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser:
        await case.open_family(browser)
        path = f"{case.path}/family/visit"
        await asyncio.gather(*(post(browser, path, **times(begins=f"1{n}:00", ends=f"1{n}:30")) for n in range(8)))
    assert len(await planned(case)) == 1


@pytest.mark.parametrize(("begins", "ends"), [("03:00", "05:00"), ("07:00", "09:00"), ("20:30", "22:00")])
async def test_nobody_comes_at_night(case: Case, begins: str, ends: str) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser:
        await case.open_family(browser)
        answer = await post(browser, f"{case.path}/family/visit", **times(begins=begins, ends=ends))
    assert (answer.status_code, await planned(case)) == (422, [])


@pytest.mark.parametrize(
    "odd",
    [
        {"day": "9999-12-31", "begins": "23:59", "ends": "23:59"},
        {"day": "0001-01-01", "begins": "00:00", "ends": "00:01"},
        {"day": "-1", "begins": "\0", "ends": "\u0661\u0660:\u0660\u0660"},
        {"begins": "10:00", "ends": "10:00"},
        {"begins": "10:00", "ends": "14:01"},
    ],
)
async def test_odd_times_are_refused_in_words(case: Case, odd: dict[str, str]) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser:
        await case.open_family(browser)
        answer = await post(browser, f"{case.path}/family/visit", **times() | odd)
    assert (answer.status_code, await planned(case)) == (422, [])


async def hear(
    case: Case, made: type[MessageAccepted | MessageDelivered], who: RecipientKind, visit_id: UUID | None
) -> None:
    event = made(
        need_id=case.need_id,
        message_id=uuid4(),
        recipient=who,
        purpose=MessagePurpose.VISIT_PLANNED,
        channel=Channel.TEXT,
        visit_id=visit_id,
        at=datetime.now(UTC),
    )
    await case.intake.matcher_says(event)


async def test_an_address_is_not_told_by_the_news_of_another_visit(case: Case) -> None:
    """A late receipt for a visit that was refused, or the news of somebody else's, does not stand for this one's."""
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser:
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", **times())
        await refuse_as_family(case)
        await send(browser, f"{case.path}/family", "/visit", **times(days=3))
        [refused, stands] = await planned(case)
        for who in (RecipientKind.FAMILY, RecipientKind.COORDINATOR):
            for about in (refused, uuid4(), None):
                await hear(case, MessageDelivered, who, about)
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text
        for who in (RecipientKind.FAMILY, RecipientKind.COORDINATOR):
            await hear(case, MessageAccepted, who, stands)
        assert ADDRESS in (await browser.get(f"{case.path}/family")).text


async def test_an_address_is_hidden_again_when_the_family_did_not_get_the_news(case: Case) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser:
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", **times())
        [visit_id] = await planned(case)
        for who in (RecipientKind.FAMILY, RecipientKind.COORDINATOR):
            await hear(case, MessageAccepted, who, visit_id)
        assert ADDRESS in (await browser.get(f"{case.path}/family")).text
        failed = MessageFailed(
            need_id=case.need_id,
            message_id=uuid4(),
            recipient=RecipientKind.FAMILY,
            purpose=MessagePurpose.VISIT_PLANNED,
            channel=Channel.TEXT,
            problem=DeliveryProblem.PROVIDER_REFUSED,
            visit_id=visit_id,
            at=datetime.now(UTC),
        )
        await case.intake.matcher_says(failed)
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text


async def test_a_clearance_clears_one_person_and_a_claim_is_one_persons(case: Case) -> None:
    await case.sign(*ALL)
    colleague = case.contact.model_copy(update={"contact_id": uuid4(), "email": "bob@church.example.org"})
    record = case.partner.model_copy(update={"contacts": (case.contact, colleague)})
    body = record.model_dump(mode="json", exclude={"partner_id"})
    assert (await case.school.put(f"/v1/partners/{record.partner_id}", json=body)).status_code == 200
    url = f"/v1/partners/{record.partner_id}/contacts/{colleague.contact_id}/clearance"
    checked = {"kind": "fingerprints", "checked_by": "The city", "until": "2099-01-01"}
    assert (await case.school.put(url, json=checked)).status_code == 200
    async with case.browser() as browser:
        await case.open_family(browser)
        answer = await post(browser, f"{case.path}/family/visit", **times())
        assert (answer.status_code, "current clearance" in answer.text) == (422, True)
        theirs = await post(browser, f"{offer_path(case.made, colleague)}/family/visit", **times())
        assert (theirs.status_code, knows(theirs.text)) == (404, False)
    assert await planned(case) == []


# What is over


async def end(case: Case, browser: httpx.AsyncClient, how: str) -> None:
    """Ends what lets the partner know the family."""
    lines = {f"line-{one.line}": str(one.quantity) for one in case.made.terms.items}
    partner_url = f"/v1/partners/{case.partner.partner_id}"
    body = case.partner.model_dump(mode="json", exclude={"partner_id"})
    match how:
        case "handed back":
            await send(browser, case.path, "/release", reason="no_longer_able")
        case "done":
            await send(browser, case.path, "/completed", **lines)
        case "lapsed":
            await case.intake.matcher_says(
                ClaimLapsed(
                    need_id=case.need_id,
                    offer_id=case.made.offer_id,
                    partner_id=case.partner.partner_id,
                    terms=case.made.terms,
                    returned=award_of(case.made).awarded,
                    reason=LapseReason.NOT_CONTACTED,
                )
            )
        case "need ended":
            await case.intake.matcher_says(NeedFulfilled(need_id=case.need_id, met=case.made.terms.items))
        case "clearance gone":
            answer = await case.school.delete(f"{partner_url}/contacts/{case.contact.contact_id}/clearance")
            assert answer.status_code == 204
        case "erased":
            async with case.intake.desk.pool.acquire() as connection:
                await erase_family(connection, case.need_id, ErasureCause.ASKED)
        case "suspended":
            await case.school.put(partner_url, json=body | {"status": PartnerStatus.SUSPENDED})
        case "person gone":
            await case.school.put(partner_url, json=body | {"contacts": []})
        case "partner gone":
            assert (await case.school.delete(partner_url)).status_code == 204


ENDS = ("handed back", "done", "lapsed", "need ended", "clearance gone", "person gone", "partner gone", "erased")


@pytest.mark.parametrize("how", ENDS)
async def test_a_visit_ends_with_what_it_stands_on(case: Case, how: str) -> None:
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser, case.browser() as family:
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", **times())
        assert "Ada of Second Street" in (await family.get(family_path(case.need_id))).text
        await end(case, browser, how)
        assert "Ada of Second Street" not in (await family.get(family_path(case.need_id))).text
        assert ADDRESS not in (await browser.get(f"{case.path}/family")).text
    assert (await case.intake.events(case.need_id)).count("handovers.visit_refused") == 1


@pytest.mark.parametrize(
    "how", ["handed back", "done", "need ended", "erased", "suspended", "person gone", "partner gone"]
)
async def test_an_open_page_a_code_on_its_way_and_a_new_one_show_nothing_after_the_end(case: Case, how: str) -> None:
    await case.sign(*ALL)
    async with case.browser() as browser, case.browser() as second:
        assert NAME in await case.open_family(browser)
        code = await ask_and_fetch(case, second)
        await end(case, browser, how)
        for one in (browser, second):
            shown = await one.get(f"{case.path}/family")
            assert (shown.status_code, knows(shown.text)) == (404, False)
        assert not knows((await post(second, f"{case.path}/family", code=code)).text)
        asked = (await case.intake.events(case.need_id)).count("handovers.code_requested")
        assert (await post(second, f"{case.path}/family/code")).status_code == 404
        assert (await case.intake.events(case.need_id)).count("handovers.code_requested") == asked


async def test_a_page_that_is_left_open_closes_by_itself(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        assert "refresh" not in (await browser.get(f"{case.path}/family")).headers
        await case.open_family(browser)
        shown = await browser.get(f"{case.path}/family")
        assert (shown.headers["refresh"], shown.headers["cache-control"]) == ("900", "no-store")


async def test_looking_again_and_again_ends_at_thirty_so_that_the_log_stays_readable(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as browser:
        await case.open_family(browser)
        pages = [await browser.get(f"{case.path}/family") for _ in range(40)]
        assert (NAME in pages[20].text, NAME in pages[-1].text) == (True, False)
        assert len(await case.looks()) == 30
        # A new code opens it again.
        assert NAME in await case.open_family(browser)


# What others would notice


async def test_bodies_that_never_come_hold_up_nobody(case: Case) -> None:
    host, port = case.intake.url.removeprefix("http://").split(":")
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    held = []
    try:
        for _ in range(AT_ONCE + 10):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(head + b"Content-Length: 1000\r\n\r\nemail=")
            await writer.drain()
            held.append(writer)
        await asyncio.sleep(0.5)
        async with case.browser() as other:
            assert [(await other.get("/sign-in")).status_code for _ in range(3)] == [200] * 3
    finally:
        for writer in held:
            writer.close()


async def test_many_streams_of_one_offer_are_few(case: Case) -> None:
    ended: list[bool] = []

    async def listen(client: httpx.AsyncClient) -> None:
        # Who is sent away looks once, and is told to come again later.
        sent_away = (await client.get(f"{case.path}/live")).text.startswith("retry: 5000")
        ended.append(not sent_away)

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=case.intake.url, limits=limits, timeout=30) as client:
        await asyncio.gather(*(listen(client) for _ in range(60)))
    assert ended == [False] * 50 + [True] * 10


@pytest.mark.parametrize("ending", ["/", "/family/", "//family"])
async def test_a_link_with_more_at_its_end_leads_nowhere_else(case: Case, ending: str) -> None:
    async with httpx.AsyncClient(base_url=case.intake.url, timeout=30) as client:
        answer = await client.get(f"{case.path}{ending}", headers={"Host": "evil.example.org"})
    assert "evil" not in answer.headers.get("location", "")
    assert (answer.status_code, knows(answer.text)) == (404, False)


async def test_names_that_are_markup_stay_words_on_every_page(case: Case) -> None:
    evil, first = "<script>alert(1)</script>\"' onload=x", "<img/src=x/onerror=alert(2)>"
    record = case.partner.model_copy(
        update={"name": evil, "contacts": (case.contact.model_copy(update={"name": f"{first} Last"}),)}
    )
    body = record.model_dump(mode="json", exclude={"partner_id"})
    assert (await case.school.put(f"/v1/partners/{record.partner_id}", json=body)).status_code == 200
    await case.sign(*ALL)
    await case.clear()
    async with case.browser() as browser, case.browser() as coordinator:
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", **times())
        email = "ours@school.example.org"
        await signing_in.ask_for_link(case.intake.desk.pool, email, "en", "127.0.0.1")
        link = (await case.intake.sign_in_link(email)).rpartition("/")[2]
        session = await signing_in.sign_in(case.intake.desk.pool, link)
        coordinator.cookies.set(Cookie.SESSION, session or "")
        need = f"/needs/{case.need_id}"
        shown = {path: (await browser.get(path)).text for path in (case.path, f"{case.path}/family")}
        shown |= {path: (await coordinator.get(path)).text for path in (need, f"{need}/looks", f"{need}/consent")}
        shown |= {"family": (await browser.get(family_path(case.need_id))).text}
    assert [path for path, text in shown.items() if "<script>alert" in text or "<img/src" in text] == []
    assert "&lt;img/src" in shown["family"]
    assert "&lt;script&gt;" in shown[need]
    assert "&lt;script&gt;" in shown[f"{need}/looks"]


async def test_nobody_answers_for_the_family_by_a_text_from_another_phone(case: Case) -> None:
    contact = case.contact.model_copy(update={"phone": "+17185550141"})
    record = case.partner.model_copy(update={"contacts": (contact,)})
    body = record.model_dump(mode="json", exclude={"partner_id"})
    assert (await case.school.put(f"/v1/partners/{record.partner_id}", json=body)).status_code == 200
    await case.intake.matcher_says(
        ConfirmationRequested(need_id=case.need_id, delivered=case.made.terms.items, attempt=1)
    )
    reference = (await case.school.get(f"/v1/needs/{case.need_id}")).json()["reference"]
    async with case.browser() as provider:
        for body_text in (f"YES {reference}", "YES", f"SI {reference}", f"NO {reference}"):
            form = {"MessageSid": uuid4().hex, "From": "+17185550141", "Body": body_text}
            signature = sign(SECRET, f"{case.intake.url}/webhooks/texts", form)
            answer = await provider.post("/webhooks/texts", data=form, headers={"X-Twilio-Signature": signature})
            assert (answer.status_code, knows(answer.text), PHONE in answer.text) == (200, False, False)
    events = await case.intake.events(case.need_id)
    assert not {"responses.family_confirmed", "responses.family_disputed"} & set(events)


async def test_a_cookie_that_somebody_set_opens_nothing(case: Case) -> None:
    await case.sign("name")
    async with case.browser() as owner, case.browser() as stranger:
        await case.open_family(owner)
        for value in ("", "x", "0" * 5000, "' OR true --", owner.cookies[Cookie.OPENING].swapcase()):
            stranger.cookies.set(Cookie.OPENING, value)
            assert not knows((await stranger.get(f"{case.path}/family")).text)

        async def ran_out() -> bool:
            async with case.intake.desk.pool.acquire() as connection:
                await connection.execute("UPDATE openings SET expires_at = now()")
            return not knows((await owner.get(f"{case.path}/family")).text)

        assert await eventually(ran_out)
