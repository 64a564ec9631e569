"""All services as rows, whose they are, and which of them cover a place: kept up with each partner's record."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from schemas.partners import PartnerRecorded, RadiusArea, Service, ZipListArea
from services.matcher.directory.bits import Bar, Mark, bars_in, bits_of, marks_in, positions_in
from services.matcher.directory.cover import cover_area, cover_circle, tokens_of_zips, zips_of
from services.matcher.directory.places import place_of, place_with
from services.matcher.directory.rows import (
    BRIEF,
    NO_HOUSEHOLD,
    NO_LIMIT,
    NO_ROW,
    NOWHERE,
    ROW,
    Brief,
    Numbers,
    Row,
    Services,
    are_full,
    pick,
)
from services.matcher.directory.rules import home_of, snooze_ends
from services.matcher.directory.slots import Slots, to_numbers, to_uuids
from services.matcher.directory.vocabulary import Vocabulary
from services.matcher.domain.ranking import Claims, Record, most_likely

Array = NDArray[Any]

_ID = np.dtype("V16")
_FIRST_SIZE = 1024
_MOST = NO_LIMIT - 1
"""Less than no limit, so that no limit is never reached."""
_NO_CLAIMS = Claims()
_OF_RECORDS = ("asked", "said_yes", "open_offers", "messages_this_week", "claims_this_week", "claims_in_hand")


class Table:
    """One row for each service. A partner's record is taken in whole, between two questions and never during one."""

    def __init__(self) -> None:
        self.briefs: Array = np.zeros(_FIRST_SIZE, BRIEF)
        self.rows: Array = np.zeros(_FIRST_SIZE, ROW)
        self.vocabulary = Vocabulary()
        self.partners = Slots()
        self.most_likely = 0.0
        """No partner's chance of a yes is more, but for those who were never asked."""
        self._service_ids: Array = np.zeros(_FIRST_SIZE, _ID)
        self._first_rows: Array = np.full(_FIRST_SIZE, NO_ROW, np.int32)
        self._used = 0
        self._free: list[int] = []
        self._lists: list[bytes] = []
        self._free_lists: list[int] = []
        self._by_token: dict[int, BitMap] = {}
        self._by_category: dict[int, BitMap] = {}

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
            row, brief = self.rows[number], self.briefs[number]
            claims = record.claims.get(self.service_id(number), _NO_CLAIMS)
            row["asked"], row["said_yes"] = record.asked, record.said_yes
            row["open_offers"] = min(record.open_offers, _MOST)
            row["messages_this_week"] = min(record.messages_this_week, _MOST)
            row["claims_this_week"] = min(claims.this_week, _MOST)
            row["claims_in_hand"] = min(claims.at_once, _MOST)
            brief["bars"] = int(brief["bars"]) & ~Bar.FULL | Bar.FULL * bool(are_full(row))
            brief["marks"] = int(brief["marks"]) & ~Mark.ASKED | Mark.ASKED * bool(record.asked)

    def forget_records(self) -> None:
        """Nobody was ever asked, as far as is known."""
        rows, briefs = self.rows[: self._used], self.briefs[: self._used]
        for name in _OF_RECORDS:
            rows[name] = 0
        briefs["bars"] = briefs["bars"] & ~np.uint64(Bar.FULL) | are_full(rows) * np.uint64(Bar.FULL)
        briefs["marks"] &= ~np.uint32(Mark.ASKED)

    def rows_of(self, slot: int) -> Iterator[int]:
        """The numbers of a partner's rows, in the order of its services."""
        number = int(self._first_rows[slot])
        while number != NO_ROW:
            yield number
            number = int(self.rows[number]["next"])

    def rows_of_all(self, slots: NDArray[np.uint32]) -> BitMap:
        """The numbers of these partners' rows."""
        return BitMap([number for slot in slots.tolist() for number in self.rows_of(slot)])

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
        return BitMap.union(*[self._by_token[token] for token in tokens if token in self._by_token], BitMap())

    def able(self, tokens: Iterable[int], categories: int) -> BitMap:
        """Of the rows that cover a place those that do any of these kinds of help."""
        of_kind = [self._by_category[one] for one in positions_in(categories) if one in self._by_category]
        able = of_kind[0] if len(of_kind) == 1 else BitMap.union(*of_kind, BitMap())
        # One by one: what covers a place is more than what is left of it.
        return BitMap.union(*[self._by_token[token] & able for token in tokens if token in self._by_token], BitMap())

    def services(self, numbers: Numbers) -> Services:
        """The services whose rows have these numbers."""
        return Services(numbers, pick(self.briefs, numbers), pick(self.rows, numbers))

    def _add_row(self, slot: int, partner: PartnerRecorded, service: Service) -> None:
        number = self._free.pop() if self._free else self._used
        self._used += number == self._used
        if number >= len(self.rows):
            self.rows, self.briefs = _grown(self.rows, 0), _grown(self.briefs, 0)
            self._service_ids = _grown(self._service_ids, 0)
        home, cover = home_of(service), cover_area(service.area)
        area, centre, miles, marks = 0, NOWHERE, 0.0, marks_in(partner, service)
        match service.area:
            case RadiusArea() as circle:
                place = place_of(circle.zip_code)
                centre, miles = place.number if place else NOWHERE, circle.miles
                marks |= 0 if cover.exact else Mark.INEXACT
            case ZipListArea():
                area = self._keep_list(zips_of(cover.tokens))
                marks |= Mark.LISTED
            case _:
                area = cover.tokens[0] if cover.tokens else 0
        categories = bits_of(service.categories)
        # All of it, so that a row that was another partner's holds nothing of how that one answered.
        self.rows[number] = Row(
            miles=miles,
            asked=0.0,
            said_yes=0.0,
            partner=slot,
            next=int(self._first_rows[slot]),
            area=area,
            categories=categories,
            languages=self.vocabulary.languages.number_of(service),
            hours=self.vocabulary.hours.number_of(service.hours, home.zone if home else "UTC"),
            snoozed_until=snooze_ends(partner),
            centre=centre,
            claims_per_week=NO_LIMIT if service.claims_per_week is None else service.claims_per_week,
            claims_at_once=NO_LIMIT if service.claims_at_once is None else service.claims_at_once,
            claims_this_week=0,
            claims_in_hand=0,
            open_offers=0,
            messages_this_week=0,
            min_household=service.min_household or 0,
            max_household=NO_HOUSEHOLD if service.max_household is None else service.max_household,
            messages_per_week=partner.messages_per_week,
            offers_at_once=partner.open_offers,
        )
        self.briefs[number] = Brief(
            bars=bars_in(partner, service) | Bar.FULL * bool(are_full(self.rows[number])),
            marks=marks,
            home=home.number if home else NOWHERE,
            fits=bits_of(service.fits),
        )
        self._first_rows[slot] = number
        self._service_ids[number] = np.void(service.service_id.bytes)
        for token in cover.tokens:
            _bitmap_of(self._by_token, token).add(number)
        for category in positions_in(categories):
            _bitmap_of(self._by_category, category).add(number)

    def _drop_rows(self, slot: int) -> None:
        for number in list(self.rows_of(slot)):
            row, brief = self.rows[number], self.briefs[number]
            for token in self._area_of(number):
                bitmap = self._by_token[token]
                bitmap.discard(number)
                if not bitmap:
                    del self._by_token[token]
            for category in positions_in(int(row["categories"])):
                self._by_category[category].discard(number)
            if brief["marks"] & Mark.LISTED:
                self._free_lists.append(int(row["area"]))
                self._lists[int(row["area"])] = b""
            self.briefs[number] = Brief(bars=0, marks=0, home=NOWHERE, fits=0)
            self._free.append(number)
        self._first_rows[slot] = NO_ROW

    def _area_of(self, number: int) -> Sequence[int]:
        row = self.rows[number]
        if self.briefs[number]["marks"] & Mark.LISTED:
            return tokens_of_zips(self._lists[int(row["area"])])
        if row["centre"] != NOWHERE:
            return cover_circle(place_with(int(row["centre"])), float(row["miles"])).tokens
        return (int(row["area"]),) if row["area"] else ()

    def _keep_list(self, zips: bytes) -> int:
        number = self._free_lists.pop() if self._free_lists else len(self._lists)
        if number == len(self._lists):
            self._lists.append(b"")
        self._lists[number] = zips
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
