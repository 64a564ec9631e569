"""A school, its partners and families in every state that a page can show, in one running intake."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from schemas.deliveries import MessageBounced
from schemas.event import Item, NeedEvent, Programme
from schemas.offers import OfferExpired, OfferMade, OfferWithdrawn
from schemas.outcomes import (
    ClaimLapsed,
    ClaimRefused,
    ConfirmationRequested,
    NeedFulfilled,
    NeedPartlyFulfilled,
    NeedStuck,
    NeedUnmet,
)
from schemas.partners import Contact
from schemas.taxonomy import Category
from schemas.vocabulary import (
    Channel,
    Condition,
    DeliveryProblem,
    Fit,
    LapseReason,
    MessagePurpose,
    RecipientKind,
    RefusalReason,
    StuckCause,
    UnmetCause,
    WithdrawalReason,
)
from services.intake import approving
from services.intake.pages.cookies import Cookie
from services.intake.store import imports
from services.intake.store.imports import Upload
from services.intake.store.people import Role
from tests.browser.intake import award_of, offer_of, offer_path
from tests.browser.matcher import with_matcher
from tests.browser.test_gaps import go_without
from tests.integration.cases import Case, awarded_case, send
from tests.integration.test_doors import House, furnished
from tests.system import need_body

SHEET = b"Agency,Services,Zip,Email\nCanary Pantry,Food,11215,ada@pantry.example.org\n,Food,11215,\n"
IN_THREE_DAYS = timedelta(days=3)
_OF_AN_OFFER = ("need_id", "offer_id", "partner_id", "terms")
BED, BEDDING = {"code": "bed.twin", "quantity": 2}, {"code": "bed.bedding", "quantity": 2}


@dataclass
class Town:
    """The house with all that happened there. Needs and offers by the state they are in."""

    house: House
    needs: dict[str, UUID] = field(default_factory=dict)
    offers: dict[str, OfferMade] = field(default_factory=dict)
    import_id: UUID = field(default_factory=uuid4)

    @property
    def case(self) -> Case:
        return self.house.case

    def path_to(self, made: OfferMade) -> str:
        return offer_path(made, self.case.contact)

    async def enter(self, state: str, *items: dict[str, Any], **changes: Any) -> tuple[UUID, tuple[Item, ...]]:
        """A need of the school, which is in that state once its events are heard."""
        needed_by = (datetime.now(UTC) + IN_THREE_DAYS).isoformat()
        # Each of another family, but for the first, which asks twice.
        family = {"name": "A Family", "phone": f"+1718555{max(len(self.needs), 1):04}", "channels": ["text"]}
        body = need_body(items=items or (BED, BEDDING), needed_by=needed_by, family=family, **changes)
        answer = await self.case.school.post("/v1/needs", json=body)
        assert answer.status_code == 201, answer.text
        need_id, entered = await self.case.intake.newest_need()
        self.needs[state] = need_id
        return need_id, entered

    async def offer(self, state: str, need_id: UUID, items: tuple[Item, ...], **terms: Any) -> OfferMade:
        """What the church is asked."""
        made = offer_of(need_id, items, self.case.partner)
        made = made.model_copy(update={"terms": made.terms.model_copy(update=terms)})
        self.offers[state] = made
        await self.hear(made)
        return made

    async def hear(self, *events: NeedEvent) -> None:
        for event in events:
            await self.case.intake.matcher_says(event)

    async def open_family(self) -> str:
        """The cookie of a browser in which the family's code was just entered; it opens the page for a while."""
        async with self.case.browser() as browser:
            await self.case.open_family(browser)
            return browser.cookies[Cookie.OPENING]


@asynccontextmanager
async def living_town(database_url: str) -> AsyncIterator[Town]:
    """The town, until the block ends."""
    async with awarded_case(database_url) as case, furnished(case) as house:
        town = Town(house)
        await go_without(case.intake, town.house.site_id)
        await settle_partners(town)
        await live_through_needs(town)
        await answer_offers(town)
        await ask_for_approvals(town)
        await get_to_know_the_family(town)
        await lose_messages(town)
        await upload_a_sheet(town)
        yield town


async def settle_partners(town: Town) -> None:
    """Whom the matcher finds."""
    matcher = with_matcher(town.case.intake)
    for name, *categories in (
        ("Bed Bank of Greater Brooklyn and the Islands", Category.BEDS, Category.FURNITURE),
        ("Hope Pantry", Category.FOOD, Category.BEDS),
    ):
        contact = Contact(contact_id=uuid4(), name="Bo Baker", phone="+17185550111", email="bo@bank.example.org")
        await matcher.add_partner(
            str(name), *categories, contacts=(contact,),
            conditions=(Condition.SHOWS_ID,), fits=(Fit.HALAL, Fit.STEP_FREE),
        )  # fmt: skip


