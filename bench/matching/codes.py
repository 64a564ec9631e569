"""Sets as bits and places as points: what the scan, the tree and the database compare."""

import math
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from schemas.taxonomy import Category
from schemas.vocabulary import AgeBand, Circumstance, Condition, Fit, HandoverWay, PartnerKind
from services.matcher.directory.places import Place, places

Vector = tuple[float, float, float]
"""A point on the globe, from its middle, which is 1 away: two points are near where their product is nearly 1."""

NOWHERE, UNKNOWN_POINT = (0.0, 0.0, 0.0), (math.nan, math.nan, math.nan)
NATION, NO_REGION = 0, -1
ANY_AGE = 1 << len(AgeBand)
ALL_AGES = 2 * ANY_AGE - 1
INTERPRETER = 1 << 30

_LISTS: tuple[type[StrEnum], ...] = (AgeBand, Category, Circumstance, Condition, Fit, HandoverWay, PartnerKind)
_BITS = {member: 1 << position for members in _LISTS for position, member in enumerate(members)}
_LANGUAGE_BITS = {code: 1 << position for position, code in enumerate(("en", "es", "zh", "fr", "ht", "ar", "vi"))}


def bits_of(members: Iterable[StrEnum]) -> int:
    """A bit for each, by its position in its list."""
    bits = 0
    for member in members:
        bits |= _BITS[member]
    return bits


def language_bits_of(codes: Iterable[str]) -> int:
    """A bit for each; raises KeyError for a language that nobody invented speaks."""
    bits = 0
    for code in codes:
        bits |= _LANGUAGE_BITS[code]
    return bits


def vector_of(place: Place) -> Vector | None:
    """The place's centre; None where nobody knows it."""
    if place.point is None:
        return None
    latitude, longitude = math.radians(place.point[0]), math.radians(place.point[1])
    around = math.cos(latitude)
    return around * math.cos(longitude), around * math.sin(longitude), math.sin(latitude)


@cache
def region_numbers() -> dict[tuple[str, str], int]:
    """By (state, county in lower case), and by (state, "") for the whole state; the nation is 0."""
    counties = {(place.state, place.county.casefold()) for place in places().values()}
    states = {(place.state, "") for place in places().values()}
    return {region: number for number, region in enumerate(sorted(counties | states), start=NATION + 1)}


@cache
def zones() -> dict[str, ZoneInfo]:
    """The time zones there are, by name."""
    return {zone: ZoneInfo(zone) for zone in sorted({place.zone for place in places().values()} | {"UTC"})}


@cache
def zone_numbers() -> dict[str, int]:
    """By the name of a time zone."""
    return {zone: number for number, zone in enumerate(zones())}
