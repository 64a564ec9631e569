"""Who a family is, shown to a partner's person: after an award, by consent, with a code sent to their own address."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from schemas.handovers import CodeRequested
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import IdentityRecord, PartnerStatus
from services.intake.answers import OfferNotFound
from services.intake.domain.disclosing import Asking, Told, Withheld, decide
from services.intake.domain.disclosure_log import Look, LookPurpose, Who
from services.intake.domain.family import ContactHours, Family, PhoneOwner
from services.intake.sealing import Seal
from services.intake.store import codes, consents, disclosures, needs, offers, visits
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.intake.telling import tell
from services.intake.visits import is_ahead
from services.runtime.database import Connection, Pool

_DIGITS = 6


class TooManyCodes(Exception):
    """This person asked for too many codes today."""


@dataclass(frozen=True)
class Claimant:
    """A partner's person with the link to an offer, and the token of a code that was entered in this browser."""

    offer: OfferRow
    partner: PartnerRecorded
    contact: Contact
    opening: str | None


@dataclass(frozen=True)
class Reaching:
    """How the family wants to be reached: read before anybody calls."""

    phone: bool
    phone_of: PhoneOwner
    read_by_others: bool
    voicemail: bool
    contact_hours: ContactHours | None
    language: str


@dataclass(frozen=True)
class Card:
    """What a partner's person sees of a family."""

    records: dict[IdentityRecord, str]
    reaching: Reaching


async def see(pool: Pool, seal: Seal, who: Claimant) -> Card | Withheld:
    """The family, as far as this person may know it now. Each look that shows anything is written down with it."""
    async with pool.acquire() as connection, connection.transaction():
        # Locked, so that a consent is not taken back between the look at it and the look in the log.
        need = await needs.lock_need(connection, who.offer.need_id, None)
        sealed = await needs.read_family(connection, who.offer.need_id)
        if need is None or sealed is None:
            return Withheld.NOT_AWARDED
        verdict, now = await _decide(connection, need, who)
        if isinstance(verdict, Withheld):
            return verdict
        look = Look(
            at=now,
            need_id=need.need_id,
            who=Who.CONTACT,
            who_id=who.contact.contact_id,
            partner_id=who.partner.partner_id,
            records=verdict.records,
            purpose=LookPurpose.ARRANGING_HELP,
            consent_id=verdict.consent.consent_id,
        )
        await disclosures.add_look(connection, look)
    family = await seal.open(sealed, need.need_id)
    shown = {record: value for record in IdentityRecord if record in verdict.records and (value := _of(family, record))}
    phone = IdentityRecord.PHONE in shown
    reaching = Reaching(
        phone, family.phone_of, family.read_by_others, family.voicemail, family.contact_hours, family.language
    )
    return Card(shown, reaching)


async def what_is_permitted(pool: Pool, who: Claimant) -> frozenset[IdentityRecord]:
    """What this person may know once they have entered a code; nothing where the coordinator hands over."""
    now = datetime.now(UTC)
    async with pool.acquire() as connection:
        need = await needs.read_need(connection, who.offer.need_id, None)
        if need is None or not await _opens_anything(connection, need, who):
            return frozenset()
        found = await consents.consents_of(connection, need.need_id)
    permitted = (one.lets_know(who.partner.partner_id, who.partner.kind, now) for one in found)
    return frozenset().union(*permitted)


async def ask_for_code(pool: Pool, who: Claimant) -> bool:
    """Has a code sent to the claimant's own address. False where no code would open anything. Raises TooManyCodes."""
    async with pool.acquire() as connection, connection.transaction():
        need = await needs.lock_need(connection, who.offer.need_id, None)
        if need is None or not await _opens_anything(connection, need, who):
            return False
        offer_id, contact_id = who.offer.offer_id, who.contact.contact_id
        expires = await codes.ask_for_code(connection, offer_id, contact_id)
        if expires is None:
            raise TooManyCodes
        event = CodeRequested(
            need_id=need.need_id,
            offer_id=offer_id,
            partner_id=who.partner.partner_id,
            contact_id=contact_id,
            expires=expires,
        )
        await tell(connection, need, event)
    return True


async def make_code(pool: Pool, seal: Seal, offer_id: UUID, contact_id: UUID) -> str:
    """The code that was asked for, made as it is sent: it stands in no table, topic or queue. Raises OfferNotFound."""
    code = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
    async with pool.acquire() as connection:
        if not await codes.save_code(connection, offer_id, contact_id, _hash_code(seal, offer_id, contact_id, code)):
            raise OfferNotFound
    return code


async def enter_code(pool: Pool, seal: Seal, who: Claimant, code: str) -> str | None:
    """A token that lets this browser see the family for a quarter of an hour; None for a wrong code."""
    offer_id, contact_id = who.offer.offer_id, who.contact.contact_id
    token = secrets.token_urlsafe(32)
    async with pool.acquire() as connection, connection.transaction():
        if not await codes.use_code(
            connection, offer_id, contact_id, _hash_code(seal, offer_id, contact_id, code.strip())
        ):
            return None
        await codes.add_opening(connection, hash_token(token), offer_id, contact_id)
    return token


def hash_token(token: str) -> bytes:
    """What is kept of a token. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


async def _opens_anything(connection: Connection, need: NeedRow, who: Claimant) -> bool:
    """Whether nothing is missing but, perhaps, a code."""
    verdict, _ = await _decide(connection, need, who)
    return isinstance(verdict, Told) or verdict is Withheld.CODE_NEEDED


async def _decide(connection: Connection, need: NeedRow, who: Claimant) -> tuple[Told | Withheld, datetime]:
    now = datetime.now(UTC)
    contact_id = who.contact.contact_id
    # As it is now: the page may have been asked for before the claim was handed back.
    offer = await offers.read_offer(connection, who.offer.offer_id) or who.offer
    given = await offers.answers_to(connection, offer.offer_id)
    opening = hash_token(who.opening) if who.opening else b""
    asking = Asking(
        contact_id=contact_id,
        partner_id=who.partner.partner_id,
        partner_kind=who.partner.kind,
        claimant=await offers.claimant_of(connection, offer.offer_id),
        holds_award=offer.state == "awarded"
        and who.partner.status is PartnerStatus.ACTIVE
        and not given.keys() & {"released", "completed"}
        and not need.progress.status.ended
        and not need.withdrawn,
        sensitive=offer.terms.sensitive,
        code_good_until=await codes.opening_until(connection, opening, offer.offer_id, contact_id),
        may_visit=await _may_visit(connection, need, offer, contact_id, now),
    )
    return decide(asking, await consents.consents_of(connection, need.need_id), now), now


async def _may_visit(connection: Connection, need: NeedRow, offer: OfferRow, contact_id: UUID, now: datetime) -> bool:
    cleared = (await visits.clearances_of(connection, offer.partner_id)).get(contact_id)
    if cleared is None or cleared.until < _today(now):
        return False
    planned = await visits.visits_of(connection, need.need_id)
    return any(
        is_ahead(one, now) and one.told and (one.offer_id, one.contact_id) == (offer.offer_id, contact_id)
        for one in planned
    )


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _hash_code(seal: Seal, offer_id: UUID, contact_id: UUID, code: str) -> bytes:
    # Keyed, since a million codes are tried in a second by whoever reads the table.
    return hmac.digest(seal.lookup_key, b"code" + offer_id.bytes + contact_id.bytes + code.encode(), hashlib.sha256)


def _of(family: Family, record: IdentityRecord) -> str | None:
    value: str | None = getattr(family, record)
    return value
