"""Which reminders are out of date, by what was heard of the offer since."""

from collections.abc import Mapping
from datetime import datetime

from schemas import outcomes, responses
from schemas.event import NeedEvent
from schemas.vocabulary import MessagePurpose

_ANSWERED = frozenset({responses.OfferAccepted.type, responses.OfferDeclined.type})
_ENDS = {
    MessagePurpose.OFFER: _ANSWERED,
    MessagePurpose.OFFER_REMINDER: _ANSWERED,
    MessagePurpose.CONTACT_REMINDER: frozenset(
        {
            responses.FamilyContacted.type,
            # Who says when, or that it is done, has been in touch.
            responses.HelpScheduled.type,
            responses.HelpCompleted.type,
            outcomes.ClaimLapsed.type,
        }
    ),
    MessagePurpose.COMPLETE_REMINDER: frozenset({responses.HelpCompleted.type, outcomes.ClaimLapsed.type}),
}
"""By purpose, what makes it needless whenever it was said."""
_PUTS_OFF = frozenset({responses.HelpScheduled.type, responses.FamilyNotReached.type})
"""What gives more time: it stops the reminders that were made before it, and not those that come later."""
_PUT_OFF = {MessagePurpose.CONTACT_REMINDER, MessagePurpose.COMPLETE_REMINDER}

_HEARD = _PUTS_OFF.union(*_ENDS.values())


def is_answer(event: NeedEvent) -> bool:
    """Whether it can make a reminder needless."""
    return event.type in _HEARD


def is_answered(purpose: MessagePurpose, made_at: datetime, heard: Mapping[str, datetime]) -> bool:
    """Whether a message about an offer is out of date. `heard`: by type of event, when it was last said."""
    if _ENDS.get(purpose, frozenset()) & heard.keys():
        return True
    return purpose in _PUT_OFF and any(heard[kind] > made_at for kind in _PUTS_OFF & heard.keys())
