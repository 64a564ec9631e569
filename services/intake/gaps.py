"""The gap report: each quarter is reported once, some days after it ended, and read as it was reported."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.intake.domain.gaps import Dimension, Report, Telling, report, tell_quarter
from services.intake.domain.need import NotPossible
from services.intake.domain.quarters import Quarter, read_period
from services.intake.store import gaps
from services.runtime.database import Pool

REPORTED_AFTER = timedelta(days=7)
"""So that what ended in the last hours of a quarter is heard of, in every time zone."""
QUARTERS_SHOWN = 4


@dataclass(frozen=True)
class Wanted:
    """Whose gaps, by what, and of which quarters. `site_id` None is all sites together."""

    site_id: UUID | None
    dimension: Dimension
    quarters: Sequence[Quarter]


async def report_due(pool: Pool) -> int:
    """Reports the first quarter that is due. Returns for how many it did so."""
    async with pool.acquire() as connection:
        quarter = await gaps.quarter_to_report(connection, REPORTED_AFTER)
        if quarter is None:
            return 0
        found = await gaps.gaps_in(connection, quarter)
    # With many sites it takes seconds: others want the database and the loop meanwhile.
    figures = await asyncio.to_thread(tell_quarter, found)
    async with pool.acquire() as connection, connection.transaction():
        return int(await gaps.save_figures(connection, quarter, len(found), figures))


def choose_quarters(reported: Sequence[Quarter], begins: str | None, ends: str | None) -> list[Quarter]:
    """Those from month to month; without both, the newest that were reported. Raises NotPossible."""
    if begins is None and ends is None:
        return list(reported[-QUARTERS_SHOWN:])
    if begins is None or ends is None:
        raise NotPossible("from" if begins is None else "to", "name both from and to, or neither")
    return read_period(begins, ends)


async def read_quarters(pool: Pool) -> list[Quarter]:
    """The quarters that were reported, in order."""
    async with pool.acquire() as connection:
        return await gaps.reported_quarters(connection)


async def read_report(pool: Pool, wanted: Wanted) -> Report:
    """What was told of these quarters."""
    async with pool.acquire() as connection:
        reported = set(await gaps.reported_quarters(connection))
        figures = await gaps.figures_of(connection, wanted.site_id, wanted.dimension, wanted.quarters)
    told = {
        quarter: Telling.TOLD if quarter in figures else Telling.TOO_FEW if quarter in reported else Telling.NOT_YET
        for quarter in wanted.quarters
    }
    return report(wanted.dimension, told, figures)
