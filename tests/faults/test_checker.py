"""A checker that cannot fail is worthless: after a calm run all is well, and each violation planted in it is caught."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import time
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from bench.faults.checker import check
from bench.faults.evidence import Evidence, Letter, Published, tells_of_a_family
from bench.faults.neighbours import ASLEEP, AWAKE, quiet_hours
from bench.faults.providers import Accept
from bench.faults.storm import Report, running_storm, settle
from switchboard.local.folders import claimed_run_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEEDS = 25
NOW = quiet_hours(datetime.now(UTC))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calm() -> AsyncIterator[Report]:
    """What is there after a quarter of a minute's load with no fault at all."""
    with claimed_run_folder("calm", fresh=True) as folder:
        async with running_storm(folder, seed=7, lead=(15, 20)) as storm:
            over = asyncio.Event()
            entering = asyncio.create_task(storm.town.enter_needs(0.4, over))
            await asyncio.sleep(0.4 * NEEDS)  # the load's length, not a wait for anything
            over.set()
            await entering
            yield await settle(storm, print)


async def test_all_is_well_after_a_calm_run(calm: Report) -> None:
    assert calm.broken == {}
    assert len(calm.evidence.acknowledged) >= NEEDS - 2
    assert {accept.channel for accept in calm.evidence.accepts} == {"email", "text"}
    assert any(line["held"] for line in calm.evidence.lines)
    assert calm.evidence.taken


def events(evidence: Evidence, kind: str) -> list[Published]:
    return [one for one in evidence.published if one.type == f"switchboard.{kind}.v1"]


def publish(evidence: Evidence, record: Published, **changes: object) -> None:
    """Once more, as a new event."""
    evidence.published.append(replace(record, event_id=str(uuid4()), **changes))  # type: ignore[arg-type]


def lose_a_need(evidence: Evidence) -> None:
    del evidence.matched[next(iter(evidence.acknowledged))]


def end_a_need_twice(evidence: Evidence) -> None:
    publish(evidence, events(evidence, "outcomes.need_fulfilled")[0])


def leave_a_need_unseen(evidence: Evidence) -> None:
    evidence.matched[next(iter(evidence.acknowledged))].update(status="asking", stuck=None)


def lose_a_yes(evidence: Evidence) -> None:
    evidence.answers.remove((next(iter(evidence.taken)), "accepted"))


def leave_a_yes_unanswered(evidence: Evidence) -> None:
    offer_id = str(next(iter(evidence.taken)))
    answers = {"switchboard.outcomes.claim_awarded.v1", "switchboard.outcomes.claim_refused.v1"}
    evidence.published = [
        one for one in evidence.published if one.type not in answers or one.facts["offer_id"] != offer_id
    ]


def end_what_was_taken_back_as_if_it_were_not(evidence: Evidence) -> None:
    ended = events(evidence, "outcomes.need_fulfilled")[0]
    evidence.acknowledged[UUID(ended.key)].withdrawn_at = time() - 3600


def ask_for_what_was_taken_back(evidence: Evidence) -> None:
    offer = events(evidence, "offers.made")[0]
    evidence.acknowledged[UUID(offer.key)].withdrawn_at = time() - 3600


def hold_too_much(evidence: Evidence) -> None:
    line = evidence.lines[0]
    line["held"] = line["quantity"] + 1


def award_twice(evidence: Evidence) -> None:
    for award in events(evidence, "outcomes.claim_awarded"):
        publish(evidence, award)


def ask_a_paused_partner(evidence: Evidence) -> None:
    paused = next(one for one in evidence.neighbours.values() if not one.may_be_asked)
    offer = events(evidence, "offers.made")[0]
    publish(evidence, offer, facts={**offer.facts, "partner_id": str(paused.partner_id)})


def text_who_said_stop(evidence: Evidence) -> None:
    stopped = next(one for one in evidence.neighbours.values() if one.record["name"].startswith("Stopped"))
    evidence.accepts.append(Accept(time(), "text", stopped.contact["phone"], "Can you help?", sid="SM1"))


def mail_a_paused_partner(evidence: Evidence) -> None:
    paused = next(one for one in evidence.neighbours.values() if not one.may_be_asked)
    evidence.accepts.append(Accept(time(), "email", paused.contact["email"], "Can you help?", mark="<1@example.org>"))


def tell_nobody(evidence: Evidence) -> None:
    evidence.messages.pop()


def ask_after_the_end(evidence: Evidence) -> None:
    ended = events(evidence, "outcomes.need_fulfilled")[0]
    offer = next(one for one in events(evidence, "offers.made") if one.key == ended.key)
    publish(evidence, offer, sequence=ended.sequence + 1)


def email_twice(evidence: Evidence) -> None:
    evidence.accepts.append(next(one for one in evidence.accepts if one.mark))


