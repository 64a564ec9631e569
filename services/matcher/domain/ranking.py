"""Who is asked first, and why: every part of the score is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from schemas.offers import OfferReasons
from services.matcher.domain.eligible import Eligible
from services.matcher.policy import Policy


@dataclass(frozen=True)
class Record:
    """How a partner was asked and answered in the last 30 days."""

    open_offers: int = 0
    messages_this_week: int = 0
    claims_this_week: int = 0
    asked: int = 0
    said_yes: int = 0


def rank(
    eligible: Iterable[Eligible], records: Mapping[UUID, Record], policy: Policy, position: int
) -> list[tuple[Eligible, OfferReasons]]:
    """The partners with room for one more offer, best first; ties go by id, so that the order is always the same."""
    able = [one for one in eligible if _has_room(one, records.get(one.partner_id, Record()))]
    scored = [(one, _reasons(one, records.get(one.partner_id, Record()), policy, position)) for one in able]
    return sorted(scored, key=lambda pair: (-_score(pair[0], pair[1], policy), pair[0].partner_id))


def _has_room(one: Eligible, record: Record) -> bool:
    return (
        record.open_offers < one.open_offers
        and record.messages_this_week < one.messages_per_week
        and (one.claims_per_week is None or record.claims_this_week < one.claims_per_week)
    )


def _reasons(one: Eligible, record: Record, policy: Policy, position: int) -> OfferReasons:
    halved_at = policy.ranking.half_distance_miles
    capacity = one.claims_per_week or policy.ranking.usual_claims_per_week
    return OfferReasons(
        proximity=0.5 if one.distance_miles is None else halved_at / (halved_at + one.distance_miles),
        fairness=1 / (1 + record.messages_this_week / capacity),
        # Laplace's rule of succession: nobody starts at never or always.
        yes_chance=(record.said_yes + 1) / (record.asked + 2),
        language={True: 1.0, None: 0.5, False: 0.0}[one.speaks],
        to_be_confirmed=one.to_be_confirmed,
        directory_position=position,
    )


def _score(one: Eligible, reasons: OfferReasons, policy: Policy) -> float:
    weights = policy.ranking
    score = (
        weights.proximity * reasons.proximity
        + weights.fairness * reasons.fairness
        + weights.yes_chance * reasons.yes_chance
        + weights.language * reasons.language
    )
    return score * 0.9 ** len(one.to_be_confirmed)
