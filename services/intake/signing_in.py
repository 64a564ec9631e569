"""Signing in without a password: an emailed link that works once, then a session whose token keeps changing."""

import hashlib
import secrets
from email.message import EmailMessage

import aiosmtplib

from services.intake.mailing import mail_server, send_email, write_email
from services.intake.pages.languages import Words
from services.intake.settings import IntakeSettings
from services.intake.store import people
from services.intake.store.people import Person, QueuedEmail
from services.runtime.database import Pool
from services.runtime.logs import get_logger

_LINKS_PER_ADDRESS, _LINKS_PER_CLIENT = 5, 40
"""In a quarter of an hour. A whole school may share one client address."""
_EMAILS_AT_ONCE = 20

_log = get_logger(__name__)


class TooManyAttempts(Exception):
    """This client asked for too many links; it may again in a quarter of an hour."""


async def ask_for_link(pool: Pool, email: str, language: str, client: str) -> None:
    """Queues a link if somebody has this address, and tells nobody whether. Raises TooManyAttempts."""
    of_address, of_client = _hash(f"address {email.lower()}"), _hash(f"client {client}")
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
    async with pool.acquire() as connection:
        good = await people.turn_link_into_session(connection, _hash(link_token), _hash(session_token))
    return session_token if good else None


async def who_is(pool: Pool, session_token: str) -> Person | None:
    """Who is signed in with this token."""
    async with pool.acquire() as connection:
        return await people.find_person(connection, _hash(session_token))


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
    """Sends the links that people wait for; returns how many went. Mail that is down only delays them."""
    async with pool.acquire() as connection, connection.transaction():
        queued = await people.claim_emails(connection, _EMAILS_AT_ONCE)
        tokens = [secrets.token_urlsafe(32) for _ in queued]
        await people.add_links(connection, [_hash(token) for token in tokens], [one.person_id for one in queued])
    if not queued:
        return 0
    emails = [
        (one, _write_email(one, f"{settings.public_url}/sign-in/{token}", settings.email_from))
        for one, token in zip(queued, tokens, strict=True)
    ]
    sent = 0
    try:
        async with mail_server(settings.smtp_url) as server:
            for one, email in emails:
                await send_email(server, email)
                async with pool.acquire() as connection:
                    await people.drop_email(connection, one.person_id)
                sent += 1
    except (aiosmtplib.SMTPException, OSError) as error:
        # Not an error of the loop: the pages go on, and what is still queued comes due again.
        _log.warning("sign-in links wait for the mail server", waiting=len(queued) - sent, error=type(error).__name__)
    return sent


def _write_email(queued: QueuedEmail, link: str, sender: str) -> EmailMessage:
    words = Words(queued.language)
    text = words("sign_in.mail_text", name=queued.name, link=link)
    return write_email(sender, queued.email, words("sign_in.mail_subject"), text)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
