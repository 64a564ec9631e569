"""Whether one service of one partner fits what is asked: each rule by itself, as a person would check it.

True is yes, False no; None is unknown, which leaves nobody out: it is to be confirmed.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from schemas.partners import (
    Contact,
    CountyArea,
    NationArea,
    PartnerRecorded,
    RadiusArea,
    Service,
    StateArea,
    ZipListArea,
)
from schemas.vocabulary import ContactRole, EligibilityRule, Fit, PartnerStatus
from services.matcher.clocks import EVERY_HOUR
from services.matcher.directory.hours import hours_until, open_hours
from services.matcher.directory.places import Place, miles_between, place_of
from services.matcher.domain.eligible import Asked
from services.matcher.domain.ranking import Claims, Record

OLDEST = 130
_LATEST = 0xFFFFFFFF
_NO_CLAIMS = Claims()


@dataclass(frozen=True)
class Question:
    """What is asked, with where that is."""

    asked: Asked
    place: Place


@dataclass(frozen=True)
class Offering:
    """One service, with whose it is and how that partner was asked and answered."""

    partner: PartnerRecorded
    service: Service
    record: Record

    @cached_property
    def home(self) -> Place | None:
        """Where the service is given."""
        return home_of(self.service)

    @property
    def claims(self) -> Claims:
        """What it took on."""
        return self.record.claims.get(self.service.service_id, _NO_CLAIMS)


def home_of(service: Service) -> Place | None:
    """Where a service is given; the middle of its area where it does not say."""
    zip_code = service.zip_code or (service.area.zip_code if isinstance(service.area, RadiusArea) else None)
    return place_of(zip_code) if zip_code else None


def snooze_ends(partner: PartnerRecorded) -> int:
    """Until when a partner is not asked, in whole seconds since 1970, as far as 32 bits count; 0 where it may be.

    That is by its own wish, or because of all its contacts nobody may be reached, or all are away. Who stopped nothing
    and has a phone alone is asked: the coordinator sees that no message went out, and calls.
    """
    asked = [one for one in partner.contacts if _may_be_reached(one) and one.takes(ContactRole.REQUESTS)]
    back = min((_seconds(one.away_until) for one in asked), default=_LATEST if partner.contacts else 0)
    return max(_seconds(partner.snoozed_until), back)


def _may_be_reached(contact: Contact) -> bool:
    return bool(contact.ways or (contact.confirmed and contact.phone and contact.channels))


def _seconds(until: datetime | None) -> int:
    return min(max(0, math.ceil(until.timestamp())), _LATEST) if until else 0


def _status(one: Offering, question: Question) -> bool:
    awake = snooze_ends(one.partner) <= question.asked.now.timestamp()
    return one.partner.status is PartnerStatus.ACTIVE and awake


def covers(service: Service, place: Place) -> bool:
    """Whether a service's area covers a place."""
    match service.area:
        case NationArea():
            return True
        case StateArea(state=state):
            return place.state == state
        case CountyArea(state=state, county=county):
            return (place.state, place.county.casefold()) == (state, county.casefold())
        case ZipListArea(zip_codes=zip_codes):
            return place.zip_code in zip_codes
        case RadiusArea(zip_code=zip_code, miles=miles):
            centre = place_of(zip_code)
            return place.zip_code == zip_code or bool(
                centre and centre.point and place.point and miles_between(centre.point, place.point) <= miles
            )


def _category(one: Offering, question: Question) -> bool:
    return not question.asked.categories.isdisjoint(one.service.categories)


def _consent(one: Offering, question: Question) -> bool:
    consent, only = question.asked.terms.consent, question.asked.only
    return (
        consent.until > question.asked.now
        and one.partner.kind not in consent.excluded_kinds
        and (not consent.partner_ids or one.partner.partner_id in consent.partner_ids)
        and (only is None or one.partner.partner_id in only)
    )


def _sensitive(one: Offering, question: Question) -> bool:
    terms = question.asked.terms
    named = one.partner.partner_id in terms.consent.partner_ids
    return not terms.is_sensitive or one.partner.sensitive_needs or named


