"""Emails by SMTP, over a few connections that are kept open."""

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiosmtplib

from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.sending import Accepted, Attempt, NotNow, Refused, Unclear

_CONNECTIONS = 4
_TIMEOUT_S = 10
_REFUSED, _FOR_GOOD = 400, 500
_NO_SUCH_ADDRESS = {550, 551, 553}


@dataclass(frozen=True)
class Letter:
    """An email as it goes over the wire."""

    sender: str
    to: str
    message_id: str
    content: bytes


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

    async def send(self, letter: Letter, within: float) -> Attempt:
        """Sends one email within so many seconds, and says what became of it."""
        until = asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout_at(until):
                client = await self._idle.get()
        except TimeoutError:
            return NotNow()
        kept = None
        try:
            attempt, kept = await self._transact(client or self._new_client(), letter, until)
        finally:
            self._idle.put_nowait(kept)
        return attempt

    async def close(self) -> None:
        """Says goodbye on all connections."""
        for _ in range(_CONNECTIONS):
            client = await self._idle.get()
            if client is not None:
                client.close()

    def _new_client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            timeout=_TIMEOUT_S,
        )

    async def _transact(
        self, client: aiosmtplib.SMTP, letter: Letter, until: float
    ) -> tuple[Attempt, aiosmtplib.SMTP | None]:
        connected = handed_over = False
        try:
            async with asyncio.timeout_at(until):
                if not client.is_connected:
                    await client.connect()
                connected = True
                await client.mail(letter.sender)
                await client.rcpt(letter.to)
                handed_over = True
                await client.data(letter.content)
        except (aiosmtplib.SMTPException, OSError) as error:
            # A server that turns us away at the door says nothing about this email.
            if connected and isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= _REFUSED:
                return _refusal(error), await _reset(client, until)
            client.close()
            return Unclear() if handed_over else NotNow(), None
        except BaseException:
            client.close()
            raise
        return Accepted(letter.message_id), client


def _refusal(error: aiosmtplib.SMTPResponseException) -> Attempt:
    if error.code < _FOR_GOOD:
        return NotNow()
    no_such_address = error.code in _NO_SUCH_ADDRESS
    problem = DeliveryProblem.ADDRESS_REFUSED if no_such_address else DeliveryProblem.PROVIDER_REFUSED
    return Refused(problem, suppress=no_such_address)


async def _reset(client: aiosmtplib.SMTP, until: float) -> aiosmtplib.SMTP | None:
    try:
        async with asyncio.timeout_at(until):
            await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
        return None
    return client
