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
from services.intake.pages.languages import Words

Tell = Callable[[str], None]

_MOST_LINES = 50
_FIRST_PARTNERS = 5
_FIRST_SERVICES = 4
_LOOKS_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run when somebody opens the report."""


def preview(reading: Reading, words: Words, tell: Tell) -> None:
    """Says what the columns were taken for, and what the first partners would be."""
    for file, uses in groupby(reading.columns, key=lambda one: one.file):
        tell(words("import_report.columns", file=file))
        for use in uses:
            tell(f"  {use.column} -> {use.meaning or words('import_report.not_used')}")
    tell(words("import_report.first"))
    for partner in reading.partners[:_FIRST_PARTNERS]:
        for line in _describe(partner, words):
            tell(f"  {line}")


def _describe(partner: Partner, words: Words) -> Iterator[str]:
    record = partner.record
    addresses = [one["email"] for one in record.get("contacts", ()) if one.get("email")]
    emails = ", ".join(addresses) or words("import_report.no_email")
    yield f"{record['name']}: {record['kind']}, {record.get('status', 'active')}, {emails}"
    for service in record["services"][:_FIRST_SERVICES]:
        said = {name: value for name, value in service.items() if name not in {"service_id", "categories", "area"}}
        rest = "".join(f"; {name} {_say(value)}" for name, value in said.items())
        area, categories = _say_area(service["area"]), ", ".join(service["categories"])
        yield f"  {words('import_report.service', categories=categories, area=area)}{rest}"[:200]
    if (more := len(record["services"]) - _FIRST_SERVICES) > 0:
        yield f"  {words('import_report.more_services', count=more)}"


def _say(value: object) -> str:
    if isinstance(value, dict):
        return f"{day_abbr[value['weekday']]} {value['opens']}-{value['closes']}"
    return ", ".join(map(_say, value)) if isinstance(value, list) else " ".join(str(value).split())


def _say_area(area: Json) -> str:
    return " ".join(_say(value) for value in area.values())


def tell_report(reading: Reading, words: Words, tell: Tell) -> int:
    """Counts the rows by what became of them, and names those that were refused. Returns how many it did not name."""
    verdicts = Counter(row.verdict for row in reading.rows)
    tell(words("import_report.read_as", form=words(f"import_form.{reading.form}")))
    for file, rows in groupby(reading.rows, key=lambda row: row.file):
        counted = Counter(row.verdict for row in rows)
        said = _say_verdicts(counted, words)
        tell(f"  {words('import_report.rows', file=file, count=counted.total(), verdicts=said)}")
    for file, why in reading.beside:
        tell(f"  {words(f'import_report.{why}', file=file)}")
    services = sum(len(one.record["services"]) for one in reading.partners)
    tell(words("import_report.all_rows", count=len(reading.rows), verdicts=_say_verdicts(verdicts, words)))
    tell(words("import_report.makes", partners=len(reading.partners), services=services))
    gaps = [gap for row in reading.rows if row.verdict is Verdict.TAKEN_WITH_GAPS for gap in row.gaps]
    _tell_counts("gaps", gaps, words, tell)
    refused = [row for row in reading.rows if row.refusal]
    _tell_counts("refused", [row.refusal for row in refused if row.refusal], words, tell)
    for row in refused[:_MOST_LINES]:
        tell(f"{row.file}, {row.place}: {say(row.refusal, words) if row.refusal else ''}")
    more = max(len(refused) - _MOST_LINES, 0)
    if more:
        tell(words("import_report.more_refused", count=more))
    return more


def say(remark: Remark, words: Words) -> str:
    """The reason, and what the row itself has there, as its source says it."""
    reason = say_reason(remark, words)
    return f"{reason}: {remark.detail}" if remark.detail else reason


def say_reason(remark: Remark, words: Words) -> str:
    """The reason alone."""
    return words(f"import_reason.{remark.reason}", of=remark.of)


def _say_verdicts(counted: Counter[Verdict], words: Words) -> str:
    return " + ".join(f"{counted[verdict]} {words(f'import_verdict.{verdict}')}" for verdict in Verdict)


def _tell_counts(title: str, remarks: Sequence[Remark], words: Words, tell: Tell) -> None:
    if remarks:
        tell(words(f"import_report.{title}"))
    for reason, count in Counter(say_reason(one, words) for one in remarks).most_common():
        tell(f"  {count} x {reason}")


def write_report(rows: Sequence[Row], words: Words, path: Path) -> None:
    """Writes each row that was refused or taken with gaps, a line for each remark. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "place", "what became of it", "reason", "detail"))
        for row in rows:
            for remark in [row.refusal] if row.refusal else row.gaps:
                said = words(f"import_verdict.{row.verdict}"), say_reason(remark, words), remark.detail
                writer.writerow(map(_disarm, (row.file, row.place, *said)))


def _disarm(text: str) -> str:
    return f"'{text}" if text.startswith(_LOOKS_LIKE_A_FORMULA) else text
