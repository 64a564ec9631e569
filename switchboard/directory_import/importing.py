"""The command: read, say what became of each row, send what is good."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from schemas.vocabulary import PartnerStatus
from services.intake.directory_import.errors import UnreadableSource
from services.intake.directory_import.keeping import keep_entered, made_active
from services.intake.directory_import.partners import Partner
from services.intake.directory_import.recognising import Reading, read_source
from services.intake.directory_import.report import preview, tell_report, write_report
from services.intake.pages.languages import Words
from switchboard.directory_import.sending import Intake
from switchboard.errors import SwitchboardError

Tell = Callable[[str], None]

_WORDS = Words("en")
"""The commands speak one language."""


def import_partners(
    source: Path, intake: Intake | None, tell: Tell, today: date, report: Path | None, *, active: bool
) -> None:
    """Takes what is good of a source, and says what became of the rest. Without an intake it sends nothing.

    Partners of a directory agreed to nothing yet: they are paused, unless they are known and were made active, or
    `active` says that they did agree. Raises SwitchboardError where rows were refused, or nothing can be read or sent.
    """
    try:
        reading = read_source(source, PartnerStatus.ACTIVE if active else PartnerStatus.PAUSED, today)
    except UnreadableSource as error:
        raise SwitchboardError(str(error)) from error
    if intake is None:
        preview(reading, _WORDS, tell)
    elif not reading.ours and reading.partners:
        known = intake.recorded({one.record["partner_id"] for one in reading.partners})
        if active:
            known = {one: made_active(record) for one, record in known.items()}
        reading = replace(reading, partners=keep_entered(reading.partners, known))
    if tell_report(reading, _WORDS, tell) and report is None:
        tell("--report FILE writes all of them")
    _tell_status(reading.partners, tell)
    if report:
        _write_report(reading, report)
    if intake is None:
        tell(f"{source.name}: nothing was sent")
    else:
        sent = intake.send(reading.partners)
        total = sent.new + sent.replaced
        tell(f"{source.name}: {total} partners taken, {sent.new} new and {sent.replaced} replaced")
    _stop_at_refused(reading, source)


def _write_report(reading: Reading, path: Path) -> None:
    try:
        write_report(reading.rows, _WORDS, path)
    except OSError as error:
        raise SwitchboardError(f"{path} cannot be written: {error.strerror}") from error


def _tell_status(partners: list[Partner], tell: Tell) -> None:
    counted = Counter(str(one.record.get("status", PartnerStatus.ACTIVE)) for one in partners)
    for status, count in sorted(counted.items()):
        asked = "" if status == PartnerStatus.ACTIVE else "; nobody is written to before they are made active"
        tell(f"status {status}: {count}{asked}")


def _stop_at_refused(reading: Reading, source: Path) -> None:
    if refused := sum(row.refusal is not None for row in reading.rows):
        raise SwitchboardError(f"{refused} of {source.name}'s {len(reading.rows)} rows were refused (see above)")
