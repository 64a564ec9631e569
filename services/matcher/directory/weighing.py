"""The score of many rows at once, by the formulas of `domain/ranking.py`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import EligibilityRule
from services.matcher.directory.checks import Codes, Sought
from services.matcher.directory.places import Floats, miles_from
from services.matcher.directory.rows import NO_LIMIT, Rows, Services
from services.matcher.domain import ranking
from services.matcher.policy import RankingPolicy

_CERTAINTIES: Floats = np.array([ranking.LESS_FOR_EACH_DOUBT**doubts for doubts in range(len(EligibilityRule) + 1)])


class Weighed(NamedTuple):
    """By row: how many miles away it is (NaN where nobody knows), the parts of its score, and the score."""

    miles: Floats
    proximity: Floats
    fairness: Floats
    yes_chance: Floats
    language: Floats
    fit: Floats
    score: Floats


def weigh(services: Services, sought: Sought, codes: Codes, usual: float, policy: RankingPolicy) -> Weighed:
    """Weighs rows that may all be asked, of which these marks leave rules open."""
    rows = services.rows
    miles = miles_from(sought.place, services.briefs["home"])
    near = ranking.proximity(miles, policy)
    near[np.isnan(miles)] = ranking.UNKNOWN_DISTANCE
    capacity = rows["claims_per_week"].astype(np.float64)
    capacity[capacity == NO_LIMIT] = policy.usual_claims_per_week
    borne = ranking.burden(rows["claims_this_week"].astype(np.float64), rows["messages_this_week"].astype(np.float64))
    fair = ranking.fairness(borne, np.maximum(capacity, 1.0))
    likely = ranking.yes_chance(rows["said_yes"].astype(np.float64), rows["asked"].astype(np.float64), usual)
    language = sought.languages.take(rows["languages"])
    fit = share_of_wishes(services.briefs, sought)
    score = ranking.merit(near, fair, likely, language, fit, policy) * certainty(codes)
    return Weighed(miles, near, fair, likely, language, fit, score)


def certainty(codes: Codes) -> Floats:
    """What doubts leave of a score: as many rules are to be confirmed as there are marks."""
    return _CERTAINTIES.take(np.bitwise_count(codes))


def count_items(rows: Rows, sought: Sought) -> NDArray[np.intp]:
    """How many of the items that are asked for each row could take."""
    count = np.zeros(len(rows), np.intp)
    for kind, _ in sought.items:
        count += (rows["categories"] & kind) != 0
    return count


def share_of_wishes(briefs: Rows, sought: Sought) -> Floats:
    """How many of the family's wishes each row meets, from 0 to 1."""
    wishes = sought.wishes.bit_count()
    if not wishes:
        return np.ones(len(briefs))
    met: Floats = np.bitwise_count(briefs["fits"] & sought.wishes) / wishes
    return met
