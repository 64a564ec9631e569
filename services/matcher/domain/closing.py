"""How a need ends."""

from dataclasses import replace

from schemas.outcomes import NeedFulfilled, NeedPartlyFulfilled, NeedUnmet
from schemas.vocabulary import UnmetCause
from services.matcher.domain.state import NeedStatus
from services.matcher.domain.turn import Turn


def close(turn: Turn, cause: UnmetCause) -> None:
    """Ends the need with what was delivered, and the cause for the rest."""
    met, unmet, need_id = turn.need.delivered_items, turn.need.undelivered_items, turn.need.need_id
    turn.need = replace(turn.need, status=NeedStatus.CLOSED, stuck=None, confirm_by=None, look_again_at=None)
    if not met:
        turn.tell(NeedUnmet(need_id=need_id, unmet=unmet, cause=cause))
    elif unmet:
        turn.tell(NeedPartlyFulfilled(need_id=need_id, met=met, unmet=unmet, cause=cause))
    else:
        turn.tell(NeedFulfilled(need_id=need_id, met=met))
