"""Hands over at a steady rate, and reads in the ledger when each message was taken."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psutil

from bench.notify.contestants import Contestant
from bench.notify.load import invent_asks
from schemas.partners import PartnerRecorded

_TICK_S = 0.02


@dataclass
class Round:
    """What came of one load. Times are in seconds."""

    due: dict[UUID, float]
    """By message, when the message was due to be handed over, whatever the contestant did."""
    taken: Counter[UUID] = field(default_factory=Counter)
    first_taken: dict[UUID, float] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)
    """By process, how many cores it used."""

    @property
    def missing(self) -> int:
        return len(self.due) - len(self.first_taken)

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.taken.values())

    @property
    def per_second(self) -> float:
        return len(self.first_taken) / (self.last_taken - min(self.due.values()))

    @property
    def last_taken(self) -> float:
        return max(self.first_taken.values())

    def latency(self, share: float) -> float:
        """The latency within which this share of the messages was taken; infinite where they were not."""
        waits = sorted(self.first_taken.get(message_id, float("inf")) - due for message_id, due in self.due.items())
        return waits[min(len(waits) - 1, int(len(waits) * share))]


class Ledger:
    """The file that the receivers write, read from where the last round ended."""

    def __init__(self, path: Path) -> None:
        self._path, self._read_up_to = path, 0

    def read(self) -> list[tuple[float, UUID]]:
        """What is new: (when, which)."""
        with self._path.open() as file:
            file.seek(self._read_up_to)
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        self._read_up_to += len(whole)
        lines = (line.split("\t") for line in whole.splitlines())
        return [(float(at), UUID(message_id)) for at, message_id in lines]


@dataclass
class Measure:
    """Runs rounds."""

    ledger: Ledger
    partners: Sequence[PartnerRecorded]
    chance: random.Random
    watched: dict[str, int]
    """By name, the process ids besides the contestant's own whose work is counted."""

    async def at_rate(self, contestant: Contestant, rate: float, seconds: float, patience: float) -> Round:
        """An open loop: so many messages a second, whatever becomes of them."""
        asks = invent_asks(self.partners, int(rate * seconds), self.chance)
        begun, begun_at = self._work_of(contestant), time.time()
        result = Round({ask.message_id: begun_at + number / rate for number, ask in enumerate(asks)})
        handing_over: set[asyncio.Task[None]] = set()
        handed = 0
        while handed < len(asks):
            await asyncio.sleep(_TICK_S)
            due = min(len(asks), int((time.time() - begun_at) * rate) + 1)
            if due > handed:
                handing_over.add(asyncio.create_task(contestant.hand_over(asks[handed:due])))
            handed = due
        await asyncio.gather(*handing_over)
        return await self._finish(contestant, result, begun, begun_at, patience)

    async def all_at_once(self, contestant: Contestant, count: int, patience: float) -> Round:
        """The ceiling: handed over as fast as it is taken, and then drained."""
        asks = invent_asks(self.partners, count, self.chance)
        begun, begun_at = self._work_of(contestant), time.time()
        result = Round(dict.fromkeys((ask.message_id for ask in asks), begun_at))
        for start in range(0, count, 500):
            await contestant.hand_over(asks[start : start + 500])
        return await self._finish(contestant, result, begun, begun_at, patience)

    async def _finish(
        self, contestant: Contestant, result: Round, begun: dict[str, float], begun_at: float, patience: float
    ) -> Round:
        until = time.monotonic() + patience
        while True:
            for at, message_id in self.ledger.read():
                if message_id in result.due:
                    result.taken[message_id] += 1
                    result.first_taken.setdefault(message_id, at)
            if not result.missing or time.monotonic() > until:
                break
            await asyncio.sleep(0.2)
        took = time.time() - begun_at
        result.cores = {name: (work - begun[name]) / took for name, work in self._work_of(contestant).items()}
        return result

    def _work_of(self, contestant: Contestant) -> dict[str, float]:
        own = {f"{contestant.name} {number}": one.pid for number, one in enumerate(contestant.processes, start=1)}
        work = {name: _work_of_tree(pid) for name, pid in (self.watched | own).items()}
        return work | {"load": time.process_time()}


def _work_of_tree(pid: int) -> float:
    main = psutil.Process(pid)
    times = [one.cpu_times() for one in (main, *main.children(recursive=True)) if one.is_running()]
    return float(sum(one.user + one.system for one in times))
