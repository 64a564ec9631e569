"""A partner's person at a family's door: planned by them, told to family and coordinator, refused with one tap."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from schemas.handovers import VisitPlanned, VisitRefused
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Answerer
from services.intake.domain.need import NeedNotFound, NotPossible
from services.intake.store import needs, partners, visits
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.intake.store.visits import Visit
from services.intake.telling import tell
from services.runtime.database import Connection, Pool

_NOTICE = timedelta(hours=4)
"""So long before it begins a visit is planned at the latest. The notifier tells of it at least two hours before."""
_MOST_REFUSED = 2
"""After so many that were refused nobody asks that family again."""
_LONGEST = timedelta(hours=4)
_AHEAD = timedelta(days=30)


async def plan(
    connection: Connection, need: NeedRow, offer: OfferRow, contact: Contact, begins: datetime, ends: datetime
) -> None:
    """Plans a visit and has it told to family and coordinator. The need's row must be locked.

    Raises NotPossible, which names the field.
    """
    now = datetime.now(UTC)
    if begins < now + _NOTICE or begins > now + _AHEAD:
        raise NotPossible("begins", "a visit begins in four hours at the earliest, and within thirty days")
    if not begins < ends <= begins + _LONGEST:
        raise NotPossible("ends", "a visit ends after it begins, within four hours")
    cleared = (await visits.clearances_of(connection, offer.partner_id)).get(contact.contact_id)
    if cleared is None or cleared.until < ends.astimezone(ZoneInfo(contact.time_zone)).date():
        raise NotPossible("contact_id", "only a person with a current clearance on record may visit a family")
    planned = [one for one in await visits.visits_of(connection, need.need_id) if one.offer_id == offer.offer_id]
    if any(is_ahead(one, now) for one in planned):
        raise NotPossible("visit", "a visit is planned already")
    if sum(one.refused_at is not None for one in planned) >= _MOST_REFUSED:
        raise NotPossible("visit", "the family has said no before: the coordinator hands over")
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


async def call_off(connection: Connection, need: NeedRow, by: Answerer, offer_id: UUID | None = None) -> None:
    """Takes visits off that are still to come: those of one offer, or all. The need's row must be locked."""
    now = datetime.now(UTC)
    ahead = [one for one in await _of(connection, need) if is_ahead(one, now) and offer_id in {None, one.offer_id}]
    await _refuse(connection, need, ahead, by)


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
