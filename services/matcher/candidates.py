"""Whom to ask: found in the directory, with what the database knows of them, and given a number."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from schemas.event import Programme
from schemas.offers import OfferReasons
from services.matcher.directory.directory import Directory
from services.matcher.directory.places import place_of
from services.matcher.domain.asking import Candidate, already_asked, choose
from services.matcher.domain.eligible import Asked, Eligible
from services.matcher.domain.programmes import ServiceKey
from services.matcher.domain.ranking import Record
from services.matcher.domain.state import Need, OfferStatus, picked_to_be_first
from services.matcher.policy import Policy
from services.matcher.store.partners import records_of, take_numbers
from services.matcher.store.programmes import Seats, seats_of
from services.runtime.database import Connection

_SPARE = 4
"""How many more are looked for than are to be asked: some may have no room any more."""


async def find_candidates(
    connection: Connection, directory: Directory, wanting: Sequence[tuple[Need, int]], now: datetime, policy: Policy
) -> Mapping[UUID, list[Candidate]]:
    """For each (need, how many), the best partners that can still be asked."""
    records, programmes = Records(connection, directory), Programmes(connection, now)
    first = [one for need, count in wanting for one in _find(directory, need, count, now)]
    await records.read({one.partner_id for one in first})
    await programmes.read(first)
    chosen: dict[UUID, list[Eligible]] = {}
    for need, count in wanting:
        found = _find(directory, need, count, now, programmes.closed)
        while await records.read({one.partner_id for one in found}) or await programmes.read(found):
            found = _find(directory, need, count, now, programmes.closed)
        chosen[need.need_id] = choose(need, found, count, now, policy)
        # Needs of one batch must see each other's offers.
        records.count_offers([one.partner_id for one in chosen[need.need_id]])
    wanted = Counter(one.partner_id for best in chosen.values() for one in best)
    numbers = await take_numbers(connection, wanted) if wanted else {}
    making = Making(directory, policy, programmes, numbers)
    return {need.need_id: making.candidates(need, chosen[need.need_id]) for need, _ in wanting}


class Records:
    """How partners were asked and answered, as this transaction sees it; the directory learns it."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory
        self._known: dict[UUID, Record] = {}

    async def read(self, partner_ids: Collection[UUID]) -> bool:
        """Reads the records of those that were not read before. False where there are none."""
        unread = set(partner_ids) - self._known.keys()
        if unread:
            found = await records_of(self._connection, unread)
            self._learn({partner_id: found.get(partner_id, Record()) for partner_id in unread})
        return bool(unread)

    def count_offers(self, partner_ids: Collection[UUID]) -> None:
        """Each of these is asked once more."""
        self._learn({partner_id: _asked_once_more(self._known[partner_id]) for partner_id in partner_ids})

    def _learn(self, records: Mapping[UUID, Record]) -> None:
        self._known |= records
        self._directory.learn(records)


class Programmes:
    """Which services are programmes, and whose take nobody now, as this transaction sees it."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._day = now.date()
        self._read: set[ServiceKey] = set()
        self._seats: dict[ServiceKey, Seats] = {}
        self.closed: frozenset[ServiceKey] = frozenset()
        """The programmes that are full or over."""

    async def read(self, found: Sequence[Eligible]) -> bool:
        """Reads the seats of those services that were not read before. False where there are none."""
        unread = {(one.partner_id, one.service_id) for one in found} - self._read
        if unread:
            self._read |= unread
            self._seats |= await seats_of(self._connection, unread)
            self.closed = frozenset(service for service, one in self._seats.items() if one.are_closed(self._day))
        return bool(unread)

    def programme_of(self, one: Eligible) -> Programme | None:
        """What the service is, where it is a programme."""
        seats = self._seats.get((one.partner_id, one.service_id))
        return seats.programme if seats is not None else None


def _find(
    directory: Directory, need: Need, count: int, now: datetime, closed: frozenset[ServiceKey] = frozenset()
) -> list[Eligible]:
    asked = Asked(need.terms, need.open_items, now, already_asked(need), closed=closed)
    picked = picked_to_be_first(need.terms, now)
    found = directory.find(replace(asked, only=picked), most=count + _SPARE)
    if (
        not found
        and picked is not None
        and not any(one.partner_id in picked for one in need.offers_in(OfferStatus.OPEN))
    ):
        # Nobody who was picked is left to ask: waiting would help nobody.
        return directory.find(asked, most=count + _SPARE)
    return found


def _asked_once_more(record: Record) -> Record:
    return replace(record, open_offers=record.open_offers + 1, messages_this_week=record.messages_this_week + 1)


@dataclass(frozen=True)
class Making:
    """What it takes to make candidates of those who are chosen."""

    directory: Directory
    policy: Policy
    programmes: Programmes
    numbers: Mapping[UUID, list[int]]
    """By partner, the numbers for its offers; none where it cannot be asked any more."""

    def candidates(self, need: Need, chosen: Sequence[Eligible]) -> list[Candidate]:
        """Those of a need's chosen partners that have a number, with all that an offer names."""
        place, sensitive = place_of(need.terms.zip_code), need.terms.is_sensitive
        label = "" if place is None else place.county_label if sensitive else place.label
        return [self._candidate(need, one, label) for one in chosen if self.numbers.get(one.partner_id)]

    def _candidate(self, need: Need, one: Eligible, place: str) -> Candidate:
        sensitive = need.terms.is_sensitive
        zone, hours = self.directory.hours_of(one.partner_id, one.service_id)
        return Candidate(
            partner_id=one.partner_id,
            service_id=one.service_id,
            number=self.numbers[one.partner_id].pop(),
            items=one.items,
            place=place,
            distance_miles=None if sensitive or one.distance_miles is None else round(one.distance_miles),
            reasons=OfferReasons(**one.reasons._asdict(), directory_position=self.directory.position),
            programme=self.programmes.programme_of(one),
            clock=self.policy.clock_of(need.terms.urgency, zone, hours),
        )
