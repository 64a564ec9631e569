"""Programmes: services with seats and a term."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from schemas.event import Item, Programme
from schemas.partners import PartnerRecorded
from services.matcher.domain.state import HOLDING, Need, Offer

SEAT = "after_school.seat"
ServiceKey = tuple[UUID, UUID]
"""A service of a partner: (partner, service)."""


def is_over(programme: Programme, day: date) -> bool:
    """Whether its term has ended by that day."""
    return programme.ends < day


def programmes_of(partner: PartnerRecorded) -> dict[UUID, Programme]:
    """A partner's programmes by their services' ids."""
    return {service.service_id: service.programme for service in partner.services if service.programme is not None}


def within_seats(items: Sequence[Item], award: Mapping[int, int], free: int) -> dict[int, int]:
    """What of an award, by line, a programme with so many free seats can take; a full one takes nothing."""
    if free < 1:
        return {}
    seat_lines = {item.line for item in items if item.code == SEAT}
    taken = {}
    for line, quantity in award.items():
        taken[line] = min(quantity, free) if line in seat_lines else quantity
        free -= taken[line] if line in seat_lines else 0
    return {line: quantity for line, quantity in taken.items() if quantity}


def seats_taken(need: Need) -> Counter[ServiceKey]:
    """By service, how many of its seats the need's claims hold, were it a programme."""
    taken: Counter[ServiceKey] = Counter()
    for offer in need.offers_in(*HOLDING):
        taken[offer.partner_id, offer.service_id] += _seats_of(offer)
    return taken


def _seats_of(offer: Offer) -> int:
    """The seats that a claim names; one where it names none."""
    named = [
        offer.quantities[item.line] for item in offer.terms.items if item.code == SEAT and item.line in offer.quantities
    ]
    return sum(named) if named else 1
