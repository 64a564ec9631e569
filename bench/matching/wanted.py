"""What is asked, in the numbers that the rows are in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.matching.codes import (
    ALL_AGES,
    ANY_AGE,
    INTERPRETER,
    NATION,
    NOWHERE,
    Vector,
    bits_of,
    language_bits_of,
    region_numbers,
    vector_of,
    zones,
)
from schemas.vocabulary import Circumstance
from services.matcher.clocks import EVERY_HOUR
from services.matcher.directory.hours import hours_until
from services.matcher.directory.places import places
from services.matcher.domain.eligible import Asked

_HOUR = timedelta(hours=1)
_HOURS_OF_A_WEEK = 7 * 24


@dataclass(frozen=True)
class Wanted:
    """What is asked, in the same numbers."""

    items: tuple[int, ...]
    """The bit of each item's category."""
    categories: int
    place: int
    regions: tuple[int, ...]
    point: Vector
    now: float
    excluded_kinds: int
    sensitive: bool
    living_situation: bool
    ages: int
    people: int
    income: tuple[int, int] | None
    holds: int
    may_hold: int
    """What holds, or is not known not to."""
    languages: int
    must_speak: bool
    handover: int
    windows: tuple[int, ...]
    """By the number of the zone: the hours of the week that there are until then."""
    excluded_conditions: int
    preferences: int


def wanted_of(asked: Asked) -> Wanted:
    """What is asked. Nothing here looks at `only` or `asked_before`: whom the bench asks about is new to everybody."""
    terms = asked.terms
    place = places()[terms.zip_code]
    items = tuple(bits_of((item.category,)) for item in asked.items)
    return Wanted(
        items=items,
        categories=bits_of(asked.categories),
        place=place.number,
        regions=(NATION, region_numbers()[place.state, ""], region_numbers()[place.state, place.county.casefold()]),
        point=vector_of(place) or NOWHERE,
        now=asked.now.timestamp(),
        excluded_kinds=bits_of(terms.consent.excluded_kinds),
        sensitive=terms.is_sensitive,
        living_situation=terms.tells_living_situation,
        ages=bits_of(terms.household) | ANY_AGE if terms.household else ALL_AGES,
        people=len(terms.household),
        income=terms.income.percent if terms.income else None,
        holds=bits_of(terms.circumstances),
        may_hold=bits_of(set(Circumstance) - set(terms.not_circumstances)),
        languages=language_bits_of(terms.languages) | INTERPRETER,
        must_speak=terms.must_speak,
        handover=bits_of(terms.handover),
        windows=_windows(asked.now, terms.needed_by),
        excluded_conditions=bits_of(terms.excluded_conditions),
        preferences=bits_of(terms.preferences),
    )


def _windows(now: datetime, until: datetime) -> tuple[int, ...]:
    """As `hours_until` for each zone, without going from hour to hour, once for all zones of the same clock."""
    if until - now >= timedelta(days=7):
        return (EVERY_HOUR,) * len(zones())
    known: dict[tuple[timedelta | None, timedelta | None], int] = {}
    windows = []
    for name, zone in zones().items():
        local, end = now.astimezone(zone), until.astimezone(zone)
        clocks = local.utcoffset(), end.utcoffset()
        if clocks not in known:
            known[clocks] = _window(local, end) if clocks[0] == clocks[1] else hours_until(now, until, name)
        windows.append(known[clocks])
    return tuple(windows)


def _window(local: datetime, end: datetime) -> int:
    begun = local.replace(minute=0, second=0, microsecond=0)
    count = min(-((begun - end) // _HOUR), _HOURS_OF_A_WEEK)
    bits = ((1 << count) - 1) << (local.weekday() * 24 + local.hour)
    return (bits | bits >> _HOURS_OF_A_WEEK) & EVERY_HOUR
