"""The plain loop over every partner: simple enough to be the oracle of any faster index."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol
from uuid import UUID

from schemas.codec import Tombstone
from schemas.event import Event, Item
from schemas.needs import NeedTerms
from schemas.partners import (
    CountyArea,
    NationArea,
    PartnerRecorded,
    RadiusArea,
    Service,
    ServiceArea,
    StateArea,
    ZipListArea,
)
from schemas.vocabulary import EligibilityRule, PartnerStatus
from services.matcher.directory.places import Place, miles_between, place_of
from services.matcher.domain.eligible import Eligible
from services.matcher.domain.programmes import is_over


class Directory(Protocol):
    """Whoever could help with a need."""

    position: int
    """How many records went into it."""
    changed_at: float
    """When the last of them did, in seconds of the process's monotonic clock."""

    def __len__(self) -> int:
        """How many partners are in it."""

    def apply(self, event: Event | Tombstone) -> None:
        """Takes a partner's record in, or its removal."""

    def find(
        self, terms: NeedTerms, items: Sequence[Item], excluded: Collection[UUID], now: datetime
    ) -> list[Eligible]:
        """The partners that may be asked for any of the items, in no order."""


class PlainDirectory:
    """Checks every service of every partner."""

    def __init__(self) -> None:
        self.position = 0
        self.changed_at = monotonic()
        self._partners: dict[UUID, tuple[PartnerRecorded, tuple[_Offering, ...]]] = {}

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
            case PartnerRecorded():
                self._partners[event.partner_id] = (event, tuple(_Offering(service) for service in event.services))

    def find(
        self, terms: NeedTerms, items: Sequence[Item], excluded: Collection[UUID], now: datetime
    ) -> list[Eligible]:
        """The partners that may be asked for any of the items, in no order."""
        place = place_of(terms.zip_code)
        if place is None or terms.consent.until <= now:
            return []
        asked = _Asked(terms, tuple(items), place)
        found = []
        for partner, offerings in self._partners.values():
            if partner.partner_id not in excluded and _may_hear_of_it(partner, terms):
                fits = [
                    fit
                    for offering in offerings
                    if not is_over(offering.service, now.date()) and (fit := offering.fit(partner, asked)) is not None
                ]
                if fits:
                    found.append(max(fits, key=lambda fit: (len(fit.items), -(fit.distance_miles or 0))))
        return found


@dataclass(frozen=True)
class _Asked:
    terms: NeedTerms
    items: tuple[Item, ...]
    place: Place


def _may_hear_of_it(partner: PartnerRecorded, terms: NeedTerms) -> bool:
    consent = terms.consent
    named = partner.partner_id in consent.partner_ids
    if partner.status is not PartnerStatus.ACTIVE or partner.kind in consent.excluded_kinds:
        return False
    if partner.conflicts and terms.tells_living_situation:
        # Also one that is named: the coordinator can call them, and knows what to leave out.
        return False
    if consent.partner_ids and not named:
        return False
    return named or partner.sensitive_needs or not terms.is_sensitive


class _Offering:
    """A service, compiled once so that a query does not have to look anything up."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._categories = frozenset(service.categories)
        self._languages = frozenset(service.languages)
        self._covers = _compile(service.area)
        home = place_of(service.zip_code) if service.zip_code else None
        if home is None and isinstance(service.area, RadiusArea):
            home = place_of(service.area.zip_code)
        self._point = home.point if home else None

    def fit(self, partner: PartnerRecorded, asked: _Asked) -> Eligible | None:
        items = tuple(item for item in asked.items if item.category in self._categories)
        if not items or not self._covers(asked.terms.zip_code, asked.place):
            return None
        ages = self._ages_fit(asked.terms)
        speaks = bool(self._languages & set(asked.terms.languages)) if self._languages else None
        if ages is False or speaks is False:
            return None
        unknown = ((EligibilityRule.AGES, ages), (EligibilityRule.LANGUAGES, speaks))
        point = asked.place.point
        return Eligible(
            partner_id=partner.partner_id,
            service_id=self.service.service_id,
            items=items,
            distance_miles=miles_between(self._point, point) if self._point and point else None,
            speaks=speaks,
            claims_per_week=self.service.claims_per_week,
            messages_per_week=partner.messages_per_week,
            open_offers=partner.open_offers,
            to_be_confirmed=tuple(rule for rule, answer in unknown if answer is None),
        )

    def _ages_fit(self, terms: NeedTerms) -> bool | None:
        low, high = self.service.min_age, self.service.max_age
        if low is None and high is None:
            return True
        if not terms.household:
            return None
        bands = (band.years for band in terms.household)
        return any(youngest <= (130 if high is None else high) and oldest >= (low or 0) for youngest, oldest in bands)


def _compile(area: ServiceArea) -> Callable[[str, Place], bool]:
    match area:
        case NationArea():
            return lambda _zip_code, _place: True
        case StateArea(state=state):
            return lambda _zip_code, place: place.state == state
        case CountyArea(state=state, county=county):
            return lambda _zip_code, place: (place.state, place.county.casefold()) == (state, county.casefold())
        case ZipListArea(zip_codes=zip_codes):
            listed = frozenset(zip_codes)
            return lambda zip_code, _place: zip_code in listed
        case RadiusArea(zip_code=centre_zip, miles=miles):
            centre = place_of(centre_zip)
            if centre is None or centre.point is None:
                return lambda zip_code, _place: zip_code == centre_zip
            point = centre.point
            return lambda zip_code, place: (
                zip_code == centre_zip or (place.point is not None and miles_between(point, place.point) <= miles)
            )
