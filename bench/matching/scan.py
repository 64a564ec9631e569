"""Every service is looked at for every need, by numpy: no index, one pass over the columns."""

from uuid import UUID

import numpy as np

from bench.matching.choosing import best_partners, partners_of
from bench.matching.columns import Columns, Rows
from bench.matching.engines import Choice
from bench.matching.wanted import Wanted, wanted_of
from schemas.partners import PartnerRecorded
from services.matcher.domain.eligible import Asked
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy


class ScanEngine:
    """The whole pass is by category; what follows looks at what is left."""

    ranks = True

    def __init__(self, policy: RankingPolicy) -> None:
        self._columns = Columns(policy)

    async def put(self, partner: PartnerRecorded, record: Record | None) -> None:
        self._columns.put(partner, record)

    async def settle(self) -> None:
        pass

    async def find(self, asked: Asked, most: int) -> list[Choice]:
        wanted = wanted_of(asked)
        return best_partners(self._columns, self._fitting(wanted), wanted, most)

    async def find_all(self, asked: Asked) -> list[UUID]:
        return partners_of(self._columns, self._fitting(wanted_of(asked)))

    async def stored_bytes(self) -> int | None:
        return None

    def _fitting(self, wanted: Wanted) -> Rows:
        columns = self._columns
        rows = np.flatnonzero(columns.column("categories") & wanted.categories)
        covers = columns.regional(rows, wanted) | columns.near(rows, wanted)
        listed = np.zeros(len(columns), bool)
        listed[columns.listing(wanted)] = True
        return columns.fitting(rows[covers | listed[rows]], wanted)
