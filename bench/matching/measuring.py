"""One engine in a process of its own: it takes the nation in, then is asked, round by round."""

import gc
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection
from random import Random

import psutil

from bench.matching.engines import DirectoryEngine, Engine
from bench.matching.gin import running_gin
from bench.matching.homes import homes
from bench.matching.needs import invent_needs
from bench.matching.partners import NOW, invent_partner, invent_partners, invent_record
from bench.matching.scan import ScanEngine
from bench.matching.tree import TreeEngine
from services.matcher.directory.index import IndexedDirectory
from services.matcher.directory.plain import PlainDirectory
from services.matcher.domain.eligible import Asked
from services.matcher.policy import load_policy

MOST = 20
UPDATE_SECONDS = 20.0
LOOP_LOOKS = 2_000_000
"""A plain loop looks at so many partners for each measurement: at a million of them a need takes it half a minute."""
ENGINES = ("ours", "loop", "numpy", "postgresql", "strtree")


@dataclass(frozen=True)
class Task:
    """What an engine is given. The same seed is the same nation and the same needs."""

    engine: str
    partners: int
    needs: int
    updates: int
    seed: int


@dataclass(frozen=True)
class Built:
    """What it took until the first need could be asked, without the inventing; memory in bytes."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Answer:
    """What was found for one need, in a form that can be compared."""

    hits: int
    digest: str
    """Of the ids of all that may be asked."""
    scores: tuple[float, ...]
    """Of the best; none where the engine does not rank."""


class Order(Enum):
    """What an engine's process is told to do; it sends back what came of it."""

    ANSWER = auto()
    """`Answer` by need."""
    TIME_NEEDS = auto()
    """Seconds by need."""
    TIME_UPDATES = auto()
    """Seconds by update."""
    STOP = auto()


@asynccontextmanager
async def open_engine(name: str) -> AsyncIterator[Engine]:
    """The engine, empty."""
    policy = load_policy().ranking
    match name:
        case "ours":
            yield DirectoryEngine(IndexedDirectory(policy))
        case "loop":
            yield DirectoryEngine(PlainDirectory(policy))
        case "numpy":
            yield ScanEngine(policy)
        case "strtree":
            yield TreeEngine(policy)
        case "postgresql":
            async with running_gin(policy) as engine:
                yield engine
        case _:
            raise ValueError(f"there is no engine {name}; the engines are {', '.join(ENGINES)}")


async def build(engine: Engine, task: Task) -> Built:
    """Puts all partners, one at a time as from the topic."""
    before, seconds = _own_memory(), 0.0
    for partner in invent_partners(task.partners, task.seed):
        record = invent_record(partner)
        started = time.perf_counter()
        await engine.put(partner, record)
        seconds += time.perf_counter() - started
    started = time.perf_counter()
    await engine.settle()
    seconds += time.perf_counter() - started
    stored = await engine.stored_bytes()
    return Built(seconds, _own_memory() - before if stored is None else stored)


def ask_for(task: Task) -> list[Asked]:
    """The needs that this engine is asked about: the first few where each takes a plain loop seconds."""
    count = min(task.needs, max(2, LOOP_LOOKS // task.partners)) if task.engine == "loop" else task.needs
    return [Asked(terms, terms.items, NOW) for terms in invent_needs(count, task.seed)]


async def answer(engine: Engine, asked: Sequence[Asked]) -> list[Answer]:
    """What it finds for each need, to be compared with others."""
    answers = []
    for one in asked:
        ids = sorted(partner_id.bytes for partner_id in await engine.find_all(one))
        best = await engine.find(one, MOST) if engine.ranks else []
        digest = hashlib.sha256(b"".join(ids)).hexdigest()
        answers.append(Answer(len(ids), digest, tuple(score for _, score in best)))
    return answers


async def time_needs(engine: Engine, asked: Sequence[Asked]) -> list[float]:
    """Seconds for each need."""
    took = []
    for one in asked:
        started = time.perf_counter()
        await engine.find(one, MOST)
        took.append(time.perf_counter() - started)
    return took


async def time_updates(engine: Engine, task: Task) -> list[float]:
    """Seconds for each of so many partners, by chance, that change; where that takes too long, of the first of them."""
    random, took = Random(task.seed), list[float]()
    for _ in range(task.updates):
        number = random.randrange(task.partners)
        record = invent_record(invent_partner(number, task.seed))
        partner = invent_partner(number, task.seed, version=1)
        started = time.perf_counter()
        await engine.put(partner, record)
        if sum(took) <= UPDATE_SECONDS:
            await engine.settle()
            took.append(time.perf_counter() - started)
    # All engines know the same in the end.
    await engine.settle()
    return took


def _own_memory() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


async def serve(task: Task, orders: Connection) -> None:
    """Builds, says what that took, then does what it is told until it is told to stop."""
    # What inventing needs is there before memory is looked at.
    homes()
    async with open_engine(task.engine) as engine:
        orders.send(await build(engine, task))
        asked = ask_for(task)
        while (order := orders.recv()) is not Order.STOP:
            match order:
                case Order.ANSWER:
                    orders.send(await answer(engine, asked))
                case Order.TIME_NEEDS:
                    orders.send(await time_needs(engine, asked))
                case Order.TIME_UPDATES:
                    orders.send(await time_updates(engine, task))
