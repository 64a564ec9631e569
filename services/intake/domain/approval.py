"""Which needs wait for somebody's approval, and how long each waits for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

from schemas.needs import NeedTerms
from schemas.vocabulary import Urgency


class ApprovalRule(StrEnum):
    """Which needs of a site go out only when approved."""

    NONE = auto()
    ABOVE = auto()
    """Those that ask for more US dollars than the site says."""
    SENSITIVE = auto()
    ALL = auto()


class ApprovalState(StrEnum):
    """What became of the asking."""

    WAITING = auto()
    APPROVED = auto()
    SENT_BACK = auto()
    EXPIRED = auto()
    """Nobody decided in time."""
    DROPPED = auto()
    """The need was taken back before anybody decided."""


@dataclass(frozen=True)
class Policy:
    """A site's rule; `above` is in US dollars."""

    rule: ApprovalRule
    above: int | None

    def asks(self, terms: NeedTerms) -> bool:
        """Whether a need of these terms waits for approval."""
        match self.rule:
            case ApprovalRule.NONE:
                return False
            case ApprovalRule.ABOVE:
                return sum(item.quantity for item in terms.items if item.is_money) > (self.above or 0)
            case ApprovalRule.SENSITIVE:
                return terms.is_sensitive
            case ApprovalRule.ALL:
                return True


_WAITS = {
    Urgency.TONIGHT: (timedelta(minutes=15), timedelta(hours=2)),
    Urgency.TODAY: (timedelta(hours=1), timedelta(hours=6)),
    Urgency.THIS_WEEK: (timedelta(hours=24), timedelta(hours=72)),
    Urgency.ROUTINE: (timedelta(hours=48), timedelta(days=7)),
}
"""How long for the supervisor alone, and how long in all."""


def clocks(terms: NeedTerms, now: datetime) -> tuple[datetime, datetime]:
    """When the deputy is asked as well, and when it is over: before it is needed, so that an approval still helps."""
    alone, in_all = _WAITS[terms.urgency]
    expires = max(now, min(now + in_all, terms.needed_by))
    return min(now + alone, now + (expires - now) / 2), expires


def begin_now(terms: NeedTerms, waited: timedelta) -> NeedTerms:
    """The terms as they go out: whom the coordinator picked keeps the whole time for them."""
    if terms.first_ask is None:
        return terms
    first_ask = terms.first_ask.model_copy(update={"until": terms.first_ask.until + waited})
    return terms.model_copy(update={"first_ask": first_ask})
