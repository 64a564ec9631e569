"""The plain loop over every partner: simple enough to be the oracle of the index."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from uuid import UUID

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.directory import rules
from services.matcher.directory.directory import OpenHours
from services.matcher.directory.hours import open_hours
from services.matcher.directory.places import miles_between, place_of
from services.matcher.directory.rules import Offering, Question
from services.matcher.domain import ranking
from services.matcher.domain.eligible import Asked, Eligible, Nearly, Reasons, Tally
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy

NEAR_MILES = 25.0
"""As far as a coordinator would call near."""
_NO_RECORD = Record()


class PlainDirectory:
    """Checks every service of every partner."""

    def __init__(self, policy: RankingPolicy) -> None:
        self.position = 0
        self.changed_at = monotonic()
        self._policy = policy
        self._partners: dict[UUID, PartnerRecorded] = {}
        self._records: dict[UUID, Record] = {}
        self._chances: dict[Category, float] = {}

    def __len__(self) -> int:
        """How many partners are in it."""
        return len(self._partners)

    def apply(self, event: Event | Tombstone) -> None:
        """Takes a partner's record in, or its removal."""
        self.position += 1
        self.changed_at = monotonic()
        match event:
            case Tombstone(key):
                self._partners.pop(key, None)
                self._records.pop(key, None)
            case PartnerRecorded():
                self._partners[event.partner_id] = event
                if not event.services:
                    # What is known of a partner stands with its services; the database knows it all the same.
                    self._records.pop(event.partner_id, None)

    def learn(self, records: Mapping[UUID, Record]) -> None:
        """Takes in how these partners were asked and answered."""
        there = {
            partner_id for partner_id in records.keys() & self._partners.keys() if self._partners[partner_id].services
        }
        self._records |= {partner_id: records[partner_id] for partner_id in there}

    def forget_records(self) -> None:
        """Nobody was ever asked, as far as is known."""
        self._records = {}

    def learn_chances(self, chances: Mapping[Category, float]) -> None:
        """Takes in how often partners say yes to each kind of help."""
        self._chances = dict(chances)

    def find(self, asked: Asked, most: int | None = None) -> list[Eligible]:
        """The partners that may be asked, best first; given `most`, the best so many for each kind of help."""
        place = place_of(asked.terms.zip_code)
        if place is None:
            return []
        question = Question(asked, place)
        found = [best for offerings in self._offerings() if (best := self._best_of(offerings, question)) is not None]
        found.sort(key=lambda one: (-one.score, one.partner_id))
        return found if most is None else best_of_each(found, asked, most)

    def hours_of(self, partner_id: UUID, service_id: UUID) -> OpenHours:
        """When a service is open."""
        service = next(one for one in self._partners[partner_id].services if one.service_id == service_id)
        home = rules.home_of(service)
        return OpenHours(home.zone if home else "UTC", open_hours(service.hours))

    def tally(self, asked: Asked) -> Tally:
        """How many of those near, or who serve the place, may be asked, and what leaves out the others."""
        place = place_of(asked.terms.zip_code)
        if place is None:
            return Tally(0, 0, {})
        question = Question(asked, place)
        near = (
            offerings for offerings in self._offerings() if any(_is_near(offering, question) for offering in offerings)
        )
        failed = Counter(_furthest_of(offerings, question) for offerings in near)
        eligible = failed.pop(None, 0)
        return Tally(eligible + failed.total(), eligible, {rule: count for rule, count in failed.items() if rule})

    def nearly(self, asked: Asked) -> dict[EligibilityRule, Nearly]:
        """Of those near, or who serve the place, and may not be asked: by rule, whom it leaves out alone."""
        place = place_of(asked.terms.zip_code)
        if place is None:
            return {}
        question, found = Question(asked, place), defaultdict[EligibilityRule, dict[UUID, float]](dict)
        for offerings in self._offerings():
            if any(_is_near(one, question) for one in offerings) and self._best_of(offerings, question) is None:
                for one in offerings:
                    if len(failed := rules.all_failed(one, question)) == 1:
                        miles, others = _miles_to(one, question), found[failed[0]]
                        away = math.inf if miles is None else miles
                        others[one.partner.partner_id] = min(away, others.get(one.partner.partner_id, math.inf))
        return {rule: _nearest_of(partners) for rule, partners in found.items()}

    def why_not(self, partner_id: UUID, asked: Asked) -> dict[UUID, list[EligibilityRule]]:
        """By service of one partner, all the rules that leave it out."""
        partner, place = self._partners.get(partner_id), place_of(asked.terms.zip_code)
        if partner is None or place is None:
            return {}
        question = Question(asked, place)
        return {one.service.service_id: rules.all_failed(one, question) for one in self._of(partner)}

    def _offerings(self) -> Iterator[list[Offering]]:
        return (self._of(partner) for partner in self._partners.values())

    def _of(self, partner: PartnerRecorded) -> list[Offering]:
        record = self._records.get(partner.partner_id, _NO_RECORD)
        return [Offering(partner, service, record) for service in partner.services]

    def _best_of(self, offerings: Iterable[Offering], question: Question) -> Eligible | None:
        fits = [self._weigh(one, question) for one in offerings if rules.first_failed(one, question) is None]
        return max(fits, key=lambda fit: (len(fit.items), fit.score, -fit.service_id.int), default=None)

    def _weigh(self, one: Offering, question: Question) -> Eligible:
        asked, policy, service = question.asked, self._policy, one.service
        miles = _miles_to(one, question)
        speaks = rules.speaks(service, asked)
        wishes = asked.terms.preferences
        doubts = rules.doubts(one, question)
        capacity = policy.usual_claims_per_week if service.claims_per_week is None else service.claims_per_week
        borne = ranking.burden(float(one.claims.this_week), float(one.record.messages_this_week))
        usual = ranking.usual_chance(self._chances, asked.categories)
        reasons = Reasons(
            proximity=ranking.UNKNOWN_DISTANCE if miles is None else ranking.proximity(miles, policy),
            fairness=ranking.fairness(borne, float(max(capacity, 1))),
            yes_chance=ranking.yes_chance(one.record.said_yes, one.record.asked, usual),
            language=ranking.UNKNOWN_LANGUAGE if speaks is None else float(speaks),
            fit=len(set(wishes) & set(service.fits)) / len(set(wishes)) if wishes else 1.0,
            to_be_confirmed=doubts,
        )
        return Eligible(
            partner_id=one.partner.partner_id,
            service_id=service.service_id,
            items=tuple(item for item in asked.items if item.category in service.categories),
            distance_miles=miles,
            reasons=reasons,
            score=ranking.score_of(reasons, policy),
        )


