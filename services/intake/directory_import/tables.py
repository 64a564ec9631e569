"""CSV as it comes: any delimiter and encoding, quotes that do not match, cells that moved."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import Row

_DELIMITERS = ",;\t|"
_UNNAMED_AT_LEAST_IN = 3
"""A column without a name that every third row fills is a column; one that fewer fill is where cells moved to."""
_LINES_ABOVE_THE_HEAD = 10


@dataclass(frozen=True)
class Line:
    """A row of a table, with its cells by column; a refused one has none."""

    row: Row
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A CSV file."""

    file: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def good(self) -> Iterator[Line]:
        """The lines that can be read."""
        return (line for line in self.lines if line.row.refusal is None)


def decode(raw: bytes) -> str:
    """Text in UTF-8, UTF-16 with its mark, or else Windows-1252."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def read_table(file: str, raw: bytes, is_head: Callable[[Sequence[str]], bool] = any) -> Table:
    """Reads a CSV file. The head is the first line that `is_head` knows, or the first that is not blank."""
    text = decode(raw)
    records = [(number, cells) for number, cells in _records(text) if cells is None or any(map(str.strip, cells))]
    heads = (place for place, (_, cells) in enumerate(records[:_LINES_ABOVE_THE_HEAD]) if cells and is_head(cells))
    head = next(heads, 0)
    columns = _name_columns(records[head][1] or []) if records else []
    unnamed = _moved_into(columns, [cells for _, cells in records[head + 1 :] if cells])
    lines = [_above_the_head(file, number) for number, _ in records[:head]]
    lines += [_read_line(file, number, cells, columns, unnamed) for number, cells in records[head + 1 :]]
    return Table(file, tuple(name for name in columns if name), tuple(lines))


def _records(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Line numbers from 1 with their cells; None where the quotes of a line do not match: the next begins after it."""
    lines = list(io.StringIO(text, newline=""))
    delimiter = max(_DELIMITERS, key=lines[0].count) if lines else ","
    start = 0
    while start < len(lines):
        reader = csv.reader(_lines_from(lines, start), delimiter=delimiter, strict=True)
        first = start
        try:
            for cells in reader:
                yield start + 1, cells
                start = first + reader.line_num
        except csv.Error:
            yield start + 1, None
            start += 1


def _lines_from(lines: Sequence[str], start: int) -> Iterator[str]:
    return (lines[number] for number in range(start, len(lines)))


def _name_columns(cells: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    names = []
    for name in map(_read_name, cells):
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return names


def _read_name(cell: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in cell).split())


def _moved_into(columns: Sequence[str], rows: Sequence[list[str]]) -> set[int]:
    filled = Counter(place for cells in rows for place, cell in enumerate(cells) if cell.strip())
    unnamed = (place for place in filled if place >= len(columns) or not columns[place])
    return {place for place in unnamed if filled[place] * _UNNAMED_AT_LEAST_IN <= len(rows) or place >= len(columns)}


def _above_the_head(file: str, number: int) -> Line:
    row = Row(file, f"line {number}")
    row.refuse(Reason.ABOVE_HEAD)
    return Line(row, {})


def _read_line(file: str, number: int, cells: list[str] | None, columns: Sequence[str], unnamed: set[int]) -> Line:
    row = Row(file, f"line {number}")
    if cells is None:
        row.refuse(Reason.QUOTES)
        return Line(row, {})
    moved = [place for place in sorted(unnamed) if place < len(cells) and cells[place].strip()]
    if moved:
        row.refuse(Reason.CELLS_MOVED, f"cell {moved[0] + 1} has no column: {cells[moved[0]].strip()[:60]!r}")
        return Line(row, {})
    if len(cells) < len(columns):
        row.note(Reason.ENDS_EARLY, f"{len(cells)} of {len(columns)} cells")
    named = {name: cell.strip() for name, cell in zip_longest(columns, cells[: len(columns)], fillvalue="") if name}
    return Line(row, named)
