"""From records and due times to decisions: load many, decide each, ask more, save all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from schemas import needs, partners, responses
from schemas.codec import Tombstone
from schemas.event import NeedEvent, Programme
from schemas.topics import ServiceName
from schemas.vocabulary import PartnerStatus
from services.matcher.candidates import find_candidates
from services.matcher.directory.directory import Directory
from services.matcher.directory.places import zone_of
from services.matcher.domain import commands
from services.matcher.domain.asking import ask
from services.matcher.domain.deciding import Decision, decide
from services.matcher.domain.opening import open_need
from services.matcher.domain.programmes import ServiceKey, programmes_of, seats_taken
from services.matcher.domain.state import Need
from services.matcher.left_out import say_what_left_out
from services.matcher.policy import Policy
from services.matcher.store.needs import intake_versions, lock_due_needs, lock_needs, save_needs
from services.matcher.store.offers import needs_with_live_offers, yes_chances
from services.matcher.store.partners import records_of, save_partners
from services.matcher.store.programmes import closed_programmes, lock_programmes, save_programmes, seats_of
from services.runtime import outbox
from services.runtime.database import Connection, Pool, read_clock
from services.runtime.logs import get_logger
from services.runtime.messages import Message

_DUE_AT_ONCE = 100

_log = get_logger(__name__)


class Matching:
    """Applies what comes in to the needs, and asks whoever is to be asked."""

    def __init__(self, policy: Policy, directory: Directory) -> None:
        self._policy = policy
        self._directory = directory
        self.closed: frozenset[ServiceKey] = frozenset()
        """The programmes that were full or over when they were last looked at."""

    async def handle(self, connection: Connection, messages: Sequence[Message]) -> None:
        """Applies a batch of records, in their order for each need."""
        lost = await _save_partners(connection, messages)
        asked = await needs_with_live_offers(connection, lost) if lost else []
        about_needs = [message for message in messages if isinstance(message.event, NeedEvent)]
        need_ids = {need_id for need_id, _ in asked} | {UUID(message.envelope.subject) for message in about_needs}
        if not need_ids:
            return
        batch = Batch(await lock_needs(connection, need_ids), await read_clock(connection), self._policy)
        batch.intake_versions = await intake_versions(connection, need_ids)
        batch.free_seats = await _lock_seats(connection, batch.needs, about_needs)
        for message in about_needs:
            batch.take(message)
        for need_id, partner_id in asked:
            batch.decide(need_id, commands.LosePartner(partner_id))
        await self._ask_and_save(connection, batch)

    async def fire_due(self, pool: Pool) -> int:
        """Does what is due. Returns for how many needs."""
        async with pool.acquire() as connection, connection.transaction():
            batch = Batch(await lock_due_needs(connection, _DUE_AT_ONCE), await read_clock(connection), self._policy)
            for need_id in tuple(batch.needs):
                batch.decide(need_id, commands.Tick())
            await self._ask_and_save(connection, batch)
        return len(batch.needs)

    async def learn(self, pool: Pool) -> int:
        """Takes in how partners were asked and answered, by whichever copy of this service, and who is full."""
        async with pool.acquire() as connection:
            records, chances = await records_of(connection), await yes_chances(connection)
            self.closed = await closed_programmes(connection, (await read_clock(connection)).date())
        # What was learned in a transaction that did not come about goes with the rest.
        self._directory.forget_records()
        self._directory.learn(records)
        self._directory.learn_chances(chances)
        return 0

    async def _ask_and_save(self, connection: Connection, batch: "Batch") -> None:
        if batch.to_ask:
            wanting = [(batch.needs[need_id], count) for need_id, count in sorted(batch.to_ask.items())]
            found = await find_candidates(connection, self._directory, wanting, batch.now, self._policy)
            for need, _ in wanting:
                batch.record(ask(need, found[need.need_id], batch.now, self._policy))
        await save_needs(connection, [batch.needs[need_id] for need_id in batch.touched], batch.intake_versions)
        told = [say_what_left_out(one, batch.needs[one.key], self._directory, batch.now) for one in batch.outgoing]
        await outbox.publish(connection, ServiceName.MATCHER, told)


class Batch:
    """The needs in hand, what was decided about them, and what is to be told."""

    def __init__(self, found: dict[UUID, Need], now: datetime, policy: Policy) -> None:
        self.needs = found
        self.now = now
        self.intake_versions: dict[UUID, int] = {}
        self.free_seats: dict[ServiceKey, int] = {}
        """Of the programmes that the batch may award seats of."""
        self.touched: dict[UUID, None] = {}
        self.to_ask: dict[UUID, int] = {}
        self.outgoing: list[outbox.Outgoing] = []
        self._policy = policy

    def take(self, message: Message) -> None:
        """Applies one record about a need."""
        event = message.event
        if isinstance(event, needs.NeedOpened):
            self._open(event, message)
        elif isinstance(event, needs.NeedChanged | needs.NeedCancelled | needs.ConsentWithdrawn):
            if self._is_newer(event.need_id, message):
                self.decide(event.need_id, to_command(event))
        elif isinstance(event, NeedEvent):
            self.decide(event.need_id, to_command(event))

    def decide(self, need_id: UUID, command: commands.Command) -> None:
        """Puts one command to one need."""
        need = self.needs.get(need_id)
        if need is None:
            _log.warning("no such need", need_id=str(need_id), command=type(command).__name__)
            return
        if isinstance(command, commands.Accept) and (offer := need.offer(command.offer_id)) is not None:
            command = replace(command, free_seats=self.free_seats.get((offer.partner_id, offer.service_id)))
        self.record(decide(need, command, self.now, self._policy))

    def record(self, decision: Decision) -> None:
        """Keeps a decision and queues its events."""
        need = self.needs[decision.need.need_id]
        self._count_seats(need, decision.need)
        self.needs[decision.need.need_id] = decision.need
        self.touched[decision.need.need_id] = None
        self.to_ask.pop(decision.need.need_id, None)
        if decision.to_ask:
            self.to_ask[decision.need.need_id] = decision.to_ask
        self.outgoing += [
            outbox.Outgoing(event, event.need_id, need.version + step, decision.need.traceparent)
            for step, event in enumerate(decision.events, start=1)
        ]

    def _count_seats(self, before: Need, after: Need) -> None:
        if self.free_seats:
            held, holds = seats_taken(before), seats_taken(after)
            for service in self.free_seats:
                # What comes back may be of another term: it counts from the next batch on.
                self.free_seats[service] += min(0, held[service] - holds[service])

    def _open(self, event: needs.NeedOpened, message: Message) -> None:
        if event.need_id in self.needs:
            return
        zone, envelope = zone_of(event.terms.zip_code), message.envelope
        self.needs[event.need_id] = open_need(event, envelope.time, envelope.traceparent, zone, self._policy)
        self._is_newer(event.need_id, message)
        self.decide(event.need_id, commands.Tick())

    def _is_newer(self, need_id: UUID, message: Message) -> bool:
        newer = message.envelope.sequence > self.intake_versions.get(need_id, 0)
        if newer:
            self.intake_versions[need_id] = message.envelope.sequence
        return newer


def to_command(event: NeedEvent) -> commands.Command:  # noqa: PLR0911 - one for each event
    """What an event of intake asks of a need."""
    match event:
        case needs.NeedChanged(terms=terms):
            return commands.Change(terms)
        case needs.NeedCancelled():
            return commands.Cancel()
        case needs.ConsentWithdrawn():
            return commands.WithdrawConsent()
        case responses.OfferAccepted(offer_id=offer_id, contact_id=contact_id, lines=lines):
            return commands.Accept(offer_id, contact_id, {one.line: one.quantity for one in lines})
        case responses.OfferDeclined(offer_id=offer_id, reason=reason):
            return commands.Decline(offer_id, reason)
        case responses.FamilyContacted(offer_id=offer_id):
            return commands.ReportContact(offer_id)
        case responses.FamilyNotReached(offer_id=offer_id, attempt=attempt):
            return commands.ReportNotReached(offer_id, attempt)
        case responses.HelpScheduled(offer_id=offer_id, until=until, revision=revision):
            return commands.ReportSchedule(offer_id, until, revision)
        case responses.HelpCompleted(offer_id=offer_id, lines=lines, shortfalls=shortfalls):
            not_needed = frozenset(one.line for one in shortfalls if one.cause.ends_need)
            return commands.ReportCompletion(offer_id, {one.line: one.quantity for one in lines}, not_needed)
        case responses.ClaimReleased(offer_id=offer_id, reason=reason):
            return commands.Release(offer_id, reason)
        case responses.ClaimUndone(offer_id=offer_id):
            return commands.Undo(offer_id)
        case responses.FamilyConfirmed(by=by):
            return commands.Confirm(by)
        case responses.FamilyDisputed(by=by):
            return commands.Dispute(by)
    raise TypeError(f"no command for {type(event).__name__}")


async def _lock_seats(
    connection: Connection, found: Mapping[UUID, Need], messages: Sequence[Message]
) -> dict[ServiceKey, int]:
    """The free seats of the programmes that say yes, locked; by service, and only of those that are programmes."""
    offers = [
        found[event.need_id].offer(event.offer_id)
        for message in messages
        if isinstance(event := message.event, responses.OfferAccepted) and event.need_id in found
    ]
    services = {(offer.partner_id, offer.service_id) for offer in offers if offer is not None}
    if not services:
        return {}
    await lock_programmes(connection, services)
    return {service: one.free for service, one in (await seats_of(connection, services)).items()}


async def _save_partners(connection: Connection, messages: Sequence[Message]) -> set[UUID]:
    """Keeps which partners are available, and their programmes. Returns those of whom it is news that they are not."""
    newest: dict[UUID, tuple[UUID, int, bool]] = {}
    programmes: dict[UUID, dict[UUID, Programme]] = {}
    for message in messages:
        match message.event:
            case partners.PartnerRecorded(partner_id=partner_id, status=status):
                newest[partner_id] = (partner_id, message.envelope.sequence, status is PartnerStatus.ACTIVE)
                programmes[partner_id] = programmes_of(message.event)
            case Tombstone(partner_id):
                newest[partner_id] = (partner_id, message.envelope.sequence, False)
                programmes[partner_id] = {}
    news = await save_partners(connection, newest.values()) if newest else set()
    if news:
        await save_programmes(connection, {partner_id: programmes[partner_id] for partner_id in news})
    return {partner_id for partner_id, _, available in newest.values() if not available and partner_id in news}
