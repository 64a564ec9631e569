"""A small city's partners and needs, invented by seed, and what each partner would do about each need."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from bench.matching.homes import Homes, homes
from bench.matching.needs import invent_needs
from bench.matching.partners import NOW, invent_partners
from bench.routing.model import HOURS_OF_A_DAY, Model, Would, by_day
from schemas.needs import NeedTerms
from schemas.partners import PartnerRecorded
from schemas.vocabulary import Urgency
from services.matcher.directory.directory import Directory, OpenHours
from services.matcher.directory.index import IndexedDirectory
from services.matcher.domain.eligible import Asked, Eligible
from services.matcher.policy import load_policy

_COUNTY, _STATE = "Monroe County", "NY"
_URGENCIES = {Urgency.TONIGHT: 0.05, Urgency.TODAY: 0.15, Urgency.THIS_WEEK: 0.4, Urgency.ROUTINE: 0.4}
"""How many of all needs are so urgent."""
_NEEDED_WITHIN = {
    Urgency.TONIGHT: (0.1, 0.4),
    Urgency.TODAY: (0.5, 1.0),
    Urgency.THIS_WEEK: (2.0, 7.0),
    Urgency.ROUTINE: (7.0, 14.0),
}
"""In days."""
_FAMILY_IS_ASKED_AT_MOST = 10


@dataclass(frozen=True)
class Size:
    """How large a community is, and for how long needs come."""

    partners: int = 1000
    needs: int = 200
    weeks: int = 4


@dataclass(frozen=True)
class OpenedNeed:
    """A need, and when it was opened."""

    need_id: UUID
    number: int
    opened_at: datetime
    terms: NeedTerms


@dataclass(frozen=True)
class Community:
    """Partners and needs. A partner's number, and a need's, are their places in the order."""

    model: Model
    partners: tuple[PartnerRecorded, ...]
    needs: tuple[OpenedNeed, ...]
    chances: NDArray[np.float64]
    """By partner, its own chance to answer."""
    rooms: NDArray[np.int64]
    """By partner, how many claims a week it has room for."""
    draws: NDArray[np.float64]
    """By partner, need and field of `Would`."""
    family_draws: NDArray[np.float64]
    """By need and attempt, what the family says."""

    def would(self, partner: int, need: int) -> Would:
        """What that partner would do about that need."""
        return Would(*self.draws[partner, need].tolist())

    def partner(self, partner_id: UUID) -> PartnerRecorded:
        """The partner of that id."""
        return self.partners[self.numbers[partner_id]]

    def hours_of(self, one: Eligible) -> OpenHours:
        """When the service that it would help with is open."""
        return self._directory.hours_of(one.partner_id, one.service_id)

    @cached_property
    def _directory(self) -> Directory:
        directory = IndexedDirectory(load_policy().ranking)
        for partner in self.partners:
            directory.apply(partner)
        return directory

    @cached_property
    def numbers(self) -> dict[UUID, int]:
        """The partners' numbers by their ids."""
        return {partner.partner_id: number for number, partner in enumerate(self.partners)}

    @cached_property
    def eligible(self) -> tuple[tuple[Eligible, ...], ...]:
        """By need, all who may be asked when it opens, best first, however often they were asked before."""
        return tuple(
            tuple(self._directory.find(Asked(one.terms, one.terms.items, one.opened_at))) for one in self.needs
        )

    @cached_property
    def fillable(self) -> frozenset[tuple[int, int]]:
        """(need, line) to which somebody would say yes in time, were it the only need and they alone asked at once."""
        return frozenset(
            (need.number, line)
            for need, found in zip(self.needs, self.eligible, strict=True)
            for one in found
            for line in self._taken_alone(need, one)
        )

    def _taken_alone(self, need: OpenedNeed, one: Eligible) -> list[int]:
        model, partner = self.model, self.numbers[one.partner_id]
        would = self.would(partner, need.number)
        says_yes = (
            would.answer < model.answers_with(float(self.chances[partner]), one.distance_miles, 0)
            and would.say_yes < model.yes
            and self.rooms[partner] > 0
            and would.answer_moment(need.opened_at, need.terms.urgency, model) < need.terms.needed_by
        )
        return list(would.quantities(one.items, model)) if says_yes else []


def invent_community(size: Size, model: Model, seed: int) -> Community:
    """The community of a seed. Another model leaves the needs, the partners and all draws as they are."""
    city = _city()
    partners = tuple(invent_partners(size.partners, seed, city))
    draws, people = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    alike = model.answers_alike
    rooms = [partner.services[0].claims_per_week for partner in partners]
    drawn = 1 + people.poisson(model.room, size.partners)
    return Community(
        model=model,
        partners=partners,
        needs=_invent_needs(size, seed, city),
        chances=people.beta(model.answers * alike, (1 - model.answers) * alike, size.partners),
        rooms=np.array([own if said is None else said for said, own in zip(rooms, drawn, strict=True)]),
        draws=draws.random((size.partners, size.needs, len(Would._fields))),
        family_draws=draws.random((size.needs, _FAMILY_IS_ASKED_AT_MOST)),
    )


def _city() -> Homes:
    places = tuple(place for place in homes().places if (place.county, place.state) == (_COUNTY, _STATE))
    return Homes(places, tuple(map(float, range(1, len(places) + 1))))


def _invent_needs(size: Size, seed: int, city: Homes) -> tuple[OpenedNeed, ...]:
    """Needs of a Poisson process by day. How urgent they are is drawn here: nothing in `bench.matching` takes time."""
    random, mean = np.random.default_rng([seed, 3]), size.weeks * 7 * HOURS_OF_A_DAY / size.needs
    hours = np.cumsum(random.exponential(mean, size.needs)).tolist()
    urgencies = random.choice(len(_URGENCIES), size.needs, p=list(_URGENCIES.values())).tolist()
    needs = []
    for number, terms in enumerate(invent_needs(size.needs, seed, city)):
        opened_at, urgency = by_day(NOW, hours[number]), tuple(_URGENCIES)[urgencies[number]]
        needed_by = opened_at + timedelta(days=random.uniform(*_NEEDED_WITHIN[urgency]))
        terms_then = terms.model_copy(update={"urgency": urgency, "needed_by": needed_by})
        needs.append(OpenedNeed(uuid5(terms.site_id, str(number)), number, opened_at, terms_then))
    return tuple(needs)
