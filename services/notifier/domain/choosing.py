"""By which provider each message goes: by weight, among those of its channel that have room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.vocabulary import Channel

_TURNS = 5


@dataclass(frozen=True)
class Wanted:
    """A message that is to go. `pinned` names the provider that has to be asked first whether it took it."""

    channel: Channel
    pinned: str | None = None


@dataclass(frozen=True)
class Room:
    """How many messages a provider takes now, in all and from each of its numbers; an email needs no number."""

    name: str
    channel: Channel
    weight: float
    messages: int
    numbers: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Choice:
    """A provider, and the number that the text comes from."""

    provider: str
    number: str | None = None


class _Left:
    """What is left of a provider's room while messages are given their places."""

    def __init__(self, room: Room) -> None:
        self.name, self.channel, self.weight = room.name, room.channel, room.weight
        self._messages, self._numbers = room.messages, dict(room.numbers)

    def has_room(self) -> bool:
        return self._messages > 0 and (not self._numbers or max(self._numbers.values()) > 0)

    def take(self) -> Choice:
        self._messages -= 1
        if not self._numbers:
            return Choice(self.name)
        number = max(self._numbers, key=self._numbers.__getitem__)
        self._numbers[number] -= 1
        return Choice(self.name, number)


def choose(wanted: Sequence[Wanted], rooms: Sequence[Room], draws: Iterator[float]) -> list[Choice | None]:
    """A place for each message, first come first served; None for one that has to wait. `draws` are from 0 to 1."""
    left = [_Left(room) for room in rooms]
    places: list[Choice | None] = []
    for one in wanted:
        open_to_it = [
            room for room in left if room.channel is one.channel and one.pinned in (None, room.name) and room.has_room()
        ]
        places.append(_draw(open_to_it, next(draws)).take() if open_to_it else None)
    return places


def _draw(left: Sequence[_Left], draw: float) -> _Left:
    at = draw * sum(room.weight for room in left)
    for room in left:
        at -= room.weight
        if at < 0:
            return room
    return left[-1]


def in_turn(urgent: Sequence[bool]) -> list[int]:
    """The places of a set in the order in which they go: urgent ones first, but each fifth turn is another's."""
    first = [place for place, hurry in enumerate(urgent) if hurry]
    others = [place for place, hurry in enumerate(urgent) if not hurry]
    turns: list[int] = []
    while first or others:
        from_others = not first or (others and len(turns) % _TURNS == _TURNS - 1)
        turns.append((others if from_others else first).pop(0))
    return turns
