"""How the invented people answer: at once, late, in part, or not at all; by seed, not by chance."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Self
from uuid import UUID

import httpx

from services.runtime.logs import get_logger
from switchboard.demo.city import SEED
from switchboard.people import Message, Person, ids_in, link_in, text

_OFFER_NUMBER = re.compile(r"(?:YES|SI) (\d{2,4})\b")
_REFERENCE = re.compile(r"(?:YES|SI) (\d{6})\b")
_AWARDED = re.compile(r"You are taking|what comes next|Usted se encarga|lo que sigue", re.IGNORECASE)

_log = get_logger(__name__)


class Temper(StrEnum):
    """What somebody does with an offer."""

    YES = auto()
    LATE_YES = auto()
    PART = auto()
    NO = auto()
    SILENT = auto()


class Promise(StrEnum):
    """What somebody does after the award."""

    KEPT = auto()
    HANDED_BACK = auto()
    FORGOTTEN = auto()


_TEMPERS = [Temper.YES] * 4 + [Temper.LATE_YES] * 2 + [Temper.PART] + [Temper.NO] * 2 + [Temper.SILENT] * 3
_PROMISES = [Promise.KEPT] * 10 + [Promise.HANDED_BACK, Promise.FORGOTTEN]
_FIRST_PROMISES = (Promise.HANDED_BACK, Promise.FORGOTTEN)
"""Of the first two awards, so that both are seen whatever the seed makes of the others."""


@dataclass
class Answers:
    """Inside its block: reads what the sinks take, and answers as the person it went to."""

    sinks_url: str
    client: httpx.AsyncClient
    first_message: dict[UUID, str] = field(default_factory=dict)
    """By need, when its first message was taken (ISO 8601)."""
    messages: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, UUID]] = field(default_factory=set)
    _family_said_no: bool = False
    _first_promises: list[Promise] = field(default_factory=lambda: list(_FIRST_PROMISES))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._begin(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        after = 0
        while True:
            answer = await self.client.get(f"{self.sinks_url}/api/stream", params={"after": after, "wait": 5})
            for message in answer.json()["messages"]:
                after = message["number"]
                if not message["incoming"]:
                    self.messages[message["kind"]] += 1
                    self._take(message)

    def _take(self, message: Message) -> None:
        link = link_in(message["text"])
        if link is not None:
            need_id, offer_id = ids_in(link)
            self.first_message.setdefault(need_id, message["received_at"])
            kind = "award" if _AWARDED.search(message["text"]) else "offer"
            if (kind, offer_id) not in self._seen:
                self._seen.add((kind, offer_id))
                self._begin(
                    self._answer_award(offer_id, link) if kind == "award" else self._answer(message, offer_id, link)
                )
        elif (reference := _REFERENCE.search(message["text"])) is not None:
            self._begin(self._answer_for_family(message["to"], reference[1]))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _carefully(work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except httpx.HTTPError as error:
            _log.warning("somebody gave up answering", error=type(error).__name__)

    async def _answer(self, message: Message, offer_id: UUID, link: str) -> None:
        chance = random.Random(f"{SEED} {offer_id}")  # noqa: S311 - by seed on purpose
        temper = chance.choice(_TEMPERS)
        if temper is Temper.SILENT:
            return
        # Whoever is quick is quick at the same second: races are what an award has to settle.
        await asyncio.sleep(1.0 if temper is not Temper.LATE_YES else chance.uniform(2.5, 6.0))
        self.answered[temper] += 1
        number = _OFFER_NUMBER.search(message["text"]) if message["kind"] == "text" else None
        if number is not None and temper is not Temper.PART:
            await text(
                self.sinks_url, self.client, message["to"], f"{'NO' if temper is Temper.NO else 'YES'} {number[1]}"
            )
            return
        async with Person() as person:
            if temper is Temper.NO:
                await person.send(link, "/decline", {"reason": "no_capacity"})
            elif temper is Temper.PART:
                lines = await person.lines(link, "/accept")
                await person.send(link, "/accept", {name: str(max(1, count // 2)) for name, count in lines.items()})
            else:
                await person.send(link, "/accept")

    async def _answer_award(self, offer_id: UUID, link: str) -> None:
        chance = random.Random(f"{SEED} award {offer_id}")  # noqa: S311 - by seed on purpose
        promise = self._first_promises.pop(0) if self._first_promises else chance.choice(_PROMISES)
        self.answered[promise] += 1
        if promise is Promise.FORGOTTEN:
            return
        async with Person() as person:
            await asyncio.sleep(chance.uniform(1, 3))
            if promise is Promise.HANDED_BACK:
                await person.send(link, "/release", {"reason": "no_longer_able"})
                return
            await person.send(link, "/contacted")
            await asyncio.sleep(chance.uniform(1, 3))
            await person.send(link, "/completed")

    async def _answer_for_family(self, phone: str, reference: str) -> None:
        chance = random.Random(f"{SEED} family {phone}")  # noqa: S311 - by seed on purpose
        if chance.random() < 0.15:  # noqa: PLR2004 - some never answer
            return
        await asyncio.sleep(chance.uniform(0.5, 2))
        says_no, self._family_said_no = not self._family_said_no, True
        await text(self.sinks_url, self.client, phone, f"{'NO' if says_no else 'SI'} {reference}")
