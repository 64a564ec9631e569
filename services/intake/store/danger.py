"""What a site says about reporting danger, and how often its coordinators asked. Nothing of who, or about whom."""

from dataclasses import dataclass
from uuid import UUID

from services.runtime.database import Connection


@dataclass(frozen=True)
class Reporting:
    """Where a site is, and its own steps for reporting, where it has some."""

    zip_code: str
    reporting_steps: str | None


async def read_reporting(connection: Connection, site_id: UUID) -> Reporting:
    """How the site reports. Raises LookupError for a site that is not there."""
    row = await connection.fetchrow("SELECT zip_code, reporting_steps FROM sites WHERE site_id = $1", site_id)
    if row is None:
        raise LookupError("no such site")
    return Reporting(**dict(row))


async def count_press(connection: Connection, site_id: UUID) -> None:
    """Counts one, on the day that it is where the site is."""
    await connection.execute(
        """
        INSERT INTO danger_counts (day, site_id, count)
        SELECT (now() AT TIME ZONE time_zone)::date, site_id, 1 FROM sites WHERE site_id = $1
            ON CONFLICT (day, site_id) DO UPDATE SET count = danger_counts.count + 1
        """,
        site_id,
    )
