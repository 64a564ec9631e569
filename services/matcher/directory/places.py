"""ZIP codes as places, from the `zipcodes` package (GeoNames, CC BY 4.0)."""

import math
from dataclasses import dataclass
from functools import lru_cache

import zipcodes

EARTH_RADIUS_MILES = 3958.8


@dataclass(frozen=True)
class Place:
    """A ZIP code's place. `point` is its centre in degrees (latitude, longitude); None where nobody knows it."""

    city: str
    county: str
    state: str
    point: tuple[float, float] | None

    @property
    def label(self) -> str:
        """The city, for people."""
        return f"{self.city}, {self.state}"

    @property
    def county_label(self) -> str:
        """The county, for needs whose ZIP code would say too much."""
        return f"{self.county or self.state}, {self.state}"


@lru_cache(maxsize=50_000)
def place_of(zip_code: str) -> Place | None:
    """The place of a ZIP code; None when there is no such ZIP code."""
    rows: list[dict[str, str]] = zipcodes.matching(zip_code)  # type: ignore[no-untyped-call]
    if not rows:
        return None
    row = rows[0]
    latitude, longitude = float(row["lat"]), float(row["long"])
    # 872 rows say 0, 0: nobody lives there.
    point = None if latitude == 0 and longitude == 0 else (latitude, longitude)
    return Place(row["city"], row["county"] or "", row["state"], point)


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
