"""A storm by seed: which fault strikes when, how long it lasts, and what it took to recover."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time
from typing import TypeAlias

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from bench.faults.checker import check
from bench.faults.disk import refuse_writes
from bench.faults.evidence import Evidence, Findings, gather
from bench.faults.neighbours import invent, quiet_hours
from bench.faults.people import Town
from bench.faults.place import Place, count_in_flight, running_place, terminate_backends
from bench.faults.poison import Planted, Poison, plant
from bench.faults.providers import MailMood, TextMood
from bench.faults.proxy import Weather
from schemas.topics import TOPICS
from services.notifier.domain.quiet_hours import QuietHours
from switchboard.processes import ChildProcess, ProcessError
from switchboard.reading import read_to_end

_NEED_EVERY_S = 0.6
_SETTLED_WITHIN_S = 420.0


@dataclass
class Strike:
    """One fault: when it struck, how many needs had not ended then, how many processes it killed."""

    fault: str
    at: float
    in_flight: int
    kills: int = 0


@dataclass
class Report:
    """What came of a storm."""

    seed: int
    strikes: list[Strike]
    evidence: Evidence
    first_told: dict[float, float]
    """By when a need was acknowledged, when the first partner was told of it."""
    broken: dict[str, Findings]


@dataclass
class Storm:
    """One seed's faults, in a place, among people."""

    place: Place
    town: Town
    chance: random.Random
    quiet: QuietHours
    in_flight: int = 0
    """Needs that had not ended when the matcher's database last said so."""
    strikes: list[Strike] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """Copies of services that ended by themselves."""
    planted: list[Planted] = field(default_factory=list)

    async def strike(self, fault: str) -> None:
        """Lets one fault happen, and mends what it broke."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.in_flight = await asyncio.wait_for(count_in_flight(self.place), 1)
        strike = Strike(fault, time(), self.in_flight)
        self.strikes.append(strike)
        strike.kills = await FAULTS[fault](self)

    async def kill(self, *victims: ChildProcess) -> int:
        """SIGKILL to all at once; they are started again a moment later. Returns how many there were to kill."""
        self.note_ended()
        alive = [victim for victim in victims if victim.running]
        for victim in alive:
            victim.kill()
        await asyncio.sleep(self.chance.uniform(0, 1))
        for victim in victims:
            if not victim.running:
                victim.start()
        return len(alive)

    def note_ended(self) -> None:
        """Writes down which copies are not running, though nobody killed them."""
        self.ended += [copy.name for copy in self.place.processes if not copy.running]

    async def kill_copy(self) -> int:
        """One copy of a service, at any moment of its life."""
        return await self.kill(self.chance.choice(self.place.processes))

    async def kill_service(self) -> int:
        """All copies of a service at once."""
        return await self.kill(*self.chance.choice(list(self.place.services.values())))

    async def cut_power(self) -> int:
        """All services at once."""
        return await self.kill(*self.place.processes)

    async def kill_broker(self) -> int:
        """Kafka."""
        return await self.kill(self.place.kafka)

    async def kill_database(self) -> int:
        """PostgreSQL."""
        return await self.kill(self.place.postgres)

    async def fail_over(self) -> int:
        """Every session of the services is ended by the database."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await terminate_backends(self.place)
        return 0

    async def pause(self) -> int:
        """SIGSTOP, for longer or shorter than a session lasts; a copy, the broker or the database."""
        victim = self.chance.choice([*self.place.processes, self.place.kafka, self.place.postgres])
        with suppress(psutil.NoSuchProcess, ProcessError):
            victim.pause()
            await asyncio.sleep(self.chance.choice([1, 3, 9]))
            victim.resume()
        return 0

    async def disturb_network(self) -> int:
        """One way between two parts is cut, reset, half closed, silent, slow or thin."""
        way = self.chance.choice(sorted(self.place.ways.ports))
        self.place.ways.change(way, self.chance.choice([weather for weather in Weather if weather is not Weather.FAIR]))
        await asyncio.sleep(self.chance.choice([0.5, 2, 6]))
        self.place.ways.change(way, Weather.FAIR)
        return 0

    async def fill_disk(self) -> int:
        """The kernel refuses each write that would make a file of the broker or the database longer."""
        victim = self.chance.choice([self.place.kafka, self.place.postgres])
        refuse_writes(victim)
        await asyncio.sleep(self.chance.choice([1, 3]))
        # Whoever lived through it may go on; a new start finds room.
        killed = await self.kill(victim)
        with suppress(ProcessError):
            await victim.wait_ready(30)
        return killed

    async def upset_mail(self) -> int:
        """The mail server is slow to answer, refuses, or says nothing after it took a mail."""
        self.place.mail.mood = self.chance.choice([mood for mood in MailMood if mood is not MailMood.WELL])
        await asyncio.sleep(self.chance.uniform(2, 5))
        self.place.mail.mood = MailMood.WELL
        return 0

    async def upset_texts(self) -> int:
        """The texting API has too many, fails before or after it took a text, or says nothing."""
        self.place.texts.mood = self.chance.choice([mood for mood in TextMood if mood is not TextMood.WELL])
        await asyncio.sleep(self.chance.uniform(2, 5))
        self.place.texts.mood = TextMood.WELL
        return 0

    async def turn_clock(self) -> int:
        """A copy's clock jumps by minutes, and back."""
        clock = self.place.clocks[self.chance.choice(sorted(self.place.clocks))]
        clock.turn(self.chance.choice([-1500, -60, 60, 1500]))
        await asyncio.sleep(self.chance.uniform(1, 4))
        clock.turn(0)
        return 0

    async def poison(self) -> int:
        """Records that nobody of ours would write, on one topic after the other."""
        before = sum(strike.fault == "poison" for strike in self.strikes)
        topic = TOPICS[(self.town.seed + before) % len(TOPICS)]
        seen = []
        with suppress(KafkaError, OSError):
            number = self.chance.randrange(topic.partitions)
            seen = [record async for record in read_to_end(self.place.kafka.bootstrap_servers, [(topic.name, number)])]
            ours = {(one.topic.name, one.partition, one.offset) for one in self.planted}
            seen = [one for one in seen if one.headers and (one.topic, one.partition, one.offset) not in ours]
        for poison in self.chance.sample(list(Poison), 3):
            planted = await plant(self.place.kafka.bootstrap_servers, topic, poison, self.chance, seen)
            if planted is not None:
                self.planted.append(planted)
        return 0

    async def rebalance(self) -> int:
        """A stranger joins a group, and leaves."""
        service = self.chance.choice(sorted(self.place.services))
        topics = [topic.name for topic in TOPICS if service in topic.consumers]
        stranger = AIOKafkaConsumer(
            *topics, bootstrap_servers=self.place.kafka.bootstrap_servers, group_id=service, enable_auto_commit=False
        )
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(8):
                await stranger.start()
                await asyncio.sleep(self.chance.uniform(0, 1))
        await stranger.stop()
        return 0

    async def deploy(self) -> int:
        """SIGTERM and start, a copy after the other."""
        self.note_ended()
        for copy in self.chance.choice(list(self.place.services.values())):
            await copy.stop()
            copy.start()
            with suppress(ProcessError):
                await copy.wait_ready(30)
        return 0


