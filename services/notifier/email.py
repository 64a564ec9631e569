"""Emails by SMTP, over a few connections that are kept open."""

import asyncio
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.sending import Accepted, Attempt, NotNow, Refused, Unclear

_CONNECTIONS = 4
_TIMEOUT_S = 10
_FOR_GOOD = 500
_NO_SUCH_ADDRESS = {550, 551, 553}


class Mailer:
    """Sends emails. Knows at which step a send broke off, and so whether it may have gone out."""

    def __init__(self, smtp_url: str) -> None:
        parts = urlsplit(smtp_url)
        self._host, self._port = parts.hostname or "localhost", parts.port or 25
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._idle: asyncio.Queue[aiosmtplib.SMTP | None] = asyncio.Queue()
        for _ in range(_CONNECTIONS):
            self._idle.put_nowait(None)

    async def send(self, email: EmailMessage) -> Attempt:
        """Sends one email, and says what became of it."""
        client = await self._idle.get()
        try:
            client = await self._connected(client)
            if client is None:
                return NotNow()
            attempt, client = await self._transact(client, email)
        except asyncio.CancelledError:
            if client is not None:
                client.close()
            client = None
            raise
        else:
            return attempt
        finally:
            self._idle.put_nowait(client)

    async def close(self) -> None:
        """Says goodbye on all connections."""
        for _ in range(_CONNECTIONS):
            client = await self._idle.get()
            if client is not None:
                client.close()

    async def _connected(self, client: aiosmtplib.SMTP | None) -> aiosmtplib.SMTP | None:
        if client is not None and client.is_connected:
            return client
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            timeout=_TIMEOUT_S,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError):
            client.close()
            return None
        return client

    async def _transact(self, client: aiosmtplib.SMTP, email: EmailMessage) -> tuple[Attempt, aiosmtplib.SMTP | None]:
        try:
            await client.mail(email["From"].addresses[0].addr_spec)
            await client.rcpt(email["To"].addresses[0].addr_spec)
        except aiosmtplib.SMTPResponseException as error:
            return _refusal(error), await _reset(client)
        except (aiosmtplib.SMTPException, OSError):
            # Nothing was handed over yet.
            client.close()
            return NotNow(), None
        try:
            await client.data(email.as_bytes())
        except aiosmtplib.SMTPResponseException as error:
            return _refusal(error), await _reset(client)
        except (aiosmtplib.SMTPException, OSError):
            client.close()
            return Unclear(), None
        return Accepted(str(email["Message-ID"])), client


def _refusal(error: aiosmtplib.SMTPResponseException) -> Attempt:
    if error.code < _FOR_GOOD:
        return NotNow()
    no_such_address = error.code in _NO_SUCH_ADDRESS
    problem = DeliveryProblem.ADDRESS_REFUSED if no_such_address else DeliveryProblem.PROVIDER_REFUSED
    return Refused(problem, suppress=no_such_address)


async def _reset(client: aiosmtplib.SMTP) -> aiosmtplib.SMTP | None:
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
        return None
    return client
