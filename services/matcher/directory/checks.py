"""The rules of `rules.py` over many rows at once: same names, same order, same answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.event import Item
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.cover import tokens_of
from services.matcher.directory.hours import hours_until
from services.matcher.directory.places import Place, miles_to, radians
from services.matcher.directory.rows import (
    INTERPRETER,
    NO_HOUSEHOLD,
    NO_LIMIT,
    Flag,
    Rows,
    Vocabulary,
    bits_of,
    pick,
)
from services.matcher.domain.clocks import EVERY_HOUR
from services.matcher.domain.eligible import Asked

Bools = NDArray[np.bool_]
Slots = NDArray[np.uint32]


@dataclass(frozen=True)
class Sought:
    """What is asked, in the numbers that rows are made of."""

    asked: Asked
    place: Place
    vocabulary: Vocabulary
    named: Slots
    """The partners that the family's consent names."""
    only: Slots | None
    asked_before: Slots
    closed: Slots
    """The numbers of the rows that take nobody now."""

    @cached_property
    def categories(self) -> int:
        """The kinds of help, one bit each."""
        return bits_of(self.asked.categories)

    @cached_property
    def items(self) -> list[tuple[int, Item]]:
        """The items, each with the bit of its kind of help."""
        return [(bits_of([item.category]), item) for item in self.asked.items]

    @property
    def kinds(self) -> set[int]:
        """The kinds of help, each with its bit."""
        return {kind for kind, _ in self.items}

    @cached_property
    def tokens(self) -> tuple[int, ...]:
        """What the place has in common with the areas that cover it."""
        return tokens_of(self.place)

    @cached_property
    def waits_a_week(self) -> bool:
        """Whether everybody is open once until then."""
        return self.window("UTC") == EVERY_HOUR

    @cached_property
    def shares_language(self) -> Bools:
        """By number of languages: whether the family speaks any of them."""
        spoken = set(self.asked.terms.languages)
        return np.array([not spoken.isdisjoint(one) for one in self.vocabulary.languages.values])

    def window(self, zone: str) -> int:
        """The hours that pass in a zone until it is needed."""
        return hours_until(self.asked.now, self.asked.terms.needed_by, zone)


@dataclass(frozen=True)
class Answer:
    """Of which rows a rule does not hold, and of which that is unknown. None is: of none."""

    no: Bools | None = None
    unknown: Bools | None = None


_HOLDS = Answer()


def has_flag(rows: Rows, flag: Flag) -> Bools:
    """Which rows have a flag."""
    # Its value, since numpy takes its time over a member of an enumeration.
    has: Bools = (rows["flags"] & flag.value) != 0
    return has


def is_outside(rows: Rows, sought: Sought) -> Bools:
    """Which of these rows, whose tokens cover the place, do not cover it all the same: it is outside their circle."""
    inexact = has_flag(rows, Flag.INEXACT)
    outside = np.zeros(len(rows), np.bool_)
    circles = pick(rows, inexact)
    if len(circles):
        point = sought.place.point
        near = circles["centre"] == sought.place.number
        if point is not None:
            latitudes, longitudes = radians()
            centre = circles["centre"]
            near |= miles_to(point, latitudes[centre], longitudes[centre]) <= circles["miles"]
        outside[inexact] = ~near
    return outside


def _status(rows: Rows, sought: Sought) -> Answer:
    asleep = rows["snoozed_until"] > sought.asked.now.timestamp()
    return Answer(~has_flag(rows, Flag.ACTIVE) | asleep)


def _category(rows: Rows, sought: Sought) -> Answer:
    return Answer((rows["categories"] & sought.categories) == 0)


def _consent(rows: Rows, sought: Sought) -> Answer:
    consent = sought.asked.terms.consent
    if consent.until <= sought.asked.now:
        return Answer(np.ones(len(rows), np.bool_))
    no = (bits_of(consent.excluded_kinds) >> rows["kind"] & 1) != 0
    if consent.partner_ids:
        no |= ~np.isin(rows["partner"], sought.named)
    if sought.only is not None:
        no |= ~np.isin(rows["partner"], sought.only)
    return Answer(no)


def _sensitive(rows: Rows, sought: Sought) -> Answer:
    if not sought.asked.terms.is_sensitive:
        return _HOLDS
    return Answer(~(has_flag(rows, Flag.TRUSTED) | np.isin(rows["partner"], sought.named)))


def _conflict(rows: Rows, sought: Sought) -> Answer:
    return Answer(has_flag(rows, Flag.CONFLICTED)) if sought.asked.terms.tells_living_situation else _HOLDS


