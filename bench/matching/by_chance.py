"""Partners and needs of every kind, by chance: what the index and the plain loop must agree on."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from schemas.event import Item
from schemas.needs import Consent, NeedTerms
from schemas.partners import (
    CountyArea,
    NationArea,
    Opening,
    PartnerRecorded,
    RadiusArea,
    Service,
    ServiceArea,
    StateArea,
    ZipListArea,
)
from schemas.taxonomy import ITEM_KINDS, Category
from schemas.vocabulary import (
    AgeBand,
    Circumstance,
    Condition,
    ConsentKind,
    Fit,
    HandoverWay,
    IncomeBand,
    Interest,
    PartnerKind,
    PartnerStatus,
    Urgency,
)
from services.matcher.directory.places import place_of
from services.matcher.domain.eligible import Asked
from services.matcher.domain.ranking import Claims, Record

Value = TypeVar("Value")

START = datetime(2026, 11, 24, 15, 20, tzinfo=UTC)
# Brooklyn and beside it; Alaska on both sides of the date line; Guam; an army post office without a centre; Key West.
ZIPS = ("11201", "11215", "10001", "07030", "99501", "99546", "99547", "96910", "09001", "33040", "94105", "60601")
_FAR_AWAY = (datetime(1930, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
LANGUAGES = ("en", "es", "ht", "ar")


def some(chance: random.Random, values: Sequence[Value], most: int) -> tuple[Value, ...]:
    """Up to so many of them; mostly none."""
    count = chance.randint(0, min(most, len(values))) if seldom(chance) else 0
    return tuple(chance.sample(list(values), count))


def maybe(chance: random.Random, *values: Value) -> Value | None:
    """One of them, or, mostly, nothing."""
    return chance.choice(values) if seldom(chance) else None


def seldom(chance: random.Random) -> bool:
    """So that a need finds somebody although each rule leaves somebody out."""
    return chance.random() < 0.2


def identity(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def an_area(chance: random.Random) -> ServiceArea:
    zip_code = chance.choice(ZIPS)
    place = place_of(zip_code)
    assert place is not None
    match chance.randrange(9):
        case 0:
            return NationArea()
        case 1:
            return StateArea(state=place.state)
        case 2:
            return CountyArea(county=place.county.upper() or "Nowhere", state=place.state)
        case 3:
            return ZipListArea(zip_codes=tuple(chance.sample(ZIPS, chance.randint(1, 4))))
        case _:
            # Nothing, a walk, more places than are listed one by one, half a continent, and across the date line.
            return RadiusArea(zip_code=zip_code, miles=chance.choice([0, 1, 4.2, 15, 60, 900, 1000]))


def a_service(chance: random.Random) -> Service:
    low = maybe(chance, 0, 2, 3, 18, 60)
    openings = [
        Opening(weekday=chance.randrange(7), opens=time(hour, chance.choice([0, 30])), closes=time(hour + 2, 30))
        for hour in some(chance, range(22), 3)
    ]
    return Service(
        service_id=identity(chance),
        categories=tuple(chance.sample(list(Category), chance.randint(1, 9))),
        area=an_area(chance),
        zip_code=chance.choice([None, *ZIPS]),
        min_age=low,
        max_age=maybe(chance, low or 0, 59, 130),
        min_household=maybe(chance, 1, 3),
        max_household=maybe(chance, 1, 2, 20),
        income_limit=maybe(chance, 0, 99, 130, 200),
        only_for=some(chance, list(Circumstance), 2),
        languages=tuple(chance.sample(LANGUAGES, chance.randint(0, 3))),
        handover=some(chance, list(HandoverWay), 2),
        hours=tuple(openings),
        conditions=some(chance, list(Condition), 2),
        fits=some(chance, list(Fit), 3),
        claims_per_week=maybe(chance, 0, 1, 5),
        claims_at_once=maybe(chance, 1, 5),
    )


def a_partner(chance: random.Random, partner_id: UUID) -> PartnerRecorded:
    return PartnerRecorded(
        partner_id=partner_id,
        name="Somebody",
        kind=chance.choice(list(PartnerKind)),
        status=chance.choice([*PartnerStatus, *[PartnerStatus.ACTIVE] * 6]),
        snoozed_until=maybe(chance, START + timedelta(microseconds=1), START, *_FAR_AWAY),
        services=tuple(a_service(chance) for _ in range(chance.choice([0, 1, 1, 1, 2, 5]))),
        messages_per_week=maybe(chance, 0, 3) or 10,
        open_offers=maybe(chance, 1) or 5,
        sensitive_needs=not seldom(chance),
        conflicts=some(chance, list(Interest), 1),
    )


def a_record(chance: random.Random, partner: PartnerRecorded) -> Record:
    asked = chance.randrange(9)
    return Record(
        open_offers=chance.randrange(3),
        messages_this_week=chance.randrange(4),
        asked=float(asked),
        said_yes=float(chance.randint(0, asked)),
        claims={one.service_id: Claims(chance.randrange(3), chance.randrange(3)) for one in partner.services},
    )


def a_question(chance: random.Random, partner_ids: Sequence[UUID]) -> Asked:
    codes = chance.sample(sorted(ITEM_KINDS), chance.choice([1, 1, 2, 3, len(ITEM_KINDS)]))
    items = tuple(Item(line=line, code=code, quantity=1) for line, code in enumerate(codes, start=1))
    circumstances = some(chance, list(Circumstance), 3)
    terms = NeedTerms(
        site_id=UUID(int=1),
        items=items,
        zip_code=chance.choice(ZIPS),
        urgency=Urgency.ROUTINE,
        needed_by=START
        + chance.choice([timedelta(minutes=30), timedelta(hours=9), timedelta(days=3), timedelta(days=8)]),
        languages=tuple(chance.sample(LANGUAGES, chance.randint(1, 2))),
        must_speak=not seldom(chance),
        household=tuple(chance.choice(list(AgeBand)) for _ in range(chance.randrange(4))),
        income=chance.choice([None, *IncomeBand]),
        circumstances=circumstances,
        not_circumstances=tuple(
            one for one in chance.sample(list(Circumstance), chance.choice([0, 9])) if one not in circumstances
        ),
        handover=tuple(chance.sample(list(HandoverWay), chance.choice([0, 2]))),
        excluded_conditions=tuple(chance.sample(list(Condition), chance.choice([0, 0, 2]))),
        preferences=tuple(chance.sample(list(Fit), chance.choice([0, 0, 3]))),
        consent=Consent(
            kind=ConsentKind.SPOKEN,
            until=START + timedelta(days=0 if chance.random() < 0.02 else 9),
            partner_ids=some(chance, partner_ids, 8),
            excluded_kinds=some(chance, list(PartnerKind), 1),
        ),
        sensitive=seldom(chance),
    )
    return Asked(
        terms=terms,
        items=items[: chance.randint(1, len(items))],
        now=START,
        asked_before=frozenset(chance.sample(partner_ids, min(20, len(partner_ids)))),
        only=frozenset(some(chance, partner_ids, 9)) or None,
    )