def _conflict(one: Offering, question: Question) -> bool:
    # Also one that is named: the coordinator can call them, and knows what to leave out.
    return not (one.partner.conflicts and question.asked.terms.tells_living_situation)


def _ages(one: Offering, question: Question) -> bool | None:
    low, high = one.service.min_age or 0, OLDEST if one.service.max_age is None else one.service.max_age
    if one.service.min_age is None and one.service.max_age is None:
        return True
    bands = [band.years for band in question.asked.terms.household]
    return any(youngest <= high and oldest >= low for youngest, oldest in bands) if bands else None


def _household_size(one: Offering, question: Question) -> bool | None:
    low, high = one.service.min_household, one.service.max_household
    if low is None and high is None:
        return True
    size = len(question.asked.terms.household)
    return (low or 0) <= size <= (size if high is None else high) if size else None


def _income(one: Offering, question: Question) -> bool | None:
    limit, income = one.service.income_limit, question.asked.terms.income
    if limit is None:
        return True
    if income is None:
        return None
    low, high = income.percent
    return True if high <= limit else False if low > limit else None


def _circumstances(one: Offering, question: Question) -> bool | None:
    only_for, terms = set(one.service.only_for), question.asked.terms
    if not only_for or only_for & set(terms.circumstances):
        return True
    return False if only_for <= set(terms.not_circumstances) else None


def speaks(service: Service, asked: Asked) -> bool | None:
    """Whether a service shares a language with the family, by an interpreter too; None when it does not say."""
    if Fit.INTERPRETER in service.fits:
        return True
    return not set(service.languages).isdisjoint(asked.terms.languages) if service.languages else None


def _languages(one: Offering, question: Question) -> bool | None:
    spoken = speaks(one.service, question.asked)
    return True if spoken is False and not question.asked.terms.must_speak else spoken


def _handover(one: Offering, question: Question) -> bool | None:
    wanted, ways = set(question.asked.terms.handover), set(one.service.handover)
    if not wanted:
        return True
    return bool(wanted & ways) if ways else None


def _hours(one: Offering, question: Question) -> bool | None:
    now, until = question.asked.now, question.asked.terms.needed_by
    if not one.service.hours:
        # In a whole week everybody is open once.
        return True if hours_until(now, until, "UTC") == EVERY_HOUR else None
    return bool(open_hours(one.service.hours) & hours_until(now, until, one.home.zone if one.home else "UTC"))


def _conditions(one: Offering, question: Question) -> bool:
    return set(one.service.conditions).isdisjoint(question.asked.terms.excluded_conditions)


def _asked_before(one: Offering, question: Question) -> bool:
    return one.partner.partner_id not in question.asked.asked_before


def _capacity(one: Offering, question: Question) -> bool:
    record, service = one.record, one.service
    return (
        (one.partner.partner_id, service.service_id) not in question.asked.closed
        and record.open_offers < one.partner.open_offers
        and record.messages_this_week < one.partner.messages_per_week
        and (service.claims_per_week is None or one.claims.this_week < service.claims_per_week)
        and (service.claims_at_once is None or one.claims.at_once < service.claims_at_once)
    )


RULES: Mapping[EligibilityRule, Callable[[Offering, Question], bool | None]] = {
    EligibilityRule.STATUS: _status,
    EligibilityRule.AREA: lambda one, question: covers(one.service, question.place),
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
"""In the order in which a partner that fails several is counted."""


def first_failed(one: Offering, question: Question) -> EligibilityRule | None:
    """The first rule that leaves this service out; None when it may be asked."""
    return next((rule for rule, check in RULES.items() if check(one, question) is False), None)


def all_failed(one: Offering, question: Question) -> list[EligibilityRule]:
    """All rules that leave this service out."""
    return [rule for rule, check in RULES.items() if check(one, question) is False]


def doubts(one: Offering, question: Question) -> tuple[EligibilityRule, ...]:
    """The rules of which it is not known whether they hold."""
    return tuple(rule for rule, check in RULES.items() if check(one, question) is None)
