"""`/gaps`: what nobody could do, as a chart, a table and a spreadsheet. Of the own site; for the district, of all."""

import csv
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Annotated

from babel import Locale
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from schemas.taxonomy import CATEGORY_LABELS, Category
from services.intake import gaps
from services.intake.domain.gaps import Dimension, Report, Row, Telling, to_month
from services.intake.domain.need import NotPossible
from services.intake.domain.quarters import Quarter
from services.intake.pages.languages import Words
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Anybody, OnDesk
from services.intake.store.people import Role

router = APIRouter(prefix="/gaps", route_class=PageRoute)

_SEE_ALL = {Role.DISTRICT, Role.ADMINISTRATOR}
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Seen:
    """What somebody asked to see, and the quarters that there are to choose from."""

    report: Report
    reported: list[Quarter]


async def seen(
    person: Anybody,
    desk: OnDesk,
    by: Dimension = Dimension.CATEGORY,
    begins: Annotated[str | None, Query(alias="from")] = None,
    ends: Annotated[str | None, Query(alias="to")] = None,
) -> Seen | None:
    """What is asked for by the address; None where that is no period."""
    reported = await gaps.read_quarters(desk.pool)
    try:
        quarters = gaps.choose_quarters(reported, begins, ends)
    except NotPossible:
        return None
    site = None if person.role in _SEE_ALL else person.site_id
    return Seen(await gaps.read_report(desk.pool, gaps.Wanted(site, by, quarters)), reported)


Sight = Annotated[Seen | None, Depends(seen)]


@router.get("")
async def show_gaps(request: Request, person: Anybody, sight: Sight) -> Response:
    """The chart, and the table that says the same."""
    if sight is None:
        return RedirectResponse("/gaps", 303)
    words = words_for(request, person.language)
    report = sight.report
    return show(
        request,
        "gaps.html",
        own_language=person.language,
        person=person,
        of_all=person.role in _SEE_ALL,
        report=report,
        reported=sight.reported,
        dimensions=Dimension,
        longest=max((report.others, *(row.gaps for row in report.rows))),
        name_of=lambda row: _name(report.dimension, row.value, words),
        months_of=lambda quarter: words.months(quarter.first, quarter.months[2]),
        to_month=to_month,
        Telling=Telling,
    )


@router.get(".csv")
async def download_gaps(request: Request, person: Anybody, sight: Sight) -> Response:
    """The table as a spreadsheet reads it."""
    if sight is None:
        return RedirectResponse("/gaps", 303)
    text = write_csv(sight.report, words_for(request, person.language))
    # Without the mark, spreadsheets take accents for something else.
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="gaps-by-{sight.report.dimension}.csv"'},
    )


def write_csv(report: Report, words: Words) -> str:
    """A line for each row, then the others and the sum. No cell is a formula."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([words(f"gaps.column_{name}") for name in ("value", "name", "gaps", "whole")])
    lines = [
        (row.value, _name(report.dimension, row.value, words), row.gaps, _whole(row, words)) for row in report.rows
    ]
    lines.append(("", words("gaps.others"), report.others, words("gaps.yes")))
    lines.append(("", words("gaps.total"), report.total, words("gaps.yes")))
    writer.writerows([_harmless(value), _harmless(name), count, whole] for value, name, count, whole in lines)
    return out.getvalue()


def _whole(row: Row, words: Words) -> str:
    return words("gaps.yes") if row.whole else words("gaps.at_least_so_many")


def _harmless(text: str) -> str:
    """The text, with a quote before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _name(dimension: Dimension, value: str, words: Words) -> str:
    match dimension:
        case Dimension.CATEGORY:
            return CATEGORY_LABELS[Category(value)][words.language]
        case Dimension.ZIP_CODE:
            return value
        case Dimension.LANGUAGE:
            name: str = Locale(words.language).languages.get(value, value)
            return name[0].upper() + name[1:]
        case Dimension.RULE:
            return words(f"gap_rule.{value}")
        case Dimension.MONTH:
            year, month = value.split("-")
            return words.month(date(int(year), int(month), 1))
