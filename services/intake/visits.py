"""A partner's person at a family's door: planned by them, told to family and coordinator, refused with one tap."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from schemas.handovers import VisitPlanned, VisitRefused
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Answerer
from services.intake.domain.need import NeedNotFound, NotPossible
from services.intake.domain.visiting import MOST_PLANNED, check_times
from services.intake.store import keys, needs, partners, visits
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.intake.store.visits import Visit
from services.intake.telling import tell
from services.runtime.database import Connection, Pool


async def plan(
    connection: Connection, need: NeedRow, offer: OfferRow, contact: Contact, begins: datetime, ends: datetime
) -> None:
    """Plans a visit and has it told to family and coordinator. The need's row must be locked.

    Raises NotPossible, which names the field.
    """
    now = datetime.now(UTC)
    _, zone = await keys.site_of(connection, need.site_id)
    check_times(begins, ends, now, zone)
    cleared = (await visits.clearances_of(connection, offer.partner_id)).get(contact.contact_id)
    if cleared is None or cleared.until < ends.astimezone(ZoneInfo(contact.time_zone)).date():
        raise NotPossible("contact_id", "only a person with a current clearance on record may visit a family")
    own = [one for one in await _of(connection, need) if one.partner_id == offer.partner_id]
    if len(own) >= MOST_PLANNED or any(is_ahead(one, now) and one.offer_id == offer.offer_id for one in own):
        raise NotPossible("visit", "a visit is planned already, or as many were planned as a family is asked about")
    visit = Visit(
        uuid4(), need.need_id, offer.offer_id, offer.partner_id, contact.contact_id, begins, ends, now, None, told=False
    )
    await visits.add_visit(connection, visit)
    await tell(connection, need, _planned(visit))


def _planned(visit: Visit) -> VisitPlanned:
    return VisitPlanned(
        need_id=visit.need_id,
        offer_id=visit.offer_id,
        partner_id=visit.partner_id,
        contact_id=visit.contact_id,
        visit_id=visit.visit_id,
        begins=visit.begins,
        ends=visit.ends,
    )


async def refuse_visit(pool: Pool, need_id: UUID, site_id: UUID | None, visit_id: UUID, by: Answerer) -> None:
    """The family, or its coordinator, does not want it. A visit that was refused stays so. Raises NeedNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        need = await needs.lock_need(connection, need_id, site_id)
        if need is None:
            raise NeedNotFound
        await _refuse(connection, need, [one for one in await _of(connection, need) if one.visit_id == visit_id], by)


async def call_off(connection: Connection, need: NeedRow, by: Answerer) -> None:
    """Takes all visits off that are still to come. The need's row must be locked."""
    now = datetime.now(UTC)
    await _refuse(connection, need, [one for one in await _of(connection, need) if is_ahead(one, now)], by)


async def call_off_ended(
    connection: Connection, held: Mapping[UUID, NeedRow], ended: Collection[tuple[UUID, UUID | None]]
) -> None:
    """Takes off the visits of (need, offer), or of a whole need (offer None). The rows must be locked."""
    for one in await visits.visits_ahead_in(connection, [need_id for need_id, _ in ended]):
        if {(one.need_id, None), (one.need_id, one.offer_id)} & set(ended):
            await _refuse(connection, held[one.need_id], [one], Answerer.COORDINATOR)


async def call_off_claimed(connection: Connection, need: NeedRow, offer_id: UUID) -> None:
    """Takes off what was planned under a claim that is done or handed back. The need's row must be locked."""
    now = datetime.now(UTC)
    # Who is at the door as they say that it is done is not told to stay away.
    planned = [one for one in await _of(connection, need) if one.offer_id == offer_id and one.begins > now]
    await _refuse(connection, need, planned, Answerer.COORDINATOR)


async def call_off_of(connection: Connection, partner_ids: Collection[UUID], stands: Callable[[Visit], bool]) -> None:
    """Takes off the visits of partners' people that do not stand any more, such as of who has no clearance now."""
    fallen = [one for one in await visits.visits_ahead_of(connection, partner_ids) if not stands(one)]
    held = await needs.lock_needs(connection, sorted({one.need_id for one in fallen}))
    for one in fallen:
        await _refuse(connection, held[one.need_id], [one], Answerer.COORDINATOR)


@dataclass(frozen=True)
class Announced:
    """A visit to come, as family and coordinator are told of it: the first name alone, and the organization."""

    visit_id: UUID
    visitor: str
    partner: str
    begins: datetime
    ends: datetime


async def visits_to_come(connection: Connection, need_id: UUID, now: datetime) -> list[Announced]:
    """Whoever would come to this family, the next one first."""
    ahead = [one for one in await visits.visits_of(connection, need_id) if is_ahead(one, now)]
    records = {one.partner_id: await partners.read_partner(connection, one.partner_id) for one in ahead}
    return [
        Announced(one.visit_id, _first_name(record, one.contact_id), record.name, one.begins, one.ends)
        for one in ahead
        if (record := records[one.partner_id]) is not None
    ]


def _first_name(partner: PartnerRecorded, contact_id: UUID) -> str:
    return next((one.name.split()[0] for one in partner.contacts if one.contact_id == contact_id), "")


def is_ahead(visit: Visit, now: datetime) -> bool:
    """Whether somebody will come, or is there."""
    return visit.refused_at is None and visit.ends > now


async def _of(connection: Connection, need: NeedRow) -> list[Visit]:
    return await visits.visits_of(connection, need.need_id)


async def _refuse(connection: Connection, need: NeedRow, refused: list[Visit], by: Answerer) -> None:
    stood = await visits.refuse_visits(connection, [one.visit_id for one in refused], by)
    for one in refused:
        if one.visit_id in stood:
            await tell(
                connection,
                need,
                VisitRefused(
                    need_id=need.need_id,
                    offer_id=one.offer_id,
                    partner_id=one.partner_id,
                    contact_id=one.contact_id,
                    visit_id=one.visit_id,
                    begins=one.begins,
                    by=by,
                ),
            )
