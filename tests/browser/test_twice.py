"""Done by two people at once, sent twice, gone back to, or sent after the session has ended: nothing is lost."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from services.intake.pages.cookies import Cookie
from services.intake.store.people import Role
from tests.browser.intake import RunningIntake, award_of, offer_path
from tests.browser.school import School, fill_in, found_school, letter_link
from tests.browser.walking import Note, Walker

pytestmark = pytest.mark.asyncio(loop_scope="session")
Fill = Callable[[Page], Awaitable[None]]
SHEET = b"Agency,Services,Zip,Email\nTwice Pantry,Food,11215,ada@pantry.example.org\n"


@pytest_asyncio.fixture(loop_scope="session")
async def school(shared_intake: RunningIntake, chromium: Browser, record_property: Note) -> School:
    return await found_school(shared_intake, chromium, 390, record_property)


async def count(school: School, what: str, *values: object) -> int:
    async with school.intake.desk.pool.acquire() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM " + what, *values))  # noqa: S608 - of this file


async def open_change(page: Page, need_id: UUID) -> None:
    await page.goto(f"/needs/{need_id}")
    await page.get_by_text("Change quantities or the day").click()


async def test_who_changes_a_need_later_is_told_and_keeps_what_they_typed(school: School) -> None:
    robin_two = await school.add_person(Role.COORDINATOR)
    async with school.somebody(school.email) as first, school.somebody(robin_two) as second:
        need_id, _ = await school.enter(first)
        quantity, go = "twin beds", "Change it"
        for one in (first, second):
            await open_change(one.page, need_id)
        await first.page.get_by_label(quantity).fill("3")
        await second.page.get_by_label(quantity).fill("4")
        await first.page.get_by_role("button", name=go).click()
        await first.see("3 twin beds")
        # The page shows what is new; the form is left to whoever writes in it.
        await second.see("3 twin beds")
        await second.page.get_by_role("button", name=go).click()
        await second.see("Somebody changed this while you looked")
        await expect(second.page.get_by_label(quantity)).to_have_value("4")
        await second.page.get_by_role("button", name=go).click()
        await second.see("4 twin beds")

        await open_change(first.page, need_id)
        await first.page.get_by_label(quantity).fill("5")
        await second.page.goto(f"/needs/{need_id}/cancel")
        await second.page.get_by_label("It is not needed any more").check()
        await second.page.get_by_role("button", name="Cancel the need").click()
        await second.see("Cancelled")
        # There is nothing to change any more, and the page says so by itself.
        await first.see("Cancelled")
        await expect(first.page.get_by_role("button", name=go)).to_have_count(0)
    assert await school.intake.events(need_id) == ["needs.opened", *["needs.changed"] * 2, "needs.cancelled"]


async def test_a_number_that_is_none_is_still_there_to_be_mended(school: School) -> None:
    async with school.somebody(school.email) as robin, school.somebody() as ada:
        need_id, _ = await school.enter(robin)
        await open_change(robin.page, need_id)
        await robin.page.get_by_label("twin beds").fill("four")
        await robin.page.get_by_role("button", name="Change it").click()
        await robin.see("Write numbers")
        await expect(robin.page.get_by_label("twin beds")).to_have_value("four")
        made = await school.offer(need_id)
        await ada.page.goto(offer_path(made, school.bank.contacts[0]))
        await ada.page.get_by_label("2 twin beds").fill("one")
        await ada.page.get_by_role("button", name="We can take this").click()
        await ada.see("Write a number")
        await expect(ada.page.get_by_label("2 twin beds")).to_have_value("one")


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_need_sent_twice_or_gone_back_to_is_one_need(school: School, *, scripts: bool) -> None:
    needs = "needs WHERE site_id = $1", school.site_id
    async with school.somebody(school.email, scripts=scripts) as robin:
        page = robin.page
        await page.goto("/needs")
        await page.get_by_role("link", name="Ask for help").click()
        await fill_in(page)
        await page.get_by_role("button", name="Ask for help").last.dblclick()
        await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
        assert await count(school, *needs) == 1
        await page.go_back()
        await expect(page.get_by_role("heading", name="What does the family need?")).to_be_visible()
        await page.go_forward()
        await expect(page.get_by_role("heading", name="What is needed")).to_be_visible()
        assert await count(school, *needs) == 1


async def press(walker: Walker, name: str, then: str) -> None:
    """Twice, as quickly as can be."""
    await walker.page.get_by_role("button", name=name).first.dblclick()
    await walker.see(then)


async def test_a_button_of_a_link_pressed_twice_does_it_once(school: School) -> None:
    supervisor = await school.add_person(Role.SUPERVISOR)
    made = await school.offered()
    async with school.somebody() as ada:
        await ada.page.goto(offer_path(made, school.bank.contacts[0]))
        await press(ada, "We can take this", "Got it, one moment")
        await school.intake.matcher_says(award_of(made))
        await ada.see("It is yours. Thank you!")
        await press(ada, "I have spoken with the coordinator", "You have spoken with the coordinator.")
        await press(ada, "It is done", "You said that it is done.")
    answered = ["responses.accepted", "responses.contacted", "responses.completed"]
    assert await school.intake.events(made.need_id) == ["needs.opened", *answered]

    async with school.somebody(school.email) as robin, school.somebody() as tess:
        await robin.page.goto(f"/sites/{school.site_id}/link")
        await robin.page.get_by_role("button", name="Make the link").click()
        link = await robin.page.get_by_text(f"{school.intake.url}/r/").first.inner_text()
        await tess.page.goto(link)
        for label, text in (("What is needed?", "A bed"), ("Student number", "S-1"), ("Your name", "Tess Teacher")):
            await tess.page.get_by_label(label).fill(text)
        await tess.page.get_by_label("Your work email").fill("tess@school.example.org")
        await press(tess, "Tell the coordinator", "The coordinator has it.")
        assert await count(school, "raised_needs WHERE site_id = $1", school.site_id) == 1

        await tess.page.goto("/join")
        await tess.page.get_by_label("Name of your organization").fill("Twice Furniture")
        await tess.page.get_by_label("A nonprofit").check()
        await tess.page.get_by_role("checkbox", name="Beds").check()
        await tess.page.get_by_label("ZIP code where you are").fill("11215")
        await tess.page.get_by_label("Name of a person").fill("Ada Volunteer")
        await tess.page.get_by_label("Email", exact=True).fill("ada@furniture.example.org")
        await press(tess, "Ask to join", "Somebody looks at it")
        assert await count(school, "applications WHERE entered->>'name' = 'Twice Furniture'") == 1

        async with school.intake.desk.pool.acquire() as connection:
            await connection.execute("UPDATE sites SET approval = 'all' WHERE site_id = $1", school.site_id)
        need_id, _ = await school.enter(robin)
        await tess.page.goto(await letter_link(school.intake, supervisor, "/approve/"))
        await press(tess, "Approve: it may go out", "approved it")
        assert await school.intake.events(need_id) == ["needs.opened"]


async def test_a_button_of_the_office_pressed_twice_does_it_once(school: School, tmp_path: Path) -> None:
    sheet = tmp_path / "twice.csv"
    sheet.write_bytes(SHEET)
    email = await school.add_person(Role.ADMINISTRATOR)
    async with school.somebody(email) as nell:
        await nell.page.goto("/people/new")
        await nell.page.get_by_label("Name", exact=True).fill("Kim Twice")
        await nell.page.get_by_label("Work email").fill(f"kim-{school.site_id}@school.example.org")
        await press(nell, "Save", "Kim Twice")
        await nell.page.goto("/sites/new")
        await nell.page.get_by_label("Name of the site").fill("Twice High School")
        await nell.page.get_by_label("ZIP code of the site").fill("11201")
        await press(nell, "Save", "Twice High School")
        assert await count(school, "sites WHERE name = 'Twice High School'") == 1
        await nell.page.goto("/imports")
        await nell.page.get_by_label("File").set_input_files(sheet)
        await press(nell, "Look at it first", "Partners: 1. Services: 1.")
        await press(nell, "Take them in: 1", "Take partners in from a file")
        done = "administration JOIN people ON by_id = person_id WHERE email = $1"
        assert await count(school, done, email) == len(("person added", "site added", "partners imported"))


async def sign_out(walker: Walker) -> None:
    """What happens after a week, while a form is open."""
    await walker.page.context.clear_cookies(name=Cookie.SESSION)


async def sign_in_again(walker: Walker, school: School, email: str) -> None:
    """Beside the page, which stays as it is."""
    await expect(walker.page.get_by_role("heading", name="You were signed out")).to_be_visible()
    session = await school.intake.sign_in(email)
    await walker.page.context.add_cookies([{"name": Cookie.SESSION, "value": session, "url": school.intake.url}])


async def test_a_session_that_ends_loses_nothing_of_any_form(school: School, tmp_path: Path) -> None:
    administrator = await school.add_person(Role.ADMINISTRATOR)
    sheet = tmp_path / "expired.csv"
    sheet.write_bytes(SHEET.replace(b"Twice", b"Late"))
    async with school.somebody(school.email) as robin, school.somebody(administrator) as nell:
        need_id, _ = await school.enter(robin)
        await open_change(robin.page, need_id)
        await robin.page.get_by_label("twin beds").fill("7")
        await sign_out(robin)
        await robin.page.get_by_role("button", name="Change it").click()
        await sign_in_again(robin, school, school.email)
        await robin.page.get_by_role("button", name="Send what I wrote").click()
        await robin.see("7 twin beds")

        await nell.page.goto("/people/new")
        await nell.page.get_by_label("Name", exact=True).fill("Kim Late")
        await nell.page.get_by_label("Work email").fill(f"late-{school.site_id}@school.example.org")
        await sign_out(nell)
        await nell.page.get_by_role("button", name="Save").click()
        await sign_in_again(nell, school, administrator)
        await nell.page.get_by_role("button", name="Send what I wrote").click()
        await nell.see("Kim Late")

        await nell.page.goto("/imports")
        await nell.page.get_by_label("File").set_input_files(sheet)
        await nell.page.get_by_label("These partners agreed to be asked").check()
        await sign_out(nell)
        await nell.page.get_by_role("button", name="Look at it first").click()
        await sign_in_again(nell, school, administrator)
        await nell.page.get_by_label("Choose the file once more: expired.csv").set_input_files(sheet)
        await nell.page.get_by_role("button", name="Send what I wrote").click()
        await expect(nell.page).to_have_url(re.compile("/imports/"))
        await nell.see("Partners that are new will be active")
