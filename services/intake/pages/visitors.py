"""Who is on a page: somebody who is signed in, in their role, or somebody who holds a link."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request

from schemas.links import (
    AddressLink,
    ApprovalLink,
    BadLink,
    ContactLink,
    ExpiredLink,
    FamilyLink,
    Link,
    OfferLink,
    RaisedLink,
    SiteLink,
)
from schemas.partners import Contact, PartnerRecorded
from services.intake import contacts, signing_in
from services.intake.desk import Desk, desk_of
from services.intake.domain.contacts import Reached
from services.intake.pages.cookies import Cookie
from services.intake.pages.problems import NotHere, NotYet, SignInNeeded, TooOld
from services.intake.store import needs, offers, partners, raised, staff
from services.intake.store.approvals import ApprovalRow, list_deciders, read_approval
from services.intake.store.contacts import Question
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.intake.store.people import Person, Role
from services.intake.store.raised import RaisedRow, SiteOfLink

_Link = TypeVar("_Link", bound=Link)


async def _desk(request: Request) -> Desk:
    # FastAPI would call one that is not async on a thread of its own, for each request.
    return desk_of(request)


OnDesk = Annotated[Desk, Depends(_desk)]


async def entered(request: Request) -> Person | Reached:
    """Whoever is signed in: somebody who works here, or a partner's contact. Raises SignInNeeded."""
    token = request.cookies.get(Cookie.SESSION)
    pool = desk_of(request).pool
    visitor = await signing_in.who_is(pool, token) if token else None
    if token is None or visitor is None:
        raise SignInNeeded
    # A page that only lies open is nobody at work: its stream keeps no session alive.
    if request.method == "GET" and not request.url.path.endswith("/live"):
        request.state.renewed_session = await signing_in.renew(pool, token)
    return visitor


Entered = Annotated[Person | Reached, Depends(entered)]


async def signed_in(visitor: Entered) -> Person:
    """Whoever works here and is signed in. Raises SignInNeeded or NotHere."""
    if isinstance(visitor, Reached):
        raise NotHere
    return visitor


Anybody = Annotated[Person, Depends(signed_in)]


async def sign_in_as_partner(visitor: Entered) -> Reached:
    """A partner's contact, as the partner's record stands now. Raises SignInNeeded or NotHere."""
    if not isinstance(visitor, Reached):
        raise NotHere
    return visitor


OurPartner = Annotated[Reached, Depends(sign_in_as_partner)]
"""A partner's contact, who sees what that partner was asked and holds, and no family."""


async def sign_in_as_coordinator(person: Anybody) -> Person:
    """A coordinator. Raises SignInNeeded or NotHere."""
    if person.role is not Role.COORDINATOR:
        raise NotHere
    return person


async def sign_in_as_officer(person: Anybody) -> Person:
    """The district's officer. Raises SignInNeeded or NotHere."""
    if person.role is not Role.DISTRICT:
        raise NotHere
    return person


