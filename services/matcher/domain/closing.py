"""How a need ends."""

from schemas.outcomes import NeedFulfilled, NeedPartlyFulfilled, NeedUnmet
from schemas.vocabulary import UnmetCause
from services.matcher.domain.state import NeedStatus
from services.matcher.domain.turn import Turn


def close(turn: Turn, cause: UnmetCause, *, confirmed: bool) -> None:
    """Ends the need, and says the cause for what is not met. Only what somebody confirmed is met."""
    need = turn.need
    met = need.delivered_items if confirmed else ()
    unmet = need.undelivered_items if confirmed else need.terms.items
    turn.stand(NeedStatus.CLOSED, stuck=None, confirm_by=None, look_again_at=None)
    if not met:
        turn.tell(NeedUnmet(need_id=need.need_id, unmet=unmet, cause=cause))
    elif unmet:
        turn.tell(NeedPartlyFulfilled(need_id=need.need_id, met=met, unmet=unmet, cause=cause))
    else:
        turn.tell(NeedFulfilled(need_id=need.need_id, met=met))
