"""How partners were asked and answered, kept as the matcher's store reads it (`store.records_of`, `yes_chances`)."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from bench.routing.model import WEEK
from schemas.taxonomy import Category
from services.matcher.directory.directory import Directory
from services.matcher.domain.ranking import Claims, Record
from services.matcher.domain.state import HOLDING, LIVE, Offer, OfferStatus

_HALF_LIFE = timedelta(days=30)
_FORGOTTEN_AFTER = timedelta(days=180)
_UNANSWERED = {OfferStatus.OPEN, OfferStatus.WITHDRAWN}


@dataclass
class _Past:
    made_at: datetime
    offer: Offer


@dataclass
class Records:
    """Everybody's, taught to a directory: before each question those that changed, and all of them once a day."""

    directory: Directory
    known: dict[UUID, Record] = field(default_factory=dict)
    """What the directory was taught; who is not there was never asked."""
    _pasts: dict[UUID, _Past] = field(default_factory=dict)
    _by_partner: dict[UUID, list[_Past]] = field(default_factory=lambda: defaultdict(list))
    _changed: set[UUID] = field(default_factory=set)
    _this_week: deque[_Past] = field(default_factory=deque)
    _all_learned_at: datetime | None = None

    def take(self, offer: Offer, now: datetime) -> None:
        """Keeps an offer as it stands now."""
        past = self._pasts.get(offer.offer_id)
        if past is None:
            past = self._pasts[offer.offer_id] = _Past(now, offer)
            self._by_partner[offer.partner_id].append(past)
            self._this_week.append(past)
        past.offer = offer
        self._changed.add(offer.partner_id)

    def teach(self, now: datetime) -> None:
        """Lets the directory know."""
        if self._all_learned_at is None or now - self._all_learned_at >= timedelta(days=1):
            self._all_learned_at = now
            self._changed |= self._by_partner.keys()
            self.directory.learn_chances(self._chances(now))
        while self._this_week and now - self._this_week[0].made_at >= WEEK:
            self._changed.add(self._this_week.popleft().offer.partner_id)
        learned = {partner_id: self._record_of(partner_id, now) for partner_id in self._changed}
        self.known |= learned
        self.directory.learn(learned)
        self._changed.clear()

    def _record_of(self, partner_id: UUID, now: datetime) -> Record:
        known = [past for past in self._by_partner[partner_id] if now - past.made_at < _FORGOTTEN_AFTER]
        this_week = [past.offer for past in known if now - past.made_at < WEEK]
        answered = [past for past in known if past.offer.status not in _UNANSWERED]
        claimed = Counter(offer.service_id for offer in this_week if offer.status in HOLDING)
        in_hand = Counter(past.offer.service_id for past in known if past.offer.status in LIVE)
        return Record(
            open_offers=sum(past.offer.status is OfferStatus.OPEN for past in known),
            messages_this_week=len(this_week),
            asked=sum(_weight(past, now) for past in answered),
            said_yes=sum(_weight(past, now) for past in answered if past.offer.status in HOLDING),
            claims={service: Claims(claimed[service], in_hand[service]) for service in claimed | in_hand},
        )

    def _chances(self, now: datetime) -> dict[Category, float]:
        asked, said_yes = Counter[Category](), Counter[Category]()
        for past in chain.from_iterable(self._by_partner.values()):
            if now - past.made_at < _FORGOTTEN_AFTER and past.offer.status not in _UNANSWERED:
                categories = [item.category for item in past.offer.terms.items]
                asked.update(categories)
                said_yes.update(categories if past.offer.status in HOLDING else ())
        return {category: (said_yes[category] + 1) / (count + 2) for category, count in asked.items()}


def _weight(past: _Past, now: datetime) -> float:
    weight: float = 0.5 ** ((now - past.made_at) / _HALF_LIFE)
    return weight
