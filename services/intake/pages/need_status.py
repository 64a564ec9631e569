"""Where a need stands, as its coordinator is told, and what there is to do."""

from collections.abc import Sequence

from schemas.vocabulary import StuckCause, UnmetCause
from services.intake.domain.progress import NeedProgress, familys_answer
from services.intake.store.needs import HistoryEntry, NeedRow

_FAMILYS_TURN = {StuckCause.FAMILY_SILENT, StuckCause.FAMILY_DISPUTED}


def status_of(need: NeedRow, history: Sequence[HistoryEntry] = (), *, unasked: bool = False) -> str:
    """A key of the section `status`. What the coordinator did counts at once, before the matcher has answered.

    `unasked` says that the family's question cannot reach it: then it is the coordinator's, at once.
    """
    if need.withdrawn or need.progress.cause is UnmetCause.CONSENT_WITHDRAWN:
        return "consent_withdrawn"
    if need.progress.cause is UnmetCause.CANCELLED or any(entry.what == "needs.cancelled" for entry in history):
        return "cancelled"
    if unasked and need.progress.status is NeedProgress.CONFIRMING:
        return "confirm_yourself"
    return "stuck" if need.progress.stuck else str(need.progress.status)


def may_confirm(need: NeedRow) -> bool:
    """Whether it is time to say that help arrived, or did not."""
    return need.progress.status is NeedProgress.CONFIRMING or need.progress.stuck in _FAMILYS_TURN


def was_confirmed(history: Sequence[HistoryEntry]) -> bool:
    """Whether the last question "did it arrive?" was answered already: the matcher's word is on its way."""
    return familys_answer(entry.what for entry in history) is not None


def was_erased(history: Sequence[HistoryEntry]) -> bool:
    """Whether who the family was is erased as promised, rather than lost."""
    return any(entry.what == "handovers.family_erased" for entry in history)
