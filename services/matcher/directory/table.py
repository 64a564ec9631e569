"""All services as rows, whose they are, and which of them cover a place: kept up with each partner's record."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from schemas.partners import PartnerRecorded, RadiusArea, Service, ServiceArea, ZipListArea
from schemas.vocabulary import PartnerStatus
from services.matcher.directory.cover import cover_area, cover_circle
from services.matcher.directory.places import place_of, place_with
from services.matcher.directory.rows import NO_ROW, NOWHERE, ROW, Flag, Vocabulary, positions_in
from services.matcher.directory.slots import Slots, to_numbers, to_uuids
from services.matcher.domain.ranking import Claims, Record, most_likely

Array = NDArray[Any]

_ID = np.dtype("V16")
_FIRST_SIZE = 1024
_MOST = 0xFFFF


class Table:
    """One row for each service. A partner's record is taken in whole, between two questions and never during one."""

    def __init__(self) -> None:
        self.homes: NDArray[np.uint16] = np.full(_FIRST_SIZE, NOWHERE, np.uint16)
        """As in the rows, close together: distances are looked at first, and of many rows."""
        self.rows: Array = np.zeros(_FIRST_SIZE, ROW)
        self.vocabulary = Vocabulary()
        self.partners = Slots()
        self.most_likely = 0.0
        """No partner's chance of a yes is more, but for those who were never asked."""
        self._service_ids: Array = np.zeros(_FIRST_SIZE, _ID)
        self._first_rows: Array = np.full(_FIRST_SIZE, NO_ROW, np.int32)
        self._used = 0
        self._free: list[int] = []
        self._lists: list[Sequence[int]] = []
        self._free_lists: list[int] = []
        self._by_token: dict[int, BitMap] = {}
        self._by_category: dict[int, BitMap] = {}
        self._active = BitMap()
        self.several = BitMap()
        """The rows that are not the only one of their partner."""

    def __len__(self) -> int:
        """How many rows were ever used: those that are free hold nothing that a question could find."""
        return self._used

    def put(self, partner: PartnerRecorded) -> None:
        """Takes a partner's record in, in the place of the one before. How it answered is kept."""
        known = self.partners.find(partner.partner_id)
        record = None if known is None else self._record_of(known)
        if known is not None:
            self._drop_rows(known)
        slot = self.partners.take(partner.partner_id)
        if slot >= len(self._first_rows):
            self._first_rows = _grown(self._first_rows, NO_ROW)
        self._first_rows[slot] = NO_ROW
        # From the last, so that the first is at the head of the chain.
        for service in reversed(partner.services):
            self._add_row(slot, partner, service)
        if record is not None:
            self.learn(partner.partner_id, record)

    def remove(self, partner_id: UUID) -> None:
        """Forgets a partner."""
        slot = self.partners.find(partner_id)
        if slot is not None:
            self._drop_rows(slot)
            self.partners.give_back(partner_id)

    def learn(self, partner_id: UUID, record: Record) -> None:
        """Takes in how a partner was asked and answered."""
        slot = self.partners.find(partner_id)
        self.most_likely = max(self.most_likely, most_likely(record))
        for number in self.rows_of(slot) if slot is not None else ():
            row = self.rows[number]
            claims = record.claims.get(self.service_id(number), Claims())
            row["asked"], row["said_yes"] = record.asked, record.said_yes
            row["open_offers"] = min(record.open_offers, _MOST)
            row["messages_this_week"] = min(record.messages_this_week, _MOST)
            row["claims_this_week"] = min(claims.this_week, _MOST)
            row["claims_in_hand"] = min(claims.at_once, _MOST)

    def forget_records(self) -> None:
        """Nobody was ever asked, as far as is known."""
        for name in ("asked", "said_yes", "open_offers", "messages_this_week", "claims_this_week", "claims_in_hand"):
            self.rows[name][: self._used] = 0

    def rows_of(self, slot: int) -> Iterator[int]:
        """The numbers of a partner's rows, in the order of its services."""
        number = int(self._first_rows[slot])
        while number != NO_ROW:
            yield number
            number = int(self.rows[number]["next"])

    def service_id(self, number: int) -> UUID:
        """Which service a row is of."""
        return UUID(bytes=self._service_ids[number].tobytes())

    def service_ids(self, numbers: Array) -> list[UUID]:
        """Which services rows are of."""
        return to_uuids(self._service_ids[numbers])

    def service_ids_as_numbers(self, numbers: Array) -> tuple[Array, Array]:
        """The lower and the upper half of the ids of rows' services, to sort by."""
        return to_numbers(self._service_ids[numbers])

    def covering(self, tokens: Iterable[int]) -> BitMap:
        """The rows whose area has any of these tokens."""
        return BitMap.union(*(self._by_token[token] for token in tokens if token in self._by_token), BitMap())

    def able(self, covering: BitMap, categories: int) -> BitMap:
        """Of these rows those that are active and do any of these kinds of help."""
        of_kind = [self._by_category[one] for one in positions_in(categories) if one in self._by_category]
        return covering & self._active & (of_kind[0] if len(of_kind) == 1 else BitMap.union(*of_kind, BitMap()))

    def _add_row(self, slot: int, partner: PartnerRecorded, service: Service) -> None:
        number = self._free.pop() if self._free else self._used
        self._used += number == self._used
        if number >= len(self.rows):
            self.rows, self._service_ids = _grown(self.rows, 0), _grown(self._service_ids, 0)
            self.homes = _grown(self.homes, NOWHERE)
        # A row that was another partner's holds nothing of how that one answered.
        self.rows[number] = np.zeros((), ROW)
        row = self.rows[number]
        self.vocabulary.fill(row, partner, service)
        row["partner"], row["next"] = slot, self._first_rows[slot]
        self._first_rows[slot] = number
        self._service_ids[number] = np.void(service.service_id.bytes)
        self.homes[number] = row["home"]
        for token in self._write_area(row, service.area):
            _bitmap_of(self._by_token, token).add(number)
        for category in positions_in(int(row["categories"])):
            _bitmap_of(self._by_category, category).add(number)
        if partner.status is PartnerStatus.ACTIVE:
            self._active.add(number)
        if len(partner.services) > 1:
            self.several.add(number)

    def _drop_rows(self, slot: int) -> None:
        for number in list(self.rows_of(slot)):
            row = self.rows[number]
            for token in self._area_of(row):
                bitmap = self._by_token[token]
                bitmap.discard(number)
                if not bitmap:
                    del self._by_token[token]
            for category in positions_in(int(row["categories"])):
                self._by_category[category].discard(number)
            self._active.discard(number)
            self.several.discard(number)
            if row["flags"] & Flag.LISTED:
                self._free_lists.append(int(row["area"]))
                self._lists[int(row["area"])] = ()
            self.homes[number], row["flags"] = NOWHERE, 0
            self._free.append(number)
        self._first_rows[slot] = NO_ROW

    def _write_area(self, row: np.void, area: ServiceArea) -> Sequence[int]:
        """Writes into a row what its tokens can be made from again, and returns them."""
        cover = cover_area(area)
        row["centre"], row["area"] = NOWHERE, 0
        match area:
            case RadiusArea(zip_code=zip_code, miles=miles):
                centre = place_of(zip_code)
                row["centre"], row["miles"] = centre.number if centre else NOWHERE, miles
                row["flags"] |= 0 if cover.exact else Flag.INEXACT
            case ZipListArea():
                row["area"] = self._keep_list(cover.tokens)
                row["flags"] |= Flag.LISTED
            case _:
                row["area"] = cover.tokens[0] if cover.tokens else 0
        return cover.tokens

    def _area_of(self, row: np.void) -> Sequence[int]:
        if row["flags"] & Flag.LISTED:
            return self._lists[int(row["area"])]
        if row["centre"] != NOWHERE:
            return cover_circle(place_with(int(row["centre"])), float(row["miles"])).tokens
        return (int(row["area"]),) if row["area"] else ()

    def _keep_list(self, tokens: Sequence[int]) -> int:
        number = self._free_lists.pop() if self._free_lists else len(self._lists)
        if number == len(self._lists):
            self._lists.append(())
        self._lists[number] = array("I", tokens)
        return number

    def _record_of(self, slot: int) -> Record | None:
        numbers = list(self.rows_of(slot))
        if not numbers:
            return None
        first = self.rows[numbers[0]]
        return Record(
            open_offers=int(first["open_offers"]),
            messages_this_week=int(first["messages_this_week"]),
            asked=float(first["asked"]),
            said_yes=float(first["said_yes"]),
            claims={
                self.service_id(number): Claims(int(row["claims_this_week"]), int(row["claims_in_hand"]))
                for number in numbers
                for row in (self.rows[number],)
            },
        )


def _bitmap_of(bitmaps: dict[int, BitMap], key: int) -> BitMap:
    found = bitmaps.get(key)
    if found is None:
        found = bitmaps[key] = BitMap()
    return found


def _grown(old: Array, fill: int) -> Array:
    """Twice as long; what nobody has written to yet takes no memory."""
    new = np.zeros(2 * len(old), old.dtype) if fill == 0 else np.full(2 * len(old), fill, old.dtype)
    new[: len(old)] = old
    return new
