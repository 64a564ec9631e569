"""`switchboard audit verify`: the log of who looked, read from its beginning."""

from services.intake.domain.disclosure_log import BEGINNING, verify
from services.intake.settings import IntakeSettings
from services.intake.store import disclosures
from services.runtime.database import open_connection
from switchboard.errors import SwitchboardError


async def verify_log(expected_sequence: int, expected_hash: str) -> str:
    """What is to be kept: the newest entry's number and hash. Raises SwitchboardError for a log that was changed.

    A log alone cannot show that its newest entries were taken out; one that was written down before can.
    """
    async with open_connection(IntakeSettings().intake_database_url) as connection:
        entries = [entry async for entry in disclosures.read_log(connection)]
    verdict = verify(entries)
    if verdict.broken_at is not None:
        raise SwitchboardError(f"the log was changed: entry {verdict.broken_at} is not as it was written")
    known = {0: "", **{entry.sequence: entry.hash.hex() for entry in entries}}
    if known.get(expected_sequence) != expected_hash:
        raise SwitchboardError(f"the log was changed: entry {expected_sequence} is gone, or another one")
    return f"{verdict.entries}:{verdict.head.hex() if verdict.head != BEGINNING else ''}"
