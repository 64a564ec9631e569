"""Where partners and families are, by chance.

Nothing that we have counts people. The stand-in: a ZIP code weighs as the square root of how many its city has, which
gives Texas 10, California 8, New York 7 and Florida 6 of 100, and Houston 70 times what a town of its own has.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import sqrt
from random import Random

import zipcodes

from services.matcher.directory.places import Place, place_of


@dataclass(frozen=True)
class Homes:
    """ZIP codes that people live in, in their order, which is nearly that of the land."""

    places: tuple[Place, ...]
    weights: tuple[float, ...]
    """Each with all before it."""

    def choose(self, random: Random) -> int:
        """A position in `places`."""
        return random.choices(range(len(self.places)), cum_weights=self.weights)[0]

    def around(self, position: int, count: int) -> tuple[str, ...]:
        """So many ZIP codes next to each other, that one among them."""
        first = max(0, min(position - count // 2, len(self.places) - count))
        return tuple(place.zip_code for place in self.places[first : first + count])


@cache
def homes() -> Homes:
    """Of the whole nation."""
    rows: list[dict[str, str]] = zipcodes.list_all()  # type: ignore[no-untyped-call]
    in_city = Counter((row["city"], row["state"]) for row in rows)
    lived_in = sorted({row["zip_code"] for row in rows if row["zip_code_type"] == "STANDARD" and row["active"]})
    places = [place for zip_code in lived_in if (place := place_of(zip_code)) and place.point and place.county]
    return Homes(tuple(places), tuple(accumulate(sqrt(in_city[place.city, place.state]) for place in places)))