def email_twice_and_flag_it_afterwards(evidence: Evidence) -> None:
    sent = next(one for one in evidence.accepts if one.mark)
    evidence.accepts.append(replace(sent, at=sent.at + 1))
    message_id = sent.mark.strip("<>").partition("@")[0]
    told = next(one for one in events(evidence, "deliveries.accepted") if one.facts["message_id"] == message_id)
    at = datetime.fromtimestamp(sent.at + 2, UTC).isoformat()
    flag = {**told.facts, "problem": "timed_out_after_sending", "at": at}
    publish(evidence, told, type="switchboard.deliveries.unknown.v1", facts=flag)


def text_what_no_message_knows_of(evidence: Evidence) -> None:
    text = next(one for one in evidence.accepts if one.sid)
    evidence.accepts.append(replace(text, body="Something else", sid="SM1"))


def text_twice(evidence: Evidence) -> None:
    evidence.accepts.append(next(one for one in evidence.accepts if one.sid))


def count_an_unsent_email(evidence: Evidence) -> None:
    mark = next(one.mark for one in evidence.accepts if one.mark)
    evidence.accepts = [one for one in evidence.accepts if one.mark != mark]


def write_at_night(evidence: Evidence) -> None:
    asleep = next(
        one
        for one in evidence.neighbours.values()
        if one.contact["time_zone"] == ASLEEP and not one.contact["urgent_at_night"]
    )
    link = next(one.body for one in evidence.accepts if "/o/" in one.body)
    evidence.accepts.append(Accept(time(), "email", asleep.contact["email"], link))


def leave_an_outbox(evidence: Evidence) -> None:
    evidence.backlog["matcher"]["outbox"] = 1


def leave_a_lease(evidence: Evidence) -> None:
    evidence.backlog["notifier"]["leases"] = 1


def leave_a_text_unresolved(evidence: Evidence) -> None:
    text = next(row for row in evidence.messages if row["channel"] == "text")
    text |= {
        "status": "unknown",
        "problem": "timed_out_after_sending",
        "deadline": datetime.now(UTC) + timedelta(hours=1),
    }


def leave_lag(evidence: Evidence) -> None:
    evidence.lag["notifier", "offers", 3] = 2


def write_a_dead_letter(evidence: Evidence) -> None:
    evidence.letters.append(Letter("needs-matcher-dlq", "needs", 0, 17))


def lose_an_event(evidence: Evidence) -> None:
    evidence.published.remove(events(evidence, "offers.made")[0])


def swap_two_events(evidence: Evidence) -> None:
    opened, ended = events(evidence, "offers.made")[0], len(evidence.published)
    evidence.published.remove(opened)
    evidence.published.insert(ended, opened)


def turn_a_partner_back(evidence: Evidence) -> None:
    record = events(evidence, "partners.recorded")[0]
    publish(evidence, record, sequence=9)
    publish(evidence, record)


def name_a_family_on_a_topic(evidence: Evidence) -> None:
    evidence.named.append("needs 3:14")


def name_a_family_to_a_partner(evidence: Evidence) -> None:
    accept = next(one for one in evidence.accepts if not tells_of_a_family(one.to.encode()))
    evidence.accepts.append(replace(accept, body="Please call Family 7"))


@pytest.mark.parametrize(
    ("promise", "violate"),
    [
        ("one outcome", lose_a_need),
        ("one outcome", end_a_need_twice),
        ("one outcome", leave_a_need_unseen),
        ("each yes answered", lose_a_yes),
        ("each yes answered", leave_a_yes_unanswered),
        ("taken back is taken back", end_what_was_taken_back_as_if_it_were_not),
        ("taken back is taken back", ask_for_what_was_taken_back),
        ("no over-award", hold_too_much),
        ("no over-award", award_twice),
        ("nobody wrongly asked", ask_a_paused_partner),
        ("nobody wrongly asked", text_who_said_stop),
        ("nobody wrongly asked", mail_a_paused_partner),
        ("nobody asked for nothing", ask_after_the_end),
        ("everybody told", tell_nobody),
        ("nothing twice", email_twice),
        ("nothing twice", email_twice_and_flag_it_afterwards),
        ("nothing twice", text_twice),
        ("nothing twice", text_what_no_message_knows_of),
        ("sent is sent", count_an_unsent_email),
        ("quiet nights", write_at_night),
        ("nothing left in hand", leave_an_outbox),
        ("nothing left in hand", leave_a_lease),
        ("nothing left in hand", leave_a_text_unresolved),
        ("nothing left in hand", leave_lag),
        ("dead letters", write_a_dead_letter),
        ("order", lose_an_event),
        ("order", swap_two_events),
        ("order", turn_a_partner_back),
        ("nobody is named", name_a_family_on_a_topic),
        ("nobody is named", name_a_family_to_a_partner),
    ],
)
async def test_a_planted_violation_is_caught(calm: Report, promise: str, violate: Callable[[Evidence], None]) -> None:
    evidence = copy.deepcopy(calm.evidence)
    violate(evidence)
    assert promise in check(evidence, NOW)


async def test_it_is_night_where_people_sleep() -> None:
    assert NOW.wait_until(datetime.now(UTC), ASLEEP) is not None
    assert NOW.wait_until(datetime.now(UTC), AWAKE) is None