async def sign_in_as_leader(person: Anybody) -> Person:
    """A supervisor or an administrator. Raises SignInNeeded or NotHere."""
    if person.role not in {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        raise NotHere
    return person


async def sign_in_as_administrator(person: Anybody) -> Person:
    """The network's administrator. Raises SignInNeeded or NotHere."""
    if person.role is not Role.ADMINISTRATOR:
        raise NotHere
    return person


SignedIn = Annotated[Person, Depends(sign_in_as_coordinator)]
"""A coordinator, who sees the needs of the own site."""
Officer = Annotated[Person, Depends(sign_in_as_officer)]
"""The district's officer, who sees who looked, and what nobody could do, at all sites, and no family."""

Leader = Annotated[Person, Depends(sign_in_as_leader)]
"""A supervisor, who looks after the own site, or an administrator, who looks after all. Neither sees a family."""
Administrator = Annotated[Person, Depends(sign_in_as_administrator)]
"""The network's administrator, who names sites and people and takes partners in."""


@dataclass(frozen=True)
class Invited:
    """A partner's contact who holds the link to an offer."""

    offer: OfferRow
    partner: PartnerRecorded
    contact: Contact


async def invited(token: str, desk: OnDesk) -> Invited:
    """Whom the link in the path invites. Raises TooOld, NotYet, or NotHere for everything else that is wrong."""
    link = _read_link(token, desk, OfferLink)
    async with desk.pool.acquire() as connection:
        offer = await offers.read_offer(connection, link.offer_id)
        if offer is None:
            # The message can be quicker than what we hear of the offer.
            raise NotYet
        partner = await partners.read_partner(connection, offer.partner_id)
    contact = next((one for one in partner.contacts if one.contact_id == link.contact_id), None) if partner else None
    if partner is None or contact is None:
        raise NotHere
    return Invited(offer, partner, contact)


Invitation = Annotated[Invited, Depends(invited)]


async def of_family(token: str, desk: OnDesk) -> FamilyLink:
    """Whose link is in the path. Raises TooOld or NotHere."""
    return _read_link(token, desk, FamilyLink)


OfFamily = Annotated[FamilyLink, Depends(of_family)]


async def of_contact(token: str, desk: OnDesk) -> Reached:
    """Whose preferences the link in the path opens. Raises TooOld or NotHere."""
    link = _read_link(token, desk, ContactLink)
    async with desk.pool.acquire() as connection:
        partner = await partners.read_partner(connection, link.partner_id)
    contact = next((one for one in partner.contacts if one.contact_id == link.contact_id), None) if partner else None
    if partner is None or contact is None:
        raise NotHere
    return Reached(partner, contact)


OfContact = Annotated[Reached, Depends(of_contact)]


@dataclass(frozen=True)
class Asked:
    """Whoever reads an address that a partner's contact is said to have."""

    question: Question
    partner: PartnerRecorded


async def of_address(token: str, desk: OnDesk) -> Asked:
    """Whom the link in the path asks. Raises TooOld or NotHere."""
    link = _read_link(token, desk, AddressLink)
    found = await contacts.read_question(desk.pool, link.question_id)
    if found is None:
        raise NotHere
    question, partner = found
    if question.address is None and not question.confirmed:
        raise TooOld
    return Asked(question, partner)


OfAddress = Annotated[Asked, Depends(of_address)]


async def at_site(token: str, desk: OnDesk) -> SiteOfLink:
    """The site whose link is in the path, while it is the site's newest. Raises TooOld or NotHere."""
    link = _read_link(token, desk, SiteLink)
    async with desk.pool.acquire() as connection:
        site = await raised.read_link(connection, link.site_id)
    if site is None or site.link_id != link.link_id:
        raise TooOld
    return site


AtSite = Annotated[SiteOfLink, Depends(at_site)]


async def raiser(token: str, desk: OnDesk) -> RaisedRow:
    """What the link in the path was given for. Raises TooOld or NotHere."""
    link = _read_link(token, desk, RaisedLink)
    async with desk.pool.acquire() as connection:
        row = await raised.read_raised(connection, link.raised_id)
    if row is None:
        raise TooOld
    return row


Raiser = Annotated[RaisedRow, Depends(raiser)]


@dataclass(frozen=True)
class Deciding:
    """A need that somebody is asked to approve, or was, and who looks at it."""

    need: NeedRow
    approval: ApprovalRow
    person_id: UUID
    language: str
    time_zone: str


async def approver(token: str, desk: OnDesk) -> Deciding:
    """Who may decide by the link in the path. Raises TooOld or NotHere."""
    link = _read_link(token, desk, ApprovalLink)
    async with desk.pool.acquire() as connection:
        person = await staff.read_person(connection, link.person_id)
    if person is None or person.paused:
        raise NotHere
    return await deciding(desk, link.need_id, link.person_id, person.language)


async def deciding(desk: Desk, need_id: UUID, person_id: UUID, language: str) -> Deciding:
    """The need as this one may see it. Raises NotHere for whoever may not decide."""
    async with desk.pool.acquire() as connection:
        need, approval = await needs.read_need(connection, need_id, None), await read_approval(connection, need_id)
        deciders = {one.person_id: one for one in await list_deciders(connection, need_id)}
    if need is None or approval is None or person_id not in deciders:
        raise NotHere
    return Deciding(need, approval, person_id, language, deciders[person_id].time_zone)


Approver = Annotated[Deciding, Depends(approver)]


def _read_link(token: str, desk: Desk, kind: type[_Link]) -> _Link:
    """The link behind a token, which is of that kind. Raises TooOld, or NotHere for everything else."""
    try:
        link = desk.link_keys.verify(token, datetime.now(UTC))
    except ExpiredLink as error:
        raise TooOld from error
    except BadLink as error:
        raise NotHere from error
    if not isinstance(link, kind):
        raise NotHere
    return link
