"""Each person's main journey, on a phone and on a desk: how many taps and fields it takes, and that it ends well.

A change that adds a tap or a field fails here. The pictures are in `.switchboard/screenshots/journeys`.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from schemas.outcomes import ConfirmationRequested, NeedFulfilled, NeedStuck
from schemas.vocabulary import StuckCause
from services.intake.pages.languages import Words
from services.intake.store.people import Role
from tests.browser.intake import RunningIntake, family_path, offer_of, offer_path
from tests.browser.school import School, fill_in_family, found_school, letter_link
from tests.browser.walking import WIDTHS, Note

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHEET = b"Agency,Services,Zip,Email\nCanary Pantry,Food,11215,ada@pantry.example.org\n,Food,11215,\n"


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def school(shared_intake: RunningIntake, chromium: Browser, width: int, record_property: Note) -> School:
    return await found_school(shared_intake, chromium, width, record_property)


async def test_a_coordinator_signs_in_enters_a_need_and_follows_the_board_to_a_call(school: School) -> None:
    intake = school.intake
    async with school.somebody() as robin:
        await robin.begin("coordinator: sign in", "/")
        await robin.write("Your email", school.email)
        await robin.tap("button", "Send me a link")
        await robin.see("a link is on its way")
        await robin.step("sent")
        await robin.page.goto(await intake.sign_in_link(school.email))
        await robin.tap("button", "Sign in")
        await robin.see(f"Needs of {school.name}")
        await robin.done(taps=2, fields=1)

        await robin.begin("coordinator: enter a need")
        await robin.tap("link", "Ask for help")
        await robin.write("What is needed?", "2 camas")
        await robin.tap("button", "twin beds")
        await expect(robin.page.locator("[name=quantity]")).to_have_value("2")
        await robin.write("What is needed?", "luz")
        await robin.tap("button", "toward utilities")
        await robin.write_into(robin.page.locator("[name=quantity]").nth(1), "150")
        await robin.write("ZIP code of the family", "11201")
        await robin.tap("checkbox", "Spanish")
        await robin.see("1 partner could help. First asked: Bed Bank")
        await robin.step("preview")
        await robin.tap("radio", "Yes, they told me")
        await robin.write("Name", "Maria Canary")
        await robin.tap("button", "Ask for help")
        await robin.see("2 twin beds")
        await robin.done(taps=6, fields=5)

        need_id, items = await intake.newest_need()
        assert [(item.code, item.quantity) for item in items] == [("bed.twin", 2), ("utilities.dollars", 150)]
        await intake.matcher_says(offer_of(need_id, items, school.bank))
        await intake.matcher_says(NeedStuck(need_id=need_id, cause=StuckCause.NOBODY_YET, open_items=items))
        await robin.begin("coordinator: call, and note a yes", "/needs")
        await robin.step("board")
        await robin.tap("link", "Call partners now")
        await expect(robin.page.get_by_role("link", name="(718) 555-0111")).to_be_visible()
        await robin.see("Hello Ada Volunteer, this is Robin Reyes")
        await robin.step("call list")
        await robin.tap("button", "They said yes")
        await robin.see("Whom to call")
        await expect(robin.page.get_by_role("button", name="They said yes", exact=True)).to_have_count(0)
        await robin.done(taps=2, fields=0)
        assert await intake.events(need_id) == ["needs.opened", "responses.accepted"]


async def test_a_teacher_raises_a_need_and_sees_what_became_of_it(school: School) -> None:
    async with school.somebody(school.email) as robin, school.somebody() as tess:
        await robin.page.goto(f"/sites/{school.site_id}/link")
        await robin.page.get_by_role("button", name="link").click()
        link = await robin.page.get_by_text(f"{school.intake.url}/r/").first.inner_text()

        await tess.begin("teacher: raise a need", link)
        await tess.write("What is needed?", "A bed for two brothers")
        await tess.write("Student number", "S-4711")
        await tess.write("Your name", "Tess Teacher")
        email = f"tess-{uuid4().hex[:6]}@school.example.org"
        await tess.write("Your work email", email)
        await tess.tap("button", "Tell the coordinator")
        await tess.see("The coordinator has it.")
        await tess.done(taps=1, fields=4)

        await robin.begin("coordinator: complete what a teacher raised", "/needs")
        await robin.tap("link", "Raised by colleagues and waiting for you: 1")
        await robin.tap("link", "Raised by Tess Teacher")
        await robin.step("raised")
        await robin.tap("link", "Make it a need")
        await robin.write("What is needed?", "cama")
        await robin.tap("button", "twin beds")
        await robin.write("ZIP code of the family", "11201")
        await robin.tap("checkbox", "Spanish")
        await robin.tap("radio", "Yes, they told me")
        await robin.write("Name", "Maria Canary")
        await robin.tap("button", "Ask for help")
        await expect(robin.page.get_by_role("heading", name="What is needed")).to_be_visible()
        await robin.done(taps=7, fields=3)

        await tess.begin("teacher: see its state", await letter_link(school.intake, email, "/raised/"))
        await tess.see("The coordinator has made it a need.")
        assert "Canary" not in await tess.page.content()
        await tess.done(taps=0, fields=0)


async def test_a_volunteer_takes_a_part_and_brings_it_and_the_family_says_that_it_arrived(school: School) -> None:
    made = await school.offered()
    intake, day = school.intake, (datetime.now(UTC) + timedelta(days=3)).date()
    async with school.somebody() as ada, school.somebody() as family:
        await ada.begin("volunteer: take a part, plan it, bring it", offer_path(made, school.bank.contacts[0]))
        await ada.step("offer")
        await ada.write("2 twin beds", "1")
        await ada.tap("button", "We can take this")
        await school.awarded(ada, made)
        await ada.step("awarded")
        assert "Canary" not in await ada.page.content()
        await ada.tap("button", "I have spoken with the coordinator")
        await ada.write("Day", day.isoformat())
        await ada.tap("radio", "in the afternoon")
        await ada.tap("button", "It is on that day")
        await ada.see(f"You have planned it for {Words('en').day(day)}, in the afternoon.")
        await ada.step("planned")
        await ada.tap("button", "It is done")
        await ada.see("You said that it is done.")
        await ada.done(taps=5, fields=2)

        await intake.matcher_says(ConfirmationRequested(need_id=made.need_id, delivered=made.terms.items, attempt=1))
        await family.begin("family: say that it arrived", f"{family_path(made.need_id)}?language=es")
        await family.step("asked")
        await family.tap("button", "Sí, llegó")
        await family.see("Nos alegra.")
        await family.done(taps=1, fields=0)
    assert await intake.events(made.need_id) == [
        "needs.opened",
        *(f"responses.{what}" for what in ("accepted", "contacted", "scheduled", "completed", "family_confirmed")),
    ]


async def test_a_volunteer_cannot_reach_the_family_and_hands_it_back(school: School) -> None:
    made = await school.offered()
    async with school.somebody() as ada:
        await ada.page.goto(offer_path(made, school.bank.contacts[0]))
        await ada.page.get_by_role("button", name="We can take this").click()
        await school.awarded(ada, made)
        await ada.begin("volunteer: cannot reach them")
        await ada.tap_on(ada.page.get_by_text("I cannot reach the family"))
        await ada.tap("button", "I tried and could not reach them")
        await expect(ada.page.get_by_text("Tries so far: 1")).to_be_attached()
        await ada.done(taps=2, fields=0)
        await ada.begin("volunteer: hand it back")
        await ada.tap_on(ada.page.get_by_text("We have to hand it back"))
        await ada.tap("button", "Hand it back")
        await ada.see("It is not with you any more.")
        await ada.done(taps=2, fields=0)
    assert (await school.intake.events(made.need_id))[-2:] == ["responses.not_reached", "responses.released"]


async def test_a_partner_signs_in_says_yes_and_takes_a_break(school: School) -> None:
    made, email = await school.offered(), school.bank.contacts[0].email
    assert email is not None
    async with school.somebody() as ada:
        await ada.begin("partner: sign in, and say yes", "/")
        await ada.write("Your email", email)
        await ada.tap("button", "Send me a link")
        await ada.see("a link is on its way")
        await ada.page.goto(await school.intake.sign_in_link(email))
        await ada.tap("button", "Sign in")
        await ada.step("home")
        await ada.tap("link", "Look and answer")
        await ada.tap("button", "We can take this")
        await school.awarded(ada, made)
        await ada.done(taps=4, fields=1)

        await ada.begin("partner: take a break", "/our")
        await ada.see("You have promised")
        await ada.tap("link", "What we do")
        await ada.write("Ask us again from", (datetime.now(UTC) + timedelta(days=14)).date().isoformat())
        await ada.tap("button", "Pause until then")
        await ada.see("You are on pause until")
        await ada.done(taps=2, fields=1)
    assert await school.intake.events(made.need_id) == ["needs.opened", "responses.accepted"]


async def test_a_supervisor_approves_from_the_email(school: School) -> None:
    email = await school.add_person(Role.SUPERVISOR)
    async with school.intake.desk.pool.acquire() as connection:
        await connection.execute("UPDATE sites SET approval = 'all' WHERE site_id = $1", school.site_id)
    async with school.somebody(school.email) as robin, school.somebody() as sam:
        need_id, _ = await school.enter(robin)
        await robin.see("Waits for approval")
        assert await school.intake.events(need_id) == []
        await sam.begin("supervisor: approve from the email", await letter_link(school.intake, email, "/approve/"))
        await sam.step("asked")
        await sam.tap("button", "Approve: it may go out")
        await sam.see("approved it")
        await sam.done(taps=1, fields=0)
    assert await school.intake.events(need_id) == ["needs.opened"]


async def test_an_organization_asks_to_join_and_an_administrator_accepts_it(school: School) -> None:
    name = f"Canary Row Furniture {uuid4().hex[:6]}"
    administrator = await school.add_person(Role.ADMINISTRATOR)
    async with school.somebody() as organization, school.somebody(administrator) as nell:
        await organization.begin("organization: ask to join", "/join")
        await organization.write("Name of your organization", name)
        await organization.tap("radio", "nonprofit")
        await organization.tap("checkbox", "Beds")
        await organization.write("ZIP code where you are", "11215")
        await organization.write("Name of a person", "Ada Volunteer")
        await organization.write("Email", "ada@furniture.example.org")
        await organization.tap("button", "Ask to join")
        await organization.see("Somebody looks at it and writes to you.")
        await organization.done(taps=3, fields=4)

        await nell.begin("administrator: vet who asks to join", "/people")
        await nell.tap("link", "Applications")
        await nell.tap("link", name)
        await nell.step("application")
        await nell.tap("button", "Accept as a partner")
        await expect(nell.page.get_by_role("link", name=name)).to_have_count(0)
        await nell.done(taps=3, fields=0)
    async with school.intake.desk.pool.acquire() as connection:
        known = "SELECT count(*) FROM partners WHERE record->>'name' = $1"
        assert await connection.fetchval(known, name) == 1


async def test_an_administrator_takes_a_spreadsheet_in_after_a_look(school: School, tmp_path: Path) -> None:
    sheet = tmp_path / "pantries of the county.csv"
    sheet.write_bytes(SHEET)
    async with school.somebody(await school.add_person(Role.ADMINISTRATOR)) as nell:
        await nell.begin("administrator: import a spreadsheet", "/people")
        await nell.tap("link", "Import")
        nell.taps += 1
        await nell.page.get_by_label("File").set_input_files(sheet)
        await nell.tap("checkbox", "These partners agreed to be asked")
        await nell.tap("button", "Look at it first")
        await nell.see("Partners: 1. Services: 1.")
        await nell.step("preview")
        await nell.tap("button", "Take them in: 1")
        await nell.see("Taken in: 1 partners.")
        await nell.done(taps=5, fields=0)


async def test_a_need_is_entered_and_taken_by_the_keyboard_alone(school: School) -> None:
    async with school.somebody(school.email) as robin, school.somebody() as ada:
        page = robin.page
        await robin.begin("coordinator: enter a need, by keyboard", "/needs")
        await robin.tab_to(page.get_by_role("link", name="Ask for help"))
        await robin.press("Enter")
        await robin.see("What does the family need?")
        await robin.tab_to(page.get_by_label("What is needed?"))
        await robin.type("3 literas")
        await robin.press("Enter")
        await expect(page.get_by_label("Thing 1")).to_be_focused()
        await robin.tab_to(page.get_by_label("ZIP code"))
        await robin.type("11201")
        await robin.tab_to(page.get_by_label("Spanish"))
        await robin.press("Space")
        await robin.tab_to(page.get_by_label("Yes, they told me"))
        await robin.press("Space")
        await robin.tab_to(page.get_by_label("Name", exact=True))
        await robin.type("Maria Canary")
        await robin.press("Enter")
        await robin.see("3 bunk beds")
        await robin.done(taps=0, fields=3, strokes=80)

        need_id, items = await school.intake.newest_need()
        made = offer_of(need_id, items, school.bank)
        await school.intake.matcher_says(made)
        await ada.begin("volunteer: take it, by keyboard", offer_path(made, school.bank.contacts[0]))
        await ada.tab_to(ada.page.get_by_role("button", name="We can take this"))
        await ada.press("Enter")
        await school.awarded(ada, made)
        for button, then in (
            ("I have spoken with the coordinator", "You have spoken with the coordinator."),
            ("It is done", "You said that it is done."),
        ):
            await ada.tab_to(ada.page.get_by_role("button", name=button))
            await ada.press("Enter")
            await ada.see(then)
        await ada.done(taps=0, fields=0, strokes=40)


@pytest.mark.parametrize("width", WIDTHS[:1], indirect=True)
async def test_all_of_it_works_without_javascript(school: School) -> None:
    intake, bank = school.intake, school.bank
    async with (
        school.somebody(school.email, scripts=False) as robin,
        school.somebody(scripts=False) as ada,
        school.somebody(scripts=False) as family,
    ):
        page = robin.page
        await page.goto("/needs/new")
        await page.get_by_label("What is needed?").fill("3 literas")
        await page.get_by_label("What is needed?").press("Enter")
        await expect(page.get_by_label("Thing 1")).to_have_value("bed.bunk")
        await page.get_by_role("button", name="Add one more thing").click()
        await page.get_by_label("Thing 2").select_option("bed.bedding")
        await fill_in_family(page)
        await page.get_by_role("button", name="Who could help?").click()
        await robin.see("1 partner could help. First asked: Bed Bank")
        await page.get_by_role("button", name="Ask for help").last.click()
        await robin.see("3 bunk beds")
        need_id, items = await intake.newest_need()
        made = offer_of(need_id, items, bank)
        await intake.matcher_says(made)

        await ada.page.goto(offer_path(made, bank.contacts[0]))
        await ada.page.get_by_label("3 bunk beds").fill("1")
        await ada.page.get_by_role("button", name="We can take this").click()
        # The page looks again by itself.
        await school.awarded(ada, made)
        await ada.page.get_by_role("button", name="I have spoken with the coordinator").click()
        await ada.page.get_by_role("button", name="It is done").click()
        await ada.see("You said that it is done.")
        await intake.matcher_says(ConfirmationRequested(need_id=need_id, delivered=items, attempt=1))
        await family.page.goto(family_path(need_id))
        await family.page.get_by_role("button", name="Yes, it arrived").click()
        await page.reload()
        await robin.see("One moment, we are passing it on.")
        await intake.matcher_says(NeedFulfilled(need_id=need_id, met=items))
        await page.reload()
        await robin.see("All of it arrived.")

        need_id, items = await school.enter(robin)
        await intake.matcher_says(offer_of(need_id, items, bank))
        await intake.matcher_says(NeedStuck(need_id=need_id, cause=StuckCause.NOBODY_YET, open_items=items))
        await page.goto("/needs")
        await page.get_by_role("link", name="Call partners now").click()
        await page.get_by_role("button", name="They said yes").first.click()
        await expect(page.get_by_role("button", name="They said yes", exact=True)).to_have_count(0)
    assert await intake.events(need_id) == ["needs.opened", "responses.accepted"]
