"""An organization asks to join: nothing is asked of it before an administrator has accepted it."""

from collections.abc import Sequence

import httpx

from services.intake.store.people import Role
from tests.integration.cases import FORM_MARK
from tests.integration.test_staff import MARK, Office, office

__all__ = ["office"]

SAYS = {
    "key": "a-key",
    "name": "Canary Row Beds",
    "kind": "nonprofit",
    "categories": ["beds", "furniture"],
    "zip_code": "11215",
    "miles": "5",
    "languages": ["en", "es"],
    "about": "Twin beds, new mattresses.",
    "contact_name": "Ada Volunteer",
    "email": "ada@beds.example.org",
    "phone": "718 555 0177",
    "language": "es",
    "website": "",
}


async def join(office: Office, **changes: str | Sequence[str]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=office.intake.url, cookies={FORM_MARK: MARK}, timeout=30) as client:
        return await client.post("/join", data={FORM_MARK: MARK, **SAYS, **changes})


async def application_id(office: Office) -> str:
    async with office.intake.desk.pool.acquire() as connection:
        return str(await connection.fetchval("SELECT application_id FROM applications"))


async def counted(office: Office) -> tuple[int, int]:
    """Applications and partners."""
    async with office.intake.desk.pool.acquire() as connection:
        return (
            await connection.fetchval("SELECT count(*) FROM applications"),
            await connection.fetchval("SELECT coalesce(sum(version), 0) FROM partners"),
        )


async def test_an_organization_waits_and_becomes_a_partner_when_it_is_accepted(office: Office) -> None:
    office.intake.mailbox.texts.clear()
    assert (await join(office)).headers["location"] == "/join/sent"
    assert (await join(office)).headers["location"] == "/join/sent"
    assert await counted(office) == (1, 0)
    page = f"/applications/{await application_id(office)}"
    assert page in "".join(await office.letters_to(office.emails[Role.ADMINISTRATOR]))
    administrator = office.sessions[Role.ADMINISTRATOR]
    shown = (await office.ask(administrator, page)).text
    assert all(one in shown for one in ("Canary Row Beds", "Twin beds, new mattresses.", "Within 5 mi of 11215"))
    for _ in range(2):
        assert (await office.ask(administrator, f"{page}/accept", go="1")).status_code == 303
    assert await counted(office) == (1, 1)
    assert "ya ayuda a las escuelas" in "".join(await office.letters_to("ada@beds.example.org"))
    assert "accepted Canary Row Beds as a partner." in (await office.ask(administrator, "/people")).text
    async with office.intake.desk.pool.acquire() as connection:
        record = await connection.fetchval("SELECT record FROM partners")
    assert (record["status"], record["contacts"][0]["phone"]) == ("active", "+17185550177")


async def test_a_refused_one_is_told_kindly_and_becomes_nothing(office: Office) -> None:
    await join(office)
    administrator = office.sessions[Role.ADMINISTRATOR]
    page = f"/applications/{await application_id(office)}"
    assert (await office.ask(administrator, f"{page}/refuse", reason=" ")).status_code == 422
    assert (await office.ask(administrator, f"{page}/refuse", reason="Not known at that address")).status_code == 303
    assert (await office.ask(administrator, f"{page}/accept", go="1")).status_code == 303
    assert await counted(office) == (1, 0)
    letter = "".join(await office.letters_to("ada@beds.example.org"))
    assert ("no puede unirse" in letter, "Not known" in letter) == (True, False)


async def test_what_fills_in_what_nobody_sees_is_thanked_and_forgotten(office: Office) -> None:
    assert (await join(office, website="http://spam.example.org")).headers["location"] == "/join/sent"
    assert await counted(office) == (0, 0)


async def test_too_many_from_one_place_are_turned_away(office: Office) -> None:
    answers = [await join(office, key=f"k{count}") for count in range(6)]
    assert [one.status_code for one in answers] == [303] * 5 + [429]
    assert "Twin beds, new mattresses." in answers[-1].text


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(office: Office) -> None:
    answer = await join(office, zip_code="00000", categories=[], email="ada", miles="many")
    assert answer.status_code == 422
    said = ("Choose at least one.", "5 digits", "like name@example.org", "from 0 to 100", 'value="Ada Volunteer"')
    assert all(one in answer.text for one in said)
    assert await counted(office) == (0, 0)