FAULTS: Mapping[str, Callable[[Storm], Awaitable[int]]] = {
    "a copy killed": Storm.kill_copy,
    "a service killed": Storm.kill_service,
    "power cut": Storm.cut_power,
    "Kafka killed": Storm.kill_broker,
    "PostgreSQL killed": Storm.kill_database,
    "database sessions ended": Storm.fail_over,
    "a part paused": Storm.pause,
    "network": Storm.disturb_network,
    "disk full": Storm.fill_disk,
    "mail server": Storm.upset_mail,
    "texting API": Storm.upset_texts,
    "clock jumps": Storm.turn_clock,
    "poison": Storm.poison,
    "rebalance": Storm.rebalance,
    "deploy": Storm.deploy,
}
Times: TypeAlias = Mapping[str, int]
"""How often each fault strikes."""
SHORT: Times = {**dict.fromkeys(FAULTS, 1), "a copy killed": 6}
LONG: Times = {
    **dict.fromkeys(FAULTS, 6),
    "a copy killed": 110,
    "a service killed": 40,
    "power cut": 20,
    "Kafka killed": 20,
    "PostgreSQL killed": 30,
    "disk full": 4,
}


def plan(times: Times, chance: random.Random) -> list[tuple[str, float]]:
    """Each fault as often as asked, in an order of its own, with the pause after it in seconds."""
    order = [fault for fault, count in times.items() for _ in range(count)]
    chance.shuffle(order)
    return [(fault, chance.choice([0.2, 1, 3, 5])) for fault in order]


@asynccontextmanager
async def running_storm(folder: Path, seed: int, lead: tuple[float, float] = (70, 100)) -> AsyncIterator[Storm]:
    """A place and its people under load, until the block ends."""
    quiet = quiet_hours(datetime.now(UTC))
    async with running_place(folder, random.Random(f"{seed} place"), quiet) as place:
        town = Town(place, seed, invent(seed), lead)
        await town.register()
        reacting = asyncio.create_task(town.react())
        try:
            yield Storm(place, town, random.Random(f"{seed} storm"), quiet)
        finally:
            reacting.cancel()
            await asyncio.gather(reacting, return_exceptions=True)
            await town.leave()


async def run_storm(folder: Path, seed: int, times: Times, tell: Callable[[str], None]) -> Report:
    """The whole of it: load, faults, calm, and what the checker finds."""
    async with running_storm(folder, seed) as storm:
        over = asyncio.Event()
        entering = asyncio.create_task(storm.town.enter_needs(_NEED_EVERY_S, over))
        await asyncio.sleep(3)
        for number, (fault, pause) in enumerate(plan(times, storm.chance)):
            if number % 10 == 0:
                tell(f"seed {seed}: {number} strikes, {len(storm.town.needs)} needs")
            await storm.strike(fault)
            await asyncio.sleep(pause)
        over.set()
        await entering
        return await settle(storm, tell)


async def settle(storm: Storm, tell: Callable[[str], None]) -> Report:
    """Waits for the calm after the storm, and checks. What has not settled in time is found as it is."""
    storm.note_ended()
    await storm.place.calm(60)
    deadline = monotonic() + _SETTLED_WITHIN_S
    while True:
        evidence = await gather(storm.place, storm.town, storm.planted)
        broken = check(evidence, storm.quiet)
        if not broken or monotonic() > deadline:
            break
        tell(f"settling: {', '.join(f'{promise} ({len(found)})' for promise, found in broken.items())}")
        await asyncio.sleep(3)
    if storm.ended:
        broken["services stay up"] = storm.ended
    first_told = {
        need.at: storm.town.first_told[need.need_id]
        for need in storm.town.needs.values()
        if need.need_id in storm.town.first_told
    }
    return Report(storm.town.seed, storm.strikes, evidence, first_told, broken)
