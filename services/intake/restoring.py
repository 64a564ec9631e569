"""Brings a restored copy of intake's database up to what its topics say.

Who a family is stands on no topic: a need that was entered since the backup comes back without it, and says so.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from schemas.codec import Tombstone
from schemas.event import NeedEvent
from schemas.handovers import DisclosureEnded, FamilyErased, VisitPlanned, VisitRefused
from schemas.needs import ConsentWithdrawn, NeedChanged, NeedOpened
from schemas.partners import PartnerRecorded
from schemas.responses import PartnerResponse
from schemas.topics import ServiceName, topic_named
from schemas.vocabulary import Answerer, ConsentKind
from services.intake.partners import phones_of
from services.intake.sealing import Seal
from services.intake.store import approvals, consents, eligibility, erasures, needs, partners, restored, visits
from services.intake.store.erasures import ErasureCause
from services.intake.store.needs import HistoryEntry
from services.intake.store.offers import NEWEST_STANDS
from services.intake.store.restored import AnswerRow, Entered, Latest
from services.intake.store.visits import Visit
from services.runtime.database import Connection
from services.runtime.messages import Message


async def restore_intake(connection: Connection, messages: Sequence[Message], seal: Seal) -> dict[str, int]:
    """Applies what the topics hold to the copy. Returns how much of what."""
    own = [message for message in messages if topic_named(message.topic).producer is ServiceName.INTAKE]
    told = [(message, message.event) for message in own if isinstance(message.event, NeedEvent)]
    entered = await restored.add_needs(connection, [_entered(*one) for one in told if isinstance(one[1], NeedOpened)])
    behind = await restored.raise_needs(connection, _latest(told))
    await approvals.note_published(connection, [event.need_id for _, event in told if isinstance(event, NeedOpened)])
    about = {event.need_id for _, event in told}
    unknown = about - await restored.known_needs(connection, about)
    await needs.add_history(connection, [_history_entry(*one) for one in told] + _marks(entered))
    answers = _answers_that_stand(
        [_answer_row(message, event) for message, event in told if isinstance(event, PartnerResponse)]
    )
    return {
        "families erased again": await _end_again(connection, told),
        "needs entered again, without their family": len(entered),
        "needs brought up to date": len(behind - entered),
        "needs whose site or beginning is missing": len(unknown),
        "answers": await restored.add_answers(connection, answers),
        "partners": await _restore_partners(connection, own, seal),
    }


async def _end_again(connection: Connection, told: Sequence[tuple[Message, NeedEvent]]) -> int:
    """What was taken back since the backup is taken back once more. Returns how many families were erased."""
    # What was signed after that stands: the events begin before the backup.
    for ends, kinds in ((ConsentWithdrawn, list(ConsentKind)), (DisclosureEnded, [ConsentKind.WRITTEN])):
        ended = [(event.need_id, message.envelope.time) for message, event in told if isinstance(event, ends)]
        await consents.end_consents_of(connection, ended, kinds)
    events = [event for _, event in told]
    planned = [_visit(message, event) for message, event in told if isinstance(event, VisitPlanned)]
    await visits.add_restored(connection, planned)
    for by in Answerer:
        refused = [event.visit_id for event in events if isinstance(event, VisitRefused) and event.by is by]
        await visits.refuse_visits(connection, refused, by)
    erased = [event.need_id for event in events if isinstance(event, FamilyErased)]
    return len(await erasures.erase_families(connection, erased, ErasureCause.RESTORED))


def _visit(message: Message, event: VisitPlanned) -> Visit:
    return Visit(
        event.visit_id,
        event.need_id,
        event.offer_id,
        event.partner_id,
        event.contact_id,
        event.begins,
        event.ends,
        message.envelope.time,
        None,
        told=False,
    )


def _entered(message: Message, event: NeedEvent) -> Entered:
    if not isinstance(event, NeedOpened):
        raise TypeError(f"{event.type} opens no need")
    return Entered(event.need_id, event.terms, message.envelope.traceparent, message.envelope.time)


def _latest(told: Sequence[tuple[Message, NeedEvent]]) -> list[Latest]:
    latest: dict[UUID, Latest] = {}
    for message, event in sorted(told, key=lambda one: one[0].envelope.sequence):
        before = latest.get(event.need_id)
        latest[event.need_id] = Latest(
            event.need_id,
            message.envelope.sequence,
            event.terms if isinstance(event, NeedOpened | NeedChanged) else before.terms if before else None,
            isinstance(event, ConsentWithdrawn) or bool(before and before.withdrawn),
        )
    return list(latest.values())


def _history_entry(message: Message, event: NeedEvent) -> HistoryEntry:
    return HistoryEntry(
        event.need_id,
        ServiceName.INTAKE,
        "",
        message.envelope.sequence,
        message.envelope.time,
        event.type.removeprefix("switchboard.").removesuffix(".v1"),
        event.model_dump(mode="json", exclude={"need_id", "terms", "offer_id", "contact_id"}),
    )


def _marks(entered: Collection[UUID]) -> list[HistoryEntry]:
    now = datetime.now(UTC)
    return [HistoryEntry(need_id, ServiceName.INTAKE, "restored", 0, now, "needs.restored", {}) for need_id in entered]


def _answer_row(message: Message, event: PartnerResponse) -> AnswerRow:
    kind = event.type.removeprefix("switchboard.responses.").removesuffix(".v1")
    facts = event.model_dump(mode="json", exclude={"need_id", "offer_id", "contact_id"})
    return AnswerRow(event.offer_id, kind, message.envelope.time, event.channel, event.contact_id, facts)


def _answers_that_stand(answers: Sequence[AnswerRow]) -> list[AnswerRow]:
    """Of each kind the first, or the newest where that stands."""
    standing: dict[tuple[UUID, str], AnswerRow] = {}
    for answer in sorted(answers, key=lambda one: one.at):
        if answer.kind in NEWEST_STANDS or (answer.offer_id, answer.kind) not in standing:
            standing[answer.offer_id, answer.kind] = answer
    return list(standing.values())


async def _restore_partners(connection: Connection, own: Sequence[Message], seal: Seal) -> int:
    newest: dict[UUID, tuple[UUID, int, PartnerRecorded | None]] = {}
    for message in sorted(own, key=lambda message: message.envelope.sequence):
        match message.event:
            case PartnerRecorded(partner_id=partner_id) as record:
                newest[partner_id] = (partner_id, message.envelope.sequence, record)
            case Tombstone(partner_id):
                newest[partner_id] = (partner_id, message.envelope.sequence, None)
    behind = await restored.raise_partners(connection, list(newest.values()))
    records = [record for partner_id, _, record in newest.values() if partner_id in behind and record]
    await partners.save_phones(connection, behind, phones_of(seal, records))
    # What was said in words since the backup is on no topic; what was said before goes with the rules it spoke of.
    await eligibility.save_texts(connection, behind, {})
    return len(behind)
