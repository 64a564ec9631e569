"""Brings a restored copy of the matcher's database up to what its topics say."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from schemas.event import NeedEvent
from schemas.needs import NeedOpened
from schemas.offers import OfferMade
from schemas.outcomes import ConfirmationRequested
from schemas.partners import PartnerRecorded
from schemas.responses import FamilyConfirmed, FamilyDisputed
from schemas.topics import PARTNERS, ServiceName, topic_named
from schemas.vocabulary import PartnerStatus
from services.matcher.directory.places import zone_of
from services.matcher.domain import commands
from services.matcher.domain.opening import open_need
from services.matcher.domain.programmes import programmes_of
from services.matcher.domain.restoring import SILENT, Heard, Said, restore
from services.matcher.domain.state import Need
from services.matcher.handlers import to_command
from services.matcher.policy import Policy
from services.matcher.store.needs import intake_versions, lock_needs, save_needs
from services.matcher.store.offers import count_offers
from services.matcher.store.partners import save_partners
from services.matcher.store.programmes import save_programmes
from services.runtime import inbox
from services.runtime.database import Connection
from services.runtime.messages import Message


@dataclass
class Past:
    """What the topics hold of one need."""

    opened: Message | None = None
    said: dict[int, Said] = field(default_factory=dict)
    """By version: a relay may repeat itself."""
    heard: list[Heard] = field(default_factory=list)
    answers: list[tuple[datetime, UUID]] = field(default_factory=list)
    """When the family answered, and by which event."""

    def take(self, message: Message, event: NeedEvent) -> None:
        """Takes in one record."""
        at, version = message.envelope.time, message.envelope.sequence
        match event:
            case _ if topic_named(message.topic).producer is ServiceName.MATCHER:
                self.said[version] = Said(at, version, event)
            case NeedOpened():
                self.opened = message
            case FamilyConfirmed() | FamilyDisputed():
                self.answers.append((at, message.envelope.id))
            case _:
                command = to_command(event)
                if isinstance(command, SILENT):
                    self.heard.append(Heard(at, version, command))

    def new_need(self, policy: Policy) -> Need | None:
        """The need before anything was said of it; None where nothing was, or how it began is gone."""
        if self.opened is None or not self.said or not isinstance(self.opened.event, NeedOpened):
            return None
        event, envelope = self.opened.event, self.opened.envelope
        return open_need(event, envelope.time, envelope.traceparent, zone_of(event.terms.zip_code), policy)

    def bring_up(self, need: Need, intake_version: int, policy: Policy) -> tuple[Need, int]:
        """The need now, and the newest of intake's versions in it."""
        heard = [
            one for one in self.heard if one.version > intake_version or not isinstance(one.command, commands.Change)
        ]
        restored, change = restore(need, [self.said[version] for version in sorted(self.said)], heard, policy)
        return restored, max(intake_version, change)

    def offers_after(self, version: int) -> list[tuple[UUID, datetime]]:
        """The offers that were made since, and when."""
        return [
            (one.event.offer_id, one.at)
            for one in self.said.values()
            if one.version > version and isinstance(one.event, OfferMade)
        ]

    def has_gap(self, need: Need | None) -> bool:
        """Whether an event since is missing: the topic forgot it, or the copy is older than was said."""
        version = need.version if need else 0
        new = {one for one in self.said if one > version}
        return bool(new) and (need is None or len(new) < max(new) - version)

    def stale_answers(self) -> list[UUID]:
        """The family's answers to a question before the one that stands: they must not answer that one."""
        asked = [
            one.at
            for one in self.said.values()
            if isinstance(one.event, ConfirmationRequested) and one.event.attempt == 1
        ]
        return [event_id for at, event_id in self.answers if asked and at < max(asked)]


async def restore_matcher(connection: Connection, messages: Sequence[Message], policy: Policy) -> dict[str, int]:
    """Applies what the topics hold to the copy. Returns how much of what."""
    pasts = _by_need(messages)
    known = await lock_needs(connection, pasts.keys())
    opened = {
        need_id: need for need_id, past in pasts.items() if need_id not in known and (need := past.new_need(policy))
    }
    before = known | opened
    versions = dict.fromkeys(opened, 1) | await intake_versions(connection, known.keys())
    changed: list[Need] = []
    for need_id, need in before.items():
        restored, versions[need_id] = pasts[need_id].bring_up(need, versions[need_id], policy)
        if restored != need:
            changed.append(restored)
    offers = [offer for need in changed for offer in pasts[need.need_id].offers_after(before[need.need_id].version)]
    await save_needs(connection, changed, versions)
    await count_offers(connection, offers)
    available = _available(messages)
    news = await save_partners(connection, [(record.partner_id, version, True) for record, version in available])
    await save_programmes(
        connection, {record.partner_id: programmes_of(record) for record, _ in available if record.partner_id in news}
    )
    await inbox.admit(connection, [event_id for past in pasts.values() for event_id in past.stale_answers()])
    return {
        "needs opened again": len(opened),
        "needs brought up to date": len(changed) - len(opened),
        "offers made since": len(offers),
        "needs of which an event is missing": sum(past.has_gap(before.get(need_id)) for need_id, past in pasts.items()),
    }


def _by_need(messages: Sequence[Message]) -> dict[UUID, Past]:
    pasts: dict[UUID, Past] = defaultdict(Past)
    for message in messages:
        if isinstance(message.event, NeedEvent):
            pasts[message.event.need_id].take(message, message.event)
    return pasts


def _available(messages: Sequence[Message]) -> list[tuple[PartnerRecorded, int]]:
    """Partners whose newest record says that they help, and its version.

    An older pause must not take their offers back again. One that is away now is left to be consumed again, which does
    just that.
    """
    newest = {message.envelope.subject: message for message in messages if topic_named(message.topic) is PARTNERS}
    return [
        (message.event, message.envelope.sequence)
        for message in newest.values()
        if isinstance(message.event, PartnerRecorded) and message.event.status is PartnerStatus.ACTIVE
    ]
