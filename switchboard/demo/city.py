"""The invented city: where it is, how big, and by which seed. Pure."""

import random
from typing import Any
from uuid import UUID

import zipcodes

from schemas.taxonomy import Category

SEED = 21
PARTNERS, NEEDS = 200, 40
SECONDS_BETWEEN_NEEDS = 0.25
ROOT = UUID("5b0a0f4e-0000-4000-8000-000000000021")
"""What all ids are made from."""
CITY, COUNTY, STATE = "Brooklyn", "Kings County", "NY"
NOBODY_OFFERS = Category.CHILDCARE
"""One kind of help that this city lacks, so that the demo shows a need that nobody can meet."""


def zip_codes() -> list[str]:
    """The city's ZIP codes that are on the map."""
    rows: list[dict[str, str]] = zipcodes.filter_by(city=CITY, state=STATE)  # type: ignore[no-untyped-call]
    return sorted(row["zip_code"] for row in rows if float(row["lat"]))


def sometimes(chance: random.Random, share: float, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - of any field
    """The facts, for that share of those who could have them."""
    return facts if chance.random() < share else {}
