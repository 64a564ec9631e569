"""Who a family is, shown to a partner's person: after an award, by consent, with a code sent to their own address."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.handovers import CodeRequested
from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import IdentityRecord, PartnerStatus
from services.intake.answers import OfferNotFound
from services.intake.domain.consent import Consent
from services.intake.domain.disclosing import Asking, Told, Withheld, decide
from services.intake.domain.disclosure_log import Look, LookPurpose, Who
from services.intake.domain.family import ContactHours, Family, PhoneOwner
from services.intake.domain.need import NotPossible
from services.intake.sealing import Seal
from services.intake.store import codes, consents, disclosures, families, needs, offers, partners, visits
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.intake.telling import tell
from services.intake.visits import is_ahead, plan
from services.runtime.database import Connection, Pool

_DIGITS = 6
_MOST_LOOKS = 30
"""So often a code shows a family."""


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
    """How the family wants to be called: read before anybody does."""

    phone: str
    phone_of: PhoneOwner
    read_by_others: bool
    voicemail: bool
    contact_hours: ContactHours | None
    language: str


@dataclass(frozen=True)
class Card:
    """What a partner's person sees of a family."""

    records: dict[IdentityRecord, str]
    reaching: Reaching | None


async def see(pool: Pool, seal: Seal, who: Claimant) -> Card | Withheld:
    """The family, as far as this person may know it now. What is shown is written down before it is."""
    need_id = who.offer.need_id
    async with pool.acquire() as connection:
        sealed = await families.read_family(connection, need_id)
    family = await seal.open(sealed, need_id) if sealed else None
    async with pool.acquire() as connection, connection.transaction():
        # Locked, so that a consent is not taken back between the look at it and the look in the log.
        need = await needs.lock_need(connection, need_id, None)
        if need is None or family is None or await families.read_family(connection, need_id) is None:
            return Withheld.NOT_AWARDED
        verdict, now = await _decide(connection, need, who)
        if isinstance(verdict, Withheld):
            return verdict
        permitted = [record for record in IdentityRecord if record in verdict.records]
        shown = {record: value for record in permitted if (value := _of(family, record))}
        if shown:
            await disclosures.add_look(connection, _look(need, who, shown.keys(), verdict.consent, now))
    return Card(shown, _reaching(family) if IdentityRecord.PHONE in shown else None)


async def what_is_permitted(pool: Pool, who: Claimant) -> frozenset[IdentityRecord]:
    """What this person may know once they have entered a code; nothing where the coordinator hands over."""
    now = datetime.now(UTC)
    async with pool.acquire() as connection:
        need = await needs.read_need(connection, who.offer.need_id, None)
        if need is None or not await _opens_anything(connection, need, who):
            return frozenset()
        found = await consents.consents_of(connection, need.need_id)
    return _permitted(who, found, now)


async def plan_visit(pool: Pool, who: Claimant, begins: datetime, ends: datetime) -> None:
    """Plans a visit of the claimant, who has entered a code. Raises NotPossible, which names the field."""
    async with pool.acquire() as connection, connection.transaction():
        # Whoever takes a clearance back meanwhile waits, and finds the visit that it was planned with.
        await partners.lock_partners(connection, [who.offer.partner_id])
        need = await needs.lock_need(connection, who.offer.need_id, None)
        if need is None:
            raise OfferNotFound
        verdict, now = await _decide(connection, need, who)
        found = await consents.consents_of(connection, need.need_id)
        permitted = _permitted(who, found, now)
        if not isinstance(verdict, Told) or IdentityRecord.ADDRESS not in permitted or need.terms.is_sensitive:
            raise NotPossible("visit", "this family is not visited: the coordinator hands over")
        await plan(connection, need, who.offer, who.contact, begins, ends)


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
    """The code that was asked for: the same each time, so that a message sent again says the same. OfferNotFound."""
    async with pool.acquire() as connection:
        asked_at = await codes.asked_at(connection, offer_id, contact_id)
    if asked_at is None:
        raise OfferNotFound
    return _code(seal, offer_id, contact_id, asked_at)


async def enter_code(pool: Pool, seal: Seal, who: Claimant, code: str) -> str | None:
    """A token that lets this browser see the family for a quarter of an hour; None for a wrong code."""
    offer_id, contact_id = who.offer.offer_id, who.contact.contact_id
    token = secrets.token_urlsafe(32)
    async with pool.acquire() as connection, connection.transaction():
        asked_at = await codes.try_code(connection, offer_id, contact_id)
        right = asked_at is not None and hmac.compare_digest(
            _code(seal, offer_id, contact_id, asked_at).encode(), code.strip().encode()
        )
        if not right:
            return None
        await codes.use_up(connection, offer_id, contact_id)
        await codes.add_opening(connection, hash_token(token), offer_id, contact_id)
    return token


