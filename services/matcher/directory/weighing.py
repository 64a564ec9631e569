"""The score of many rows at once, by the formulas of `domain/ranking.py`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import EligibilityRule
from services.matcher.directory.checks import Bools, Rows, Sought, speaks
from services.matcher.directory.places import Floats, miles_to, radians
from services.matcher.directory.rows import NO_LIMIT, NOWHERE, bits_of
from services.matcher.domain import ranking
from services.matcher.policy import RankingPolicy


@dataclass(frozen=True)
class Weighed:
    """By row: how far away it is (NaN where nobody knows), the parts of its score, and the score."""

    miles: Floats
    proximity: Floats
    fairness: Floats
    yes_chance: Floats
    language: Floats
    fit: Floats
    score: Floats

    @property
    def parts(self) -> tuple[Floats, ...]:
        """The parts, in the order in which reasons name them."""
        return self.proximity, self.fairness, self.yes_chance, self.language, self.fit


def weigh(
    rows: Rows,
    sought: Sought,
    unknown: Mapping[EligibilityRule, Bools],
    usual_chance: float,
    policy: RankingPolicy,
) -> Weighed:
    """Weighs rows that may all be asked."""
    miles = miles_away(rows, sought)
    near = ranking.proximity(miles, policy)
    near[np.isnan(miles)] = ranking.UNKNOWN_DISTANCE
    capacity = np.where(rows["claims_per_week"] == NO_LIMIT, policy.usual_claims_per_week, rows["claims_per_week"])
    fair = ranking.fairness(rows["claims_this_week"].astype(np.float64), np.maximum(capacity, 1.0))
    likely = ranking.yes_chance(rows["said_yes"].astype(np.float64), rows["asked"].astype(np.float64), usual_chance)
    shared, silent = speaks(rows, sought)
    language = np.where(silent, ranking.UNKNOWN_LANGUAGE, shared.astype(np.float64))
    fit = _share_of_wishes(rows, sought)
    doubts = np.zeros(len(rows))
    for doubtful in unknown.values():
        doubts += doubtful
    score = ranking.score(near, fair, likely, language, fit, doubts, policy)
    return Weighed(miles, near, fair, likely, language, fit, score)


def miles_away(rows: Rows, sought: Sought) -> Floats:
    """How far each row's home is from the place asked about, in miles; NaN where nobody knows."""
    if sought.place.point is None:
        return np.full(len(rows), math.nan)
    latitudes, longitudes = radians()
    home = rows["home"].astype(np.intp)
    somewhere = home != NOWHERE
    home[~somewhere] = 0
    miles = miles_to(sought.place.point, latitudes[home], longitudes[home])
    miles[~somewhere] = math.nan
    return miles


def count_items(rows: Rows, sought: Sought) -> NDArray[np.intp]:
    """How many of the items that are asked for each row could take."""
    count = np.zeros(len(rows), np.intp)
    for kind, _ in sought.items:
        count += (rows["categories"] & kind) != 0
    return count


def _share_of_wishes(rows: Rows, sought: Sought) -> Floats:
    wishes = set(sought.asked.terms.preferences)
    if not wishes:
        return np.ones(len(rows))
    met: Floats = np.bitwise_count(rows["fits"] & bits_of(wishes)) / len(wishes)
    return met
