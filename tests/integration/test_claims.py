"""Claims from the yes to the handover, as the API and the links take them in."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.offers import OfferMade
from schemas.outcomes import ConfirmationRequested
from schemas.vocabulary import AnswerChannel, Answerer, DeclineReason, PartOfDay
from services.intake.answers import Answering, accept_offer, report_scheduled, say_no
from services.intake.changing import ask_first
from services.intake.needs import answer_for_family
from tests.browser.intake import offer_of
from tests.integration.cases import Case


async def ask_another(case: Case) -> OfferMade:
    """The same need, offered to a second partner."""
    partner, _ = await case.intake.add_partner()
    made = offer_of(case.need_id, case.made.terms.items, partner)
    await case.intake.matcher_says(made)
    return made


async def say(case: Case, offer_id: UUID, **body: Any) -> httpx.Response:
    return await case.school.post(f"/v1/needs/{case.need_id}/offers/{offer_id}/answers", json=body)


async def answers_to(case: Case, offer_id: UUID) -> list[tuple[str, str, list[dict[str, int]]]]:
    """(kind, channel, lines) in the order in which they came."""
    async with case.intake.desk.pool.acquire() as connection:
        rows = await connection.fetch("SELECT * FROM answers WHERE offer_id = $1 ORDER BY at", offer_id)
    return [(row["kind"], row["channel"], row["facts"].get("lines", [])) for row in rows]


async def test_a_phoned_yes_counts_once_and_a_phoned_no_after_it_hands_the_claim_back(case: Case) -> None:
    made = await ask_another(case)
    for _ in range(2):
        taken = await say(case, made.offer_id, answer="yes", lines=[{"line": 1, "quantity": 1}])
        assert (taken.status_code, taken.json()["need_id"]) == (202, str(case.need_id))
    assert (await say(case, made.offer_id, answer="no")).status_code == 202
    assert await answers_to(case, made.offer_id) == [
        ("accepted", "phone", [{"line": 1, "quantity": 1}]),
        ("released", "phone", []),
    ]
    assert (await case.intake.events(case.need_id))[-2:] == ["responses.accepted", "responses.released"]


async def test_what_is_said_at_the_same_moment_is_heard_one_after_the_other(case: Case) -> None:
    made, pool = await ask_another(case), case.intake.desk.pool
    who = Answering(case.need_id, case.made.offer_id, case.contact.contact_id, AnswerChannel.LINK)
    days = [datetime.now(UTC).date() + timedelta(days=number) for number in range(1, 7)]
    await asyncio.gather(*(report_scheduled(pool, who, day, PartOfDay.MORNING) for day in days))
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT value FROM outbox WHERE headers LIKE '%responses.scheduled%' ORDER BY id")
    assert [json.loads(row["value"])["revision"] for row in rows] == [1, 2, 3, 4, 5, 6]

    asked = Answering(case.need_id, made.offer_id, uuid4(), AnswerChannel.LINK)
    no = [say_no(pool, asked, DeclineReason.OTHER) for _ in range(5)]
    await asyncio.gather(accept_offer(pool, asked, {}), *no)
    told = await case.intake.events(case.need_id)
    assert "responses.declined" not in told[len(told) - told[::-1].index("responses.accepted") :]


async def test_what_is_asked_or_answered_several_times_at_once_is_told_once(case: Case) -> None:
    pool = case.intake.desk.pool
    await asyncio.gather(*(ask_first(pool, case.need_id, None, case.partner.partner_id) for _ in range(6)))
    delivered = case.made.terms.items
    await case.intake.matcher_says(ConfirmationRequested(need_id=case.need_id, delivered=delivered, attempt=1))
    arrived = (True, False, True, False, True, False)
    said = [answer_for_family(pool, case.need_id, None, Answerer.FAMILY, arrived=one) for one in arrived]
    [stands] = {one for _, one in await asyncio.gather(*said)}
    word = "responses.family_confirmed" if stands else "responses.family_disputed"
    assert (await case.intake.events(case.need_id))[-2:] == ["needs.changed", word]
    assert (await case.intake.events(case.need_id)).count("needs.changed") == 1


async def test_a_phoned_no_has_a_reason_and_a_yes_without_lines_takes_all(case: Case) -> None:
    first, second = await ask_another(case), await ask_another(case)
    assert (await say(case, first.offer_id, answer="no", reason="too_far")).status_code == 202
    assert (await say(case, second.offer_id, answer="yes")).status_code == 202
    assert await answers_to(case, first.offer_id) == [("declined", "phone", [])]
    assert await answers_to(case, second.offer_id) == [("accepted", "phone", [])]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"answer": "maybe"}, "answer"),
        ({"answer": "yes", "lines": [{"line": 1, "quantity": 0}]}, "lines.0.quantity"),
        ({"answer": "yes", "contact_id": str(uuid4())}, "contact_id"),
    ],
)
async def test_what_cannot_have_been_said_by_phone_is_named(case: Case, wrong: dict[str, Any], field: str) -> None:
    made = await ask_another(case)
    answer = await say(case, made.offer_id, **wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert await answers_to(case, made.offer_id) == []


async def test_nothing_is_written_down_about_an_offer_of_another_need(case: Case) -> None:
    assert (await say(case, uuid4(), answer="yes")).status_code == 404


async def change(case: Case, **changes: Any) -> httpx.Response:
    return await case.school.post(f"/v1/needs/{case.need_id}/change", json=changes)


async def test_quantities_and_the_last_day_change_while_partners_are_asked(case: Case) -> None:
    needed_by = (datetime.now(UTC) + timedelta(days=6)).isoformat()
    answer = await change(case, quantities=[{"line": 1, "quantity": 5}], needed_by=needed_by)
    assert answer.status_code == 202
    terms = answer.json()["terms"]
    assert (terms["items"][0]["quantity"], datetime.fromisoformat(terms["needed_by"]).isoformat()) == (5, needed_by)
    assert (await case.school.get(f"/v1/needs/{case.need_id}")).json()["terms"] == terms
    assert (await change(case, quantities=[{"line": 1, "quantity": 5}])).status_code == 202
    assert (await case.intake.events(case.need_id)).count("needs.changed") == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantities": [{"line": 1, "quantity": 1}]}, "quantities"),
        ({"quantities": [{"line": 1, "quantity": 21}]}, "quantities"),
        ({"quantities": [{"line": 7, "quantity": 1}]}, "quantities"),
        ({"needed_by": "2020-01-01T00:00:00Z"}, "needed_by"),
    ],
    ids=["less than is taken", "too many", "no such line", "gone by"],
)
async def test_what_cannot_be_changed_is_named(case: Case, wrong: dict[str, Any], field: str) -> None:
    answer = await change(case, **wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert "needs.changed" not in await case.intake.events(case.need_id)


async def test_a_need_that_has_ended_or_was_withdrawn_changes_no_more(case: Case) -> None:
    await case.school.post(f"/v1/needs/{case.need_id}/withdraw-consent")
    assert (await change(case, quantities=[{"line": 1, "quantity": 5}])).status_code == 409
