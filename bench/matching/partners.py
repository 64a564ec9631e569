"""A nation's partners, invented by seed, one at a time: a million of them are never in memory together."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import TypeVar
from uuid import UUID

from bench.matching.homes import Homes, homes
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
from schemas.taxonomy import Category
from schemas.vocabulary import Circumstance, Condition, Fit, HandoverWay, Interest, PartnerKind, PartnerStatus
from services.matcher.directory.places import Place
from services.matcher.domain.ranking import Claims, Record

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""When all needs are asked about: a Tuesday, 10 in the morning in New York."""

ChoiceT = TypeVar("ChoiceT")

_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Odd, so that times it no two numbers give the same 128 bits."""
_CATEGORIES = tuple(Category)
_OFTEN = {Category.FOOD: 16, Category.CLOTHING: 10}
_CATEGORY_WEIGHTS = tuple(accumulate(_OFTEN.get(category, 5) for category in Category))
_KINDS = tuple(PartnerKind)
_KIND_WEIGHTS = (5, 13, 16, 18, 20)
_MILES = (2, 3, 5, 5, 8, 10, 10, 12, 15, 15, 20, 25)
_FAR_MILES = (50, 75, 100)
_AGES = ((None, 5), (0, 17), (5, 18), (13, 24), (18, None), (18, 59), (60, None))
_HOUSEHOLDS = ((None, 4), (None, 6), (2, None), (3, 8))
_INCOME_LIMITS = (100, 130, 130, 150, 185, 185, 200, 200, 300, 10_000)
_LANGUAGES = (("en",), ("en", "es"), ("en", "es"), ("en", "es", "zh"), ("en", "fr", "ht"), ("es",), ("en", "ar", "vi"))
_HOURS = ((9, 17), (8, 12), (10, 14), (13, 19), (17, 20))


def invent_partners(count: int, seed: int, where: Homes | None = None) -> Iterator[PartnerRecorded]:
    """The first `count` partners of a seed; all over the nation where nobody says where."""
    return (invent_partner(number, seed, where=where) for number in range(count))


def invent_partner(number: int, seed: int, version: int = 0, where: Homes | None = None) -> PartnerRecorded:
    """One partner; another version has the same id, and all else may be another."""
    random = Random((seed << 64) + (version << 40) + number)
    luck = random.random()
    services = random.randint(10, 40) if luck < 0.002 else random.randint(2, 5) if luck < 0.05 else 1
    paused = random.random() < 0.03
    return PartnerRecorded(
        partner_id=UUID(int=(number + 1) * _SPREAD % 2**128),
        name=f"Partner {number}",
        kind=random.choices(_KINDS, cum_weights=_KIND_WEIGHTS)[0],
        status=PartnerStatus.PAUSED if paused else PartnerStatus.ACTIVE,
        snoozed_until=_say(random, 0.02, (NOW + timedelta(days=5), NOW - timedelta(days=5))),
        services=tuple(_invent_service(random, where or homes()) for _ in range(services)),
        sensitive_needs=random.random() < 0.08,
        conflicts=_some(random, 0.03, tuple(Interest), 1),
    )


def invent_record(partner: PartnerRecorded) -> Record | None:
    """How one partner of five was asked and answered; None for the others, who never were."""
    random = Random(partner.partner_id.int)
    if random.random() >= 0.2:
        return None
    asked = random.randint(1, 12)
    return Record(
        open_offers=random.choice((0, 0, 0, 1, 2, partner.open_offers)),
        messages_this_week=random.randint(0, 4),
        asked=asked,
        said_yes=random.randint(0, asked),
        claims={service.service_id: Claims(random.randint(0, 3), random.randint(0, 2)) for service in partner.services},
    )


def _invent_service(random: Random, where: Homes) -> Service:
    position = where.choose(random)
    place = where.places[position]
    min_age, max_age = _say(random, 0.25, _AGES) or (None, None)
    min_household, max_household = _say(random, 0.06, _HOUSEHOLDS) or (None, None)
    return Service(
        service_id=UUID(int=random.getrandbits(128), version=4),
        categories=_invent_categories(random),
        area=_invent_area(random, where, position),
        zip_code=_say(random, 0.7, (place.zip_code,)),
        min_age=min_age,
        max_age=max_age,
        min_household=min_household,
        max_household=max_household,
        income_limit=_say(random, 0.3, _INCOME_LIMITS),
        only_for=_some(random, 0.08, tuple(Circumstance), 2),
        languages=_say(random, 0.45, _LANGUAGES) or (),
        handover=_some(random, 0.35, tuple(HandoverWay), 2),
        hours=_invent_hours(random),
        conditions=_some(random, 0.2, tuple(Condition), 2),
        fits=_some(random, 0.15, tuple(Fit), 3),
        claims_per_week=_say(random, 0.3, (0, 1, 2, 3, 5, 5, 10, 20)),
        claims_at_once=_say(random, 0.15, (1, 2, 3, 5)),
    )


def _invent_categories(random: Random) -> tuple[Category, ...]:
    drawn = random.choices(_CATEGORIES, cum_weights=_CATEGORY_WEIGHTS, k=random.randint(1, 5))
    return tuple(dict.fromkeys(drawn))


def _invent_area(random: Random, where: Homes, position: int) -> ServiceArea:
    place: Place = where.places[position]
    luck = random.random()
    if luck < 0.60:
        miles = random.choice(_FAR_MILES if random.random() < 0.05 else _MILES)
        return RadiusArea(zip_code=place.zip_code, miles=miles)
    if luck < 0.82:
        return ZipListArea(zip_codes=where.around(position, random.randint(3, 30)))
    if luck < 0.979:
        return CountyArea(county=place.county, state=place.state)
    if luck < 0.999:
        return StateArea(state=place.state)
    return NationArea()


def _invent_hours(random: Random) -> tuple[Opening, ...]:
    if random.random() < 0.65:
        return ()
    opens, closes = random.choice(_HOURS)
    days = sorted(random.sample(range(7), random.randint(1, 5)))
    return tuple(Opening(weekday=day, opens=time(opens), closes=time(closes)) for day in days)


def _say(random: Random, share: float, choices: Sequence[ChoiceT]) -> ChoiceT | None:
    """One of them, by so many of 1; the others do not say."""
    return random.choice(choices) if random.random() < share else None


def _some(random: Random, share: float, choices: Sequence[ChoiceT], most: int) -> tuple[ChoiceT, ...]:
    """Up to `most` of them, by so many of 1; the others do not say."""
    return tuple(random.sample(choices, random.randint(1, most))) if random.random() < share else ()
