"""Why nobody could: to an event that says so is added how many partners each rule leaves out."""

from dataclasses import replace
from datetime import datetime

from schemas.outcomes import NeedPartlyFulfilled, NeedStuck, NeedUnmet
from schemas.vocabulary import StuckCause, UnmetCause
from services.matcher.directory.directory import Directory
from services.matcher.domain.asking import already_asked
from services.matcher.domain.eligible import Asked
from services.matcher.domain.state import Need
from services.runtime.outbox import Outgoing

_NOT_FOR_WANT_OF_PARTNERS = frozenset(
    {
        StuckCause.FAMILY_SILENT,
        StuckCause.FAMILY_DISPUTED,
        UnmetCause.CANCELLED,
        UnmetCause.CONSENT_WITHDRAWN,
    }
)


def say_what_left_out(outgoing: Outgoing, need: Need, directory: Directory, now: datetime) -> Outgoing:
    """The event as it is to go out. Where nobody could, the directory is asked what leaves out whom."""
    event = outgoing.event
    if not isinstance(event, NeedUnmet | NeedPartlyFulfilled | NeedStuck) or event.cause in _NOT_FOR_WANT_OF_PARTNERS:
        return outgoing
    open_items = event.open_items if isinstance(event, NeedStuck) else event.unmet
    tally = directory.tally(Asked(need.terms, open_items, now, already_asked(need)))
    return replace(outgoing, event=event.model_copy(update={"left_out": dict(tally.left_out)}))
