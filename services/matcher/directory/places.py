"""ZIP codes as places, from the `zipcodes` package (GeoNames, CC BY 4.0)."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import zipcodes
from numpy.typing import NDArray

EARTH_RADIUS_MILES = 3958.8
_MENDED_ZONES = {"Napakiak": "America/Anchorage", "": "UTC"}
"""One town stands in the column of its zone; post offices of the armed forces have none."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A ZIP code's place, one object for each.

    `point` is its centre in degrees (latitude, longitude); None where nobody knows it.
    """

    number: int
    """Counts the ZIP codes, from 0, in their order."""
    zip_code: str
    city: str
    county: str
    state: str
    zone: str
    point: tuple[float, float] | None

    @property
    def label(self) -> str:
        """The city, for people."""
        return f"{self.city}, {self.state}"

    @property
    def county_label(self) -> str:
        """The county, for needs whose ZIP code would say too much."""
        return f"{self.county or self.state}, {self.state}"


def place_of(zip_code: str) -> Place | None:
    """The place of a ZIP code; None when there is no such ZIP code."""
    return places().get(zip_code)


def zone_of(zip_code: str) -> str:
    """The time zone of a ZIP code; UTC when there is no such ZIP code."""
    place = place_of(zip_code)
    return place.zone if place else "UTC"


def place_with(number: int) -> Place:
    """The place with a number."""
    return _in_order()[number]


@cache
def _in_order() -> tuple[Place, ...]:
    return tuple(places().values())


@cache
def places() -> dict[str, Place]:
    """All places by ZIP code, in order."""
    rows: dict[str, dict[str, str]] = {}
    for row in zipcodes.list_all():  # type: ignore[no-untyped-call]
        rows.setdefault(row["zip_code"], row)
    return {zip_code: _read(number, rows[zip_code]) for number, zip_code in enumerate(sorted(rows))}


def _read(number: int, row: dict[str, str]) -> Place:
    latitude, longitude = float(row["lat"]), float(row["long"])
    # 872 rows say 0, 0: nobody lives there.
    point = None if latitude == 0 and longitude == 0 else (latitude, longitude)
    zone = _MENDED_ZONES.get(row["timezone"], row["timezone"])
    return Place(number, row["zip_code"], row["city"], row["county"] or "", row["state"], zone, point)


def miles_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance (haversine), in miles."""
    (latitude, longitude), (other_latitude, other_longitude) = (
        (math.radians(one[0]), math.radians(one[1])),
        (math.radians(other[0]), math.radians(other[1])),
    )
    half = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(half))


@cache
def radians() -> Floats:
    """(latitude, longitude) by a place's number, in radians; NaN where nobody knows it."""
    points = [place.point or (math.nan, math.nan) for place in places().values()]
    return np.ascontiguousarray(np.radians(points).T)


def miles_to(point: tuple[float, float], latitudes: Floats, longitudes: Floats) -> Floats:
    """As `miles_between`, to many points in radians; NaN to those that nobody knows."""
    latitude, longitude = math.radians(point[0]), math.radians(point[1])
    half = (
        np.sin((latitudes - latitude) / 2) ** 2
        + math.cos(latitude) * np.cos(latitudes) * np.sin((longitudes - longitude) / 2) ** 2
    )
    miles: Floats = 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(half))
    return miles


@cache
def _from_south() -> tuple[NDArray[np.intp], Floats, Floats]:
    """The numbers of the places with a centre, from south to north; their latitudes and longitudes in radians."""
    latitudes, longitudes = radians()
    order = np.argsort(latitudes)[: np.count_nonzero(~np.isnan(latitudes))]
    return order, latitudes[order], longitudes[order]


def numbers_within(centre: Place, miles: float) -> NDArray[np.intp]:
    """The numbers of the places whose centre is within so many miles of another's, which is always among them."""
    if centre.point is None:
        return np.array([centre.number])
    order, latitudes, longitudes = _from_south()
    latitude, longitude = math.radians(centre.point[0]), math.radians(centre.point[1])
    # A little more than the miles are, so that rounding leaves nobody out.
    reach = miles / EARTH_RADIUS_MILES + 1e-6
    first, last = np.searchsorted(latitudes, (latitude - reach, latitude + reach))
    band: slice | NDArray[np.intp] = slice(first, last)
    if not _spans_a_meridian(latitude, longitude, reach):
        # Of a band round the earth few are near: they are picked out before the dear part.
        band = first + np.flatnonzero(np.abs(longitudes[band] - longitude) <= reach / math.cos(abs(latitude) + reach))
    near: NDArray[np.intp] = order[band][miles_to(centre.point, latitudes[band], longitudes[band]) <= miles]
    return near


def _spans_a_meridian(latitude: float, longitude: float, reach: float) -> bool:
    """Whether so far around a point, in radians, lies the date line or nearly a pole."""
    most = math.radians(80)
    return abs(latitude) + reach > most or abs(longitude) + reach / math.cos(most) > math.pi