async def live_through_needs(town: Town) -> None:
    """One need in each state."""
    need_id, items = await town.enter("asking", urgency="today", languages=["es", "ht"])
    await town.offer("asked", need_id, items)
    need_id, items = await town.enter("tonight", {"code": "food.box", "quantity": 3}, urgency="tonight")
    await town.offer("tonight", need_id, items)
    await town.hear(NeedStuck(need_id=need_id, cause=StuckCause.NOBODY_YET, open_items=items))
    need_id, items = await town.enter("nobody", {"code": "rent.dollars", "quantity": 850, "whole": True})
    await town.hear(NeedStuck(need_id=need_id, cause=StuckCause.NOBODY_ELIGIBLE, open_items=items))
    need_id, items = await town.enter("sensitive", {"code": "shelter.night", "quantity": 3})
    await town.offer("sensitive", need_id, items, sensitive=True, place="Kings County, NY", distance_miles=None)
    need_id, items = await town.enter("confirming")
    await town.hear(ConfirmationRequested(need_id=need_id, delivered=items, attempt=1))
    need_id, items = await town.enter("fulfilled")
    await town.hear(NeedFulfilled(need_id=need_id, met=items))
    need_id, items = await town.enter("partly")
    ended = NeedPartlyFulfilled(need_id=need_id, met=items[:1], unmet=items[1:], cause=UnmetCause.NO_CAPACITY)
    await town.hear(ended)
    need_id, items = await town.enter("unmet")
    await town.hear(NeedUnmet(need_id=need_id, unmet=items, cause=UnmetCause.NOBODY_ANSWERED))
    need_id, _ = await town.enter("withdrawn")
    answer = await town.case.school.post(f"/v1/needs/{need_id}/withdraw-consent")
    assert answer.status_code < 300, answer.text


async def answer_offers(town: Town) -> None:
    """One offer for each face of its page."""
    need_id, items = await town.enter("answered")
    seat = Item(line=1, code="after_school.seat", quantity=1)
    await town.offer("open", need_id, items)
    await town.offer(
        "programme", need_id, (seat,),
        programme=Programme(seats=12, begins=date(2026, 9, 1), ends=date(2099, 6, 30)),
    )  # fmt: skip
    rent = Item(line=1, code="rent.dollars", quantity=850, whole=True)
    await town.offer("money", need_id, (rent,))
    told = {state: await town.offer(state, need_id, items) for state in ("expired", "withdrawn", "refused", "lapsed")}
    facts = {state: {name: getattr(one, name) for name in _OF_AN_OFFER} for state, one in told.items()}
    lapsed = award_of(told["lapsed"])
    await town.hear(
        OfferExpired(**facts["expired"]),
        OfferWithdrawn(**facts["withdrawn"], reason=WithdrawalReason.FILLED),
        ClaimRefused(**facts["refused"], reason=RefusalReason.ALREADY_FILLED),
        lapsed,
        ClaimLapsed(**facts["lapsed"], returned=lapsed.awarded, reason=LapseReason.NOT_CONTACTED),
    )
    all_of_it = {f"line-{item.line}": str(item.quantity) for item in items}
    async with town.case.browser() as browser:
        for state in ("accepted", "declined", "contacted", "done"):
            made = await town.offer(state, need_id, items)
            if state in {"contacted", "done"}:
                await town.hear(award_of(made))
                await send(browser, town.path_to(made), "/contacted")
        await send(browser, town.path_to(town.offers["accepted"]), "/accept", **all_of_it)
        await send(browser, town.path_to(town.offers["declined"]), "/decline", reason="too_far")
        await send(browser, town.path_to(town.offers["done"]), "/completed", **all_of_it)


async def ask_for_approvals(town: Town) -> None:
    """One need that waits for it, and one that was sent back."""
    pool = town.case.intake.desk.pool
    await pool.execute("UPDATE sites SET approval = 'all' WHERE site_id = $1", town.house.site_id)
    await town.enter("approval")
    need_id, _ = await town.enter("sent_back")
    supervisor = await pool.fetchval(
        "SELECT person_id FROM people WHERE role = $1 AND site_id = $2", Role.SUPERVISOR, town.house.site_id
    )
    revision = await pool.fetchval("SELECT revision FROM approvals WHERE need_id = $1", need_id)
    await approving.send_back(pool, need_id, supervisor, revision, "Is it for both children?\nPlease ask the family.")
    await pool.execute("UPDATE sites SET approval = 'none' WHERE site_id = $1", town.house.site_id)


async def get_to_know_the_family(town: Town) -> None:
    """By the code, as far as it was signed; and a visit that it was told of."""
    case = town.case
    await case.sign("name", "phone", "address")
    await case.clear()
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    async with case.browser() as browser:
        await case.open_family(browser)
        await send(browser, f"{case.path}/family", "/visit", day=day, begins="10:00", ends="11:00")
        await case.told(RecipientKind.COORDINATOR)
        await case.told(RecipientKind.FAMILY)


async def lose_messages(town: Town) -> None:
    """To a partner's contact, and to a family."""
    made, family = town.offers["asked"], town.needs["confirming"]
    lost = {"message_id": uuid4(), "at": datetime.now(UTC)}
    await town.hear(
        MessageBounced(
            need_id=made.need_id, recipient=RecipientKind.PARTNER, purpose=MessagePurpose.OFFER, channel=Channel.EMAIL,
            offer_id=made.offer_id, partner_id=made.partner_id, contact_id=town.case.contact.contact_id,
            problem=DeliveryProblem.MAILBOX_FULL, **lost,
        ),
        MessageBounced(
            need_id=family, recipient=RecipientKind.FAMILY, purpose=MessagePurpose.CONFIRMATION, channel=Channel.TEXT,
            problem=DeliveryProblem.OPTED_OUT, **(lost | {"message_id": uuid4()}),
        ),
    )  # fmt: skip


async def upload_a_sheet(town: Town) -> None:
    """With one partner that can be taken in and one that cannot."""
    upload = Upload(town.import_id, "pantries of the county.csv", SHEET, active=False)
    async with town.case.intake.desk.pool.acquire() as connection:
        await imports.add_upload(connection, upload, town.house.person_id)
