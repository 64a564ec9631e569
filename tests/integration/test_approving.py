"""Needs that wait for approval: nobody is asked before, nothing is lost, and who decided stands in the history."""

import re
from uuid import UUID

import httpx
import pytest

from services.intake.approving import look_at_due
from services.intake.domain.approval import ApprovalRule
from services.intake.store import approvals
from services.intake.store.people import Role
from tests.integration.test_raising import NEED
from tests.integration.test_staff import Office, office
from tests.waiting import eventually

__all__ = ["office"]

ROBIN = "robin@school.example.org"
SITE = {"name": "Lincoln", "zip_code": "11201", "time_zone": "America/New_York"}


async def ask_for_all(office: Office, **changes: str) -> None:
    fields = {**SITE, "approval": "all", **changes}
    answer = await office.change(office.sessions[Role.SUPERVISOR], f"/sites/{office.site_id}", **fields)
    assert answer.status_code == 303, answer.text


async def enter(office: Office, session: str, **changes: str) -> UUID:
    answer = await office.ask(session, "/needs/new", **{**NEED, **changes})
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].split("/")[2])


async def change(office: Office, session: str, need_id: UUID, **typed: str) -> httpx.Response:
    """As who has the need's page open."""
    seen = re.search(r'name="seen" value="([^"]*)"', (await office.ask(session, f"/needs/{need_id}")).text)
    assert seen is not None
    return await office.ask(session, f"/needs/{need_id}/change", seen=seen[1], **typed)


async def newest_link(office: Office, email: str, pattern: str = r"http\S+(/approve/\S+)") -> str:
    async def find() -> str | None:
        found = re.search(pattern, (office.intake.mailbox.texts.get(email) or [""])[-1])
        return found[1] if found else None

    return await eventually(find) or ""


async def hurry(office: Office, *clocks: str) -> None:
    async with office.intake.desk.pool.acquire() as connection:
        for clock in clocks:
            await connection.execute(f"UPDATE approvals SET {clock} = now() - interval '1 second'")  # noqa: S608
    await look_at_due(office.intake.desk.pool)


async def test_a_need_goes_out_when_it_is_approved_from_the_email_and_not_before(office: Office) -> None:
    await ask_for_all(office)
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin)
    page = (await office.ask(robin, f"/needs/{need_id}")).text
    assert all(text in page for text in ("Waits for approval", "Asked to approve it: Sam Supervisor."))
    link = await newest_link(office, office.emails[Role.SUPERVISOR])
    asked = (await office.ask(None, link)).text
    assert ("Robin Reyes at Lincoln wants to ask" in asked, "Zephyrine" in asked) == (True, False)
    assert "opened" not in " ".join(await office.intake.events(need_id))
    for _ in range(2):
        assert (await office.ask(None, f"{link}/approve", revision="1")).status_code == 303
    assert (await office.intake.events(need_id)).count("needs.opened") == 1
    assert "Sam Supervisor approved it" in (await office.ask(None, link)).text
    page = (await office.ask(robin, f"/needs/{need_id}")).text
    assert "Sam Supervisor approved it." in page


@pytest.mark.parametrize(
    ("rule", "need", "waits"),
    [
        ({"approval": "above", "approval_above": "100"}, {"item": "rent.dollars", "quantity": "100"}, False),
        ({"approval": "above", "approval_above": "100"}, {"item": "rent.dollars", "quantity": "101"}, True),
        ({"approval": "sensitive"}, {}, False),
        ({"approval": "sensitive"}, {"sensitive": "yes"}, True),
        ({"approval": "none"}, {"sensitive": "yes"}, False),
    ],
)
async def test_the_sites_rule_says_which_needs_wait(
    office: Office, rule: dict[str, str], need: dict[str, str], waits: bool
) -> None:
    await ask_for_all(office, **rule)
    need_id = await enter(office, await office.intake.sign_in(ROBIN), **need)
    assert ("needs.opened" not in await office.intake.events(need_id)) is waits


async def test_what_is_sent_back_says_why_to_the_coordinator_alone_and_can_be_asked_again(office: Office) -> None:
    await ask_for_all(office)
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin)
    link = await newest_link(office, office.emails[Role.SUPERVISOR])
    assert (await office.ask(None, f"{link}/send-back", revision="1", reason=" ")).status_code == 422
    sent = await office.ask(None, f"{link}/send-back", revision="1", reason="Is it for both children?")
    assert sent.status_code == 303
    back = await newest_link(office, ROBIN, r"http\S+(/needs/\S+)")
    assert "both children" not in office.intake.mailbox.texts[ROBIN][-1]
    page = (await office.ask(robin, back)).text
    assert ("Is it for both children?" in page, "Sam Supervisor sent it back." in page) == (True, True)
    assert "Not approved yet" in (await office.ask(robin, "/needs")).text
    day = {"needed_by": "2099-01-01"}
    assert (await change(office, robin, need_id, **{"line-1": "3"}, **day)).status_code == 303
    office.intake.mailbox.texts.clear()
    assert (await office.ask(robin, f"/needs/{need_id}/ask-approval", go="1")).status_code == 303
    again = await newest_link(office, office.emails[Role.SUPERVISOR])
    assert "3 twin beds" in (await office.ask(None, again)).text
    # Asked, changed, asked again: the third that was looked at.
    assert (await office.ask(None, f"{again}/approve", revision="3")).status_code == 303
    assert await office.intake.events(need_id) == ["needs.opened"]


