"""`switchboard dlq`: what the services gave up on, and what a person decides about it.

A decision is a record of its own in the dead-letter topic, beside what it is about: who, when, what. That is the audit,
it needs no other store, and whoever lists the topic next sees what is still open.
"""

import asyncio
import getpass
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, auto
from typing import Any

from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from schemas.codec import Undecodable, decode
from schemas.envelope import Headers
from schemas.topics import DEAD_LETTER_ORIGINS, Topic
from switchboard.errors import SwitchboardError
from switchboard.reading import read_to_end

_DECIDED, _ABOUT, _BY = "dlq_decided", "dlq_about", "dlq_by"
_TYPE_HEADER = "ce_type"


class Decision(StrEnum):
    """What a person may decide about a dead letter."""

    REPLAYED = auto()
    DISCARDED = auto()


@dataclass(frozen=True)
class DeadLetter:
    """A record that a service gave up on: `number` is its offset in the dead-letter topic."""

    number: int
    at: datetime
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    """As they were in the record itself."""
    problem: str
    attempts: int
    decided: str | None = None
    """What was decided, by whom and when; None while it is open."""

    @property
    def type(self) -> str:
        """The event's type, as far as its headers say."""
        return next((value.decode("latin-1") for name, value in self.headers if name == _TYPE_HEADER), "(none)")


@dataclass(frozen=True)
class Wanted:
    """Which dead letters are meant. None means any."""

    numbers: tuple[int, ...] = ()
    key: str | None = None
    problem: str | None = None
    decided: bool = False
    """Those that somebody decided about already, too."""

    def takes(self, letter: DeadLetter) -> bool:
        """Whether this one is meant."""
        return (
            (not self.numbers or letter.number in self.numbers)
            and (self.key is None or (letter.key or b"").decode("latin-1") == self.key)
            and (self.problem is None or self.problem.casefold() in letter.problem.casefold())
            and (self.decided or letter.decided is None)
        )


def list_letters(bootstrap_servers: str, topics: Sequence[str], wanted: Wanted) -> None:
    """Prints the dead letters of these topics, oldest first."""
    names = topics or list(DEAD_LETTER_ORIGINS)
    for name in names:
        origin_of(name)
    table = Table()
    for heading in ("topic", "number", "at (UTC)", "from", "type", "key", "problem", "tries", "decided"):
        table.add_column(heading, overflow="fold")
    found = asyncio.run(_read_all(bootstrap_servers, names))
    shown = [(name, letter) for name in names for letter in found[name] if wanted.takes(letter)]
    for name, letter in shown:
        table.add_row(
            name,
            str(letter.number),
            letter.at.strftime("%m-%d %H:%M:%S"),
            f"{letter.topic} {letter.partition}:{letter.offset}",
            letter.type.removeprefix("switchboard."),
            (letter.key or b"").decode("latin-1"),
            letter.problem,
            str(letter.attempts),
            letter.decided or "",
        )
    if shown:
        Console().print(table)
    else:
        Console().print("no dead letters")


def show_letter(bootstrap_servers: str, topic: str, number: int) -> None:
    """Prints one dead letter with its headers and value. Raises SwitchboardError when there is none."""
    origin = origin_of(topic)
    letters = asyncio.run(_read_all(bootstrap_servers, [topic]))[topic]
    letter = next((one for one in letters if one.number == number), None)
    if letter is None:
        raise SwitchboardError(f"{topic} holds no dead letter {number}")
    lines = {
        "from": f"{letter.topic}, partition {letter.partition}, offset {letter.offset}",
        "given up": f"{letter.at.isoformat(timespec='seconds')} after {letter.attempts} tries: {letter.problem}",
        "decided": letter.decided or "not yet",
        "readable": _readability(origin, letter),
        "key": repr(letter.key),
        **{f"header {name}": value.decode("latin-1") for name, value in letter.headers},
    }
    for name, value in lines.items():
        Console().print(f"{name:<24} {value}", markup=False, highlight=False, soft_wrap=True)
    Console().print(_pretty(letter.value), markup=False, highlight=False, soft_wrap=True)


def decide(
    bootstrap_servers: str,
    topic: str,
    wanted: Wanted,
    decision: Decision,
    *,
    dry_run: bool,
    tell: Callable[[str], None],
) -> None:
    """Replays or discards dead letters, and writes down that it did."""
    origin_of(topic)
    asyncio.run(_decide(bootstrap_servers, topic, wanted, decision, dry_run=dry_run, tell=tell))


