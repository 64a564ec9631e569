"""Everybody who uses the system while it is hit: coordinators, partners, families. They try again until it takes."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from uuid import UUID, uuid4

import httpx

from bench.faults.neighbours import ZIPS, Neighbour
from bench.faults.place import Place
from bench.faults.providers import Accept, new_sid
from switchboard.people import Person, ids_in, link_in

NOBODY_OFFERS = "childcare.week"
ITEMS = ("food.box", "bed.twin", "clothing.child")
_PATIENCE_S = 90
_OFFER_NUMBER = re.compile(r"(?:YES|SI) (\d{2,4})\b")
_REFERENCE = re.compile(r"(?:YES|SI) (\d{6})\b")
_AWARDED = re.compile(r"You are taking|what comes next", re.IGNORECASE)


@dataclass
class Posted:
    """A need that intake said yes to."""

    need_id: UUID
    at: float
    item: str
    phone: str
    withdrawn_at: float | None = None
    """When intake said yes to taking it back."""


@dataclass
class Town:
    """The people. What they were told yes to is what the checker holds the system to."""

    place: Place
    seed: int
    neighbours: list[Neighbour]
    lead: tuple[float, float]
    """Seconds that are left until a need's end, at least and at most."""
    needs: dict[UUID, Posted] = field(default_factory=dict)
    taken: dict[UUID, float] = field(default_factory=dict)
    """By offer, when a yes to it was acknowledged."""
    unanswered: int = 0
    """Needs that somebody still tries to enter."""
    given_up: int = 0
    """Needs that nobody took within all patience."""
    first_told: dict[UUID, float] = field(default_factory=dict)
    """By need, when a provider took the first message to a partner about it."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _browsers: dict[str, Person] = field(default_factory=dict)
    _number: int = 0
    _read: int = 0
    _reacted: set[tuple[str, UUID]] = field(default_factory=set)
    _disputed: set[str] = field(default_factory=set)

    async def register(self) -> None:
        """The partners enter the directory; some of them text STOP."""
        partners = [{**one.record, "partner_id": str(one.partner_id)} for one in self.neighbours]
        async with self.place.caller() as caller:
            answer = await caller.put(f"{self.place.url}/v1/partners", json={"partners": partners})
            answer.raise_for_status()
        for one in self.neighbours:
            if one.record["name"].startswith("Stopped"):
                await self.place.texts.say(one.contact["phone"], "STOP", new_sid())

    async def enter_needs(self, every: float, until: asyncio.Event) -> None:
        """A need every so many seconds, whatever the answers are."""
        begun = monotonic()
        while not until.is_set():
            self._begin(self._enter_need(self._number))
            self._number += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), max(0.0, begun + self._number * every - monotonic()))

    async def react(self) -> None:
        """Reads what the providers took, and answers as whoever it went to. Runs until it is cancelled."""
        ledger = self.place.ledger
        while True:
            await ledger.arrived.wait()
            ledger.arrived.clear()
            news, self._read = ledger.accepts[self._read :], len(ledger.accepts)
            for accept in news:
                self._take(accept)

    async def finish(self) -> None:
        """Waits for what people still try."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Drops everything."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.finish()
        for browser in self._browsers.values():
            await browser.__aexit__(None, None, None)

    async def _enter_need(self, number: int) -> None:
        chance = random.Random(f"{self.seed} need {number}")
        item = NOBODY_OFFERS if number % 25 == 24 else chance.choice(ITEMS)
        phone = f"+1347{5_550_000 + number}"
        body = {
            "items": [{"code": item, "quantity": chance.randint(1, 4)}],
            "zip_code": chance.choice(ZIPS),
            "urgency": chance.choice(["today", "this_week", "routine"]),
            "needed_by": (datetime.now(UTC) + timedelta(seconds=chance.uniform(*self.lead))).isoformat(),
            "consent": {"kind": "spoken"},
            "family": {
                "name": f"Family {number}",
                "phone": phone,
                "channels": ["text"],
                # In all that tells who they are, words that the checker looks for everywhere.
                "address": f"{number} Family {number} Lane",
                "email": f"Family.{number}@example.org",
                "notes": f"Family {number} has a dog",
            },
        }
        key = {"Idempotency-Key": str(uuid4())}
        async with self.place.caller() as caller:
            self.unanswered += 1
            answer = await _persist(lambda: caller.post(f"{self.place.url}/v1/needs", json=body, headers=key))
            self.unanswered -= 1
            if answer is None or answer.status_code != httpx.codes.CREATED:
                self.given_up += 1
                return
            posted = Posted(UUID(answer.json()["need_id"]), time(), item, phone)
            self.needs[posted.need_id] = posted
            if chance.random() < 0.08:
                await asyncio.sleep(chance.uniform(1, 20))
                await self._take_back(caller, posted, withdrawn=chance.random() < 0.5)

    async def _take_back(self, caller: httpx.AsyncClient, posted: Posted, *, withdrawn: bool) -> None:
        url = f"{self.place.url}/v1/needs/{posted.need_id}"
        # Either may be refused with 409: it ended before.
        if withdrawn:
            answer = await _persist(lambda: caller.post(f"{url}/withdraw-consent"))
        else:
            answer = await _persist(lambda: caller.post(f"{url}/cancel", json={"reason": "met_elsewhere"}))
        if answer is not None and answer.is_success:
            posted.withdrawn_at = time()

    def _take(self, accept: Accept) -> None:
        link = link_in(accept.body)
        if link is not None:
            need_id, offer_id = ids_in(link)
            self.first_told.setdefault(need_id, accept.at)
            kind = "award" if _AWARDED.search(accept.body) else "offer"
            if (kind, offer_id) in self._reacted:
                return
            self._reacted.add((kind, offer_id))
            if kind == "award":
                self._begin(self._keep_promise(accept.to, offer_id, link))
            else:
                self._begin(self._answer_offer(accept, offer_id, link))
        elif (reference := _REFERENCE.search(accept.body)) and accept.to.startswith("+1347"):
            self._begin(self._answer_for_family(accept.to, reference[1]))

    async def _answer_offer(self, accept: Accept, offer_id: UUID, link: str) -> None:
        chance = random.Random(f"{self.seed} offer {offer_id}")
        await asyncio.sleep(chance.choice([0.3, 1, 2, 5, 12]))
        temper = chance.choice(["yes"] * 5 + ["no"] * 2 + ["silent"] * 3)
        number = _OFFER_NUMBER.search(accept.body)
        if temper == "silent":
            return
        if number is not None and accept.channel == "text":
            said = await self._text(accept.to, f"{'YES' if temper == 'yes' else 'NO'} {number[1]}", chance)
            if said is not None and "would take" in said:
                self.taken[offer_id] = time()
        elif temper == "yes":
            # Not counted as acknowledged: the page may say that the offer was taken back a moment ago.
            await self._send(accept.to, link, "/accept")
        else:
            await self._send(accept.to, link, "/decline", {"reason": "no_capacity"})

    async def _keep_promise(self, who: str, offer_id: UUID, link: str) -> None:
        chance = random.Random(f"{self.seed} award {offer_id}")
        promise = chance.choice(["kept"] * 8 + ["handed back", "forgotten"])
        await asyncio.sleep(chance.uniform(0.5, 4))
        if promise == "handed back":
            await self._send(who, link, "/release", {"reason": "no_longer_able"})
        elif promise == "kept" and await self._send(who, link, "/contacted"):
            await asyncio.sleep(chance.uniform(0.5, 4))
            await self._send(who, link, "/completed")

    async def _answer_for_family(self, phone: str, reference: str) -> None:
        chance = random.Random(f"{self.seed} family {phone}")
        if chance.random() < 0.15:
            return
        await asyncio.sleep(chance.uniform(0.5, 4))
        disputes = chance.random() < 0.05 and reference not in self._disputed
        self._disputed.add(reference)
        await self._text(phone, f"{'NO' if disputes else 'YES'} {reference}", chance)

    async def _text(self, sender: str, body: str, chance: random.Random) -> str | None:
        """Until it is taken. A provider that is unsure hands the same text over again, later than its followers."""
        deadline = time() + _PATIENCE_S
        while time() < deadline:
            sid = new_sid()
            if chance.random() < 0.2:
                self._begin(self._repeat(sender, body, sid, chance.uniform(0, 8)))
            said = await self.place.texts.say(sender, body, sid)
            if said is not None and "no open number" not in said:
                return said
            await asyncio.sleep(chance.uniform(0.5, 2))
        return None

    async def _repeat(self, sender: str, body: str, sid: str, after: float) -> None:
        await asyncio.sleep(after)
        await self.place.texts.say(sender, body, sid)

    async def _send(self, who: str, link: str, ending: str, changes: dict[str, str] | None = None) -> bool:
        if who not in self._browsers:
            self._browsers[who] = Person()
        browser = self._browsers[who]
        deadline = time() + _PATIENCE_S
        while time() < deadline:
            with suppress(httpx.HTTPError, httpx.InvalidURL):
                return await browser.send(link, ending, changes)
            await asyncio.sleep(0.5)
        return False

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _persist(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response | None:
    """Until there is an answer that is no server's trouble; None when patience ends first."""
    deadline = time() + _PATIENCE_S
    while time() < deadline:
        pause = 0.5
        with suppress(httpx.HTTPError):
            answer = await call()
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return answer
            pause = float(answer.headers.get("Retry-After", pause))
        await asyncio.sleep(pause)
    return None
