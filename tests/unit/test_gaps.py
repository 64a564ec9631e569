"""What is told of what nobody could do, as somebody sees it who has every table and wants to know the small counts."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from io import StringIO
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.event import Item
from schemas.outcomes import NeedPartlyFulfilled, NeedUnmet
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule, UnmetCause
from services.intake.domain.gaps import (
    Dimension,
    Figure,
    Gap,
    Report,
    Row,
    Telling,
    report,
    tell_quarter,
    unmet_lines,
)
from services.intake.domain.need import NotPossible
from services.intake.domain.quarters import MOST_QUARTERS, Quarter, read_period
from services.intake.domain.suppression import FEWEST, Count, Told, split_rows, suppress
from services.intake.pages.gaps import write_csv
from services.intake.pages.languages import Words
from tests.unit.matcher.situation import terms

QUARTER = Quarter(date(2026, 7, 1))
SITES = [UUID(int=number) for number in range(1, 4)]
BEDS, BEDDING = Item(line=1, code="bed.twin", quantity=3), Item(line=2, code="bed.bedding", quantity=2)
RENT = Item(line=3, code="rent.dollars", quantity=200)
Table = dict[tuple[str, str], int]

# Around ten is where it is decided.
counts = st.one_of(st.integers(0, 3), st.integers(7, 13), st.integers(0, 40))


def a_gap(need_id: UUID, site: UUID, **values: str) -> Gap:
    facts = {"category": "food", "zip_code": "11201", "language": "en", "rule": "area", "month": "2026-07"} | values
    return Gap(need_id, site, tuple((one, facts[one]) for one in Dimension))


@st.composite
def quarters_of_gaps(draw: st.DrawFn) -> list[Gap]:
    """Needs in lumps that are alike, some of which lack two kinds of help."""
    gaps = []
    for _ in range(draw(st.integers(1, 8))):
        values = {
            "zip_code": draw(st.sampled_from(["11201", "11215", "11217"])),
            "language": draw(st.sampled_from(["en", "es", "ti"])),
            "rule": draw(st.sampled_from(["area", "category", "unknown"])),
            "month": draw(st.sampled_from(["2026-07", "2026-08", "2026-09"])),
        }
        site, size, lacks = draw(st.sampled_from(SITES)), draw(counts), draw(st.sets(st.sampled_from(Category)))
        for need_id in [uuid4() for _ in range(size)]:
            gaps += [a_gap(need_id, site, category=category, **values) for category in lacks or {Category.FOOD}]
    return gaps


def small_tables(rows: int, most: int) -> st.SearchStrategy[Table]:
    """Rows with enough to be told, of two values and of one that has nothing."""
    row = st.tuples(st.integers(0, most), st.integers(0, most)).filter(lambda one: FEWEST <= sum(one) <= most)
    return st.lists(row, min_size=rows, max_size=rows).map(
        lambda found: (
            {
                (str(number), value): count
                for number, one in enumerate(found)
                for value, count in zip("ab", one, strict=True)
            }
            | {(str(number), ""): 0 for number in range(rows)}
        )
    )


def tell(table: Table) -> Told:
    return suppress({place: Count(gaps, gaps) for place, gaps in table.items()})


def column_sums(table: Table) -> dict[str, int]:
    values = sorted({value for _, value in table})
    return {value: sum(gaps for (_, other), gaps in table.items() if other == value) for value in values}


def tables_that_look_like(table: Table, told: Told) -> Iterator[Table]:
    """Every table that has the sums of rows, and all that is told."""
    rows, values = sorted({row for row, _ in table}), sorted({value for _, value in table})

    def rows_like(row: str) -> Iterator[Table]:
        total = sum(table[row, value] for value in values)
        free = [value for value in values[:-1] if (row, value) not in told.cells]
        fixed = {(row, value): told.cells[row, value] for value in values[:-1] if (row, value) in told.cells}
        for chosen in product(range(total + 1), repeat=len(free)):
            one = fixed | {(row, value): gaps for value, gaps in zip(free, chosen, strict=True)}
            last = total - sum(one.values())
            if last >= 0 and told.cells.get((row, values[-1]), last) == last:
                yield one | {(row, values[-1]): last}

    for parts in product(*(list(rows_like(row)) for row in rows)):
        other = {place: gaps for part in parts for place, gaps in part.items()}
        if all(column_sums(other)[value] == gaps for value, gaps in told.sums.items()):
            yield other


class TestOneTable:
    @given(st.one_of(small_tables(1, 30), small_tables(2, 14)))
    @settings(max_examples=80, deadline=None)
    @example({("0", "a"): 12, ("0", "b"): 0, ("0", ""): 0})
    @example({("0", "a"): 30, ("0", "b"): 4, ("0", ""): 0})
    @example({("0", "a"): 10, ("0", "b"): 3, ("1", "a"): 3, ("1", "b"): 12, ("0", ""): 0, ("1", ""): 0})
    def test_whoever_tries_all_tables_finds_ten_numbers_for_each_small_count(self, table: Table) -> None:
        told = tell(table)
        could_be: dict[tuple[str, str], set[int]] = {place: set() for place in table}
        sums: dict[str, set[int]] = {value: set() for value in column_sums(table)}
        for other in tables_that_look_like(table, told):
            for place, gaps in other.items():
                could_be[place].add(gaps)
            for value, gaps in column_sums(other).items():
                sums[value].add(gaps)
        for place, gaps in table.items():
            assert gaps in could_be[place]
            assert not 0 < gaps < FEWEST or len(could_be[place]) >= FEWEST, (place, told)
        for value, gaps in column_sums(table).items():
            assert not 0 < gaps < FEWEST or len(sums[value]) >= FEWEST, (value, told)

    def test_what_can_be_told_is(self) -> None:
        table = {("0", "a"): 30, ("0", "b"): 25, ("0", "c"): 6, ("0", "d"): 4, ("0", ""): 0}
        # The three small ones are ten together: that is enough to hide each of them.
        assert tell(table).sums == {"a": 30, "b": 25}

    def test_where_small_counts_are_too_few_to_hide_each_other_the_next_larger_one_goes_too(self) -> None:
        table = {("0", "a"): 30, ("0", "b"): 25, ("0", "c"): 4, ("0", ""): 0}
        assert tell(table) == Told({("0", "a"): 30}, {"a": 30})

    def test_the_same_table_is_always_told_in_the_same_way(self) -> None:
        table = {(row, value): 11 for row in "012" for value in "abc"} | {("1", "b"): 2}
        assert tell(table) == tell(dict(reversed(table.items())))

    def test_one_family_that_lacks_many_things_is_as_small_as_it_is(self) -> None:
        cells = {("0", "a"): Count(12, 1), ("0", "b"): Count(40, 40), ("0", "c"): Count(15, 15)}
        assert "a" not in suppress(cells).sums


class TestSites:
    def test_a_site_with_few_is_not_told_and_takes_another_with_it(self) -> None:
        rows = {"a": Count(40, 40), "b": Count(20, 20), "c": Count(3, 3)}
        assert split_rows(rows) == (["a"], ["c", "b"])

    def test_a_site_without_any_takes_nobody_with_it(self) -> None:
        figures = tell_quarter([a_gap(uuid4(), SITES[0]) for _ in range(12)])
        assert Figure(SITES[0], Dimension.CATEGORY, "food", 12) in figures

    def test_two_that_have_enough_together_take_nobody_with_them(self) -> None:
        rows = {"a": Count(40, 40), "b": Count(6, 6), "c": Count(5, 5)}
        assert split_rows(rows) == (["a"], ["b", "c"])

    @given(st.dictionaries(st.sampled_from("abcde"), counts.filter(bool).map(lambda one: Count(one, one)), min_size=1))
    def test_what_is_left_of_all_is_never_one_site_nor_small(self, rows: dict[str, Count]) -> None:
        told, others = split_rows(rows)
        assert sorted(told + others) == sorted(rows)
        assert all(rows[row].enough for row in told)
        left = sum((rows[row] for row in others), Count())
        assert not others or not told or (len(others) > 1 and not left.small)


class Attacker:
    """Knows every figure that is told, at every site and of all, and that all sums agree; solves what can be solved."""

    def __init__(self, gaps: list[Gap], figures: list[Figure]) -> None:
        self.truth = self._count(gaps)
        self.unknown = {place: number for number, place in enumerate(self.truth)}
        self.equations: list[tuple[set[int], int]] = []
        for figure in figures:
            self._learn(figure)
        self._learn_that_each_dimension_has_the_same_sum()

    @staticmethod
    def _count(gaps: list[Gap]) -> dict[tuple[UUID, Dimension, str], tuple[int, int]]:
        """Gaps and needs, by site, dimension and value."""
        values = {
            one: {"", *(dict(gap.values)[one] for gap in gaps)} - ({""} if one is Dimension.MONTH else set())
            for one in Dimension
        }
        values[Dimension.MONTH] |= {"2026-07", "2026-08", "2026-09"}
        return {
            (site, one, value): (len(set(found)), len({gap.need_id for gap in found}))
            for site in SITES
            for one in Dimension
            for value in sorted(values[one])
            for found in [[gap for gap in gaps if gap.site_id == site and dict(gap.values)[one] == value]]
        }

    def _learn(self, figure: Figure) -> None:
        sites = SITES if figure.site_id is None else [figure.site_id]
        for dimension in Dimension if figure.dimension is None else [figure.dimension]:
            self.equations.append(
                (
                    {
                        number
                        for (site, one, value), number in self.unknown.items()
                        if site in sites and one is dimension and (figure.dimension is None or value == figure.value)
                    },
                    figure.gaps,
                )
            )

    def _learn_that_each_dimension_has_the_same_sum(self) -> None:
        self.sums = [
            [
                {number for (at, one, _), number in self.unknown.items() if at == site and one is dimension}
                for dimension in Dimension
            ]
            for site in SITES
        ]

    def solved(self) -> set[tuple[UUID, Dimension, str]]:
        """The counts that some sum and difference of what is told gives."""
        width = len(self.unknown)
        rows = [[Fraction(number in numbers) for number in range(width)] for numbers, _ in self.equations]
        for first, *others in self.sums:
            rows += [[Fraction((n in first) - (n in other)) for n in range(width)] for other in others]
        reduced = reduce_rows(rows)
        places = {number: place for place, number in self.unknown.items()}
        alone = [[number for number, factor in enumerate(row) if factor] for row in reduced]
        return {places[numbers[0]] for numbers in alone if len(numbers) == 1}

    def bounds(self) -> dict[tuple[UUID, Dimension, str], tuple[int, int]]:
        """The least and the most that each count can be, by narrowing down one equation after the other."""
        bounds = dict.fromkeys(self.unknown.values(), (0, 10000))
        changed = True
        while changed:
            changed = False
            for numbers, total in self.equations:
                low, high = sum(bounds[one][0] for one in numbers), sum(bounds[one][1] for one in numbers)
                for one in numbers:
                    least, most = bounds[one]
                    better = max(least, total - (high - most)), min(most, total - (low - least))
                    if better != (least, most):
                        bounds[one], changed = better, True
        return {place: bounds[number] for place, number in self.unknown.items()}


def reduce_rows(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The rows in reduced echelon form."""
    done: list[list[Fraction]] = []
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [row for row in rows if row is not pivot]
        pivot = [factor / pivot[column] for factor in pivot]

        def without(row: list[Fraction], pivot: list[Fraction] = pivot, column: int = column) -> list[Fraction]:
            return [a - row[column] * b for a, b in zip(row, pivot, strict=True)] if row[column] else row

        rows, done = [without(row) for row in rows], [*(without(row) for row in done), pivot]
    return done


