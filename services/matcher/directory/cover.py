"""What a service area covers, in tokens: numbers that a place has too, so that who covers it is looked up."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from schemas.partners import CountyArea, NationArea, RadiusArea, ServiceArea, StateArea, ZipListArea
from services.matcher.directory.places import Place, numbers_within, place_of, places

_MOST_ZIPS, _MOST_TOKENS = 16, 64
"""A circle with more ZIP codes in it is covered by coarser tokens, and each place is measured when it is asked for."""
_ZIP, _NEIGHBORHOOD, _REGION, _COUNTY, _STATE, _NATION = (kind << 20 for kind in range(1, 7))
"""A neighborhood is the ZIP codes with the same four digits first, a region those with the same three."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The tokens of an area; `exact` is whether each place that has one of them is in it."""

    tokens: Sequence[int]
    exact: bool = True


def tokens_of(place: Place) -> tuple[int, ...]:
    """All tokens of a place, from the smallest to the nation's."""
    return (
        _ZIP + place.number,
        _neighborhood_token(place),
        _region_token(place),
        _COUNTY + _counties().get((place.state, place.county.casefold()), 0),
        _state_token(place.state),
        _NATION,
    )


def cover_area(area: ServiceArea) -> Cover:
    """What an area covers. Places that there are not cover nothing."""
    match area:
        case NationArea():
            return Cover((_NATION,))
        case StateArea(state=state):
            return Cover((_state_token(state),))
        case CountyArea(state=state, county=county):
            number = _counties().get((state, county.casefold()))
            return Cover(() if number is None else (_COUNTY + number,))
        case ZipListArea(zip_codes=zip_codes):
            there = {place.number for zip_code in zip_codes if (place := place_of(zip_code))}
            return Cover(array("I", [_ZIP + number for number in sorted(there)]))
        case RadiusArea(zip_code=zip_code, miles=miles):
            centre = place_of(zip_code)
            return cover_circle(centre, miles) if centre else Cover(())


@lru_cache(maxsize=20_000)
def cover_circle(centre: Place, miles: float) -> Cover:
    """The places within so many miles of one."""
    near = numbers_within(centre, miles)
    if len(near) <= _MOST_ZIPS:
        return Cover(array("I", (near + _ZIP).tolist()))
    for coarse in _coarse_tokens():
        tokens = np.unique(coarse[near])
        if len(tokens) <= _MOST_TOKENS:
            return Cover(array("I", tokens.tolist()), exact=False)
    return Cover((_NATION,), exact=False)


def zips_of(tokens: Sequence[int]) -> bytes:
    """The tokens of a list of ZIP codes, in as little as they can be made from again."""
    return array("H", [token - _ZIP for token in tokens]).tobytes()


def tokens_of_zips(zips: bytes) -> Sequence[int]:
    """The tokens again."""
    return [_ZIP + number for number in array("H", zips)]


def _neighborhood_token(place: Place) -> int:
    return _NEIGHBORHOOD + int(place.zip_code[:4])


def _region_token(place: Place) -> int:
    return _REGION + int(place.zip_code[:3])


def _state_token(state: str) -> int:
    return _STATE + (ord(state[0]) << 8) + ord(state[1])


@cache
def _counties() -> dict[tuple[str, str], int]:
    """The counties there are, by state and name in small letters; 0 is none."""
    there = {(place.state, place.county.casefold()) for place in places().values() if place.county}
    return {county: number for number, county in enumerate(sorted(there), start=1)}


@cache
def _coarse_tokens() -> tuple[NDArray[np.int64], ...]:
    """The tokens of neighborhoods, of regions and of states, by a place's number."""
    return (
        np.array([_neighborhood_token(place) for place in places().values()]),
        np.array([_region_token(place) for place in places().values()]),
        np.array([_state_token(place.state) for place in places().values()]),
    )
