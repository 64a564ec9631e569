"""Intake's own way to a mail server: for what somebody who signs in, or wants to, waits for."""

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.runtime.logs import get_logger

_TIMEOUT_S = 10
_REFUSED_FOR_GOOD = 500

_log = get_logger(__name__)


def mail_server(smtp_url: str) -> aiosmtplib.SMTP:
    """A connection to be opened, from smtp://[user:password@]host:port or smtps://…."""
    url = urlsplit(smtp_url)
    return aiosmtplib.SMTP(
        hostname=url.hostname,
        port=url.port,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        use_tls=url.scheme == "smtps",
        timeout=_TIMEOUT_S,
    )


def write_email(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """An email that no mailbox answers by itself."""
    email = EmailMessage()
    email["From"], email["To"], email["Subject"] = sender, to, subject
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(text, cte="quoted-printable")
    return email


async def send_email(server: aiosmtplib.SMTP, email: EmailMessage) -> None:
    """Hands it over, or logs that its address was refused for good: in both cases it is done with.

    Raises SMTPException (aiosmtplib) or OSError where it is worth another try.
    """
    try:
        await server.send_message(email)
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        if refusal.recipients[0].code < _REFUSED_FOR_GOOD:
            raise
        _log.warning("an email of ours was refused", code=refusal.recipients[0].code)