class TestQuarter:
    @given(quarters_of_gaps())
    @settings(max_examples=60, deadline=None)
    def test_no_small_count_is_told_nor_follows_from_all_that_is(self, gaps: list[Gap]) -> None:
        figures = tell_quarter(gaps)
        attacker = Attacker(gaps, figures)
        for figure in figures:
            found = {
                gap.need_id
                for gap in gaps
                if figure.site_id in {None, gap.site_id}
                and (figure.dimension is None or dict(gap.values)[figure.dimension] == figure.value)
            }
            assert len(found) >= FEWEST, figure
        solved, bounds = attacker.solved(), attacker.bounds()
        for place, (count, needs) in attacker.truth.items():
            least, most = bounds[place]
            assert least <= count <= most
            if 0 < needs < FEWEST:
                assert place not in solved, place
                assert least < most, place

    def test_all_that_is_told_adds_up(self) -> None:
        gaps = [a_gap(uuid4(), SITES[0], language="es" if number % 2 else "en") for number in range(60)]
        figures = tell_quarter(gaps)
        assert Figure(None, None, "", 60) in figures
        assert Figure(SITES[0], None, "", 60) in figures

    def test_of_fewer_than_ten_needs_nothing_is_told(self) -> None:
        gaps = [a_gap(need_id, SITES[0], category=one) for need_id in [uuid4() for _ in range(9)] for one in Category]
        assert tell_quarter(gaps) == []

    def test_a_value_that_nobody_else_has_is_not_even_named(self) -> None:
        gaps = [a_gap(uuid4(), SITES[0]) for _ in range(60)] + [a_gap(uuid4(), SITES[0], language="ti")]
        assert all(figure.value != "ti" for figure in tell_quarter(gaps))

    def test_lines_of_one_kind_are_one_gap(self) -> None:
        need_ids = [uuid4() for _ in range(12)]
        figures = tell_quarter([a_gap(one, SITES[0]) for one in need_ids] * 3)
        assert Figure(None, None, "", 12) in figures


