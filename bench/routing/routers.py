"""The rules that are compared: each picks whom to ask when, and leaves all else to the matcher's `decide` and `ask`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from schemas.vocabulary import Urgency
from services.matcher.directory.directory import Directory
from services.matcher.domain.asking import already_asked, choose
from services.matcher.domain.eligible import Asked, Eligible
from services.matcher.domain.state import Need, OfferStatus
from services.matcher.policy import Hours, Policy, UrgencyPolicy

_SPARE = 4
"""As `candidates.py` has it."""
_EVERYBODY = 500
_NEVER = timedelta(days=3650)
_HOUR = timedelta(hours=1)
_MORE_AT_ONCE = {"ask_until_chance": 0.95, "ask_at_most": 12, "ask_in_all": 24}
"""A policy for who would rather wait less than ask less."""
_UNANSWERED = {OfferStatus.OPEN, OfferStatus.DECLINED, OfferStatus.EXPIRED, OfferStatus.WITHDRAWN}


@dataclass(frozen=True)
class Look:
    """A need for which somebody is to be asked now."""

    need: Need
    to_ask: int
    opened_at: datetime
    now: datetime
    unasked: Sequence[Eligible]
    """Who could be asked when it opened and was not asked yet, best first, however often they were asked of late."""
    directory: Directory
    """Those of them that have room, where the rule heeds records; else nobody."""


class Router(Protocol):
    """A rule of asking."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def policy(self) -> Policy:
        """What `decide` and `ask` go by."""

    @property
    def heeds_records(self) -> bool:
        """Whether it matters whom else a partner was asked for, and what it answered."""

    def pick(self, look: Look) -> Sequence[Eligible] | None:
        """Whom to ask now; None where the rule does not ask any more."""


@dataclass(frozen=True)
class Best:
    """The best of those who have room, as the matcher's `candidates.py` chooses them."""

    name: str
    policy: Policy
    heeds_records = True

    def pick(self, look: Look) -> Sequence[Eligible]:
        need = look.need
        asked = Asked(need.terms, need.open_items, look.now, already_asked(need))
        found = look.directory.find(asked, most=look.to_ask + _SPARE)
        return choose(need, found, look.to_ask, look.now, self.policy)


@dataclass(frozen=True)
class Blast:
    """Everybody who may be asked, at once."""

    name: str
    policy: Policy
    heeds_records = False

    def pick(self, look: Look) -> Sequence[Eligible]:
        return look.unasked


@dataclass(frozen=True)
class Tiers:
    """CarePortal's rule: the nearest few within a radius; once, after some days without a response, more and farther.

    A response, be it to a part or be it a claim that lapsed, ends the asking; who was asked before may still say yes.
    The days are those of its help pages (two where it is urgent, five else); the radius and the number are each
    county's own there, and ours are a guess. It closes after 40 days there; here, when the need ends, which is sooner.
    """

    name: str
    policy: Policy
    heeds_records = False
    first: int = 10
    miles: float = 10.0
    more: int = 20
    farther: float = 20.0

    def pick(self, look: Look) -> Sequence[Eligible] | None:
        if any(offer.status not in _UNANSWERED for offer in look.need.offers):
            return None
        if not look.need.offers:
            return _within(look, self.miles)[: self.first]
        if look.need.wave == 1 and look.now - look.opened_at >= wider_after(look.need.terms.urgency):
            return _within(look, self.farther)[: self.more]
        return None


def _within(look: Look, miles: float) -> list[Eligible]:
    """The nearest first; where nobody knows how near, last."""
    found = [one for one in look.unasked if one.distance_miles is None or one.distance_miles <= miles]
    return sorted(found, key=lambda one: (one.distance_miles is None, one.distance_miles or 0.0))


def wider_after(urgency: Urgency) -> timedelta:
    """How long CarePortal waits for a response."""
    return timedelta(days=2 if urgency in {Urgency.TONIGHT, Urgency.TODAY} else 5)


def all_routers(ours: Policy) -> tuple[Router, ...]:
    """Those that are compared. The leases of claims, and what families are asked, are ours in all."""
    # Looking for room every few minutes would take the bench hours, and find little more.
    seldom = {
        urgency: {"look_again_every": max(pace.look_again_every, _HOUR)} for urgency, pace in ours.urgency.items()
    }
    ours = _with(ours, seldom)
    return (
        Best("ours", ours),
        Blast("blast", _without_ends(ours)),
        Tiers("CarePortal's rule", _without_ends(ours)),
        Best("ours, more at once", _with(ours, dict.fromkeys(Urgency, _MORE_AT_ONCE))),
        Best("one at a time", _with(ours, {urgency: {"ask_at_most": 1} for urgency in Urgency})),
    )


def _without_ends(ours: Policy) -> Policy:
    """An offer is open until the need ends; there is no limit to how many."""
    changed = {
        urgency: {
            "ask_until_chance": 1.0,
            "ask_at_most": _EVERYBODY,
            "ask_in_all": _EVERYBODY,
            "hours": Hours.ALWAYS,
            "respond_within": _NEVER,
            "look_again_every": wider_after(urgency),
        }
        for urgency in Urgency
    }
    return _with(ours, changed).model_copy(
        update={"asking": ours.asking.model_copy(update={"share_of_time_left": 1.0})}
    )


def _with(ours: Policy, changed: Mapping[Urgency, Mapping[str, object]]) -> Policy:
    urgency: dict[Urgency, UrgencyPolicy] = {
        urgency: pace.model_copy(update=dict(changed[urgency])) for urgency, pace in ours.urgency.items()
    }
    return ours.model_copy(update={"urgency": urgency})
