"""A community that answers, hour by hour: what a router asks goes through the matcher's own `decide` and `ask`."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, zip_longest
from uuid import UUID

from bench.routing.community import Community, OpenedNeed
from bench.routing.people import Answer, People, Plan
from bench.routing.records import Records, has_room
from bench.routing.routers import Look, Router
from schemas.needs import NeedOpened
from schemas.offers import OfferReasons
from services.matcher.directory.directory import Directory
from services.matcher.directory.places import place_of
from services.matcher.directory.plain import PlainDirectory
from services.matcher.domain import commands
from services.matcher.domain.asking import Candidate, already_asked, ask
from services.matcher.domain.deciding import Decision, decide
from services.matcher.domain.eligible import Eligible
from services.matcher.domain.opening import open_need
from services.matcher.domain.state import Need, NeedStatus, Offer, OfferStatus
from services.matcher.policy import Policy


@dataclass
class Run:
    """What happened. Needs, lines and partners by their numbers."""

    needs: list[Need]
    """As they stand at the end."""
    messages: Sequence[Sequence[datetime]]
    """By partner, when it got each."""
    offers: int = 0
    claims: int = 0
    first_claims: dict[tuple[int, int], datetime] = field(default_factory=dict)
    """By (need, line)."""
    silent: set[int] = field(default_factory=set)
    """The needs that ever stood silently stuck."""


def simulate(community: Community, router: Router) -> Run:
    """Lets all needs come, until nothing more happens."""
    return _Simulation(community, router).run()


def is_silent(need: Need, now: datetime) -> bool:
    """Whether nobody is asked for what is open, nobody will be, and no person was told that this is so."""
    if need.status is NeedStatus.CLOSED or need.stuck is not None:
        return False
    wanted = need.status is NeedStatus.ASKING and bool(need.open_items) and now < need.deadline
    asking = need.look_again_at is not None or any(need.offers_in(OfferStatus.OPEN))
    return need.next_due is None or (wanted and not asking)


class _Simulation:
    def __init__(self, community: Community, router: Router) -> None:
        self._community, self._router = community, router
        self._people = People(community)
        self._records = Records()
        self._now = community.needs[0].opened_at
        self._queue: list[tuple[datetime, int, int, Answer | commands.Command]] = []
        self._order = count()
        self._dues: list[datetime | None] = [None for _ in community.needs]
        self._miles: dict[tuple[int, UUID], float | None] = {}
        self._run = Run([_open(one, router.policy) for one in community.needs], self._people.messages)

    def run(self) -> Run:
        for one in self._community.needs:
            self._plan(one.number, Plan(one.opened_at, commands.Tick()))
        while self._queue:
            self._now, _, number, act = heapq.heappop(self._queue)
            if (command := self._command(number, act)) is not None:
                self._put(number, command)
        return self._run

    def _plan(self, number: int, plan: Plan | None) -> None:
        if plan is not None:
            heapq.heappush(self._queue, (plan.at, next(self._order), number, plan.act))

    def _command(self, number: int, act: Answer | commands.Command) -> commands.Command | None:
        need = self._run.needs[number]
        if isinstance(act, Answer):
            return self._people.answer(number, need, act.offer_id, self._now)
        put_off = need.version > 0 and (need.next_due is None or need.next_due > self._now)
        return None if isinstance(act, commands.Tick) and put_off else act

    def _put(self, number: int, command: commands.Command) -> None:
        policy = self._router.policy
        decision = decide(self._run.needs[number], command, self._now, policy)
        self._take(number, decision)
        if decision.to_ask:
            picked = self._router.pick(self._look(number, decision))
            if picked is not None:
                self._take(number, ask(decision.need, self._candidates(number, picked), self._now, policy))
        need = self._run.needs[number]
        if is_silent(need, self._now):
            self._run.silent.add(number)
        due = self._next_due(number, need)
        if due is not None and due != self._dues[number]:
            self._dues[number] = due
            self._plan(number, Plan(due, commands.Tick()))

    def _next_due(self, number: int, need: Need) -> datetime | None:
        if need.look_again_at is not None and not self._unasked(number, need):
            # Whoever could be found was asked: looking again would find nobody, some thousand times.
            return replace(need, look_again_at=None).next_due
        return need.next_due

    def _unasked(self, number: int, need: Need) -> list[Eligible]:
        asked = already_asked(need)
        return [one for one in self._community.eligible[number] if one.partner_id not in asked]

    def _look(self, number: int, decision: Decision) -> Look:
        unasked, opened_at = self._unasked(number, decision.need), self._community.needs[number].opened_at
        return Look(decision.need, decision.to_ask, opened_at, self._now, unasked, self._directory(unasked))

    def _directory(self, unasked: Sequence[Eligible]) -> Directory:
        """The matcher's plain loop over those who can be asked: faster than its index, over so few."""
        directory = PlainDirectory(self._router.policy.ranking)
        if self._router.heeds_records:
            records = self._records.of([one.partner_id for one in unasked], self._now)
            # Whoever has no room would be left out all the same, after many rules.
            for partner_id, record in records.items():
                partner = self._community.partner(partner_id)
                if has_room(partner, record):
                    directory.apply(partner)
            directory.learn(records)
            directory.learn_chances(self._records.chances(self._now))
        return directory

    def _candidates(self, number: int, picked: Sequence[Eligible]) -> list[Candidate]:
        self._miles |= {(number, one.partner_id): one.distance_miles for one in picked}
        terms = self._community.needs[number].terms
        place = place_of(terms.zip_code)
        return [
            Candidate(
                partner_id=one.partner_id,
                service_id=one.service_id,
                number=10,
                items=one.items,
                place=place.label if place else "",
                distance_miles=None if one.distance_miles is None else round(one.distance_miles),
                reasons=OfferReasons(**one.reasons._asdict(), directory_position=0),
                clock=self._router.policy.clock_of(terms.urgency, *self._community.hours_of(one)),
            )
            for one in picked
        ]

    def _take(self, number: int, decision: Decision) -> None:
        before, self._run.needs[number] = self._run.needs[number], decision.need
        for old, new in zip_longest(before.offers, decision.need.offers):
            if old is not new:
                self._records.take(new, self._now)
                self._count(number, old, new)
                miles = self._miles[number, new.partner_id]
                self._plan(number, self._people.hear(number, old, new, miles, self._now))
        if decision.need.attempt > before.attempt:
            self._plan(number, self._people.confirm(number, decision.need.attempt, self._now))

    def _count(self, number: int, old: Offer | None, new: Offer) -> None:
        if old is None:
            self._run.offers += 1
        elif new.status is OfferStatus.CLAIMED and old.status is not OfferStatus.CLAIMED:
            self._run.claims += 1
            for line in new.quantities:
                self._run.first_claims.setdefault((number, line), self._now)


def _open(one: OpenedNeed, policy: Policy) -> Need:
    place, traceparent = place_of(one.terms.zip_code), f"00-{one.need_id.hex}-{one.need_id.hex[:16]}-01"
    opened = NeedOpened(need_id=one.need_id, terms=one.terms)
    return open_need(opened, one.opened_at, traceparent, place.zone if place else "UTC", policy)
