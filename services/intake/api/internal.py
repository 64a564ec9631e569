"""What the notifier asks just before a send: the one door to a family's address, and to a one-time code."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from schemas.addresses import Address, AskedAddress, OneTimeCode, Who
from schemas.vocabulary import Channel, PartnerStatus
from services.intake import contacts, identity
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.domain.need import NeedNotFound
from services.intake.partners import PartnerNotFound
from services.intake.store import families, keys, needs, partners
from services.intake.store.needs import NeedRow
from services.runtime.database import Connection

router = APIRouter(prefix="/internal/v1", include_in_schema=False)


Notifier = Annotated[Caller, Depends(Calling(Scope.ADDRESSES_READ))]


@router.get("/needs/{need_id}/addresses/{who}")
async def read_address(need_id: UUID, who: Who, caller: Notifier) -> Address:
    """Where somebody can be reached now. 404 when there is nobody to write to."""
    async with caller.desk.pool.acquire() as connection:
        need = await needs.read_need(connection, need_id, None)
        if need is None:
            raise NeedNotFound
        site_name, time_zone = await keys.site_of(connection, need.site_id)
        if who is Who.COORDINATOR_FOR_REFERRER and not await _may_hear(connection, need):
            raise NeedNotFound
        if who is not Who.FAMILY:
            find = keys.backup_of if who is Who.BACKUP else keys.coordinator_of
            person = await find(connection, need_id)
            if person is None:
                raise NeedNotFound
            return Address(
                name=person.name,
                email=person.email,
                phone=person.phone,
                language=person.language,
                time_zone=time_zone,
                channels=(Channel.EMAIL, Channel.TEXT) if person.phone else (Channel.EMAIL,),
                reference=need.reference,
                site_name=site_name,
            )
        sealed = await families.read_family(connection, need_id)
        if sealed is None or need.withdrawn:
            raise NeedNotFound
        stopped = await partners.opted_out(connection, [sealed.phone_hash] if sealed.phone_hash else [])
    family = await caller.desk.seal.open(sealed, need_id)
    return Address(
        name=family.name,
        email=family.email,
        phone=family.phone,
        language=family.language,
        time_zone=time_zone,
        channels=family.ways_to_write(texts_stopped=bool(stopped)),
        reference=need.reference,
        site_name=site_name,
        contact_hours=family.contact_hours,
        discreet=family.read_by_others,
    )


async def _may_hear(connection: Connection, need: NeedRow) -> bool:
    """Whether the partner that referred the family is still to hear of it: as long as its key would be good."""
    referrer = need.terms.referred_by
    record = await partners.read_partner(connection, referrer) if referrer and not need.withdrawn else None
    return record is not None and record.status is not PartnerStatus.SUSPENDED


@router.post("/offers/{offer_id}/contacts/{contact_id}/code")
async def make_code(offer_id: UUID, contact_id: UUID, caller: Notifier) -> OneTimeCode:
    """A one-time code for a partner's person, in place of the one before. 404 when none is wanted any more."""
    return OneTimeCode(code=await identity.make_code(caller.desk.pool, caller.desk.seal, offer_id, contact_id))


@router.get("/questions/{question_id}")
async def read_asked_address(question_id: UUID, caller: Notifier) -> AskedAddress:
    """Where a contact is asked whether the address is theirs. 404 when that waits no more."""
    found = await contacts.find_address(caller.desk.pool, caller.desk.seal, question_id)
    if found is None:
        raise PartnerNotFound
    channel, address = found
    return AskedAddress(channel=channel, address=address)
