"""What a partner was asked and what it holds, as its own contacts see it: no family, and no school that keeps quiet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.event import Item
from schemas.vocabulary import Arrival, PartOfDay
from services.intake.domain.commitments import Clock, clock_of
from services.intake.domain.contacts import Reached
from services.intake.pages.offer_stage import Stage, stage_of
from services.intake.store import offers
from services.intake.store.offers import Answer, OfferRow, OfferTo
from services.runtime.database import Pool

_SETTLED_FOR = timedelta(days=30)
_MOST_SETTLED = 20
_WAITS = {Stage.OPEN, Stage.MOMENT, Stage.LATER}


@dataclass(frozen=True)
class Open:
    """An offer that nobody has settled. `answered` is one whose yes is still looked at."""

    offer: OfferRow
    answered: bool


@dataclass(frozen=True)
class Commitment:
    """What the partner was awarded and has not handed over. `taken_by` is the name of the contact who said yes."""

    offer: OfferRow
    items: tuple[Item, ...]
    clock: Clock
    taken_by: str | None
    mine: bool
    planned: tuple[date, PartOfDay] | None


@dataclass(frozen=True)
class Settled:
    """What the partner held, and how it ended: a text of `our_ended`."""

    offer: OfferRow
    items: tuple[Item, ...]
    ending: str


@dataclass(frozen=True)
class OurOffers:
    """All that a contact sees of it."""

    open: Sequence[Open]
    commitments: Sequence[Commitment]
    settled: Sequence[Settled]


async def read_our_offers(pool: Pool, reached: Reached, now: datetime) -> OurOffers:
    """What is due first comes first; of what has ended within thirty days, the newest."""
    async with pool.acquire() as connection:
        found = await offers.offers_to(connection, reached.partner.partner_id, now - _SETTLED_FOR)
    staged = [(one, stage_of(one.offer, {kind: given.at for kind, given in one.answers.items()}, now)) for one in found]
    held = [_hold(one, reached) for one, stage in staged if stage is Stage.AWARDED and not one.need_ended]
    ended = [
        (one, stage)
        for one, stage in staged
        if one.offer.awarded and (stage is not Stage.AWARDED or one.need_ended) and stage not in _WAITS
    ]
    ended.sort(key=lambda pair: max(given.at for given in pair[0].answers.values()), reverse=True)
    asked = [Open(one.offer, answered=stage is not Stage.OPEN) for one, stage in staged if stage in _WAITS]
    return OurOffers(
        open=sorted(asked, key=lambda one: (one.answered, one.offer.terms.respond_by)),
        commitments=sorted(held, key=lambda one: one.clock.by),
        settled=[
            Settled(one.offer, one.offer.awarded_items, _ending(one, stage)) for one, stage in ended[:_MOST_SETTLED]
        ],
    )


def _hold(one: OfferTo, reached: Reached) -> Commitment:
    offer, given = one.offer, one.answers
    names = {contact.contact_id: contact.name for contact in reached.partner.contacts}
    taker = given["accepted"].contact_id if "accepted" in given else None
    plan = given.get("scheduled")
    until = datetime.fromisoformat(plan.facts["until"]) if plan else None
    return Commitment(
        offer,
        offer.awarded_items,
        clock_of(offer.contact_by, offer.terms.needed_by, until, contacted="contacted" in given),
        names.get(taker) if taker else None,
        taker == reached.contact.contact_id,
        _planned(plan),
    )


def _planned(plan: Answer | None) -> tuple[date, PartOfDay] | None:
    return (date.fromisoformat(plan.facts["day"]), PartOfDay(plan.facts["part"])) if plan else None


def _ending(one: OfferTo, stage: Stage) -> str:
    if stage in {Stage.RELEASED, Stage.UNDONE}:
        return "handed_back"
    if stage is Stage.LAPSED:
        return "went_on"
    if one.arrival is None and stage is Stage.DONE and not one.need_ended:
        return "asking"
    return one.arrival or Arrival.NOT_SAID
