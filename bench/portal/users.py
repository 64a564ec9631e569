"""People who look at pages, one after the other: they read for a second or three, then go on."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx

from bench.portal.town import ZIP_CODES, Desk, Town
from services.intake.pages.cookies import Cookie
from switchboard.people import open_client

THINKS_S = (1.0, 3.0)
COORDINATORS_SHARE, PARTNERS_SHARE, FAMILIES_SHARE = 0.55, 0.30, 0.10
"""Of all who look. The rest are teachers who raised something."""
_OF_A_COORDINATOR = {"board": 30, "need": 25, "who could help": 10, "need form": 10, "preview": 15, "directory": 10}
_LIVE = re.compile(r'sse-connect="([^"]+)"')
_ASKED = ("food", "beds", "furniture", "clothing", "church", "school", "11215", "beds 11201")


@dataclass
class Looked:
    """Seconds from the request until the whole page was there, by page; and what was not a page."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    """By page and what came instead, how often."""

    def all(self) -> list[float]:
        """Of all pages."""
        return sorted(one for page in self.seconds.values() for one in page)


class User:
    """Somebody with a browser, who looks at what their kind looks at."""

    def __init__(
        self, client: httpx.AsyncClient, public_url: str, town: Town, chance: random.Random, place: float
    ) -> None:
        self._client, self._portal, self._town, self._chance, self._place = client, public_url, town, chance, place
        self._desk = chance.choice(town.desks)

    async def look(self, looked: Looked, until: float, *, thinks: bool) -> None:
        """Page after page until that time."""
        if thinks:
            await asyncio.sleep(self._chance.uniform(0, THINKS_S[1]))
        while time.monotonic() < until:
            name, request = self._choose()
            began = time.monotonic()
            try:
                answer = await self._client.send(request)
            except httpx.HTTPError as error:
                looked.failed[f"{name}: {type(error).__name__}"] += 1
                continue
            if answer.status_code == httpx.codes.OK:
                looked.seconds.setdefault(name, []).append(time.monotonic() - began)
            else:
                looked.failed[f"{name}: {answer.status_code}"] += 1
            if thinks:
                await self._think(answer.text)

    async def _think(self, page: str) -> None:
        """As long as somebody reads; a page that is kept up to date listens meanwhile."""
        seconds = self._chance.uniform(*THINKS_S)
        live = _LIVE.search(page)
        if live is None:
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds), AsyncExitStack() as stack:
                request = self._get(live[1])
                answer = await stack.enter_async_context(
                    self._client.stream("GET", request.url, headers=request.headers)
                )
                async for _ in answer.aiter_raw():
                    pass
                await asyncio.sleep(seconds)
        except (TimeoutError, httpx.HTTPError):
            pass

    def _choose(self) -> tuple[str, httpx.Request]:
        chance, town = self._chance, self._town
        if self._place < COORDINATORS_SHARE:
            page = chance.choices(list(_OF_A_COORDINATOR), list(_OF_A_COORDINATOR.values()))[0]
            return page, self._of_coordinator(page, self._desk)
        if self._place < COORDINATORS_SHARE + PARTNERS_SHARE:
            return "offer", self._get(chance.choice(town.offers))
        if self._place < COORDINATORS_SHARE + PARTNERS_SHARE + FAMILIES_SHARE:
            return "family", self._get(chance.choice(town.families))
        return "raised", self._get(chance.choice(town.raised))

    def _of_coordinator(self, page: str, desk: Desk) -> httpx.Request:
        chance, need_id = self._chance, self._chance.choice(desk.needs)
        match page:
            case "board":
                return self._get("/needs")
            case "need":
                return self._get(f"/needs/{need_id}")
            case "who could help":
                return self._get(f"/needs/{need_id}/matching")
            case "need form":
                return self._get("/needs/new")
            case "directory":
                return self._get(f"/partners?q={chance.choice(_ASKED)}&near={chance.choice(('', *ZIP_CODES))}")
        fields = {
            "form_mark": "bench",
            "item": chance.choice(("food.box", "bed.twin")),
            "quantity": "2",
            "zip_code": chance.choice(ZIP_CODES),
            "urgency": "this_week",
            "languages": "es",
            "must_speak": "yes",
        }
        headers = self._headers() | {"HX-Request": "true"}
        return self._client.build_request("POST", f"{self._portal}/needs/new/preview", data=fields, headers=headers)

    def _get(self, path: str) -> httpx.Request:
        return self._client.build_request(
            "GET", path if "://" in path else self._portal + path, headers=self._headers()
        )

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{Cookie.SESSION}={self._desk.session}; {Cookie.FORM_MARK}=bench", "Accept": "text/html"}


async def look_around(
    public_url: str, town: Town, users: int, seconds: float, chance: random.Random, *, thinks: bool
) -> Looked:
    """So many users for so long, each with a connection of their own."""
    looked, until = Looked(), time.monotonic() + seconds
    clients = [open_client(30) for _ in range(users)]
    try:
        people: Sequence[User] = [
            User(client, public_url, town, random.Random(chance.random()), number / users)
            for number, client in enumerate(clients)
        ]
        await asyncio.gather(*(one.look(looked, until, thinks=thinks) for one in people))
    finally:
        await asyncio.gather(*(client.aclose() for client in clients))
    return looked
