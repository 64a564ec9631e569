"""Who is on a page: a coordinator who is signed in, or somebody who holds a link."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from schemas.links import BadLink, ExpiredLink, FamilyLink, Link, OfferLink
from schemas.partners import Contact, PartnerRecorded
from services.intake import signing_in
from services.intake.desk import Desk, desk_of
from services.intake.pages.cookies import Cookie
from services.intake.pages.problems import NotHere, NotYet, SignInNeeded, TooOld
from services.intake.store import offers, partners
from services.intake.store.offers import OfferRow
from services.intake.store.people import Person


async def _desk(request: Request) -> Desk:
    # FastAPI would call one that is not async on a thread of its own, for each request.
    return desk_of(request)


OnDesk = Annotated[Desk, Depends(_desk)]


async def _signed_in(request: Request) -> Person:
    token = request.cookies.get(Cookie.SESSION)
    pool = desk_of(request).pool
    person = await signing_in.who_is(pool, token) if token else None
    if token is None or person is None:
        raise SignInNeeded
    if request.method == "GET":
        request.state.renewed_session = await signing_in.renew(pool, token)
    return person


SignedIn = Annotated[Person, Depends(_signed_in)]


@dataclass(frozen=True)
class Invited:
    """A partner's contact who holds the link to an offer."""

    offer: OfferRow
    partner: PartnerRecorded
    contact: Contact


async def _invited(token: str, desk: OnDesk) -> Invited:
    link = _read_link(token, desk)
    if not isinstance(link, OfferLink):
        raise NotHere
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


Invitation = Annotated[Invited, Depends(_invited)]


async def _family(token: str, desk: OnDesk) -> FamilyLink:
    link = _read_link(token, desk)
    if not isinstance(link, FamilyLink):
        raise NotHere
    return link


OfFamily = Annotated[FamilyLink, Depends(_family)]


def _read_link(token: str, desk: Desk) -> Link:
    try:
        return desk.link_keys.verify(token, datetime.now(UTC))
    except ExpiredLink as error:
        raise TooOld from error
    except BadLink as error:
        raise NotHere from error
