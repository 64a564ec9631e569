"""The pipeline at work, as a process of its own: `python -m bench.portal.beside`, started by the bench.

Needs come in by the API at a steady rate; each is routed, partners are emailed, and the first who gets the email opens
the link and says yes.
"""

import argparse
import asyncio
import random
from collections.abc import Coroutine
from itertools import count
from uuid import UUID

import httpx

from bench.portal.town import need_body
from switchboard.people import Person, ids_in, link_in


class Pipeline:
    """Enters needs, and answers the first offer of each."""

    def __init__(self, given: argparse.Namespace, client: httpx.AsyncClient) -> None:
        self._given, self._client = given, client
        self._chance = random.Random(7)
        self._entered: set[UUID] = set()
        self._answered: set[UUID] = set()
        self._doing: set[asyncio.Task[None]] = set()

    async def enter(self) -> None:
        """An open loop: one every 1/rate seconds, whatever becomes of them."""
        began = asyncio.get_running_loop().time()
        for number in count():
            await asyncio.sleep(max(0.0, began + number / self._given.rate - asyncio.get_running_loop().time()))
            self._do(self._enter_one())

    async def answer(self) -> None:
        """Follows the mail as it goes out."""
        newest = await self._client.get(f"{self._given.sinks}/api/emails")
        after = max((message["number"] for message in newest.json()["messages"]), default=0)
        while True:
            answer = await self._client.get(f"{self._given.sinks}/api/stream", params={"after": after, "wait": 1})
            for message in answer.json()["messages"]:
                after = max(after, message["number"])
                if link := link_in(message.get("text", "")):
                    self._do(self._say_yes(link))

    async def _enter_one(self) -> None:
        site_id = UUID(self._chance.choice(self._given.sites))
        answer = await self._client.post(f"{self._given.portal}/v1/needs", json=need_body(site_id, self._chance))
        answer.raise_for_status()
        self._entered.add(UUID(answer.json()["need_id"]))

    async def _say_yes(self, link: str) -> None:
        need_id, _ = ids_in(link)
        if need_id not in self._entered or need_id in self._answered:
            return
        self._answered.add(need_id)
        async with Person() as volunteer:
            await volunteer.send(link, "/accept")

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    def say(self) -> str:
        """How much went through."""
        return f"{len(self._entered)} needs entered, {len(self._answered)} answered"


async def main(given: argparse.Namespace) -> None:
    headers = {"Authorization": f"Bearer {given.key}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        pipeline = Pipeline(given, client)
        try:
            async with asyncio.timeout(given.seconds), asyncio.TaskGroup() as group:
                group.create_task(pipeline.enter())
                group.create_task(pipeline.answer())
        except TimeoutError:
            print(pipeline.say(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--portal", "--sinks", "--key"):
        parser.add_argument(name, required=True)
    parser.add_argument("--sites", nargs="+", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asyncio.run(main(parser.parse_args()))
