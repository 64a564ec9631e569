"""Every route, as everybody: who is let in, who is not, and that who is not changes nothing and learns nothing."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute

from schemas.links import (
    AddressLink,
    ApprovalLink,
    ContactLink,
    FamilyLink,
    Link,
    LinkKeys,
    OfferLink,
    RaisedLink,
    SiteLink,
)
from schemas.partners import Contact, NationArea, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import Channel, PartnerKind, Urgency
from services.intake import applying, contacts, needs, partners, signing_in
from services.intake.api.callers import Calling, Scope, hash_key
from services.intake.applying import EnteredApplication
from services.intake.contacts import Wishes
from services.intake.domain.need import EnteredNeed
from services.intake.doors import Door, NoDoor, door_of, guarded_routes
from services.intake.needs import Entry
from services.intake.pages.cookies import Cookie
from services.intake.pages.routes import add_pages
from services.intake.raising import EnteredRaised, raise_need
from services.intake.store import approvals, imports, keys, raised
from services.intake.store.imports import Upload
from services.intake.store.keys import Coordinator, KeyRow
from services.intake.store.people import Role
from tests.browser.intake import KEYS, SECRET
from tests.integration.cases import FORM_MARK, SIGNED, Case, knows
from tests.system import need_body
from tests.waiting import eventually

MARK = "a-mark-of-this-browser"
NOBODY = uuid4()
SERVICE = Service(service_id=uuid4(), categories=(Category.BEDS,), area=NationArea())
_LAST = ("cancel", "withdraw-consent", "take-back", "completed", "release", "sign-out")
"""What these do cannot be undone: they are tried after all others."""
_BY_MAIL_PROGRAMS = "/c/{token}/stop"
"""A mail program has no page of ours, and no cookie (RFC 8058)."""


LETS_IN = {
    Door.COORDINATOR: "ours",
    Door.PARTNER: "partner",
    Door.OFFICER: "officer",
    Door.LEADER: "supervisor",
    Door.ADMINISTRATOR: "administrator",
}
"""Who of those that sign in is let in by a door for one of them."""
BEHIND_A_SESSION = (Door.ENTERED, Door.SIGNED_IN, *LETS_IN)
CLOSED = [
    (door, who)
    for door, belongs in LETS_IN.items()
    for who in LETS_IN.values()
    if who != belongs and (door, who) != (Door.LEADER, "administrator")
]
CLOSED += [(Door.SIGNED_IN, "partner")]


def _turn(one: tuple[str, APIRoute]) -> tuple[bool, bool, int]:
    """What cannot be undone comes last, and what belongs to a partner goes before the partner."""
    method, route = one
    deletes = method == "DELETE"
    return deletes, route.path.endswith(_LAST), -len(route.path) if deletes else 0


@dataclass
class House:
    """The case, a second site, the district, and the routes."""

    case: Case
    client: httpx.AsyncClient
    """For everybody: to make one for each call would take longer than the calls."""
    theirs: str
    """A key of another site, with all scopes."""
    partners: str
    """A key of the partner that was asked, with all scopes."""
    sessions: dict[str, str]
    site_id: UUID
    """The site of the case's need."""
    person_id: UUID
    """Its coordinator."""
    links: dict[Door, Link]
    """Good ones, by the door that they open."""
    referral_id: UUID
    """A need that the partner referred."""

    @property
    def question_id(self) -> UUID:
        """Whether a new address is the contact's own."""
        link = self.links[Door.ADDRESS_LINK]
        assert isinstance(link, AddressLink)
        return link.question_id

    @property
    def raised_id(self) -> UUID:
        """What a colleague raised there."""
        link = self.links[Door.RAISED_LINK]
        assert isinstance(link, RaisedLink)
        return link.raised_id

    def routes(self, *doors: Door) -> list[tuple[str, APIRoute]]:
        found = [
            (method, route)
            for route, door in guarded_routes(self.case.intake.app)
            if door in doors
            for method in sorted(route.methods or ())
        ]
        return sorted(found, key=_turn)

    async def call(
        self, method: str, route: APIRoute, *, key: str | None = None, session: str | None = None, link: str = "x"
    ) -> httpx.Response:
        """The route as somebody would call it, about the case."""
        path = self.path_of(route, link)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        sent: dict[str, Any] = {"headers": headers | self.cookies(session)}
        if route.path.startswith(("/v1", "/internal")):
            if method in {"POST", "PUT"}:
                sent["json"] = self.body_for(route.path)
        elif method == "POST":
            sent["data"] = {FORM_MARK: MARK}
        # What an answer told a browser to keep is not the next caller's.
        self.client.cookies.clear()
        if path.endswith("/live"):
            # A stream: only its beginning is waited for.
            async with self.client.stream(method, path, **sent) as answer:
                await anext(answer.aiter_text(), "")
                return httpx.Response(answer.status_code, headers=answer.headers)
        return await self.client.request(method, path, **sent)

    def cookies(self, session: str | None) -> dict[str, str]:
        """As a header: those of a browser that saw a form, and of who is signed in there."""
        kept = {FORM_MARK: MARK} | ({str(Cookie.SESSION): self.sessions[session]} if session else {})
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}

    def token(self, door: Door) -> str:
        """A good link's token; for a door without links, none."""
        return KEYS.sign(self.links[door]) if door in self.links else "x"

    def path_of(self, route: APIRoute, link: str = "x") -> str:
        case = self.case
        return route.path_format.format(
            need_id=case.need_id,
            partner_id=case.partner.partner_id,
            contact_id=case.contact.contact_id,
            service_id=SERVICE.service_id,
            offer_id=case.made.offer_id,
            visit_id=NOBODY,
            household_id=NOBODY,
            question_id=self.question_id,
            other_id=NOBODY,
            message_id=NOBODY,
            who="family",
            person_id=self.person_id,
            site_id=self.site_id,
            raised_id=self.raised_id,
            referral_id=self.referral_id,
            import_id=NOBODY,
            application_id=uuid5(NAMESPACE_URL, "switchboard/application/key"),
            token=link,
        )

    def body_for(self, path: str) -> Any:
        partner = self.case.partner.model_dump(mode="json")
        bodies: dict[str, Any] = {
            "/v1/needs": need_body(),
            "/v1/matching": need_body(),
            "cancel": {"reason": "met_elsewhere"},
            "confirmation": {"arrived": True},
            "answers": {"answer": "yes"},
            "change": {"quantities": [{"line": 1, "quantity": 3}]},
            "consents": {"records": ["name"], "partner_kinds": ["church"], "signature": SIGNED},
            "clearance": {"kind": "fingerprints", "checked_by": "The city", "until": "2099-01-01"},
            "/v1/partners": {"partners": [partner]},
            "{partner_id}": {name: value for name, value in partner.items() if name != "partner_id"},
        }
        return next((body for ending, body in bodies.items() if path.endswith(ending)), None)

    async def everything(self) -> dict[str, int]:
        """How many rows each table has, and what the need's and the partner's versions are."""
        async with self.case.intake.desk.pool.acquire() as connection:
            tables = await connection.fetch("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
            counts = {
                row["relname"]: await connection.fetchval(f'SELECT count(*) FROM "{row["relname"]}"')  # noqa: S608
                for row in tables
            }
            counts["version"] = await connection.fetchval("SELECT sum(version) FROM needs")
            counts["partner"] = await connection.fetchval("SELECT sum(version) FROM partners")
        return counts


@pytest_asyncio.fixture
async def house(case: Case) -> AsyncIterator[House]:
    async with furnished(case) as made:
        yield made


@asynccontextmanager
async def furnished(case: Case) -> AsyncIterator[House]:
    """The case with everybody else, and a way in for each."""
    await case.sign("name")
    theirs = await case.intake.add_coordinator("theirs@school.example.org", "Theirs")
    officer = Coordinator(
        uuid4(), theirs.site_id, "Dana", "district@example.org", None, "en", "Theirs", theirs.time_zone
    )
    pool, key, partners_key = case.intake.desk.pool, f"sb_{uuid4().hex}", f"sb_{uuid4().hex}"
    async with pool.acquire() as connection:
        scopes = frozenset(Scope) - {Scope.ADDRESSES_READ}
        await keys.save_key(connection, hash_key(key), KeyRow("theirs", scopes, theirs.site_id))
        of_partner = KeyRow("partner", scopes, None, case.partner.partner_id)
        await keys.save_key(connection, hash_key(partners_key), of_partner)
        await keys.save_key(connection, hash_key("sb_powerless"), KeyRow("powerless", frozenset(), None))
        await keys.save_person(connection, officer, Role.DISTRICT)
    async with pool.acquire() as connection:
        ours = await connection.fetchrow("SELECT * FROM people WHERE email = 'ours@school.example.org'")
    assert ours is not None
    person_id, site_id = ours["person_id"], ours["site_id"]
    emails = {"ours": "ours@school.example.org", "theirs": theirs.email, "officer": officer.email}
    emails |= {"partner": "ada@church.example.org", "other partner": await add_other_partner(case)}
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        emails[role] = await case.intake.add_person(role, site_id)
    emails["their supervisor"] = await case.intake.add_person(Role.SUPERVISOR, theirs.site_id)
    for email in emails.values():
        await signing_in.ask_for_link(pool, email, "en", "127.0.0.1")
    sessions = {}
    for name, email in emails.items():
        link = await case.intake.sign_in_link(email)
        session = await signing_in.sign_in(pool, link.rpartition("/")[2])
        assert session is not None
        sessions[name] = session
    links = await give_links(case, site_id)
    await apply_and_upload(case, person_id)
    entry = Entry("contact", None, referred_by=case.partner.partner_id)
    needed_by = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    entered = EnteredNeed.model_validate(need_body(site_id=str(site_id), needed_by=needed_by))
    referral = await needs.open_need(pool, case.intake.desk.seal, entered, entry)
    async with httpx.AsyncClient(base_url=case.intake.url, timeout=30) as client:
        yield House(case, client, key, partners_key, sessions, site_id, person_id, links, referral.need_id)


async def add_other_partner(case: Case) -> str:
    """Who was asked nothing; returns its contact's address. The first one gets something that it does."""
    contact = Contact(contact_id=uuid4(), name="Otto Other", email="otto@pantry.example.org")
    partner = PartnerRecorded(partner_id=uuid4(), name="A Pantry", kind=PartnerKind.NONPROFIT, contacts=(contact,))
    first = case.partner.model_copy(update={"services": (SERVICE,)})
    await partners.record_partners(case.intake.desk.pool, case.intake.desk.seal, [first, partner])
    return "otto@pantry.example.org"


async def apply_and_upload(case: Case, person_id: UUID) -> None:
    """What an administrator decides about; and letters that no test has to wait for."""
    pool = case.intake.desk.pool
    said = EnteredApplication(
        name="Beds", kind=PartnerKind.CHURCH, categories=(Category.BEDS,), zip_code="11201", miles=1,
        contact_name="Ada", email="ada@beds.example.org",
    )  # fmt: skip
    await applying.apply(pool, said, "key")
    async with pool.acquire() as connection:
        await imports.add_upload(
            connection, Upload(NOBODY, "a.csv", b"Agency,Services\nBeds,Beds\n", active=False), person_id
        )

    async def sent() -> bool:
        async with pool.acquire() as connection:
            return bool(await connection.fetchval("SELECT count(*) = 0 FROM letters"))

    await eventually(sent)


async def give_links(case: Case, site_id: UUID) -> dict[Door, Link]:
    desk, soon = case.intake.desk, datetime.now(UTC) + timedelta(days=1)
    said = EnteredRaised(what="A bed", student="4711", urgency=Urgency.TODAY, name="Tess", email="t@school.example.org")
    row = await raise_need(desk.pool, desk.seal, site_id, said, "key", "en")
    async with desk.pool.acquire() as connection:
        await raised.save_link(connection, site_id, NOBODY)
        await approvals.ask(connection, case.need_id, soon, soon)
        supervisor = await connection.fetchval(
            "SELECT person_id FROM people WHERE role = 'supervisor' AND site_id = $1", site_id
        )
    partner_id, contact_id = case.partner.partner_id, case.contact.contact_id
    wishes = Wishes(
        channels=(Channel.EMAIL,),
        language="en",
        time_zone="America/New_York",
        urgent_at_night=False,
        digest_hour=None,
        away_until=None,
        email="new@church.example.org",
    )
    await contacts.save_wishes(desk.pool, desk.seal, partner_id, contact_id, wishes)
    question_id = await desk.pool.fetchval("SELECT question_id FROM address_questions")

    async def letters_are_sent() -> bool:
        return not await desk.pool.fetchval("SELECT count(*) FROM letters")

    # They leave by themselves, and the tests count what is there before and after.
    await eventually(letters_are_sent)
    return {
        Door.OFFER_LINK: OfferLink(case.need_id, case.made.offer_id, contact_id, soon),
        Door.FAMILY_LINK: FamilyLink(case.need_id, soon),
        Door.CONTACT_LINK: ContactLink(partner_id, contact_id, soon),
        Door.ADDRESS_LINK: AddressLink(question_id, soon),
        Door.APPROVAL_LINK: ApprovalLink(case.need_id, supervisor, soon),
        Door.SITE_LINK: SiteLink(site_id, NOBODY, soon),
        Door.RAISED_LINK: RaisedLink(row.raised_id, soon),
    }


async def test_every_api_route_takes_a_good_key_with_its_scope_alone(house: House) -> None:
    before = await house.everything()
    for method, route in house.routes(Door.KEY):
        for key, status in ((None, 401), ("sb_invented", 401), ("sb_powerless", 403)):
            answer = await house.call(method, route, key=key)
            assert (answer.status_code, knows(answer.text)) == (status, False), (method, route.path, key)
            assert answer.headers["content-type"] == "application/problem+json"
        wrong = SECRET if scope_of(route) is not Scope.ADDRESSES_READ else key_of(house)
        assert (await house.call(method, route, key=wrong)).status_code == 403, (method, route.path)
    assert await house.everything() == before


async def test_every_route_about_a_need_is_closed_to_another_site(house: House) -> None:
    before = await house.everything()
    about = [one for one in house.routes(Door.KEY, Door.COORDINATOR, Door.SIGNED_IN) if "{need_id}" in one[1].path]
    assert len(about) > 15
    for method, route in about:
        if scope_of(route) is Scope.ADDRESSES_READ:
            continue
        answer = await house.call(method, route, key=house.theirs, session="theirs")
        assert (answer.status_code, knows(answer.text)) == (404, False), (method, route.path)
    assert await house.everything() == before


async def test_a_partners_key_refers_and_reads_its_own_referrals_and_opens_nothing_else(house: House) -> None:
    before = await house.everything()
    opened = {("POST", "/v1/needs"): 422, ("GET", "/v1/needs/{need_id}"): 404, ("GET", "/v1/taxonomy"): 200}
    for method, route in house.routes(Door.KEY, *BEHIND_A_SESSION):
        answer = await house.call(method, route, key=house.partners)
        let_in = opened.get((method, route.path), 403 if route.path.startswith(("/v1", "/internal")) else 303)
        assert (answer.status_code, knows(answer.text)) == (let_in, False), (method, route.path)
    assert await house.everything() == before


async def test_every_page_of_somebody_signed_in_is_closed_to_all_others(house: House) -> None:
    before = await house.everything()
    for method, route in house.routes(*BEHIND_A_SESSION):
        stranger = await house.call(method, route)
        assert (stranger.status_code, stranger.headers.get("location")) == (303, "/sign-in"), (method, route.path)
    for door, session in CLOSED:
        for method, route in house.routes(door):
            answer = await house.call(method, route, session=session)
            assert (answer.status_code, knows(answer.text)) == (404, False), (method, route.path, session)
    assert await house.everything() == before


async def test_every_page_of_a_link_is_closed_to_forged_old_cut_and_foreign_links(house: House) -> None:
    others = LinkKeys.parse("test:" + base64.b64encode(b"another secret of thirty-two byte").decode())
    past = datetime.now(UTC) - timedelta(seconds=1)
    before = await house.everything()
    for door, link in house.links.items():
        token = KEYS.sign(link)
        foreign = [KEYS.sign(one) for other, one in house.links.items() if other is not door]
        changed = ("A" if token[0] != "A" else "B") + token[1:]
        bad = [*foreign, others.sign(link), changed, token[:-1], token[:40], f"{token}A", "x"]
        if isinstance(link, (OfferLink, ContactLink)):
            bad.append(KEYS.sign(replace(link, contact_id=NOBODY)))
        if isinstance(link, AddressLink):
            bad.append(KEYS.sign(replace(link, question_id=NOBODY)))
        for method, route in house.routes(door):
            for one in bad:
                answer = await house.call(method, route, link=one)
                assert (answer.status_code, knows(answer.text)) == (404, False), (method, route.path, one)
            expired = await house.call(method, route, link=KEYS.sign(replace(link, expires=past)))
            assert (expired.status_code, knows(expired.text)) == (410, False), (method, route.path)
    assert await house.everything() == before


async def test_a_form_that_is_not_ours_changes_nothing(house: House) -> None:
    before = await house.everything()
    for method, route in house.routes(Door.ANYBODY, *house.links, *LETS_IN):
        if method == "POST" and not route.path.endswith(_BY_MAIL_PROGRAMS):
            path = house.path_of(route, house.token(door_of(route)))
            cookies = house.cookies(LETS_IN.get(door_of(route), "ours"))
            answer = await house.client.post(path, data={FORM_MARK: "another"}, headers=cookies)
            assert answer.status_code == 403, route.path
    assert await house.everything() == before


async def test_who_belongs_there_is_let_in(house: House) -> None:
    doors = (*house.links, *sorted(BEHIND_A_SESSION, key=lambda door: door is Door.COORDINATOR), Door.KEY)
    for door in doors:
        for method, route in house.routes(door):
            key = SECRET if scope_of(route) is Scope.ADDRESSES_READ else key_of(house)
            session = "supervisor" if route.path.startswith("/approvals/") else LETS_IN.get(door, "ours")
            answer = await house.call(method, route, key=key, session=session, link=house.token(door))
            may_be_gone = ("withdraw", "/visits/", "/households/", "/internal/", "/people/{", "/undelivered/")
            gone = any(part in route.path for part in may_be_gone)
            refused = {401, 403, 410} | (set() if gone else {404})
            assert answer.status_code not in refused, (method, route.path, answer.status_code)
            assert answer.headers.get("location") != "/sign-in", (method, route.path)


async def test_what_no_provider_signed_is_refused(house: House) -> None:
    before = await house.everything()
    refused = {
        route.path: (await house.call(method, route)).status_code for method, route in house.routes(Door.PROVIDER)
    }
    assert refused == {"/webhooks/texts": 403, "/webhooks/texts/{message_id}/status": 403, "/webhooks/mail": 401}
    assert await house.everything() == before


async def test_a_supervisor_sees_and_changes_nothing_of_another_site(house: House) -> None:
    before = await house.everything()
    about = [one for one in house.routes(Door.LEADER) if "{site_id}" in one[1].path or "{person_id}" in one[1].path]
    assert len(about) >= 5
    for method, route in about:
        answer = await house.call(method, route, session="their supervisor")
        assert (answer.status_code, "Ours" in answer.text) == (404, False), (method, route.path)
    for path in ("/people", "/sites"):
        [(method, route)] = [one for one in house.routes(Door.LEADER) if one[1].path == path]
        assert "Ours" not in (await house.call(method, route, session="their supervisor")).text
    assert await house.everything() == before


async def test_a_partner_sees_and_changes_nothing_of_another(house: House) -> None:
    before = await house.everything()
    for method, route in house.routes(Door.PARTNER):
        about_one = "{" in route.path
        # Whom the network has, and what they do, each partner may read.
        if route.path != "/our/directory" and (method == "GET" or about_one):
            answer = await house.call(method, route, session="other partner")
            assert house.case.partner.name not in answer.text, (method, route.path)
            assert answer.status_code == (404 if about_one else 200), (method, route.path)
    assert await house.everything() == before


async def test_on_https_nothing_goes_without_it(case: Case) -> None:
    desk = case.intake.desk
    settings = desk.settings.model_copy(update={"public_url": "https://switchboard.example.org"})
    case.intake.app.state.desk = replace(desk, settings=settings)
    async with httpx.AsyncClient(base_url=case.intake.url, timeout=30) as client:
        page = await client.get("/sign-in")
    assert page.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "secure" in page.headers["set-cookie"].casefold()
    assert "httponly; path=/; samesite=lax" in page.headers["set-cookie"].casefold()


def test_a_route_without_a_door_keeps_intake_from_starting() -> None:
    app = FastAPI()
    add_pages(app)
    assert guarded_routes(app)

    @app.get("/families")
    async def list_families() -> list[str]:
        return []

    with pytest.raises(NoDoor, match="/families"):
        guarded_routes(app)


def scope_of(route: APIRoute) -> Scope | None:
    found = [one.call.scope for one in route.dependant.dependencies if isinstance(one.call, Calling)]
    return found[0] if found else None


def key_of(house: House) -> str:
    return str(house.case.school.headers["authorization"]).removeprefix("Bearer ")