async def _decide(
    bootstrap_servers: str,
    topic: str,
    wanted: Wanted,
    decision: Decision,
    *,
    dry_run: bool,
    tell: Callable[[str], None],
) -> None:
    letters = [one for one in (await _read_all(bootstrap_servers, [topic]))[topic] if wanted.takes(one)]
    outdated = await _outdated(bootstrap_servers, origin_of(topic), letters) if decision is Decision.REPLAYED else set()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True) as producer:
        for letter in letters:
            about = f"{topic} {letter.number} ({letter.type}, key {(letter.key or b'').decode('latin-1')})"
            if letter.number in outdated:
                tell(f"left alone {about}: {letter.topic} holds a newer record of its key")
            elif dry_run:
                tell(f"would be {decision} {about}")
            else:
                await _carry_out(producer, topic, letter, decision)
                tell(f"{decision} {about}")
    if not letters:
        tell("no dead letters")


async def _carry_out(producer: AIOKafkaProducer, topic: str, letter: DeadLetter, decision: Decision) -> None:
    # In this order: dying between the two replays it again, which the inboxes of its readers drop.
    if decision is Decision.REPLAYED:
        await producer.send_and_wait(
            letter.topic, letter.value, letter.key, partition=letter.partition, headers=list(letter.headers)
        )
    decided = {_DECIDED: decision, _ABOUT: str(letter.number), _BY: getpass.getuser()}
    await producer.send_and_wait(
        topic, None, letter.key, partition=0, headers=[(name, value.encode()) for name, value in decided.items()]
    )


async def _outdated(bootstrap_servers: str, origin: Topic, letters: Sequence[DeadLetter]) -> set[int]:
    """The letters that a compacted topic must not get again: the last record of a key is what is true."""
    if not origin.compacted or not letters:
        return set()
    newest: dict[bytes | None, int] = {}
    places = {(letter.topic, letter.partition) for letter in letters}
    async for record in read_to_end(bootstrap_servers, places):
        newest[record.key] = record.offset
    return {letter.number for letter in letters if newest.get(letter.key, -1) > letter.offset}


def origin_of(name: str) -> Topic:
    """The topic whose dead letters a topic takes. Raises SwitchboardError when it takes none."""
    if name not in DEAD_LETTER_ORIGINS:
        raise SwitchboardError(f"{name} is no dead-letter topic; there are {', '.join(sorted(DEAD_LETTER_ORIGINS))}")
    return DEAD_LETTER_ORIGINS[name]


async def _read_all(bootstrap_servers: str, topics: Sequence[str]) -> dict[str, list[DeadLetter]]:
    letters: dict[str, dict[int, DeadLetter]] = {topic: {} for topic in topics}
    async for record in read_to_end(bootstrap_servers, [(topic, 0) for topic in topics]):
        headers = {name: value.decode("latin-1") for name, value in record.headers}
        found = letters[record.topic]
        if "dlq_topic" not in headers:
            _mark_decided(found, headers, _time_of(record))
        else:
            found[record.offset] = _to_letter(record, headers)
    return {topic: list(found.values()) for topic, found in letters.items()}


async def count_open(bootstrap_servers: str) -> dict[str, int]:
    """By topic, how many dead letters wait for a decision. Raises KafkaError."""
    letters = await _read_all(bootstrap_servers, sorted(DEAD_LETTER_ORIGINS))
    return {topic: sum(not one.decided for one in found) for topic, found in letters.items()}


def _mark_decided(found: dict[int, DeadLetter], headers: dict[str, str], at: datetime) -> None:
    letter = found.get(int(headers[_ABOUT]))
    if letter is not None:
        decided = f"{headers[_DECIDED]} by {headers[_BY]}, {at.isoformat(timespec='seconds')}"
        found[letter.number] = DeadLetter(**{**vars(letter), "decided": decided})


def _to_letter(record: Any, headers: dict[str, str]) -> DeadLetter:  # noqa: ANN401 - aiokafka has no types
    return DeadLetter(
        number=record.offset,
        at=_time_of(record),
        topic=headers["dlq_topic"],
        partition=int(headers["dlq_partition"]),
        offset=int(headers["dlq_offset"]),
        key=record.key,
        value=record.value,
        headers=tuple((name, value) for name, value in record.headers if not name.startswith("dlq_")),
        problem=headers["dlq_problem"],
        attempts=int(headers["dlq_attempts"]),
    )


def _time_of(record: Any) -> datetime:  # noqa: ANN401 - aiokafka has no types
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _readability(origin: Topic, letter: DeadLetter) -> str:
    try:
        decode(origin, letter.key, letter.value, letter.headers)
    except Undecodable as error:
        return f"no: {error}"
    return "yes"


def _pretty(value: bytes | None) -> str:
    if value is None:
        return "(no value)"
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except ValueError:
        return repr(value)