def _ages(rows: Rows, sought: Sought) -> Answer:
    aged = has_flag(rows, Flag.AGED)
    bands = {band.years for band in sought.asked.terms.household}
    if not bands:
        return Answer(unknown=aged)
    low, high = rows["min_age"], rows["max_age"]
    fits = [(low <= oldest) & (high >= youngest) for youngest, oldest in bands]
    return Answer(aged & ~np.logical_or.reduce(fits))


def _household_size(rows: Rows, sought: Sought) -> Answer:
    low, high, size = rows["min_household"], rows["max_household"], len(sought.asked.terms.household)
    if not size:
        return Answer(unknown=(low > 0) | (high < NO_HOUSEHOLD))
    return Answer((low > size) | (high < size))


def _income(rows: Rows, sought: Sought) -> Answer:
    limit, income = rows["income_limit"], sought.asked.terms.income
    if income is None:
        return Answer(unknown=limit < NO_LIMIT)
    low, high = income.percent
    return Answer(limit < low, (limit >= low) & (limit < high))


def _circumstances(rows: Rows, sought: Sought) -> Answer:
    only_for = rows["only_for"]
    open_question = (only_for != 0) & ((only_for & bits_of(sought.asked.terms.circumstances)) == 0)
    no = open_question & ((only_for & ~np.uint16(bits_of(sought.asked.terms.not_circumstances))) == 0)
    return Answer(no, open_question & ~no)


def speaks(rows: Rows, sought: Sought) -> tuple[Bools, Bools]:
    """Which rows share a language with the family, by an interpreter too, and which do not say."""
    interpreted = (rows["fits"] & INTERPRETER) != 0
    languages = rows["languages"]
    return sought.shares_language[languages] | interpreted, (languages == 0) & ~interpreted


def _languages(rows: Rows, sought: Sought) -> Answer:
    shared, unknown = speaks(rows, sought)
    return Answer(~(shared | unknown) if sought.asked.terms.must_speak else None, unknown)


def _handover(rows: Rows, sought: Sought) -> Answer:
    ways, wanted = rows["handover"], bits_of(sought.asked.terms.handover)
    return Answer((ways != 0) & ((ways & wanted) == 0), ways == 0) if wanted else _HOLDS


def _hours(rows: Rows, sought: Sought) -> Answer:
    hours = rows["hours"]
    unknown = hours == 0
    no = ~(unknown | sought.vocabulary.hours.are_open(hours, sought.window))
    return Answer(no, None if sought.waits_a_week else unknown)


def _conditions(rows: Rows, sought: Sought) -> Answer:
    excluded = bits_of(sought.asked.terms.excluded_conditions)
    return Answer((rows["conditions"] & excluded) != 0) if excluded else _HOLDS


def _asked_before(rows: Rows, sought: Sought) -> Answer:
    return Answer(np.isin(rows["partner"], sought.asked_before)) if len(sought.asked_before) else _HOLDS


def _capacity(rows: Rows, _: Sought) -> Answer:
    per_week, at_once = rows["claims_per_week"], rows["claims_at_once"]
    return Answer(
        (rows["open_offers"] >= rows["offers_at_once"])
        | (rows["messages_this_week"] >= rows["messages_per_week"])
        | ((per_week < NO_LIMIT) & (rows["claims_this_week"] >= per_week))
        | ((at_once < NO_LIMIT) & (rows["claims_in_hand"] >= at_once))
    )


CHECKS: Mapping[EligibilityRule, Callable[[Rows, Sought], Answer]] = {
    EligibilityRule.STATUS: _status,
    EligibilityRule.CATEGORY: _category,
    EligibilityRule.CONSENT: _consent,
    EligibilityRule.SENSITIVE: _sensitive,
    EligibilityRule.CONFLICT: _conflict,
    EligibilityRule.AGES: _ages,
    EligibilityRule.HOUSEHOLD_SIZE: _household_size,
    EligibilityRule.INCOME: _income,
    EligibilityRule.CIRCUMSTANCES: _circumstances,
    EligibilityRule.LANGUAGES: _languages,
    EligibilityRule.HANDOVER: _handover,
    EligibilityRule.HOURS: _hours,
    EligibilityRule.CONDITIONS: _conditions,
    EligibilityRule.ASKED_BEFORE: _asked_before,
    EligibilityRule.CAPACITY: _capacity,
}
"""All but the area, which the index looks up."""
