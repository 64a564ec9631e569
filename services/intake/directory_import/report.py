"""What became of an import, for people, and as CSV for those who mend the source."""

import csv
from calendar import day_abbr
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from services.intake.directory_import.partners import Partner
from services.intake.directory_import.recognising import Reading
from services.intake.directory_import.rows import Remark, Row, Verdict
from services.intake.directory_import.services import Json

_MOST_LINES = 50
_FIRST_PARTNERS = 5
_FIRST_SERVICES = 4
_LOOKS_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run when somebody opens the report."""


def preview(reading: Reading, tell: Callable[[str], None]) -> None:
    """Says what the columns were taken for, and what the first partners would be."""
    for file, uses in groupby(reading.columns, key=lambda one: one.file):
        tell(f"columns of {file}:")
        for use in uses:
            tell(f"  {use.column} -> {use.meaning or 'not used'}")
    tell("the first partners, as they would be taken:")
    for partner in reading.partners[:_FIRST_PARTNERS]:
        for line in _describe(partner):
            tell(f"  {line}")


def _describe(partner: Partner) -> Iterator[str]:
    record = partner.record
    emails = ", ".join(one["email"] for one in record.get("contacts", ()) if one.get("email")) or "no email"
    yield f"{record['name']}: {record['kind']}, {record.get('status', 'active')}, {emails}"
    for service in record["services"][:_FIRST_SERVICES]:
        said = {name: value for name, value in service.items() if name not in {"service_id", "categories", "area"}}
        rest = "".join(f"; {name} {_say(value)}" for name, value in said.items())
        yield f"  {', '.join(service['categories'])} in {_say_area(service['area'])}{rest}"[:200]
    if (more := len(record["services"]) - _FIRST_SERVICES) > 0:
        yield f"  and {more} more"


def _say(value: object) -> str:
    if isinstance(value, dict):
        return f"{day_abbr[value['weekday']]} {value['opens']}-{value['closes']}"
    return ", ".join(map(_say, value)) if isinstance(value, list) else " ".join(str(value).split())


def _say_area(area: Json) -> str:
    return " ".join(_say(value) for value in area.values())


def tell_report(reading: Reading, tell: Callable[[str], None]) -> None:
    """Counts the rows by what became of them, and names those that were refused."""
    verdicts = Counter(row.verdict for row in reading.rows)
    tell(f"read as {reading.form}")
    for file, rows in groupby(reading.rows, key=lambda row: row.file):
        counted = Counter(row.verdict for row in rows)
        tell(f"  {file}: {counted.total()} rows, {_say_verdicts(counted)}")
    for file in reading.beside:
        tell(f"  {file}")
    services = sum(len(one.record["services"]) for one in reading.partners)
    tell(f"rows in: {len(reading.rows)} = {_say_verdicts(verdicts)}")
    tell(f"they make {len(reading.partners)} partners with {services} services")
    gaps = [gap for row in reading.rows if row.verdict is Verdict.TAKEN_WITH_GAPS for gap in row.gaps]
    _tell_counts("gaps", gaps, tell)
    refused = [row for row in reading.rows if row.refusal]
    _tell_counts("refused", [row.refusal for row in refused if row.refusal], tell)
    for row in refused[:_MOST_LINES]:
        tell(f"{row.file}, {row.place}: {row.refusal}")
    if (more := len(refused) - _MOST_LINES) > 0:
        tell(f"and {more} more; --report FILE writes all of them")


def _say_verdicts(counted: Counter[Verdict]) -> str:
    return " + ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict)


def _tell_counts(title: str, remarks: Sequence[Remark], tell: Callable[[str], None]) -> None:
    if remarks:
        tell(f"{title}:")
    for reason, count in Counter(one.reason for one in remarks).most_common():
        tell(f"  {count} x {reason}")


def write_report(rows: Sequence[Row], path: Path) -> None:
    """Writes each row that was refused or taken with gaps, a line for each remark. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "place", "what became of it", "reason", "detail"))
        for row in rows:
            for remark in [row.refusal] if row.refusal else row.gaps:
                writer.writerow(map(_disarm, (row.file, row.place, row.verdict, remark.reason, remark.detail)))


def _disarm(text: str) -> str:
    return f"'{text}" if text.startswith(_LOOKS_LIKE_A_FORMULA) else text
