"""Signing in without a password: an emailed link that works once, then a session whose token keeps changing.

An address may open several places: the site where somebody works, and each partner that they answer for.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from services.intake.domain.contacts import Reached, signs_in_by
from services.intake.mailing import mail_server, send_email, write_email
from services.intake.pages.languages import Words
from services.intake.settings import IntakeSettings
from services.intake.store import people
from services.intake.store.people import ContactSession, NewLink, Person, QueuedEmail
from services.runtime.database import Connection, Pool
from services.runtime.logs import get_logger

_LINKS_PER_ADDRESS, _LINKS_PER_CLIENT = 5, 40
"""In a quarter of an hour. A whole school may share one client address."""
_EMAILS_AT_ONCE = 20

_log = get_logger(__name__)


class TooManyAttempts(Exception):
    """This client asked for too many links; it may again in a quarter of an hour."""


@dataclass(frozen=True)
class _Place:
    """One place that an address opens, and the link for it."""

    email: str
    name: str
    place: str
    token: str
    link: NewLink


async def ask_for_link(pool: Pool, email: str, language: str, client: str) -> None:
    """Queues links if somebody has this address, and tells nobody whether. Raises TooManyAttempts."""
    of_address, of_client = _hash_email(email), _hash(f"client {client}")
    async with pool.acquire() as connection:
        await people.forget_old(connection)
        attempts = await people.count_attempts(connection, [of_address, of_client])
        if attempts[of_client] > _LINKS_PER_CLIENT:
            raise TooManyAttempts
        if attempts[of_address] <= _LINKS_PER_ADDRESS:
            await people.queue_email(connection, email, language)


async def is_link(pool: Pool, token: str) -> bool:
    """Whether the link in an email is still good. Changes nothing."""
    async with pool.acquire() as connection:
        return await people.is_link(connection, _hash(token))


async def sign_in(pool: Pool, link_token: str) -> str | None:
    """Uses a link up and returns the token of a new session; None for a link that is used, old or invented."""
    session_token = secrets.token_urlsafe(32)
    session_hash = _hash(session_token)
    async with pool.acquire() as connection, connection.transaction():
        good = await people.turn_link_into_session(connection, _hash(link_token), session_hash)
        if not good or await _find(connection, session_hash) is None:
            await people.end_session(connection, session_hash)
            return None
    return session_token


async def who_is(pool: Pool, session_token: str) -> Person | Reached | None:
    """Who is signed in with this token: somebody who works here, or a partner's contact."""
    async with pool.acquire() as connection:
        return await _find(connection, _hash(session_token))


async def _find(connection: Connection, session_hash: bytes) -> Person | Reached | None:
    session = await people.find_session(connection, session_hash)
    if not isinstance(session, ContactSession):
        return session
    for contact in session.partner.contacts:
        # As the record stands now: who left, or has another address, is out with it.
        address = signs_in_by(session.partner, contact)
        if contact.contact_id == session.contact_id and address and _hash_email(address) == session.email_hash:
            return Reached(session.partner, contact)
    return None


async def renew(pool: Pool, session_token: str) -> str | None:
    """Another token for a session whose token has served its hour; None while it may stay."""
    new_token = secrets.token_urlsafe(32)
    async with pool.acquire() as connection:
        renewed = await people.rotate_session(connection, _hash(session_token), _hash(new_token))
    return new_token if renewed else None


async def sign_out(pool: Pool, session_token: str) -> None:
    """Ends the session."""
    async with pool.acquire() as connection:
        await people.end_session(connection, _hash(session_token))


async def send_queued(pool: Pool, settings: IntakeSettings) -> int:
    """Sends the links that people wait for; returns how many emails went. Mail that is down only delays them."""
    async with pool.acquire() as connection, connection.transaction():
        queued = await people.claim_emails(connection, _EMAILS_AT_ONCE)
        if not queued:
            return 0
        places = await _find_places(connection, queued)
        await people.add_links(connection, [one.link for there in places.values() for one in there])
    sent = 0
    try:
        async with mail_server(settings.smtp_url) as server:
            for one in queued:
                if there := places[one.email]:
                    await send_email(server, _write_email(one, there, settings))
                async with pool.acquire() as connection:
                    await people.drop_email(connection, one.email)
                sent += bool(there)
    except (aiosmtplib.SMTPException, OSError) as error:
        # Not an error of the loop: the pages go on, and what is still queued comes due again.
        _log.warning("sign-in links wait for the mail server", waiting=len(queued) - sent, error=type(error).__name__)
    return sent


async def _find_places(connection: Connection, queued: Sequence[QueuedEmail]) -> dict[str, list[_Place]]:
    """By address, the places that it opens: the site where they work first, then partners by name."""
    found: dict[str, list[_Place]] = {one.email: [] for one in queued}
    for person in await people.staff_places(connection, list(found)):
        token = secrets.token_urlsafe(32)
        link = NewLink(_hash(token), person_id=person.person_id)
        found[person.email.lower()].append(_Place(person.email, person.name, person.site_name, token, link))
    for partner in await people.partners_with_emails(connection, list(found)):
        for contact in partner.contacts:
            if (address := signs_in_by(partner, contact)) in found:
                token = secrets.token_urlsafe(32)
                of_contact = partner.partner_id, contact.contact_id, _hash_email(address)
                link = NewLink(_hash(token), None, *of_contact)
                found[address].append(_Place(contact.email or "", contact.name, partner.name, token, link))
    return found


def _write_email(queued: QueuedEmail, places: Sequence[_Place], settings: IntakeSettings) -> EmailMessage:
    words = Words(queued.language)
    links = [
        words("sign_in.mail_link", name=one.name, place=one.place, link=f"{settings.public_url}/sign-in/{one.token}")
        for one in places
    ]
    text = words("sign_in.mail_text", name=places[0].name, links="\n".join(links))
    return write_email(settings.email_from, places[0].email, words("sign_in.mail_subject"), text)


def _hash_email(email: str) -> bytes:
    return _hash(f"address {email.lower()}")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
