"""What partners and families do, by the model, about what they are told."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bench.routing.community import Community
from bench.routing.model import WEEK, by_day
from schemas.vocabulary import Answerer, DeclineReason
from services.matcher.domain import commands
from services.matcher.domain.state import Need, NeedStatus, Offer, OfferStatus


@dataclass(frozen=True)
class Answer:
    """A partner gets round to answering an offer."""

    offer_id: UUID


class Plan(NamedTuple):
    """Something that somebody will do."""

    at: datetime
    act: Answer | commands.Command


class People:
    """All of them, with what they got and took on so far."""

    def __init__(self, community: Community) -> None:
        self.messages: list[list[datetime]] = [[] for _ in community.partners]
        """By partner, when it got each."""
        self._community, self._model = community, community.model
        self._claims: list[list[datetime]] = [[] for _ in community.partners]
        self._answering: set[UUID] = set()

    def hear(self, number: int, before: Offer | None, after: Offer, miles: float | None, now: datetime) -> Plan | None:
        """What a partner will do because its offer about a need stands otherwise than before."""
        partner = self._community.numbers[after.partner_id]
        would = self._community.would(partner, number)
        old = None if before is None else before.status
        if after.status is OfferStatus.OPEN:
            drawn, times = (would.answer, 1.0) if before is None else (would.answer_when_reminded, self._model.reminder)
            chance = times * self._model.answers_with(
                float(self._community.chances[partner]), miles, _in_last_week(self.messages[partner], now)
            )
            self.messages[partner].append(now)
            if drawn < chance and after.offer_id not in self._answering:
                self._answering.add(after.offer_id)
                return Plan(would.answer_moment(now, after.terms.urgency, self._model), Answer(after.offer_id))
        elif after.status is OfferStatus.CLAIMED and old is not OfferStatus.CLAIMED:
            self._claims[partner].append(now)
            if would.contact < self._model.contacts:
                return _within(after, would.contact_within, commands.ReportContact(after.offer_id), now)
        elif (
            after.status is OfferStatus.CONTACTED
            and old is not OfferStatus.CONTACTED
            and would.deliver < self._model.delivers
        ):
            return _within(after, would.deliver_within, commands.ReportCompletion(after.offer_id, {}), now)
        return None

    def answer(self, number: int, need: Need, offer_id: UUID, now: datetime) -> commands.Command | None:
        """What a partner says when it gets round to it; None where it finds that all is taken."""
        offer = need.offer(offer_id)
        still_open = {item.line for item in need.open_items}
        items = () if offer is None else tuple(item for item in offer.terms.items if item.line in still_open)
        if offer is None or not items or need.status is NeedStatus.CLOSED:
            return None
        partner = self._community.numbers[offer.partner_id]
        would = self._community.would(partner, number)
        if _in_last_week(self._claims[partner], now) >= self._community.rooms[partner]:
            return commands.Decline(offer_id, DeclineReason.NO_CAPACITY)
        if would.say_yes >= self._model.yes:
            return commands.Decline(offer_id, DeclineReason.OTHER)
        return commands.Accept(offer_id, None, would.quantities(items, self._model))

    def confirm(self, number: int, attempt: int, now: datetime) -> Plan | None:
        """What a family says when it is asked, for the so-manieth time, whether help arrived."""
        drawn, model = self._community.family_draws[number, attempt - 1], self._model
        at = by_day(now, model.family_hours)
        if drawn < model.confirms:
            return Plan(at, commands.Confirm(Answerer.FAMILY))
        return Plan(at, commands.Dispute(Answerer.FAMILY)) if drawn < model.confirms + model.disputes else None


def _in_last_week(moments: list[datetime], now: datetime) -> int:
    return len(moments) - bisect_right(moments, now - WEEK)


def _within(offer: Offer, share: float, command: commands.Command, now: datetime) -> Plan | None:
    """At some moment of the time that the offer's status allows."""
    return None if offer.due is None else Plan(now + share * (offer.due - now), command)