def hash_token(token: str) -> bytes:
    """What is kept of a token. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def _permitted(who: Claimant, found: Iterable[Consent], now: datetime) -> frozenset[IdentityRecord]:
    return frozenset().union(*(one.lets_know(who.partner.partner_id, who.partner.kind, now) for one in found))


def _look(need: NeedRow, who: Claimant, shown: Iterable[IdentityRecord], consent: Consent, now: datetime) -> Look:
    return Look(
        at=now,
        need_id=need.need_id,
        who=Who.CONTACT,
        who_id=who.contact.contact_id,
        partner_id=who.partner.partner_id,
        records=frozenset(shown),
        purpose=LookPurpose.ARRANGING_HELP,
        consent_id=consent.consent_id,
    )


def _reaching(family: Family) -> Reaching:
    return Reaching(
        family.phone or "",
        family.phone_of,
        family.read_by_others,
        family.voicemail,
        family.contact_hours,
        family.language,
    )


async def _opens_anything(connection: Connection, need: NeedRow, who: Claimant) -> bool:
    """Whether nothing is missing but, perhaps, a code."""
    if await families.read_family(connection, need.need_id) is None:
        return False
    verdict, _ = await _decide(connection, need, who)
    return isinstance(verdict, Told) or verdict is Withheld.CODE_NEEDED


async def _decide(connection: Connection, need: NeedRow, who: Claimant) -> tuple[Told | Withheld, datetime]:
    now = datetime.now(UTC)
    contact_id = who.contact.contact_id
    # As it is now: the page may have been asked for before the claim was handed back.
    offer = await offers.read_offer(connection, who.offer.offer_id) or who.offer
    given = await offers.answers_to(connection, offer.offer_id)
    asking = Asking(
        contact_id=contact_id,
        partner_id=who.partner.partner_id,
        partner_kind=who.partner.kind,
        claimant=await offers.claimant_of(connection, offer.offer_id),
        holds_award=offer.state == "awarded"
        and who.partner.status is PartnerStatus.ACTIVE
        and not given.keys() & {"released", "completed", "undone"}
        and not need.progress.status.ended
        and not need.withdrawn,
        sensitive=offer.terms.sensitive or need.terms.is_sensitive,
        code_good_until=await _code_good_until(connection, need, offer, who),
        may_visit=await _may_visit(connection, need, offer, who.contact, now),
    )
    return decide(asking, await consents.consents_of(connection, need.need_id), now), now


async def _code_good_until(connection: Connection, need: NeedRow, offer: OfferRow, who: Claimant) -> datetime | None:
    contact_id, opening = who.contact.contact_id, hash_token(who.opening) if who.opening else b""
    until = await codes.opening_until(connection, opening, offer.offer_id, contact_id)
    if until is None:
        return None
    # Each look stands in the log for good: nobody fills it, nor pushes others off a page of it.
    looks = await disclosures.count_looks(connection, need.need_id, contact_id, until - codes.OPENING_LASTS)
    return until if looks < _MOST_LOOKS else None


async def _may_visit(connection: Connection, need: NeedRow, offer: OfferRow, contact: Contact, now: datetime) -> bool:
    cleared = (await visits.clearances_of(connection, offer.partner_id)).get(contact.contact_id)
    if cleared is None or cleared.until < now.astimezone(ZoneInfo(contact.time_zone)).date():
        return False
    planned = await visits.visits_of(connection, need.need_id)
    return any(
        is_ahead(one, now) and one.told and (one.offer_id, one.contact_id) == (offer.offer_id, contact.contact_id)
        for one in planned
    )


def _code(seal: Seal, offer_id: UUID, contact_id: UUID, asked_at: datetime) -> str:
    """Six digits of an HMAC, as in RFC 4226, with the moment for the counter."""
    said = b"code" + offer_id.bytes + contact_id.bytes + asked_at.isoformat().encode()
    number = int.from_bytes(hmac.digest(seal.lookup_key, said, hashlib.sha256)[:8])
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def _of(family: Family, record: IdentityRecord) -> str | None:
    value: str | None = getattr(family, record)
    return value
