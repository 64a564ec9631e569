"""What the partner that referred a family hears."""

from collections.abc import Mapping

from schemas.outcomes import ReferralAnswered
from schemas.vocabulary import DeclineReason, ReferralAnswer
from services.matcher.domain.state import Offer
from services.matcher.domain.turn import Turn

_NO: Mapping[DeclineReason, ReferralAnswer] = {
    DeclineReason.WAITLISTED: ReferralAnswer.WAITLISTED,
    DeclineReason.INELIGIBLE: ReferralAnswer.INELIGIBLE,
}


def answer_referral(turn: Turn, offer: Offer, no: DeclineReason | None) -> None:
    """Tells whoever referred the family, if anybody did, of a yes (None) or of a no with its reason."""
    referred_by = turn.need.terms.referred_by
    if referred_by is None:
        return
    answer = ReferralAnswer.ENROLLED if no is None else _NO.get(no, ReferralAnswer.DECLINED)
    turn.tell(ReferralAnswered(**turn.about(offer), referred_by=referred_by, answer=answer, reason=no))
