"""What nobody could do: which outcomes are gaps, and what may be told of a quarter's gaps, and of several quarters'."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto
from itertools import chain, product
from uuid import UUID

from schemas.event import NeedEvent
from schemas.needs import NeedTerms
from schemas.outcomes import LeftOut, NeedPartlyFulfilled, NeedUnmet
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule, UnmetCause
from services.intake.domain.quarters import Quarter
from services.intake.domain.suppression import OTHERS, Count, split_rows, suppress

UNKNOWN_RULE = "unknown"
_TAKEN_BACK = {UnmetCause.CANCELLED, UnmetCause.CONSENT_WITHDRAWN}


class Dimension(StrEnum):
    """What gaps are counted by."""

    CATEGORY = auto()
    ZIP_CODE = auto()
    LANGUAGE = auto()
    RULE = auto()
    MONTH = auto()


@dataclass(frozen=True)
class UnmetLine:
    """One line of a need that ended without it. `language` is the family's first."""

    need_id: UUID
    line: int
    ended_at: datetime
    category: Category
    zip_code: str
    language: str
    cause: UnmetCause
    rule: EligibilityRule | None


@dataclass(frozen=True)
class Gap:
    """A kind of help that a need did not get: several lines of one kind are one gap. By dimension, its value."""

    need_id: UUID
    site_id: UUID
    values: tuple[tuple[Dimension, str], ...]


@dataclass(frozen=True)
class Figure:
    """One count that is told. `site_id` None is all sites; `dimension` None is the sum of a quarter."""

    site_id: UUID | None
    dimension: Dimension | None
    value: str
    gaps: int


def unmet_lines(event: NeedEvent, terms: NeedTerms, ended_at: datetime) -> list[UnmetLine]:
    """The lines that an outcome leaves unmet. What was taken back is no gap."""
    if not isinstance(event, NeedUnmet | NeedPartlyFulfilled) or event.cause in _TAKEN_BACK:
        return []
    rule = strictest_rule(event.left_out)
    return [
        UnmetLine(
            event.need_id, item.line, ended_at, item.category, terms.zip_code, terms.languages[0], event.cause, rule
        )
        for item in event.unmet
    ]


def strictest_rule(left_out: LeftOut) -> EligibilityRule | None:
    """The rule that left out most partners, the first of several; None where nobody was left out."""
    order = list(EligibilityRule)
    return min(left_out, key=lambda rule: (-left_out[rule], order.index(rule))) if left_out else None


def tell_quarter(gaps: Collection[Gap]) -> list[Figure]:
    """What may be told of a quarter, by site and of all sites together. `gaps` are all of that quarter."""
    gaps = set(gaps)
    total = _count(gaps)
    if not total.enough:
        return []
    by_site = defaultdict[str, list[Gap]](list)
    for gap in gaps:
        by_site[str(gap.site_id)].append(gap)
    told, others = split_rows({site: _count(found) for site, found in by_site.items()})
    rows = {site: by_site[site] for site in told}
    if others:
        rows[OTHERS] = [gap for site in others for gap in by_site[site]]
    figures = [Figure(None, None, "", total.gaps), *(Figure(UUID(one), None, "", len(rows[one])) for one in told)]
    for dimension in Dimension:
        figures += _tell_dimension(dimension, rows)
    return figures


def _tell_dimension(dimension: Dimension, rows: Mapping[str, Collection[Gap]]) -> list[Figure]:
    by_value = defaultdict[str, list[Gap]](list)
    for gap in chain.from_iterable(rows.values()):
        by_value[dict(gap.values)[dimension]].append(gap)
    frequent = {value for value, found in by_value.items() if _count(found).enough}
    by_cell = defaultdict[tuple[str, str], list[Gap]](list)
    for row, found in rows.items():
        for gap in found:
            value = dict(gap.values)[dimension]
            by_cell[row, value if value in frequent else OTHERS].append(gap)
    values = {value for _, value in by_cell}
    told = suppress({place: _count(by_cell[place]) for place in product(rows, values)})
    return [
        *(Figure(UUID(row), dimension, value, count) for (row, value), count in told.cells.items()),
        *(Figure(None, dimension, value, count) for value, count in told.sums.items()),
    ]


def _count(gaps: Iterable[Gap]) -> Count:
    need_ids = [gap.need_id for gap in gaps]
    return Count(len(need_ids), len(set(need_ids)))


def to_month(first: date) -> str:
    """A month as "2026-07"."""
    return f"{first:%Y-%m}"


class Telling(StrEnum):
    """What there is to say of a quarter."""

    TOLD = auto()
    TOO_FEW = auto()
    """Fewer than ten needs, or telling would reveal another's."""
    NOT_YET = auto()


@dataclass(frozen=True)
class Row:
    """How many gaps have a value. Not `whole` where some quarters do not tell it: so many at least."""

    value: str
    gaps: int
    whole: bool


@dataclass(frozen=True)
class Report:
    """Gaps of some quarters. `others` are those of `total` that are in no row."""

    dimension: Dimension
    quarters: Mapping[Quarter, Telling]
    total: int
    rows: tuple[Row, ...]
    others: int


def report(dimension: Dimension, told: Mapping[Quarter, Telling], figures: Mapping[Quarter, list[Figure]]) -> Report:
    """The sum of what is told of each quarter, and of nothing else: asking for other quarters shows no more.

    `figures` are those of one site, or of all, of this dimension and the sums.
    """
    gaps: dict[str, list[int]] = defaultdict(list)
    for figure in (one for quarter in told for one in figures.get(quarter, ()) if one.dimension is dimension):
        gaps[figure.value].append(figure.gaps)
    total = sum(one.gaps for quarter in told for one in figures.get(quarter, ()) if one.dimension is None)
    quarters = sum(telling is Telling.TOLD for telling in told.values())
    rows = [
        Row(value, sum(counts), dimension is Dimension.MONTH or len(counts) == quarters)
        for value, counts in gaps.items()
    ]
    rows.sort(key=lambda row: row.value if dimension is Dimension.MONTH else (-row.gaps, row.value))
    return Report(dimension, told, total, tuple(rows), total - sum(row.gaps for row in rows))
