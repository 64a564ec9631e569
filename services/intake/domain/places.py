"""ZIP codes as places, from the `zipcodes` package (GeoNames, CC BY 4.0)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import zipcodes

from services.intake.domain.spelling import fold_words

AROUND_MILES = 100
_EARTH_RADIUS_MILES = 3958.8
_MILES_PER_DEGREE = 69.0


@dataclass(frozen=True)
class Place:
    """Where a ZIP code is."""

    zip_code: str
    city: str
    county: str
    state: str

    @property
    def label(self) -> str:
        """Its town, for people."""
        return f"{self.city}, {self.state}"

    @property
    def county_label(self) -> str:
        """Its county, where the town would say too much."""
        return f"{self.county or self.state}, {self.state}"


def place_of(zip_code: str) -> Place | None:
    """The place of a ZIP code; None where there is no such ZIP code."""
    row = _rows().get(zip_code)
    return Place(zip_code, row["city"], row["county"] or "", row["state"]) if row else None


@lru_cache(maxsize=500)
def miles_around(zip_code: str) -> Mapping[str, float]:
    """Each ZIP code within `AROUND_MILES`, and how far its centre is."""
    centre = _points().get(zip_code)
    if centre is None:
        return {zip_code: 0.0}
    tallest = AROUND_MILES / _MILES_PER_DEGREE
    found = {zip_code: 0.0}
    for other, point in _points().items():
        if abs(point[0] - centre[0]) < tallest:
            miles = _distance(centre, point)
            if miles <= AROUND_MILES:
                found[other] = miles
    return found


@lru_cache(maxsize=500)
def miles_to_counties(zip_code: str) -> Mapping[str, float]:
    """Each ZIP code within `AROUND_MILES`, and how far the nearest of its county is: it tells of no place in there."""
    around, nearest = miles_around(zip_code), dict[str, float]()
    counties = {other: place.county_label for other in around if (place := place_of(other))}
    for other, county in counties.items():
        nearest[county] = min(around[other], nearest.get(county, around[other]))
    return {other: nearest[county] for other, county in counties.items()}


def zip_codes_named(name: str) -> frozenset[str]:
    """The ZIP codes of a town or county of that name, however it is spelt; or the ZIP code itself."""
    return _zip_codes_by_name().get(_bare(name), frozenset())


@cache
def states() -> tuple[str, ...]:
    """All states and territories that have ZIP codes, by their two letters."""
    return tuple(sorted({row["state"] for row in _rows().values()}))


@cache
def _rows() -> Mapping[str, dict[str, str]]:
    rows: list[dict[str, str]] = zipcodes.list_all()  # type: ignore[no-untyped-call]
    return {row["zip_code"]: row for row in rows}


@cache
def _zip_codes_by_name() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for zip_code, row in _rows().items():
        for name in {zip_code, _bare(row["city"]), _bare(row["county"] or "")} - {""}:
            found.setdefault(name, set()).add(zip_code)
    return {name: frozenset(zip_codes) for name, zip_codes in found.items()}


def _bare(name: str) -> str:
    return " ".join(fold_words(name)).removesuffix(" county")


@cache
def _points() -> Mapping[str, tuple[float, float]]:
    # Some rows say 0, 0: nobody lives there.
    points = {zip_code: (float(row["lat"]), float(row["long"])) for zip_code, row in _rows().items()}
    return {zip_code: point for zip_code, point in points.items() if point != (0, 0)}


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    (latitude, longitude), (there, away) = one, other
    across = math.sin(math.radians(there - latitude) / 2) ** 2
    along = math.sin(math.radians(away - longitude) / 2) ** 2
    share = across + math.cos(math.radians(latitude)) * math.cos(math.radians(there)) * along
    return 2 * _EARTH_RADIUS_MILES * math.asin(math.sqrt(share))
