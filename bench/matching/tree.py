"""Radii in a tree of boxes (shapely's STRtree), all other areas in dictionaries, the rules by numpy over the rest."""

from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from bench.matching.choosing import best_partners, partners_of
from bench.matching.columns import Columns, Rows, view_of
from bench.matching.engines import Choice
from bench.matching.rows import NEVER
from bench.matching.wanted import Wanted, wanted_of
from schemas.partners import PartnerRecorded
from services.matcher.domain.eligible import Asked
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy

_SLACK = 1e-6
"""Degrees, so that rounding leaves nobody out: who is near is measured afterwards."""


class TreeEngine:
    """The tree cannot change: an update makes all of it anew."""

    ranks = True

    def __init__(self, policy: RankingPolicy) -> None:
        self._columns = Columns(policy)
        self._circles = np.zeros(0, np.intp)
        self._tree = shapely.STRtree([])
        self._by_region: dict[int, Rows] = {}
        self._by_place: dict[int, Rows] = {}

    async def put(self, partner: PartnerRecorded, record: Record | None) -> None:
        self._columns.put(partner, record)

    async def settle(self) -> None:
        columns = self._columns
        self._circles = np.flatnonzero((columns.column("reach") < NEVER) & (columns.column("categories") > 0))
        self._tree = shapely.STRtree(self._boxes())
        self._by_region = _positions_by_value(columns.column("region"))
        listing = view_of(columns.zip_rows).astype(np.intp)
        self._by_place = {
            place: listing[pairs] for place, pairs in _positions_by_value(view_of(columns.zip_places)).items()
        }

    async def find(self, asked: Asked, most: int) -> list[Choice]:
        wanted = wanted_of(asked)
        return best_partners(self._columns, self._fitting(wanted), wanted, most)

    async def find_all(self, asked: Asked) -> list[UUID]:
        return partners_of(self._columns, self._fitting(wanted_of(asked)))

    async def stored_bytes(self) -> int | None:
        return None

    def _fitting(self, wanted: Wanted) -> Rows:
        x, y, z = wanted.point
        point = shapely.Point(np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z)))
        circles = self._circles[self._tree.query(point)]
        circles = circles[self._columns.near(circles, wanted)]
        nobody = np.zeros(0, np.intp)
        regional = [self._by_region.get(region, nobody) for region in wanted.regions]
        rows = np.concatenate([circles, *regional, self._by_place.get(wanted.place, nobody)])
        rows = rows[(self._columns.column("categories")[rows] & wanted.categories) != 0]
        return self._columns.fitting(rows, wanted)

    def _boxes(self) -> NDArray[np.object_]:
        x, y, z, reach = (self._columns.column(name)[self._circles] for name in ("x", "y", "z", "reach"))
        east, north, high = np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z)), np.degrees(np.arccos(reach))
        # Further from the equator, a mile is more degrees of longitude.
        wide = high / np.cos(np.radians(np.abs(north) + high)) + _SLACK
        high += _SLACK
        boxes: NDArray[np.object_] = shapely.box(east - wide, north - high, east + wide, north + high)
        return boxes


def _positions_by_value(values: NDArray[np.int32]) -> dict[int, Rows]:
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order], prepend=-2))
    return {int(values[part[0]]): part for part in np.split(order, starts[1:]) if len(part)}
