"""The most that each service could score, by its brief alone: where thousands fit, most are never looked at closely."""

from functools import cache

import numpy as np

from services.matcher.directory.bits import Mark
from services.matcher.directory.checks import Sought, open_marks
from services.matcher.directory.places import EARTH_RADIUS_MILES, Floats, Place, on_the_sphere
from services.matcher.directory.rows import Rows
from services.matcher.directory.weighing import certainty, share_of_wishes
from services.matcher.domain import ranking
from services.matcher.policy import RankingPolicy

_LITTLE = 1e-12
"""More than rounding adds to the square of a chord on a sphere of radius 1: a few yards."""


def most_possible(briefs: Rows, sought: Sought, usual: float, most_likely: float, policy: RankingPolicy) -> Floats:
    """By row, what its score cannot be above."""
    marks, codes = briefs["marks"], open_marks(briefs, sought)
    near = ranking.proximity(_miles_at_least(briefs, sought.place, policy), policy)
    likely = np.array([usual, max(usual, most_likely)]).take((marks & Mark.ASKED) != 0)
    language = np.array([1.0, ranking.UNKNOWN_LANGUAGE]).take((marks & Mark.SILENT_ON_LANGUAGES) != 0)
    most = ranking.merit(near, np.ones_like(near), likely, language, share_of_wishes(briefs, sought), policy)
    # A little more, so that rounding hides nobody: of records, numbers of 32 bits are kept.
    possible: Floats = most * certainty(codes) * (1 + 1e-6)
    return possible


def _miles_at_least(briefs: Rows, place: Place, policy: RankingPolicy) -> Floats:
    unknown = ranking.miles_at(ranking.UNKNOWN_DISTANCE, policy)
    if place.point is None:
        return np.full(len(briefs), unknown)
    directions = _directions()
    toward = directions[place.number].copy()
    toward[3] = 1 - (unknown / EARTH_RADIUS_MILES) ** 2 / 2
    # The way straight through the earth is shorter than the one round it, and cheaper to measure.
    squares: Floats = 2 - _LITTLE - 2 * (directions.take(briefs["home"], axis=0) @ toward)
    np.maximum(squares, 0.0, out=squares)
    np.sqrt(squares, out=squares)
    squares *= EARTH_RADIUS_MILES
    return squares


@cache
def _directions() -> Floats:
    """As on the sphere, with a fourth number that is 1 where nobody knows the place, and 0 elsewhere."""
    sphere = on_the_sphere()
    unknown = np.isnan(sphere[:, :1])
    return np.concatenate([np.where(unknown, 0.0, sphere), unknown], axis=1)
