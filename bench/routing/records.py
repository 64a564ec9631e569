"""How partners were asked and answered, kept as the matcher's store reads it (`store.records_of`, `yes_chances`)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from bench.routing.model import WEEK
from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from services.matcher.domain.ranking import Claims, Record
from services.matcher.domain.state import HOLDING, LIVE, Offer, OfferStatus

_DAY, _HALF_LIFE = timedelta(days=1), timedelta(days=30)
_FORGOTTEN_AFTER = timedelta(days=180)
_TWO_MESSAGES = {OfferStatus.OPEN, OfferStatus.EXPIRED, OfferStatus.WITHDRAWN}
_UNANSWERED = {OfferStatus.OPEN, OfferStatus.WITHDRAWN}


@dataclass
class _Past:
    made_at: datetime
    offer: Offer


class Records:
    """Everybody's, read anew where something changed, and once a day."""

    def __init__(self) -> None:
        self._pasts: dict[UUID, _Past] = {}
        self._by_partner: dict[UUID, list[_Past]] = defaultdict(list)
        self._read: dict[UUID, tuple[datetime, Record]] = {}
        """By partner, its record and until when that holds."""
        self._chances: tuple[datetime, dict[Category, float]] | None = None

    def take(self, offer: Offer, now: datetime) -> None:
        """Keeps an offer as it stands now."""
        past = self._pasts.get(offer.offer_id)
        if past is None:
            past = self._pasts[offer.offer_id] = _Past(now, offer)
            self._by_partner[offer.partner_id].append(past)
        past.offer = offer
        self._read.pop(offer.partner_id, None)

    def of(self, partner_ids: Iterable[UUID], now: datetime) -> dict[UUID, Record]:
        """How these partners were asked and answered."""
        return {partner_id: self._record(partner_id, now) for partner_id in partner_ids}

    def chances(self, now: datetime) -> dict[Category, float]:
        """How often partners say yes to each kind of help."""
        if self._chances is None or self._chances[0] <= now:
            self._chances = now + _DAY, self._read_chances(now)
        return self._chances[1]

    def _record(self, partner_id: UUID, now: datetime) -> Record:
        known = self._read.get(partner_id)
        if known is None or known[0] <= now:
            leaves_the_week = [
                past.made_at + WEEK for past in self._by_partner[partner_id] if now - past.made_at < WEEK
            ]
            known = self._read[partner_id] = min([*leaves_the_week, now + _DAY]), self._record_of(partner_id, now)
        return known[1]

    def _record_of(self, partner_id: UUID, now: datetime) -> Record:
        known = [past for past in self._by_partner[partner_id] if now - past.made_at < _FORGOTTEN_AFTER]
        this_week = [past.offer for past in known if now - past.made_at < WEEK]
        answered = [past for past in known if past.offer.status not in _UNANSWERED]
        claimed = Counter(offer.service_id for offer in this_week if offer.status in HOLDING)
        in_hand = Counter(past.offer.service_id for past in known if past.offer.status in LIVE)
        return Record(
            open_offers=sum(past.offer.status is OfferStatus.OPEN for past in known),
            messages_this_week=len(this_week) + sum(offer.status in _TWO_MESSAGES for offer in this_week),
            asked=sum(_weight(past, now) for past in answered),
            said_yes=sum(_weight(past, now) for past in answered if past.offer.status in HOLDING),
            claims={service: Claims(claimed[service], in_hand[service]) for service in claimed | in_hand},
        )

    def _read_chances(self, now: datetime) -> dict[Category, float]:
        asked, said_yes = Counter[Category](), Counter[Category]()
        for past in chain.from_iterable(self._by_partner.values()):
            if now - past.made_at < _FORGOTTEN_AFTER and past.offer.status not in _UNANSWERED:
                categories = [item.category for item in past.offer.terms.items]
                asked.update(categories)
                said_yes.update(categories if past.offer.status in HOLDING else ())
        return {category: (said_yes[category] + 1) / (count + 2) for category, count in asked.items()}


def has_room(partner: PartnerRecorded, record: Record) -> bool:
    """Whether a partner is asked seldom enough to be asked once more: of the matcher's rule, what is quickly told."""
    return record.open_offers < partner.open_offers and record.messages_this_week < partner.messages_per_week


def _weight(past: _Past, now: datetime) -> float:
    weight: float = 0.5 ** ((now - past.made_at) / _HALF_LIFE)
    return weight
