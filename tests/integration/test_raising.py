"""A need that a colleague raises by the site's link: sealed, completed or closed, and told of without the family."""

import asyncio
import re

import pytest

from services.intake import erasing
from services.intake.raising import close_forgotten
from services.intake.sealing import KeyRing, Seal
from services.intake.store.people import Role
from tests.integration.test_staff import Office, office

__all__ = ["office"]

WHAT, STUDENT = "A bed for two brothers", "S-471199"
RAISED = {
    "key": "a-key",
    "what": WHAT,
    "urgency": "today",
    "student": STUDENT,
    "name": "Tess Teacher",
    "email": "tess@school.example.org",
}
NEED = {
    "item": "bed.twin",
    "quantity": "2",
    "zip_code": "11201",
    "urgency": "today",
    "languages": "en",
    "consent": "spoken",
    "name": "Zephyrine",
    "family_language": "en",
    "notes": WHAT,
    "must_speak": "yes",
}


async def make_link(office: Office, role: Role = Role.SUPERVISOR, times: int = 1) -> str:
    page = f"/sites/{office.site_id}/link"
    seen = re.search(r'name="seen" value="([^"]*)"', (await office.ask(office.sessions[role], page)).text)
    assert seen
    sent = [office.ask(office.sessions[role], page, seen=seen[1]) for _ in range(times)]
    assert {answer.status_code for answer in await asyncio.gather(*sent)} == {303}
    text = (await office.ask(office.sessions[role], page)).text
    assert '<svg viewBox="' in text
    found = re.search(r"http\S+(/r/[\w-]+)", text)
    assert found
    return found[1]


async def raised_id(office: Office) -> str:
    async with office.intake.desk.pool.acquire() as connection:
        return str(await connection.fetchval("SELECT raised_id FROM raised_needs ORDER BY raised_at DESC LIMIT 1"))


