"""What nobody could do, line by line; and the figures that are told of each quarter."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from services.intake.domain.gaps import UNKNOWN_RULE, Dimension, Figure, Gap, UnmetLine, to_month
from services.intake.domain.quarters import Quarter
from services.runtime.database import Connection


async def add_lines(connection: Connection, lines: Sequence[UnmetLine]) -> None:
    """Keeps lines that ended unmet; what is known stays. What comes after its quarter's report counts in the next."""
    await connection.execute(
        """
        INSERT INTO gaps (need_id, line, month, category, zip_code, language, cause, rule)
        SELECT new.need_id, new.line,
               greatest(date_trunc('month', new.ended_at AT TIME ZONE sites.time_zone)::date,
                        (SELECT (max(quarter) + interval '3 months')::date FROM gap_quarters)),
               new.category, new.zip_code, new.language, new.cause, new.rule
          FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                      $8::text[])
               AS new (need_id, line, ended_at, category, zip_code, language, cause, rule)
          JOIN needs USING (need_id) JOIN sites USING (site_id)
            ON CONFLICT DO NOTHING
        """,
        [line.need_id for line in lines],
        [line.line for line in lines],
        [line.ended_at for line in lines],
        [line.category for line in lines],
        [line.zip_code for line in lines],
        [line.language for line in lines],
        [line.cause for line in lines],
        [line.rule for line in lines],
    )


async def quarter_to_report(connection: Connection, wait: timedelta) -> Quarter | None:
    """The first quarter that ended so long ago and is not reported; the first of all is that of the first gap."""
    quarter: date | None = await connection.fetchval(
        """
        SELECT next FROM (
            SELECT coalesce((SELECT max(quarter) + interval '3 months' FROM gap_quarters),
                            (SELECT date_trunc('quarter', min(month)) FROM gaps))::date AS next
        ) AS quarters WHERE next + interval '3 months' + $1::interval <= now()
        """,
        wait,
    )
    return Quarter(quarter) if quarter else None


async def gaps_in(connection: Connection, quarter: Quarter) -> list[Gap]:
    """The gaps of a quarter: one for each line."""
    rows = await connection.fetch(
        "SELECT gaps.*, needs.site_id FROM gaps JOIN needs USING (need_id) WHERE month = ANY($1::date[])",
        list(quarter.months),
    )
    return [
        Gap(
            row["need_id"],
            row["site_id"],
            (
                (Dimension.CATEGORY, row["category"]),
                (Dimension.ZIP_CODE, row["zip_code"]),
                (Dimension.LANGUAGE, row["language"]),
                (Dimension.RULE, row["rule"] or UNKNOWN_RULE),
                (Dimension.MONTH, to_month(row["month"])),
            ),
        )
        for row in rows
    ]


async def save_figures(connection: Connection, quarter: Quarter, lines: int, figures: Sequence[Figure]) -> bool:
    """Reports a quarter. False, and nothing, where it is reported already or has no longer so many lines."""
    # Whoever keeps a line in this moment is waited for, and finds the quarter reported.
    await connection.execute("LOCK TABLE gaps IN SHARE ROW EXCLUSIVE MODE")
    reported = await connection.fetchval(
        """
        INSERT INTO gap_quarters (quarter)
        SELECT $1 WHERE (SELECT count(*) FROM gaps WHERE month = ANY($2::date[])) = $3
            ON CONFLICT DO NOTHING RETURNING quarter
        """,
        quarter.first,
        list(quarter.months),
        lines,
    )
    if reported is None:
        return False
    await connection.execute(
        """
        INSERT INTO gap_figures (quarter, site_id, dimension, value, gaps)
        SELECT $1, figure.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int[]) AS figure
        """,
        quarter.first,
        [figure.site_id for figure in figures],
        [figure.dimension for figure in figures],
        [figure.value for figure in figures],
        [figure.gaps for figure in figures],
    )
    return True


async def reported_quarters(connection: Connection) -> list[Quarter]:
    """The quarters that have been reported, in order."""
    rows = await connection.fetch("SELECT quarter FROM gap_quarters ORDER BY quarter")
    return [Quarter(row["quarter"]) for row in rows]


async def figures_of(
    connection: Connection, site_id: UUID | None, dimension: Dimension, quarters: Sequence[Quarter]
) -> dict[Quarter, list[Figure]]:
    """What is told of a site (None: of all together) by one dimension, with the sums, by quarter."""
    rows = await connection.fetch(
        """
        SELECT * FROM gap_figures
         WHERE site_id IS NOT DISTINCT FROM $1 AND (dimension = $2 OR dimension IS NULL) AND quarter = ANY($3::date[])
        """,
        site_id,
        dimension,
        [quarter.first for quarter in quarters],
    )
    found: dict[Quarter, list[Figure]] = defaultdict(list)
    for row in rows:
        told = Dimension(row["dimension"]) if row["dimension"] else None
        found[Quarter(row["quarter"])].append(Figure(row["site_id"], told, row["value"], row["gaps"]))
    return found
