"""Who is asked first, and why: every part of the score is kept.

The formulas take numbers or arrays of numbers, so that one partner and a million are ranked by the same rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from schemas.taxonomy import Category
from services.matcher.domain.eligible import Reasons
from services.matcher.policy import RankingPolicy

Number = TypeVar("Number", float, NDArray[np.float64])

UNKNOWN_DISTANCE, UNKNOWN_LANGUAGE = 0.5, 0.5
"""What proximity and language are when nobody knows: neither near nor far, neither yes nor no."""
USUAL_YES_CHANCE = 0.5
_WEIGHT_OF_USUAL = 2.0
_MESSAGES_LIKE_A_CLAIM = 4.0
LESS_FOR_EACH_DOUBT = 0.9


@dataclass(frozen=True)
class Claims:
    """What one service of a partner took on: in the last seven days, and what is in its hands now."""

    this_week: int = 0
    at_once: int = 0


@dataclass(frozen=True)
class Record:
    """How a partner was asked and answered. What was longer ago counts less in `asked` and `said_yes`."""

    open_offers: int = 0
    messages_this_week: int = 0
    asked: float = 0.0
    said_yes: float = 0.0
    claims: Mapping[UUID, Claims] = field(default_factory=dict)
    """By service."""


def proximity(miles: Number, policy: RankingPolicy) -> Number:
    """One half at `half_distance_miles`, and never nothing."""
    return policy.half_distance_miles / (policy.half_distance_miles + miles)


def miles_at(near: float, policy: RankingPolicy) -> float:
    """The distance at which the proximity is so much."""
    return policy.half_distance_miles / near - policy.half_distance_miles


def usual_chance(chances: Mapping[Category, float], categories: Iterable[Category]) -> float:
    """How often partners say yes to these kinds of help: the mean of what is known of each."""
    # In one order, so that rounding is the same whoever adds them up.
    usual = [chances.get(category, USUAL_YES_CHANCE) for category in sorted(categories)]
    return sum(usual) / len(usual)


def most_likely(record: Record) -> float:
    """What the chance of a yes is at most, whatever is usual."""
    return yes_chance(record.said_yes, record.asked, 1.0) if record.asked else 0.0


def burden(claims_this_week: Number, messages_this_week: Number) -> Number:
    """What a partner has had this week, in claims: being asked is work, too."""
    return claims_this_week + messages_this_week / _MESSAGES_LIKE_A_CLAIM


def fairness(borne: Number, capacity: Number) -> Number:
    """1 for who has had nothing this week, one half for who has had as many claims as it can take."""
    return capacity / (capacity + borne)


def yes_chance(said_yes: Number, asked: Number, usual: float) -> Number:
    """Additive smoothing, with what is usual for this kind of help as if it had been seen twice."""
    return (said_yes + _WEIGHT_OF_USUAL * usual) / (asked + _WEIGHT_OF_USUAL)


def merit(near: Number, fair: Number, likely: Number, language: Number, fit: Number, policy: RankingPolicy) -> Number:
    """The weighted sum of the parts."""
    total: Number = (
        policy.proximity * near
        + policy.fairness * fair
        + policy.yes_chance * likely
        + policy.language * language
        + policy.fit * fit
    )
    return total


def score(
    near: Number,
    fair: Number,
    likely: Number,
    language: Number,
    fit: Number,
    doubts: Number,
    policy: RankingPolicy,
) -> Number:
    """The weighted sum of the parts; a tenth less for each rule that is still to be confirmed."""
    discounted: Number = merit(near, fair, likely, language, fit, policy) * LESS_FOR_EACH_DOUBT**doubts
    return discounted


def score_of(reasons: Reasons, policy: RankingPolicy) -> float:
    """The score that these reasons give."""
    return score(
        reasons.proximity,
        reasons.fairness,
        reasons.yes_chance,
        reasons.language,
        reasons.fit,
        float(len(reasons.to_be_confirmed)),
        policy,
    )
