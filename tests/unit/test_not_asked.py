"""Why a partner was not asked: told of many needs or of none, in fives, and nothing of what families decided."""

from schemas.vocabulary import EligibilityRule
from services.intake.domain.not_asked import Figures, Reason, Told, tell

AGES, CAPACITY, CONSENT, CONFLICT = (
    EligibilityRule.AGES,
    EligibilityRule.CAPACITY,
    EligibilityRule.CONSENT,
    EligibilityRule.CONFLICT,
)


def test_of_few_needs_nothing_is_told() -> None:
    assert tell(Figures(1, 8, {AGES: 8})) is None
    assert tell(Figures(9, 0, {})) is None


def test_what_left_out_most_comes_first_and_one_need_more_is_not_seen() -> None:
    told = tell(Figures(2, 24, {AGES: 7, CAPACITY: 11}))
    assert told == Told(25, (Reason(CAPACITY, 10), Reason(AGES, 5)))
    assert tell(Figures(2, 25, {AGES: 8, CAPACITY: 12})) == told


def test_a_partner_is_never_asked_about_more_than_there_were() -> None:
    assert tell(Figures(14, 0, {})) == Told(14, ())


def test_what_is_rare_or_was_decided_by_a_family_is_not_named() -> None:
    assert tell(Figures(0, 40, {AGES: 4, CONSENT: 10, CONFLICT: 20})) == Told(40, ())
