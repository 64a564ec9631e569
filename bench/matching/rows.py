"""A service as numbers: a row of columns, or of a table."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from bench.matching.codes import (
    ALL_AGES,
    INTERPRETER,
    NATION,
    NO_REGION,
    NOWHERE,
    UNKNOWN_POINT,
    Vector,
    bits_of,
    language_bits_of,
    region_numbers,
    vector_of,
    zone_numbers,
)
from schemas.partners import CountyArea, NationArea, PartnerRecorded, RadiusArea, Service, StateArea, ZipListArea
from schemas.vocabulary import AgeBand, Fit, PartnerStatus
from services.matcher.directory.hours import open_hours
from services.matcher.directory.places import EARTH_RADIUS_MILES, place_of, places
from services.matcher.domain import ranking
from services.matcher.domain.ranking import Claims, Record
from services.matcher.policy import RankingPolicy

NEVER = 2.0
"""A reach that no product of two points has."""
MOST_PEOPLE, NO_LIMIT, OLDEST = 255, 32_767, 130


class Row(NamedTuple):
    """One service of one partner. A set is a bit for each member; 0 is where it does not say."""

    partner: int
    """A number that the engine gives it."""
    able: bool
    """Whether it is active and has room."""
    snoozed_until: float
    """Seconds since 1970."""
    kind: int
    sensitive: bool
    conflicts: bool
    categories: int
    region: int
    """The nation, a state or a county, by number."""
    x: float
    y: float
    z: float
    reach: float
    """The product with (x, y, z) from which on a place is within the radius."""
    home_x: float
    home_y: float
    home_z: float
    zone: int
    ages: int
    min_household: int
    max_household: int
    income_limit: int
    only_for: int
    languages: int
    handover: int
    conditions: int
    fits: int
    borne: float
    capacity: int
    asked: float
    said_yes: float
    hours: int
    """A bit for each of the 168 of a week."""
    zips: tuple[int, ...]
    """By the numbers of the places."""


def rows_of(partner: PartnerRecorded, number: int, record: Record | None, policy: RankingPolicy) -> Iterator[Row]:
    """A row for each service."""
    known = record or Record()
    return (_row_of(partner, service, number, known, policy) for service in partner.services)


def _row_of(partner: PartnerRecorded, service: Service, number: int, record: Record, policy: RankingPolicy) -> Row:
    claims = record.claims.get(service.service_id, Claims())
    region, (x, y, z), reach, zips = _compile_area(service)
    home = place_of(service.zip_code or (service.area.zip_code if isinstance(service.area, RadiusArea) else ""))
    home_x, home_y, home_z = (vector_of(home) if home else None) or UNKNOWN_POINT
    capacity = policy.usual_claims_per_week if service.claims_per_week is None else service.claims_per_week
    return Row(
        partner=number,
        able=partner.status is PartnerStatus.ACTIVE and _has_room(partner, service, record, claims),
        snoozed_until=partner.snoozed_until.timestamp() if partner.snoozed_until else 0.0,
        kind=bits_of((partner.kind,)),
        sensitive=partner.sensitive_needs,
        conflicts=bool(partner.conflicts),
        categories=bits_of(service.categories),
        region=region,
        x=x,
        y=y,
        z=z,
        reach=reach,
        home_x=home_x,
        home_y=home_y,
        home_z=home_z,
        zone=zone_numbers()[home.zone if home else "UTC"],
        ages=_age_bits(service),
        min_household=service.min_household or 0,
        max_household=MOST_PEOPLE if service.max_household is None else service.max_household,
        income_limit=NO_LIMIT if service.income_limit is None else service.income_limit,
        only_for=bits_of(service.only_for),
        languages=language_bits_of(service.languages) | (INTERPRETER if Fit.INTERPRETER in service.fits else 0),
        handover=bits_of(service.handover),
        conditions=bits_of(service.conditions),
        fits=bits_of(service.fits),
        borne=ranking.burden(float(claims.this_week), float(record.messages_this_week)),
        capacity=max(capacity, 1),
        asked=record.asked,
        said_yes=record.said_yes,
        hours=open_hours(service.hours),
        zips=zips,
    )


def _has_room(partner: PartnerRecorded, service: Service, record: Record, claims: Claims) -> bool:
    return (
        record.open_offers < partner.open_offers
        and record.messages_this_week < partner.messages_per_week
        and (service.claims_per_week is None or claims.this_week < service.claims_per_week)
        and (service.claims_at_once is None or claims.at_once < service.claims_at_once)
    )


def _compile_area(service: Service) -> tuple[int, Vector, float, tuple[int, ...]]:
    match service.area:
        case NationArea():
            return NATION, NOWHERE, NEVER, ()
        case StateArea(state=state):
            return region_numbers()[state, ""], NOWHERE, NEVER, ()
        case CountyArea(state=state, county=county):
            return region_numbers()[state, county.casefold()], NOWHERE, NEVER, ()
        case ZipListArea(zip_codes=zip_codes):
            return NO_REGION, NOWHERE, NEVER, tuple(places()[zip_code].number for zip_code in zip_codes)
        case RadiusArea(zip_code=zip_code, miles=miles):
            return NO_REGION, vector_of(places()[zip_code]) or NOWHERE, math.cos(miles / EARTH_RADIUS_MILES), ()


def _age_bits(service: Service) -> int:
    if service.min_age is None and service.max_age is None:
        return ALL_AGES
    low, high = service.min_age or 0, OLDEST if service.max_age is None else service.max_age
    return bits_of(band for band in AgeBand if band.years[0] <= high and band.years[1] >= low)
