"""PostgreSQL with one GIN index: what a service covers, for each kind of help, as an array of numbers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import acos, asin, atan2, cos, degrees, floor, radians
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bench.matching.codes import NO_REGION
from bench.matching.engines import Choice
from bench.matching.rows import NEVER, Row, rows_of
from bench.matching.wanted import Wanted, wanted_of
from schemas.partners import PartnerRecorded
from services.matcher.clocks import EVERY_HOUR
from services.matcher.domain.eligible import Asked
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy
from services.runtime.database import Connection
from switchboard.local.folders import claimed_run_folder
from switchboard.local.postgres import LocalPostgres, prepare_postgres
from switchboard.processes import running

# The extension intarray must not be there: its operators take precedence, and this index serves them not.
_TABLE = """
CREATE TABLE services (
    x float8, y float8, z float8, reach float8, snoozed_until float8,
    partner int4 NOT NULL, languages int4 NOT NULL,
    kind int2 NOT NULL, ages int2 NOT NULL, min_household int2 NOT NULL, max_household int2 NOT NULL,
    income_limit int2 NOT NULL, only_for int2 NOT NULL, handover int2 NOT NULL, conditions int2 NOT NULL,
    zone int2 NOT NULL, able bool NOT NULL, sensitive bool NOT NULL, conflicts bool NOT NULL,
    hours bit(168), tokens int4[] NOT NULL
)"""
_ORDERING = (
    # Who covers the same is found together, and so stands together: that halves what a question takes.
    "CREATE INDEX by_first ON services ((tokens[1]))",
    "CLUSTER services USING by_first",
    "DROP INDEX by_first",
)
_INDEXES = (
    "CREATE INDEX ON services USING gin (tokens) WITH (fastupdate = off) WHERE able",
    "CREATE INDEX ON services (partner)",
    "VACUUM (ANALYZE) services",
)
_FIND = """
SELECT ARRAY(
    SELECT partner FROM services
    WHERE able AND tokens && $1::int4[]
        AND (reach IS NULL OR x * $2 + y * $3 + z * $4 >= reach)
        AND (snoozed_until IS NULL OR snoozed_until <= $5)
        AND kind & $6::int2 = 0
        AND (sensitive OR NOT $7)
        AND NOT (conflicts AND $8)
        AND ages & $9::int2 <> 0
        AND ($10::int2 = 0 OR $10 BETWEEN min_household AND max_household)
        AND income_limit >= $11::int2
        AND (only_for = 0 OR only_for & $12::int2 <> 0)
        AND (languages = 0 OR languages & $13::int4 <> 0)
        AND (handover = 0 OR handover & $14::int2 <> 0)
        AND conditions & $15::int2 = 0
        AND (hours IS NULL OR $16::bit(168)[] IS NULL OR hours & $16[zone + 1] <> 0::bit(168))
)"""
_COLUMNS = (
    *("x", "y", "z", "reach", "snoozed_until", "partner", "languages", "kind", "ages", "min_household"),
    *("max_household", "income_limit", "only_for", "handover", "conditions", "zone", "able", "sensitive"),
    *("conflicts", "hours", "tokens"),
)
_INSERT = """
INSERT INTO services
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"""
# For a machine that does little else, and questions that are small and many.
_SERVER = {
    "shared_buffers": "2GB",
    "maintenance_work_mem": "1GB",
    "work_mem": "256MB",
    "max_wal_size": "8GB",
    "synchronous_commit": "off",
    "random_page_cost": "1.0",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
}
_CHUNK = 5_000
_ALL_BITS = 0x7FFF
_HOURS_BYTES = 21
_CELLS_PER_DEGREE = 4
_CELLS_AROUND = 360 * _CELLS_PER_DEGREE
_FIRST_PLACE, _FIRST_CELL, _CATEGORY_STRIDE = 10_000, 60_000, 1 << 21


class GinEngine:
    """Finds all, in no order: the database knows neither how partners answered nor how the matcher ranks."""

    ranks = False

    def __init__(self, connection: Connection, policy: RankingPolicy) -> None:
        self._connection = connection
        self._policy = policy
        self._partner_ids: list[UUID] = []
        self._numbers: dict[UUID, int] = {}
        self._waiting: list[tuple[Any, ...]] = []
        self._find: asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record] | None = None

    async def put(self, partner: PartnerRecorded, record: Record | None) -> None:
        number = self._numbers.setdefault(partner.partner_id, len(self._partner_ids))
        rows = [_values_of(row) for row in rows_of(partner, number, record, self._policy)]
        if number == len(self._partner_ids):
            self._partner_ids.append(partner.partner_id)
        if self._find is None:
            self._waiting += rows
            await self._copy(at_least=_CHUNK)
            return
        async with self._connection.transaction():
            await self._connection.execute("DELETE FROM services WHERE partner = $1", number)
            await self._connection.executemany(_INSERT, rows)

    async def settle(self) -> None:
        if self._find is None:
            await self._copy(at_least=1)
            for statement in (*_ORDERING, *_INDEXES):
                await self._connection.execute(statement)
            self._find = await self._connection.prepare(_FIND)

    async def find(self, asked: Asked, most: int) -> list[Choice]:  # noqa: ARG002 - it gives all
        return [(partner_id, 0.0) for partner_id in await self.find_all(asked)]

    async def find_all(self, asked: Asked) -> list[UUID]:
        assert self._find is not None
        numbers: list[int] = await self._find.fetchval(*_parameters_of(wanted_of(asked)))
        return [self._partner_ids[number] for number in set(numbers)]

    async def stored_bytes(self) -> int | None:
        size: int = await self._connection.fetchval("SELECT pg_total_relation_size('services')")
        return size

    async def _copy(self, *, at_least: int) -> None:
        if len(self._waiting) >= at_least:
            await self._connection.copy_records_to_table("services", records=self._waiting, columns=_COLUMNS)
            self._waiting.clear()


@asynccontextmanager
async def running_gin(policy: RankingPolicy) -> AsyncIterator[GinEngine]:
    """On a server of its own."""
    with claimed_run_folder("matching", fresh=True) as folder:
        async with _tuned_postgres(folder) as url:
            connection = await asyncpg.connect(url)
            try:
                await connection.execute(_TABLE)
                yield GinEngine(connection, policy)
            finally:
                await connection.close()


@asynccontextmanager
async def _tuned_postgres(folder: Path) -> AsyncIterator[str]:
    await prepare_postgres(folder)
    async with running(LocalPostgres(folder)) as postgres:
        connection = await asyncpg.connect(postgres.admin_url)
        for setting, value in _SERVER.items():
            await connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        await connection.close()
        await postgres.restart()
        yield postgres.admin_url


def _values_of(row: Row) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    circle = row.reach < NEVER
    values = row._asdict() | {
        "hours": _bits(row.hours) if row.hours else None,
        "snoozed_until": row.snoozed_until or None,
        "tokens": sorted(
            category * _CATEGORY_STRIDE + cover for category in _positions(row.categories) for cover in _covers_of(row)
        ),
    }
    if not circle:
        values |= dict.fromkeys(("x", "y", "z", "reach"))
    return tuple(values[name] for name in _COLUMNS)


def _covers_of(row: Row) -> set[int]:
    if row.region != NO_REGION:
        return {row.region}
    if row.zips:
        return {_FIRST_PLACE + place for place in row.zips}
    north, east, high = degrees(asin(row.z)), degrees(atan2(row.y, row.x)), degrees(acos(row.reach))
    wide = high / cos(radians(abs(north) + high))
    return {
        _FIRST_CELL + latitude * _CELLS_AROUND + longitude
        for latitude in range(_cell(north - high + 90), _cell(north + high + 90) + 1)
        for longitude in range(_cell(east - wide + 180), _cell(east + wide + 180) + 1)
    }


def _parameters_of(wanted: Wanted) -> tuple[Any, ...]:
    x, y, z = wanted.point
    cell = _cell(degrees(asin(z)) + 90) * _CELLS_AROUND + _cell(degrees(atan2(y, x)) + 180)
    covers = (*wanted.regions, _FIRST_PLACE + wanted.place, _FIRST_CELL + cell)
    tokens = [category * _CATEGORY_STRIDE + cover for category in _positions(wanted.categories) for cover in covers]
    always = all(window == EVERY_HOUR for window in wanted.windows)
    return (
        tokens,
        *(x, y, z, wanted.now, wanted.excluded_kinds, wanted.sensitive, wanted.living_situation),
        *(wanted.ages, wanted.people, wanted.income[0] if wanted.income else 0, wanted.holds | wanted.may_hold),
        wanted.languages if wanted.must_speak else -1,
        wanted.handover or _ALL_BITS,
        wanted.excluded_conditions,
        None if always else [_bits(window) for window in wanted.windows],
    )


def _cell(degrees_from_edge: float) -> int:
    return floor(degrees_from_edge * _CELLS_PER_DEGREE)


def _positions(bits: int) -> list[int]:
    return [position for position in range(bits.bit_length()) if bits >> position & 1]


def _bits(hours: int) -> asyncpg.BitString:
    return asyncpg.BitString.frombytes(hours.to_bytes(_HOURS_BYTES, "big"))
