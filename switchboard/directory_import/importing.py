"""The command: read, say what became of each row, send what is good."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from schemas.vocabulary import PartnerStatus
from switchboard.directory_import.keeping import keep_entered
from switchboard.directory_import.partners import Partner
from switchboard.directory_import.recognising import Reading, read_source
from switchboard.directory_import.report import preview, tell_report, write_report
from switchboard.directory_import.sending import Intake
from switchboard.errors import SwitchboardError

Tell = Callable[[str], None]


def import_partners(
    source: Path, intake: Intake | None, tell: Tell, today: date, report: Path | None, *, active: bool
) -> None:
    """Takes what is good of a source, and says what became of the rest. Without an intake it sends nothing.

    Partners of a directory agreed to nothing yet: they are paused, unless they are known and were made active, or
    `active` says that they did agree. Raises SwitchboardError where rows were refused, or nothing can be read or sent.
    """
    reading = read_source(source, PartnerStatus.ACTIVE if active else PartnerStatus.PAUSED, today)
    if intake is None:
        preview(reading, tell)
    elif not reading.ours and reading.partners:
        known = intake.recorded({one.record["partner_id"] for one in reading.partners})
        if active:
            known = {one: _made_active(record) for one, record in known.items()}
        reading = replace(reading, partners=keep_entered(reading.partners, known))
    tell_report(reading, tell)
    _tell_status(reading.partners, tell)
    if report:
        write_report(reading.rows, report)
    if intake is None:
        tell(f"{source.name}: nothing was sent")
    else:
        sent = intake.send(reading.partners)
        total = sent.new + sent.replaced
        tell(f"{source.name}: {total} partners taken, {sent.new} new and {sent.replaced} replaced")
    _stop_at_refused(reading, source)


def _made_active(record: Mapping[str, Any]) -> dict[str, Any]:
    """Not who was suspended: that was the network's to decide, whatever the partners of a directory agree to."""
    suspended = record.get("status") == PartnerStatus.SUSPENDED
    return {**record, "status": PartnerStatus.SUSPENDED if suspended else PartnerStatus.ACTIVE}


def _tell_status(partners: list[Partner], tell: Tell) -> None:
    counted = Counter(str(one.record.get("status", PartnerStatus.ACTIVE)) for one in partners)
    for status, count in sorted(counted.items()):
        asked = "" if status == PartnerStatus.ACTIVE else "; nobody is written to before they are made active"
        tell(f"status {status}: {count}{asked}")


def _stop_at_refused(reading: Reading, source: Path) -> None:
    if refused := sum(row.refusal is not None for row in reading.rows):
        raise SwitchboardError(f"{refused} of {source.name}'s {len(reading.rows)} rows were refused (see above)")