async def everything_stored(office: Office) -> str:
    async with office.intake.desk.pool.acquire() as connection:
        tables = await connection.fetch("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
        rows = [
            await connection.fetchval(f'SELECT string_agg(one::text, chr(10)) FROM "{table["relname"]}" AS one')  # noqa: S608
            for table in tables
        ]
    return "\n".join(row for row in rows if row)


async def test_a_colleague_raises_a_need_and_sees_it_become_one_and_never_the_family(office: Office) -> None:
    link = await make_link(office)
    assert "A family at Lincoln needs something" in (await office.ask(None, link)).text
    sent = await office.ask(None, link, **RAISED)
    status = sent.headers["location"]
    assert "The coordinator has it." in (await office.ask(None, status)).text
    assert status in "".join(await office.letters_to(RAISED["email"]))
    told = "".join(await office.letters_to("robin@school.example.org"))
    assert ("Tess Teacher raised a need" in told, WHAT in told, STUDENT in told) == (True, False, False)
    stored = await everything_stored(office)
    assert ("Tess Teacher" in stored, WHAT in stored, STUDENT in stored) == (True, False, False)

    robin = await office.intake.sign_in("robin@school.example.org")
    assert "waiting for you: 1" in (await office.ask(robin, "/needs")).text
    assert "Raised by Tess Teacher" in (await office.ask(robin, "/raised-needs")).text
    shown = await office.ask(robin, f"/raised-needs/{await raised_id(office)}")
    assert (WHAT in shown.text, STUDENT in shown.text) == (True, True)
    form = await office.ask(robin, f"/needs/new?raised={await raised_id(office)}")
    assert (WHAT in form.text, STUDENT in form.text) == (True, True)
    done = await office.ask(robin, "/needs/new", **NEED, raised=await raised_id(office))
    assert done.headers["location"].startswith("/needs/"), done.text
    after = (await office.ask(None, status)).text
    assert "The coordinator has made it a need." in after
    assert not any(one in after for one in ("Zephyrine", WHAT, STUDENT, "bed", "11201"))
    assert "waiting for you" not in (await office.ask(robin, "/needs")).text
    again = await office.ask(robin, "/needs/new", **{**NEED, "key": "other"}, raised=await raised_id(office))
    assert (again.status_code, "Somebody has completed or closed this one" in again.text) == (422, True)


async def test_a_raised_need_is_closed_with_a_reason_that_the_colleague_reads(office: Office) -> None:
    status = (await office.ask(None, await make_link(office), **RAISED)).headers["location"]
    robin = await office.intake.sign_in("robin@school.example.org")
    page = f"/raised-needs/{await raised_id(office)}"
    assert (await office.ask(robin, f"{page}/close", reason="not_looked_at")).status_code == 422
    assert (await office.ask(robin, f"{page}/close", reason="known")).headers["location"] == "/raised-needs"
    assert "knew of it already" in (await office.ask(None, status)).text
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM raised_needs WHERE sealed IS NOT NULL") == 0


async def test_the_same_form_sent_twice_is_one_need_and_one_letter(office: Office) -> None:
    link = await make_link(office)
    first, second = await office.ask(None, link, **RAISED), await office.ask(None, link, **RAISED)
    assert first.headers["location"] == second.headers["location"]
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM raised_needs") == 1


async def test_a_new_link_makes_the_old_one_void(office: Office) -> None:
    old = await make_link(office)
    new = await make_link(office, Role.ADMINISTRATOR, times=6)
    assert (await office.ask(None, old)).status_code == 410
    assert (await office.ask(None, old, **RAISED)).status_code == 410
    assert (await office.ask(None, new)).status_code == 200
    people = (await office.ask(office.sessions[Role.SUPERVISOR], "/people")).text
    assert people.count("made a new link for Lincoln") == 2


async def test_another_sites_coordinator_neither_sees_nor_completes_it_nor_makes_the_link(office: Office) -> None:
    await office.ask(None, await make_link(office), **RAISED)
    theirs = await office.intake.add_coordinator("theirs@school.example.org", "Theirs")
    session = await office.intake.sign_in(theirs.email)
    for path in (f"/raised-needs/{await raised_id(office)}", f"/needs/new?raised={await raised_id(office)}"):
        assert (await office.ask(session, path)).status_code == 404
    await office.ask(session, f"/raised-needs/{await raised_id(office)}/close", reason="mistaken")
    assert (await office.ask(session, f"/sites/{office.site_id}/link")).status_code == 404
    assert (await office.ask(session, f"/sites/{office.site_id}/link", go="1")).status_code == 404
    assert (await office.ask(session, "/needs/new", **NEED, raised=await raised_id(office))).status_code == 422
    async with office.intake.desk.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM raised_needs WHERE ended_at IS NULL") == 1


async def test_too_many_from_one_place_are_turned_away_and_nothing_typed_is_lost(office: Office) -> None:
    link = await make_link(office)
    answers = [await office.ask(None, link, **{**RAISED, "key": f"k{count}"}) for count in range(21)]
    assert [one.status_code for one in answers] == [303] * 20 + [429]
    assert WHAT in answers[-1].text


async def test_what_is_wrong_is_said_beside_its_field(office: Office) -> None:
    answer = await office.ask(None, await make_link(office), **{**RAISED, "student": "", "email": "tess"})
    assert answer.status_code == 422
    assert ("how the coordinator finds the family" in answer.text, WHAT in answer.text) == (True, True)


@pytest.mark.parametrize("days", [29, 31])
async def test_what_nobody_looks_at_is_closed_after_a_month(office: Office, days: int) -> None:
    await office.ask(None, await make_link(office), **RAISED)
    async with office.intake.desk.pool.acquire() as connection:
        await connection.execute("UPDATE raised_needs SET raised_at = now() - $1 * interval '1 day'", days)
    assert await close_forgotten(office.intake.desk.pool) == (days > 30)


async def test_a_new_service_key_wraps_what_was_raised_too(office: Office) -> None:
    await office.ask(None, await make_link(office), **RAISED)
    seal = office.intake.desk.seal
    assert isinstance(seal.keeper, KeyRing)
    newer = Seal(KeyRing({"k2": b"2" * 32, **seal.keeper.keys}), seal.lookup_key)
    async with office.intake.desk.pool.acquire() as connection:
        assert await erasing.rewrap_keys(connection, newer) == 1
        row = await connection.fetchrow("SELECT raised_id, wrapped_key, sealed FROM raised_needs")
    assert row is not None
    alone = Seal(KeyRing({"k2": b"2" * 32}), seal.lookup_key)
    assert WHAT in await alone.open_text(row["wrapped_key"], row["sealed"], row["raised_id"])
