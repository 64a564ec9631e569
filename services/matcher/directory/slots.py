"""Which slot a partner has, by its id: a table of numbers, since a million ids as Python objects take 100 MB."""

from uuid import UUID, SafeUUID

import numpy as np
from numpy.typing import NDArray

_EMPTY, _LEFT = -1, -2
_ID = np.dtype("V16")
_FIRST_SIZE = 1024
_new, _set, _NOT_KNOWN = object.__new__, object.__setattr__, SafeUUID.unknown


class Slots:
    """Gives each id a slot, from 0, and takes it back. Looks at the places after an id's own until it finds it."""

    def __init__(self) -> None:
        self._ids = np.zeros(_FIRST_SIZE, _ID)
        self._table = np.full(2 * _FIRST_SIZE, _EMPTY, np.int32)
        self._free: list[int] = []
        self._used = 0
        self._left = 0

    def __len__(self) -> int:
        """How many ids have a slot."""
        return self._used - len(self._free)

    def ids_of(self, slots: NDArray[np.uint32]) -> list[UUID]:
        """Whose slots they are."""
        return to_uuids(self._ids[slots])

    def ids_as_numbers(self, slots: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The lower and the upper half of the ids whose slots they are, to sort by."""
        return to_numbers(self._ids[slots])

    def find(self, identity: UUID) -> int | None:
        """The slot of an id; None when it has none."""
        place = self._place_of(identity.bytes)
        return None if place is None else int(self._table[place])

    def take(self, identity: UUID) -> int:
        """The slot of an id, a new one where it has none."""
        known = self.find(identity)
        if known is not None:
            return known
        if 2 * (self._used + self._left + 1) > len(self._table):
            self._grow()
        slot = self._free.pop() if self._free else self._used
        self._used += slot == self._used
        self._ids[slot] = np.void(identity.bytes)
        self._put(identity.bytes, slot)
        return slot

    def give_back(self, identity: UUID) -> None:
        """Frees the slot of an id that has one."""
        place = self._place_of(identity.bytes)
        if place is not None:
            self._free.append(int(self._table[place]))
            self._table[place] = _LEFT
            self._left += 1

    def _place_of(self, key: bytes) -> int | None:
        place, last = _own_place(key, len(self._table)), len(self._table) - 1
        while (slot := self._table[place]) != _EMPTY:
            if slot != _LEFT and self._ids[slot].tobytes() == key:
                return place
            place = 0 if place == last else place + 1
        return None

    def _put(self, key: bytes, slot: int) -> None:
        place, last = _own_place(key, len(self._table)), len(self._table) - 1
        while self._table[place] != _EMPTY:
            place = 0 if place == last else place + 1
        self._table[place] = slot

    def _grow(self) -> None:
        slots = self._table[self._table >= 0]
        ids = np.zeros(2 * self._used, _ID)
        ids[: self._used] = self._ids[: self._used]
        self._ids, self._left = ids, 0
        self._table = np.full(2 * len(ids), _EMPTY, np.int32)
        for slot in slots.tolist():
            self._put(self._ids[slot].tobytes(), slot)


def to_uuids(ids: NDArray[np.void]) -> list[UUID]:
    """Ids as UUIDs."""
    joined = ids.tobytes()
    return [_to_uuid(int.from_bytes(joined[start : start + 16])) for start in range(0, len(joined), 16)]


def _to_uuid(number: int) -> UUID:
    # Without the checks of its constructor, which take five times as long: the number was a UUID's.
    made = _new(UUID)
    _set(made, "int", number)
    _set(made, "is_safe", _NOT_KNOWN)
    return made


def to_numbers(ids: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The lower and the upper half of ids, to sort by."""
    halves = ids.view(">u8").reshape(-1, 2)
    return halves[:, 1], halves[:, 0]


def _own_place(key: bytes, size: int) -> int:
    # The bytes of a UUID, of version 4 or 5, are as good as any hash of them.
    return int.from_bytes(key[8:], "big") % size
