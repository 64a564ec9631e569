"""Emails by SMTP, over connections that are kept open."""

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiosmtplib

from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.sending import Accepted, Attempt, NotNow, Refused, Trouble, Unclear

_CONNECTIONS = 20
"""At most: a server far away takes several seconds for what one around the corner does in one."""
_TIMEOUT_S = 10
_REFUSED, _CLOSING, _FOR_GOOD = 400, 421, 500
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

    def __init__(self, smtp_url: str, connections: int = _CONNECTIONS) -> None:
        parts = urlsplit(smtp_url)
        self._tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname or "localhost", parts.port or (465 if self._tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._free = asyncio.Semaphore(connections)
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, letter: Letter, within: float) -> Attempt:
        """Sends one email within so many seconds, and says what became of it."""
        until = asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout_at(until):
                await self._free.acquire()
        except TimeoutError:
            return NotNow()
        try:
            # The one used last, so that no more stay open than are needed.
            attempt, kept = await self._transact(self._idle.pop() if self._idle else self._new_client(), letter, until)
            if kept is not None:
                self._idle.append(kept)
        finally:
            self._free.release()
        return attempt

    async def close(self) -> None:
        """Says goodbye on all connections."""
        while self._idle:
            self._idle.pop().close()

    def _new_client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            timeout=_TIMEOUT_S,
            use_tls=self._tls,
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
            if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= _REFUSED:
                if connected:
                    return _refusal(error), await _reset(client, until)
                # A server that turns us away at the door says nothing about this email.
                client.close()
                return NotNow(trouble=_at_the_door(error.code)), None
            client.close()
            trouble = Trouble.TIMED_OUT if isinstance(error, TimeoutError) else Trouble.CONNECTION
            return Unclear(trouble) if handed_over else NotNow(trouble=trouble), None
        except BaseException:
            client.close()
            raise
        return Accepted(letter.message_id), client


def _at_the_door(code: int) -> Trouble:
    return Trouble.TURNED_AWAY if code >= _FOR_GOOD else Trouble.BUSY


def _refusal(error: aiosmtplib.SMTPResponseException) -> Attempt:
    if isinstance(error, aiosmtplib.SMTPSenderRefused) or error.code == _CLOSING:
        return NotNow(trouble=_at_the_door(error.code))
    if error.code < _FOR_GOOD:
        return NotNow(trouble=Trouble.GREYLISTED)
    no_such_address = error.code in _NO_SUCH_ADDRESS and isinstance(error, aiosmtplib.SMTPRecipientRefused)
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
