"""What a family agrees to, and takes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from schemas.handovers import ConsentEnded, DisclosureEnded
from schemas.vocabulary import Answerer, ConsentKind
from services.intake.domain.consent import Consent, EnteredWrittenConsent, Purpose
from services.intake.domain.need import NeedNotFound, NotPossible
from services.intake.locking import lock_ongoing
from services.intake.sealing import Seal
from services.intake.store import codes, consents, disclosures, families, needs, offers
from services.intake.store.needs import NeedRow
from services.intake.telling import note, tell
from services.intake.visits import call_off
from services.runtime.database import Connection, Pool

_LASTS = timedelta(days=90)
_SIGNER = "signer of a consent"


@dataclass(frozen=True)
class TakenBy:
    """Who took a consent down, and by which form: the same again is the same consent."""

    name: str
    key: str = ""


async def record_consent(
    pool: Pool, seal: Seal, need_id: UUID, site_id: UUID | None, entered: EnteredWrittenConsent, by: TakenBy
) -> Consent:
    """Takes down what a family signed. Raises NeedNotFound, NeedEnded, or NotPossible, which names the field."""
    # A form that was corrected before its answer came is another consent.
    consent_id = uuid5(need_id, f"{by.key} {entered.model_dump_json()}") if by.key else uuid4()
    consent = _take_down(consent_id, entered, by.name, datetime.now(UTC))
    async with pool.acquire() as connection:
        sealed = await families.read_family(connection, need_id)
    if sealed is None:
        raise NeedNotFound
    signed_by = await seal.close_beside(sealed, need_id, f"{_SIGNER} {consent.consent_id}", entered.signature.by)
    async with pool.acquire() as connection, connection.transaction():
        need = await lock_ongoing(connection, need_id, site_id)
        if await consents.add_consent(connection, need_id, consent, signed_by):
            await note(connection, need, "consent.signed", {"records": sorted(consent.records)})
    return consent


async def take_back_disclosure(pool: Pool, need_id: UUID, site_id: UUID | None) -> None:
    """The family no longer wants to be known; the search for help goes on without a name. Raises NeedNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        need = await needs.lock_need(connection, need_id, site_id)
        if need is None:
            raise NeedNotFound
        if await end_consents(connection, need, [ConsentKind.WRITTEN]):
            await tell(connection, need, DisclosureEnded(need_id=need_id))


async def end_consents(connection: Connection, need: NeedRow, kinds: Iterable[ConsentKind]) -> bool:
    """Ends consents of these kinds, all that rests on them, and tells whoever knows. The need's row must be locked."""
    if not await consents.end_consents_of(connection, [(need.need_id, datetime.now(UTC))], list(kinds)):
        return False
    await codes.close_openings(connection, need.need_id)
    await call_off(connection, need, Answerer.FAMILY)
    by_state = sorted(await offers.offers_of(connection, need.need_id), key=lambda offer: offer.state == "awarded")
    claimed = {offer.partner_id: offer.offer_id for offer in by_state}
    for partner_id, contact_id in await disclosures.contacts_who_know(connection, need.need_id):
        await tell(
            connection,
            need,
            ConsentEnded(
                need_id=need.need_id, offer_id=claimed[partner_id], partner_id=partner_id, contact_id=contact_id
            ),
        )
    return True


def _take_down(consent_id: UUID, entered: EnteredWrittenConsent, taken_by: str, now: datetime) -> Consent:
    until = entered.until or now + _LASTS
    if until <= now:
        raise NotPossible("until", "this consent has ended; ask the family again")
    if entered.signature.on > now.date() + timedelta(days=1):
        raise NotPossible("signature.on", "this day is still to come; write the day on which they signed")
    return Consent(
        consent_id=consent_id,
        kind=ConsentKind.WRITTEN,
        purpose=Purpose.ARRANGE_HELP,
        records=frozenset(entered.records),
        partner_ids=frozenset(entered.partner_ids),
        partner_kinds=frozenset(entered.partner_kinds),
        excluded_kinds=frozenset(),
        taken_by=taken_by,
        since=now,
        until=until,
        signed_how=entered.signature.how,
        signed_on=entered.signature.on,
    )
