"""Where a walk through all pages stops: at each page that intake has, and at what some of them can show besides."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from fastapi.routing import APIRoute
from playwright.async_api import Page

from schemas.links import ApprovalLink, FamilyLink, OfferLink
from services.intake.doors import Door, guarded_routes
from services.intake.pages.cookies import Cookie
from services.intake.pages.page_route import PageRoute
from tests.browser.intake import KEYS
from tests.browser.town import Town
from tests.integration.test_doors import BEHIND_A_SESSION, LETS_IN

LEAD_ELSEWHERE = {"/", "/c/{token}/stop", "/our/offers/{offer_id}"}
NO_PAGES = ("/live", ".csv")


@dataclass(frozen=True)
class Stop:
    """One thing to look at. `who` names a session; `act` is done before looking."""

    name: str
    path: str
    who: str | None = None
    status: int = 200
    act: Callable[[Page], Awaitable[None]] | None = None
    cookies: tuple[tuple[Cookie, str], ...] = ()


def page_routes(town: Town) -> list[tuple[APIRoute, Door]]:
    """Every route that shows a page."""
    return [
        (route, door)
        for route, door in guarded_routes(town.case.intake.app)
        if isinstance(route, PageRoute)
        and "GET" in (route.methods or ())
        and route.path not in LEAD_ELSEWHERE
        and not route.path.endswith(NO_PAGES)
    ]


async def stops(town: Town) -> AsyncIterator[Stop]:
    """One for each page, as a new page gets it by itself; then the other faces of some.

    What opens a page for a quarter of an hour is made when it is its turn, however long the walk takes.
    """
    ids = await _better_than_the_house(town)
    for route, door in page_routes(town):
        path = await _sign_in(town) if route.path == "/sign-in/{token}" else ids.get(route.path)
        yield _stop_at(town, route, door, path)
    opening = ((Cookie.OPENING, await town.open_family()),)
    yield Stop("offer-family-known", f"{town.case.path}/family", cookies=opening)
    for stop in (*_faces_of_offers(town), *_faces_of_needs(town), *_other_faces(town), *_mistakes(town)):
        yield stop


async def _sign_in(town: Town) -> str:
    link = await town.case.intake.new_sign_in_link("theirs@school.example.org")
    return link.removeprefix(town.case.intake.url)


def _stop_at(town: Town, route: APIRoute, door: Door, path: str | None) -> Stop:
    who = LETS_IN.get(door, "ours") if door in BEHIND_A_SESSION else None
    name = route.path.strip("/").replace("/", "-").replace("{", "").replace("}", "")
    stop = Stop(name, path or town.house.path_of(route, town.house.token(door)), who)
    return replace(stop, who="supervisor") if route.path == "/approvals/{need_id}" else stop


async def _better_than_the_house(town: Town) -> dict[str, str]:
    """By route: the address of what shows more than what the house has."""
    case, needs = town.case, town.needs
    supervisor = await case.intake.desk.pool.fetchval(
        "SELECT person_id FROM people WHERE role = 'supervisor' AND site_id = $1", town.house.site_id
    )
    approval = ApprovalLink(needs["approval"], supervisor, datetime.now(UTC) + timedelta(days=1))
    return {
        "/approvals/{need_id}": f"/approvals/{needs['approval']}",
        "/approve/{token}": f"/approve/{KEYS.sign(approval)}",
        "/imports/{import_id}": f"/imports/{town.import_id}",
        "/needs/{need_id}/calls": f"/needs/{needs['tonight']}/calls",
        "/needs/{need_id}/matching": f"/needs/{needs['asking']}/matching",
        "/f/{token}": _family(town, "confirming"),
    }


def _faces_of_offers(town: Town) -> list[Stop]:
    return [Stop(f"offer-{state}", town.path_to(made)) for state, made in town.offers.items()]


def _faces_of_needs(town: Town) -> list[Stop]:
    return [Stop(f"need-{state}", f"/needs/{need_id}", "ours") for state, need_id in town.needs.items()]


def _other_faces(town: Town) -> list[Stop]:
    house, needs = town.house, town.needs
    partner = town.case.partner.partner_id
    return [
        Stop("board-ended", "/needs?ended=yes", "ours"),
        Stop("board-empty", "/needs", "theirs"),
        Stop("new-need-of-raised", f"/needs/new?raised={house.raised_id}", "ours"),
        Stop("new-need-of-partner", f"/needs/new?first={partner}", "ours"),
        Stop("calls-ended", f"/needs/{needs['fulfilled']}/calls", "ours"),
        Stop("calls-nobody", f"/needs/{needs['nobody']}/calls", "ours"),
        Stop("matching-nobody", f"/needs/{needs['nobody']}/matching", "ours"),
        Stop("gaps-by-rule", "/gaps?by=rule&from=2026-01&to=2026-06", "ours"),
        Stop("gaps-empty", "/gaps", "theirs"),
        Stop("gaps-of-all", "/gaps", "officer"),
        Stop("directory-filtered", "/partners?q=bed&near=11201", "ours"),
        Stop("directory-empty", "/partners?q=nothing+of+the+kind", "ours"),
        Stop("directory-whole", "/partners?print=yes", "ours"),
        Stop("raised-empty", "/raised-needs", "theirs"),
        Stop("undelivered-empty", "/undelivered", "theirs"),
        Stop("approvals-of-supervisor", "/approvals", "supervisor"),
        Stop("people-of-administrator", "/people", "administrator"),
        Stop("person-of-administrator", f"/people/{house.person_id}", "administrator"),
        Stop("sites-of-administrator", "/sites", "administrator"),
        Stop("site-of-administrator", f"/sites/{house.site_id}", "administrator"),
        Stop("family-visited", f"/f/{house.token(Door.FAMILY_LINK)}"),
        Stop("family-closed", _family(town, "fulfilled")),
        Stop("contact-saved", f"/c/{house.token(Door.CONTACT_LINK)}?saved=yes"),
        Stop("our-empty", "/our", "other partner"),
        Stop("our-services-empty", "/our/services", "other partner"),
    ]


def _mistakes(town: Town) -> list[Stop]:
    """What people meet when something is wrong."""
    house, past = town.house, datetime.now(UTC) - timedelta(days=1)
    old = replace(house.links[Door.OFFER_LINK], expires=past)
    unheard = OfferLink(uuid4(), uuid4(), town.case.contact.contact_id, past + timedelta(days=2))
    raise_path = f"/r/{house.token(Door.SITE_LINK)}"
    return [
        Stop("gone-missing", "/o/nothing", status=404),
        Stop("gone-nowhere", "/nowhere", status=404),
        Stop("gone-expired", f"/o/{KEYS.sign(old)}", status=410),
        Stop("gone-not-yet", f"/o/{KEYS.sign(unheard)}", status=202, act=stay),
        Stop("gone-stale", "/sign-in", act=forget_and_send),
        Stop("gone-sign-in", "/sign-in/nothing", status=410),
        Stop("signed-out", "/needs/new", "ours", act=sign_out_and_send),
        Stop("wrong-sign-in", "/sign-in", act=send_it),
        Stop("wrong-new-need", "/needs/new", "ours", act=send_it),
        Stop("wrong-raise", raise_path, act=send_it),
        Stop("wrong-join", "/join", act=send_it),
        Stop("wrong-person", "/people/new", "administrator", act=send_it),
        Stop("wrong-site", "/sites/new", "administrator", act=send_it),
        Stop("wrong-import", "/imports", "administrator", act=send_it),
        Stop("wrong-our-contact", "/our/contacts/new", "partner", act=send_it),
        Stop("wrong-consent", f"/needs/{town.needs['asking']}/consent", "ours", act=send_it),
    ]


def _family(town: Town, state: str) -> str:
    return f"/f/{KEYS.sign(FamilyLink(town.needs[state], datetime.now(UTC) + timedelta(days=1)))}"


async def stay(page: Page) -> None:
    """Keeps a page that looks again each second as it is."""
    await page.evaluate("stop()")


async def send_it(page: Page) -> None:
    """Sends the page's form as it is, which is not enough."""
    await page.locator("main form").last.evaluate("form => form.requestSubmit()")
    await page.locator(".problem, [role=alert]").first.wait_for()


async def forget_and_send(page: Page) -> None:
    """Sends a form whose mark is not known any more."""
    await page.context.clear_cookies(name=Cookie.FORM_MARK)
    async with page.expect_navigation():
        await page.locator("main form").last.evaluate("form => form.requestSubmit()")


async def sign_out_and_send(page: Page) -> None:
    """Sends a form of somebody whose session has ended meanwhile."""
    await page.context.clear_cookies(name=Cookie.SESSION)
    await page.locator("main form").last.evaluate("form => form.requestSubmit()")
    await page.locator("ol.steps").wait_for()
