"""`python -m bench.portal`: how soon pages come while 100 people look at them, alone and beside the pipeline.

Starts the whole system as `make up` does, with 2,000 partners and 20 schools. Users are coordinators, partners,
families and teachers; each reads for one to three seconds, listening to what keeps the page up to date, then goes on.
The same with nobody reading is a closed loop: what can be served at most. Users, pipeline and all services share the
machine's cores.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import psutil

from bench.machine import describe_machine
from bench.pipeline import percentile
from bench.portal.town import SITES, Founder, Town
from bench.portal.users import THINKS_S, Looked, look_around
from bench.portal.weighing import weigh
from switchboard.local.folders import claimed_run_folder
from switchboard.up import RunningSwitchboard, running_switchboard

SEED, _BEFORE_S = 20261126, 4.0
_WAYS = ("alone", "beside the pipeline")
_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


@dataclass
class Round:
    """What one round found."""

    looked: Looked
    seconds: float
    cores: dict[str, float]


@dataclass
class Arena:
    """What runs, and who looks at it."""

    run: RunningSwitchboard
    town: Town
    given: argparse.Namespace
    chance: random.Random

    async def play(self, way: str, *, thinks: bool) -> Round:
        """One round, with the pipeline beside it or not."""
        seconds = self.given.seconds if thinks else self.given.closed_seconds
        async with self._beside(seconds) if way == _WAYS[1] else _nothing():
            worked, began = self._work(), time.monotonic()
            looked = await look_around(
                self.run.public_url, self.town, self.given.users, seconds, self.chance, thinks=thinks
            )
            took = time.monotonic() - began
            return Round(looked, took, {name: (now - worked[name]) / took for name, now in self._work().items()})

    @asynccontextmanager
    async def _beside(self, seconds: float) -> AsyncIterator[None]:
        """The pipeline at work, from some seconds before until the block ends."""
        sinks, given = self.run.sinks, self.given
        assert sinks is not None
        arguments = ["--portal", self.run.public_url, "--sinks", sinks.url, "--key", self.run.api_key]
        arguments += [
            "--rate",
            str(given.rate),
            "--seconds",
            str(seconds + 2 * _BEFORE_S),
            "--sites",
            *map(str, self.town.sites),
        ]
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.portal.beside", *arguments)
        await asyncio.sleep(_BEFORE_S)
        yield
        await process.wait()

    def _work(self) -> dict[str, float]:
        """Seconds of work so far, by what did it."""
        parts, run = self.run.parts, self.run
        pids = {"intake": run.intake.pid, "matcher": run.matcher.pid, "notifier": run.notifier.pid}
        if parts.postgres is not None:
            pids["postgresql"] = parts.postgres.pid
        return {name: _work_of(pid) for name, pid in pids.items()} | {"users": time.process_time()}


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


async def measure(given: argparse.Namespace) -> None:
    """Everything, in order."""
    print(f"{describe_machine('fastapi', 'jinja2')}; load {os.getloadavg()[0]:.1f} before anything began")
    chance = random.Random(SEED)
    with claimed_run_folder("bench-portal", fresh=True) as folder:
        named = {"QUIET_HOURS": "off", "OFFER_WINDOW_MINUTES": "0", "LOG_LEVEL": "WARNING"}
        async with running_switchboard(folder, named) as run:
            headers = {"Authorization": f"Bearer {run.api_key}"}
            async with httpx.AsyncClient(headers=headers, timeout=60) as client:
                town = await Founder(run, client, chance).found(given.partners)
            arena = Arena(run, town, given, chance)
            await look_around(run.public_url, town, 10, 5, chance, thinks=False)
            rounds: dict[str, list[Round]] = {way: [] for way in _WAYS}
            closed: dict[str, list[Round]] = {way: [] for way in _WAYS}
            for _ in range(given.rounds):
                for way in _WAYS:
                    rounds[way].append(await arena.play(way, thinks=True))
                    closed[way].append(await arena.play(way, thinks=False))
            _tell(given, rounds, closed)
            _tell_weights(await weigh(run.public_url, town))


def _tell(given: argparse.Namespace, rounds: dict[str, list[Round]], closed: dict[str, list[Round]]) -> None:
    reading, rounds_of = "{:.0f} to {:.0f} s".format(*THINKS_S), f"{given.rounds} rounds of {given.seconds:.0f} s"
    print(f"\n{given.users} users who read for {reading}; {given.partners} partners, {SITES} schools")
    print(f"beside: {given.rate:g} needs/s entered, routed, offered and answered; {rounds_of}, in turn")
    print("ms from the request to the whole page: median of the rounds (least, most)\n")
    print("| page | looks " + "".join(f"| {way}: {name} " for way in _WAYS for name, _ in _SHARES) + "|")
    print("| --- " * (2 + len(_WAYS) * len(_SHARES)) + "|")
    for page in ("all", *sorted(rounds[_WAYS[0]][0].looked.seconds)):
        looks = sum(len(_seconds(one, page)) for way in _WAYS for one in rounds[way])
        cells = [
            _spread([1000 * _share(one, page, share) for one in rounds[way]]) for way in _WAYS for _, share in _SHARES
        ]
        print(f"| {page} | {looks} | " + " | ".join(cells) + " |")
    for way in _WAYS:
        paces = [len(one.looked.all()) / one.seconds for one in rounds[way]]
        most = [len(one.looked.all()) / one.seconds for one in closed[way]]
        waits = [1000 * percentile(one.looked.all(), 0.95) for one in closed[way]]
        cores = {name: statistics.median(one.cores[name] for one in rounds[way]) for name in rounds[way][0].cores}
        print(f"\n{way}: {_spread(paces)} pages a second; {_failed(rounds[way])}; cores: {_name(cores)}")
        print(f"    nobody reading: {_spread(most)} pages a second, p95 {_spread(waits)} ms; {_failed(closed[way])}")


def _failed(rounds: list[Round]) -> str:
    failed = sum((one.looked.failed for one in rounds), Counter[str]())
    return f"not answered: {dict(failed) or 0}"


def _name(cores: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in cores.items())


def _tell_weights(weights: dict[str, tuple[int, int]]) -> None:
    print("\n| page | kB on the first visit | of which the page itself |\n| --- | --- | --- |")
    for page, (first, itself) in weights.items():
        print(f"| {page} | {first / 1000:.1f} | {itself / 1000:.1f} |")


def _seconds(one: Round, page: str) -> Sequence[float]:
    return one.looked.all() if page == "all" else sorted(one.looked.seconds.get(page, []))


def _share(one: Round, page: str, share: float) -> float:
    seconds = _seconds(one, page)
    return percentile(seconds, share) if seconds else float("nan")


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f}, {max(values):.0f})"


def _work_of(pid: int) -> float:
    main = psutil.Process(pid)
    times = [one.cpu_times() for one in (main, *main.children(recursive=True)) if one.is_running()]
    return float(sum(one.user + one.system for one in times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--partners", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=2, help="needs a second, beside")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--closed-seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
