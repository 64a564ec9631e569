"""What could leave a service out, and what it leaves open, as bits: most rules are one look at a number.

A service bars whom it does not help: a bit of `bars` for each code of a list that does not fit it. The first byte is
for what is either so or not so, and each list has bytes of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache

from schemas.partners import PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import (
    AgeBand,
    Circumstance,
    Condition,
    Fit,
    HandoverWay,
    IncomeBand,
    PartnerKind,
    PartnerStatus,
)
from services.matcher.directory.rules import OLDEST


class Bar:
    """What is either so or not so."""

    INACTIVE = 1 << 0
    UNTRUSTED = 1 << 1
    """Not marked as able to hear of sensitive needs."""
    CONFLICTED = 1 << 2
    FULL = 1 << 3
    """It has no room for one more."""
    RESTRICTED = 1 << 4
    """It is only for some circumstances."""


class Mark:
    """What a service may leave open, and what else there is to know. The first byte is for incomes."""

    LIMITED = 1 << 8
    """It has a limit of income."""
    AGED = 1 << 9
    SIZED = 1 << 10
    """It has a rule for how many live together."""
    RESTRICTED = 1 << 11
    SILENT_ON_LANGUAGES = 1 << 12
    SILENT_ON_HANDOVER = 1 << 13
    SILENT_ON_HOURS = 1 << 14
    SEVERAL = 1 << 15
    """Not the only service of its partner."""
    LISTED = 1 << 16
    """Its area is a list of ZIP codes."""
    INEXACT = 1 << 17
    """Its area is a circle, covered coarsely: each place has to be measured."""
    ASKED = 1 << 18
    """How its partner answered is known."""


_FIRST_BARS: Mapping[type[Enum], int] = {
    PartnerKind: 8,
    Condition: 16,
    IncomeBand: 24,
    AgeBand: 32,
    HandoverWay: 40,
    Circumstance: 48,
}
_BITS: Mapping[type[Enum], Mapping[Enum, int]] = {
    kind: {member: 1 << position for position, member in enumerate(kind)}
    for kind in (Category, Fit, PartnerKind, Condition, IncomeBand, AgeBand, HandoverWay, Circumstance)
}
if any(len(kind) > (16 if kind is Circumstance else 8) for kind in _FIRST_BARS):
    raise AssertionError("a list has grown out of its bytes")


def bits_of(members: Iterable[Enum]) -> int:
    """One bit for each member that is there, by its place in its list."""
    bits = 0
    for member in members:
        bits |= _BITS[type(member)][member]
    return bits


def bars_of(members: Iterable[Enum]) -> int:
    """The bars for these codes."""
    bars = 0
    for member in members:
        kind = type(member)
        bars |= _BITS[kind][member] << _FIRST_BARS[kind]
    return bars


def positions_in(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


INTERPRETER = bits_of([Fit.INTERPRETER])


def bars_in(partner: PartnerRecorded, service: Service) -> int:
    """What could leave a service out, but for its room."""
    return (
        Bar.INACTIVE * (partner.status is not PartnerStatus.ACTIVE)
        | Bar.UNTRUSTED * (not partner.sensitive_needs)
        | Bar.CONFLICTED * bool(partner.conflicts)
        | Bar.RESTRICTED * bool(service.only_for)
        | bars_of((partner.kind, *service.conditions))
        | _bars_of_ages(service.min_age, service.max_age)
        | (0 if service.income_limit is None else _bars_of_income(service.income_limit))
        | _bars_but(HandoverWay, frozenset(service.handover))
        | _bars_but(Circumstance, frozenset(service.only_for))
    )


def marks_in(partner: PartnerRecorded, service: Service) -> int:
    """What a service leaves open, and whether its partner has others."""
    return (
        (0 if service.income_limit is None else Mark.LIMITED | _unsure_incomes(service.income_limit))
        | Mark.AGED * (service.min_age is not None or service.max_age is not None)
        | Mark.SIZED * (service.min_household is not None or service.max_household is not None)
        | Mark.RESTRICTED * bool(service.only_for)
        | Mark.SILENT_ON_LANGUAGES * (not service.languages and Fit.INTERPRETER not in service.fits)
        | Mark.SILENT_ON_HANDOVER * (not service.handover)
        | Mark.SILENT_ON_HOURS * (not service.hours)
        | Mark.SEVERAL * (len(partner.services) > 1)
    )


@cache
def _bars_but(codes: type[Enum], fitting: frozenset[Enum]) -> int:
    """All of a list but those that fit; none where it does not say."""
    return bars_of(code for code in codes if code not in fitting) if fitting else 0


@cache
def _bars_of_ages(low: int | None, high: int | None) -> int:
    youngest, oldest = low or 0, OLDEST if high is None else high
    return bars_of(band for band in AgeBand if band.years[0] > oldest or band.years[1] < youngest)


@cache
def _bars_of_income(limit: int) -> int:
    return bars_of(band for band in IncomeBand if band.percent[0] > limit)


@cache
def _unsure_incomes(limit: int) -> int:
    """The bands of which some incomes are too much and some are not."""
    return bits_of(band for band in IncomeBand if band.percent[0] <= limit < band.percent[1])
