"""Whom to ask: found in the directory, ranked by their record, given a number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from schemas.offers import OfferReasons
from services.matcher import store
from services.matcher.directory.places import place_of
from services.matcher.directory.plain import Directory
from services.matcher.domain.asking import Candidate, already_asked
from services.matcher.domain.eligible import Eligible
from services.matcher.domain.programmes import ServiceKey
from services.matcher.domain.ranking import Record, rank
from services.matcher.domain.state import Need
from services.matcher.policy import Policy
from services.matcher.seats import Seats, seats_of
from services.runtime.database import Connection

Chosen = list[tuple[Eligible, OfferReasons]]


async def find_candidates(
    connection: Connection, directory: Directory, policy: Policy, wanting: Sequence[tuple[Need, int]], now: datetime
) -> Mapping[UUID, list[Candidate]]:
    """For each (need, how many), the best partners that can still be asked."""
    eligible = {
        need.need_id: directory.find(need.terms, need.open_items, already_asked(need), now) for need, _ in wanting
    }
    seats = await seats_of(connection, {_service_of(one) for found in eligible.values() for one in found})
    eligible = {
        need_id: [one for one in found if _service_of(one) not in seats or seats[_service_of(one)].free > 0]
        for need_id, found in eligible.items()
    }
    partner_ids = {one.partner_id for found in eligible.values() for one in found}
    records = await store.records_of(connection, partner_ids) if partner_ids else {}
    chosen: dict[UUID, Chosen] = {}
    for need, count in wanting:
        best = rank(eligible[need.need_id], records, policy, directory.position)[:count]
        chosen[need.need_id] = best
        for one, _ in best:
            # Needs of one batch must see each other's offers.
            records[one.partner_id] = _asked_once_more(records.get(one.partner_id, Record()))
    wanted = Counter(one.partner_id for best in chosen.values() for one, _ in best)
    numbers = await store.take_numbers(connection, wanted) if wanted else {}
    return {need.need_id: _give_numbers(need, chosen[need.need_id], numbers, seats) for need, _ in wanting}


def _asked_once_more(record: Record) -> Record:
    return replace(record, open_offers=record.open_offers + 1, messages_this_week=record.messages_this_week + 1)


def _give_numbers(
    need: Need, chosen: Chosen, numbers: dict[UUID, list[int]], seats: Mapping[ServiceKey, Seats]
) -> list[Candidate]:
    sensitive = need.terms.is_sensitive
    place = place_of(need.terms.zip_code)
    label = "" if place is None else place.county_label if sensitive else place.label
    return [
        Candidate(
            partner_id=one.partner_id,
            service_id=one.service_id,
            number=numbers[one.partner_id].pop(),
            items=one.items,
            place=label,
            distance_miles=None if sensitive or one.distance_miles is None else round(one.distance_miles),
            reasons=reasons,
            programme=seats[_service_of(one)].programme if _service_of(one) in seats else None,
        )
        for one, reasons in chosen
        if numbers.get(one.partner_id)
    ]


def _service_of(one: Eligible) -> ServiceKey:
    return one.partner_id, one.service_id
