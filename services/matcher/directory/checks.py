"""The rules of `rules.py` over many rows at once: same names, same order, same answers.

Most need no more than the bits of `bits.py`; what else a rule looks at is in `CHECKS`.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.event import Item
from schemas.vocabulary import Circumstance, EligibilityRule
from services.matcher.clocks import EVERY_HOUR
from services.matcher.directory.bits import Bar, Mark, bars_of, bits_of
from services.matcher.directory.cover import tokens_of
from services.matcher.directory.hours import WEEK, hours_until
from services.matcher.directory.places import Floats, Place, miles_from
from services.matcher.directory.rows import Bools, Numbers, Rows, Services
from services.matcher.directory.vocabulary import Vocabulary
from services.matcher.domain.eligible import Asked

Codes = NDArray[np.uint32]
"""Of the marks that leave a rule open, those that a row has."""

_OF_CIRCUMSTANCES = bars_of(Circumstance)
_BUT_RESTRICTED = np.uint32(0xFFFFFFFF ^ Mark.RESTRICTED)


class Bits(NamedTuple):
    """Which bits decide: any of `bars`, or all of `every`, leave a row out; any of `marks` leaves the rule open."""

    bars: int = 0
    every: int = 0
    marks: int = 0


def _status(_: Asked) -> Bits:
    return Bits(bars=Bar.INACTIVE)


def _consent(asked: Asked) -> Bits:
    return Bits(bars=bars_of(asked.terms.consent.excluded_kinds))


def _sensitive(asked: Asked) -> Bits:
    # Where partners are named, it is looked at row by row.
    return Bits(bars=Bar.UNTRUSTED if asked.terms.is_sensitive and not asked.terms.consent.partner_ids else 0)


def _conflict(asked: Asked) -> Bits:
    return Bits(bars=Bar.CONFLICTED if asked.terms.tells_living_situation else 0)


def _ages(asked: Asked) -> Bits:
    return Bits(every=bars_of(asked.terms.household)) if asked.terms.household else Bits(marks=Mark.AGED)


def _household_size(asked: Asked) -> Bits:
    return Bits() if asked.terms.household else Bits(marks=Mark.SIZED)


def _income(asked: Asked) -> Bits:
    income = asked.terms.income
    return Bits(marks=Mark.LIMITED) if income is None else Bits(bars=bars_of((income,)), marks=bits_of((income,)))


def _circumstances(asked: Asked) -> Bits:
    holds, holds_not = bars_of(asked.terms.circumstances), bars_of(asked.terms.not_circumstances)
    return Bits(every=Bar.RESTRICTED | _OF_CIRCUMSTANCES & ~holds_not | holds, marks=Mark.RESTRICTED)


def _languages(_: Asked) -> Bits:
    return Bits(marks=Mark.SILENT_ON_LANGUAGES)


def _handover(asked: Asked) -> Bits:
    wanted = asked.terms.handover
    return Bits(every=bars_of(wanted), marks=Mark.SILENT_ON_HANDOVER) if wanted else Bits()


def _hours(asked: Asked) -> Bits:
    # In a whole week everybody is open once.
    waits_a_week = hours_until(asked.now, asked.terms.needed_by, "UTC") == EVERY_HOUR
    return Bits(marks=0 if waits_a_week else Mark.SILENT_ON_HOURS)


def _conditions(asked: Asked) -> Bits:
    return Bits(bars=bars_of(asked.terms.excluded_conditions))


def _capacity(_: Asked) -> Bits:
    return Bits(bars=Bar.FULL)


BITS: Mapping[EligibilityRule, Callable[[Asked], Bits]] = {
    EligibilityRule.STATUS: _status,
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
    EligibilityRule.CAPACITY: _capacity,
}


class Sought:
    """What is asked, in the numbers that rows are made of."""

    def __init__(
        self,
        asked: Asked,
        place: Place,
        vocabulary: Vocabulary,
        named: Numbers,
        only: Numbers | None,
        asked_before: Numbers,
    ) -> None:
        self.asked = asked
        self.place = place
        self.vocabulary = vocabulary
        self.named, self.only, self.asked_before = named, only, asked_before
        """Partners' slots: whom the family's consent names, to whom the question is kept, and who was asked."""
        self.tokens = tokens_of(place)
        """What the place has in common with the areas that cover it."""
        self.items: list[tuple[int, Item]] = [(bits_of((item.category,)), item) for item in asked.items]
        """Each with the bit of its kind of help."""
        self.kinds = {kind for kind, _ in self.items}
        self.categories = reduce(or_, self.kinds, 0)
        self.languages: Floats = vocabulary.languages.shared_with(asked.terms.languages)
        """By number of languages: whether the family speaks any of them, from 0 to 1."""
        self.wishes = bits_of(asked.terms.preferences)
        self.bits = [(rule, bits(asked)) for rule, bits in BITS.items()]
        self.bars, self.marks, self.every = 0, 0, list[int]()
        for _, (bars, every, marks) in self.bits:
            self.bars |= bars
            self.marks |= marks
            if every:
                self.every.append(every)

    def window(self, zone: str) -> int:
        """The hours that pass in a zone until it is needed."""
        return hours_until(self.asked.now, self.asked.terms.needed_by, zone)

    def leaves_open(self, code: int) -> tuple[EligibilityRule, ...]:
        """The rules that these marks leave open."""
        return tuple([rule for rule, bits in self.bits if bits.marks & code])


def are_barred(briefs: Rows, sought: Sought) -> Bools:
    """Which rows any rule leaves out by its bits."""
    bars = briefs["bars"]
    barred: Bools = (bars & sought.bars) != 0
    for every in sought.every:
        barred |= (bars & every) == every
    return barred


def open_marks(briefs: Rows, sought: Sought) -> Codes:
    """By row, the marks that leave a rule open."""
    marks: Codes = briefs["marks"]
    codes = marks & np.uint32(sought.marks)
    unmet = bars_of(sought.asked.terms.circumstances)
    if unmet:
        # Who is for what holds is for this family, whatever else it is for.
        np.bitwise_and(codes, _BUT_RESTRICTED, out=codes, where=(briefs["bars"] & unmet) != unmet)
    return codes


def _is_asleep(services: Services, sought: Sought) -> Bools | None:
    asleep: Bools = services.rows["snoozed_until"] > sought.asked.now.timestamp()
    return asleep


def _is_not_agreed(services: Services, sought: Sought) -> Bools | None:
    consent = sought.asked.terms.consent
    if consent.until <= sought.asked.now:
        return np.ones(len(services.numbers), np.bool_)
    groups = [sought.named] if consent.partner_ids else []
    groups += [] if sought.only is None else [sought.only]
    outside = [~np.isin(services.rows["partner"], group) for group in groups]
    return reduce(or_, outside) if outside else None


def _is_not_trusted(services: Services, sought: Sought) -> Bools | None:
    if not (sought.asked.terms.is_sensitive and sought.asked.terms.consent.partner_ids):
        return None
    untrusted: Bools = (services.briefs["bars"] & Bar.UNTRUSTED) != 0
    return untrusted & ~np.isin(services.rows["partner"], sought.named)


def _is_of_another_size(services: Services, sought: Sought) -> Bools | None:
    size = len(sought.asked.terms.household)
    if not size:
        return None
    another: Bools = (services.rows["min_household"] > size) | (services.rows["max_household"] < size)
    return another


def _does_not_speak(services: Services, sought: Sought) -> Bools | None:
    if not sought.asked.terms.must_speak:
        return None
    silent: Bools = sought.languages.take(services.rows["languages"]) == 0
    return silent


def _is_closed(services: Services, sought: Sought) -> Bools | None:
    asked, hours = sought.asked, sought.vocabulary.hours
    if asked.terms.needed_by - asked.now >= WEEK:
        return hours.are_always_closed(services.rows["hours"])
    return hours.are_closed(services.rows["hours"], sought.window)


def _was_asked(services: Services, sought: Sought) -> Bools | None:
    if not len(sought.asked_before):
        return None
    asked: Bools = np.isin(services.rows["partner"], sought.asked_before)
    return asked


CHECKS: Mapping[EligibilityRule, Callable[[Services, Sought], Bools | None]] = {
    EligibilityRule.STATUS: _is_asleep,
    EligibilityRule.CONSENT: _is_not_agreed,
    EligibilityRule.SENSITIVE: _is_not_trusted,
    EligibilityRule.HOUSEHOLD_SIZE: _is_of_another_size,
    EligibilityRule.LANGUAGES: _does_not_speak,
    EligibilityRule.ASKED_BEFORE: _was_asked,
    EligibilityRule.HOURS: _is_closed,
}
"""Which rows a rule leaves out by more than bits; None is: no row. The dearest is the last."""


def are_outside(services: Services, sought: Sought) -> Bools:
    """Which of these rows, whose tokens cover the place, do not cover it all the same: it is outside their circle."""
    outside: Bools = (services.briefs["marks"] & Mark.INEXACT) != 0
    among = np.flatnonzero(outside)
    centres = services.rows["centre"].take(among)
    near = miles_from(sought.place, centres) <= services.rows["miles"].take(among)
    near |= centres == sought.place.number
    outside[among] = ~near
    return outside


def are_left_out(services: Services, sought: Sought) -> Bools:
    """Which of these rows, that no bits leave out, the rest of any rule does."""
    out = are_outside(services, sought)
    for check in CHECKS.values():
        no = check(services, sought)
        if no is not None:
            out |= no
    return out


def failed(services: Services, sought: Sought, rule: EligibilityRule) -> Bools:
    """Of which of these rows one rule does not hold, but for the area, which the index looks up."""
    bars, bits = services.briefs["bars"], dict(sought.bits).get(rule, Bits())
    no: Bools = (bars & bits.bars) != 0
    if bits.every:
        no |= (bars & bits.every) == bits.every
    if rule is EligibilityRule.CATEGORY:
        no |= (services.rows["categories"] & sought.categories) == 0
    elif (rest := CHECKS[rule](services, sought) if rule in CHECKS else None) is not None:
        no |= rest
    return no
