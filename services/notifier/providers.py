"""The providers that messages go by: how many each takes now, which one is chosen, and how well each is."""

import random
from asyncio import get_running_loop
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.vocabulary import Channel
from services.notifier import metrics
from services.notifier.domain import health as rules
from services.notifier.domain.buckets import Bucket, refill, take
from services.notifier.domain.choosing import Choice, Room, Wanted, choose
from services.notifier.domain.health import Health
from services.notifier.domain.sending import Attempt, fails_provider
from services.notifier.email import Mailer
from services.notifier.store import providers as store
from services.notifier.texts import Texter
from services.runtime.database import Connection, Pool, read_clock

_ANY = 1_000_000
"""Where nothing limits it."""


@dataclass(frozen=True)
class Provider:
    """Somebody who carries our messages. Rates are messages a second; None is no limit."""

    name: str
    carrier: Mailer | Texter
    weight: float = 1
    per_second: float | None = None
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    """What texts come from."""

    @property
    def channel(self) -> Channel:
        """What it carries."""
        return Channel.EMAIL if isinstance(self.carrier, Mailer) else Channel.TEXT

    def limits(self) -> dict[str, float]:
        """By bucket, how many messages a second it takes."""
        rates = {self.name: self.per_second} | {self._bucket(number): rate for number, rate in self.numbers.items()}
        return {name: rate for name, rate in rates.items() if rate is not None}

    def room(self, buckets: Mapping[str, Bucket], most: int | None) -> Room:
        """How much it takes, by what is in its buckets; at `most` so many, because of its health."""

        def left(bucket: str) -> int:
            return int(buckets[bucket].tokens) if bucket in buckets else _ANY

        numbers = tuple((number, left(self._bucket(number))) for number in self.numbers)
        return Room(self.name, self.channel, self.weight, min(left(self.name), _ANY if most is None else most), numbers)

    def spent(self, choice: Choice) -> list[str]:
        """The buckets that a message takes a token from."""
        return [self.name, *([self._bucket(choice.number)] if choice.number else [])]

    def _bucket(self, number: str) -> str:
        return f"{self.name} {number}"


class Providers:
    """All of them. Limits and pauses are shared by all notifiers; each has its own view of how well they are."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._health = {provider.name: Health() for provider in providers}
        self._paused: frozenset[str] = frozenset()
        self._limits = {name: rate for provider in providers for name, rate in provider.limits().items()}

    def __getitem__(self, name: str) -> Provider:
        """The provider of that name. Raises KeyError."""
        return self._providers[name]

    @property
    def texters(self) -> list[Texter]:
        """Those who carry texts."""
        return [one.carrier for one in self._providers.values() if isinstance(one.carrier, Texter)]

    async def close(self) -> None:
        """Says goodbye to all."""
        for provider in self._providers.values():
            if isinstance(provider.carrier, Mailer):
                await provider.carrier.close()

    async def register(self, pool: Pool) -> None:
        """Writes them down, so that ops can pause them."""
        async with pool.acquire() as connection:
            await store.register(connection, {one.name: one.channel for one in self._providers.values()})

    async def look(self, connection: Connection) -> tuple[store.Outlook, dict[Channel, int]]:
        """What is to be known before messages are claimed; by channel, how many may go now."""
        outlook = await store.look(connection)
        self._paused = outlook.paused
        for name in self._providers:
            metrics.PROVIDER_PAUSED.labels(name).set(name in outlook.paused)
        rooms = self._rooms(await self._buckets(connection))
        return outlook, {
            channel: sum(room.messages for room in rooms if room.channel is channel) for channel in Channel
        }

    async def place(self, connection: Connection, wanted: Sequence[Wanted]) -> list[Choice | None]:
        """Chooses a provider for each message, and takes what it costs; None for one that has to wait."""
        if not wanted:
            return []
        if not self._limits:
            return self._choose(wanted, self._rooms({}))
        async with connection.transaction():
            await store.lock_buckets(connection)
            buckets = await self._buckets(connection)
            choices = self._choose(wanted, self._rooms(buckets))
            spent = [bucket for one in choices if one for bucket in self._providers[one.provider].spent(one)]
            left = {name: take(bucket, spent.count(name)) for name, bucket in buckets.items() if name in spent}
            await store.save_buckets(connection, left)
        return choices

    def observe(self, name: str, attempt: Attempt) -> None:
        """Learns from what became of an attempt."""
        metrics.observe_attempt(name, attempt)
        failed = fails_provider(attempt)
        if failed is not None:
            jitter = random.random()  # noqa: S311 - not a secret
            self._health[name] = rules.learn(self._health[name], _moment(), jitter, failed=failed)
            metrics.PROVIDER_WELL.labels(name).set(self._health[name].well)

    def _choose(self, wanted: Sequence[Wanted], rooms: Sequence[Room]) -> list[Choice | None]:
        choices = choose(wanted, rooms, _draws())
        now = _moment()
        for name in {one.provider for one in choices if one}:
            if not self._health[name].well:
                self._health[name] = rules.begin_to_try(self._health[name], now)
        return choices

    def _rooms(self, buckets: Mapping[str, Bucket]) -> list[Room]:
        now = _moment()
        return [
            provider.room(buckets, 0 if name in self._paused else rules.most_at_once(self._health[name], now))
            for name, provider in self._providers.items()
        ]

    async def _buckets(self, connection: Connection) -> dict[str, Bucket]:
        if not self._limits:
            return {}
        known, now = await store.buckets(connection, list(self._limits)), await read_clock(connection)
        return {name: refill(known.get(name), rate, now) for name, rate in self._limits.items()}


def _draws() -> Iterator[float]:
    while True:
        yield random.random()  # noqa: S311 - not a secret


def _moment() -> datetime:
    """A clock that nobody turns: only how much passes on it means something."""
    return datetime.fromtimestamp(get_running_loop().time(), UTC)