async def test_what_changed_meanwhile_is_looked_at_once_more(office: Office) -> None:
    await ask_for_all(office)
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin)
    await change(office, robin, need_id, **{"line-1": "9", "needed_by": "2099-01-01"})
    supervisor = office.sessions[Role.SUPERVISOR]
    answer = await office.ask(supervisor, f"/approvals/{need_id}/approve", revision="1")
    assert (answer.status_code, "changed while you looked" in answer.text) == (422, True)
    assert await office.intake.events(need_id) == []


async def test_a_deputy_is_asked_when_it_is_late_and_decides_signed_in(office: Office) -> None:
    deputy = await office.intake.add_person(Role.COORDINATOR, office.site_id)
    await ask_for_all(office, deputy_id=str(await office.person_id(deputy)))
    need_id = await enter(office, await office.intake.sign_in(ROBIN))
    session = await office.intake.sign_in(deputy)
    assert (await office.ask(session, f"/approvals/{need_id}")).status_code == 404
    assert 'href="/approvals"' not in (await office.ask(session, "/needs")).text
    await hurry(office, "escalates_at")
    assert 'href="/approvals"' in (await office.ask(session, "/needs")).text
    assert (await newest_link(office, deputy)).startswith("/approve/")
    assert str(need_id) in (await office.ask(session, "/approvals")).text
    assert (await office.ask(session, f"/approvals/{need_id}/approve", revision="1")).status_code == 303
    assert await office.intake.events(need_id) == ["needs.opened"]


async def test_who_enters_a_need_never_approves_it(office: Office) -> None:
    await ask_for_all(office, deputy_id=str(await office.person_id(ROBIN)))
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin)
    await hurry(office, "escalates_at")
    assert (await office.ask(robin, f"/approvals/{need_id}")).status_code == 404
    assert (await office.ask(robin, f"/approvals/{need_id}/approve", revision="1")).status_code == 404
    # Without another deputy, the network's administrator is asked.
    assert (await newest_link(office, office.emails[Role.ADMINISTRATOR])).startswith("/approve/")


async def test_where_there_is_no_supervisor_others_are_asked_at_once(office: Office) -> None:
    await ask_for_all(office)
    supervisor = await office.person_id(office.emails[Role.SUPERVISOR])
    await office.ask(office.sessions[Role.ADMINISTRATOR], f"/people/{supervisor}/pause", paused="yes")
    await enter(office, await office.intake.sign_in(ROBIN))
    assert (await newest_link(office, office.emails[Role.ADMINISTRATOR])).startswith("/approve/")


async def test_what_nobody_decides_ends_and_the_coordinator_hears_of_it(office: Office) -> None:
    await ask_for_all(office)
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin)
    await newest_link(office, office.emails[Role.SUPERVISOR])
    office.intake.mailbox.texts.clear()
    await hurry(office, "escalates_at", "expires_at")
    await newest_link(office, ROBIN, r"http\S+(/needs/\S+)")
    assert "Nobody decided in time" in (await office.ask(robin, f"/needs/{need_id}")).text
    late = await office.ask(office.sessions[Role.SUPERVISOR], f"/approvals/{need_id}/approve", revision="1")
    assert late.status_code == 303
    assert "needs.opened" not in await office.intake.events(need_id)


@pytest.mark.parametrize("way", ["cancel", "withdraw-consent"])
async def test_what_is_taken_back_before_it_went_out_ends_at_once_and_nobody_else_hears_of_it(
    office: Office, way: str
) -> None:
    await ask_for_all(office)
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin)
    assert (await office.ask(robin, f"/needs/{need_id}/{way}", reason="met_elsewhere")).status_code == 303
    assert not [what for what in await office.intake.events(need_id) if what.startswith("needs.")]
    async with office.intake.desk.pool.acquire() as connection:
        row = await connection.fetchrow("SELECT status, ended_at IS NOT NULL AS ended FROM needs")
    assert row is not None
    assert (row["status"], row["ended"]) == ("unmet", True)
    approve = await office.ask(office.sessions[Role.SUPERVISOR], f"/approvals/{need_id}/approve", revision="1")
    assert approve.status_code == 303
    assert "needs.opened" not in await office.intake.events(need_id)


async def test_what_was_approved_does_not_grow_without_another_approval(office: Office) -> None:
    await ask_for_all(office, approval="above", approval_above="100")
    robin = await office.intake.sign_in(ROBIN)
    need_id = await enter(office, robin, item="rent.dollars", quantity="90")
    more = {"line-1": "101", "needed_by": "2099-01-01"}
    answer = await change(office, robin, need_id, **more)
    assert (answer.status_code, "More than this takes an approval" in answer.text) == (422, True)
    assert (await change(office, robin, need_id, **{**more, "line-1": "99"})).status_code == 303
    assert await office.intake.events(need_id) == ["needs.opened", "needs.changed"]


async def test_a_restored_copy_asks_nobody_again_about_what_went_out(office: Office) -> None:
    await ask_for_all(office)
    need_id = await enter(office, await office.intake.sign_in(ROBIN))
    async with office.intake.desk.pool.acquire() as connection:
        await approvals.note_published(connection, [need_id])
        policy = await approvals.read_policy(connection, office.site_id)
        assert policy.rule is ApprovalRule.ALL
        assert await approvals.list_for(connection, await office.person_id(office.emails[Role.SUPERVISOR])) == []
        assert await connection.fetchval("SELECT status FROM needs WHERE need_id = $1", need_id) == "open"
