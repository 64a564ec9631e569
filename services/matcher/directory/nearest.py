"""The nearest first, and ever more of them: where thousands fit, most are never looked at."""

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from services.matcher.directory.places import EARTH_RADIUS_MILES, Floats, Place, radians
from services.matcher.directory.rows import NOWHERE
from services.matcher.domain.ranking import UNKNOWN_DISTANCE, miles_at
from services.matcher.policy import RankingPolicy

_FIRST, _TIMES = 256, 4


def nearest_first(
    homes: NDArray[np.uint16], place: Place, policy: RankingPolicy
) -> Iterator[tuple[NDArray[np.intp], float]]:
    """(positions of the nearest, how many miles away the others are at least): ever more, and in the end all.

    A home that nobody knows is as far away as its proximity says.
    """
    count, everybody = _FIRST, np.arange(len(homes))
    if count < len(homes):
        chords = _chords(homes, place, miles_at(UNKNOWN_DISTANCE, policy))
        while count < len(homes):
            # The squares of chords are in the order of distances, and cheaper.
            farthest = np.partition(chords, count)[count]
            yield np.flatnonzero(chords <= farthest), _miles_of(float(farthest))
            count *= _TIMES
    yield everybody, math.inf


def _chords(homes: NDArray[np.uint16], place: Place, unknown_miles: float) -> Floats:
    sphere = _on_the_sphere()
    chords: Floats = ((sphere[:, homes] - sphere[:, place.number, None]) ** 2).sum(axis=0)
    return np.nan_to_num(chords, copy=False, nan=_square_of_chord(unknown_miles))


def _square_of_chord(miles: float) -> float:
    return (2 * math.sin(miles / EARTH_RADIUS_MILES / 2)) ** 2


def _miles_of(square_of_chord: float) -> float:
    # A little less, so that rounding hides nobody.
    return 2 * EARTH_RADIUS_MILES * math.asin(min(1.0, math.sqrt(square_of_chord) / 2)) * (1 - 1e-9)


@cache
def _on_the_sphere() -> Floats:
    """(x, y, z) by a place's number, on a sphere of radius 1; NaN where nobody knows it, and for NOWHERE."""
    latitudes, longitudes = radians()
    flat = np.cos(latitudes)
    known = np.array([flat * np.cos(longitudes), flat * np.sin(longitudes), np.sin(latitudes)])
    return np.pad(known, ((0, 0), (0, NOWHERE + 1 - known.shape[1])), constant_values=math.nan)