class TestReport:
    def test_it_is_the_sum_of_its_quarters_and_nothing_that_they_do_not_tell(self) -> None:
        later, last = QUARTER.after(), QUARTER.after(2)
        category = Dimension.CATEGORY
        figures = {
            QUARTER: [
                Figure(None, None, "", 50),
                Figure(None, category, "food", 20),
                Figure(None, category, "rent", 15),
            ],
            later: [Figure(None, None, "", 40), Figure(None, category, "food", 30)],
        }
        told = {QUARTER: Telling.TOLD, later: Telling.TOLD, last: Telling.TOO_FEW}
        found = report(category, told, figures)
        assert [(row.value, row.gaps, row.whole) for row in found.rows] == [("food", 50, True), ("rent", 15, False)]
        assert (found.total, found.others) == (90, 25)


class TestSpreadsheet:
    @pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
    def test_no_cell_is_a_formula(self, value: str) -> None:
        found = Report(Dimension.LANGUAGE, {}, 12, (Row(value, 12, whole=True),), 0)
        lines = list(csv.reader(StringIO(write_csv(found, Words("en")), newline="")))
        assert lines[1][:2] == [f"'{value}", f"'{value}"]


class TestOutcomes:
    def test_each_unmet_line_is_one_with_the_rule_that_left_out_most(self) -> None:
        left_out = {EligibilityRule.CATEGORY: 4, EligibilityRule.LANGUAGES: 7, EligibilityRule.AREA: 7}
        event = NeedPartlyFulfilled(
            need_id=uuid4(), met=(BEDS,), unmet=(BEDDING, RENT), cause=UnmetCause.NOBODY_ANSWERED, left_out=left_out
        )
        lines = unmet_lines(event, terms(), datetime(2026, 7, 1, tzinfo=UTC))
        assert [(line.line, line.category) for line in lines] == [(2, Category.BEDS), (3, Category.RENT)]
        assert {line.rule for line in lines} == {EligibilityRule.AREA}

    @pytest.mark.parametrize("cause", [UnmetCause.CANCELLED, UnmetCause.CONSENT_WITHDRAWN])
    def test_what_was_taken_back_is_no_gap(self, cause: UnmetCause) -> None:
        event = NeedUnmet(need_id=uuid4(), unmet=(BEDS,), cause=cause)
        assert unmet_lines(event, terms(), datetime(2026, 7, 1, tzinfo=UTC)) == []

    def test_an_event_of_yesterdays_matcher_names_no_rule(self) -> None:
        event = NeedUnmet(need_id=uuid4(), unmet=(BEDS,), cause=UnmetCause.NOBODY_ELIGIBLE)
        assert [line.rule for line in unmet_lines(event, terms(), datetime(2026, 7, 1, tzinfo=UTC))] == [None]


class TestPeriods:
    def test_they_are_whole_quarters(self) -> None:
        assert read_period("2026-07", "2027-03") == [QUARTER, QUARTER.after(), QUARTER.after(2)]
        assert read_period("2026-10", "2026-12") == [Quarter.of(date(2026, 11, 30))]

    @pytest.mark.parametrize(
        ("begins", "ends", "field"),
        [
            ("2026-08", "2026-12", "from"),
            ("2026-07", "2026-11", "to"),
            ("2026-07", "2026-06", "to"),
            ("2026-13", "2026-12", "from"),
            ("2026-07", "December", "to"),
            ("2026-7", "2026-09", "from"),
            ("2026-01", "2099-12", "to"),
        ],
    )
    def test_what_is_no_whole_quarter_is_named(self, begins: str, ends: str, field: str) -> None:
        with pytest.raises(NotPossible) as caught:
            read_period(begins, ends)
        assert caught.value.field == field

    @given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, MOST_QUARTERS - 1))
    def test_any_two_quarters_are_a_period(self, day: date, more: int) -> None:
        first = Quarter.of(day)
        assert first.first in first.months
        last = first.after(more)
        assert len(read_period(f"{first.first:%Y-%m}", f"{last.months[2]:%Y-%m}")) == more + 1
