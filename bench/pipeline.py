"""How fast a need becomes an email: `python -m bench.pipeline`.

Starts the whole system as `make up` does, with 200 partners, and measures from outside: from the moment the API is
called to the moment the mail sink has taken the first offer's email.
"""

import argparse
import asyncio
import base64
import re
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

import httpx
import psutil

from bench.machine import describe_machine
from switchboard.local.folders import claimed_run_folder
from switchboard.processes import HttpProcess
from switchboard.up import RunningSwitchboard, running_switchboard

PARTNERS = 200
_OFFER_LINK = re.compile(r"/o/([A-Za-z0-9_-]{60,})")


@dataclass
class Load:
    """What was sent and what came out, by need, in seconds of one clock."""

    posted: dict[UUID, float] = field(default_factory=dict)
    accepted: dict[UUID, float] = field(default_factory=dict)
    messages: int = 0
    last_message: float = 0.0

    def latencies(self) -> list[float]:
        return sorted(self.accepted[need] - self.posted[need] for need in self.accepted.keys() & self.posted.keys())


class Bench:
    """The system from outside: its API on one side, its mail sink on the other."""

    def __init__(self, run: RunningSwitchboard, client: httpx.AsyncClient) -> None:
        self.run, self.client, self.load = run, client, Load()
        self._numbers = count(1)
        self._noted = asyncio.Condition()

    async def register_partners(self) -> None:
        await asyncio.gather(*(self._register_partner(number) for number in range(PARTNERS)))

    async def _register_partner(self, number: int) -> None:
        answer = await self.client.put(
            f"{self.run.public_url}/v1/partners/{uuid4()}",
            json={
                "name": f"Bench Partner {number}",
                "kind": "nonprofit",
                "services": [
                    {
                        "service_id": str(uuid4()),
                        "categories": ["food", "beds", "clothing"],
                        "area": {"kind": "nation"},
                        "zip_code": "11201",
                    }
                ],
                "contacts": [
                    {
                        "contact_id": str(uuid4()),
                        "name": f"Partner {number}",
                        "email": f"partner{number}@example.org",
                        "channels": ["email"],
                        "urgent_at_night": True,
                    }
                ],
                "messages_per_week": 200,
                "open_offers": 100,
            },
        )
        answer.raise_for_status()

    async def post_need(self) -> None:
        started = time.time()
        answer = await self.client.post(
            f"{self.run.public_url}/v1/needs",
            headers={"Idempotency-Key": str(uuid4())},
            json={
                "items": [{"code": "food.box", "quantity": 1 + next(self._numbers) % 3}],
                "zip_code": "11201",
                "urgency": "this_week",
                "consent": {"kind": "spoken"},
                "family": {"name": "Bench Family", "phone": "+17185550100", "channels": ["text"]},
            },
        )
        answer.raise_for_status()
        self.load.posted[UUID(answer.json()["need_id"])] = started

    async def watch_mail(self, stop: asyncio.Event) -> None:
        sinks = self.run.sinks
        assert sinks is not None
        after = 0
        while not stop.is_set():
            answer = await self.client.get(f"{sinks.url}/api/stream", params={"after": after, "wait": 1})
            for message in answer.json()["messages"]:
                after = max(after, message["number"])
                self._note(message)
            async with self._noted:
                self._noted.notify_all()

    def _note(self, message: dict[str, str]) -> None:
        self.load.messages += 1
        received = datetime.fromisoformat(message["received_at"]).astimezone(UTC).timestamp()
        self.load.last_message = max(self.load.last_message, received)
        if link := _OFFER_LINK.search(message.get("text", "")):
            raw = base64.urlsafe_b64decode(link[1] + "=" * (-len(link[1]) % 4))
            self.load.accepted.setdefault(UUID(bytes=raw[5:21]), received)

    async def all_accepted(self, within: float) -> None:
        async with asyncio.timeout(within), self._noted:
            await self._noted.wait_for(lambda: not self.load.posted.keys() - self.load.accepted.keys())

    async def steady(self, rate: float, seconds: float) -> Load:
        """An open loop: a need every 1/rate seconds, whatever the answers do."""
        self.load = Load()
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
                group.create_task(self.post_need())
        await self.all_accepted(60)
        return self.load

    async def saturated(self, needs: int, at_once: int) -> Load:
        """A closed loop: as fast as `at_once` callers get answers."""
        self.load = Load()
        gate = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with gate:
                await self.post_need()

        await asyncio.gather(*(one() for _ in range(needs)))
        await self.all_accepted(300)
        return self.load


@asynccontextmanager
async def running_bench() -> AsyncIterator[Bench]:
    with claimed_run_folder("bench", fresh=True) as folder:
        async with running_switchboard(folder, {"QUIET_HOURS": "off", "OFFER_WINDOW_MINUTES": "0"}) as run:
            headers = {"Authorization": f"Bearer {run.api_key}"}
            limits = httpx.Limits(max_connections=64)
            async with httpx.AsyncClient(headers=headers, timeout=60, limits=limits) as client:
                bench, stop = Bench(run, client), asyncio.Event()
                await bench.register_partners()
                watching = asyncio.create_task(bench.watch_mail(stop))
                try:
                    yield bench
                finally:
                    stop.set()
                    await watching


def percentile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def memory_of(process: HttpProcess) -> float:
    main = psutil.Process(process.pid)
    return float(sum(one.memory_info().rss for one in [main, *main.children(recursive=True)])) / 2**20


async def measure(rate: float, seconds: float, needs: int, rounds: int) -> None:
    print(describe_machine())
    async with running_bench() as bench:
        await bench.steady(5, 5)
        rows = [(await bench.steady(rate, seconds)).latencies() for _ in range(rounds)]
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            figures = sorted(1000 * percentile(row, share) for row in rows)
            print(
                f"need posted -> first email taken, {rate:.0f} needs/s, {name}: "
                f"median {statistics.median(figures):.0f} ms "
                f"(min {figures[0]:.0f}, max {figures[-1]:.0f}, {rounds} rounds of {int(rate * seconds)} needs)"
            )
        rates = []
        for _ in range(rounds):
            load = await bench.saturated(needs, 16)
            took = load.last_message - min(load.posted.values())
            rates.append((len(load.posted) / took, load.messages / took))
        for name, position in (("needs/s", 0), ("messages/s", 1)):
            figures = sorted(rate[position] for rate in rates)
            print(
                f"saturated, {name}: median {statistics.median(figures):.0f} "
                f"(min {figures[0]:.0f}, max {figures[-1]:.0f}, {rounds} rounds of {needs} needs, 16 callers)"
            )
        for process in bench.run.processes:
            print(f"memory of {process.name}: {memory_of(process):.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--needs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(measure(given.rate, given.seconds, given.needs, given.rounds))


if __name__ == "__main__":
    main()
