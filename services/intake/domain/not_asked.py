"""Why a partner was not asked, told so that it says nothing of any family.

A partner that changes its record and looks again could find out, need by need, what families are like. So figures are
made once a day, tell of many needs or of none, are rounded, and leave out what families and schools decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.vocabulary import EligibilityRule
from services.intake.domain.suppression import FEWEST

_STEP = 5
"""Counts are told in fives, rounded down: one need more or less is not seen."""
_NOT_THEIRS = {
    EligibilityRule.AREA,
    EligibilityRule.CONSENT,
    EligibilityRule.SENSITIVE,
    EligibilityRule.CONFLICT,
    EligibilityRule.ASKED_BEFORE,
}
"""Decided by a family, a school or the network, or nothing that the partner could change."""


NOT_ON_FORMS = {EligibilityRule.CATEGORY, EligibilityRule.INCOME, EligibilityRule.CIRCUMSTANCES}
"""What the network changes in a partner's record, once the partner tells it."""


@dataclass(frozen=True)
class Figures:
    """Of needs that are not sensitive: how many it was asked about; how many others were where it helps, and why not.

    `left_out` is by the first rule that its best service fails.
    """

    asked: int
    in_area: int
    left_out: Mapping[EligibilityRule, int]


@dataclass(frozen=True)
class Reason:
    """What leaves the partner out of about so many needs."""

    rule: EligibilityRule
    about: int


@dataclass(frozen=True)
class Told:
    """At least how many needs were where the partner helps, and what left it out most often, first.

    Never fewer than it was asked about.
    """

    about: int
    reasons: tuple[Reason, ...]


def tell(figures: Figures) -> Told | None:
    """What may be told; None where it is of too few needs."""
    needs = figures.asked + figures.in_area
    if needs < FEWEST:
        return None
    order = list(EligibilityRule)
    reasons = [
        Reason(rule, _round(count))
        for rule, count in sorted(figures.left_out.items(), key=lambda one: (-one[1], order.index(one[0])))
        if rule not in _NOT_THEIRS and count >= _STEP
    ]
    return Told(max(_round(needs), figures.asked), tuple(reasons))


def _round(count: int) -> int:
    return count // _STEP * _STEP