def best_of_each(ranked: Sequence[Eligible], asked: Asked, most: int) -> list[Eligible]:
    """Of partners from the best down: those that are among the first so many for any kind of help."""
    taken: dict[UUID, Eligible] = {}
    for category in asked.categories:
        able = (one for one in ranked if any(item.category is category for item in one.items))
        taken |= {one.partner_id: one for one in islice(able, most)}
    return [one for one in ranked if one.partner_id in taken]


def _nearest_of(partners: Mapping[UUID, float]) -> Nearly:
    """By partner, its miles; infinity where nobody knows."""
    miles, nearest = min((miles, partner_id) for partner_id, miles in partners.items())
    return Nearly(len(partners), nearest, None if miles == math.inf else miles)


def _miles_to(one: Offering, question: Question) -> float | None:
    home, point = one.home, question.place.point
    return miles_between(point, home.point) if home and home.point and point else None


def _is_near(one: Offering, question: Question) -> bool:
    miles = _miles_to(one, question)
    return (miles is not None and miles <= NEAR_MILES) or rules.covers(one.service, question.place)


def _furthest_of(offerings: Iterable[Offering], question: Question) -> EligibilityRule | None:
    """What leaves out the service that gets furthest: None if one may be asked."""
    failed = [rules.first_failed(one, question) for one in offerings]
    order = list(rules.RULES)
    return None if None in failed else max((rule for rule in failed if rule), key=order.index)
